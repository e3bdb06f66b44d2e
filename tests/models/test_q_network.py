import pytest
import torch
from torch import nn
from torch.nn import functional as F

from models.kernels.pixel_blocks import blocks2x2, packed_blocks2x2, space_to_depth
from models.kernels.windows import to_blocks
from models.layer_norm_q_network import LayerNormQNetwork
from models.q_network import ActionValueNetwork, QNetwork


@pytest.fixture
def frames() -> torch.Tensor:
    return torch.randint(0, 256, (3, 4, 84, 84), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize(("actions", "parameters"), [(4, 1_686_180), (6, 1_687_206), (18, 1_693_362)])
def test_nature_dqn_has_the_published_number_of_parameters(actions: int, parameters: int) -> None:
    assert sum(p.numel() for p in QNetwork(actions).parameters()) == parameters


def test_space_to_depth_puts_each_pixel_into_the_channel_that_its_place_in_the_block_gives(frames: torch.Tensor) -> None:
    blocks = space_to_depth(frames)
    assert blocks.shape == (3, 64, 21, 21)
    for b, frame, y, x in [(0, 0, 0, 0), (1, 2, 37, 50), (2, 3, 83, 83), (0, 1, 5, 2)]:
        assert blocks[b, 16 * frame + 4 * (y % 4) + x % 4, y // 4, x // 4] == frames[b, frame, y, x]


def test_a_2x2_convolution_over_blocks_equals_a_4x4_one_of_stride_2() -> None:
    rng = torch.Generator().manual_seed(0)
    x, weight = torch.randn(2, 3, 10, 8, generator=rng), torch.randn(5, 3, 4, 4, generator=rng)
    torch.testing.assert_close(F.conv2d(to_blocks(x), to_blocks(weight)), F.conv2d(x, weight, stride=2))
    assert torch.equal(packed_blocks2x2(to_blocks(x)), blocks2x2(x))
    assert torch.equal(blocks2x2(x)[1, 3, 2, 0, 1, 2], x[1, 2, 6, 5])


def test_the_network_of_pqn_is_convolutions_layer_norms_and_relus(frames: torch.Tensor) -> None:
    net = LayerNormQNetwork(6, hidden=32)
    with torch.no_grad():
        for norm in (net.norm1, net.norm2, net.norm3, net.norm4):
            norm.weight.uniform_(0.5, 2)
            norm.bias.uniform_(-1, 1)

        def normalised(x: torch.Tensor, norm: nn.Module) -> torch.Tensor:
            """Over (maps, height, width), as nn.LayerNorm has them."""
            weight, bias = (p.permute(2, 0, 1) for p in norm.parameters())
            return F.relu(F.layer_norm(x, x.shape[1:], weight, bias))

        x = normalised(F.conv2d(frames / 255, net.filters(), net.conv1.bias, stride=4), net.norm1)
        x = normalised(F.conv2d(x, net.conv2.weight, net.conv2.bias, stride=2), net.norm2)
        x = normalised(F.conv2d(x, net.conv3.weight, net.conv3.bias), net.norm3)
        # Features lie map by map, as in nn.Flatten.
        x = F.relu(F.layer_norm(net.hidden(x.flatten(1)), (32,), net.norm4.weight, net.norm4.bias))
        torch.testing.assert_close(net(frames), net.q(x), rtol=1e-4, atol=1e-4)


class TwoValues(ActionValueNetwork):
    """A head with two numbers for each action and no gradient of its own; Q is their mean."""

    def __init__(self, actions: int):
        super().__init__(actions, 32)
        self.last = nn.Linear(32, 2 * actions)

    def head(self, units: torch.Tensor) -> torch.Tensor:
        return self.last(units).view(-1, self.actions, 2)

    def values(self, outputs: torch.Tensor) -> torch.Tensor:
        return outputs.mean(2)


NETWORKS = {
    "q": lambda: QNetwork(6, hidden=32),
    "dueling": lambda: QNetwork(6, dueling=True, hidden=32),
    "layer norm": lambda: LayerNormQNetwork(6, hidden=32),
    "another head": lambda: TwoValues(6),
}


@pytest.mark.parametrize("mode", [torch.no_grad, torch.inference_mode])
@pytest.mark.parametrize("name", NETWORKS)
def test_the_gradient_written_down_equals_autograds(name: str, mode: type, frames: torch.Tensor) -> None:
    net = NETWORKS[name]().to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    expected = net.outputs(frames)
    upstream = torch.randn(expected.shape, generator=torch.Generator().manual_seed(1))
    expected.backward(upstream)
    gradients = [torch.full_like(p, 7.0) for p in net.parameters()]
    with mode():
        seen = net.record(frames)
        net.write_gradient(seen, upstream, gradients)
    torch.testing.assert_close(seen.outputs, expected)
    torch.testing.assert_close(net(frames), net.values(expected))
    for (parameter_name, parameter), gradient in zip(net.named_parameters(), gradients, strict=True):
        torch.testing.assert_close(gradient, parameter.grad, msg=parameter_name)


@torch.no_grad()
@pytest.mark.parametrize("name", NETWORKS)
def test_the_gradient_of_the_first_stacks_leaves_the_others_out(name: str, frames: torch.Tensor) -> None:
    net = NETWORKS[name]()
    some, alone = ([torch.empty_like(p) for p in net.parameters()] for _ in range(2))
    upstream = torch.ones_like(net.outputs(frames))[:2]
    net.write_gradient(net.record(frames), upstream, some)
    net.write_gradient(net.record(frames[:2]), upstream, alone)
    torch.testing.assert_close(some, alone)


def test_first_layer_equals_an_8x8_convolution_of_stride_4_with_its_filters(frames: torch.Tensor) -> None:
    net = QNetwork(6)
    ordinary = F.conv2d(frames.float() / 255, net.filters(), net.conv1.bias, stride=4)
    blocks = F.conv2d(space_to_depth(frames).float() / 255, net.conv1.weight, net.conv1.bias)
    torch.testing.assert_close(blocks, ordinary, atol=1e-5, rtol=1e-5)


@torch.no_grad()
def test_q_values_equal_those_of_an_ordinary_nature_network(frames: torch.Tensor) -> None:
    net = QNetwork(6)
    x = F.relu(F.conv2d(frames.float() / 255, net.filters(), net.conv1.bias, stride=4))
    x = F.relu(F.conv2d(x, net.conv2.weight, net.conv2.bias, stride=2))
    x = F.relu(F.conv2d(x, net.conv3.weight, net.conv3.bias))
    h = F.relu(x.flatten(1) @ net.hidden.weight.T + net.hidden.bias)
    torch.testing.assert_close(net(frames), h @ net.q.weight.T + net.q.bias, atol=1e-5, rtol=1e-5)


@torch.no_grad()
def test_dueling_q_is_value_plus_advantage_less_its_mean(frames: torch.Tensor) -> None:
    net = QNetwork(6, dueling=True, hidden=32)
    h = F.relu(net.hidden(net.features(frames)))
    value = h[:, :32] @ net.value.weight.T + net.value.bias
    advantage = h[:, 32:] @ net.advantage.weight.T + net.advantage.bias
    expected = value + advantage - advantage.sum(1, keepdim=True) / 6
    torch.testing.assert_close(net(frames), expected)
    torch.testing.assert_close(net(frames).mean(1, keepdim=True), value)


@torch.no_grad()
def test_blocks_and_frames_give_the_same_q_values(frames: torch.Tensor) -> None:
    net = QNetwork(4)
    assert torch.equal(net(frames), net(space_to_depth(frames)))


@torch.no_grad()
def test_bf16_q_values_are_close_to_those_of_fp32(frames: torch.Tensor) -> None:
    net = QNetwork(6)
    exact = net(frames)
    rounded = QNetwork(6)
    rounded.load_state_dict(net.state_dict())
    torch.testing.assert_close(rounded.bfloat16()(frames).float(), exact, atol=0.02, rtol=0.05)
