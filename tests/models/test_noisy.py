"""Noisy layers against their definition, and the networks that draw: noise, fractions, IMPALA's trunk."""

import math

import pytest
import torch
from torch.nn import functional as F

from models.categorical_network import CategoricalNetwork
from models.impala import ImpalaTrunk, spectral_norm
from models.implicit_quantile_network import ImplicitQuantileNetwork
from models.noisy import NoisyLinear, dense
from models.q_network import ActionValueNetwork, QNetwork
from models.quantile_network import QuantileNetwork


@pytest.fixture
def frames() -> torch.Tensor:
    return torch.randint(0, 256, (3, 4, 84, 84), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))


def rng() -> torch.Generator:
    return torch.Generator().manual_seed(3)


def test_a_noisy_layer_by_hand() -> None:
    layer = NoisyLinear(2, 1)
    layer.load_state_dict({k: torch.tensor(v) for k, v in {
        "weight": [[1.0, 2.0]], "bias": [0.5], "weight_sigma": [[0.1, 0.2]], "bias_sigma": [0.3],
    }.items()})  # fmt: skip
    x, e, f = torch.tensor([[3.0, 4.0]]), torch.tensor([1.0, -2.0]), torch.tensor([2.0])
    # W = (1 + 0.1 * 2 * 1, 2 + 0.2 * 2 * -2) = (1.2, 1.2), b = 0.5 + 0.3 * 2 = 1.1.
    assert dense(layer, x, e, f).tolist() == [[pytest.approx(1.2 * 3 + 1.2 * 4 + 1.1)]]
    assert dense(layer, x).tolist() == [[pytest.approx(3 + 8 + 0.5)]]


def test_noise_is_the_signed_root_of_normal_numbers_and_starts_as_in_the_paper() -> None:
    layer = NoisyLinear(4, 6, sigma=0.5)
    e, f = layer.draw(rng())
    x = torch.randn(10, generator=rng())
    assert (e.shape, f.shape) == ((4,), (6,))
    torch.testing.assert_close(torch.cat([e, f]), x.sign() * x.abs().sqrt())
    assert layer.weight_sigma.unique().tolist() == layer.bias_sigma.unique().tolist() == [0.25]


NETWORKS = {
    "q": lambda **k: QNetwork(6, hidden=16, **k),
    "dueling": lambda **k: QNetwork(6, dueling=True, hidden=16, **k),
    "quantiles": lambda **k: QuantileNetwork(6, 5, dueling=True, hidden=16, **k),
    "atoms": lambda **k: CategoricalNetwork(6, 5, hidden=16, **k),
    "fractions": lambda **k: ImplicitQuantileNetwork(6, 4, 8, dueling=True, hidden=16, **k),
}


@pytest.mark.parametrize("impala", [False, True])
@pytest.mark.parametrize("noisy", [0.0, 0.5])
@pytest.mark.parametrize("name", NETWORKS)
def test_the_gradient_of_the_first_states_is_autograds_while_the_others_act(
    name: str, noisy: float, impala: bool, frames: torch.Tensor
) -> None:
    net: ActionValueNetwork = NETWORKS[name](noisy=noisy, trunk=ImpalaTrunk(1) if impala else None)
    draw, acting = net.draw(rng(), 2), net.draw(rng())
    expected = net.outputs(frames[:2], draw)
    upstream = torch.randn(expected.shape, generator=rng())
    expected.backward(upstream)
    gradients = [torch.full_like(p, 7.0) for p in net.parameters()]
    with torch.inference_mode():
        seen, q = net.record_and_act(frames, 2, draw, acting)
        net.write_gradient(seen, upstream, gradients)
        torch.testing.assert_close(q, net.values(net.outputs(frames[2:], acting)))
    torch.testing.assert_close(seen.outputs[:2], expected.detach())
    for (parameter_name, parameter), gradient in zip(net.named_parameters(), gradients, strict=True):
        torch.testing.assert_close(gradient, parameter.grad, msg=parameter_name)


@torch.no_grad()
@pytest.mark.parametrize("name", NETWORKS)
def test_to_act_each_state_has_noise_of_its_own_and_those_after_them_have_one_in_common(name: str, frames: torch.Tensor) -> None:
    net: ActionValueNetwork = NETWORKS[name](noisy=0.5)
    same = frames[:1].expand(5, -1, -1, -1)
    draw = net.draw_to_act(rng(), 3, 2)
    outputs = net.outputs(same, draw)
    assert len({tuple(each.flatten().tolist()) for each in outputs[:4]}) == 4
    torch.testing.assert_close(outputs[3], outputs[4])
    for i in range(5):
        alone = tuple(part[i] if part.shape[0] == 5 else part for part in draw)  # An implicit quantile network's fractions are for all.
        torch.testing.assert_close(outputs[i], net.outputs(same[:1], alone)[0])


@torch.no_grad()
def test_implicit_quantiles_by_the_papers_formula(frames: torch.Tensor) -> None:
    net = ImplicitQuantileNetwork(6, samples=2, acting=3, hidden=16)
    taus = torch.tensor([[0.1, 0.9], [0.5, 0.2], [0.3, 0.6]])
    outputs = net.outputs(frames, (taus,))
    cosines = torch.tensor([math.cos(math.pi * i * 0.2) for i in range(64)])
    phi = F.relu(net.embedding.weight @ cosines + net.embedding.bias)
    h = F.relu(net.hidden(net.features(frames)[1] * phi))
    torch.testing.assert_close(outputs[1, :, 1], net.q(h))
    torch.testing.assert_close(net(frames), net.outputs(frames, (torch.tensor([[1 / 6, 1 / 2, 5 / 6]]),)).mean(2))


@torch.no_grad()
def test_q_of_a_categorical_network_is_the_mean_of_its_atoms(frames: torch.Tensor) -> None:
    net = CategoricalNetwork(6, atoms=3, low=-1, high=3, hidden=16)
    p = net.outputs(frames).softmax(2)
    torch.testing.assert_close(net(frames), -p[..., 0] + p[..., 1] + 3 * p[..., 2])


def test_impala_has_fifteen_convolutions_and_the_features_it_says(frames: torch.Tensor) -> None:
    trunk = ImpalaTrunk(width=2)
    assert sum(isinstance(m, torch.nn.Conv2d) for m in trunk.modules()) == 15
    assert trunk(frames[:1].float()).shape == (1, trunk.features) == (1, 64 * 36)
    # 3x3 weights and biases: (4, 32), four of (32, 32), (32, 64), four of (64, 64), five of (64, 64).
    assert sum(p.numel() for p in trunk.parameters()) == 9 * (4 * 32 + 4 * 32**2 + 32 * 64 + 9 * 64**2) + 5 * 32 + 10 * 64


def test_spectral_norm_is_the_largest_singular_value_and_so_is_its_gradient() -> None:
    weight = torch.randn(8, 5, 3, 3, generator=rng()).requires_grad_()
    norm, expected = spectral_norm(weight), torch.linalg.matrix_norm(weight.flatten(1), 2)
    torch.testing.assert_close(norm, expected)
    torch.testing.assert_close(
        torch.autograd.grad(norm, weight)[0], torch.autograd.grad(expected, weight)[0], atol=1e-3, rtol=1e-3
    )  # fmt: skip
