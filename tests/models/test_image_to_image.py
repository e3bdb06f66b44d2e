"""CycleGAN's, pix2pix's and PatchGAN's networks, the image pool and instance normalisation."""

import pytest
import torch
from torch.nn import functional as F

import models
from models.dropout import Dropout
from models.generative.conv import (
    DoublingConv2d,
    HalvingConv2d,
    InertBiasConv2d,
    InertBiasConvTranspose2d,
    LargeConv2d,
    ReflectedConv2d,
    draw_weights,
)
from models.generative.cyclegan import ResNetGenerator, StyleEncoder
from models.generative.image_pool import ImagePool
from models.generative.instance_norm import InstanceNorm, StyledInstanceNorm
from models.generative.patchgan import PatchGAN
from models.generative.pix2pix import UNetGenerator


def images(*shape: int, seed: int = 0) -> torch.Tensor:
    drawn = torch.randn(shape, generator=torch.Generator().manual_seed(seed))
    return drawn.contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("cyclegan-generator", 11_378_179),
        ("cyclegan-generator6", 7_837_699),
        ("patchgan70", 2_764_737),
        ("pix2pix-unet", 54_413_955),
        ("pix2pix-discriminator", 2_768_705),
    ],
)
def test_the_published_parameter_counts(name: str, count: int) -> None:
    with torch.device("meta"):
        net = models.build(name)
    assert sum(p.numel() for p in net.parameters()) == count


# -- generators --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("size", "layers"), [(16, 1), (32, 1), (64, 1), (128, 2), (256, 3)])
def test_a_u_net_has_dropout_at_every_size(size: int, layers: int) -> None:
    net = UNetGenerator(size, 3, 2, dropout=0.5)
    assert sum(isinstance(module, Dropout) for module in net.modules()) == layers


@pytest.mark.parametrize("upsampling", ["transpose", "resize"])
@pytest.mark.parametrize(
    "make", [lambda u: ResNetGenerator(3, 4, 2, u), lambda u: UNetGenerator(16, 3, 4, norm="instance", upsampling=u, dropout=0.0)]
)
def test_an_image_is_translated_as_if_it_were_alone(make: object, upsampling: str) -> None:
    net = make(upsampling).to(memory_format=torch.channels_last)  # type: ignore[operator]
    batch = images(3, 3, 16, 16)
    with torch.no_grad():
        together, alone = net(batch), net(batch[1:2])
    assert together.shape == batch.shape
    torch.testing.assert_close(together[1:2], alone, rtol=0, atol=1e-5)


def test_batch_norm_mixes_the_images_of_a_training_batch() -> None:
    net = UNetGenerator(16, 3, 4, norm="batch").train()
    batch = images(3, 3, 16, 16)
    with torch.no_grad():
        assert (net(batch)[:2] - net(batch[:2])).abs().max() > 1e-3


def test_resize_convolution_draws_no_checkerboard_from_a_constant_layer() -> None:
    """A transposed 3x3 convolution of stride 2 covers every second pixel twice as often; the other covers all alike (Odena et al. 2016)."""
    flat = torch.ones(1, 4, 6, 6)
    uneven = {}
    for upsampling in ("transpose", "resize"):
        layer = ResNetGenerator(3, 2, 1, upsampling).up[0].conv  # type: ignore[union-attr]
        torch.nn.init.ones_(layer.weight)
        given = flat.repeat(1, 2, 1, 1)
        drawn = layer(F.interpolate(given, scale_factor=2) if upsampling == "resize" else given)
        uneven[upsampling] = float(drawn[0, :, 2:-2, 2:-2].detach().std((1, 2)).max())
    assert uneven["resize"] < 1e-5 < uneven["transpose"]


def test_a_style_changes_the_picture_and_the_mean_style_is_the_default() -> None:
    net = ResNetGenerator(3, 4, 1, style=2)
    draw_weights(net)
    one = images(1, 3, 16, 16)
    with torch.no_grad():
        plain, same = net(one), net(one, torch.zeros(1, 2))
        other = net(one, torch.tensor([[5.0, -5.0]]))
    assert torch.equal(plain, same)
    assert (plain - other).abs().max() > 1e-3


def test_a_constant_plane_beside_the_image_would_be_lost() -> None:
    """Why the style enters at the norms: after the first norm nothing of an added constant is left."""
    conv = torch.nn.Conv2d(4, 5, 3)
    one = images(1, 3, 8, 8)
    planes = [torch.cat([one, torch.full((1, 1, 8, 8), value)], 1) for value in (0.0, 3.0)]
    a, b = (InstanceNorm()(conv(x)) for x in planes)
    torch.testing.assert_close(a, b, rtol=0, atol=1e-4)


def test_the_style_encoder_sees_the_colour() -> None:
    net = StyleEncoder(3, 4, 2)
    red, blue = torch.zeros(2, 1, 3, 16, 16).unbind()
    red[:, 0], blue[:, 2] = 1, 1
    assert (net(red) - net(blue)).abs().max() > 1e-3


@pytest.mark.parametrize("kind", ["conv", "transpose", "reflected", "large", "halving", "doubling"])
def test_a_convolution_before_an_instance_norm_leaves_out_what_the_norm_takes_away(kind: str) -> None:
    """With its bias the layers give the same, and the gradient at it is 0."""
    torch.manual_seed(0)
    kinds: dict[str, tuple[torch.nn.Conv2d | torch.nn.ConvTranspose2d, int]] = {
        "conv": (InertBiasConv2d(3, 5, 3, 2, 1), 0), "transpose": (InertBiasConvTranspose2d(3, 5), 0), "reflected": (ReflectedConv2d(3, 5), 1),
        "large": (LargeConv2d(3, 5, 7, inert_bias=True), 3), "halving": (HalvingConv2d(3, 5, inert_bias=True), 0), "doubling": (DoublingConv2d(3, 5, inert_bias=True), 0),
    }  # fmt: skip
    layer, padding = kinds[kind]
    layer.double()
    assert layer.bias is not None
    layer.bias.data.normal_()
    x = torch.randn(2, 3, 8, 8, dtype=torch.double, requires_grad=True)
    given = F.pad(x, (padding,) * 4, mode="reflect")
    if isinstance(layer, torch.nn.ConvTranspose2d):
        theirs = F.conv_transpose2d(given, layer.weight, layer.bias, layer.stride, layer.padding, layer.output_padding)
    else:
        theirs = F.conv2d(given, layer.weight, layer.bias, layer.stride, layer.padding)
    expected, mine = F.instance_norm(theirs), F.instance_norm(layer(x))
    same_gradients(mine, expected, (x, layer.weight))
    assert torch.autograd.grad((mine * torch.randn_like(mine)).sum(), layer.bias, allow_unused=True) == (None,)


def same_gradients(mine: torch.Tensor, expected: torch.Tensor, inputs: tuple[torch.Tensor, ...]) -> None:
    torch.testing.assert_close(mine, expected)
    weight = torch.randn_like(expected)
    gradients, wanted = (torch.autograd.grad((y * weight).sum(), inputs, retain_graph=True) for y in (mine, expected))
    for one, other in zip(gradients, wanted, strict=True):
        torch.testing.assert_close(one, other)


# -- normalisation -----------------------------------------------------------------------------------------------------


def test_a_style_scales_and_shifts_the_normalised_image() -> None:
    """Of the pixels 1 and 3, normalised to -1 and 1: 3 * -1 + 5 = 2 and 3 * 1 + 5 = 8; gamma is 2 and beta 5."""
    layer = StyledInstanceNorm(1, 1, 1.0)
    layer.to_scale_and_shift.weight.data[:], layer.to_scale_and_shift.bias.data[:] = torch.tensor([[2.0], [5.0]]), 0
    y = layer(torch.tensor([[[[1.0, 3.0]]]]), torch.ones(1, 1))
    torch.testing.assert_close(y, torch.tensor([[[[2.0, 8.0]]]]), rtol=0, atol=1e-4)


def test_a_styled_norm_without_a_style_says_so() -> None:
    with pytest.raises(ValueError, match="style"):
        StyledInstanceNorm(3, 2)(torch.zeros(1, 3, 4, 4))


# -- PatchGAN ----------------------------------------------------------------------------------------------------------


def test_instance_norm_hides_the_contrast_of_a_picture_from_the_discriminator_and_none_shows_it() -> None:
    """The first layer goes without a bias here, so that contrast reaches the norm as a factor."""
    one, change = images(1, 3, 32, 32), {}
    for norm in ("instance", "none"):
        torch.manual_seed(0)
        net = PatchGAN(3, 4, 1, norm)  # type: ignore[arg-type]
        net.layers[0] = torch.nn.Conv2d(3, 4, 4, 2, 1, bias=False)
        with torch.no_grad():
            change[norm] = float((net(one) - net(3 * one)).abs().max() / net(one).abs().max())
    assert change["instance"] < 0.01 < 0.5 < change["none"]
    assert not any(isinstance(layer, InstanceNorm) for layer in net.layers)


@pytest.mark.parametrize(("layers", "field"), [(1, 16), (2, 34), (3, 70)])
def test_the_receptive_field_measured_by_the_gradient(layers: int, field: int) -> None:
    """Exactly the pixels of the patch move a score that lies in the middle; norms, which look at the whole image, are taken out."""
    net = PatchGAN(3, 2, layers)
    for i, layer in enumerate(net.layers):
        if isinstance(layer, InstanceNorm):
            net.layers[i] = torch.nn.Identity()
    torch.nn.init.ones_(net.layers[-1].weight)
    for p in net.parameters():
        p.data.abs_()
    image = torch.ones(1, 3, 160, 160, requires_grad=True)
    scores = net(image)
    middle = scores.shape[-1] // 2
    scores[0, 0, middle, middle].backward()
    rows = image.grad[0].abs().sum((0, 2)).nonzero()[:, 0]  # type: ignore[index]
    assert (int(rows[0]), int(rows[-1])) == net.patch_span(middle)
    assert len(rows) == field


@pytest.mark.parametrize("layers", [1, 2, 3])
def test_the_smallest_image_still_gets_one_score(layers: int) -> None:
    side = 3 * 2**layers  # As the settings ask for.
    assert PatchGAN(3, 2, layers)(torch.zeros(1, 3, side, side)).shape == (1, 1, 1, 1)
    with pytest.raises((RuntimeError, ValueError)):
        PatchGAN(3, 2, layers)(torch.zeros(1, 3, side - 2**layers, side - 2**layers))


# -- the pool ----------------------------------------------------------------------------------------------------------


def numbered(*values: float) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float32).view(-1, 1, 1, 1).expand(-1, 3, 2, 2).contiguous()


def values(x: torch.Tensor) -> list[float]:
    return x[:, 0, 0, 0].tolist()


def test_until_it_is_full_the_pool_gives_back_what_it_gets() -> None:
    pool = ImagePool(4, torch.Generator().manual_seed(0))
    assert values(pool.exchange(numbered(1, 2, 3))) == [1, 2, 3]
    assert values(pool.images[: pool.count]) == [1, 2, 3]


def test_a_full_pool_gives_each_image_or_an_older_one_and_keeps_its_size() -> None:
    pool = ImagePool(4, torch.Generator().manual_seed(0))
    pool.exchange(numbered(1, 2, 3, 4))
    kept, swapped = {1.0, 2.0, 3.0, 4.0}, 0
    for i in range(5, 405):
        (given,) = values(pool.exchange(numbered(i)))
        if given == i:
            assert set(values(pool.images)) == kept
        else:
            assert given in kept
            kept = kept - {given} | {float(i)}
            assert set(values(pool.images)) == kept
            swapped += 1
    assert 160 < swapped < 240  # One half of 400; the chance to lie outside is below 1 in 10,000.


def test_a_batch_that_fills_the_pool_stores_its_first_images() -> None:
    pool = ImagePool(2, torch.Generator().manual_seed(1))
    given = values(pool.exchange(numbered(1, 2, 3, 4)))
    assert given[:2] == [1, 2]
    assert sorted({*given, *values(pool.images)}) == [1, 2, 3, 4]


def test_a_pool_of_none_lets_images_pass() -> None:
    assert values(ImagePool(0, torch.Generator()).exchange(numbered(1, 2))) == [1, 2]


def test_a_restored_pool_goes_on_alike() -> None:
    one = ImagePool(3, torch.Generator().manual_seed(0))
    for i in range(6):
        one.exchange(numbered(i, i + 0.5))
    other = ImagePool(3, torch.Generator().manual_seed(9))
    other.restore(one.state())
    for i in range(10, 20):
        assert torch.equal(one.exchange(numbered(float(i))), other.exchange(numbered(float(i))))


def test_a_batch_larger_than_the_pool_passes_whole() -> None:
    pool = ImagePool(2, torch.Generator().manual_seed(0))
    pool.exchange(numbered(1, 2))
    assert len(pool.exchange(numbered(3, 4, 5, 6, 7))) == 5
