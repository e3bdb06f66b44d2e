"""Networks that answer for every pixel, and the ways to enlarge feature maps."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from models.vision.fcn import FCN, shift_and_stitch
from models.vision.unet import UNet
from models.vision.upsampling import Up, bed_of_nails, bilinear_kernel


def test_a_transpose_convolution_that_begins_bilinear_interpolates() -> None:
    maps = torch.randn(1, 1, 5, 6, generator=torch.Generator().manual_seed(0))
    grown = F.conv_transpose2d(maps, bilinear_kernel(2)[None, None], stride=2, padding=1)
    expected = F.interpolate(maps, scale_factor=2.0, mode="bilinear", align_corners=False)
    assert torch.allclose(grown[..., 1:-1, 1:-1], expected[..., 1:-1, 1:-1], atol=1e-6)
    assert bilinear_kernel(2)[0].tolist() == [0.0625, 0.1875, 0.1875, 0.0625]


def test_a_transpose_convolution_makes_4x4_of_2x2() -> None:
    """The notes' example: a 3x3 kernel, stride 2, padding 1, and one more row and column at the end."""
    layer = nn.ConvTranspose2d(1, 1, 3, stride=2, padding=1, output_padding=1, bias=False)
    with torch.no_grad():
        layer.weight.fill_(1)
    assert layer(torch.tensor([[[[1.0, 2], [3, 4]]]]))[0, 0].tolist() == [[1, 3, 2, 2], [4, 10, 6, 6], [3, 7, 4, 4], [3, 7, 4, 4]]


def test_a_bed_of_nails_puts_each_value_in_its_cells_corner() -> None:
    assert bed_of_nails(torch.tensor([[[[1.0, 2], [3, 4]]]]))[0, 0].tolist() == [[1, 0, 2, 0], [0, 0, 0, 0], [3, 0, 4, 0], [0, 0, 0, 0]]


def test_unpooling_puts_values_where_the_maxima_were() -> None:
    maps = torch.tensor([[[[1.0, 5], [2, 3]]]])
    pooled, places = F.max_pool2d(maps, 2, return_indices=True)
    up = Up(1, 1, "unpool")
    with torch.no_grad():
        up.conv.weight.fill_(2)  # type: ignore[operator]
        up.conv.bias.zero_()  # type: ignore[operator]
    assert up(pooled, places)[0, 0].tolist() == [[0, 10], [0, 0]]


@pytest.mark.parametrize("upsampling", ["transpose", "bilinear", "nearest", "nails", "unpool"])
def test_a_unet_answers_for_each_pixel_of_pictures_of_any_size(upsampling: str) -> None:
    net = UNet(3, features=2, depth=2, upsampling=upsampling)  # type: ignore[arg-type]
    net.initialise(torch.Generator().manual_seed(0))
    assert net(torch.zeros(2, 3, 13, 18)).shape == (2, 3, 13, 18)


@pytest.mark.parametrize("stride", [8, 16, 32])
def test_an_fcn_answers_for_each_pixel_of_pictures_of_any_size(stride: int) -> None:
    net = FCN(3, features=2, stride=stride)
    net.initialise(torch.Generator().manual_seed(0))
    assert net(torch.zeros(2, 3, 40, 70)).shape == (2, 3, 40, 70)


def test_a_finer_fcn_has_the_names_of_the_coarser_one() -> None:
    names = [set(FCN(3, features=2, stride=stride).state_dict()) for stride in (32, 16, 8)]
    assert names[0] < names[1] < names[2]
    with pytest.raises(ValueError, match="8, 16 or 32"):
        FCN(3, stride=4)


def test_stitching_f_squared_shifts_gives_f_times_the_side() -> None:
    net = FCN(2, features=2, stride=32).eval()
    net.initialise(torch.Generator().manual_seed(0))
    images = torch.randn(1, 3, 32, 64, generator=torch.Generator().manual_seed(1))
    assert shift_and_stitch(net, images, 16).shape == (1, 2, 2, 4)  # 2^2 shifts.
    assert torch.allclose(shift_and_stitch(net, images, 32), net.coarse(images), atol=1e-5)
    with pytest.raises(ValueError, match="divide 32"):
        shift_and_stitch(net, images, 5)
