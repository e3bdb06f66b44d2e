"""Monitors a generative model in training: a time-lapse of its samples, signs of trouble, measured quality."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import numpy as np
import torch
from torch import Tensor

from lab.answers import Bars, Images, Table, Text
from lab.errors import UsageError
from lab.experiment import Metrics, view
from lab.parameters import Choice, Count, Seed
from lab.recipes.generative.diagnosis import CHECK_EVERY, Diagnosis, shown, spread
from lab.recipes.generative.generative_config import ImageConfig
from lab.recipes.generative.image_feed import ImageFeed
from lab.recipes.generative.pixels import enlargement, fixed_noise, to_pixels
from lab.time_lapse import Film, TimeLapse
from models.eval_mode import eval_mode
from models.processes import group

LAPSE_FIRST = 10
"""Steps between the pictures of the time-lapse at the start."""
LAPSE_COUNT = 36
LAPSE_SEED = 0
QUALITY_METRICS = (
    "frechet_distance", "kernel_distance", "density", "coverage", "class_share_min", "class_share_max", "conditional_accuracy",
)  # fmt: skip


class SampleMonitor:
    """Monitors the samples of `net`, the serving module. `autocast` gives the precision of training, `lapse_first` the steps between the
    first pictures of the time-lapse."""

    def __init__(
        self, config: ImageConfig, feed: ImageFeed, net: Any, conditional: bool, autocast: Callable[[], AbstractContextManager[Any]],
        lapse_first: int = LAPSE_FIRST,
    ):  # fmt: skip
        self.config, self.feed, self.net, self.conditional, self.autocast = config, feed, net, conditional, autocast
        self.code_length = config.code_length(feed.shape)
        self.lapse = TimeLapse(lapse_first, keep_first=True)
        self.diagnosis = Diagnosis(feed.device)

    def after_step(self, step: int) -> Metrics:
        """Keep a picture, look for trouble and measure the quality where they are due after `step` steps; the metrics of the quality."""
        if not group.leads:
            return {}
        if self.lapse.is_due(step):
            self.lapse.add(step, self.picture())
        if step % CHECK_EVERY == 0:
            self.diagnosis.tell(self.diagnosis.warnings(self.diversity()), step)
        every = self.config.quality_every
        if not every or step % every:
            return {}
        figures = self.quality()
        return {f"quality/{name}": [float(figures[name])] for name in QUALITY_METRICS if name in figures}

    def newest(self) -> np.ndarray | None:
        """The newest picture of the time-lapse, its samples side by side."""
        pixels = self.lapse.newest()
        return None if pixels is None else tile(pixels)

    @torch.no_grad()
    def picture(self) -> np.ndarray:
        """Pixels of the samples that the time-lapse follows."""
        device = self.feed.device
        with eval_mode(self.net):
            noise = fixed_noise(LAPSE_SEED, self.code_length)[:LAPSE_COUNT].to(device)
            labels = torch.arange(LAPSE_COUNT, device=device) % len(self.feed.class_names) if self.conditional else None
            with self.autocast():
                return to_pixels(self.net.decode(self.net.prior(noise), labels))

    @torch.no_grad()
    def sample(self, count: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """`count` images in [0, 1] drawn from the model, and the labels asked for (each class equally often, or zeros)."""
        device = self.feed.device
        labels = torch.arange(count, device=device) % (len(self.feed.class_names) if self.conditional else 1)
        parts = []
        with eval_mode(self.net):
            for part in labels.split(256):
                noise = torch.randn(len(part), self.code_length, generator=generator).to(device)
                parts.append(self.net.decode(self.net.prior(noise), part if self.conditional else None))
        return torch.cat(parts).float(), labels

    def quality(self, samples: int = 1000, seed: int = 0, **_: Any) -> dict[str, Any]:
        """The quality of samples by the lab's own classifier; see `lab.quality.measure.quality`. Other options of an evaluation don't matter."""
        from lab.quality.measure import quality

        images, labels = self.sample(samples, torch.Generator().manual_seed(seed))
        train, test = self.feed.images("train"), self.feed.images("test")
        return quality(images, labels if self.conditional else None, train, test, self.config.subject)

    @torch.no_grad()
    def diversity(self, count: int = 128) -> float:
        """How much samples differ from each other, as a share of how much real images do."""
        real = self.feed.images("train").images
        picked = torch.randperm(len(real), generator=torch.Generator().manual_seed(0))[:count]
        drawn, _ = self.sample(count, torch.Generator().manual_seed(0))
        return float(spread(drawn) / spread(real[picked.to(real.device)].float() / 255))

    @view
    def warnings(self) -> Text:
        """Signs of trouble in training, and what to try."""
        return shown(self.diagnosis.warnings(self.diversity()))

    @view
    def class_share(self, n: Count = 500, seed: Seed = 0) -> Bars:
        """How often each class occurs among samples relative to the data (1 is equally often), judged by the lab's classifier."""
        shares = self.quality(max(50, min(n, 5000)), seed).get("class_shares")
        if shares is None:
            raise UsageError("These images have no classes, so there are no class shares to show.")
        return Bars(list(shares), np.array(list(shares.values())), title="share among samples / share in the data")

    @view
    def measured_quality(self, n: Count = 1000, seed: Seed = 0) -> Table:
        """Distances between samples and real test images in the features of the lab's classifier, and the same for real images (the floor)."""
        figures = self.quality(max(50, min(n, 5000)), seed)
        rows = [
            [name, value, figures.get(f"{name}_floor", "")]
            for name, value in figures.items()
            if isinstance(value, float) and not name.endswith("_floor")
        ]
        return Table(["measure", "samples", "real images"], rows, f"judge: {figures['judge']}, accuracy {figures['judge_accuracy']:.3f}")

    @view
    def time_lapse(self, index: Choice = -1) -> Images:
        """The same samples throughout training, one picture after the other; the newest is index -1. Save as GIF for a film."""
        if not len(self.lapse):
            raise UsageError("There is no picture yet. Train at least one step.")
        step, segment = self.lapse.at(index)
        history = np.stack([tile(stored.read()) for _, stored in self.lapse.pictures])
        scale = enlargement(self.feed.shape[1], 48)
        return Film(tile(segment.read())[None], [f"step {step:,}"], 1, scale, history=history, steps=self.lapse.steps)


def tile(pixels: np.ndarray) -> np.ndarray:
    """Pictures (N, H, W[, 3]) as one square of pictures."""
    columns = round(len(pixels) ** 0.5)
    rows = [np.concatenate(list(pixels[i : i + columns]), axis=1) for i in range(0, columns * columns, columns)]
    return np.concatenate(rows)
