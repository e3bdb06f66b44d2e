"""What every generative recipe has: images on the device, batches in a random order, a time-lapse, measured quality.

Read first: `Generative`. The views of the latent space are in `latent_views.py`, the signs of trouble in `diagnosis.py`.
"""

import textwrap
import threading
from functools import lru_cache
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor, nn

from lab.answers import Bars, Table, Text
from lab.checkpoint import Segment
from lab.data.images import LabelledImages
from lab.data.load import load_images
from lab.device import compute_dtype
from lab.errors import UsageError
from lab.experiment import Experiment, Progress, State, view
from lab.recipes.generative.diagnosis import CHECK_EVERY, Diagnosis, spread
from lab.recipes.generative.generative_config import ImageConfig

LAPSE_FRAMES = 64
"""The most pictures of a time-lapse: when there are as many, every second one goes and the interval doubles."""
LAPSE_FIRST = 10
"""Steps between the pictures at the start."""
LAPSE_COUNT = 36
LAPSE_SEED = 0
NOISE_ROWS = 256


class Generative(Experiment):
    """Base of the recipes that learn to draw images. One step is one batch (for a GAN one step of G and its steps of D)."""

    log_every: ClassVar[int] = 100
    checkpoint_every: ClassVar[int] = 2_000
    memory_settings: ClassVar[tuple[str, ...]] = ("batch_size", "size", "features")
    conditional: ClassVar[bool] = False

    def __init__(self, config: ImageConfig, device: torch.device):
        super().__init__(config, device)
        self.settings = config
        self.shape = config.shape
        self.class_names = config.classes
        self.dtype = compute_dtype(config.precision, device)
        # Order and noise have generators of their own: runs side by side do not change each other.
        seeds = np.random.SeedSequence(config.seed).generate_state(3)
        self.order_generator = torch.Generator().manual_seed(int(seeds[0]))
        self.noise_generator = torch.Generator(device).manual_seed(int(seeds[1]))
        self.network_seed = int(seeds[2])
        self.order = torch.empty(0, dtype=torch.long)
        self.position = 0
        self.steps = 0
        self.data: dict[str, LabelledImages] = {}
        self.loading = threading.Lock()
        self.lapse: list[tuple[int, Segment]] = []
        self.lapse_every = LAPSE_FIRST
        self.diagnosis = Diagnosis()

    # -- data ------------------------------------------------------------------------------------------------------

    def images(self, split: str) -> LabelledImages:
        """The images of "train" or "test" on the device, loaded at the first call, which may come from any thread."""
        c = self.settings
        with self.loading:
            if split not in self.data:
                self.data[split] = load_images(
                    c.data, "train" if split == "train" else "test", self.device, size=self.shape[1], channels=self.shape[0],
                    games=c.games, frames=c.frames, player=c.player,
                )  # fmt: skip
            return self.data[split]

    def batch(self) -> tuple[Tensor, Tensor]:
        """The next uint8 images (B, C, H, W) and their labels (B,): each image once in an epoch, the epoch's rest left out."""
        data = self.images("train")
        size = min(self.settings.batch_size, len(data))
        if self.position + size > len(self.order):
            self.order = torch.randperm(len(data), generator=self.order_generator)
            self.position = 0
        index = self.order[self.position : self.position + size].to(self.device, non_blocking=True)
        self.position += size
        return data.images.index_select(0, index), data.labels.index_select(0, index)

    def normal(self, *shape: int) -> Tensor:
        """Standard normal noise on the device from the run's own generator."""
        return torch.randn(shape, generator=self.noise_generator, device=self.device)

    def autocast(self) -> Any:
        """Where it is on, networks kept in fp32 compute in the run's own arithmetic."""
        return torch.autocast(self.device.type, self.dtype, enabled=self.dtype != torch.float32)

    # -- the time-lapse --------------------------------------------------------------------------------------------

    def after_step(self) -> None:
        """Count the step, and keep a picture for the time-lapse where one is due."""
        self.steps += 1
        if self.steps == 1 or self.steps % self.lapse_every == 0:
            self.keep_picture()
        self.check()

    @torch.no_grad()
    def keep_picture(self) -> None:
        net = self.serving()
        training = net.training
        net.eval()
        noise = fixed_noise(LAPSE_SEED, self.settings.latent)[:LAPSE_COUNT].to(self.device)
        labels = torch.arange(LAPSE_COUNT, device=self.device) % len(self.class_names) if self.conditional else None
        with self.autocast():
            images = net.decode(net.prior(noise), labels)  # type: ignore[operator]
        net.train(training)
        self.lapse.append((self.steps, Segment(f"lapse-{self.steps:09d}", to_pixels(images))))
        if len(self.lapse) >= LAPSE_FRAMES:
            self.lapse_every *= 2
            self.lapse = [(step, segment) for step, segment in self.lapse if step == 1 or step % self.lapse_every == 0]

    # -- the contract ----------------------------------------------------------------------------------------------

    def progress(self) -> Progress:
        return Progress(self.steps, self.unit)

    def common_state(self) -> State:
        """What is the same in every recipe's state."""
        return {
            "order": self.order.clone(),
            "counters": {"position": self.position, "steps": self.steps, "lapse_every": self.lapse_every},
            "generators": {"order": self.order_generator.get_state(), "noise": self.noise_generator.get_state()},
            "lapse": {"steps": [step for step, _ in self.lapse], "pictures": [segment for _, segment in self.lapse]},
            "diagnosis": self.diagnosis.state(),
        }

    def restore_common(self, state: State) -> None:
        self.order = state["order"].clone()
        for name, value in state["counters"].items():
            setattr(self, name, value)
        self.order_generator.set_state(state["generators"]["order"])
        self.noise_generator.set_state(state["generators"]["noise"])
        self.lapse = list(zip(state["lapse"]["steps"], state["lapse"]["pictures"], strict=True))
        self.diagnosis.restore(state["diagnosis"], self.device)

    @torch.no_grad()
    def sample(self, count: int, generator: torch.Generator, net: nn.Module | None = None) -> tuple[Tensor, Tensor]:
        """`count` images in [0, 1] drawn from the model, and the labels asked for (each class as often, or zeros)."""
        net = net or self.serving()
        training = net.training
        net.eval()
        labels = torch.arange(count, device=self.device) % (len(self.class_names) if self.conditional else 1)
        parts = []
        for part in labels.split(256):
            noise = torch.randn(len(part), self.settings.latent, generator=generator).to(self.device)
            parts.append(net.decode(net.prior(noise), part if self.conditional else None))  # type: ignore[operator]
        net.train(training)
        return torch.cat(parts).float(), labels

    def quality(self, samples: int = 1000, seed: int = 0) -> dict[str, Any]:
        """The quality of the serving module's samples on the lab's own classifier; see `lab.quality.measure.quality`."""
        from lab.quality.measure import quality

        images, labels = self.sample(samples, torch.Generator().manual_seed(seed))
        return quality(images, labels if self.conditional else None, self.images("train"), self.images("test"), self.settings.subject)

    @view
    def warnings(self) -> Text:
        """Signs of trouble in the training, each with what to try."""
        found = self.diagnosis.warnings(self.diversity())
        return Text("\n\n".join(textwrap.fill(text, 90) for text in found.values()) or "No sign of trouble.")

    @view
    def class_share(self, n: int = 500, seed: int = 0) -> Bars:
        """How often each class is among samples, as a share of how often it is in the data (1 is as often), by the lab's classifier."""
        shares = self.quality(max(50, min(n, 5000)), seed).get("class_shares")
        if shares is None:
            raise UsageError("These images have no classes, so there are no shares of classes to show.")
        return Bars(list(shares), np.array(list(shares.values())), title="share among samples / share in the data")

    @view
    def measured_quality(self, n: int = 1000, seed: int = 0) -> Table:
        """Distances of samples to real test images on the features of the lab's classifier; the floor is what real images get."""
        found = self.quality(max(50, min(n, 5000)), seed)
        rows = [
            [name, value, found.get(f"{name}_floor", "")]
            for name, value in found.items()
            if isinstance(value, float) and not name.endswith("_floor")
        ]
        return Table(["measure", "samples", "real images"], rows, f"judge: {found['judge']}, accuracy {found['judge_accuracy']:.3f}")

    @torch.no_grad()
    def diversity(self, count: int = 128) -> float:
        """How much samples differ from each other, as a share of how much real images do."""
        real = self.images("train").images
        picked = torch.randperm(len(real), generator=torch.Generator().manual_seed(0))[:count]
        drawn, _ = self.sample(count, torch.Generator().manual_seed(0))
        return float(spread(drawn) / spread(real[picked.to(real.device)].float() / 255))

    def check(self) -> None:
        """Look for signs of trouble now and then, and put new ones into the log."""
        if self.steps % CHECK_EVERY == 0:
            self.diagnosis.tell(self.diagnosis.warnings(self.diversity()), self.steps)

    def quality_metrics(self) -> dict[str, Any]:
        """The quality as metrics of the run, where it is due."""
        every = self.settings.quality_every
        if not every or self.steps % every:
            return {}
        found = self.quality()
        names = (
            "frechet_distance",
            "kernel_distance",
            "density",
            "coverage",
            "smallest_class_share",
            "largest_class_share",
            "conditional_accuracy",
        )
        return {f"quality/{name}": [float(found[name])] for name in names if name in found}


@lru_cache(maxsize=16)
def fixed_noise(seed: int, latent: int) -> Tensor:
    """The noise (256, latent) of a seed, always the same whatever part of it is used."""
    return torch.randn(NOISE_ROWS, latent, generator=torch.Generator().manual_seed(seed))


def unit_images(images: Tensor, dtype: torch.dtype) -> Tensor:
    """uint8 (B, C, H, W) -> [0, 1]."""
    return images.to(dtype).mul_(1 / 255)


def signed_images(images: Tensor, dtype: torch.dtype = torch.float32) -> Tensor:
    """uint8 (B, C, H, W) -> [-1, 1], channels_last."""
    return images.to(dtype, memory_format=torch.channels_last).mul_(2 / 255).sub_(1)


def to_pixels(images: Tensor) -> np.ndarray:
    """[0, 1] (N, C, H, W) -> uint8 (N, H, W), or (N, H, W, 3) for colour."""
    pixels = images.detach().float().clamp(0, 1).mul(255).round().to(torch.uint8).cpu()
    return pixels[:, 0].numpy() if pixels.shape[1] == 1 else pixels.permute(0, 2, 3, 1).contiguous().numpy()
