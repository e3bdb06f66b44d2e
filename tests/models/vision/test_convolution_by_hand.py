"""The worked example of the lectures comes out as printed there, and agrees with conv2d."""

import torch
from torch.nn import functional as F

from models.vision.convolution_by_hand import slide

IMAGE = torch.tensor([[1, 1, 1, 0, 0], [0, 1, 1, 1, 0], [0, 0, 1, 1, 1], [0, 0, 1, 1, 0], [0, 1, 1, 0, 0]], dtype=torch.float32)
KERNEL = torch.tensor([[1, 0, 1], [0, 1, 0], [1, 0, 1]], dtype=torch.float32)


def test_the_kernel_over_the_image_of_the_lectures() -> None:
    sums = torch.tensor([place.total for place in slide(IMAGE, KERNEL)]).view(3, 3)
    assert sums.int().tolist() == [[4, 3, 4], [2, 4, 3], [2, 3, 4]]
    torch.testing.assert_close(sums, F.conv2d(IMAGE[None, None], KERNEL[None, None])[0, 0])


def test_sliding_shows_patch_products_and_sum() -> None:
    place = list(slide(IMAGE, KERNEL))[5]
    assert (place.row, place.column) == (1, 2)
    assert place.patch.tolist() == [[1, 1, 0], [1, 1, 1], [1, 1, 0]]
    assert float(place.products.sum()) == place.total == 3
