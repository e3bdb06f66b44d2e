from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from lab import registry
from lab.experiment import Experiment

SMALL: dict[str, dict[str, Any]] = {
    "autoencoder": {"data": "digits", "size": 8, "hidden": "64"},
    "vae": {"data": "digits", "size": 8, "hidden": "64"},
    "cvae": {"data": "digits", "size": 8, "hidden": "64"},
    "gan": {"data": "digits", "size": 8, "g_hidden": "32", "d_hidden": "32", "latent": 8},
    "dcgan": {"data": "digits", "size": 8, "features": 8, "latent": 8, "batch_size": 32},
    "cgan": {"data": "digits", "size": 8, "features": 8, "latent": 8, "batch_size": 32},
    "r3gan": {"data": "digits", "size": 8, "features": 8, "latent": 8, "batch_size": 32},
    "stylegan": {"data": "digits", "size": 8, "features": 8, "d_features": 8, "latent": 8, "batch_size": 32},
    "pixelcnn": {"data": "digits", "size": 8, "features": 4, "layers": 2, "batch_size": 32},
    "vqvae": {
        "data": "digits",
        "size": 8,
        "features": 4,
        "entries": 8,
        "entry_width": 4,
        "prior_features": 4,
        "prior_layers": 2,
        "batch_size": 32,
    },
    "flow": {"data": "digits", "size": 8, "features": 8, "batch_size": 32},
    "ddpm": {"data": "digits", "size": 8, "features": 8, "batch_size": 32, "evaluations": 8},
    "meanflow": {"data": "digits", "size": 8, "features": 8, "batch_size": 32},
    "wgan-gp": {"data": "digits", "size": 8, "features": 8, "latent": 8, "batch_size": 32, "d_steps": 2},
}
"""Settings that make a step of each recipe on the digits a matter of milliseconds."""


@pytest.fixture(autouse=True)
def data_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache folder of its own, so that nothing is taken from the user's."""
    monkeypatch.setenv("LAB_DATA", str(tmp_path / "data"))
    return tmp_path / "data"


@pytest.fixture
def make() -> Callable[..., Experiment]:
    """A small experiment of a recipe on the digits."""

    def build(name: str, **fields: Any) -> Experiment:
        recipe = registry.recipe(name)
        config = recipe.config_class().parse({**SMALL[name], **fields})
        return recipe.experiment_class()(config, torch.device("cpu"))

    return build


def advance(experiment: Experiment, steps: int) -> Experiment:
    for _ in range(steps):
        experiment.step()
    return experiment
