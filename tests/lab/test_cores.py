"""Who takes which threads, and how trainings beside each other share the cores."""

import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import torch
from toy import RECIPE, Toy, ToyConfig

import lab
from lab import cores, data_parallel
from lab.api import new_session, resumed_session
from lab.cores import Slot, one_thread, use_threads
from lab.run import Run
from lab.session import Session

MAKING = """
import os
from pathlib import Path
from typing import Any

import cv2  # Starts threads of its own.
import torch

from lab.api import new_session

torch.set_num_threads(2)

def threads():
    return len(os.listdir("/proc/self/task"))

before = threads()
session = new_session("pix2pix", {"batch_size": 16, "features": 32, "d_features": 16, "size": 16, "data": "digits"}, steps=2, device="cpu")
made = threads()
print("set", torch.get_num_threads(), "made", made - before)
"""


def test_a_threads_number_outlasts_that_of_a_thread_which_sets_it_later() -> None:
    before, other = torch.get_num_threads(), ThreadPoolExecutor(1)
    try:
        other.submit(use_threads, 3).result()
        use_threads(1)
        assert other.submit(torch.get_num_threads).result() == 3
    finally:
        other.shutdown()
        use_threads(before)


def test_one_thread_ends_with_its_block() -> None:
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    try:
        with suppress(ValueError), one_thread():
            inside = torch.get_num_threads()
            raise ValueError
        assert (inside, torch.get_num_threads()) == (1, 3)
    finally:
        torch.set_num_threads(before)


@pytest.mark.skipif(sys.platform != "linux", reason="counts the threads in /proc")
def test_making_a_session_starts_no_team() -> None:
    """U-Net weights are large enough to be shared out, were it allowed."""
    answer = subprocess.run([sys.executable, "-c", MAKING], capture_output=True, text=True)
    assert answer.stdout.strip() == "set 2 made 0", answer.stderr


HOLDING = """
import sys
from pathlib import Path
from typing import Any
from lab.cores import Slot

slot = Slot(Path(sys.argv[1]))
slot.write(3)
print("ready", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def slot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Slot]:
    """This process's slot, in a folder that no other training knows."""
    made = Slot(tmp_path / "trainings")
    monkeypatch.setattr(cores, "slot", made)
    yield made
    made.close()


def test_another_training_is_known_with_its_threads_until_it_is_killed(slot: Slot) -> None:
    slot.write(2)
    with subprocess.Popen(
        [sys.executable, "-c", HOLDING, str(slot.folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout.readline() == "ready\n"
        assert slot.others() == [(3, cores.cpus())]
        other.send_signal(signal.SIGKILL)
        other.wait()
    assert slot.others() == []
    assert [path.name for path in slot.folder.iterdir()] == [str(os.getpid())]  # The other's is cleared away.
    slot.close()
    assert not list(slot.folder.iterdir())


def test_a_folder_of_another_user_is_left_alone(slot: Slot, monkeypatch: pytest.MonkeyPatch) -> None:
    slot.folder.mkdir()
    monkeypatch.setattr(os, "getuid", lambda: 12345)
    slot.write(2)
    assert slot.file is None
    assert not list(slot.folder.iterdir())


@pytest.mark.parametrize(
    ("own", "others", "crowded"),
    [
        ([2], [], False),  # Alone.
        ([2], [(2, {0, 1})], True),
        ([1], [(1, {0, 1})], False),  # A core each.
        ([1, 2], [], True),  # Two sessions of one process.
        ([2], [(2, {2, 3})], False),  # The other runs on other cores.
        ([3], [], False),  # More threads than cores, but nobody else: OpenMP knows that by itself.
    ],
)
def test_trainings_crowd_the_cores_when_their_threads_are_more(
    own: list[int], others: list[tuple[int, set[int]]], crowded: bool, slot: Slot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cores, "own", own)
    monkeypatch.setattr(cores, "cpus", lambda: {0, 1})
    monkeypatch.setattr(slot, "others", lambda: others)
    assert cores.crowded() is crowded


@pytest.mark.skipif(sys.platform != "linux", reason="counts the threads in /proc")
def write_schedstat(tasks: Path, **threads: tuple[int, int]) -> None:
    for name, (ran, waited) in threads.items():
        (tasks / name).mkdir(exist_ok=True)
        (tasks / name / "schedstat").write_text(f"{ran} {waited} 7\n")


def test_the_share_of_waiting_counts_what_threads_waited_since_the_last_look(tmp_path: Path) -> None:
    write_schedstat(tmp_path, a=(1000, 500), b=(0, 0))
    waiting = cores.Waiting(tmp_path)
    assert waiting.share() == 0
    write_schedstat(tmp_path, a=(1060, 520), b=(10, 10), new=(9000, 9000))  # A new thread's past does not count.
    assert waiting.share() == 30 / 100
    assert waiting.share() == 0
    assert cores.Waiting(tmp_path / "nothing").share() == 0


@pytest.mark.parametrize(
    ("own", "team", "waited", "expected"),
    [([2], False, 40, True), ([2], False, 25, False), ([2], True, 25, True), ([2], True, 15, False), ([1], False, 90, False)],
)
def test_threads_that_wait_for_cores_make_waits_sleep_until_they_no_more_do(
    own: list[int], team: bool, waited: int, expected: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cores, "own", own)
    monkeypatch.setattr(cores.idle, "thread", threading.current_thread() if team else None)
    monkeypatch.setattr(cores.Watcher, "start", lambda self: None)
    watcher = cores.Watcher()
    write_schedstat(tmp_path, a=(0, 0))
    watcher.waiting = cores.Waiting(tmp_path)
    write_schedstat(tmp_path, a=(100 - waited, waited))
    assert watcher.short_of_cores() is expected


def test_the_idle_team_has_a_thread_more_than_there_are_cores_and_leaves_none_behind() -> None:
    before = len(os.listdir("/proc/self/task"))
    idle = cores.IdleTeam()
    idle.join()
    idle.made.wait(60)
    assert len(os.listdir("/proc/self/task")) == before + 1 + cores.cores_here()
    idle.join()  # It is there already.
    thread = idle.thread
    idle.leave()
    thread.join(60)
    while len(os.listdir("/proc/self/task")) > before:  # Its end is the kernel's, a moment later.
        os.sched_yield()


@pytest.mark.skipif(sys.platform != "linux", reason="counts the threads in /proc")
def test_who_trains_no_more_keeps_no_team(slot: Slot) -> None:
    """The team is that of this test's own thread, which had none before."""
    team: set[str] = set()

    def train() -> None:
        use_threads(2)
        before = set(os.listdir("/proc/self/task"))
        with cores.training(2):
            torch.ones(1_000_000).add_(1)
            team.update(set(os.listdir("/proc/self/task")) - before)
        while team & set(os.listdir("/proc/self/task")):  # Its end is the kernel's, a moment later.
            os.sched_yield()

    thread = threading.Thread(target=train, daemon=True)
    thread.start()
    thread.join(60)
    assert team
    assert not thread.is_alive()


def test_a_session_counts_among_those_that_train_but_not_while_it_is_paused(slot: Slot) -> None:
    seen: dict[str, list[int]] = {}
    config = ToyConfig()
    experiment = Toy(config, torch.device("cpu"))
    paused = threading.Event()

    def watch(latest: object) -> None:
        seen.setdefault(session.latest.status, []).append(len(cores.own))
        if session.latest.status == "paused":
            paused.set()

    session = Session(experiment, Run.create(RECIPE, config, torch.device("cpu"), 2), steps=3, on_update=watch)
    assert session.threads == 2
    session.step_once()
    session.start()
    assert paused.wait(60)
    while cores.own:  # It says "paused" a moment before it leaves.
        os.sched_yield()
    assert not slot.folder.exists() or not list(slot.folder.iterdir())
    session.resume()
    session.trained.wait(60)
    assert session.close(60)
    assert (seen["running"][0], cores.own, session.latest.status) == (1, [], "finished")


def test_a_run_stores_its_threads_and_continues_with_as_many(
    slot: Slot, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.setattr(cores, "cpus", lambda: {0, 1, 2})
    session = new_session("toy", {}, steps=3, device="cpu")
    session.run()
    run = Run(session.run_folder.path)
    assert (run.stored["threads"], run.status()["threads"]) == (3, 3)
    assert run.stored["device_name"].endswith("3 threads")
    monkeypatch.setattr(cores, "cpus", lambda: {0})  # On a smaller machine, as many still: they take turns.
    resumed = resumed_session(run, steps=5)
    assert resumed.threads == 3
    resumed.run()
    assert not caplog.records
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    with caplog.at_level(logging.WARNING):
        resumed_session(run, steps=7).run()
    assert ["trained with 3 threads until now and continues with 2" in record.getMessage() for record in caplog.records] == [True]
    assert run.threads() == 2


def test_operations_of_a_session_take_its_threads_and_the_caller_keeps_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    monkeypatch.setattr(cores, "cpus", lambda: {0, 1})
    before, inside = torch.get_num_threads(), []
    session = new_session("toy", {}, steps=1, device="cpu")
    session.on_update = lambda latest: inside.append((torch.get_num_threads(), data_parallel.run_threads()))
    session.run()
    assert set(inside) == {(2, 2)}
    assert torch.get_num_threads() == before


def test_a_run_continues_to_the_bit_on_fewer_cores_as_it_keeps_its_threads(slot: Slot, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sums of a GPT's gradients are split among the threads: with another number of them, their last digits differ."""
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    settings: dict[str, Any] = {"validate_every": 0, "batch_size": 16, "context": 64}

    def weights(run: Run) -> torch.Tensor:
        experiment = run.experiment("cpu", serving_only=True)
        return torch.cat([parameter.detach().flatten() for parameter in experiment.serving().parameters()])

    monkeypatch.setattr(cores, "cpus", lambda: {0, 1})
    whole = lab.train("gpt", steps=3, **settings)
    cut = lab.train("gpt", steps=2, **settings)
    other = lab.train("gpt", steps=2, **settings)
    monkeypatch.setattr(cores, "cpus", lambda: {0})
    assert torch.equal(weights(lab.resume(cut, steps=3)), weights(whole))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    assert not torch.equal(weights(lab.resume(other, steps=3)), weights(whole))
