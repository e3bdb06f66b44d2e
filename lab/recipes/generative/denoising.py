"""Training of the models that make a picture of noise: the same networks, each recipe with its own loss. Read first: `Denoising.step`.

The averaged network (EMA) is what views, samples and evaluation use. Classes are withheld from some images, for guidance.
"""

import copy
from functools import partial
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from lab.device import autocast, compute_dtype
from lab.experiment import Experiment, Metrics
from lab.recipes.generative.denoising_config import DenoisingConfig
from lab.recipes.generative.denoising_views import DenoisingViews
from lab.recipes.generative.direction_views import DirectionViews
from lab.recipes.generative.encoder_views import EncoderViews
from lab.recipes.generative.generative import Seeds, exported, newest_picture, shared_state
from lab.recipes.generative.image_feed import ImageFeed
from lab.recipes.generative.latent_views import ConditionalViews, LatentViews
from lab.recipes.generative.pixels import signed_images
from lab.recipes.generative.sample_monitor import SampleMonitor
from lab.schedules import warmup
from lab.seeding import seeded
from lab.state import Tree
from models.generative.building_blocks import class_weights
from models.generative.denoising_unet import DenoisingUNet
from models.generative.dit import DiT
from models.generative.flow import NoiseToImage
from models.kernels.cuda_graphs import CapturedSteps
from models.kernels.flat_parameters import FlatAdam, FlatNetwork
from models.processes import group


class Denoising(Experiment):
    """One step is one mini-batch."""

    log_every: ClassVar[int] = 50
    checkpoint_every: ClassVar[int] = 1_000
    headline: ClassVar[tuple[str, ...]] = ("losses/denoising",)
    memory_settings: ClassVar[tuple[str, ...]] = ("batch_size", "size", "features")
    view_parts: ClassVar[dict[str, type]] = {
        "monitor": SampleMonitor, "latent": LatentViews, "encoder": EncoderViews, "directions": DirectionViews, "by_class": ConditionalViews,
        "denoising": DenoisingViews,
    }  # fmt: skip
    times: ClassVar[int] = 1
    """How many times the network is told."""
    newest_picture, exported = newest_picture, exported

    def __init__(self, config: DenoisingConfig, device: torch.device):
        super().__init__(config, device)
        self.settings = config
        self.dtype = compute_dtype(config.precision, device)
        self.seeds = Seeds.of(config.seed, device)
        self.feed = ImageFeed(config, device, self.seeds.order, self.remembered)
        with seeded(self.seeds.weights):
            model = self.model(self.network(), len(self.feed.class_names))
        model = model.to(device).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        average = copy.deepcopy(model)
        self.net = FlatNetwork(model, self.dtype)
        self.average = FlatNetwork(average, torch.float32, trainable=False)
        self.average.master.eval()
        self.optimizer = FlatAdam(self.net, config.learning_rate, 1e-8)
        self.captured = CapturedSteps(device, lambda: [*self.optimizer.changing, *self.net.compute.buffers()], [self.seeds.noise])
        self.monitor = SampleMonitor(config, self.feed, self.average.master, True, partial(autocast, device, self.dtype))
        self.latent = LatentViews(config, self.feed)
        self.encoder = EncoderViews(self.latent)
        self.directions = DirectionViews(self.latent)
        self.by_class = ConditionalViews(self.latent)
        self.denoising = DenoisingViews(self.latent)

    def network(self) -> nn.Module:
        """The network, with weights drawn from PyTorch's default generator."""
        c, (channels, size, _), classes = self.settings, self.feed.shape, len(self.feed.class_names)
        if c.network == "dit":
            return DiT(channels, size, c.width, c.depth, classes=classes, times=self.times)
        return DenoisingUNet(channels, size, c.features, classes, self.times)

    def model(self, net: nn.Module, classes: int) -> NoiseToImage:
        """`net` with the recipe's way from noise to picture."""
        raise NotImplementedError

    def errors(self, images: Tensor, noise: Tensor, weights: Tensor) -> Tensor:
        """What is to be small (B, C, H, W), for images in [-1, 1], noise of their shape and the classes' weights (B, classes)."""
        raise NotImplementedError

    def step(self) -> Metrics:
        c = self.settings
        self.optimizer.set_learning_rate(c.learning_rate * warmup(self.steps, c.warmup))
        metrics = self.captured("step", self.learn, *self.feed.batch())
        self.average.follow(self.net, c.ema, self.steps)
        self.monitor.diagnosis.see(loss=metrics["losses/denoising"])
        self.steps += 1
        return {**metrics, **self.monitor.after_step(self.steps)}

    def learn(self, images: Tensor, labels: Tensor) -> dict[str, Tensor]:
        """One step on a batch of images (B, C, H, W) uint8; the loss."""
        x, noise = signed_images(images), self.normal(*images.shape)
        kept = (
            group.drawn(len(x), lambda count: torch.rand(count, 1, generator=self.seeds.noise, device=self.device))
            >= self.settings.class_dropout
        )
        loss = self.errors(x, noise, class_weights(labels, len(self.feed.class_names), torch.float32) * kept).square().mean()
        self.optimizer.step(self.net.backward(loss))
        self.net.sync()
        return {"losses/denoising": loss.detach()}

    def normal(self, *shape: int) -> Tensor:
        return group.drawn(shape[0], lambda count: torch.randn(count, *shape[1:], generator=self.seeds.noise, device=self.device))

    def answer_of(self, x: Tensor, times: Tensor, weights: Tensor) -> Tensor:
        """The network's answer in training (B, C, H, W), float32."""
        return self.net.compute(x, times, weights).float()

    # -- the contract ----------------------------------------------------------------------------------------------

    def serving(self) -> nn.Module:
        return self.average.master

    def stateful(self) -> Tree:
        return {
            "net": self.net, "average": self.average, "adam": self.optimizer,
            **shared_state(self, self.feed, self.seeds.noise, self.monitor),
        }  # fmt: skip

    def evaluate(self, **options: Any) -> dict[str, Any]:
        by_time = self.denoising.errors_by_time(self.average.master)
        return {
            "loss": float(by_time.mean()), "evaluations": self.settings.evaluations,
            **self.monitor.quality(**options),
        }  # fmt: skip
