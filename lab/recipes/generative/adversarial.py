"""Adversarial training (Goodfellow et al. 2014): k steps of D, then one of G. Read first: `Adversarial.step`.

D learns to tell real images from G's, G to be taken for real. The last batch that G draws for D serves G's own step too.
The averaged G (EMA) is what views, samples and evaluation use.
"""

import copy
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor, nn

from lab.answers import Curves
from lab.checkpoint import serving_weights
from lab.experiment import Metrics, State, view
from lab.recipes.generative.generative import signed_images
from lab.recipes.generative.generative_config import AdversarialConfig
from lab.recipes.generative.latent_views import LatentViews
from lab.seeding import seeded
from models.generative.gan_losses import boundary, discriminator_loss, generator_loss, r1_penalty
from models.kernels.flat_parameters import FlatAdam, FlatNetwork


class Adversarial(LatentViews):
    """Base of the GANs: a recipe builds G and D."""

    log_every: ClassVar[int] = 50
    headline: ClassVar[tuple[str, ...]] = ("losses/discriminator", "losses/generator", "charts/d_real_accuracy", "charts/d_fake_accuracy")

    def __init__(self, config: AdversarialConfig, device: torch.device):
        super().__init__(config, device)
        self.adversarial = config
        with seeded(self.network_seed):
            g, d = self.build()
        g, d = (net.to(device).to(memory_format=torch.channels_last) for net in (g, d))  # type: ignore[call-overload]
        average = copy.deepcopy(g)
        self.g, self.d = FlatNetwork(g, torch.float32), FlatNetwork(d, torch.float32)
        self.average = FlatNetwork(average, torch.float32, trainable=False)
        self.average.master.eval()
        self.average.copy_from(self.g)
        betas = (config.beta1, 0.999)
        self.g_optimizer = FlatAdam(self.g, config.g_learning_rate, 1e-8, betas)
        self.d_optimizer = FlatAdam(self.d, config.d_learning_rate, 1e-8, betas)
        self.d_count = 0

    def build(self) -> tuple[nn.Module, nn.Module]:
        """(G, D), their weights drawn from the generator in force."""
        raise NotImplementedError

    # -- training --------------------------------------------------------------------------------------------------

    def step(self) -> Metrics:
        c, metrics = self.adversarial, dict[str, Any]()
        for turn in range(c.d_steps):
            images, labels = self.batch()
            given = labels if self.conditional else None
            real = signed_images(images)
            z = self.normal(len(real), c.latent)
            with torch.set_grad_enabled(turn == c.d_steps - 1), self.autocast():
                fake = self.g.master(z, given)
            metrics |= self.d_step(real, fake.detach(), given)
        metrics |= self.g_step(fake, given)
        self.follow()
        self.after_step()
        return {**metrics, **self.quality_metrics()}

    def d_step(self, real: Tensor, fake: Tensor, labels: Tensor | None) -> Metrics:
        """One step of D. Real and generated images pass separately: batch norm would see a mixture."""
        c = self.adversarial
        with self.autocast():
            real_scores, fake_scores = self.d.master(real, labels).float(), self.d.master(fake, labels).float()
        loss = discriminator_loss(c.loss, real_scores, fake_scores, c.label_smoothing)
        total = loss + self.penalty(real, fake, labels)
        gradient = self.d.backward(total)
        self.d_optimizer.step(gradient)
        self.d_count += 1
        self.diagnosis.see(d_loss=loss)
        metrics = {"losses/discriminator": loss.detach(), "charts/d_gradient_norm": gradient.norm()}
        if c.loss == "wasserstein":  # A critic's scores have no zero: there is nothing to be right about.
            return metrics
        threshold = boundary(c.loss)
        on_real, on_fake = (real_scores.detach() > threshold).float().mean(), (fake_scores.detach() <= threshold).float().mean()
        self.diagnosis.see(d_accuracy=0.5 * (on_real + on_fake), d_fake_accuracy=on_fake)
        return {**metrics, "charts/d_real_accuracy": on_real, "charts/d_fake_accuracy": on_fake}

    def penalty(self, real: Tensor, fake: Tensor, labels: Tensor | None) -> Tensor | float:
        """What is added to D's loss: R1, every `r1_every` steps and then as many times as strong."""
        c = self.adversarial
        if not c.r1 or self.d_count % c.r1_every:
            return 0.0
        return c.r1 * c.r1_every * r1_penalty(lambda x: self.d.master(x, labels), real)

    def g_step(self, fake: Tensor, labels: Tensor | None) -> Metrics:
        """One step of G on the images that it drew, D held fixed."""
        self.d.master.requires_grad_(False)
        with self.autocast():
            scores = self.d.master(fake, labels).float()
        loss = generator_loss(self.adversarial.loss, scores)
        gradient = self.g.backward(loss)
        self.d.master.requires_grad_(True)
        self.g_optimizer.step(gradient)
        norm = gradient.norm()
        self.diagnosis.see(g_gradient=norm, g_loss=loss)
        return {"losses/generator": loss.detach(), "charts/g_gradient_norm": norm}

    @torch.no_grad()
    def follow(self) -> None:
        """Move the averaged G towards G, in place; in the first steps faster, so that it soon forgets its random start."""
        share = 1 - min(self.adversarial.ema, (1 + self.steps) / (10 + self.steps))
        self.average.weights.lerp_(self.g.weights, share)
        for mine, theirs in zip(self.average.master.buffers(), self.g.master.buffers(), strict=True):
            if mine.is_floating_point():
                mine.lerp_(theirs, share)
            else:
                mine.copy_(theirs)

    # -- the contract ----------------------------------------------------------------------------------------------

    def serving(self) -> nn.Module:
        return self.average.master

    def state(self) -> State:
        return {
            "g": serving_weights(self.g.master), "d": serving_weights(self.d.master), "average": serving_weights(self.average.master),
            "g_adam": self.g_optimizer.state(), "d_adam": self.d_optimizer.state(), "d_count": self.d_count, **self.common_state(),
        }  # fmt: skip

    def restore(self, state: State) -> None:
        for name, net in (("g", self.g), ("d", self.d), ("average", self.average)):
            net.master.load_state_dict(state[name])
        self.g_optimizer.restore(state["g_adam"])
        self.d_optimizer.restore(state["d_adam"])
        self.d_count = state["d_count"]
        self.restore_common(state)

    def evaluate(self, **options: Any) -> dict[str, Any]:
        return self.quality(**({"samples": options["samples"]} if "samples" in options else {}))

    # -- views -----------------------------------------------------------------------------------------------------

    @view
    def scores(self, n: int = 256, bins: int = 30) -> Curves:
        """Histograms of D's scores of real test images and of G's; they overlap where D cannot tell them apart."""
        data = self.images("test")
        count = max(8, min(n, len(data), 1024))
        labels = data.labels[:count] if self.conditional else None
        z = torch.randn(count, self.settings.latent, generator=torch.Generator().manual_seed(0)).to(self.device)
        d = copy.deepcopy(self.d.master)  # Looking in the mode of training would move its running statistics.
        real = d(signed_images(data.images[:count]), labels).float().cpu().numpy()
        fake = d(self.average.master(z, labels), labels).float().cpu().numpy()
        edges = np.linspace(min(real.min(), fake.min()), max(real.max(), fake.max()) + 1e-6, max(4, min(bins, 200)) + 1)
        middles = 0.5 * (edges[1:] + edges[:-1])
        lines = {"real": (middles, np.histogram(real, edges)[0]), "generated": (middles, np.histogram(fake, edges)[0])}
        threshold = boundary(self.adversarial.loss)
        if self.adversarial.loss == "wasserstein":
            return Curves(
                lines,
                x_label="the critic's score",
                y_label="images",
                title=f"means {real.mean():.2f} (real) and {fake.mean():.2f}",
                filled=True,
            )
        title = f"D is right on {(real > threshold).mean():.0%} of real and {(fake <= threshold).mean():.0%} of generated images"
        return Curves(lines, x_label="D's score", y_label="images", title=title, filled=True)
