"""What every recipe with a latent space shares: random generators of its own, and the common part of its state.

Each composes an `ImageFeed`, a `SampleMonitor`, `LatentViews` and, with an encoder, `EncoderViews`; `vae.py` shows how.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import nn

from lab.experiment import Experiment
from lab.exported import Exported, decoder
from lab.recipes.generative.generative_config import CodingConfig
from lab.recipes.generative.image_feed import ImageFeed
from lab.recipes.generative.sample_monitor import SampleMonitor
from lab.seeding import seeded
from lab.state import Attribute, Tree
from models.kernels.flat_parameters import FlatAdam, FlatNetwork


@dataclass(frozen=True)
class Seeds:
    """A run's own randomness, so that runs side by side change nothing in each other: the order of the data, the noise, the weights."""

    order: torch.Generator
    noise: torch.Generator
    weights: int

    @classmethod
    def of(cls, seed: int, device: torch.device) -> "Seeds":
        order, noise, weights = (int(value) for value in np.random.SeedSequence(seed).generate_state(3))
        return cls(torch.Generator().manual_seed(order), torch.Generator(device).manual_seed(noise), weights)


def flat_network(
    build: Callable[[], nn.Module], seed: int, config: CodingConfig, dtype: torch.dtype, device: torch.device
) -> tuple[FlatNetwork, FlatAdam]:
    """The encoder and decoder that `build` makes, with weights drawn from `seed`, in one flat buffer, and their optimiser."""
    with seeded(seed):
        net = build()
    net = net.to(device)
    if config.architecture == "conv":
        net = net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    flat = FlatNetwork(net, dtype)
    return flat, FlatAdam(flat, config.learning_rate, 1e-8)


def newest_picture(experiment: Any) -> np.ndarray | None:
    """`Experiment.newest_picture` of a recipe with a `monitor`."""
    return experiment.monitor.newest()


def exported(experiment: Any) -> Exported:
    """`Experiment.exported` of a recipe whose serving module decodes the codes of `latent`."""
    return decoder(experiment.serving(), experiment.latent.size, tuple(experiment.feed.shape))


def shared_state(experiment: Experiment, feed: ImageFeed, noise: torch.Generator, monitor: SampleMonitor) -> Tree:
    """The part of the state that every generative recipe has."""
    return {
        "order": Attribute(feed.order, "order"),
        "counters": {
            "position": Attribute(feed.order, "position"),
            "steps": Attribute(experiment, "steps"),
            "lapse_every": Attribute(monitor.lapse, "every"),
        },
        "generators": {"order": feed.order.generator, "noise": noise},
        "lapse": monitor.lapse,
        "diagnosis": monitor.diagnosis,
    }
