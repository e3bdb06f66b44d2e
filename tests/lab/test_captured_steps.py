"""Recipes' steps as CUDA graphs: with a stand-in for CUDA they are the steps of a processor, on a GPU those launched one by one."""

from pathlib import Path
from typing import Any

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from lab.experiment import Experiment
from lab.selfcheck.cases import made, write_files
from models.kernels.cuda_graphs import CapturedStep
from tests.replayed import Replayed

CPU = torch.device("cpu")
CASES = (
    "classify",
    "classify mlp nesterov",
    "segment",
    "dcgan",
    "wgan-gp",
    "pix2pix",
    "cyclegan",
    "gpt",
    "word2vec",
    "vae",
    "vae of convolutions in bf16",
    "autoencoder",
    "vqvae",
    "flow",
    "dream",
    "dream of codes",
)


def numbers(metrics: dict[str, Any]) -> dict[str, float]:
    return {name: float(value[0] if isinstance(value, list) else value) for name, value in metrics.items()}


@pytest.mark.parametrize("case", CASES)
def test_captured_steps_are_those_of_a_processor(case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_files(tmp_path)
    eager = made(case, tmp_path, CPU)
    expected = [numbers(eager.step()) for _ in range(4)]
    monkeypatch.setattr(CapturedStep, "capture", lambda step: Replayed(step))
    captured: Any = made(case, tmp_path, CPU)
    captured.captured.on_gpu = True
    assert [numbers(captured.step()) for _ in range(4)] == expected
    assert captured.captured.made
    assert set(captured.state()) == set(eager.state())


@pytest.mark.parametrize("case", ["classify", "segment", "locate", "classify sgd"])
def test_nothing_holds_what_adds_up_gradients_when_a_step_is_captured(case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It would belong to the stream of an earlier pass, for which a capture may not wait."""

    def accumulator(parameter: torch.Tensor) -> Any:
        with torch.enable_grad():
            return parameter.view_as(parameter).grad_fn.next_functions[0][0]  # type: ignore[union-attr]

    held = []

    def watched(step: CapturedStep) -> Replayed:
        for parameter in experiment.net.parameters():
            accumulator(parameter).metadata["seen"] = True
            held.append("seen" in accumulator(parameter).metadata)
        return Replayed(step)

    write_files(tmp_path)
    monkeypatch.setattr(CapturedStep, "capture", watched)
    experiment: Any = made(case, tmp_path, CPU)
    experiment.captured.on_gpu = True
    for _ in range(3):
        experiment.step()
    assert held
    assert not any(held)


def test_where_a_capture_fails_every_step_is_taken_as_it_is_and_draws_as_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = [numbers(made("wgan-gp", tmp_path, CPU).step())]
    swapped = []

    def fail(step: CapturedStep) -> None:
        step.step(*step.inputs)
        raise RuntimeError("operation not permitted when stream is capturing")

    monkeypatch.setattr(CapturedStep, "capture", fail)
    experiment: Any = made("wgan-gp", tmp_path, CPU)
    experiment.captured.on_gpu = True
    noise = experiment.seeds.noise

    class Noise:
        """The generator as CUDA has it: its state can be exchanged for another."""

        get_state, clone_state = staticmethod(noise.get_state), staticmethod(noise.clone_state)

        @staticmethod
        def graphsafe_set_state(spare: torch.Generator) -> None:
            swapped.append(spare)
            noise.set_state(spare.get_state())

    experiment.captured.generators = [Noise]
    assert numbers(experiment.step()) == expected[0]
    assert len(swapped) == 1
    assert not experiment.captured.on_gpu


def test_a_mode_that_watches_operations_sees_each_of_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(CapturedStep, "capture", lambda step: pytest.fail("captured"))
    experiment: Any = made("dcgan", tmp_path, CPU)
    experiment.captured.on_gpu = True

    class Watching(TorchDispatchMode):
        def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            return func(*args, **(kwargs or {}))

    with Watching():
        experiment.step()
    assert not experiment.captured.made


def on_gpu(case: str, folder: Path, captured: bool, **fields: Any) -> tuple[list[dict[str, float]], Experiment]:
    write_files(folder)
    experiment: Any = made(case, folder, torch.device("cuda"), precision="fp32", **fields)
    experiment.captured.on_gpu = captured
    return [numbers(experiment.step()) for _ in range(5)], experiment


@pytest.mark.gpu
@pytest.mark.parametrize(
    "case",
    [
        *CASES,
        "classify a list of layers",
        "classify sgd",
        "locate",
        "pixelcnn",
        "bengio",
        "glove",
        "classify adam",
        "dcgan with spectral norm",
        "stylegan",
        "r3gan",
        "ddpm",
        "meanflow",
        "pix2pix-256",
        "cyclegan-256",
    ],
)
def test_captured_steps_on_a_gpu_are_those_launched_one_by_one(case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAB_DETERMINISTIC", "1")
    (mine, captured), (theirs, eager) = (on_gpu(case, tmp_path, how) for how in (True, False))
    assert captured.captured.on_gpu, "it could not be captured"  # type: ignore[attr-defined]
    for one, other in zip(mine, theirs, strict=True):
        assert one == pytest.approx(other, rel=2e-3, abs=2e-4)
    for drawn, expected in zip(captured.captured.generators, eager.captured.generators, strict=True):  # type: ignore[attr-defined]
        assert torch.equal(drawn.get_state(), expected.get_state())
