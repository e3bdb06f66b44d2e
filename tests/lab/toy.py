"""The smallest experiment that has everything a session deals with: weights, a generator, metrics, views."""

import sys
import threading
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from pydantic import Field
from torch import nn

from lab.answers import Table, Text
from lab.checkpoint import serving_weights
from lab.config import Config
from lab.experiment import Experiment, Metrics, Progress, State, view
from lab.registry import Recipe

RECIPE = Recipe("toy", "Test", "Fits a line.", "toy:ToyConfig", "toy:Toy", 50)


def install() -> None:
    """Make the recipe known in this process."""
    from lab import registry

    sys.path.insert(0, str(Path(__file__).parent))
    registry.BUILT_IN = (*(r for r in registry.BUILT_IN if r.name != "toy"), RECIPE)


class ToyConfig(Config):
    """Settings of the toy."""

    learning_rate: float = Field(0.1, gt=0, le=10, description="Step size.")
    batch_size: int = Field(4, ge=1, le=64, description="Points in a step.")
    nan_at: int = Field(-1, ge=-1, le=1000, description="The step whose loss is NaN.")
    fail_at: int = Field(-1, ge=-1, le=1000, description="The step that runs out of memory.")


class Toy(Experiment):
    log_every: ClassVar[int] = 5
    checkpoint_every: ClassVar[int] = 10
    headline: ClassVar[tuple[str, ...]] = ("losses/loss",)

    def __init__(self, config: ToyConfig, device: torch.device):
        super().__init__(config, device)
        self.config: ToyConfig = config
        self.generator = torch.Generator().manual_seed(config.seed)
        self.net = nn.Linear(3, 1).requires_grad_(False)
        for parameter in self.net.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=self.generator))
        self.steps = 0
        self.gate: threading.Semaphore | None = None
        self.stepped = threading.Semaphore(0)
        self.closed = 0

    def step(self) -> Metrics:
        """One step of gradient descent; with a `gate`, only after the test opened it."""
        if self.gate is not None:
            self.gate.acquire()
        if self.steps == self.config.fail_at:
            raise MemoryError
        x = torch.randn(self.config.batch_size, 3, generator=self.generator)
        error = self.net(x) - x.sum(1, keepdim=True)
        self.net.weight -= self.config.learning_rate * (error * x).mean(0)
        self.steps += 1
        if self.steps == self.config.nan_at:
            self.net.weight[0, 1] = float("nan")
        loss = error.square().mean() + 0 * self.net.weight.sum()
        self.stepped.release()
        return {"losses/loss": loss, "charts/score": [float(self.steps)] if self.steps % 4 == 0 else []}

    def progress(self) -> Progress:
        return Progress(self.steps)

    def serving(self) -> nn.Module:
        return self.net

    def state(self) -> State:
        return {"net": serving_weights(self.net), "generator": self.generator.get_state(), "steps": self.steps}

    def restore(self, state: State) -> None:
        self.net.load_state_dict(state["net"])
        self.generator.set_state(state["generator"])
        self.steps = state["steps"]

    def evaluate(self, **options: Any) -> dict[str, Any]:
        return {"distance": float((self.net.weight - 1).abs().max())}

    def close(self) -> None:
        self.closed += 1

    @view
    def weights(self, scale: float = 1.0) -> Table:
        """The weights."""
        return Table(["w"], [[float(w) * scale] for w in self.net.weight[0]])

    @view(live=True)
    def seen(self, net: nn.Linear, note: str = "") -> Text:
        """What the viewer's copy holds."""
        return Text(f"{note}{np.round(net.weight[0].numpy(), 6).tolist()}")

    @view
    def broken(self) -> Text:
        """A view with a defect."""
        raise ZeroDivisionError("a defect in a view")
