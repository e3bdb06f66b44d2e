"""PixelCNN (van den Oord et al. 2016): the likelihood of an image, pixel after pixel. Read first: `PixelCNN.step`.

The averaged network (EMA) is what views, samples and evaluation use.
"""

import copy
import math
from functools import partial
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor, nn

from lab.device import autocast, compute_dtype
from lab.experiment import Experiment, Metrics
from lab.exported import Exported
from lab.recipes.generative.generative import Seeds, newest_picture, shared_state
from lab.recipes.generative.image_feed import ImageFeed
from lab.recipes.generative.latent_views import ConditionalViews, LatentViews
from lab.recipes.generative.pixelcnn_config import PixelCNNConfig
from lab.recipes.generative.pixels import unit_images
from lab.recipes.generative.place_views import PlaceViews
from lab.recipes.generative.sample_monitor import SampleMonitor
from lab.schedules import warmup
from lab.seeding import seeded
from lab.state import Tree
from models.generative import pixelcnn as networks
from models.kernels.cuda_graphs import CapturedSteps
from models.kernels.flat_parameters import FlatAdam, FlatNetwork

LAPSE_FIRST = 50
"""Steps between the first pictures of the time-lapse: drawing one, pixel after pixel, takes as long as two steps, on a GPU as long as a hundred."""


class PixelCNN(Experiment):
    """One step is one mini-batch."""

    log_every: ClassVar[int] = 50
    checkpoint_every: ClassVar[int] = 1_000
    headline: ClassVar[tuple[str, ...]] = ("losses/nats_per_image", "losses/nats_per_dimension")
    memory_settings: ClassVar[tuple[str, ...]] = ("batch_size", "size", "features")
    view_parts: ClassVar[dict[str, type]] = {
        "monitor": SampleMonitor, "latent": LatentViews, "by_class": ConditionalViews, "places": PlaceViews,
    }  # fmt: skip
    newest_picture = newest_picture

    def __init__(self, config: PixelCNNConfig, device: torch.device):
        super().__init__(config, device)
        self.config: PixelCNNConfig = config
        self.autocast = partial(autocast, device, compute_dtype(config.precision, device))
        self.seeds = Seeds.of(config.seed, device)
        self.feed = ImageFeed(config, device, self.seeds.order, self.remembered)
        with seeded(self.seeds.weights):
            pixelcnn = networks.PixelCNN(
                config.levels,
                config.features,
                config.layers,
                len(self.feed.class_names),
                temperature=config.drawing_temperature,
                dilation=config.dilation,
            )
        model = networks.PixelImages(pixelcnn, self.feed.shape).to(device).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        average = copy.deepcopy(model)
        self.net = FlatNetwork(model, torch.float32)
        self.average = FlatNetwork(average, torch.float32, trainable=False)
        self.average.master.eval()
        self.optimizer = FlatAdam(self.net, config.learning_rate, 1e-8)
        self.captured = CapturedSteps(device, lambda: self.optimizer.changing)
        self.monitor = SampleMonitor(config, self.feed, self.average.master, True, self.autocast, LAPSE_FIRST)
        self.latent = LatentViews(config, self.feed)
        self.by_class = ConditionalViews(self.latent)
        self.places = PlaceViews(self.latent)

    def read_data(self) -> None:
        self.feed.read_own()

    def step(self) -> Metrics:
        c, batch = self.config, self.feed.batch()
        self.optimizer.set_learning_rate(c.learning_rate * warmup(self.steps, c.warmup))
        nats = self.captured("step", self.learn, *batch)["nats"]
        self.average.follow(self.net, c.ema, self.steps)
        self.monitor.diagnosis.see(loss=nats)
        self.steps += 1
        dimensions = math.prod(self.feed.shape[1:])
        return {"losses/nats_per_image": nats, "losses/nats_per_dimension": nats / dimensions, **self.monitor.after_step(self.steps)}

    def learn(self, images: Tensor, labels: Tensor) -> dict[str, Tensor]:
        """One step on a batch; -log p of an image."""
        model = self.net.master
        x = model.grid_of(unit_images(images, torch.float32))  # type: ignore[operator]
        with self.autocast():
            loss = model.pixelcnn.nats(x, labels).sum() / len(x)  # type: ignore[operator, union-attr]
        self.optimizer.step(self.net.backward(loss / x[0].numel()))
        return {"nats": loss.detach()}

    # -- the contract ----------------------------------------------------------------------------------------------

    def exported(self) -> Exported:
        c, (_, height, width) = self.config, self.feed.shape
        x = torch.randint(c.levels, (2, height, width), generator=torch.Generator().manual_seed(0))
        inputs = {"x": x, "labels": torch.tensor([0, len(self.feed.class_names) - 1])}
        about = f"x, int64 (B, {height}, {width}), greys from 0 to {c.levels - 1}, and labels, int64 (B,) -> logits, float32 (B, {c.levels}, {height}, {width}), of each pixel given those before it."
        return Exported(self.serving(), inputs, "logits", about)

    def serving(self) -> nn.Module:
        return self.average.master

    def stateful(self) -> Tree:
        return {
            "net": self.net, "average": self.average, "adam": self.optimizer,
            **shared_state(self, self.feed, self.seeds.noise, self.monitor),
        }  # fmt: skip

    def evaluate(self, **options: Any) -> dict[str, Any]:
        nats = self.places.nats_per_image(self.average.master, self.feed.images("test"))
        dimensions = self.feed.shape[1] * self.feed.shape[2]
        return {
            "loss": nats, "nats_per_image": nats, "nats_per_dimension": nats / dimensions, "bits_per_dimension": nats / dimensions / np.log(2),
            "levels": self.config.levels, **self.monitor.quality(**options),
        }  # fmt: skip
