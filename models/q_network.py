"""Q networks on stacked Atari frames: Nature DQN (Mnih et al. 2015) and its dueling form (Wang et al. 2016).

There is no pooling: it would hide where things are. Read `QNetwork.forward` first.
"""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

relu_backward = torch.ops.aten.threshold_backward.default
relu_backward_into = torch.ops.aten.threshold_backward.grad_input
convolution_backward = torch.ops.aten.convolution_backward.default


class QNetwork(nn.Module):
    """uint8 frames (B, 4, 84, 84) -> Q values (B, actions).

    Three convolutions (32 8x8 stride 4, 64 4x4 stride 2, 64 3x3 stride 1) and two dense layers of 512 and `actions`
    units, ReLU between them. Dueling: separate streams of `hidden` units for the value V and the advantages A, joined
    as Q = V + A - mean(A) (Wang et al. 2016, eq. 9); the first layers of the two are kept as one matrix.

    The first convolution is computed, and its weights are kept, as a 2x2 convolution of stride 1 over the image whose
    4x4 blocks of pixels became channels (`space_to_depth`): the same function with 64 input channels in place of 4,
    which runs several times faster. `filters` gives its weights in the usual shape.
    """

    def __init__(self, actions: int, dueling: bool = False, hidden: int = 512):
        super().__init__()
        self.actions, self.dueling = actions, dueling
        self.conv1 = nn.Conv2d(64, 32, 2)
        self.conv2 = nn.Conv2d(32, 64, 4, stride=2)
        self.conv3 = nn.Conv2d(64, 64, 3)
        if dueling:
            self.hidden = nn.Linear(3136, 2 * hidden)
            self.value, self.advantage = nn.Linear(hidden, 1), nn.Linear(hidden, actions)
        else:
            self.hidden, self.q = nn.Linear(3136, hidden), nn.Linear(hidden, actions)
        # Weights and biases of the first four layers, at hand: a module looks for its parts slowly.
        self.trunk = tuple(self.parameters())[:8]

    def forward(self, frames: Tensor) -> Tensor:
        """Q values (B, actions) float32 for uint8 (B, 4, 84, 84), or for their blocks."""
        return self.head(self.features(frames))

    def features(self, frames: Tensor) -> Tensor:
        """(B, 3136) for uint8 (B, 4, 84, 84), or for their blocks (B, 64, 21, 21) in any dtype."""
        _, _, w2, b2, w3, b3, _, _ = self.trunk
        x = F.relu_(F.conv2d(self.first_maps(frames), w2, b2, stride=2))  # (B, 64, 9, 9)
        x = F.relu_(F.conv2d(x, w3, b3))  # (B, 64, 7, 7)
        return x.flatten(1)

    def first_maps(self, frames: Tensor) -> Tensor:
        """The first layer's maps (B, 32, 20, 20) for uint8 (B, 4, 84, 84), or for their blocks."""
        weight, bias = self.trunk[:2]
        # The weights take the division by 255, as there are fewer of them.
        return F.relu_(F.conv2d(self.blocks(frames), weight * (1 / 255), bias))

    def blocks(self, frames: Tensor) -> Tensor:
        """(B, 64, 21, 21) in the dtype of the weights (bfloat16 holds every uint8 exactly), of uint8 (B, 4, 84, 84) or of their blocks."""
        return (frames if frames.shape[1] == 64 else space_to_depth(frames)).to(self.trunk[0].dtype)

    def head(self, features: Tensor) -> Tensor:
        """Q values (B, actions) float32 of features (B, 3136)."""
        # The last layer is computed in float32: bfloat16 rounds a value of 1 to 1/128, more than two actions may differ by.
        return self.values(self.hidden_units(features).float())

    def hidden_units(self, features: Tensor) -> Tensor:
        """relu(x W^T + b), (B, hidden), of features x (B, 3136), as (W x^T + b)^T: kernels lay the second factor out anew, and x is the smaller."""
        weight, bias = self.trunk[6:]
        return torch.addmm(bias[:, None], weight, features.t()).relu_().t()

    def differentiate(self, frames: Tensor) -> tuple[Tensor, Callable[[Tensor, Sequence[Tensor]], None]]:
        """Q values (B, actions) float32 for what `forward` takes, and a function that writes the gradient down.

        It takes the derivative of the loss in Q (B, actions) float32 and the tensors to write into, one a parameter, in
        the order of `parameters()`; given the derivative for the first frames alone, it leaves the others out. Both are
        called in no_grad or inference mode. The same numbers as autograd's, a tenth sooner on a processor: nothing is
        allocated for the weights' gradients, and the second layer works on 2x2 blocks as the first does on 4x4.
        """
        w1, b1, w2, b2, w3, b3, w4, _ = self.trunk
        blocks = self.blocks(frames)
        first = w1 * (1 / 255)
        second = to_blocks(w2)  # (64, 128, 2, 2)
        y1 = relu_to_blocks(F.conv2d(blocks, first, b1))  # (B, 128, 10, 10)
        y2 = F.conv2d(y1, second, b2).relu_()  # (B, 64, 9, 9)
        y3 = F.conv2d(y2, w3, b3).relu_()  # (B, 64, 7, 7)
        x = y3.flatten(1)
        h = self.hidden_units(x)
        float_h = h.float()
        q = self.values(float_h)

        def backward(of_q: Tensor, into: Sequence[Tensor]) -> None:
            seen, count = (blocks, y1, y2, y3, x, h, float_h), of_q.shape[0]
            x0, x1, x2, x3, features, hidden, float_hidden = seen if count == q.shape[0] else (each[:count] for each in seen)
            to_w1, to_b1, to_w2, to_b2, to_w3, to_b3, to_w4, to_b4, *head = into
            of_h = relu_backward(self.values_backward(of_q, float_hidden, head).to(h.dtype), hidden, 0)  # (B, hidden)
            torch.mm(of_h.t(), features, out=to_w4)
            torch.sum(of_h, 0, out=to_b4)
            of_x3 = torch.mm(of_h, w4).view(x3.shape).contiguous(memory_format=torch.channels_last)
            of_x2, of_w3, of_b3 = conv_backward(relu_backward(of_x3, x3, 0), x2, w3)
            of_x1, of_w2, of_b2 = conv_backward(relu_backward(of_x2, x2, 0), x1, second)
            of_maps = relu_backward_from_blocks(of_x1, x1)  # (B, 32, 20, 20)
            _, of_w1, of_b1 = conv_backward(of_maps, x0, first, of_input=False)
            torch.mul(of_w1, 1 / 255, out=to_w1)
            torch._foreach_copy_([to_b1, in_blocks(to_w2), to_b2, to_w3, to_b3], [of_b1, of_blocks(of_w2), of_b2, of_w3, of_b3])

        return q, backward

    def values(self, h: Tensor) -> Tensor:
        """The last layer: Q values (B, actions) float32 of the hidden units (B, hidden) float32, or twice as many."""
        if not self.dueling:
            return dense(self.q, h)
        for_value, for_advantage = h.chunk(2, dim=1)
        value = dense(self.value, for_value)  # (B, 1)
        advantage = dense(self.advantage, for_advantage)  # (B, A)
        return value + advantage - advantage.mean(1, keepdim=True)

    def values_backward(self, of_q: Tensor, h: Tensor, into: Sequence[Tensor]) -> Tensor:
        """The derivative in h (as h), for `values`; those of the last layer's weights and biases are written into `into`."""
        if not self.dueling:
            return dense_backward(self.q, of_q, h, *into)
        for_value, for_advantage = h.chunk(2, dim=1)
        of_value, of_advantage = of_q.sum(1, keepdim=True), of_q - of_q.mean(1, keepdim=True)
        by_value = dense_backward(self.value, of_value, for_value, *into[:2])
        by_advantage = dense_backward(self.advantage, of_advantage, for_advantage, *into[2:])
        return torch.cat((by_value.t(), by_advantage.t())).t()

    def filters(self) -> Tensor:
        """The first layer's weights (32, 4, 8, 8): output map, frame, y, x."""
        return self.conv1.weight.view(32, 4, 4, 4, 2, 2).permute(0, 1, 4, 2, 5, 3).reshape(32, 4, 8, 8)


def dense(layer: nn.Linear, x: Tensor) -> Tensor:
    """`layer` in float32, whatever the dtype of its weights, as (W x^T + b)^T: `hidden_units` gives x as a transpose."""
    return torch.addmm(layer.bias.float()[:, None], layer.weight.float(), x.t()).t()


def dense_backward(layer: nn.Linear, of_output: Tensor, x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """The derivative in x (B, in) of `dense`, given that in its output (B, out); those of weight and bias are written into these."""
    weight.copy_(of_output.t() @ x)
    bias.copy_(of_output.sum(0))
    return (layer.weight.float().t() @ of_output.t()).t()


def conv_backward(of_output: Tensor, x: Tensor, weight: Tensor, of_input: bool = True) -> tuple[Tensor, Tensor, Tensor]:
    """The derivatives in input (if asked for), weight and bias of a convolution of stride 1 without padding."""
    wanted = [of_input, True, True]
    return convolution_backward(of_output, x, weight, [weight.shape[0]], [1, 1], [0, 0], [1, 1], False, [0, 0], 1, wanted)


def to_blocks(x: Tensor) -> Tensor:
    """(B, C, H, W) -> (B, 4 C, H / 2, W / 2) in channels_last: the four of each 2x2 block of positions become channels."""
    b, c, h, w = x.shape
    return in_blocks(x).reshape(b, h // 2, w // 2, 4 * c).permute(0, 3, 1, 2)


def in_blocks(x: Tensor) -> Tensor:
    """A view (B, H / 2, W / 2, 2, 2, C) of x (B, C, H, W)."""
    b, c, h, w = x.shape
    to_b, to_c, to_h, to_w = x.stride()
    return x.as_strided((b, h // 2, w // 2, 2, 2, c), (to_b, 2 * to_h, 2 * to_w, to_h, to_w, to_c))


def of_blocks(x: Tensor) -> Tensor:
    """A view (B, H, W, 2, 2, C) of x (B, 4 C, H, W), what `to_blocks` gives."""
    b, c, h, w = x.shape
    to_b, to_c, to_h, to_w = x.stride()
    return x.as_strided((b, h, w, 2, 2, c // 4), (to_b, to_h, to_w, c // 2 * to_c, c // 4 * to_c, to_c))


def relu_to_blocks(x: Tensor) -> Tensor:
    """`to_blocks` of relu(x), in one pass."""
    b, c, h, w = x.shape
    y = torch.empty(b, h // 2, w // 2, 2, 2, c, dtype=x.dtype, device=x.device)
    torch.clamp_min(in_blocks(x), 0, out=y)
    return y.view(b, h // 2, w // 2, 4 * c).permute(0, 3, 1, 2)


def relu_backward_from_blocks(of_y: Tensor, y: Tensor) -> Tensor:
    """The derivative in x (B, C, H, W) of `relu_to_blocks`, given its result y and that in y, (B, 4 C, H / 2, W / 2), in one pass."""
    b, c, h, w = y.shape
    of_x = torch.empty(b, 2 * h, 2 * w, c // 4, dtype=y.dtype, device=y.device).permute(0, 3, 1, 2)
    relu_backward_into(of_blocks(of_y), of_blocks(y), 0, grad_input=in_blocks(of_x))
    return of_x


def space_to_depth(frames: Tensor) -> Tensor:
    """uint8 (B, 4, 84, 84) -> uint8 (B, 64, 21, 21) in channels_last; channel = 16 * frame + 4 * (y % 4) + x % 4.

    Four neighbouring pixels travel as one int32, which makes the permutation three times as fast.
    """
    quads = frames.contiguous().view(torch.int32)  # (B, 4, 84, 21)
    blocks = quads.view(-1, 4, 21, 4, 21).permute(0, 2, 4, 1, 3).contiguous()  # (B, 21, 21, 4, 4)
    return blocks.view(torch.uint8).view(-1, 21, 21, 64).permute(0, 3, 1, 2)


def depth_to_space(blocks: Tensor) -> Tensor:
    """The inverse of `space_to_depth`: uint8 (B, 64, 21, 21) -> uint8 (B, 4, 84, 84)."""
    pixels = blocks.view(-1, 4, 4, 4, 21, 21).permute(0, 1, 4, 2, 5, 3)  # (B, frame, y // 4, y % 4, x // 4, x % 4)
    return pixels.reshape(-1, 4, 84, 84)


def frame_blocks(frames: Tensor) -> Tensor:
    """Frames (N, 84, 84) uint8 with the 16 pixels of each 4x4 block side by side: (N, 7056), as `stack_blocks` takes them."""
    quads = frames.contiguous().view(torch.int32)  # (N, 84, 21)
    return quads.view(-1, 21, 4, 21).permute(0, 1, 3, 2).contiguous().view(torch.uint8).view(-1, 84 * 84)


def frame_pixels(blocks: Tensor) -> Tensor:
    """The inverse of `frame_blocks`: (N, 7056) uint8 -> (N, 84, 84)."""
    quads = blocks.contiguous().view(torch.int32)
    return quads.view(-1, 21, 21, 4).permute(0, 1, 3, 2).contiguous().view(torch.uint8).view(-1, 84, 84)


def stack_blocks(frames: Tensor) -> Tensor:
    """What `space_to_depth` makes of stacks, (B, 64, 21, 21) uint8, from their frames (4 B, 7056) as `frame_blocks` orders them.

    A block of a frame, 16 bytes, travels as one complex number, which takes half the time of four int32.
    """
    blocks = frames.view(torch.complex128).view(-1, 4, 441).permute(0, 2, 1).contiguous()  # (B, 441, 4)
    return blocks.view(torch.uint8).view(-1, 21, 21, 64).permute(0, 3, 1, 2)
