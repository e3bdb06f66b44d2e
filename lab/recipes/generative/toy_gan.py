"""A GAN of points in the plane (Goodfellow et al. 2014), small enough to be seen whole: GAN Lab (Kahng et al. 2018)."""

from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from lab.answers import Curves, Landscape, Text
from lab.experiment import Experiment, Metrics, State, view
from lab.parameters import Count, Seed, Side
from lab.recipes.generative.diagnosis import ADVICE, CHECK_EVERY, Diagnosis, shown, spread
from lab.recipes.generative.generative import Seeds
from lab.recipes.generative.toy_config import ToyGANConfig
from lab.recipes.generative.toy_views import EXTENT, MEASURED, ToyPoints, flat, lattice, places
from lab.seeding import seeded
from lab.state import Attribute, Tree
from models.generative.gan_losses import discriminator_loss, generator_loss, gradient_penalty, r1_penalty, threshold
from models.generative.toy import ToyGAN as Networks

ARROWS = 120
"""Generated points at which the gradient is shown."""
LONGEST = 0.35
"""Length of the longest arrow."""
NO_BOUND = ("wasserstein", "hinge", "lsgan")
"""Losses whose scores are no log-odds."""
TOY_ADVICE = {
    **ADVICE,
    "collapse": "Mode collapse: the generated points differ from each other only {value:.0%} as much as real ones do. Try a higher --r1, more units in --d-hidden or a lower --g-learning-rate.",
    "dead_d": "D has won: it tells {value:.0%} of real and generated points apart, so G learns little. Try a lower --d-learning-rate or a higher --r1.",
    "weak_d": "D is guessing: it gets {value:.0%} right. Where the generated points lie on the real ones G has won, and training can stop; else G's loss is uninformative: try a higher --d-learning-rate or --d-steps 2.",
    "not_finite": "A value is NaN or infinite ({value}). Lower the learning rates.",
}  # fmt: skip
"""The sentences of the signs, with what to try here."""


class ToyGAN(Experiment):
    """One step is k steps of D and one of G."""

    log_every: ClassVar[int] = 100
    checkpoint_every: ClassVar[int] = 5_000
    headline: ClassVar[tuple[str, ...]] = ("losses/discriminator", "losses/generator", "charts/d_real_accuracy", "charts/d_fake_accuracy")

    def __init__(self, config: ToyGANConfig, device: torch.device):
        super().__init__(config, device)
        self.config: ToyGANConfig = config
        self.seeds = Seeds.of(config.seed, device)
        self.points = ToyPoints(config, device, self.seeds.order)
        with seeded(self.seeds.weights):
            nets = Networks(self.points.dimensions, config.latent, config.widths, config.d_widths)
        self.nets = nets.to(device)
        self.g_adam, self.d_adam = (
            torch.optim.Adam(net.parameters(), rate, (config.beta1, 0.999), fused=True)
            for net, rate in ((self.nets.g, config.g_learning_rate), (self.nets.d, config.d_learning_rate))
        )
        self.diagnosis = Diagnosis(device, TOY_ADVICE)

    def step(self) -> Metrics:
        c = self.config
        for _ in range(c.d_steps):
            real, z = self.points.batch(), torch.randn(c.batch_size, c.latent, generator=self.seeds.noise, device=self.device)
            fake = self.nets.g(z)
            metrics = self.d_step(real, fake.detach())
        real_scores = self.nets.d(real) if c.loss == "relativistic" else None
        loss = generator_loss(c.loss, self.nets.d(fake), real_scores)
        self.g_adam.zero_grad()
        loss.backward(inputs=list(self.nets.g.parameters()))
        self.g_adam.step()
        self.steps += 1
        self.diagnose(metrics)
        return {**metrics, "losses/generator": loss.detach()}

    def diagnose(self, metrics: Metrics) -> None:
        """Look for trouble in the metrics of a step's last D step; log what there is every `CHECK_EVERY` steps."""
        values: dict[str, Any] = {"d_loss": metrics["losses/discriminator"]}
        if (on_fake := metrics.get("charts/d_fake_accuracy")) is not None:
            values |= {"d_accuracy": 0.5 * (metrics["charts/d_real_accuracy"] + on_fake), "d_fake_accuracy": on_fake}
        self.diagnosis.see(**values)
        if self.steps % CHECK_EVERY == 0:
            self.diagnosis.tell(self.diagnosis.warnings(self.diversity()), self.steps)

    @torch.no_grad()
    def diversity(self) -> float:
        """How much generated points differ from each other, as a share of how much real ones do."""
        return float(spread(self.generated(self.nets, MEASURED, 0)).cpu() / spread(self.points.shown(MEASURED)))

    def d_step(self, real: Tensor, fake: Tensor) -> Metrics:
        c = self.config
        real_scores, fake_scores = self.nets.d(real), self.nets.d(fake)
        loss = discriminator_loss(c.loss, real_scores, fake_scores)
        total = loss
        if c.r1:
            total = total + c.r1 * r1_penalty(self.nets.d, real)
            if c.loss == "relativistic":
                total = total + c.r1 * r1_penalty(self.nets.d, fake)
        if c.gradient_penalty:
            share = torch.rand(len(real), 1, generator=self.seeds.noise, device=self.device)
            total = total + c.gradient_penalty * gradient_penalty(self.nets.d, real, fake, share)
        self.d_adam.zero_grad()
        total.backward()
        self.d_adam.step()
        metrics: Metrics = {"losses/discriminator": loss.detach()}
        if c.loss == "wasserstein":
            return metrics
        on_real, on_fake = self.accuracies(real_scores.detach(), fake_scores.detach())
        return {**metrics, "charts/d_real_accuracy": on_real, "charts/d_fake_accuracy": on_fake}

    def accuracies(self, real: Tensor, fake: Tensor) -> tuple[Tensor, Tensor]:
        """The shares of D's scores (N,) of real and of generated points that are right, 0-d tensors; a critic has none."""
        limit = threshold(self.config.loss, real, fake)
        return (real > limit).float().mean(), (fake <= limit).float().mean()

    # -- the contract ----------------------------------------------------------------------------------------------

    def serving(self) -> nn.Module:
        return self.nets

    def stateful(self) -> Tree:
        return {
            "nets": self.nets, "g_adam": self.g_adam, "d_adam": self.d_adam, "steps": Attribute(self, "steps"),
            "generators": {"points": self.seeds.order, "noise": self.seeds.noise}, "diagnosis": self.diagnosis,
        }  # fmt: skip

    def restore(self, state: State) -> None:
        super().restore({"diagnosis": {"averages": {}, "seen": {}}, **state})  # Older runs stored none.

    @torch.no_grad()
    def evaluate(self, **options: Any) -> dict[str, Any]:
        points = self.generated(self.nets, options.get("samples", MEASURED), 0)
        figures = self.points.figures(points)
        if self.config.loss == "wasserstein":
            return figures
        real = self.points.shown(len(points), 1).to(self.device)
        on_real, on_fake = self.accuracies(self.nets.d(real), self.nets.d(points))
        on_both = 0.5 * (on_real + on_fake)  # What tells: a flat D calls all points the same, real or generated.
        return {**figures, **{f"d_{name}accuracy": float(value) for name, value in (("", on_both), ("real_", on_real), ("fake_", on_fake))}}

    def generated(self, nets: Any, count: int, seed: int) -> Tensor:
        z = torch.randn(count, self.config.latent, generator=torch.Generator().manual_seed(seed)).to(self.device)
        return nets.g(z)

    # -- views -----------------------------------------------------------------------------------------------------

    @view(live=True)
    def landscape(self, nets: Any, n: Count = 400, seed: Seed = 0, side: Side = 48) -> Landscape:
        """Real and generated points over what D thinks of each place (green is real), with the gradient that D gives the generated ones."""
        real, fake = self.points.shown(n), self.generated(nets, n, seed)
        where = lattice(side, self.device)[:, : self.points.dimensions]
        scores = nets.d(where).view(side, side)
        with torch.enable_grad():
            at = fake[:ARROWS].detach().requires_grad_()
            (gradient,) = torch.autograd.grad(nets.d(at).sum(), at)
        length = gradient.norm(dim=1).max().clamp(min=1e-6)
        arrows = torch.cat([torch.from_numpy(flat(at)), torch.from_numpy(flat(LONGEST * gradient / length))], 1).numpy()
        surface = scores if self.config.loss in NO_BOUND else scores.sigmoid()
        if self.config.loss == "relativistic":  # Only differences of scores mean anything.
            surface = (scores - scores.mean()).sigmoid()
        return Landscape(
            {"real": flat(real), "generated": flat(fake)}, EXTENT, surface.float().cpu().numpy(), arrows,
            title=f"D between {float(surface.min()):.2f} and {float(surface.max()):.2f}",
        )  # fmt: skip

    @view
    def warnings(self) -> Text:
        """Signs of trouble in training, and what to try."""
        return shown(self.diagnosis.warnings(self.diversity()))

    @view(live=True)
    def densities(self, nets: Any, n: Count = 4000) -> Curves:
        """The distributions of real and generated points along x and what D thinks of each place there: D flattens as they come together."""
        where = torch.zeros(len(places()), self.points.dimensions, device=self.device)
        where[:, 0] = torch.from_numpy(places()).float()
        scores = nets.d(where)
        thinks = scores if self.config.loss in NO_BOUND else scores.sigmoid()
        return self.points.densities(self.points.shown(n), self.generated(nets, n, 0), {"D": thinks.float().cpu().numpy()})
