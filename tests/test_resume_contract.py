"""The resume contract of every recipe: N + M steps equal N, a checkpoint on disk, and M more, to the last bit.

A recipe is in it by being registered; `lab/selfcheck/cases.py` has its small settings, and further ones.
The negative control leaves the random generators out of the state, which must show.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import torch

from lab import registry
from lab.experiment import Experiment
from lab.selfcheck.cases import advance, cases, made, steps_of, write_files
from lab.selfcheck.exactness import everything, read_back, stored

CPU = torch.device("cpu")
GENERATOR_BYTES = torch.Generator().get_state().numel()
CASES = cases()
WITHOUT_CHANCE = {"backpropagation", "likelihood", "style"}
"""Recipes that draw nothing by chance once they have begun: of these the negative control leaves the weights out."""


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with small files to learn from."""
    folder = tmp_path_factory.mktemp("data")
    write_files(folder)
    return folder


@contextmanager
def experiment_of(case: str, data: Path) -> Iterator[Experiment]:
    """A fresh experiment of a case, closed at the end."""
    experiment = made(case, data, CPU)
    try:
        yield experiment
    finally:
        experiment.close()


@dataclass
class Straight:
    """An uninterrupted run: its checkpoint on the way, and what it held at the end."""

    case: str
    checkpoint: Path
    tree: Any
    tensors: dict[str, torch.Tensor]
    weights: dict[str, torch.Tensor]


@pytest.fixture(scope="module")
def straight(request: pytest.FixtureRequest, data: Path, tmp_path_factory: pytest.TempPathFactory) -> Straight:
    """Each case is trained once for the tests that compare with it."""
    before, after = steps_of(request.param)
    with experiment_of(request.param, data) as experiment:
        advance(experiment, before)
        path = stored(experiment, tmp_path_factory.mktemp("checkpoint"))
        advance(experiment, after)
        weights = {name: tensor.clone() for name, tensor in experiment.serving().state_dict().items()}
        return Straight(request.param, path, *everything(experiment), weights)


@pytest.mark.parametrize("straight", CASES, indirect=True)
def test_a_resumed_run_equals_an_uninterrupted_one(straight: Straight, data: Path) -> None:
    with experiment_of(straight.case, data) as resumed:
        resumed.restore(read_back(straight.checkpoint))
        advance(resumed, steps_of(straight.case)[1])
        tree, tensors = everything(resumed)
    assert tree == straight.tree
    assert tensors.keys() == straight.tensors.keys()
    assert [name for name in tensors if not torch.equal(tensors[name], straight.tensors[name])] == []


def generators_from(fresh: Any, state: Any) -> tuple[Any, int]:
    """The state with the generators of a fresh one, and how many those are."""
    if isinstance(state, dict) and "bit_generator" in state:
        return fresh, 1
    if isinstance(state, torch.Tensor) and state.dtype == torch.uint8 and state.shape == (GENERATOR_BYTES,):
        return fresh, 1
    if isinstance(state, dict) and isinstance(fresh, dict):
        entries = {key: generators_from(fresh[key], value) if key in fresh else (value, 0) for key, value in state.items()}
        return {key: value for key, (value, _) in entries.items()}, sum(count for _, count in entries.values())
    if isinstance(state, list) and isinstance(fresh, list) and len(fresh) == len(state):
        rows = [generators_from(one, other) for one, other in zip(fresh, state, strict=True)]
        return [value for value, _ in rows], sum(count for _, count in rows)
    return state, 0


FIRST_OF_EACH = list({recipe.experiment_path: name for name, recipe in reversed(registry.recipes().items())}.values())
"""One recipe of each experiment: others of it differ in settings alone, which the tests of exact resume go through."""


@pytest.mark.parametrize("straight", FIRST_OF_EACH, indirect=True)
def test_leaving_the_random_generators_out_shows(straight: Straight, data: Path) -> None:
    with experiment_of(straight.case, data) as resumed:
        fresh, state = resumed.state(), read_back(straight.checkpoint)
        altered, count = ({**state, "net": fresh["net"]}, 1) if straight.case in WITHOUT_CHANCE else generators_from(fresh, state)
        assert count, "a recipe without a generator of its own: leave something else out"
        resumed.restore(altered)
        advance(resumed, steps_of(straight.case)[1])
        weights = dict(resumed.serving().state_dict())
        assert any(not torch.equal(weights[name], tensor) for name, tensor in straight.weights.items())


class GeneratorOfGpu(torch.Generator):
    """A generator whose state is as short as a GPU's where it is made for the run's device."""

    def __new__(cls, device: torch.device | None = None) -> "GeneratorOfGpu":
        generator = super().__new__(cls)
        generator.of_gpu = device is not None  # type: ignore[attr-defined]
        return generator

    def get_state(self) -> torch.Tensor:
        return torch.zeros(16, dtype=torch.uint8) if self.of_gpu else super().get_state()  # type: ignore[attr-defined]


@pytest.mark.parametrize("case", FIRST_OF_EACH)
def test_a_run_of_a_gpu_can_be_opened_on_a_processor(case: str, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(torch, "Generator", GeneratorOfGpu)
        with experiment_of(case, data) as trained:
            state = trained.state()
    with experiment_of(case, data) as opened:
        opened.restore(state)
        weights, others = (dict(one.serving().state_dict()) for one in (trained, opened))
        assert all(torch.equal(weights[name], others[name]) for name in weights)
