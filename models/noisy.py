"""Noisy layers: dense layers whose weights are drawn anew for each pass, so that a network explores by itself (Fortunato et al. 2018).

The noise is an argument of each pass, not a state of the layer: without it a layer computes with the mean of its weights.
"""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.kernels.dense import noisy_linear, transposed_linear

Draw = tuple[Tensor, ...]
"""The random numbers of one pass: of each noisy layer in turn its input noise (I,) and its output noise (O,); (B, I) and (B, O) where each
state has noise of its own."""

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


def draw_noise(layers: Sequence[NoisyLinear], generator: torch.Generator, states: int | None = None, more: int = 0) -> Draw:
    """`NoisyLinear.draw` of each layer in turn: one for a whole pass. Or one for each of `states` states, and one in common for `more` after them."""
    sizes = [size for layer in layers for size in (layer.in_features, layer.out_features)]
    if not sizes:
        return ()
    rows = [] if states is None else [states + bool(more)]
    x = torch.randn(*rows, sum(sizes), generator=generator, device=generator.device)
    noise = x.abs().sqrt_().copysign_(x)
    if more:
        noise = torch.cat([noise[:-1], noise[-1:].expand(more, -1)])
    return noise.split(sizes, -1)


def dense_layer(inputs: int, outputs: int, noisy: float) -> nn.Linear:
    """A dense layer, noisy with a sigma above 0."""
    return NoisyLinear(inputs, outputs, noisy) if noisy else nn.Linear(inputs, outputs)


class Weights(NamedTuple):
    """A layer's weights as a pass has them."""

    weight: Tensor  # (O, I)
    bias: Tensor  # (O,)
    noise: tuple[Tensor, Tensor] | None = None  # f e^T (O, I) and f (O,), by which the trained sizes of the noise are multiplied


def dense(layer: nn.Linear, x: Tensor, *noise: Tensor) -> Tensor:
    """A layer's outputs (B, O) of x (B, I), in the dtype of x, with its `noise` (see `Draw`) or without."""
    if not noise or (len(x) > FEW and noise[0].dim() == 1):
        return dense_with(x, weights_with(layer, x.dtype, *noise))
    assert isinstance(layer, NoisyLinear)
    e, f = (part.to(x.dtype) for part in noise)
    own = (layer.weight, layer.bias, layer.weight_sigma, layer.bias_sigma)
    weight, bias, weight_sigma, bias_sigma = (part.to(x.dtype) for part in own)
    return noisy_linear(x, weight, bias, weight_sigma, bias_sigma, e, f)


def dense_with(x: Tensor, weights: Weights) -> Tensor:
    """x (B, I) -> (B, O)."""
    # An exported network takes batches of any size, and must not ask for theirs.
    product = F.linear if torch.compiler.is_exporting() or x.shape[0] > MANY else transposed_linear
    return product(x, weights.weight, weights.bias)


def weights_with(layer: nn.Linear, dtype: torch.dtype, *noise: Tensor) -> Weights:
    """A layer's weights with its `noise` or without."""
    weight, bias = layer.weight.to(dtype), layer.bias.to(dtype)
    if not noise:
        return Weights(weight, bias)
    assert isinstance(layer, NoisyLinear)
    e, f = (part.to(dtype) for part in noise)
    each = torch.outer(f, e)
    return Weights(
        torch.addcmul(weight, layer.weight_sigma.to(dtype), each), torch.addcmul(bias, layer.bias_sigma.to(dtype), f), (each, f)
    )  # fmt: skip


def dense_backward(weights: Weights, gradient: Tensor, x: Tensor, into: Sequence[Tensor]) -> Tensor:
    """The gradient in x (B, I) of a layer with `weights_with`'s weights, given that in its outputs (B, O).

    Those of the layer's parameters are written into `into`; the noise's are the others' times the noise.
    """
    torch.mm(gradient.t(), x, out=into[0])
    torch.sum(gradient, 0, out=into[1])
    for of_sigma, of_mean, noise in zip(into[2:], into, weights.noise or (), strict=False):
        torch.mul(of_mean, noise, out=of_sigma)
    return torch.mm(gradient, weights.weight)


def head_layer_backward(weights: Weights, gradient: Tensor, x: Tensor, into: Sequence[Tensor]) -> Tensor:
    """`dense_backward` of a layer that computed in float32, whatever the dtype of `into`; for up to `MANY` rows the transpose of a contiguous tensor."""
    of_mean = [gradient.t() @ x, gradient.sum(0)]
    of_sigma = [mean * noise for mean, noise in zip(of_mean, weights.noise or (), strict=False)]
    torch._foreach_copy_(list(into), of_mean + of_sigma)
    return gradient @ weights.weight if gradient.shape[0] > MANY else (weights.weight.t() @ gradient.t()).t()
