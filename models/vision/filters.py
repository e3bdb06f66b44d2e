"""What a picture goes through before there is a network: kernels by name, correlation and convolution, pooling, templates, and the
transpose of a convolution step by step. Numbers alone, in NumPy; the app's workbench shows them and the tests compare them with PyTorch."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

KERNELS: dict[str, np.ndarray] = {
    name: np.array(rows, np.float64) / whole
    for name, rows, whole in (
        ("identity", ((0, 0, 0), (0, 1, 0), (0, 0, 0)), 1),
        ("edges, diagonal", ((1, 0, -1), (0, 0, 0), (-1, 0, 1)), 1),
        ("edges, 4 neighbours", ((0, 1, 0), (1, -4, 1), (0, 1, 0)), 1),
        ("edges, 8 neighbours", ((-1, -1, -1), (-1, 8, -1), (-1, -1, -1)), 1),
        ("sharpen", ((0, -1, 0), (-1, 5, -1), (0, -1, 0)), 1),
        ("box blur", ((1, 1, 1), (1, 1, 1), (1, 1, 1)), 9),
        ("Gaussian blur", ((1, 2, 1), (2, 4, 2), (1, 2, 1)), 16),
        ("Sobel, vertical edges", ((-1, 0, 1), (-2, 0, 2), (-1, 0, 1)), 1),
        ("Sobel, horizontal edges", ((-1, -2, -1), (0, 0, 0), (1, 2, 1)), 1),
    )
}
POOLINGS = ("none", "max", "average", "global max", "global average")


def filtered(image: np.ndarray, kernel: np.ndarray, *, convolve: bool = False, stride: int = 1, padding: int = 0) -> np.ndarray:
    """Each channel of `image` (H, W, C) under `kernel` (k, l): (H', W', C) float64, H' = floor((H + 2 p - k) / s) + 1.

    Correlation, as networks compute it; to `convolve` turns the kernel by 180 degrees first. Padding is with zeros. Raises ValueError
    where the kernel does not fit.
    """
    kernel = kernel[::-1, ::-1] if convolve else kernel
    padded = np.pad(image.astype(np.float64), ((padding, padding), (padding, padding), (0, 0)))
    high, wide = (padded.shape[i] - kernel.shape[i] for i in (0, 1))
    if min(high, wide) < 0:
        raise ValueError(f"a kernel of {kernel.shape} does not fit into {padded.shape[:2]}")
    total = np.zeros((high // stride + 1, wide // stride + 1, image.shape[2]))
    for (row, column), weight in np.ndenumerate(kernel):
        if weight:
            total += weight * padded[row : row + high + 1 : stride, column : column + wide + 1 : stride]
    return total


def pooled(image: np.ndarray, kind: str, side: int) -> np.ndarray:
    """`image` (H, W, C) by windows of `side`, which do not overlap, or by one window that is the whole: (H', W', C)."""
    if kind == "none":
        return image
    height, width = image.shape[:2]
    rows, columns = (height, width) if kind.startswith("global") else (min(side, height), min(side, width))
    cut = image[: height // rows * rows, : width // columns * columns]
    windows = cut.reshape(height // rows, rows, width // columns, columns, -1)
    return windows.max((1, 3)) if kind.endswith("max") else windows.mean((1, 3))


def to_pixels(values: np.ndarray, signed: bool) -> np.ndarray:
    """Values (H, W, C) as a picture (H, W, C) uint8. `signed` ones, such as edges, by their size: the largest thousandth is white."""
    if not signed:
        return values.clip(0, 255).round().astype(np.uint8)
    size = np.abs(values)
    return (255 * (size / max(float(np.quantile(size, 0.999)), 1e-9)).clip(0, 1)).round().astype(np.uint8)


def correlation_map(image: np.ndarray, template: np.ndarray) -> np.ndarray:
    """How alike every window of `image` (H, W, C) is to `template` (h, w, C): the correlation coefficient, from -1 to 1,
    (H - h + 1, W - w + 1). 0 where a window or the template has one colour."""
    height, width = template.shape[:2]
    deviation = template.astype(np.float64) - template.mean((0, 1))
    pixels = image.astype(np.float64)
    high, wide = image.shape[0] - height + 1, image.shape[1] - width + 1
    shape = (image.shape[0] + height - 1, image.shape[1] + width - 1)
    product = np.zeros((high, wide))
    variance = np.zeros((high, wide))
    for channel in range(pixels.shape[2]):
        plane = pixels[..., channel]
        spectrum = np.fft.rfft2(plane, shape) * np.fft.rfft2(deviation[::-1, ::-1, channel], shape)
        product += np.fft.irfft2(spectrum, shape)[height - 1 : height - 1 + high, width - 1 : width - 1 + wide]
        sums, squares = (window_sums(values, height, width) for values in (plane, plane**2))
        variance += squares - sums**2 / (height * width)
    whole = np.sqrt(np.maximum(variance, 0) * (deviation**2).sum())
    return np.where(whole > 1e-6 * max(float(whole.max()), 1e-9), product / np.maximum(whole, 1e-9), 0.0).clip(-1, 1)


def window_sums(plane: np.ndarray, height: int, width: int) -> np.ndarray:
    """The sum of each window (height, width) of `plane`, by its integral image."""
    integral = np.pad(plane.cumsum(0).cumsum(1), ((1, 0), (1, 0)))
    return integral[height:, width:] - integral[:-height, width:] - integral[height:, :-width] + integral[:-height, :-width]


def local_maxima(values: np.ndarray, least: float, apart: tuple[int, int], most: int = 50) -> list[tuple[int, int]]:
    """Places (row, column) of `values` (H, W), highest first, that are at least `least` and the highest of all closer than `apart` (rows, columns)."""
    left = values.copy()
    places: list[tuple[int, int]] = []
    while len(places) < most:
        row, column = (int(i) for i in np.unravel_index(int(left.argmax()), left.shape))
        if left[row, column] < least:
            break
        if values[max(0, row - 1) : row + 2, max(0, column - 1) : column + 2].max() <= values[row, column]:
            places.append((row, column))
        left[max(0, row - apart[0] + 1) : row + apart[0], max(0, column - apart[1] + 1) : column + apart[1]] = -np.inf
    return places


@dataclass(frozen=True)
class Stamp:
    """One value of the input of a transpose convolution: its place, where the corner of its stamp lies in the output (which cuts what
    lies outside), and the output so far."""

    row: int
    column: int
    top: int
    left: int
    value: float
    output: np.ndarray


def transposed(image: np.ndarray, kernel: np.ndarray, stride: int, padding: int, output_padding: int = 0) -> Iterator[Stamp]:
    """The transpose convolution of `image` (H, W): each value stamps the kernel, times itself, into the output; stamps lie `stride` apart
    and add up where they overlap. The output's side is (H - 1) s - 2 p + k + output padding."""
    height, width = ((n - 1) * stride - 2 * padding + k + output_padding for n, k in zip(image.shape, kernel.shape, strict=True))
    if min(height, width) < 1:
        raise ValueError(f"nothing is left of the output with a padding of {padding}")
    rows, columns = kernel.shape
    whole = np.zeros((height + 2 * padding + rows, width + 2 * padding + columns))
    for row, column in np.ndindex(*image.shape):
        top, left = row * stride, column * stride
        whole[top : top + rows, left : left + columns] += image[row, column] * kernel
        output = whole[padding : padding + height, padding : padding + width].copy()
        yield Stamp(row, column, top - padding, left - padding, float(image[row, column]), output)
