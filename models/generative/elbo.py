"""The gradient of a dense Bernoulli VAE's bound, written out: the same numbers as autograd's, in two thirds of the time.

A step of a network this small is mostly bookkeeping between its matrix products, and this leaves most of it out.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.generative.autoencoder import DenseDecoder, DenseEncoder
from models.generative.layers import with_classes
from models.generative.vae import LOGVAR_RANGE, VAE, kl_divergence


def applies_to(net: VAE) -> bool:
    """Whether the network is of dense layers with the Bernoulli likelihood."""
    return isinstance(net.encoder, DenseEncoder) and isinstance(net.decoder, DenseDecoder) and net.likelihood == "bernoulli"


@torch.no_grad()
def elbo_gradient(net: VAE, images: Tensor, noise: Tensor, labels: Tensor | None, beta: float) -> tuple[Tensor, Tensor, list[Tensor]]:
    """(-log p(x|z), KL, gradients of -log p(x|z) + beta * KL) for images (B, C, H, W) in [0, 1] and noise (B, latent), fp32.

    Both terms are means over the batch in nats; the gradients are in the order of `net.parameters()`.
    """
    encoder, decoder = linear_layers(net.encoder), linear_layers(net.decoder)
    dtype, count = net.mu.weight.dtype, len(images)
    x = images.flatten(1)

    inner = [with_classes(x.to(dtype), labels, net.classes)]  # What goes into each layer of the encoder, then its features.
    for layer in encoder:
        inner.append(F.linear(inner[-1], layer.weight, layer.bias).relu_())
    mu = net.mu(inner[-1]).float()
    raw = net.logvar(inner[-1]).float()
    logvar = raw.clamp(*LOGVAR_RANGE)
    sigma = (0.5 * logvar).exp_()
    z = torch.addcmul(mu, sigma, noise)
    outer = [with_classes(z.to(dtype), labels, net.classes)]
    for layer in decoder[:-1]:
        outer.append(F.linear(outer[-1], layer.weight, layer.bias).relu_())
    logits = F.linear(outer[-1], decoder[-1].weight, decoder[-1].bias).float()

    p = torch.sigmoid(logits)
    # -x log p - (1 - x) log(1 - p) = max(l, 0) - x l - log s(|l|); s(|l|) = max(p, 1 - p).
    logs = log_of_products(torch.maximum(p, 1 - p))
    reconstruction = (logits.clamp(min=0).sum() - torch.dot(x.flatten(), logits.flatten()) - logs) / count
    kl = kl_divergence(mu, logvar).sum() / count

    gradient = p.sub_(x).mul_(1 / count).to(dtype)  # of the logits: (p - x) / B
    of_decoder, gradient = backward_through(decoder, outer, gradient)
    of_z = gradient[:, : net.latent].float()
    of_mu = torch.add(of_z, mu, alpha=beta / count)
    of_logvar = 0.5 * of_z.mul(noise).mul_(sigma) + (0.5 * beta / count) * (sigma.square() - 1)
    of_logvar.masked_fill_(raw != logvar, 0.0)
    of_mu, of_logvar = of_mu.to(dtype), of_logvar.to(dtype)
    features = inner[-1]
    heads = [of_mu.t() @ features, of_mu.sum(0), of_logvar.t() @ features, of_logvar.sum(0)]
    gradient = torch.addmm(of_mu @ net.mu.weight, of_logvar, net.logvar.weight)
    gradient = torch.ops.aten.threshold_backward(gradient, features, 0)
    of_encoder, _ = backward_through(encoder, inner[:-1], gradient, to_input=False)
    return reconstruction, kl, [*of_encoder, *heads, *of_decoder]


def log_of_products(values: Tensor) -> Tensor:
    """The sum of the logarithms of values (B, D) in [1/2, 1]: of the products of up to 64 of them, which are no less than 2^-64.

    A logarithm costs ten times as much as a product.
    """
    return torch.stack([part.prod(0) for part in values.split(64)]).log_().sum()


def backward_through(layers: list[nn.Linear], inputs: list[Tensor], gradient: Tensor, to_input: bool = True) -> tuple[list[Tensor], Tensor]:
    """(weight and bias gradients of each layer in order, gradient of the first input) from that of the last output (B, D).

    Between the layers is ReLU, whose outputs are the inputs of the next.
    """
    found: list[Tensor] = []
    for number in reversed(range(len(layers))):
        found = [gradient.t() @ inputs[number], gradient.sum(0), *found]
        if number or to_input:
            gradient = gradient @ layers[number].weight
        if number:
            gradient = torch.ops.aten.threshold_backward(gradient, inputs[number], 0)
    return found, gradient


def linear_layers(module: nn.Module) -> list[nn.Linear]:
    return [layer for layer in module.modules() if isinstance(layer, nn.Linear)]
