"""The three convolutions of Nature DQN (Mnih et al. 2015) on blocks of pixels, with a gradient written by hand.

The first layer (8x8, stride 4) is a 2x2 convolution over 4x4 blocks of pixels, the second (4x4, stride 2) one over 2x2 blocks of the
first's maps. The gradient is autograd's, without its allocations: it is written straight into given tensors. Read first: `nature_trunk`.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.nn import functional as F

from models.kernels.pixel_blocks import blocks2x2, packed_blocks2x2, relu_to_blocks, relu_to_blocks_backward
from models.kernels.windows import rows, to_blocks

FEATURES = 3136
"""64 maps of 7x7."""

relu_backward = torch.ops.aten.threshold_backward.default
convolution_backward = torch.ops.aten.convolution_backward.default


def nature_trunk(blocks: Tensor, *weights: Tensor) -> Tensor:
    """Features (B, 3136) of the blocks (B, 64, 21, 21) of uint8 stacks, in the dtype of the weights.

    `weights`: weight and bias of each convolution, (32, 64, 2, 2), (64, 32, 4, 4) and (64, 64, 3, 3). Pixels count as 0 to 1.
    """
    return NatureTrunk.apply(blocks, *weights)


def plain_nature_trunk(blocks: Tensor, *weights: Tensor) -> Tensor:
    w1, b1, w2, b2, w3, b3 = weights
    # The weights take the division by 255, as there are fewer of them.
    x = F.relu_(F.conv2d(blocks, w1 * (1 / 255), b1))  # (B, 32, 20, 20)
    x = F.relu_(F.conv2d(x, w2, b2, stride=2))  # (B, 64, 9, 9)
    x = F.relu_(F.conv2d(x, w3, b3))  # (B, 64, 7, 7)
    return x.flatten(1)


class Activations(NamedTuple):
    """What a forward pass leaves for the gradient: each layer's input and output, and the first two weights as they were used."""

    blocks: Tensor  # (B, 64, 21, 21)
    y1: Tensor  # (B, 128, 10, 10): 32 maps of 20x20 in 2x2 blocks
    y2: Tensor  # (B, 64, 9, 9)
    y3: Tensor  # (B, 64, 7, 7)
    features: Tensor  # (B, 3136): y3, flat
    first: Tensor  # (32, 64, 2, 2), divided by 255
    second: Tensor  # (64, 128, 2, 2)

    def of_first(self, count: int) -> "Activations":
        """Those of the first `count` stacks."""
        if count == self.y3.shape[0]:
            return self
        blocks, y1, y2, y3, features = (each[:count] for each in self[:5])
        return Activations(blocks, y1, y2, y3, features, self.first, self.second)


def trunk_forward(blocks: Tensor, weights: Sequence[Tensor]) -> Activations:
    """`nature_trunk`, layer by layer."""
    w1, b1, w2, b2, w3, b3 = weights
    first, second = w1 * (1 / 255), to_blocks(w2)
    y1 = relu_to_blocks(F.conv2d(blocks, first, b1))
    y2 = F.conv2d(y1, second, b2).relu_()
    y3 = F.conv2d(y2, w3, b3).relu_()
    return Activations(blocks, y1, y2, y3, y3.flatten(1), first, second)


def trunk_backward(gradient: Tensor, seen: Activations, w3: Tensor, into: Sequence[Tensor]) -> None:
    """Write the gradients of the six weights into `into`, given that in the features (B, 3136)."""
    w1_gradient, b1_gradient, w2_gradient, b2_gradient, w3_gradient, b3_gradient = into
    y3 = gradient.view(seen.y3.shape).contiguous(memory_format=torch.channels_last)
    y2, w3_new, b3_new = small_convolution_gradients(relu_backward(y3, seen.y3, 0), seen.y2, w3)
    y1, w2_new, b2_new = convolution_gradients(relu_backward(y2, seen.y2, 0), seen.y1, seen.second)
    maps = relu_to_blocks_backward(y1, seen.y1)  # (B, 32, 20, 20)
    _, w1_new, b1_new = convolution_gradients(maps, seen.blocks, seen.first, of_input=False)
    torch.mul(w1_new, 1 / 255, out=w1_gradient)
    torch._foreach_copy_(
        [b1_gradient, blocks2x2(w2_gradient), b2_gradient, w3_gradient, b3_gradient],
        [b1_new, packed_blocks2x2(w2_new), b2_new, w3_new, b3_new],
    )


def convolution_gradients(
    gradient: Tensor, x: Tensor, weight: Tensor, of_input: bool = True, stride: int = 1
) -> tuple[Tensor, Tensor, Tensor]:
    """The gradients in input (if asked for), weight and bias of a convolution without padding."""
    wanted = [of_input, True, True]
    return convolution_backward(gradient, x, weight, [weight.shape[0]], [stride, stride], [0, 0], [1, 1], False, [0, 0], 1, wanted)


def small_convolution_gradients(gradient: Tensor, x: Tensor, weight: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """`convolution_gradients` for few small maps in bfloat16. On a processor the weight's is a forward convolution: the images are its
    channels, the maps its images, and the gradient its kernel.

    In oneDNN's own the threads spin at a barrier for each other: six times as long where another training has one of the cores. A
    forward convolution waits at none, has the same bits with any number of threads, and for a batch of 32 takes as long.
    """
    if x.device.type != "cpu" or x.dtype != torch.bfloat16:
        return convolution_gradients(gradient, x, weight)
    of_x = convolution_backward(gradient, x, weight, None, [1, 1], [0, 0], [1, 1], False, [0, 0], 1, [True, False, False])[0]
    maps, kernel = (tensor.transpose(0, 1).contiguous(memory_format=torch.channels_last) for tensor in (x, gradient))
    return of_x, F.conv2d(maps, kernel).transpose(0, 1), rows(gradient).sum(0)


class NatureTrunk(torch.autograd.Function):
    """`trunk_forward` and `trunk_backward` for autograd; pixels get no gradient."""

    @staticmethod
    def forward(ctx: Any, blocks: Tensor, *weights: Tensor) -> Tensor:
        seen = trunk_forward(blocks, weights)
        ctx.save_for_backward(*seen, *weights)
        return seen.features

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        seen, weights = Activations(*ctx.saved_tensors[:7]), ctx.saved_tensors[7:]
        into = [torch.empty_like(weight) for weight in weights]
        trunk_backward(gradients[0], seen, weights[4], into)
        return None, *into
