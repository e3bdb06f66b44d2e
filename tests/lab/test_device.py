"""A full memory while a run is made, opened, looked at or evaluated; and where a run continues."""

import gc
import os
import sys
import weakref
from pathlib import Path
from typing import Any

import pytest
import torch
import toy

import lab
from lab import api, device, device_names
from lab.errors import LabError, UsageError

TEXT = "CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of ..."
MADE: list[Any] = []
"""What was made before memory was full, as a weak reference."""


@pytest.fixture
def full(monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    """Make a method of the toy run out of a GPU's memory."""

    def make(method: str) -> None:
        def fail(*_: object, **__: object) -> None:
            made = torch.zeros(3)
            MADE[:] = [weakref.ref(made)]
            raise torch.cuda.OutOfMemoryError(TEXT)

        monkeypatch.setattr(toy.Toy, method, fail)

    monkeypatch.setattr(device, "free_memory", lambda _: int(0.25e9))
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda _: (0, int(80e9)))
    return make


SENTENCE = r"^Out of memory\. Lower --batch-size, or close what else uses the GPU's memory \(0\.2 GB of 80\.0 free\)\.$"


@pytest.mark.parametrize("method", ["__init__", "read_data", "serving"])
def test_a_full_gpu_while_a_run_is_made_is_one_sentence(full, method: str) -> None:  # type: ignore[no-untyped-def]
    full(method)
    with pytest.raises(LabError, match=SENTENCE) as raised:
        api.new_session("toy", {})
    assert raised.value.exit_code == 1
    assert MADE[0]() is None, "what was made so far is freed"


def test_a_full_gpu_while_a_run_is_opened_is_one_sentence(full) -> None:  # type: ignore[no-untyped-def]
    run = lab.train("toy", steps=2)
    full("__init__")
    with pytest.raises(LabError, match=SENTENCE):
        api.resumed_session(run, steps=4)


@pytest.mark.parametrize(("method", "call"), [("evaluate", lambda run: run.evaluate()), ("weights", lambda run: run.show("weights"))])
def test_a_full_gpu_in_an_answer_is_one_sentence(full, monkeypatch: pytest.MonkeyPatch, method: str, call) -> None:  # type: ignore[no-untyped-def]
    run = lab.train("toy", steps=2)

    def fail(*_: object, **__: object) -> None:
        raise torch.cuda.OutOfMemoryError(TEXT)

    if method == "evaluate":
        full(method)
    else:
        fail.view_spec = toy.Toy.views()[method]  # type: ignore[attr-defined]
        monkeypatch.setattr(toy.Toy, method, fail)
    with pytest.raises(LabError, match=r"^Out of memory\. Close what else uses the GPU's memory \(0\.2 GB of 80\.0 free\)\.$"):
        call(run)


def test_the_free_memory_counts_what_the_process_could_use_again(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("mem_get_info", (3, 80)), ("memory_reserved", 50), ("memory_allocated", 10)):
        monkeypatch.setattr(torch.cuda, name, lambda _, value=value: value)
    assert device.free_memory(torch.device("cuda")) == 3 + 50 - 10


@pytest.fixture
def two_gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)


def test_a_gpu_is_named_by_its_number(two_gpus: None) -> None:
    assert device.resolve("auto") == torch.device("cuda")
    assert device.resolve("cuda:1") == torch.device("cuda", 1)
    with pytest.raises(
        UsageError, match=r"--device cuda:2: PyTorch \S+ finds 2 CUDA devices here, the first of which is cuda:0. Use --device"
    ):
        device.resolve("cuda:2")


@pytest.mark.parametrize(
    ("built", "sentence"), [(True, "finds no GPU of Apple here"), (False, "is built without support for Apple's GPUs")]
)
def test_what_there_is_not_of_apple_is_one_sentence(monkeypatch: pytest.MonkeyPatch, built: bool, sentence: str) -> None:
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_built", lambda: built)
    with pytest.raises(UsageError, match=rf"^--device mps: PyTorch \S+ {sentence}\. Use --device cpu or auto\.$"):
        device.resolve("mps")


def test_a_form_offers_the_gpus_that_the_driver_has(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device_names, "DRIVER", tmp_path)
    monkeypatch.setattr(sys, "platform", "linux")
    assert device_names.choices() == ["auto", "cpu", "cuda"]
    for name in ("0000:01:00.0", "0000:02:00.0"):
        (tmp_path / name).mkdir()
    assert device_names.choices() == ["auto", "cpu", "cuda", "cuda:1"]


def test_a_run_of_a_second_gpu_continues_there_or_on_the_only_one(two_gpus: None, monkeypatch: pytest.MonkeyPatch) -> None:
    run = trained_on_a_gpu("cuda:1")
    assert api.device_to_resume(run, None) == "cuda:1"
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    assert api.device_to_resume(run, None) == "cuda"


def trained_on_a_gpu(name: str = "cuda") -> lab.Run:
    run = lab.train("toy", steps=2, device="cpu")
    run.stored["device"] = name
    return run


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device")
def test_a_run_of_a_gpu_says_how_to_resume_it_without_one() -> None:
    run = trained_on_a_gpu()
    with pytest.raises(UsageError, match=rf"trained on a GPU, .* lab resume {run.name} --device cpu$"):
        api.resumed_session(run, steps=4)


def test_a_run_of_a_gpu_continues_on_a_processor_where_it_is_told_to_and_the_log_says_what_that_means() -> None:
    run = trained_on_a_gpu()
    api.resume(run, steps=4, device="cpu", quiet=True)
    assert run.status()["done"] == 4
    assert "trained on cuda until now and continues on cpu: this is not bit for bit" in (run.path / "log.txt").read_text()


@pytest.mark.parametrize("wanted", [False, True])
def test_a_run_on_a_gpu_computes_in_ieee_float32_and_where_it_is_asked_for_with_the_same_sums_each_time(
    wanted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAB_DETERMINISTIC", str(int(wanted)))
    cudnn = torch.backends.cudnn
    with cudnn.flags(enabled=True, benchmark=True, deterministic=not wanted, allow_tf32=True):
        device.prepare(torch.device("cuda"))
        assert (cudnn.allow_tf32, cudnn.deterministic, cudnn.benchmark) == (False, wanted, False)
    assert os.environ["CUBLAS_WORKSPACE_CONFIG"]


def test_the_memory_of_a_gpus_experiment_goes_back_when_it_is_freed(monkeypatch: pytest.MonkeyPatch) -> None:
    given_back: list[bool] = []
    monkeypatch.setattr("lab.experiment.give_back_soon", lambda: given_back.append(True))
    cudnn = torch.backends.cudnn
    with cudnn.flags(enabled=True, benchmark=cudnn.benchmark, deterministic=cudnn.deterministic, allow_tf32=cudnn.allow_tf32):
        experiment = toy.Toy(toy.ToyConfig(), torch.device("cuda"))
    assert not given_back
    del experiment
    gc.collect()
    assert given_back == [True]
