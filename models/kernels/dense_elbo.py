"""The gradient of a dense Bernoulli VAE's bound, written out, beside `plain_elbo`: the same numbers as autograd's, in half of the time.

A step of a network this small is mostly bookkeeping between its matrix products, and this leaves most of it out.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F


def plain_elbo(
    encoder: Sequence[nn.Linear], mu: nn.Linear, logvar: nn.Linear, decoder: Sequence[nn.Linear], logvar_range: tuple[float, float],
    images: Tensor, noise: Tensor, classes: Tensor | None,
) -> tuple[Tensor, Tensor]:  # fmt: skip
    """(-log p(x|z), KL), means over the batch in nats; arguments as in `ElboGradient`, ReLU between the layers."""
    x = images.flatten(1)
    h = x if classes is None else torch.cat([x, classes], 1)
    for layer in encoder:
        h = F.relu(layer(h))
    m, v = mu(h), logvar(h).clamp(*logvar_range)
    z = m + (0.5 * v).exp() * noise
    h = z if classes is None else torch.cat([z, classes], 1)
    for layer in decoder[:-1]:
        h = F.relu(layer(h))
    reconstruction = F.binary_cross_entropy_with_logits(decoder[-1](h), x, reduction="none").sum(1).mean()
    return reconstruction, 0.5 * (m.square() + v.exp() - 1 - v).sum(1).mean()


class ElboGradient:
    """-log p(x|z) + beta * KL of a dense VAE with Bernoulli likelihood: its value and its gradient.

    `gradients` maps each weight and bias to the tensor of its shape and dtype that takes its gradient; every call overwrites them.
    Log-variances are clamped to `logvar_range`.
    """

    def __init__(
        self, encoder: Sequence[nn.Linear], mu: nn.Linear, logvar: nn.Linear, decoder: Sequence[nn.Linear],
        logvar_range: tuple[float, float], gradients: dict[Tensor, Tensor],
    ):  # fmt: skip
        self.logvar_range, self.latent, self.dtype = logvar_range, mu.out_features, mu.weight.dtype
        self.encoder = [Layer(linear, gradients) for linear in encoder]
        self.mu, self.logvar = Layer(mu, gradients), Layer(logvar, gradients)
        self.decoder = [Layer(linear, gradients) for linear in decoder]

    @torch.no_grad()
    def __call__(
        self, images: Tensor, noise: Tensor, classes: Tensor | None, beta: float, terms: bool = True
    ) -> tuple[Tensor, Tensor] | None:
        """(-log p(x|z), KL), means over the batch in nats, for images (B, C, H, W) in [0, 1] and noise (B, latent), fp32.

        `classes` (B, classes) one-hot is appended to both sides' inputs. Without `terms` only the gradient is computed.
        """
        latent, count = self.latent, len(images)
        x = images.flatten(1)

        inner = [self.with_classes(x, classes)]  # The input of each encoder layer, then the features.
        for layer in self.encoder:
            inner.append(F.linear(inner[-1], layer.weight, layer.bias).relu_())
        features = inner.pop()
        heads = torch.cat([self.mu.weight, self.logvar.weight])  # One product for both: (2 * latent, width).
        both = F.linear(features, heads, torch.cat([self.mu.bias, self.logvar.bias])).float()
        mu, raw = both[:, :latent], both[:, latent:]
        logvar = raw.clamp(*self.logvar_range)
        sigma = torch.mul(logvar, 0.5).exp_()
        z = torch.addcmul(mu, sigma, noise)
        outer = [self.with_classes(z, classes)]
        for layer in self.decoder[:-1]:
            outer.append(F.linear(outer[-1], layer.weight, layer.bias).relu_())
        logits = F.linear(outer[-1], self.decoder[-1].weight, self.decoder[-1].bias)
        reconstruction, gradient = bernoulli(x, logits, terms)
        variance = sigma.square()
        kl = (torch.addcmul(variance, mu, mu).sub_(logvar).sum() - logvar.numel()) * (0.5 / count) if terms else None

        grad_z = backward_through(self.decoder, outer, gradient)[:, :latent].float()
        grad_both = torch.empty_like(both)
        torch.add(grad_z, mu, alpha=beta / count, out=grad_both[:, :latent])
        grad_logvar = grad_z.mul_(noise).mul_(sigma).add_(variance.sub_(1), alpha=beta / count)  # Twice the gradient.
        grad_both[:, latent:] = grad_logvar.mul_(0.5).masked_fill_(raw != logvar, 0.0)
        gradient = grad_both.to(self.dtype)
        weights, biases = gradient.t() @ features, gradient.sum(0)
        self.mu.take(weights[:latent], biases[:latent])
        self.logvar.take(weights[latent:], biases[latent:])
        gradient = torch.ops.aten.threshold_backward(gradient @ heads, features, 0)
        backward_through(self.encoder, inner, gradient, to_input=False)
        return None if reconstruction is None or kl is None else (reconstruction, kl)

    def with_classes(self, x: Tensor, classes: Tensor | None) -> Tensor:
        low = x.to(self.dtype)
        return low if classes is None else torch.cat([low, classes.to(self.dtype)], 1)


class Layer:
    """A dense layer's weight (out, in) and bias (out,), and the tensors that take their gradients."""

    def __init__(self, linear: nn.Linear, gradients: dict[Tensor, Tensor]):
        self.weight, self.bias = linear.weight, linear.bias
        self.weight_gradient, self.bias_gradient = gradients[linear.weight], gradients[linear.bias]

    def take(self, weight_gradient: Tensor, bias_gradient: Tensor) -> None:
        self.weight_gradient.copy_(weight_gradient)
        self.bias_gradient.copy_(bias_gradient)


def bernoulli(x: Tensor, logits: Tensor, term: bool = True) -> tuple[Tensor | None, Tensor]:
    """(The sum over pixels of -x log p - (1 - x) log(1 - p), p = sigmoid(logits), in nats, the mean over the batch; its gradient
    (B, D) in the logits' dtype), for x and logits (B, D). Without `term` only the gradient.

    For a logit l it is max(l, 0) - x l - log s(|l|), where s(|l|) = max(p, 1 - p) is in [1/2, 1]. A logarithm costs ten times
    as much as a product: it is taken of the products of up to 64 rows, which are no less than 2^-64.
    """
    count = len(x)
    gradient = torch.empty_like(logits)
    terms, products = [], []
    for part, rows, out in zip(x.split(64), logits.split(64), gradient.split(64), strict=True):
        logit = rows.float()
        p = torch.sigmoid(logit)
        if term:
            products.append(torch.sub(p, 0.5).abs_().add_(0.5).prod(0))
            terms.append(logit.clamp(min=0).sum() - torch.dot(part.flatten(), logit.flatten()))
        out.copy_(p.sub_(part).mul_(1 / count))
    if not term:
        return None, gradient
    return (torch.stack(terms).sum() - torch.stack(products).log_().sum()) / count, gradient


def backward_through(layers: list[Layer], inputs: list[Tensor], gradient: Tensor, to_input: bool = True) -> Tensor:
    """The gradient of the first input from that of the last output (B, D); fills the layers' gradients on the way.

    Between the layers is ReLU, whose outputs are the inputs of the next.
    """
    for number in reversed(range(len(layers))):
        layer = layers[number]
        # The input's gradient first: the weights that the forward pass used last are still in the cache.
        below = gradient @ layer.weight if number or to_input else gradient
        torch.mm(gradient.t(), inputs[number], out=layer.weight_gradient)
        torch.sum(gradient, 0, out=layer.bias_gradient)
        gradient = torch.ops.aten.threshold_backward(below, inputs[number], 0) if number else below
    return gradient
