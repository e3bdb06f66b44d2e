"""Convolution by hand: every number of a kernel that slides over a small picture. The tests compare them with `conv2d`."""

from collections.abc import Iterator
from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True)
class Place:
    """One position of a kernel on an image: its corner, the patch beneath, the products and their sum."""

    row: int
    column: int
    patch: Tensor
    products: Tensor
    total: float


def slide(image: Tensor, kernel: Tensor) -> Iterator[Place]:
    """Every position of `kernel` (k, l) on `image` (H, W), row by row, without padding: correlation, as CNNs compute it.

    True convolution rotates the kernel by 180 degrees first; for a symmetric kernel the two agree.
    """
    height, width = kernel.shape
    for row in range(image.shape[0] - height + 1):
        for column in range(image.shape[1] - width + 1):
            patch = image[row : row + height, column : column + width]
            products = patch * kernel
            yield Place(row, column, patch, products, float(products.sum()))


def convolution_parameters(channels: int, filters: int, height: int, width: int) -> tuple[int, str]:
    """The number of trainable parameters of a convolutional layer, and the formula in words."""
    total = filters * (height * width * channels + 1)
    return total, f"{filters} filters · ({height}·{width}·{channels} weights + 1 bias) = {total}"
