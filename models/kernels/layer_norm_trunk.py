"""The three convolutions of a Q network with layer normalisation before each ReLU, on blocks of pixels, with a gradient written by hand.

`nature_trunk` with LayerNorm (Ba et al. 2016) over each layer's whole output, as PQN has it. Maps lie in memory pixel by pixel, so scales
and shifts do too: (height, width, maps). Read first: `plain_layer_norm_trunk`.
"""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from models.kernels.nature_trunk import convolution_gradients, relu_backward

SHAPES = ((20, 20, 32), (9, 9, 64), (7, 7, 64))
"""What each of the three normalises."""
EPS = 1e-5

layer_norm_backward = torch.ops.aten.native_layer_norm_backward.default


def plain_layer_norm_trunk(blocks: Tensor, weights: Sequence[Tensor], norms: Sequence[Tensor]) -> Tensor:
    """Features (B, 3136) of the blocks (B, 64, 21, 21) of uint8 stacks, in the dtype of the weights.

    `weights` as `nature_trunk` takes them; `norms`: scale and shift of each layer, in `SHAPES`. Pixels count as 0 to 1.
    """
    w1, b1, w2, b2, w3, b3 = weights
    x = F.conv2d(blocks, w1 * (1 / 255), b1)  # (B, 32, 20, 20)
    x = F.relu_(normalised(x, *norms[:2]).maps)
    x = F.conv2d(x, w2, b2, stride=2)  # (B, 64, 9, 9)
    x = F.relu_(normalised(x, *norms[2:4]).maps)
    x = F.conv2d(x, w3, b3)  # (B, 64, 7, 7)
    return F.relu_(normalised(x, *norms[4:]).maps).flatten(1)


class Normalised(NamedTuple):
    """Maps after layer normalisation, and what its gradient needs."""

    maps: Tensor  # (B, C, H, W) channels_last
    before: Tensor  # (B, H, W, C)
    mean: Tensor
    rstd: Tensor

    def of_first(self, count: int) -> "Normalised":
        """Those of the first `count` stacks."""
        return Normalised(*(each[:count] for each in self))


def normalised(maps: Tensor, scale: Tensor, shift: Tensor) -> Normalised:
    """LayerNorm of maps (B, C, H, W) over all of them; scale and shift (H, W, C)."""
    before = maps.permute(0, 2, 3, 1).contiguous()
    after, mean, rstd = torch.native_layer_norm(before, list(scale.shape), scale, shift, EPS)
    return Normalised(after.permute(0, 3, 1, 2), before, mean, rstd)


class Activations(NamedTuple):
    """What a forward pass leaves for the gradient."""

    blocks: Tensor  # (B, 64, 21, 21)
    n1: Normalised
    y1: Tensor  # (B, 32, 20, 20), after ReLU
    n2: Normalised
    y2: Tensor  # (B, 64, 9, 9)
    n3: Normalised
    features: Tensor  # (B, 3136)
    first: Tensor  # (32, 64, 2, 2), divided by 255
    second: Tensor  # (64, 32, 4, 4)

    def of_first(self, count: int) -> "Activations":
        """Those of the first `count` stacks."""
        n1, n2, n3 = (n.of_first(count) for n in (self.n1, self.n2, self.n3))
        blocks, y1, y2, features = (each[:count] for each in (self.blocks, self.y1, self.y2, self.features))
        return Activations(blocks, n1, y1, n2, y2, n3, features, self.first, self.second)


def layer_norm_trunk_forward(blocks: Tensor, weights: Sequence[Tensor], norms: Sequence[Tensor]) -> Activations:
    """`plain_layer_norm_trunk`, layer by layer."""
    w1, b1, w2, b2, w3, b3 = weights
    first = w1 * (1 / 255)
    n1 = normalised(F.conv2d(blocks, first, b1), *norms[:2])
    y1 = n1.maps.relu_()
    n2 = normalised(F.conv2d(y1, w2, b2, stride=2), *norms[2:4])
    y2 = n2.maps.relu_()
    n3 = normalised(F.conv2d(y2, w3, b3), *norms[4:])
    return Activations(blocks, n1, y1, n2, y2, n3, n3.maps.relu_().flatten(1), first, w2)


def layer_norm_trunk_backward(
    gradient: Tensor, seen: Activations, w3: Tensor, norms: Sequence[Tensor], into: Sequence[Tensor], norms_into: Sequence[Tensor]
) -> None:
    """Write the gradients of the six weights into `into` and those of scales and shifts into `norms_into`, given that in the features."""
    w1_gradient, b1_gradient, w2_gradient, b2_gradient, w3_gradient, b3_gradient = into
    y3 = gradient.view(seen.n3.maps.shape).contiguous(memory_format=torch.channels_last)
    x3, *norm3 = normalised_backward(relu_backward(y3, seen.n3.maps, 0), seen.n3, *norms[4:])
    y2, w3_new, b3_new = convolution_gradients(x3, seen.y2, w3)
    x2, *norm2 = normalised_backward(relu_backward(y2, seen.y2, 0), seen.n2, *norms[2:4])
    y1, w2_new, b2_new = convolution_gradients(x2, seen.y1, seen.second, stride=2)
    x1, *norm1 = normalised_backward(relu_backward(y1, seen.y1, 0), seen.n1, *norms[:2])
    _, w1_new, b1_new = convolution_gradients(x1, seen.blocks, seen.first, of_input=False)
    torch.mul(w1_new, 1 / 255, out=w1_gradient)
    torch._foreach_copy_(
        [b1_gradient, w2_gradient, b2_gradient, w3_gradient, b3_gradient, *norms_into],
        [b1_new, w2_new, b2_new, w3_new, b3_new, *norm1, *norm2, *norm3],
    )


def normalised_backward(gradient: Tensor, seen: Normalised, scale: Tensor, shift: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The gradients in the maps, (B, C, H, W), and in scale and shift (H, W, C)."""
    after = gradient.permute(0, 2, 3, 1).contiguous()
    before, of_scale, of_shift = layer_norm_backward(
        after, seen.before, list(scale.shape), seen.mean, seen.rstd, scale, shift, [True, True, True]
    )
    return before.permute(0, 3, 1, 2), of_scale, of_shift
