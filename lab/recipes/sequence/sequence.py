"""What the recipes for sequences share: one flat network, AdamW, the schedule of the step size, the exact state.

A recipe builds its network, calls `install`, and gives `loss`. Read first: `SequenceExperiment.step`.
"""

import math
from abc import abstractmethod
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor, nn

from lab.checkpoint import serving_weights
from lab.device import compute_dtype
from lab.experiment import Experiment, Metrics, Progress, State
from lab.recipes.sequence.sequence_config import SequenceConfig
from lab.seeding import seeded
from models.dropout import set_generator
from models.kernels.flat_parameters import FlatAdam, FlatNetwork


class SequenceExperiment(Experiment):
    """One step is one mini-batch. `net` holds the fp32 weights; `compute` is the module that runs, in `dtype`."""

    config: SequenceConfig
    log_every = 50
    checkpoint_every = 1_000
    headline: ClassVar[tuple[str, ...]] = ("losses/train", "losses/validation")

    def __init__(self, config: SequenceConfig, device: torch.device):
        super().__init__(config, device)
        self.dtype = compute_dtype(config.precision, device)
        # Weights, data order and dropout have seeds of their own: changing one leaves the others as they were.
        seeds = [int(s.generate_state(1)[0]) for s in np.random.SeedSequence(config.seed).spawn(3)]
        self.seed_of_weights = seeds[0]
        self.generator = torch.Generator().manual_seed(seeds[1])
        self.dropout_generator = torch.Generator(device).manual_seed(seeds[2])
        self.steps = 0

    def install(self, build: Any) -> None:
        """Take the network that `build()` makes, with weights that depend on the seed alone."""
        with seeded(self.seed_of_weights):
            net: nn.Module = build()
        c = self.config
        self.net = net.to(self.device)
        self.flat = FlatNetwork(self.net, self.dtype)
        self.compute: Any = self.flat.compute
        set_generator(self.compute, self.dropout_generator)
        self.optimizer = FlatAdam(self.flat, c.learning_rate, 1e-8, (0.9, c.beta2))
        self.decayed = torch.zeros_like(self.flat.weights)  # 1 where weight decay acts: on matrices.
        start = 0
        for p in self.net.parameters():
            self.decayed[start : start + p.numel()] = float(p.dim() >= 2)
            start += p.numel()

    @property
    def parameter_count(self) -> int:
        return self.flat.weights.numel()

    @abstractmethod
    def loss(self) -> tuple[Tensor, Metrics]:
        """The loss of the next mini-batch, a 0-d tensor, and more metrics."""

    @abstractmethod
    def validation_loss(self, most: int | None = None) -> Tensor:
        """The mean loss on data that training does not see, on at most `most` batches; a 0-d tensor."""

    def step(self) -> Metrics:
        c = self.config
        self.compute.train()
        loss, metrics = self.loss()
        gradient = self.flat.backward(loss)
        norm = gradient.norm()
        if c.max_grad_norm:
            gradient *= (c.max_grad_norm / (norm + 1e-6)).clamp(max=1.0)
        rate = self.learning_rate()
        with torch.no_grad():  # AdamW: the decay goes past Adam's averages (Loshchilov & Hutter 2019).
            self.flat.weights.addcmul_(self.flat.weights, self.decayed, value=-rate * c.weight_decay)
        self.optimizer.set_learning_rate(rate)
        self.optimizer.step(gradient)
        self.flat.sync()
        self.steps += 1
        found = {"losses/train": loss.detach(), "charts/grad_norm": norm, "charts/learning_rate": rate, **metrics}
        if c.validate_every and self.steps % c.validate_every == 0:
            with torch.no_grad():
                found["losses/validation"] = self.validation_loss(20)
        return found

    def learning_rate(self) -> float:
        """Rises linearly over the warm-up, falls along a cosine to its end share at `decay_steps`, and stays there."""
        c = self.config
        if self.steps < c.warmup_steps:
            return c.learning_rate * (self.steps + 1) / (c.warmup_steps + 1)
        share = min(1.0, (self.steps - c.warmup_steps) / max(1, c.decay_steps - c.warmup_steps))
        return c.learning_rate * (c.learning_rate_end + (1 - c.learning_rate_end) * 0.5 * (1 + math.cos(math.pi * share)))

    def evaluating(self) -> Any:
        """The module that computes, up to date with the stored weights and in eval mode."""
        self.flat.sync()  # Weights may have been loaded into `net` alone.
        return self.compute.eval()

    @torch.no_grad()
    def evaluate(self, **options: Any) -> dict[str, Any]:
        loss = float(self.validation_loss())
        return {"loss": loss, "perplexity": math.exp(min(loss, 700.0)), "parameters": self.parameter_count}

    def progress(self) -> Progress:
        return Progress(self.steps)

    def serving(self) -> nn.Module:
        return self.net

    def state(self) -> State:
        return {
            "net": serving_weights(self.net),
            "adam": self.optimizer.state(),
            "generator": self.generator.get_state(),
            "dropout": self.dropout_generator.get_state(),
            "steps": self.steps,
        }

    def restore(self, state: State) -> None:
        self.net.load_state_dict(state["net"])
        self.flat.sync()
        self.optimizer.restore(state["adam"])
        self.generator.set_state(state["generator"])
        self.dropout_generator.set_state(state["dropout"])
        self.steps = state["steps"]
