"""Dense layers computed as (W x^T + b)^T: kernels rearrange the second factor, and in Q networks x is the smaller one."""

import torch
from torch import Tensor
from torch.nn import functional as F


def transposed_linear(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """x (B, I), weight (O, I), bias (O,) -> (B, O), the transpose of a contiguous tensor."""
    return torch.addmm(bias[:, None], weight, x.t()).t()


def plain_transposed_linear(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    return F.linear(x, weight, bias)


def transposed_linear_backward(gradient: Tensor, x: Tensor, weight: Tensor, weight_gradient: Tensor, bias_gradient: Tensor) -> Tensor:
    """The gradient in x, given that in the output (B, O); those of weight and bias are written into `weight_gradient`, `bias_gradient`."""
    weight_gradient.copy_(gradient.t() @ x)
    bias_gradient.copy_(gradient.sum(0))
    return (weight.t() @ gradient.t()).t()


def plain_transposed_linear_backward(gradient: Tensor, x: Tensor, weight: Tensor, weight_gradient: Tensor, bias_gradient: Tensor) -> Tensor:
    with torch.enable_grad():
        leaves = [x.detach().requires_grad_(), weight.detach().requires_grad_(), torch.zeros_like(bias_gradient, requires_grad=True)]
        x_gradient, own_weight_gradient, own_bias_gradient = torch.autograd.grad(F.linear(*leaves), leaves, gradient)
    weight_gradient.copy_(own_weight_gradient)
    bias_gradient.copy_(own_bias_gradient)
    return x_gradient


def noisy_linear(x: Tensor, weight: Tensor, bias: Tensor, weight_sigma: Tensor, bias_sigma: Tensor, e: Tensor, f: Tensor) -> Tensor:
    """x (B, I) times weight + weight_sigma * (f e^T), (O, I), plus bias + bias_sigma * f, (O,): (B, O). The noisy weights are not built.

    With noise e (B, I) and f (B, O), each row has weights of its own.
    """
    return transposed_linear(x, weight, bias) + f * transposed_linear(x * e, weight_sigma, bias_sigma)


def plain_noisy_linear(x: Tensor, weight: Tensor, bias: Tensor, weight_sigma: Tensor, bias_sigma: Tensor, e: Tensor, f: Tensor) -> Tensor:
    own = weight + weight_sigma * (f[..., None] * e[..., None, :])  # (O, I) or (B, O, I)
    return (x[:, None] * own).sum(-1) + bias + bias_sigma * f
