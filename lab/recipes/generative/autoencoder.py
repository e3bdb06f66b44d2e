"""The autoencoder (Hinton & Salakhutdinov 2006); denoising (Vincent et al. 2008) and sparse by config. Read first: `Autoencoder.step`.

It minimises sum (s - D(E(s~)))^2 + lambda * sum |h| per image, where s~ is the image s, with noise or holes in training
where denoising is on, and h = E(s~) the code.
"""

from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from lab.experiment import Metrics
from lab.recipes.generative.autoencoder_config import AutoencoderConfig
from lab.recipes.generative.coding import Coding
from lab.recipes.generative.generative import unit_images
from models.generative.autoencoder import Autoencoder as Network

MOMENTUM = 0.02
"""Share by which the running mean and covariance of the codes follow each batch."""


class Autoencoder(Coding):
    """One step is one mini-batch."""

    headline: ClassVar[tuple[str, ...]] = ("losses/reconstruction", "charts/code_size")

    def __init__(self, config: AutoencoderConfig, device: torch.device):
        self.config: AutoencoderConfig = config
        super().__init__(config, device)

    def build(self) -> nn.Module:
        c = self.settings
        assert isinstance(c, AutoencoderConfig)
        return Network(self.shape, c.latent, c.widths, c.features, c.architecture)

    def step(self) -> Metrics:
        images, _ = self.batch()
        x = unit_images(images, torch.float32)
        logits, code = self.net.compute(self.corrupted(x).to(self.dtype))
        logits, code = logits.float(), code.float()
        error = (torch.sigmoid(logits) - x).square().flatten(1).sum(1).mean()
        size = code.abs().sum(1).mean()
        self.descend(error + self.config.sparsity * size)
        code = code.detach()
        self.net.master.see_codes(code, MOMENTUM)  # type: ignore[operator]
        error, size = error.detach(), size.detach()
        self.diagnosis.see(reconstruction=error, code_deviation=code.std(0).mean())
        self.after_step()
        return {"losses/reconstruction": error, "charts/code_size": size, **self.quality_metrics()}

    def corrupted(self, x: Tensor) -> Tensor:
        """The image as the encoder sees it in training."""
        if self.config.noise:
            x = x + self.config.noise * self.normal(*x.shape)
        if self.config.mask:
            holes = torch.rand(x.shape[0], 1, *x.shape[2:], generator=self.noise_generator, device=self.device) < self.config.mask
            x = x.masked_fill(holes, 0.0)
        return x

    @torch.no_grad()
    def evaluate(self, **options: Any) -> dict[str, Any]:
        data, net = self.images("test"), self.net.master
        errors = []
        for part in data.images.split(512):
            x = unit_images(part, torch.float32)
            errors.append((net.decode(net.encode(x)) - x).square().flatten(1).sum(1))  # type: ignore[operator]
        error = torch.cat(errors).mean()
        pixels = data.images[0].numel()
        return {
            "loss": float(error), "mean_squared_error": float(error) / pixels, "psnr_db": float(-10 * torch.log10(error / pixels)),
            "images": len(data), **self.quality(),
        }  # fmt: skip
