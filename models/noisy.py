"""Noisy layers: dense layers whose weights are drawn anew for each pass, so that a network explores by itself (Fortunato et al. 2018).

The noise is an argument of each pass, not a state of the layer: without it a layer computes with the mean of its weights.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.kernels.dense import noisy_linear, transposed_linear

Draw = tuple[Tensor, ...]
"""The random numbers of one pass: of each noisy layer in turn its input noise (I,) and its output noise (O,)."""

FEW = 40
"""Up to so many rows, multiplying by W and by S is faster than putting the noisy weights together."""
MANY = 128
"""From so many rows on, `transposed_linear` gains nothing, and its gradient in x comes in an order that slows down what follows."""


class NoisyLinear(nn.Linear):
    """y = (W + S * (f e^T)) x + b + s * f with trained W, S (O, I) and b, s (O,), and factorised noise e (I,), f (O,).

    W and b start uniform in +-1/sqrt(I), S and s at sigma / sqrt(I) (section 3.2 of the paper). `dense` computes it.
    """

    def __init__(self, inputs: int, outputs: int, sigma: float = 0.5):
        super().__init__(inputs, outputs)
        self.weight_sigma = nn.Parameter(torch.full((outputs, inputs), sigma / inputs**0.5))
        self.bias_sigma = nn.Parameter(torch.full((outputs,), sigma / inputs**0.5))

    def draw(self, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """New noise: e (I,) and f (O,), each sign(x) sqrt(|x|) of normal x (eq. 10 of the paper)."""
        e, f = draw_noise([self], generator)
        return e, f


def draw_noise(layers: Sequence[NoisyLinear], generator: torch.Generator) -> Draw:
    """`NoisyLinear.draw` of each layer in turn."""
    sizes = [(layer.in_features, layer.out_features) for layer in layers]
    if not sizes:
        return ()
    x = torch.cat([torch.randn(sum(pair), generator=generator, device=generator.device) for pair in sizes])
    return x.abs().sqrt_().copysign_(x).split([size for pair in sizes for size in pair])


def dense_layer(inputs: int, outputs: int, noisy: float) -> nn.Linear:
    """A dense layer, noisy with a sigma above 0."""
    return NoisyLinear(inputs, outputs, noisy) if noisy else nn.Linear(inputs, outputs)


def dense(layer: nn.Linear, x: Tensor, *noise: Tensor) -> Tensor:
    """A layer's outputs (B, O) of x (B, I), in the dtype of x, with its `noise` (see `Draw`) or without."""
    if not noise or len(x) > FEW:
        return dense_with(x, *weights_with(layer, x.dtype, *noise))
    assert isinstance(layer, NoisyLinear)
    e, f = (part.to(x.dtype) for part in noise)
    own = (layer.weight, layer.bias, layer.weight_sigma, layer.bias_sigma)
    weight, bias, weight_sigma, bias_sigma = (part.to(x.dtype) for part in own)
    return noisy_linear(x, weight, bias, weight_sigma, bias_sigma, e, f)


def dense_with(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """x (B, I), weight (O, I), bias (O,) -> (B, O)."""
    # An exported network takes batches of any size, and must not ask for theirs.
    product = F.linear if torch.compiler.is_exporting() or x.shape[0] > MANY else transposed_linear
    return product(x, weight, bias)


def weights_with(layer: nn.Linear, dtype: torch.dtype, *noise: Tensor) -> tuple[Tensor, Tensor]:
    """A layer's weight (O, I) and bias (O,) with its `noise` or without."""
    weight, bias = layer.weight.to(dtype), layer.bias.to(dtype)
    if not noise:
        return weight, bias
    assert isinstance(layer, NoisyLinear)
    e, f = (part.to(dtype) for part in noise)
    return torch.addcmul(weight, layer.weight_sigma.to(dtype) * e, f[:, None]), bias + layer.bias_sigma.to(dtype) * f


def dense_backward(weight: Tensor, gradient: Tensor, x: Tensor, into: Sequence[Tensor], *noise: Tensor) -> Tensor:
    """The gradient in x (B, I) of a layer with `weights_with`'s weight (O, I), given that in its outputs (B, O).

    Those of the layer's parameters are written into `into`; the noise's are the others' times the noise.
    """
    torch.mm(gradient.t(), x, out=into[0])
    torch.sum(gradient, 0, out=into[1])
    if noise:
        e, f = (part.to(x.dtype) for part in noise)
        torch.mul(into[0], e, out=into[2]).mul_(f[:, None])
        torch.mul(into[1], f, out=into[3])
    return torch.mm(gradient, weight)


def head_layer_backward(weight: Tensor, gradient: Tensor, x: Tensor, into: Sequence[Tensor], *noise: Tensor) -> Tensor:
    """`dense_backward` of a layer that computed in float32, whatever the dtype of `into`; for up to `MANY` rows the transpose of a contiguous tensor."""
    of_weight, of_bias = gradient.t() @ x, gradient.sum(0)
    parts = [of_weight, of_bias]
    if noise:
        e, f = noise
        parts += [(of_weight * e).mul_(f[:, None]), of_bias * f]
    torch._foreach_copy_(list(into), parts)
    return gradient @ weight if gradient.shape[0] > MANY else (weight.t() @ gradient.t()).t()
