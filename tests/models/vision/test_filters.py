"""Kernels, pooling, templates and transpose convolution, against PyTorch and brute force."""

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from models.vision.filters import KERNELS, correlation_map, filtered, local_maxima, pooled, to_pixels, transposed

IMAGE = np.random.default_rng(0).integers(0, 256, (17, 22, 3)).astype(np.uint8)
"""(H, W, C)"""


@pytest.mark.parametrize("name", KERNELS)
@pytest.mark.parametrize(("stride", "padding"), [(1, 0), (2, 1), (3, 2)])
def test_correlation_is_conv2d(name: str, stride: int, padding: int) -> None:
    planes = torch.from_numpy(IMAGE).double().permute(2, 0, 1)[:, None]  # (C, 1, H, W)
    expected = F.conv2d(planes, torch.from_numpy(KERNELS[name])[None, None], stride=stride, padding=padding)[:, 0].permute(1, 2, 0)
    np.testing.assert_allclose(filtered(IMAGE, KERNELS[name], stride=stride, padding=padding), expected.numpy(), atol=1e-9)


def test_convolution_turns_the_kernel() -> None:
    ramp = np.tile(np.arange(6.0), (6, 1))[..., None]  # Brighter to the right.
    sobel = KERNELS["Sobel, vertical edges"]
    assert filtered(ramp, sobel)[0, 0, 0] == 8
    assert filtered(ramp, sobel, convolve=True)[0, 0, 0] == -8


def test_blurs_keep_the_brightness_and_edge_detectors_forget_it() -> None:
    sums = {name: round(float(kernel.sum()), 9) for name, kernel in KERNELS.items()}
    assert [name for name, total in sums.items() if total == 1] == ["identity", "sharpen", "box blur", "Gaussian blur"]
    assert all(total == 0 for name, total in sums.items() if "dges" in name)


def test_pooling() -> None:
    plane = np.array([[1, 2, 5, 6, 9], [3, 4, 7, 8, 9]], np.float64)[..., None]
    assert pooled(plane, "max", 2)[..., 0].tolist() == [[4, 8]]
    assert pooled(plane, "average", 2)[..., 0].tolist() == [[2.5, 6.5]]
    assert pooled(plane, "global max", 2)[..., 0].tolist() == [[9]]
    assert pooled(plane, "global average", 2)[..., 0].tolist() == [[5.4]]
    assert pooled(plane, "none", 2) is plane


def test_signed_values_are_shown_by_their_size() -> None:
    assert to_pixels(np.array([[[-10.0], [0.0], [10.0]]]), signed=True)[0, :, 0].tolist() == [255, 0, 255]
    assert to_pixels(np.array([[[-10.0], [0.4], [300.0]]]), signed=False)[0, :, 0].tolist() == [0, 0, 255]


def test_the_correlation_map_is_the_coefficient_of_each_window() -> None:
    template = IMAGE[4:9, 10:14]
    values = correlation_map(IMAGE, template)
    assert values.shape == (13, 19)
    for row, column in ((4, 10), (0, 0), (12, 18), (7, 3)):
        window = IMAGE[row : row + 5, column : column + 4].astype(float)
        a, b = (part - part.mean((0, 1)) for part in (window, template.astype(float)))
        assert values[row, column] == pytest.approx((a * b).sum() / np.sqrt((a**2).sum() * (b**2).sum()), abs=1e-9)
    assert values[4, 10] == pytest.approx(1)


def test_one_colour_is_like_nothing() -> None:
    assert not correlation_map(np.full((9, 9, 3), 7, np.uint8), IMAGE[:3, :3]).any()


def test_local_maxima_come_highest_first_and_apart() -> None:
    values = np.zeros((9, 9))
    values[2, 2], values[2, 3], values[7, 7], values[0, 8] = 1.0, 0.9, 0.8, 0.3
    assert local_maxima(values, 0.5, (3, 3)) == [(2, 2), (7, 7)]
    assert local_maxima(values, 0.2, (1, 1)) == [(2, 2), (7, 7), (0, 8)]  # (2, 3) is on the slope of (2, 2).


@pytest.mark.parametrize(("stride", "padding", "more"), [(2, 1, 1), (2, 0, 0), (1, 1, 0), (3, 1, 2)])
def test_transpose_convolution_is_pytorchs(stride: int, padding: int, more: int) -> None:
    image, kernel = np.array([[1.0, 2], [3, 4]]), np.arange(9.0).reshape(3, 3)
    *_, last = transposed(image, kernel, stride, padding, more)
    tensors = (torch.from_numpy(a)[None, None] for a in (image, kernel))
    expected = F.conv_transpose2d(*tensors, stride=stride, padding=padding, output_padding=more)[0, 0]
    assert last.output.tolist() == expected.tolist()


def test_two_by_two_becomes_four_by_four_stamp_by_stamp() -> None:
    stamps = list(transposed(np.array([[1.0, 2], [3, 4]]), np.ones((3, 3)), 2, 1, 1))
    assert [(stamp.top, stamp.left) for stamp in stamps] == [(-1, -1), (-1, 1), (1, -1), (1, 1)]
    assert stamps[0].output.tolist() == [[1, 1, 0, 0], [1, 1, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]]
    assert stamps[-1].output.tolist() == [[1, 3, 2, 2], [4, 10, 6, 6], [3, 7, 4, 4], [3, 7, 4, 4]]
