"""The autoencoder (Hinton & Salakhutdinov 2006); denoising (Vincent et al. 2008) and sparse by config. Read first: `Autoencoder.step`.

It minimises sum (s - D(E(s~)))^2 + lambda * sum |h| per image, where s~ is the image s, corrupted by
noise or masking in training where denoising is on, and h = E(s~) the code.
"""

from functools import partial
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from lab.device import autocast, compute_dtype
from lab.experiment import Experiment, Metrics
from lab.recipes.generative.autoencoder_config import AutoencoderConfig
from lab.recipes.generative.code_uses import CodeUses, reconstruction_errors
from lab.recipes.generative.direction_views import DirectionViews
from lab.recipes.generative.encoder_views import EncoderViews
from lab.recipes.generative.generative import Seeds, exported, flat_network, newest_picture, shared_state
from lab.recipes.generative.image_feed import ImageFeed
from lab.recipes.generative.latent_views import LatentViews
from lab.recipes.generative.pixels import unit_images
from lab.recipes.generative.sample_monitor import SampleMonitor
from lab.state import Tree
from models.generative.autoencoder import Autoencoder as Network
from models.kernels.cuda_graphs import CapturedSteps

MOMENTUM = 0.02
"""Momentum of the running mean and covariance of the codes."""


class Autoencoder(Experiment):
    """One step is one mini-batch."""

    log_every: ClassVar[int] = 100
    checkpoint_every: ClassVar[int] = 2_000
    headline: ClassVar[tuple[str, ...]] = ("losses/reconstruction", "charts/code_size")
    memory_settings: ClassVar[tuple[str, ...]] = ("batch_size", "size", "features")
    view_parts: ClassVar[dict[str, type]] = {
        "monitor": SampleMonitor, "latent": LatentViews, "encoder": EncoderViews, "directions": DirectionViews, "uses": CodeUses,
    }  # fmt: skip
    newest_picture, exported = newest_picture, exported

    def __init__(self, config: AutoencoderConfig, device: torch.device):
        super().__init__(config, device)
        self.config: AutoencoderConfig = config
        self.dtype = compute_dtype(config.precision, device)
        self.seeds = Seeds.of(config.seed, device)
        self.feed = ImageFeed(config, device, self.seeds.order, self.remembered)
        self.net, self.optimizer = flat_network(self.build, self.seeds.weights, config, self.dtype, device)
        self.captured = CapturedSteps(device, lambda: [*self.optimizer.changing, *self.net.master.buffers()], [self.seeds.noise])
        self.monitor = SampleMonitor(config, self.feed, self.net.master, False, partial(autocast, device, self.dtype))
        self.latent = LatentViews(config, self.feed)
        self.encoder = EncoderViews(self.latent)
        self.directions = DirectionViews(self.latent)
        self.uses = CodeUses(self.latent)

    def build(self) -> nn.Module:
        c = self.config
        return Network(self.feed.shape, c.latent, c.widths, c.features, c.architecture)

    def read_data(self) -> None:
        self.feed.read_own()

    def step(self) -> Metrics:
        images, _ = self.feed.batch()
        made = self.captured("step", self.learn, images)
        error, size = made["error"], made["size"]
        self.monitor.diagnosis.see(reconstruction=error, code_deviation=made["code_deviation"])
        self.steps += 1
        return {"losses/reconstruction": error, "charts/code_size": size, **self.monitor.after_step(self.steps)}

    def learn(self, images: Tensor) -> dict[str, Tensor]:
        """One step on images; the squared error of an image, the size of its code, and how much codes vary."""
        x = unit_images(images, torch.float32)
        logits, code = self.net.compute(self.corrupted(x).to(self.dtype))
        logits, code = logits.float(), code.float()
        error = (torch.sigmoid(logits) - x).square().flatten(1).sum(1).mean()
        size = code.abs().sum(1).mean()
        self.optimizer.step(self.net.backward(error + self.config.sparsity * size))
        self.net.sync()
        code = code.detach()
        self.net.master.update_code_statistics(code, MOMENTUM)  # type: ignore[operator]
        return {"error": error.detach(), "size": size.detach(), "code_deviation": code.std(0).mean()}

    def serving(self) -> nn.Module:
        return self.net.master

    def stateful(self) -> Tree:
        return {"net": self.net, "adam": self.optimizer, **shared_state(self, self.feed, self.seeds.noise, self.monitor)}

    def corrupted(self, x: Tensor) -> Tensor:
        """The image as the encoder sees it in training."""
        if self.config.noise:
            x = x + self.config.noise * torch.randn(x.shape, generator=self.seeds.noise, device=self.device)
        if self.config.mask:
            holes = torch.rand(x.shape[0], 1, *x.shape[2:], generator=self.seeds.noise, device=self.device) < self.config.mask
            x = x.masked_fill(holes, 0.0)
        return x

    @torch.no_grad()
    def evaluate(self, **options: Any) -> dict[str, Any]:
        data, net = self.feed.images("test"), self.net.master
        errors = reconstruction_errors(net, data)
        error = errors.mean()
        pixels = data.images[0].numel()
        anomaly = {}
        if self.config.left_out:
            from torchmetrics.functional.classification import binary_auroc

            left_out = data.labels == self.feed.class_names.index(self.config.left_out)
            anomaly["anomaly_auc"] = float(binary_auroc(errors, left_out.long()))
        return {
            **anomaly,
            "loss": float(error), "mean_squared_error": float(error) / pixels, "psnr_db": float(-10 * torch.log10(error / pixels)),
            "images": len(data), **self.monitor.quality(),
        }  # fmt: skip
