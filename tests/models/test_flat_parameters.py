"""Adam on one flat buffer is PyTorch's Adam, also piece by piece; the copy that computes follows."""

import copy

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.kernels import flat_layout, flat_parameters
from models.kernels.flat_parameters import FlatAdam, FlatNetwork, FlatRAdam, part_size

STEPS = 5


class Net(nn.Module):
    """Of four-, two- and one-dimensional parameters, one of which takes no part."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.unused, self.dense = nn.Conv2d(3, 4, 3), nn.Linear(2, 3), nn.Linear(16, 5)

    def forward(self, x: Tensor) -> Tensor:
        return self.dense(self.conv(x).flatten(1))


def batches() -> list[Tensor]:
    generator = torch.Generator().manual_seed(1)
    return [torch.randn(6, 3, 4, 4, generator=generator) for _ in range(STEPS)]


def loss(net: nn.Module, x: Tensor) -> Tensor:
    return net(x).square().mean()


@pytest.fixture
def pair(monkeypatch: pytest.MonkeyPatch) -> tuple[FlatNetwork, nn.Module]:
    """A flat network, worked on in pieces of 50 numbers, and its twin with weights of its own."""
    monkeypatch.setattr(flat_parameters, "PIECE", 50)
    torch.manual_seed(0)
    net = Net()
    twin = copy.deepcopy(net)
    return FlatNetwork(net, torch.float32), twin


def same(network: FlatNetwork, twin: nn.Module) -> None:
    for mine, theirs in zip(network.master.parameters(), twin.parameters(), strict=True):
        torch.testing.assert_close(mine, theirs)


def test_steps_from_autograds_gradients_are_pytorchs(pair: tuple[FlatNetwork, nn.Module]) -> None:
    network, twin = pair
    optimizer, expected = FlatAdam(network, 1e-2, 1e-8), torch.optim.Adam(twin.parameters(), 1e-2)
    for x in batches():
        optimizer.step_from(torch.autograd.grad(loss(network.compute, x), network.parameters, allow_unused=True))
        expected.zero_grad()
        loss(twin, x).backward()
        expected.step()
    same(network, twin)


def test_steps_from_a_flat_gradient_scaled_are_pytorchs(pair: tuple[FlatNetwork, nn.Module]) -> None:
    network, twin = pair
    optimizer, expected = FlatAdam(network, 1e-2, 1e-8), torch.optim.Adam(twin.parameters(), 1e-2)
    for x in batches():
        gradients = torch.autograd.grad(loss(network.compute, x), network.parameters, allow_unused=True)
        for view, gradient in zip(network.compute_gradient_views, gradients, strict=True):
            view.copy_(torch.zeros_like(view) if gradient is None else gradient)
        given = network.compute_gradient.clone()
        optimizer.step_and_sync(torch.tensor(0.25))
        assert torch.equal(network.compute_gradient, given)
        expected.zero_grad()
        (0.25 * loss(twin, x)).backward()
        expected.step()
    same(network, twin)


def test_the_copy_in_bf16_follows_its_fp32_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flat_parameters, "PIECE", 50)
    torch.manual_seed(0)
    network = FlatNetwork(Net(), torch.bfloat16)
    before = network.weights.clone()
    optimizer = FlatAdam(network, 1e-2, 1e-8)
    for x in batches():
        optimizer.step_from(torch.autograd.grad(loss(network.compute, x.bfloat16()), network.parameters, allow_unused=True))
    assert torch.equal(network.compute_weights, network.weights.bfloat16())
    moved = network.weights != before
    assert 0 < int(moved.sum()) <= len(before) - 9  # `unused` has 9 numbers.


def test_a_part_in_float_computes_with_the_masters_weights_and_learns_them() -> None:
    torch.manual_seed(0)
    module = nn.Sequential(nn.Linear(3, 4), nn.Linear(4, 2))
    network = FlatNetwork(module, torch.bfloat16, in_float=["1"])
    before = network.weights.clone()
    optimizer = FlatAdam(network, 1e-2, 1e-8)
    hidden = network.compute[0](torch.randn(5, 3).bfloat16())  # type: ignore[index]
    assert torch.equal(network.compute[1](hidden.float()), F.linear(hidden.float(), module[1].weight, module[1].bias))  # type: ignore[index]
    optimizer.step_from(torch.autograd.grad(network.compute[1](hidden.float()).sum(), network.parameters))  # type: ignore[index]
    assert (network.weights != before).all()
    assert network.compute[1].weight.data_ptr() == module[1].weight.data_ptr()  # type: ignore[index, union-attr]


def test_a_gpu_is_given_weights_in_parts_for_one_launch_and_many_at_once_as_they_are() -> None:
    gpu = torch.device("cuda")
    assert part_size(36_000, gpu) == 1_000
    assert part_size(36_001, gpu) == 1_004
    assert part_size(3, gpu) == 4
    assert part_size(3_000_000, gpu) == 3_000_000
    assert part_size(36_000, torch.device("cpu")) == 36_000


def test_a_step_in_parts_is_one_of_the_whole(pair: tuple[FlatNetwork, nn.Module], monkeypatch: pytest.MonkeyPatch) -> None:
    flat, _ = pair
    whole, parts = (FlatAdam(FlatNetwork(copy.deepcopy(flat.master), torch.bfloat16), 0.01, 1e-8) for _ in range(2))
    for x in batches():
        gradient = torch.full_like(whole.weights, float(x.mean())).cumsum(0)
        for adam, size in ((whole, 50), (parts, 8)):
            monkeypatch.setattr(flat_parameters, "part_size", lambda count, device, size=size: min(size, count))
            adam.network.compute_gradient.copy_(gradient)
            adam.step_and_sync()
    torch.testing.assert_close(parts.weights, whole.weights, rtol=1e-6, atol=1e-7)
    assert torch.equal(parts.network.compute_weights, parts.weights.to(torch.bfloat16))
    assert len(parts.pieces(0, len(parts.weights))[0].weights) == 6  # Of 42 numbers.


def test_a_step_at_once_equals_one_parameter_by_parameter() -> None:
    torch.manual_seed(0)
    module = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Flatten(), nn.Linear(4, 3))
    once, apart = (FlatNetwork(copy.deepcopy(module), torch.bfloat16) for _ in range(2))
    optimizers = FlatAdam(once, 1e-2, 1e-8), FlatAdam(apart, 1e-2, 1e-8)
    for _ in range(3):
        x = torch.randn(2, 3, 3, 3).bfloat16()
        gradients = torch.autograd.grad(once.compute(x).square().sum(), once.parameters)
        optimizers[0].step_at_once(list(gradients))
        optimizers[1].step_from(gradients)
        torch.testing.assert_close(once.weights, apart.weights, rtol=1e-6, atol=1e-7)
        once.copy_from(apart)


def test_parameters_that_begin_at_whole_16_bytes_as_on_a_gpu_learn_and_are_stored_as_those_without_gaps(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    torch.manual_seed(0)
    module = nn.Sequential(nn.Conv2d(3, 5, 3), nn.Flatten(), nn.Linear(5, 3), nn.Linear(3, 2))
    networks, optimizers = [], []
    for gap in (1, 8):
        monkeypatch.setattr(flat_layout, "spacing", lambda device, gap=gap: gap)
        network = FlatNetwork(copy.deepcopy(module), torch.bfloat16)
        networks.append(network)
        optimizers.append(FlatAdam(network, 1e-2, 1e-8))
        for i in range(3):
            x = torch.randn(2, 3, 3, 3, generator=torch.Generator().manual_seed(i)).bfloat16()
            optimizers[-1].step_from(torch.autograd.grad(network.compute(x).square().sum(), network.parameters))
    assert all(parameter.data_ptr() % 16 == 0 for parameter in networks[1].compute.parameters())
    assert any(parameter.data_ptr() % 16 for parameter in networks[0].compute.parameters())
    for mine, theirs in zip(networks[0].master.parameters(), networks[1].master.parameters(), strict=True):
        assert torch.equal(mine, theirs)
    states = [optimizers[1].state()]  # With gaps, then without.
    monkeypatch.setattr(flat_layout, "spacing", lambda device: 1)
    states.append(optimizers[0].state())
    for name, value in states[1].items():
        assert torch.equal(value, states[0][name])
    monkeypatch.setattr(flat_layout, "spacing", lambda device: 8)
    other = FlatAdam(networks[1], 1e-2, 1e-8)
    other.restore(states[1])
    assert torch.equal(other.exp_avg, optimizers[1].exp_avg)
    assert torch.equal(other.exp_avg_sq, optimizers[1].exp_avg_sq)


@pytest.mark.parametrize("in_tensors", [False, True])
def test_flat_radam_equals_that_of_pytorch_from_its_first_steps_on(in_tensors: bool) -> None:
    torch.manual_seed(0)
    module = nn.Sequential(nn.Linear(5, 4), nn.Linear(4, 3))
    twin = copy.deepcopy(module)
    flat = FlatNetwork(module, torch.float32)
    ours, theirs = FlatRAdam(flat, 1e-2), torch.optim.RAdam(twin.parameters(), lr=1e-2)
    if in_tensors:  # As on a GPU.
        ours.rate = torch.tensor(1e-2)
    for step in range(12):
        rate = 1e-2 * (1 - step / 12)
        ours.set_learning_rate(rate)
        theirs.param_groups[0]["lr"] = rate
        for p, gradient in zip(twin.parameters(), flat.gradient_views, strict=True):
            gradient.copy_(torch.randn_like(gradient))
            p.grad = gradient.clone()
        ours.step_and_sync()
        theirs.step()
        for mine, other in zip(module.parameters(), twin.parameters(), strict=True):
            torch.testing.assert_close(mine, other, rtol=1e-5, atol=1e-6)


@pytest.mark.gpu
def test_on_a_gpu_each_parameter_begins_at_whole_16_bytes_and_a_step_is_that_of_a_processor() -> None:
    torch.manual_seed(0)
    module = Net()
    networks = [FlatNetwork(copy.deepcopy(module).to(place), torch.bfloat16) for place in ("cpu", "cuda")]
    assert all(parameter.data_ptr() % 16 == 0 for parameter in networks[1].compute.parameters())
    states = []
    for network in networks:
        optimizer = FlatAdam(network, 1e-2, 1e-8)
        optimizer.step_from([torch.ones_like(parameter) for parameter in network.parameters])
        states.append({**network.state(), **optimizer.state()})
    for name, value in states[0].items():
        torch.testing.assert_close(states[1][name].cpu(), value)
