"""CycleGAN (Zhu et al. 2017): two generators, A -> B and B -> A, that undo each other; no pairs are needed. Read first: `CycleGAN.step`.

An image of A has many counterparts in B (any colour will do), but a function gives one: all outputs share one colour family, and
the cycle loss makes the generator hide b's colours in its image of A. So G: A -> B takes a style as well (Huang et al. 2018; Almahairi et al. 2018).
An encoder reads the style of an image of B: b -> a -> b gets its own style back, and a random style must be recovered from the
image drawn with it, which forces G to use it. With style 0 the recipe is that of the paper.
"""

from typing import Any, ClassVar, Literal

import numpy as np
import torch
from torch import Tensor, nn

from lab.answers import Bars, Images
from lab.data.images import Domains
from lab.data.load import load_domains
from lab.data_parallel import ShardGradients, run_shards, shard_count, start_workers, sum_terms
from lab.errors import UsageError
from lab.experiment import Metrics, view
from lab.parameters import Choice, Count, Index, Seed
from lab.recipes.generative.cyclegan_config import CycleGANConfig
from lab.recipes.generative.image_translation import BATCH, Direction, ImageTranslation, l1, verdict_map, verdict_overlay
from lab.recipes.generative.latent_views import device_of
from lab.recipes.generative.pixels import signed_images, to_pixels
from lab.state import Tree
from models.generative.conv import draw_weights
from models.generative.cyclegan import ResNetGenerator, StyleEncoder
from models.generative.gan_losses import boundary, discriminator_loss, generator_loss
from models.generative.image_pool import ImagePool
from models.generative.patchgan import PatchGAN
from models.processes import group


class CycleGAN(ImageTranslation):
    """One step is one step of both generators (and the style's encoder), then one of both discriminators."""

    headline: ClassVar[tuple[str, ...]] = ("losses/cycle_a", "losses/cycle_b", "losses/d_a", "losses/d_b")
    takes_processes = True
    directions: ClassVar[tuple[Direction, ...]] = ("ab", "ba")

    def __init__(self, config: CycleGANConfig, device: torch.device):
        self.config: CycleGANConfig = config
        shards = shard_count(config.batch_size, device)
        if shards > 1:
            start_workers(shards)
        super().__init__(config, device)
        self.pools = [ImagePool(config.pool, torch.Generator().manual_seed(self.pool_seed + i)) for i in (0, 1)]
        self.split(shards)

    def split(self, shards: int) -> None:
        """Compute each batch in that many shards, see `lab.data_parallel`."""
        self.shards = shards
        self.g_gradients, self.d_gradients = ShardGradients(self.g, shards), ShardGradients(self.d, shards)

    def build(self) -> tuple[nn.ModuleDict, nn.ModuleDict]:
        c = self.config
        g = nn.ModuleDict({
            "ab": ResNetGenerator(3, c.features, c.blocks, c.upsampling, c.style),
            "ba": ResNetGenerator(3, c.features, c.blocks, c.upsampling),
        })  # fmt: skip
        d = nn.ModuleDict({name: PatchGAN(3, c.d_features, c.patch_layers, c.d_norm) for name in ("a", "b")})
        draw_weights(g)
        draw_weights(d)
        if c.style:
            # Its own initialisation: without norms, N(0, 0.02) would give codes that hardly differ.
            g["style"] = StyleEncoder(3, c.features, c.style)
        return g, d

    def load(self, split: Literal["train", "test"]) -> Domains:
        c = self.config
        return load_domains(
            c.data, split, self.device, size=c.size + c.jitter, games=c.game, frames=c.frames, ground=c.ground, remembered=self.remembered
        )

    # -- training --------------------------------------------------------------------------------------------------

    def step(self) -> Metrics:
        rate = self.set_rates()
        a, b = group.part(*self.batch())
        terms = self.captured("generators", self.g_step, a, b)
        fake_a, fake_b = terms.pop("fake_a"), terms.pop("fake_b")
        pool_a, pool_b = self.pools
        # Each process keeps the pictures of all, so that they keep the same.
        seen_a, seen_b = group.part(pool_a.exchange(group.whole(fake_a)), pool_b.exchange(group.whole(fake_b)))
        terms |= self.captured("discriminators", self.d_step, a, b, seen_a, seen_b)
        accuracies = {f"charts/{name}": terms.pop(name) for name in ("d_a_accuracy", "d_b_accuracy")}
        return {**self.after_step(terms, rate), **accuracies}

    def g_step(self, a: Tensor, b: Tensor) -> dict[str, Tensor]:
        """One step of the generators, the discriminators held fixed: the terms, and the generated images `fake_a` and `fake_b`."""
        c, style, noise_a, noise_b = self.config, None, None, None
        if c.style:
            drawn = group.drawn(len(a), lambda count: torch.randn(count, c.style, generator=self.noise_generator, device=self.device))
            style = drawn.to(a.dtype)
        if c.cycle_noise:
            noise_a, noise_b = (c.cycle_noise * self.noise_like(x) for x in (b, a))
        self.d.compute.requires_grad_(False)
        shards = run_shards(self.g_shard, self.shards, a, b, style, noise_a, noise_b)
        self.d.compute.requires_grad_(True)
        self.g_optimizer.step(self.g_gradients.sum(len(shards)))
        self.g.sync()
        terms, fake_a, fake_b = zip(*shards, strict=True)
        return {**sum_terms(terms), "fake_a": torch.cat(fake_a), "fake_b": torch.cat(fake_b)}

    def noise_like(self, images: Tensor) -> Tensor:
        """Standard normal noise with the shape, memory format and dtype of images (B, C, H, W)."""
        n, c, h, w = images.shape
        drawn = group.drawn(n, lambda count: torch.randn(count, h, w, c, generator=self.noise_generator, device=self.device))
        return drawn.permute(0, 3, 1, 2).to(images.dtype)

    def g_shard(
        self, shard: int, share: float, a: Tensor, b: Tensor, style: Tensor | None, noise_a: Tensor | None, noise_b: Tensor | None
    ) -> tuple[dict[str, Tensor], Tensor, Tensor]:
        """The generators' gradient on a shard of the batch; (the terms times `share`, generated images of A, of B)."""
        c, g, d = self.config, self.g.compute, self.d.compute
        to_b, to_a = g["ab"], g["ba"]  # type: ignore[index]
        own = both = None
        if style is not None:
            own = g["style"](b)  # type: ignore[index]
            both = torch.cat([style, own])
        # One pass for the translations and the identity loss.
        fake_b, same_b = to_b(torch.cat([a, b]), both).split([len(a), len(b)])
        fake_a, same_a = to_a(torch.cat([b, a])).split([len(b), len(a)])
        # Noise drowns faint traces: what the way back needs must be visible in the image, or be in the style.
        back_a = to_a(fake_b if noise_b is None else fake_b + noise_b)
        back_b = to_b(fake_a if noise_a is None else fake_a + noise_a, own)
        terms = {
            "adversarial_ab": generator_loss(c.loss, d["b"](fake_b).float()),  # type: ignore[index]
            "adversarial_ba": generator_loss(c.loss, d["a"](fake_a).float()),  # type: ignore[index]
            "cycle_a": l1(back_a, a), "cycle_b": l1(back_b, b), "identity_a": l1(same_a, a), "identity_b": l1(same_b, b),
        }  # fmt: skip
        if style is not None:
            terms["style"] = l1(g["style"](fake_b), style)  # type: ignore[index]
        loss = torch.stack([weight * terms[name] for name, (weight, _) in self.weights().items() if name in terms]).sum()
        self.g_gradients.backward(shard, loss, share)
        return {name: share * term.detach() for name, term in terms.items()}, fake_a.detach(), fake_b.detach()

    def d_step(self, a: Tensor, b: Tensor, seen_a: Tensor, seen_b: Tensor) -> dict[str, Tensor]:
        """One step of the discriminators on real images and generated ones."""
        terms = run_shards(self.d_shard, self.shards, a, b, seen_a, seen_b)
        self.d_optimizer.step(self.d_gradients.sum(len(terms)))
        self.d.sync()
        return sum_terms(terms)

    def d_shard(self, shard: int, share: float, a: Tensor, b: Tensor, seen_a: Tensor, seen_b: Tensor) -> dict[str, Tensor]:
        """The discriminators' gradient on a shard of the batch; the terms times `share`."""
        terms: dict[str, Tensor] = {}
        for name, real, seen in (("a", a, seen_a), ("b", b, seen_b)):
            d = self.d.compute[name]  # type: ignore[index]
            # Instance norm, or none, keeps images apart, so real and generated ones can pass together.
            real_scores, fake_scores = d(torch.cat([real, seen])).float().split([len(real), len(seen)])
            terms[f"d_{name}"] = 0.5 * discriminator_loss(self.config.loss, real_scores, fake_scores)
            terms[f"d_{name}_accuracy"] = self.seen_right(real_scores, fake_scores)
        self.d_gradients.backward(shard, terms["d_a"] + terms["d_b"], share)
        return {name: share * term.detach() for name, term in terms.items()}

    def weights(self) -> dict[str, tuple[float, str]]:
        c = self.config
        cycle, identity = c.cycle_weight, c.cycle_weight * c.identity_weight
        return {
            "adversarial_ab": (1.0, "(D_B(G(a)) - 1)^2" if c.loss == "lsgan" else f"{c.loss} loss of D_B(G(a))"),
            "adversarial_ba": (1.0, "(D_A(F(b)) - 1)^2" if c.loss == "lsgan" else f"{c.loss} loss of D_A(F(b))"),
            "cycle_a": (cycle, "|F(G(a)) - a|"), "cycle_b": (cycle, "|G(F(b)) - b|"),
            "identity_a": (identity, "|F(a) - a|"), "identity_b": (identity, "|G(b) - b|"),
            "style": (c.style_weight, "|E(G(a, s)) - s|"),
            "d_a": (1.0, "D_A, half of its loss"), "d_b": (1.0, "D_B, half of its loss"),
        }  # fmt: skip

    def stateful(self) -> Tree:
        return {**super().stateful(), "pools": self.pools}

    # -- translating -----------------------------------------------------------------------------------------------

    def translated(self, net: Any, images: Tensor, direction: Direction, style: Tensor | None = None) -> Tensor:
        if direction == "ba":
            return 0.5 + 0.5 * net["g"]["ba"](images).float()
        if self.config.style and style is None:
            style = self.real_styles(net, len(images))
        return 0.5 + 0.5 * net["g"]["ab"](images, style).float()

    def cycle(self, net: Any, images: Tensor, direction: Direction) -> tuple[Tensor, Tensor]:
        """(translations, what comes back), both in [0, 1], of images in [-1, 1]. A picture of B gets its own style back."""
        if direction == "ab":
            there = self.translated(net, images, "ab")
            return there, self.translated(net, 2 * there - 1, "ba")
        there = self.translated(net, images, "ba")
        own = net["g"]["style"](images) if self.config.style else None
        return there, self.translated(net, 2 * there - 1, "ab", own)

    def real_styles(self, net: Any, count: int, seed: int = 0) -> Tensor:
        """The styles (count, style) of held-out pictures of B that `seed` draws.

        Styles of real pictures are not spread as N(0, 1), from which training draws: between them G paints worse.
        """
        return net["g"]["style"](signed_images(self.drawn_pictures(count, seed)))

    def drawn_pictures(self, count: int, seed: int) -> Tensor:
        """`count` held-out pictures of B (count, 3, S, S) uint8, drawn by `seed`."""
        if not 0 <= seed < 2**31:
            raise UsageError(f"--seed must be from 0 to {2**31 - 1}, got {seed}.")
        held = self.held_out("b").images
        order = torch.randperm(len(held), generator=torch.Generator().manual_seed(seed))
        return held[order[torch.arange(count) % len(held)].to(held.device)]

    def style_of(self, net: Any, text: str, seed: int) -> Tensor | None:
        """The style that `text` names: numbers separated by commas, image:N (that of a held-out picture of B), or "" for the
        picture that `seed` draws."""
        size = self.config.style
        if not size:
            if text:
                raise UsageError("This model has no style code: it was trained with --style 0.")
            return None
        if not text:
            return self.real_styles(net, 1, seed)
        kind, _, value = text.rpartition(":")
        try:
            if kind == "image":
                row = int(value)
                if not 0 <= row < len(self.held_out("b")):
                    raise UsageError(f"image:{row}: the held-out pictures of B are numbered from 0 to {len(self.held_out('b')) - 1}.")
                return net["g"]["style"](signed_images(self.held_out("b", 1, row).images))
            numbers = torch.tensor([float(part) for part in text.split(",")], device=device_of(net))
            if len(numbers) != size or not bool(torch.isfinite(numbers).all()):
                raise ValueError
        except ValueError:
            raise UsageError(f"--style must be {size} numbers separated by commas, or image:N, got {text!r}.") from None
        return numbers[None]

    # -- views -----------------------------------------------------------------------------------------------------

    @view(live=True)
    def triptychs(self, net: Any, direction: Direction = "ab", n: Count = 8, start: Index = 0) -> Images:
        """Held-out images, their translations, and the round trip: A -> B -> A, or B -> A -> B."""
        count = max(1, min(n, 64))
        given = self.held_out("a" if direction == "ab" else "b", count, max(0, start)).images
        if not len(given):
            raise UsageError(f"--start {start}: there are fewer held-out images than that.")
        there, back = self.cycle(net, signed_images(given), direction)
        rows = np.concatenate([to_pixels(x) for x in (given.float() / 255, there, back)])
        names, error = self.names(direction), float((back - given.float() / 255).abs().mean())
        title = f"{names[0]} -> {names[1]} -> {names[0]}; mean error of the round trip {error:.3f} (images in [0, 1])"
        return Images(rows, columns=len(given), scale=self.scale(), title=title)

    def names(self, direction: Direction) -> tuple[str, str]:
        names = self.domains("test").names
        return names if direction == "ab" else (names[1], names[0])

    @view(live=True)
    def translate(
        self, net: Any, index: Choice = 0, pixels: str = "", file: str = "", direction: Direction = "ab", style: str = "", seed: Seed = 0
    ) -> Images:
        """An image and its translation: a held-out image, a file, or pixels (base64 of size * size * 3 bytes); with a style where
        G takes one."""
        given = self.given_picture(net, "a" if direction == "ab" else "b", index, pixels, file)
        drawn = self.translated(net, given, direction, self.style_of(net, style, seed) if direction == "ab" else None)
        return Images(np.concatenate([to_pixels(0.5 + 0.5 * given), to_pixels(drawn)]), ["input", "translated"], 2, self.scale(256))

    @view(live=True)
    def styles(self, net: Any, n: Count = 10, images: Count = 6, seed: Seed = 0) -> Images:
        """Held-out images of A (left), each drawn in the styles of n held-out pictures of B (above): one column per style."""
        if not self.config.style:
            raise UsageError("This model has no style code: it was trained with --style 0.")
        columns, given = max(1, min(n, 32)), self.held_out("a", max(1, min(images, 32))).images
        styles, pictures = self.real_styles(net, columns, seed), self.drawn_pictures(columns, seed)
        rows = [to_pixels(torch.zeros_like(given[:1], dtype=torch.float32)), to_pixels(pictures.float() / 255)]
        for i in range(len(given)):
            one = given[i : i + 1]
            drawn = self.translated(net, signed_images(one.expand(columns, -1, -1, -1)), "ab", styles)
            rows += [to_pixels(one.float() / 255), to_pixels(drawn)]
        return Images(np.concatenate(rows), columns=columns + 1, scale=self.scale(64))

    @view(live=True)
    def style(self, net: Any, seed: Seed = 0) -> Bars:
        """The style code of a held-out picture of B, chosen by the seed."""
        if not self.config.style:
            raise UsageError("This model has no style code: it was trained with --style 0.")
        numbers = self.real_styles(net, 1, seed)[0].float().cpu().numpy()
        return Bars([str(i) for i in range(len(numbers))], numbers, title="style code of a held-out picture")

    @view(live=True)
    def verdict(self, net: Any, direction: Direction = "ab", n: Count = 6, start: Index = 0) -> Images:
        """PatchGAN's score of each patch of real images (above) and translated ones (below): green for real, red for generated;
        the number is the mean score."""
        source, target = ("a", "b") if direction == "ab" else ("b", "a")
        count = max(1, min(n, 32))
        real = self.held_out(target, count, max(0, start)).images.float() / 255  # type: ignore[arg-type]
        given = self.held_out(source, count, max(0, start)).images  # type: ignore[arg-type]
        fake = self.translated(net, signed_images(given), direction)
        d = net["d"][target]
        rows, captions = [], []
        for images in (real, fake):
            scores = d((2 * images - 1).contiguous(memory_format=torch.channels_last))
            maps = [verdict_map(d, scores[i : i + 1], self.settings.size) for i in range(len(images))]
            rows.append(to_pixels(images))
            rows.append(np.stack([verdict_overlay(x, m, boundary(self.config.loss)) for x, m in zip(images, maps, strict=True)]))
            captions += [""] * len(images) + [f"{float(score):.2f}" for score in scores.mean((1, 2, 3))]
        title = f"D of {self.names(direction)[1]}: real above, translated below; the number is the mean score (1 real, 0 generated)"
        return Images(np.concatenate(rows), captions, columns=len(given), scale=self.scale(), title=title)

    @view
    def pool(self, domain: Literal["a", "b"] = "b", n: Count = 50) -> Images:
        """The pool of past generated images that the discriminator of a domain sees again."""
        pool = self.pools[0 if domain == "a" else 1]
        if not pool.count:
            raise UsageError("The pool is empty: there was no step yet, or --pool is 0.")
        kept = pool.images[: min(pool.count, max(1, n))].float()
        return Images(to_pixels(0.5 + 0.5 * kept), columns=10, scale=self.scale(64), title=f"{pool.count} of {pool.size} images")

    # -- figures ---------------------------------------------------------------------------------------------------

    @torch.no_grad()
    def evaluate(self, **options: Any) -> dict[str, Any]:
        """Cycle errors on all held-out images, and what classifiers say of their translations; see `lab.quality.translation`."""
        from lab.quality.translation import judge_translations

        net, cycle_errors, translations = self.serving(), {}, {}
        for direction, domain in (("ab", "a"), ("ba", "b")):
            held = self.held_out(domain)  # type: ignore[arg-type]
            parts = [self.cycle(net, signed_images(part), direction) for part in held.images.split(BATCH)]  # type: ignore[arg-type]
            translations[direction] = torch.cat([there for there, _ in parts])
            back = torch.cat([back for _, back in parts])
            cycle_errors[f"cycle_l1_{domain}"] = float((back - held.images.float() / 255).abs().mean())
        return {
            **cycle_errors,
            **judge_translations(self.domains("train"), self.domains("test"), translations, self.config.subject, self.settings.size),
        }
