"""Noisy layers: dense layers whose weights are drawn anew for each pass, so that a network explores by itself (Fortunato et al. 2018).

The noise is an argument of each pass, not a state of the layer: without it a layer computes with the mean of its weights.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from models.kernels.dense import noisy_linear, transposed_linear

Draw = tuple[Tensor, ...]
"""The random numbers of one pass: of each noisy layer in turn its input noise (I,) and its output noise (O,)."""


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
        x = torch.randn(self.in_features + self.out_features, generator=generator, device=generator.device)
        noise = x.sign() * x.abs().sqrt()
        return noise[: self.in_features], noise[self.in_features :]


def dense_layer(inputs: int, outputs: int, noisy: float) -> nn.Linear:
    """A dense layer, noisy with a sigma above 0."""
    return NoisyLinear(inputs, outputs, noisy) if noisy else nn.Linear(inputs, outputs)


def dense(layer: nn.Linear, x: Tensor, *noise: Tensor) -> Tensor:
    """A layer's outputs (B, O) of x (B, I), in the dtype of x, with its `noise` (see `Draw`) or without."""
    weight, bias = layer.weight.to(x.dtype), layer.bias.to(x.dtype)
    if not noise:
        return transposed_linear(x, weight, bias)
    assert isinstance(layer, NoisyLinear)
    e, f = (part.to(x.dtype) for part in noise)
    return noisy_linear(x, weight, bias, layer.weight_sigma.to(x.dtype), layer.bias_sigma.to(x.dtype), e, f)


def dense_backward(layer: nn.Linear, gradient: Tensor, x: Tensor, into: Sequence[Tensor], *noise: Tensor) -> Tensor:
    """The gradient in x (B, I), given that in the outputs (B, O) of `dense`; those of the layer's parameters are written into `into`."""
    torch.mm(gradient.t(), x, out=into[0])
    torch.sum(gradient, 0, out=into[1])
    of_x = torch.mm(gradient, layer.weight)
    if noise:
        assert isinstance(layer, NoisyLinear)
        e, f = (part.to(x.dtype) for part in noise)
        scaled = gradient * f
        torch.mm(scaled.t(), x * e, out=into[2])
        torch.sum(scaled, 0, out=into[3])
        of_x += torch.mm(scaled, layer.weight_sigma).mul_(e)
    return of_x
