"""A full memory while a run is made, opened, looked at or evaluated; and where a run continues."""

import os
import weakref
from typing import Any

import pytest
import torch
import toy

import lab
from lab import api, device
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


def trained_on_a_gpu() -> lab.Run:
    run = lab.train("toy", steps=2)
    run.stored["device"] = "cuda"
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


def test_a_run_on_a_gpu_computes_in_ieee_float32_and_with_the_same_sums_each_time() -> None:
    cudnn = torch.backends.cudnn
    with cudnn.flags(enabled=True, benchmark=True, deterministic=False, allow_tf32=True):
        device.prepare(torch.device("cuda"))
        assert (cudnn.allow_tf32, cudnn.deterministic, cudnn.benchmark) == (False, True, False)
    assert os.environ["CUBLAS_WORKSPACE_CONFIG"]
