"""From noise to picture: the ways and their steps by hand, the networks' shapes, guidance."""

import math

import pytest
import torch
from torch import Tensor, nn

from models.generative import ddpm
from models.generative.conditioning import Conditioning
from models.generative.ddpm import DDPM, signal_shares
from models.generative.denoising_unet import DenoisingUNet, Norm, attend, levels
from models.generative.dit import DiT
from models.generative.flow import Flow, between, integrate, training_times
from models.generative.latent import image_directions
from models.generative.mean_flow import MeanFlow, joined_halves, stretches

SHAPE = (1, 4, 4)


class Straight(nn.Module):
    """The velocity of a flow whose only picture is all 0.5: (0.5 - x) / (1 - t), and so its mean over any stretch."""

    def forward(self, x: Tensor, times: Tensor, labels: Tensor | None) -> Tensor:
        t = times.reshape(len(x), -1)[:, 0]
        return (0.5 - x) / (1 - t).clamp(min=1e-6)[:, None, None, None]


class ByClass(nn.Module):
    """1 without a class, 3 with class 0, 5 with class 1."""

    def forward(self, x: Tensor, times: Tensor, labels: Tensor | None) -> Tensor:
        weights = torch.zeros(len(x), 2) if labels is None else labels
        return torch.ones_like(x) * (1 + weights @ torch.tensor([2.0, 4.0]))[:, None, None, None]


def test_between_is_the_straight_way() -> None:
    noise, image = torch.full((1, 1, 1, 1), -1.0), torch.full((1, 1, 1, 1), 3.0)
    assert float(between(noise, image, torch.tensor([0.25]))) == 0.0


def test_times_are_most_often_halfway_or_spread_evenly() -> None:
    normal = torch.tensor([-1.0, 0.0, 1.0])
    assert training_times("logit-normal", normal).tolist() == pytest.approx([1 / (1 + math.e), 0.5, math.e / (1 + math.e)])
    assert training_times("uniform", normal).tolist() == pytest.approx([0.158655, 0.5, 0.841345], abs=1e-5)


def test_euler_and_heun_step_as_by_hand() -> None:
    """dx/dt = x from 1: Euler's two steps give 1.5^2, one of Heun's 1 + 1 + 1/2, and back again 1 - 1 + 1/2."""
    asked = []

    def velocity(x: Tensor, t: float) -> Tensor:
        asked.append(t)
        return x

    one = torch.ones(1)
    assert float(integrate(velocity, one, 2, "euler")) == 2.25
    assert float(integrate(velocity, one, 2, "heun")) == 2.5
    assert asked == [0.0, 0.5, 0.0, 1.0]
    assert float(integrate(velocity, one, 3, "heun")) == 1.625 * 1.5  # Half a step of Heun, then one of Euler.
    assert float(integrate(velocity, one, 2, "heun", 1.0, 0.0)) == 0.5


def test_a_flow_draws_and_finds_the_noise_again() -> None:
    class Linear(nn.Module):
        def forward(self, x: Tensor, times: Tensor, labels: Tensor | None) -> Tensor:
            return 0.1 * torch.ones_like(x)

    model, z = Flow(Linear(), SHAPE), torch.linspace(-0.5, 0.5, 16)[None]
    image = model.decode(z)
    assert torch.allclose(image.flatten(1), 0.5 + 0.5 * (z + 0.1))
    assert torch.allclose(model.encode(image), z, atol=1e-6)
    assert [float(x.mean()) for x in model.path(torch.zeros(1, *SHAPE), None, evaluations=2)] == pytest.approx([0, 0.05, 0.1])
    assert len(model.path(torch.zeros(1, *SHAPE), None, evaluations=5, sampler="heun")) == 4


def test_the_expected_picture_lies_at_the_end_of_the_velocity() -> None:
    x = torch.randn(2, *SHAPE, generator=torch.Generator().manual_seed(0))
    assert torch.allclose(Flow(Straight(), SHAPE).predicted(x, torch.tensor([0.2, 0.7]), None), torch.full_like(x, 0.5), atol=1e-6)


@pytest.mark.parametrize(("scale", "value"), [(0.0, 1.0), (1.0, 5.0), (2.0, 9.0)])
def test_guidance_goes_on_from_no_class_past_the_class(scale: float, value: float) -> None:
    model = Flow(ByClass(), SHAPE, classes=2)
    got = model.guided(torch.zeros(1, *SHAPE), torch.zeros(1), torch.tensor([1]), scale)
    assert torch.allclose(got, torch.full_like(got, value))


def test_the_shares_of_the_signal_fall_along_the_cosine() -> None:
    shares = signal_shares(1000)
    at = 500 / 1000
    expected = math.cos((at + 0.008) / 1.008 * math.pi / 2) ** 2 / math.cos(0.008 / 1.008 * math.pi / 2) ** 2
    assert float(shares[499]) == pytest.approx(expected, rel=1e-4)
    assert bool((shares.diff() < 0).all())
    assert float(shares[-1] / shares[-2]) == pytest.approx(0.001, rel=1e-3)  # The largest beta is 0.999.


class KnownPicture(nn.Module):
    """The noise in mixtures of noise with a picture that is all 0.5."""

    def __init__(self) -> None:
        super().__init__()
        self.model: list[DDPM] = []

    def forward(self, x: Tensor, times: Tensor, labels: Tensor | None) -> Tensor:
        share = self.model[0].shares[self.model[0].level(times)][:, None, None, None]
        return (x - share.sqrt() * 0.5) / (1 - share).sqrt()


@pytest.mark.parametrize("sampler", ["ddim", "ddpm"])
def test_diffusion_finds_the_picture_that_is_behind_all_noise(sampler: ddpm.Sampler) -> None:
    net = KnownPicture()
    model = DDPM(net, SHAPE, evaluations=10, sampler=sampler)
    net.model.append(model)
    noise = torch.randn(3, *SHAPE, generator=torch.Generator().manual_seed(0))
    points = model.path(noise, None)
    assert len(points) == 11
    assert torch.allclose(points[-1], torch.full_like(noise, 0.5), atol=1e-5)


def test_ddim_keeps_the_noise_and_ddpm_adds_some_of_its_own() -> None:
    """With a network that tells the very noise, DDIM's point at a level is the mixture of that level."""
    net = KnownPicture()
    model = DDPM(net, SHAPE, evaluations=4)
    net.model.append(model)
    noise = torch.randn(1, *SHAPE, generator=torch.Generator().manual_seed(1))
    start = model.shares[999].sqrt() * 0.5 + (1 - model.shares[999]).sqrt() * noise
    points = model.path(start, None)
    level = model.steps(4)[1][0]
    expected = model.shares[level].sqrt() * 0.5 + (1 - model.shares[level]).sqrt() * noise
    assert torch.allclose(points[1], expected, atol=2e-3)
    other = model.path(start, None, sampler="ddpm")
    assert not torch.allclose(other[1], expected, atol=1e-2)
    assert float((other[1] - model.shares[level].sqrt() * 0.5).std()) == pytest.approx(float((1 - model.shares[level]).sqrt()), rel=0.5)


def test_levels_and_times_are_inverse_and_the_steps_end_in_the_picture() -> None:
    model = DDPM(KnownPicture(), SHAPE)
    level = torch.arange(1000)
    assert torch.equal(model.level(model.time(level)), level)
    assert model.steps(4) == [(999, 749), (749, 500), (500, 250), (250, -1)]
    assert model.steps(1) == [(999, -1)]


def test_stretches_lie_within_the_way() -> None:
    got = stretches(torch.tensor([0, 1, 2]), torch.tensor([0.7, 1.0, 0.5]))
    assert torch.allclose(got, torch.tensor([[0.0, 1.0], [0.5, 1.0], [0.375, 0.625]]))


def test_two_halves_make_the_whole() -> None:
    """On the ways to one picture, which are straight, the mean over halves is the velocity; for v = 2 t it is the sum of the ends."""
    x = torch.randn(2, *SHAPE, generator=torch.Generator().manual_seed(2))
    stretch = torch.tensor([[0.0, 0.5], [0.25, 0.5]])
    net = Straight()
    got = joined_halves(lambda at, times: net(at, times, None), x, stretch)
    assert torch.allclose(got, net(x, stretch, None), atol=1e-5)

    def mean_of_2t(at: Tensor, times: Tensor) -> Tensor:
        return times.sum(1)[:, None, None, None].expand_as(at)

    assert joined_halves(mean_of_2t, x, stretch)[:, 0, 0, 0].tolist() == pytest.approx([0.5, 0.75])


def test_one_evaluation_of_the_mean_velocity_is_the_whole_way() -> None:
    model, z = MeanFlow(Straight(), SHAPE, 0, 1), torch.randn(3, 16, generator=torch.Generator().manual_seed(3))
    assert torch.allclose(model.decode(z), torch.full((3, *SHAPE), 0.75), atol=1e-5)
    assert len(model.path(z.view(-1, *SHAPE), None)) == 2


@pytest.mark.parametrize("net", [DenoisingUNet(3, 24, 8, 5), DiT(3, 24, 16, 1, 2, 5), DenoisingUNet(3, 24, 8, 5, times=2)])
def test_networks_answer_in_the_shape_of_the_picture_and_begin_at_0(net: nn.Module) -> None:
    times = torch.rand(2, net.condition.times)
    got = net(torch.randn(2, 3, 24, 24), times, torch.tensor([0, 4]))
    assert got.shape == (2, 3, 24, 24)
    assert not got.any()


def test_the_maps_are_halved_down_to_eight_or_fewer_pixels() -> None:
    assert [levels(size) for size in (8, 16, 24, 28, 32, 64, 96)] == [1, 1, 2, 2, 2, 3, 4]


def test_no_class_is_all_weights_0_and_a_mixture_lies_between() -> None:
    torch.manual_seed(0)
    told = Conditioning(8, 3)
    assert torch.equal(told(torch.zeros(1), None), told(torch.zeros(1), torch.zeros(1, 3)))
    assert torch.equal(told(torch.zeros(1), torch.tensor([1])), told(torch.zeros(1), torch.tensor([[0.0, 1.0, 0.0]])))
    assert not torch.equal(told(torch.zeros(1), None), told(torch.ones(1), None))


def test_attention_is_the_mean_of_values_where_all_keys_are_alike() -> None:
    qkv = torch.zeros(1, 3, 6)
    qkv[0, :, 4:] = torch.tensor([[1.0, 2.0], [3.0, 4.0], [8.0, 0.0]])
    assert torch.allclose(attend(qkv, 1), torch.tensor([4.0, 2.0]).expand(1, 3, 2))


def test_image_directions_are_the_principal_ones() -> None:
    """Points on an ellipse along (3, 4) / 5 and across it, in three dimensions."""
    along, across = torch.tensor([0.6, 0.8, 0.0]), torch.tensor([-0.8, 0.6, 0.0])
    points = 1 + torch.stack([10 * along, -10 * along, across, -across])
    got = image_directions(points, 2)
    assert torch.allclose(got, torch.stack([along * (200 / 3) ** 0.5, -across * (2 / 3) ** 0.5]), atol=1e-4)


def test_attention_is_that_of_pytorch() -> None:
    qkv = torch.randn(2, 9, 24, generator=torch.Generator().manual_seed(0))
    q, k, v = qkv.view(2, 9, 3, 2, 4).permute(2, 0, 3, 1, 4)
    expected = torch.nn.functional.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(2, 9, 8)
    torch.testing.assert_close(attend(qkv, 2), expected)


def test_the_norm_of_bf16_is_computed_in_float32() -> None:
    x = torch.randn(2, 8, 3, 3, generator=torch.Generator().manual_seed(0)).bfloat16()
    norm = Norm(4, 8)
    torch.nn.init.normal_(norm.weight)
    expected = torch.nn.functional.group_norm(x.float(), 4, norm.weight, norm.bias)
    drawn = norm.bfloat16()(x)
    assert drawn.dtype == torch.float32
    torch.testing.assert_close(drawn, expected, rtol=0.02, atol=0.02)  # The weights are rounded.
