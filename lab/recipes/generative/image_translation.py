"""What image-to-image recipes share: two domains on the device, their order, the learning-rate decay, a time-lapse, a user's own images.

Read first: `ImageTranslation`. The recipes are `pix2pix.py` and `cyclegan.py`; their views of held-out images stand there.
"""

import base64
import binascii
import logging
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lab.answers import Images, Table
from lab.data.catalogue import find
from lab.data.image_reader import read_square
from lab.data.image_records import span_in
from lab.data.images import Domains, LabelledImages, resize
from lab.data.splits import Splits
from lab.device import compute_dtype
from lab.epochs import EpochOrder
from lab.errors import UsageError
from lab.experiment import Experiment, Metrics, view
from lab.parameters import Choice
from lab.recipes.generative import translated_video
from lab.recipes.generative.image_translation_config import ImageTranslationConfig
from lab.recipes.generative.latent_views import device_of
from lab.recipes.generative.pixels import enlargement, signed_images, to_pixels
from lab.schedules import constant_then_linear
from lab.seeding import seeded
from lab.state import Attribute, Tree
from lab.time_lapse import Film, TimeLapse
from models.eval_mode import eval_mode
from models.generative.gan_losses import boundary
from models.generative.patchgan import PatchGAN
from models.kernels.cuda_graphs import CapturedSteps
from models.kernels.flat_parameters import FlatAdam, FlatNetwork

log = logging.getLogger("lab.recipes")

LAPSE_IMAGES = 4
"""Held-out images of a domain whose translation the time-lapse shows."""
BATCH = 64
"""Batch size of translations outside training."""

Direction = Literal["ab", "ba"]


class ImageTranslation(Experiment):
    """Base of the recipes. G and D are `nn.ModuleDict`s, each in one flat buffer with one Adam; one step is one batch of each domain."""

    log_every: ClassVar[int] = 50
    checkpoint_every: ClassVar[int] = 500
    memory_settings: ClassVar[tuple[str, ...]] = ("batch_size", "size", "features")
    directions: ClassVar[tuple[Direction, ...]] = ("ab",)

    def __init__(self, config: ImageTranslationConfig, device: torch.device, flat_dtype: torch.dtype | None = None):
        super().__init__(config, device)
        self.settings = config
        self.dtype = compute_dtype(config.precision, device)
        seeds = np.random.SeedSequence(config.seed).generate_state(6)
        self.orders = [EpochOrder(torch.Generator().manual_seed(int(seed))) for seed in seeds[:2]]
        self.noise_generator = torch.Generator(device).manual_seed(int(seeds[2]))
        self.augment_generator = torch.Generator().manual_seed(int(seeds[3]))
        self.pool_seed = int(seeds[4])
        with seeded(int(seeds[5])):
            g, d = self.build()
        flat = flat_dtype or self.dtype
        nets: tuple[nn.Module, nn.Module] = (g, d)
        self.g, self.d = (FlatNetwork(net.to(device).to(memory_format=torch.channels_last), flat) for net in nets)  # type: ignore[call-overload]
        self.served = nn.ModuleDict({"g": self.g.master, "d": self.d.master})
        betas = (config.beta1, 0.999)
        self.g_optimizer = FlatAdam(self.g, config.learning_rate, 1e-8, betas)
        self.d_optimizer = FlatAdam(self.d, config.learning_rate, 1e-8, betas)
        self.captured = CapturedSteps(device, self.changing, [self.noise_generator])
        self.domains = Splits(self.load)
        self.lapse = TimeLapse(1, keep_first=False)
        self.terms: dict[str, Tensor] = {}

    def build(self) -> tuple[nn.ModuleDict, nn.ModuleDict]:
        """(generators, discriminators), with weights drawn from PyTorch's default generator."""
        raise NotImplementedError

    def load(self, split: Literal["train", "test"]) -> Domains:
        raise NotImplementedError

    # -- data ------------------------------------------------------------------------------------------------------

    def read_data(self) -> None:
        if find(self.settings.data).origin == "own":
            for split in ("train", "test"):
                self.domains(split)

    def batch(self) -> tuple[Tensor, Tensor]:
        """The next images of A and B (B, 3, S, S) in [-1, 1], the same rows where they are pairs; flipped and cut as the config says."""
        data, c = self.domains("train"), self.settings
        size = min(c.batch_size, len(data.a), len(data.b))
        rows = self.orders[0].take(size, len(data.a)).to(self.device, non_blocking=True)
        others = rows if data.paired else self.orders[1].take(size, len(data.b)).to(self.device, non_blocking=True)
        a, b = data.a.images.index_select(0, rows), data.b.images.index_select(0, others)
        if c.flip or c.jitter:
            a, b = self.augment(a, b, data.paired)
        return signed_images(a, self.flat_dtype), signed_images(b, self.flat_dtype)

    @property
    def flat_dtype(self) -> torch.dtype:
        """What the networks compute in; float32 where autocast chooses layer by layer."""
        return self.g.dtype

    def augment(self, a: Tensor, b: Tensor, paired: bool) -> tuple[Tensor, Tensor]:
        """Mirrored with probability one half and cropped at random; both images of a pair in the same way."""
        c, n = self.settings, len(a)
        flips = torch.rand(2, n, generator=self.augment_generator) < 0.5
        offsets = torch.randint(c.jitter + 1, (2, 2, n), generator=self.augment_generator)
        augmented = []
        for i, images in enumerate((a, b)):
            k = 0 if paired else i
            if c.jitter:
                images = cut(images, offsets[k].to(images.device, non_blocking=True), c.size)
            if c.flip:
                images = torch.where(flips[k].to(images.device, non_blocking=True)[:, None, None, None], images.flip(3), images)
            augmented.append(images)
        return augmented[0], augmented[1]

    def held_out(self, domain: Literal["a", "b"], count: int = 10**9, start: int = 0) -> LabelledImages:
        """Test images of a domain at the size that G takes."""
        data = self.domains("test")
        part = data.a if domain == "a" else data.b
        images = part.images[start : start + count]
        if self.settings.jitter:
            margin = self.settings.jitter // 2
            images = images[:, :, margin : margin + self.settings.size, margin : margin + self.settings.size]
        return LabelledImages(images, part.labels[start : start + count], part.classes)

    # -- training --------------------------------------------------------------------------------------------------

    def changing(self) -> list[Tensor]:
        """The tensors that a step changes."""
        buffers = [buffer for net in (self.g, self.d) for buffer in net.compute.buffers()]
        return [*self.g_optimizer.changing, *self.d_optimizer.changing, *buffers]

    def set_rates(self) -> float:
        """The learning rate of this step, given to both optimisers."""
        c = self.settings
        rate = c.learning_rate * constant_then_linear(self.steps, c.constant_steps, c.decay_steps)
        if rate == 0 and self.steps == c.constant_steps + c.decay_steps:
            log.warning("step %d: the learning rate is 0 now, further steps change nothing. Raise --decay-steps to continue.", self.steps)
        self.g_optimizer.set_learning_rate(rate)
        self.d_optimizer.set_learning_rate(rate)
        return rate

    def after_step(self, terms: dict[str, Tensor], rate: float) -> Metrics:
        """Count the step, keep a picture where one is due; the metrics of the loss terms."""
        self.steps += 1
        self.terms = terms
        if self.lapse.is_due(self.steps):
            self.lapse.add(self.steps, self.picture())
        return {**{f"losses/{name}": value for name, value in terms.items()}, "charts/learning_rate": rate}

    def seen_right(self, real: Tensor, fake: Tensor) -> Tensor:
        """The share of patches that D classifies correctly, a 0-d tensor."""
        threshold = boundary(self.settings.loss)
        return 0.5 * ((real.detach() > threshold).float().mean() + (fake.detach() <= threshold).float().mean())

    @torch.no_grad()
    def picture(self) -> np.ndarray:
        """Pixels (1, H, W, 3) of held-out images above their translations, one block of columns a direction."""
        net, columns = self.serving(), []
        with eval_mode(net):
            for direction in self.directions:
                given = self.held_out(direction[0], LAPSE_IMAGES).images  # type: ignore[arg-type]
                drawn = self.translated(net, signed_images(given), direction)
                columns.append(torch.cat([as_columns(given.float() / 255), as_columns(drawn)], 1))
        return to_pixels(torch.cat(columns, 2)[None])

    def translated(self, net: Any, images: Tensor, direction: Direction, style: Tensor | None = None) -> Tensor:
        """Images in [-1, 1] (N, 3, S, S) -> their translations in [0, 1]."""
        raise NotImplementedError

    # -- the contract ----------------------------------------------------------------------------------------------

    def newest_picture(self) -> np.ndarray | None:
        pixels = self.lapse.newest()  # (1, H, W, 3)
        return None if pixels is None else pixels[0]

    def serving(self) -> nn.Module:
        return self.served

    def stateful(self) -> Tree:
        return {
            "g": self.g, "d": self.d, "g_adam": self.g_optimizer, "d_adam": self.d_optimizer, "shuffles": self.orders,
            "generators": {"noise": self.noise_generator, "augment": self.augment_generator},
            "counters": {"steps": Attribute(self, "steps"), "lapse_every": Attribute(self.lapse, "every")},
            "lapse": self.lapse, "terms": Attribute(self, "terms", self.device),
        }  # fmt: skip

    def watch(self, **options: Any) -> dict[str, Any]:
        """A video of a game, each frame beside its translation; see `lab.recipes.generative.translated_video.watch`."""
        settings: Any = self.settings
        game = options.pop("game", None) or getattr(settings, "game", "") or settings.games.split(",")[0]
        net = self.serving().eval()

        def translate(frames: Tensor) -> Tensor:
            return self.translated(net, signed_images(frames.to(self.device)), "ab")

        return translated_video.watch(translate, game=game, size=settings.size, **options)

    # -- views -----------------------------------------------------------------------------------------------------

    def scale(self, wanted: int = 96) -> int:
        return enlargement(self.settings.size, wanted)

    def given_picture(self, net: nn.Module, domain: Literal["a", "b"], index: int, pixels: str, file: str) -> Tensor:
        """(1, 3, S, S) in [-1, 1]: the given pixels (base64 of S * S * 3 bytes, row by row), the file, or a test image."""
        size = self.settings.size
        if pixels:
            array = bytes_given("pixels", pixels, (size, size, 3))
        elif file:
            c = self.settings
            array = read_square(Path(file).expanduser(), size, ground=c.ground, span=span_in(self.remembered, domain))
        else:
            count = len(self.held_out(domain))
            if not 0 <= index < count:
                raise UsageError(f"--index must be from 0 to {count - 1}, the number of a held-out image; got {index}.")
            return signed_images(self.held_out(domain, 1, index).images.to(device_of(net)))
        return signed_images(torch.from_numpy(array.copy()).permute(2, 0, 1)[None].to(device_of(net)))

    @view
    def time_lapse(self, index: Choice = -1) -> Images:
        """Held-out images (above) and their translations (below) throughout training; the newest is index -1. Save as GIF for a film."""
        if not len(self.lapse):
            raise UsageError("There is no picture yet. Train at least one step.")
        step, segment = self.lapse.at(index)
        history = np.concatenate([stored.read() for _, stored in self.lapse.pictures])
        return Film(segment.read(), [f"step {step:,}"], 1, self.scale(64), history=history, steps=self.lapse.steps)

    def weights(self) -> dict[str, tuple[float, str]]:
        """Weight and formula of each loss term."""
        raise NotImplementedError

    @view
    def losses(self) -> Table:
        """Each term of the loss in the last step: formula, value, weight, and contribution to the loss."""
        if not self.terms:
            raise UsageError("There is no step yet. Train at least one.")
        rows: list[list[Any]] = []
        for name, (weight, formula) in self.weights().items():
            if name in self.terms:
                value = float(self.terms[name])
                rows.append([name, formula, round(value, 5), weight, round(weight * value, 5)])
        return Table(["term", "formula", "value", "weight", "weight * value"], rows, title=f"step {self.steps:,}")


def bytes_given(name: str, text: str, shape: tuple[int, ...]) -> np.ndarray:
    """A parameter's base64 as uint8 of `shape`. Raises UsageError for another."""
    try:
        return np.frombuffer(base64.b64decode(text, validate=True), np.uint8).reshape(shape)
    except (binascii.Error, ValueError):
        raise UsageError(f"--{name} must be base64 of {' x '.join(map(str, shape))} bytes.") from None


def l1(x: Tensor, y: Tensor) -> Tensor:
    """The mean of |x - y| in fp32, a 0-d tensor, on a scale of 0 to 2 as images are in [-1, 1]."""
    return (x.float() - y.float()).abs().mean()


def cut(images: Tensor, offsets: Tensor, size: int) -> Tensor:
    """(N, C, H, W) -> (N, C, size, size), image n from the pixel offsets[:, n] (row, column) on."""
    n, c = images.shape[:2]
    steps = torch.arange(size, device=images.device)
    y, x = (offsets[i][:, None] + steps for i in (0, 1))  # (N, size)
    row, channel = torch.arange(n, device=images.device).view(-1, 1, 1, 1), torch.arange(c, device=images.device).view(1, -1, 1, 1)
    return images[row, channel, y[:, None, :, None], x[:, None, None, :]]


def as_columns(images: Tensor) -> Tensor:
    """(N, 3, S, S) -> one picture (3, S, N * S) of them side by side."""
    return torch.cat(list(images.float()), 2)


def picture_pixels(frame: np.ndarray, size: int) -> str:
    """A picture (H, W, 3) uint8, squeezed to `size` x `size` as the training images are, as `pixels` of the translate view."""
    square = resize(torch.from_numpy(np.ascontiguousarray(frame)).permute(2, 0, 1)[None], size)
    return base64.b64encode(square[0].permute(1, 2, 0).contiguous().numpy().tobytes()).decode()


def verdict_map(d: PatchGAN, scores: Tensor, size: int) -> Tensor:
    """Scores (1, 1, h, w) of a PatchGAN -> (size, size): at each pixel the score of the patch whose middle is there, linearly between."""
    (first, last), (second, _) = d.patch_span(0), d.patch_span(1)
    middle, apart = (first + last) / 2, second - first
    place = (torch.arange(size, device=scores.device) - middle) / apart  # In units of scores.
    extent = max(1, scores.shape[-1] - 1)
    line = 2 * place / extent - 1
    y, x = torch.meshgrid(line, line, indexing="ij")
    grid = torch.stack([x, y], -1)[None]
    return F.grid_sample(scores.float(), grid, mode="bilinear", padding_mode="border", align_corners=True)[0, 0]


def verdict_overlay(picture: Tensor, verdict: Tensor, threshold: float) -> np.ndarray:
    """A picture in [0, 1] (3, S, S) with the verdict (S, S) over it: green where D takes it for real, red where not; (S, S, 3) uint8."""
    strength = (2 * (verdict - threshold)).tanh()  # -1 to 1
    hue = torch.stack([(-strength).clamp(min=0), strength.clamp(min=0), torch.zeros_like(strength)])
    grey = picture.float().mean(0, keepdim=True).expand(3, -1, -1)
    share = 0.25 + 0.5 * strength.abs()
    mixed = (1 - share) * (0.35 + 0.5 * grey) + share * hue
    return to_pixels(mixed[None])[0]
