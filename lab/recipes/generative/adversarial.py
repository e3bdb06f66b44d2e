"""Adversarial training (Goodfellow et al. 2014): k steps of D, then one of G. Read first: `Adversarial.step`.

D learns to tell real images from generated ones, G to make images that D takes for real. G's last batch for D is reused in G's own step.
The averaged G (EMA) is what views, samples and evaluation use.
"""

import copy
from functools import partial
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor, nn

from lab.answers import Curves
from lab.device import autocast, compute_dtype
from lab.experiment import Experiment, Metrics, view
from lab.parameters import Count
from lab.recipes.generative.direction_views import DirectionViews
from lab.recipes.generative.generative import Seeds, exported, newest_picture, shared_state
from lab.recipes.generative.generative_config import AdversarialConfig
from lab.recipes.generative.image_feed import ImageFeed
from lab.recipes.generative.inversion_views import InversionViews
from lab.recipes.generative.latent_views import LatentViews
from lab.recipes.generative.pixels import signed_images
from lab.recipes.generative.sample_monitor import SampleMonitor
from lab.seeding import seeded
from lab.state import Attribute, Tree
from models.generative.gan_losses import discriminator_loss, generator_loss, r1_penalty, threshold
from models.kernels.cuda_graphs import CapturedSteps
from models.kernels.flat_parameters import FlatAdam, FlatNetwork
from models.processes import group


class Adversarial(Experiment):
    """Base of the GANs: a recipe builds G and D."""

    log_every: ClassVar[int] = 50
    checkpoint_every: ClassVar[int] = 2_000
    headline: ClassVar[tuple[str, ...]] = ("losses/discriminator", "losses/generator", "charts/d_real_accuracy", "charts/d_fake_accuracy")
    memory_settings: ClassVar[tuple[str, ...]] = ("batch_size", "size", "features")
    view_parts: ClassVar[dict[str, type]] = {
        "monitor": SampleMonitor, "latent": LatentViews, "inversion": InversionViews, "directions": DirectionViews,
    }  # fmt: skip
    conditional: ClassVar[bool] = False
    newest_picture, exported = newest_picture, exported

    def __init__(self, config: AdversarialConfig, device: torch.device):
        super().__init__(config, device)
        self.settings = config
        self.autocast = partial(autocast, device, compute_dtype(config.precision, device))
        self.seeds = Seeds.of(config.seed, device)
        self.feed = ImageFeed(config, device, self.seeds.order, self.remembered)
        with seeded(self.seeds.weights):
            g, d = self.build()
        g, d = (net.to(device).to(memory_format=torch.channels_last) for net in (g, d))  # type: ignore[call-overload]
        average = copy.deepcopy(g)
        self.g, self.d = FlatNetwork(g, torch.float32), FlatNetwork(d, torch.float32)
        self.average = FlatNetwork(average, torch.float32, trainable=False)
        self.average.master.eval()
        self.average.copy_from(self.g)
        betas = (config.beta1, config.beta2)
        self.g_optimizer = FlatAdam(self.g, config.g_learning_rate, 1e-8, betas)
        self.d_optimizer = FlatAdam(self.d, config.d_learning_rate, 1e-8, betas)
        self.d_count = 0
        self.captured = CapturedSteps(device, self.changing, [self.seeds.noise])
        self.monitor = SampleMonitor(config, self.feed, self.average.master, self.conditional, self.autocast)
        self.latent = LatentViews(config, self.feed)
        self.inversion = InversionViews(self.latent)
        self.directions = DirectionViews(self.latent)

    def build(self) -> tuple[nn.Module, nn.Module]:
        """(G, D), with weights drawn from PyTorch's default generator."""
        raise NotImplementedError

    # -- training --------------------------------------------------------------------------------------------------

    def read_data(self) -> None:
        self.feed.read_own()

    def step(self) -> Metrics:
        c, metrics = self.settings, dict[str, Any]()
        for turn in range(c.d_steps):
            last = turn == c.d_steps - 1
            metrics = self.captured((last, self.penalised), partial(self.turn, last), *self.feed.batch())
            self.d_count += 1
            self.diagnose(metrics, last)
        self.average.follow(self.g, c.ema, self.steps)
        self.steps += 1
        return {**metrics, **self.monitor.after_step(self.steps)}

    def turn(self, last: bool, images: Tensor, labels: Tensor) -> Metrics:
        """One step of D on a batch, and in the `last` turn one of G."""
        given = labels if self.conditional else None
        real = signed_images(images)
        with torch.set_grad_enabled(last), self.autocast():
            fake = self.generated(len(real), given)
        metrics = self.d_step(real, fake.detach(), given)
        return metrics | self.g_step(fake, real, given) if last else metrics

    @property
    def penalised(self) -> bool:
        """Whether D's next step has the penalty R1."""
        return bool(self.settings.r1) and self.d_count % self.settings.r1_every == 0

    def changing(self) -> list[Tensor]:
        """The tensors that a turn changes."""
        buffers = [*self.g.master.buffers(), *self.d.master.buffers()]
        return [*self.g_optimizer.changing, *self.d_optimizer.changing, *buffers]

    def diagnose(self, metrics: Metrics, last: bool) -> None:
        """Look for trouble in a turn's metrics."""
        see = self.monitor.diagnosis.see
        see(d_loss=metrics["losses/discriminator"])
        if (on_fake := metrics.get("charts/d_fake_accuracy")) is not None:
            see(d_accuracy=0.5 * (metrics["charts/d_real_accuracy"] + on_fake), d_fake_accuracy=on_fake)
        if last:
            see(g_gradient=metrics["charts/g_gradient_norm"], g_loss=metrics["losses/generator"])

    def generated(self, count: int, labels: Tensor | None) -> Tensor:
        """`count` images of G in training (B, C, H, W)."""
        return self.g.master(self.normal(count, self.settings.latent), labels)

    def normal(self, *shape: int) -> Tensor:
        return group.drawn(shape[0], lambda count: torch.randn(count, *shape[1:], generator=self.seeds.noise, device=self.device))

    def d_step(self, real: Tensor, fake: Tensor, labels: Tensor | None) -> Metrics:
        """One step of D. Real and generated images pass separately: batch norm would see a mixture."""
        c = self.settings
        with self.autocast():
            real_scores, fake_scores = self.d.master(real, labels).float(), self.d.master(fake, labels).float()
        loss = discriminator_loss(c.loss, real_scores, fake_scores, c.label_smoothing)
        total = loss + self.penalty(real, fake, labels)
        gradient = self.d.backward(total)
        self.d_optimizer.step(gradient)
        metrics = {"losses/discriminator": loss.detach(), "charts/d_gradient_norm": gradient.norm()}
        if c.loss == "wasserstein":  # A critic's scores have no threshold, so there is no accuracy.
            return metrics
        limit = threshold(c.loss, real_scores.detach(), fake_scores.detach())
        on_real, on_fake = (real_scores.detach() > limit).float().mean(), (fake_scores.detach() <= limit).float().mean()
        return {**metrics, "charts/d_real_accuracy": on_real, "charts/d_fake_accuracy": on_fake}

    def penalty(self, real: Tensor, fake: Tensor, labels: Tensor | None) -> Tensor | float:
        """The penalty added to D's loss: R1, and with the relativistic loss R2, computed every `r1_every` steps and weighted by that number."""
        c = self.settings
        if not self.penalised:
            return 0.0
        if c.loss != "relativistic":
            return c.r1 * c.r1_every * r1_penalty(lambda x: self.d.master(x, labels), real)
        with self.autocast():
            both = r1_penalty(lambda x: self.d.master(x, labels).float(), torch.cat([real, fake.float()]))
        return 2 * c.r1 * c.r1_every * both  # The mean over twice as many images.

    def g_step(self, fake: Tensor, real: Tensor, labels: Tensor | None) -> Metrics:
        """One step of G on the images that it drew, D held fixed."""
        self.d.master.requires_grad_(False)
        with self.autocast():
            scores = self.d.master(fake, labels).float()
        loss = self.g_loss(scores, real, labels)
        gradient = self.g.backward(loss)
        self.d.master.requires_grad_(True)
        self.g_optimizer.step(gradient)
        return {"losses/generator": loss.detach(), "charts/g_gradient_norm": gradient.norm()}

    def g_loss(self, scores: Tensor, real: Tensor, labels: Tensor | None) -> Tensor:
        """G's loss, given D's scores of its images; the relativistic loss compares them with those of real ones."""
        if self.settings.loss != "relativistic":
            return generator_loss(self.settings.loss, scores)
        with torch.no_grad(), self.autocast():
            real_scores = self.d.master(real, labels).float()
        return generator_loss("relativistic", scores, real_scores)

    # -- the contract ----------------------------------------------------------------------------------------------

    def serving(self) -> nn.Module:
        return self.average.master

    def stateful(self) -> Tree:
        return {
            "g": self.g, "d": self.d, "average": self.average, "g_adam": self.g_optimizer, "d_adam": self.d_optimizer,
            "d_count": Attribute(self, "d_count"), **shared_state(self, self.feed, self.seeds.noise, self.monitor),
        }  # fmt: skip

    def evaluate(self, **options: Any) -> dict[str, Any]:
        return self.monitor.quality(**options)

    # -- views -----------------------------------------------------------------------------------------------------

    @view
    def scores(self, n: Count = 256, bins: Count = 30) -> Curves:
        """Histograms of D's scores of real test images and of G's; they overlap where D cannot tell them apart."""
        data = self.feed.images("test")
        count = max(8, min(n, len(data), 1024))
        labels = data.labels[:count] if self.conditional else None
        z = torch.randn(count, self.settings.latent, generator=torch.Generator().manual_seed(0)).to(self.device)
        d = copy.deepcopy(self.d.master)  # In training mode this would change D's running statistics.
        real_scores, fake_scores = d(signed_images(data.images[:count]), labels).float(), d(self.average.master(z, labels), labels).float()
        limit = float(threshold(self.settings.loss, real_scores, fake_scores))
        real, fake = real_scores.cpu().numpy(), fake_scores.cpu().numpy()
        edges = np.linspace(min(real.min(), fake.min()), max(real.max(), fake.max()) + 1e-6, max(4, min(bins, 200)) + 1)
        middles = 0.5 * (edges[1:] + edges[:-1])
        lines = {"real": (middles, np.histogram(real, edges)[0]), "generated": (middles, np.histogram(fake, edges)[0])}
        if self.settings.loss == "wasserstein":
            return Curves(
                lines,
                x_label="the critic's score",
                y_label="images",
                title=f"means {real.mean():.2f} (real) and {fake.mean():.2f}",
                filled=True,
            )
        title = f"D is right on {(real > limit).mean():.0%} of real and {(fake <= limit).mean():.0%} of generated images"
        return Curves(lines, x_label="D's score", y_label="images", title=title, filled=True)
