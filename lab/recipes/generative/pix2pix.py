"""pix2pix (Isola et al. 2017): a U-Net G and a PatchGAN D that sees the given and the drawn picture together. Read first: `Pix2Pix.step`.

G minimises the adversarial loss + lambda |G(a) - b|: L1 alone draws what is right on average, blurred; D asks for detail.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, ClassVar, Literal

import numpy as np
import torch
from torch import Tensor, nn

from lab.answers import Images
from lab.data.images import Domains
from lab.data.load import load_image_pairs
from lab.data.pair_tasks import HOLE, bicubic
from lab.experiment import Metrics, view
from lab.parameters import Choice, Count, Index
from lab.recipes.generative.image_translation import (
    BATCH,
    Direction,
    ImageTranslation,
    bytes_given,
    l1,
    verdict_map,
    verdict_overlay,
)  # fmt: skip
from lab.recipes.generative.pix2pix_config import Pix2PixConfig
from lab.recipes.generative.pixels import signed_images, to_pixels
from models.dropout import Dropout, set_generator
from models.generative.conv import draw_weights
from models.generative.gan_losses import boundary, discriminator_loss, generator_loss
from models.generative.patchgan import PatchGAN
from models.generative.pix2pix import UNetGenerator

INFERENCE_SEED = 0
"""Seed of the dropout that the published network keeps at test time: the same image is always translated alike."""


class Pix2Pix(ImageTranslation):
    """One step is one step of D, then one of G, on the same batch of pairs."""

    headline: ClassVar[tuple[str, ...]] = ("losses/l1", "losses/adversarial", "losses/d", "charts/d_accuracy")

    def __init__(self, config: Pix2PixConfig, device: torch.device):
        self.config: Pix2PixConfig = config
        # Batch norm keeps running statistics, which belong in fp32: then autocast chooses layer by layer.
        super().__init__(config, device, torch.float32 if config.norm == "batch" else None)
        set_generator(self.g.compute["ab"], self.noise_generator)  # type: ignore[index]

    def build(self) -> tuple[nn.ModuleDict, nn.ModuleDict]:
        c = self.config
        g = nn.ModuleDict({"ab": UNetGenerator(c.size, 3, c.features, 3, norm=c.norm, upsampling=c.upsampling, dropout=c.dropout)})
        d = nn.ModuleDict({"b": PatchGAN(6, c.d_features, c.patch_layers, c.norm)})
        draw_weights(g)
        draw_weights(d)
        return g, d

    def load(self, split: Literal["train", "test"]) -> Domains:
        c = self.config
        return load_image_pairs(
            c.task,
            c.data,
            split,
            self.device,
            size=c.size + c.jitter,
            games=c.games,
            frames=c.frames,
            ground=c.ground,
            remembered=self.remembered,
        )

    @property
    def usual(self) -> Callable[[Tensor], Tensor] | None:
        """What one would do without a network, of the true pictures; None where there is no such thing."""
        return bicubic if self.config.task == "upscale" and not self.config.data.startswith("pairs:") else None

    @property
    def subject(self) -> str:
        return self.config.subject if self.config.data.startswith("pairs:") else f"{self.config.task}-{self.config.subject}"

    # -- training --------------------------------------------------------------------------------------------------

    def step(self) -> Metrics:
        rate = self.set_rates()
        terms = self.captured("step", self.learn, *self.batch())
        accuracy = terms.pop("d_accuracy")
        return {**self.after_step(terms, rate), "charts/d_accuracy": accuracy}

    def learn(self, a: Tensor, b: Tensor) -> dict[str, Tensor]:
        """One step of D, then one of G, on pairs (B, 3, S, S); the terms of the losses, and how often D was right."""
        c = self.config
        g, d = self.g.compute["ab"], self.d.compute["b"]  # type: ignore[index]
        with self.autocast():
            fake = g(a)
            if c.norm == "instance":  # No norm mixes images, so real and generated ones can pass together.
                both = d(torch.cat([pair(a, b), pair(a, fake.detach())])).float()
                real_scores, fake_scores = both.chunk(2)
            else:  # Batch norm would see a mixture.
                real_scores, fake_scores = d(pair(a, b)).float(), d(pair(a, fake.detach())).float()
        d_loss = 0.5 * discriminator_loss(c.loss, real_scores, fake_scores)
        self.d_optimizer.step_from(torch.autograd.grad(d_loss, self.d.parameters, allow_unused=True))
        self.d.compute.requires_grad_(False)
        with self.autocast():
            scores = d(pair(a, fake))
        adversarial, difference = generator_loss(c.loss, scores.float()), l1(fake, b)
        self.g_optimizer.step_from(torch.autograd.grad(adversarial + c.l1_weight * difference, self.g.parameters, allow_unused=True))
        self.d.compute.requires_grad_(True)
        return {
            "adversarial": adversarial.detach(), "l1": difference.detach(), "d": d_loss.detach(),
            "d_accuracy": self.seen_right(real_scores, fake_scores),
        }  # fmt: skip

    def autocast(self) -> Any:
        wanted = self.flat_dtype == torch.float32 and self.dtype != torch.float32
        return torch.autocast(self.device.type, self.dtype, enabled=wanted)

    def weights(self) -> dict[str, tuple[float, str]]:
        name = "(D(a, G(a)) - 1)^2" if self.config.loss == "lsgan" else f"{self.config.loss} loss of D(a, G(a))"
        return {"adversarial": (1.0, name), "l1": (self.config.l1_weight, "|G(a) - b|"), "d": (1.0, "D, half of its loss")}

    def translated(self, net: Any, images: Tensor, direction: Direction, style: Tensor | None = None) -> Tensor:
        g = net["g"]["ab"]
        if self.config.norm != "batch":
            return 0.5 + 0.5 * g(images).float()
        with as_in_training(g, torch.Generator(images.device).manual_seed(INFERENCE_SEED)):
            return 0.5 + 0.5 * torch.cat([g(image[None]).float() for image in images])

    # -- views -----------------------------------------------------------------------------------------------------

    @view(live=True)
    def results(self, net: Any, n: Count = 8, start: Index = 0) -> Images:
        """Held-out pairs: input, generated, target; for the task upscale also what bicubic enlargement makes of the input."""
        count = max(1, min(n, 64))
        given, true = (self.held_out(domain, count, max(0, start)).images for domain in ("a", "b"))
        drawn = self.translated(net, signed_images(given), "ab")
        names, error = self.domains("test").names, float((drawn - true.float() / 255).abs().mean())
        shown = {names[0]: given.float() / 255, "generated": drawn, names[1]: true.float() / 255}
        title = f"{{}}; L1 {error:.3f} (images in [0, 1])"
        if self.usual is not None:
            plain = self.usual(true).float() / 255
            shown = {names[0]: shown[names[0]], "bicubic": plain, **shown}
            title += f", of bicubic {float((plain - true.float() / 255).abs().mean()):.3f}"
        rows = np.concatenate([to_pixels(x) for x in shown.values()])
        return Images(rows, columns=len(given), scale=self.scale(), title=title.format(", ".join(shown)))

    @view(live=True)
    def translate(self, net: Any, index: Choice = 0, pixels: str = "", file: str = "") -> Images:
        """An image and its translation: a held-out image, a file, or pixels (base64 of size * size * 3 bytes)."""
        given = self.given_picture(net, "a", index, pixels, file)
        drawn = self.translated(net, given, "ab")
        return Images(np.concatenate([to_pixels(0.5 + 0.5 * given), to_pixels(drawn)]), ["input", "generated"], 2, self.scale(256))

    @view(live=True)
    def fill(self, net: Any, index: Choice = 0, holes: str = "") -> Images:
        """A target with holes, what a network of the task holes fills in, and the target. Holes are base64 of size * size bytes, from 128 on."""
        target = self.given_picture(net, "b", index, "", "")
        size = self.settings.size
        hole = bytes_given("holes", holes, (size, size)) >= 128 if holes else np.zeros((size, size), bool)
        given = target.masked_fill(torch.from_numpy(hole).to(target.device), 2 * HOLE / 255 - 1)
        drawn = self.translated(net, given, "ab")
        pictures = [0.5 + 0.5 * given, drawn, 0.5 + 0.5 * target]
        return Images(np.concatenate([to_pixels(x) for x in pictures]), ["with holes", "filled", "target"], 3, self.scale(256))

    @view(live=True)
    def verdict(self, net: Any, n: Count = 6, start: Index = 0) -> Images:
        """PatchGAN's score of each patch of target images (above) and generated ones (below): green for real, red for generated;
        the number is the mean score."""
        count = max(1, min(n, 32))
        given, true = (self.held_out(domain, count, max(0, start)).images for domain in ("a", "b"))
        a = signed_images(given)
        d, rows, captions = net["d"]["b"], [], []
        for images in (true.float() / 255, self.translated(net, a, "ab")):
            scores = d(pair(a, 2 * images - 1))
            maps = [verdict_map(d, scores[i : i + 1], self.settings.size) for i in range(len(images))]
            rows.append(to_pixels(images))
            rows.append(np.stack([verdict_overlay(x, m, boundary(self.config.loss)) for x, m in zip(images, maps, strict=True)]))
            captions += [""] * len(images) + [f"{float(score):.2f}" for score in scores.mean((1, 2, 3))]
        title = "D: target above, generated below; the number is the mean score"
        return Images(np.concatenate(rows), captions, columns=len(given), scale=self.scale(), title=title)

    # -- figures ---------------------------------------------------------------------------------------------------

    @torch.no_grad()
    def evaluate(self, **options: Any) -> dict[str, Any]:
        """L1 against the true pictures (0 to 1), beside it that of the mean training picture; where there are classes, how many survive."""
        net = self.serving()
        training = net.training
        net.eval()
        a, b = self.held_out("a"), self.held_out("b")
        drawn = torch.cat([self.translated(net, signed_images(part), "ab") for part in a.images.split(BATCH)])
        net.train(training)
        true = b.images.float() / 255
        size, whole = self.settings.size, self.domains("train").b.images
        margin = (whole.shape[-1] - size) // 2
        mean = whole[:, :, margin : margin + size, margin : margin + size].float().mean(0) / 255
        error, of_mean = float((drawn - true).abs().mean()), float((mean - true).abs().mean())
        figures: dict[str, Any] = {"l1": error, "l1_mean_picture": of_mean, "l1_ratio": error / max(of_mean, 1e-9), "images": len(true)}
        if self.usual is not None:
            figures["l1_bicubic"] = float((self.usual(b.images).float() / 255 - true).abs().mean())
        if len(b.classes) > 1:
            from lab.quality.judge import judge
            from lab.quality.translation import squared

            train = squared(self.domains("train"), size)
            reader = judge(f"{self.subject}-{size}px", train.b, b)
            _, read = reader.look(drawn)
            figures |= {"class_kept": float((read == b.labels).float().mean()), "class_read_real": reader.accuracy}
        return figures


@contextmanager
def as_in_training(g: nn.Module, generator: torch.Generator) -> Iterator[None]:
    """Within this context G runs as in the paper's tests (Isola et al. 2017, section 3.3): batch norm uses the image's own statistics,
    which leaves the running ones alone, and dropout, here by `generator`."""
    before = [(module, dict(module.__dict__)) for module in g.modules() if isinstance(module, nn.BatchNorm2d | Dropout)]
    for module, _ in before:
        module.training = True
        if isinstance(module, Dropout):
            module.generator = generator
        else:
            module.track_running_stats = False
    try:
        yield
    finally:
        for module, state in before:
            module.__dict__.update(state)


def pair(a: Tensor, b: Tensor) -> Tensor:
    """(B, 3, S, S) twice -> (B, 6, S, S): what D sees."""
    return torch.cat([a, b.to(a.dtype)], 1).contiguous(memory_format=torch.channels_last)
