"""What the recipes for sequences share: one flat network, AdamW, the learning-rate schedule, the exact state.

A recipe builds its network, calls `install`, and gives `loss`. Read first: `SequenceExperiment.step`.
"""

import math
from abc import abstractmethod
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor, nn

from lab.device import compute_dtype
from lab.errors import UsageError
from lab.experiment import Experiment, Metrics
from lab.recipes.sequence.sequence_config import SequenceConfig
from lab.schedules import warmup_cosine
from lab.seeding import seeded
from lab.state import Attribute, Tree
from models.dropout import set_generator
from models.kernels.cuda_graphs import CapturedSteps
from models.kernels.flat_layout import views
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
        for part in views(self.decayed, self.net):
            part.fill_(part.dim() >= 2)
        self.captured = CapturedSteps(self.device, self.changing, [self.dropout_generator])

    @property
    def parameter_count(self) -> int:
        return sum(p.numel() for p in self.net.parameters())

    @abstractmethod
    def loss(self, *batch: Tensor) -> tuple[Tensor, Metrics]:
        """The loss of what `next_batch` gave, or else of the next mini-batch, a 0-d tensor, and more metrics."""

    def next_batch(self) -> tuple[Tensor, ...]:
        """The tensors of the next mini-batch, always of the same shapes, for a `loss` that needs nothing else: on a GPU its steps are captured."""
        return ()

    @abstractmethod
    def validation_loss(self, most: int | None = None) -> Tensor:
        """The mean loss on data that training does not see, on at most `most` batches; a 0-d tensor."""

    def step(self) -> Metrics:
        c = self.config
        self.compute.train()
        rate = self.learning_rate()
        self.optimizer.set_learning_rate(rate)
        batch = self.next_batch()
        report: Metrics = self.captured("step", self.descend, *batch) if batch else self.descend()
        self.steps += 1
        report["charts/learning_rate"] = rate
        if c.validate_every and self.steps % c.validate_every == 0:
            with torch.no_grad():
                report["losses/validation"] = self.validation_loss(20)
        return report

    def descend(self, *batch: Tensor) -> Metrics:
        """One step of AdamW on the loss."""
        c, rate = self.config, self.optimizer.rate
        loss, metrics = self.loss(*batch)
        gradient = self.flat.backward(loss)
        norm = gradient.norm()
        if c.max_grad_norm:
            gradient *= (c.max_grad_norm / (norm + 1e-6)).clamp(max=1.0)
        with torch.no_grad():  # AdamW: the decay goes past Adam's averages (Loshchilov & Hutter 2019).
            if isinstance(rate, Tensor):
                self.flat.weights.addcmul_(self.flat.weights, self.decayed * (-c.weight_decay * rate))
            else:
                self.flat.weights.addcmul_(self.flat.weights, self.decayed, value=-rate * c.weight_decay)
        self.optimizer.step(gradient)
        self.flat.sync()
        return {"losses/train": loss.detach(), "charts/grad_norm": norm, **metrics}

    def changing(self) -> list[Tensor]:
        """The tensors that a step changes."""
        return [*self.optimizer.changing, *self.compute.buffers()]

    def learning_rate(self) -> float:
        c = self.config
        return warmup_cosine(self.steps, c.learning_rate, c.warmup_steps, c.decay_steps, c.learning_rate_end)

    def evaluating(self) -> Any:
        """The module that computes, up to date with the stored weights and in eval mode."""
        self.flat.sync()  # Weights may have been loaded into `net` alone.
        return self.compute.eval()

    @torch.no_grad()
    def evaluate(self, **options: Any) -> dict[str, Any]:
        loss = float(self.validation_loss())
        return {"loss": loss, "perplexity": math.exp(min(loss, 700.0)), "parameters": self.parameter_count}

    def serving(self) -> nn.Module:
        return self.net

    def other_run(self, name: str, recipe: str) -> tuple[str, Any]:
        """The name and the trained experiment of another run. Raises UsageError where it is not of this recipe."""
        from lab.stored_runs import find

        run = find(name)
        known = self.__dict__.setdefault("others", {})
        key = (str(run.path), max((path.stat().st_mtime_ns for path in run.checkpoints.glob("step-*")), default=0))
        if key not in known:
            if run.recipe.name != recipe:
                raise UsageError(f"{run.name} is not a run of {recipe}: name other runs with --runs RUN,RUN.")
            known[key] = run.experiment(self.device.type, serving_only=True, to_look=True)
        return run.name, known[key]

    def stateful(self) -> Tree:
        return {
            "net": self.flat, "adam": self.optimizer, "generator": self.generator, "dropout": self.dropout_generator,
            "steps": Attribute(self, "steps"),
        }  # fmt: skip
