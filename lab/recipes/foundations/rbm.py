"""A restricted Boltzmann machine learns handwritten digits by contrastive divergence; stacked, a deep belief network."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor, nn

from lab.answers import Images
from lab.data.load import load_images
from lab.experiment import Experiment, Metrics, view
from lab.parameters import Count, Seed
from lab.recipes.foundations.rbm_config import RBMConfig
from lab.seeding import seeded
from lab.state import Tree, attributes
from models.foundations.rbm import DeepBelief, bits

SIDE, CHAINS = 8, 36
"""Pixels of a digit's side, and how many fantasies are kept."""


class RestrictedBoltzmann(Experiment):
    """One step is one batch for the machine whose turn it is, from below, and one Gibbs step of the fantasies."""

    log_every: ClassVar[int] = 50
    checkpoint_every: ClassVar[int] = 5_000
    headline: ClassVar[tuple[str, ...]] = ("losses/reconstruction",)

    def __init__(self, config: RBMConfig, device: torch.device):
        super().__init__(config, torch.device("cpu"))  # Too small to gain by a GPU.
        self.config: RBMConfig = config
        weights, order = (int(value) for value in np.random.SeedSequence(config.seed).generate_state(2))
        self.order = torch.Generator().manual_seed(order)
        self.digits = load_images("digits", "train", torch.device("cpu")).images.float().flatten(1) / 255  # (N, 64)
        with seeded(weights):
            self.net = DeepBelief([SIDE * SIDE, *config.widths])
        self.fantasy = bits(torch.full((CHAINS, self.net.machine(0).a.numel()), 0.3), self.order)

    @property
    def layer(self) -> int:
        """The machine that is trained now."""
        return min(self.steps // self.config.layer_steps, len(self.net.layers) - 1)

    @torch.no_grad()
    def step(self) -> Metrics:
        c, layer = self.config, self.layer
        chosen = torch.randint(len(self.digits), (c.batch_size,), generator=self.order)
        below = self.net.up(self.digits[chosen], layer)
        machine = self.net.machine(layer)
        v = bits(below, self.order)
        error = machine.contrastive_divergence(v, c.learning_rate, c.k, c.weight_decay, self.order)
        if self.fantasy.shape[1] != machine.a.numel():  # The next machine dreams in the units of the one below it.
            self.fantasy = bits(self.net.up(self.digits[:CHAINS], layer), self.order)
        self.fantasy = bits(machine.gibbs(self.fantasy, self.order), self.order)
        self.steps += 1
        return {"losses/reconstruction": error, "charts/layer": float(layer + 1)}

    # -- the contract ----------------------------------------------------------------------------------------------

    def serving(self) -> nn.Module:
        return self.net

    def stateful(self) -> Tree:
        return {"net": self.net, "generators": {"order": self.order}, **attributes(self, "steps", "fantasy")}

    @torch.no_grad()
    def evaluate(self, **options: Any) -> dict[str, Any]:
        """The squared error of test digits that went up and down again; the free energies' gap to training digits tells overfitting."""
        test = load_images("digits", "test", torch.device("cpu")).images.float().flatten(1) / 255
        again = reconstructed(self.net, test, self.layer)
        first = self.net.machine(0)
        gap = first.free_energy(test).mean() - first.free_energy(self.digits[: len(test)]).mean()
        return {"loss": float((again - test).square().mean()), "free_energy_gap": float(gap), "layers": len(self.net.layers)}

    # -- views -----------------------------------------------------------------------------------------------------

    @view(live=True)
    def filters(self, net: DeepBelief, n: Count = 64) -> Images:
        """The weights of each hidden unit of the first machine as a picture: bright pixels switch it on, dark ones off."""
        return Images(contrast(net.machine(0).w.T[:n]), columns=8, scale=6)

    @view
    def fantasies(self) -> Images:
        """What the machine dreams: chains of Gibbs steps that go on while it learns."""
        return Images(dreamt(self), columns=6, scale=6)

    @view(live=True)
    def reconstructions(self, net: DeepBelief, n: Count = 8, seed: Seed = 0) -> Images:
        """Test digits, and below them what is left of each after going up through all machines and down again."""
        test = load_images("digits", "test", torch.device("cpu")).images.float().flatten(1) / 255
        chosen = test[torch.randperm(len(test), generator=torch.Generator().manual_seed(seed))[:n]]
        both = torch.cat([chosen, reconstructed(net, chosen, self.layer)])
        return Images(pixels(both), columns=len(chosen), scale=6)


def reconstructed(net: DeepBelief, v: Tensor, layer: int) -> Tensor:
    """v (N, visible) after going up through machine `layer` and down again, as probabilities."""
    machine = net.machine(layer)
    return net.down(machine.visible_given(machine.hidden_given(net.up(v, layer))), layer)


def dreamt(experiment: RestrictedBoltzmann) -> np.ndarray:
    """The fantasies as pictures (CHAINS, 8, 8) uint8."""
    layer = experiment.layer
    if experiment.fantasy.shape[1] != experiment.net.machine(layer).a.numel():
        layer -= 1
    machine = experiment.net.machine(layer)
    soft = machine.visible_given(machine.hidden_given(experiment.fantasy))
    return pixels(experiment.net.down(soft, layer))


def pixels(v: Tensor) -> np.ndarray:
    """Probabilities (N, 64) as pictures (N, 8, 8) uint8."""
    return (255 * v).clamp(0, 255).to(torch.uint8).reshape(-1, SIDE, SIDE).numpy()


def contrast(w: Tensor) -> np.ndarray:
    """Weights (N, 64) as pictures (N, 8, 8) uint8, 0 in the middle."""
    return pixels(0.5 + 0.5 * w / w.abs().max().clamp(min=1e-9))


@dataclass(frozen=True)
class RBMFrame:
    """The machine at a moment, as pictures (N, 8, 8) uint8."""

    steps: int
    layer: int
    layers: int
    filters: np.ndarray
    fantasies: np.ndarray
    digits: np.ndarray
    again: np.ndarray
    error: float


@torch.no_grad()
def frame_of(experiment: RestrictedBoltzmann) -> RBMFrame:
    shown = experiment.digits[:12]
    again = reconstructed(experiment.net, shown, experiment.layer)
    return RBMFrame(
        experiment.steps, experiment.layer, len(experiment.net.layers), contrast(experiment.net.machine(0).w.T[:64]), dreamt(experiment),
        pixels(shown), pixels(again), float((shown - again).square().mean()),
    )  # fmt: skip
