"""A captured step beside other threads: what it asks of CUDA, by a stand-in for it, and on a GPU what it computes."""

import contextlib
import threading
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor

from models.kernels import cuda_graphs
from models.kernels.cuda_graphs import CAPTURE, CapturedStep


class Stream:
    def wait_stream(self, other: "Stream") -> None: ...

    def synchronize(self) -> None: ...


class Graph:
    """Notes each call, whether the lock was held, and the stream; a replay runs the step with the captured inputs."""

    error: Exception | None = None

    def __init__(self) -> None:
        self.replays = 0

    def capture_begin(self, **options: Any) -> None:
        CALLS.append(("begin", options, CAPTURE.locked(), STREAMS[-1]))
        if Graph.error is not None:
            raise Graph.error

    def capture_end(self) -> None:
        CALLS.append(("end", {}, CAPTURE.locked(), STREAMS[-1]))

    def replay(self) -> None:
        self.replays += 1


CALLS: list[tuple[str, dict[str, Any], bool, Stream]] = []
STREAMS: list[Stream] = []


@pytest.fixture(autouse=True)
def stand_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """Torch as the module sees it, with a CUDA of notes."""

    @contextlib.contextmanager
    def on(stream: Stream):  # type: ignore[no-untyped-def]
        STREAMS.append(stream)
        yield
        STREAMS.pop()

    CALLS.clear()
    STREAMS[:] = [Stream()]
    Graph.error = None
    cuda = SimpleNamespace(Stream=Stream, CUDAGraph=Graph, stream=on, current_stream=lambda: STREAMS[-1])
    names = {name: getattr(torch, name) for name in ("no_grad", "_foreach_copy_")}
    monkeypatch.setattr(cuda_graphs, "torch", SimpleNamespace(cuda=cuda, **names))


def doubling(weight: Tensor, calls: list[bool]):  # type: ignore[no-untyped-def]
    def step(x: Tensor) -> tuple[Tensor, ...]:
        calls.append(CAPTURE.locked())
        weight.mul_(2)
        return (weight * x,)

    return step


def test_a_capture_lets_other_threads_use_the_gpu_and_has_a_stream_and_the_lock_for_itself() -> None:
    calls: list[bool] = []
    weight = torch.ones(())
    made = [CapturedStep(doubling(weight, calls), [torch.ones(())], [weight]) for _ in range(2)]
    assert [name for name, *_ in CALLS] == ["begin", "end"] * 2
    assert all(options == {"capture_error_mode": "thread_local"} for name, options, *_ in CALLS if name == "begin")
    assert all(locked for *_, locked, _ in CALLS)
    assert all(calls)
    assert not CAPTURE.locked()
    assert CALLS[0][3] is CALLS[1][3]
    assert CALLS[0][3] not in (STREAMS[0], CALLS[2][3])
    assert len(calls) == 2 * 4, "three runs before each capture"
    assert float(weight) == 1, "what the runs changed is restored"
    assert all(step.graph is not None for step in made)


def test_a_replay_reads_the_inputs_that_it_is_given() -> None:
    weight, calls = torch.ones(()), []  # type: ignore[var-annotated]
    step = CapturedStep(doubling(weight, calls), [torch.ones(())], [weight])
    step(torch.tensor(7.0))
    assert float(step.inputs[0]) == 7
    assert step.graph.replays == 1  # type: ignore[union-attr]
    assert len(calls) == 4, "the function itself is not called again"


def test_a_step_that_cannot_be_captured_is_called_as_it_is_and_the_log_says_so(caplog: pytest.LogCaptureFixture) -> None:
    Graph.error = RuntimeError("operation not permitted when stream is capturing")
    weight, calls = torch.ones(()), []  # type: ignore[var-annotated]
    step = CapturedStep(doubling(weight, calls), [torch.ones(())], [weight])
    assert float(weight) == 1
    assert float(step(torch.tensor(3.0))[0]) == 6
    assert "one by one" in caplog.text
    assert "not permitted" in caplog.text
    assert not CAPTURE.locked()


def test_a_step_without_memory_ends_and_one_without_memory_for_its_capture_is_called() -> None:
    full = torch.cuda.OutOfMemoryError("CUDA out of memory.")

    def step(x: Tensor) -> tuple[Tensor, ...]:
        raise full

    with pytest.raises(torch.cuda.OutOfMemoryError):
        CapturedStep(step, [torch.ones(())], [])
    assert not CAPTURE.locked()
    Graph.error = full
    weight = torch.ones(())
    made = CapturedStep(doubling(weight, []), [torch.ones(())], [weight])
    assert float(made(torch.tensor(3.0))[0]) == 6
    assert not CAPTURE.locked()


def test_an_error_inside_the_step_is_not_hidden_by_the_end_of_the_capture(caplog: pytest.LogCaptureFixture) -> None:
    def step(x: Tensor) -> tuple[Tensor, ...]:
        if CALLS:
            raise RuntimeError("the step's own error")
        return (x,)

    made = CapturedStep(step, [torch.ones(())], [])
    assert [name for name, *_ in CALLS] == ["begin", "end"]
    assert made.graph is None
    assert "the step's own error" in caplog.text


@pytest.mark.gpu
def test_captures_beside_threads_that_allocate_and_copy_on_the_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cuda_graphs, "torch", torch)
    stop, errors = threading.Event(), []  # type: ignore[var-annotated]

    def disturb() -> None:
        kept: list[Tensor] = []
        try:
            while not stop.is_set():
                kept.append(torch.randn(len(kept) + 1, 1 << 18).cuda())  # Larger each time: new memory of the driver.
                kept[-1].sum().item()
                if len(kept) == 20:
                    kept.clear()
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=disturb) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        for i in range(20):
            weight = torch.ones(1000, device="cuda")
            step = CapturedStep(doubling(weight, []), [torch.ones(1000, device="cuda")], [weight])
            assert step.graph is not None, i
            for _ in range(3):
                (y,) = step(torch.full((1000,), 2.0, device="cuda"))
            assert float(y.mean()) == 16
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert not errors
