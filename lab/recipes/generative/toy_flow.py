"""A rectified flow of points in the plane (Liu et al. 2023), whose ways one can see."""

import copy
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor, nn

from lab.answers import Curves, Landscape
from lab.experiment import Experiment, Metrics, view
from lab.parameters import Count, Seed, Share, Side
from lab.recipes.generative.generative import Seeds
from lab.recipes.generative.toy_config import ToyFlowConfig
from lab.recipes.generative.toy_views import EXTENT, MEASURED, REACH, ToyPoints, flat, lattice
from lab.seeding import seeded
from lab.state import Attribute, Tree
from models.generative.flow import integrate, training_times
from models.generative.toy import ToyVelocity

LONGEST = 0.3
"""Length of the longest arrow."""
BOTTOM, TOP = -2.7, 1.5
"""The heights at which times 0 and 1 are drawn of points on a line; above them is room for the names of the groups."""
TIMES = (0.0, 0.25, 0.5, 0.75, 1.0)
REAL_AT = 1.04
"""The time at whose height real ones are drawn: a little above the end of the ways, where generated points would cover them."""


class ToyFlow(Experiment):
    """One step is one mini-batch."""

    log_every: ClassVar[int] = 100
    checkpoint_every: ClassVar[int] = 5_000
    headline: ClassVar[tuple[str, ...]] = ("losses/flow",)

    def __init__(self, config: ToyFlowConfig, device: torch.device):
        super().__init__(config, device)
        self.config: ToyFlowConfig = config
        self.seeds = Seeds.of(config.seed, device)
        self.points = ToyPoints(config, device, self.seeds.order)
        with seeded(self.seeds.weights):
            net = ToyVelocity(self.points.dimensions, config.widths)
        self.net = net.to(device)
        self.average = copy.deepcopy(self.net).requires_grad_(False)
        self.adam = torch.optim.Adam(self.net.parameters(), config.learning_rate, fused=True)

    def step(self) -> Metrics:
        data = self.points.batch()
        noise = torch.randn(data.shape, generator=self.seeds.noise, device=self.device)
        t = training_times(self.config.times, torch.randn(len(data), generator=self.seeds.noise, device=self.device))
        x = torch.lerp(noise, data, t[:, None])
        loss = (self.net(x, t) - (data - noise)).square().sum(1).mean()
        self.adam.zero_grad()
        loss.backward()
        self.adam.step()
        with torch.no_grad():
            share = 1 - min(self.config.ema, (1 + self.steps) / (10 + self.steps))
            torch._foreach_lerp_(list(self.average.parameters()), list(self.net.parameters()), share)
        self.steps += 1
        return {"losses/flow": loss.detach()}

    # -- the contract ----------------------------------------------------------------------------------------------

    def serving(self) -> nn.Module:
        return self.average

    def stateful(self) -> Tree:
        return {
            "net": self.net, "average": self.average, "adam": self.adam, "steps": Attribute(self, "steps"),
            "generators": {"points": self.seeds.order, "noise": self.seeds.noise},
        }  # fmt: skip

    @torch.no_grad()
    def evaluate(self, **options: Any) -> dict[str, Any]:
        count = options.get("samples", MEASURED)
        return {**self.points.figures(self.moved(self.average, self.noise(count, 0))), "evaluations": self.config.evaluations}

    def noise(self, count: int, seed: int) -> Tensor:
        return torch.randn(count, self.points.dimensions, generator=torch.Generator().manual_seed(seed)).to(self.device)

    def moved(self, net: Any, x: Tensor, start: float = 0.0, end: float = 1.0, evaluations: int = 0) -> Tensor:
        """x (N, d) moved along the velocity from `start` to `end`."""

        def velocity(x: Tensor, t: float) -> Tensor:
            return net(x, torch.full((len(x),), t, device=x.device))

        return integrate(velocity, x, evaluations or self.config.evaluations, "euler", start, end)

    # -- views -----------------------------------------------------------------------------------------------------

    @view(live=True)
    def landscape(
        self, net: Any, t: Share = 1.0, n: Count = 400, seed: Seed = 0, ways: Count = 60, evaluations: Count = 50, side: Side = 15
    ) -> Landscape:
        """Points on their way from noise at time t, the ways of some of them so far, and the velocity at each place at that time.

        Of points on a line, up is time: noise is drawn at the bottom, real points at the top, the others at the height of t; the arrows are
        the velocity at each place and time.
        """
        steps = max(1, min(evaluations, 200))
        taken = max(1, round(t * steps)) if t else 0
        points = [self.noise(n, seed)]
        for step in range(taken):
            points.append(self.moved(net, points[-1], step / taken * t, (step + 1) / taken * t, 1))
        paths = np.stack([placed(x[:ways], i / max(1, taken) * t) for i, x in enumerate(points)], 1)
        groups = {"real": placed(self.points.shown(n), REAL_AT), "noise": placed(points[0], 0.0), "generated": placed(points[-1], t)}
        if not taken:
            del groups["generated"]
        title, heights = f"t = {t:.2f}, {taken} evaluation{'s' if taken != 1 else ''}", dict[float, str]()
        if self.points.dimensions == 1:
            title += "; up is time, from noise to points"
            heights = {height(time): f"t = {time:g}" for time in TIMES}
        return Landscape(groups, EXTENT, arrows=self.arrows(net, t, side), paths=paths, title=title, heights=heights)

    def arrows(self, net: Any, t: float, side: int) -> np.ndarray:
        """The velocity over the plane that is shown, as arrows (side^2, 4): at time t; of points on a line, at each height's own time."""
        where = lattice(side, self.device)
        times = torch.full((len(where),), t, device=self.device)
        if self.points.dimensions == 1:
            times = (where[:, 1] + REACH) / (2 * REACH)
            where[:, 1] = height(times)
        way = net(where[:, : self.points.dimensions], times.clamp(max=0.99))
        if self.points.dimensions == 1:
            way = torch.cat([way, torch.full_like(way, TOP - BOTTOM)], 1)  # In a unit of time a point goes from the bottom to the top.
        length = way.norm(dim=1).max().clamp(min=1e-6)
        return torch.cat([where, LONGEST * way / length], 1).float().cpu().numpy()

    @view(live=True)
    def densities(self, net: Any, n: Count = 4000, t: Share = 1.0) -> Curves:
        """The distributions along x of real points and of those on their way at time t."""
        return self.points.densities(self.points.shown(n), self.moved(net, self.noise(n, 0), end=t) if t else self.noise(n, 0), {})


def placed(points: Tensor, time: float) -> np.ndarray:
    """(N, d) -> (N, 2): points on a line lie at the height of their time, others where they are."""
    array = flat(points)
    if points.shape[1] == 1:
        array[:, 1] = height(time)
    return array


def height(time: Any) -> Any:
    """Where points on a line are drawn at a time, a number or a tensor, from 0 to 1."""
    return BOTTOM + (TOP - BOTTOM) * time
