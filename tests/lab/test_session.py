import errno
import logging
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError
from pathlib import Path
from typing import Any

import pytest
import torch
from toy import RECIPE, Toy, ToyConfig

from lab import checkpoint
from lab.api import resume, resumed_session, train
from lab.errors import LabError, UsageError
from lab.latest import Latest
from lab.metrics import MetricsWriter
from lab.run import Run
from lab.session import CHECKPOINT_SECONDS, Session

CPU = torch.device("cpu")
WAIT = 60  # seconds, for what takes milliseconds: only a hang lasts so long


@pytest.fixture
def session() -> Iterator[Callable[..., Session]]:
    """Makes sessions of the toy; `gated` ones take a step for each release of `experiment.gate`. Closed at the end."""
    made: list[Session] = []

    def make(steps: int | None = 1000, gated: bool = False, on_update: Any = None, **fields: Any) -> Session:
        config = ToyConfig.parse(fields)
        experiment = Toy(config, CPU)
        if gated:
            experiment.gate = threading.Semaphore(0)
        made.append(Session(experiment, Run.create(RECIPE, config, CPU, 1), steps=steps, on_update=on_update))
        return made[-1]

    yield make
    for one in made:
        one.experiment.gate = None if one.thread is None else one.experiment.gate
        if one.experiment.gate is not None:
            one.experiment.gate.release(10_000)
        assert one.close(WAIT), "the session's threads did not end"


def let(session: Session, steps: int) -> None:
    """Let a gated session take `steps` steps, and wait until it took them."""
    session.experiment.gate.release(steps)
    for _ in range(steps):
        assert session.experiment.stepped.acquire(timeout=WAIT)


def until(session: Session, condition: Callable[[Latest], bool], monkeypatch: pytest.MonkeyPatch | None = None) -> None:
    """Wait for an update that fulfils `condition`; sessions call `on_update` at every change of status."""
    event = threading.Event()
    session.on_update = lambda latest: event.set() if condition(latest) else None
    if not condition(session.latest):
        assert event.wait(WAIT)


def test_a_session_in_the_foreground_trains_to_its_target_and_stores_everything(session) -> None:
    one = session(steps=25)
    latest = one.run()
    assert (latest.status, latest.done, latest.target) == ("finished", 25, 25)
    run = one.run_folder
    assert run.status()["status"] == "finished"
    assert checkpoint.listed(run.checkpoints)[-1].name == "step-000000000025"
    assert [row["step"] for row in run.metrics() if "losses/loss" in row] == [5, 10, 15, 20, 25]
    assert [row["charts/score"] for row in run.metrics() if "charts/score" in row] == [4, 8, 12, 16, 20, 24]
    assert one.experiment.closed == 1
    assert latest.checkpoint_step == 25


def test_the_stored_loss_is_the_mean_over_the_logging_interval(session) -> None:
    one = session(steps=5)
    one.run()
    twin = Toy(ToyConfig(), CPU)
    losses = [float(twin.step()["losses/loss"]) for _ in range(5)]
    assert one.run_folder.metrics()[-1]["losses/loss"] == pytest.approx(sum(losses) / 5)


def test_pause_holds_between_two_steps_and_resume_goes_on(session) -> None:
    one = session(gated=True)
    one.start()
    let(one, 3)
    one.pause()
    one.experiment.gate.release(1)  # for the step it may be in already
    until(one, lambda latest: latest.status == "paused")
    held = one.experiment.steps
    assert held in (3, 4)
    one.experiment.gate.release(50)
    assert one.experiment.steps == held
    one.resume()
    for _ in range(20):
        assert one.experiment.stepped.acquire(timeout=WAIT)


def test_step_once_takes_one_step_and_pauses(session) -> None:
    one = session(gated=True)
    one.pause()
    one.start()
    one.experiment.gate.release(50)
    until(one, lambda latest: latest.status == "paused")
    for expected in (1, 2):
        one.step_once()
        assert one.experiment.stepped.acquire(timeout=WAIT)
        assert not one.experiment.stepped.acquire(blocking=False)
        until(one, lambda latest: latest.status == "paused" and latest.done == expected)  # noqa: B023
    assert one.experiment.steps == 2


def test_stop_ends_with_a_checkpoint_and_the_run_is_stopped(session) -> None:
    one = session(gated=True)
    one.start()
    let(one, 3)
    one.stop()
    one.experiment.gate.release()  # for the step it may be in already
    assert one.trained.wait(WAIT)
    assert one.experiment.steps in (3, 4)
    assert checkpoint.listed(one.run_folder.checkpoints)[-1].name == f"step-{one.experiment.steps:012d}"
    assert one.run_folder.status()["status"] == "stopped"


def test_a_slow_training_has_a_checkpoint_every_ten_minutes(session) -> None:
    one = session(steps=5)
    one.saved_at = one.seconds - CHECKPOINT_SECONDS  # As if the first step had taken so long.
    one.run()
    names = [path.name for path in checkpoint.listed(one.run_folder.checkpoints)]
    assert names == ["step-000000000001", "step-000000000005"]


def test_a_checkpoint_is_written_when_asked_for(session) -> None:
    one = session(gated=True)
    one.start()
    let(one, 3)
    one.pause()
    one.checkpoint()
    one.experiment.gate.release()  # for the step it may be in already
    until(one, lambda latest: latest.checkpoint_step is not None)
    assert checkpoint.read(checkpoint.listed(one.run_folder.checkpoints)[-1])["experiment"]["steps"] in (3, 4)


def test_a_view_is_answered_between_two_steps(session) -> None:
    one = session(gated=True)
    one.start()
    let(one, 2)
    future = one.ask("weights", scale="2")
    one.experiment.gate.release()
    answer = future.result(WAIT)
    twin = Toy(ToyConfig(), CPU)
    states = [[2 * float(w) for w in twin.net.weight[0]] for _ in range(4) if twin.step()]
    assert [row[0] for row in answer.rows] in states


def test_views_are_answered_while_paused_and_after_the_end(session) -> None:
    one = session(steps=3)
    one.pause()
    one.start()
    assert one.ask("weights").result(WAIT).rows
    one.resume()
    until(one, lambda latest: latest.status == "finished")
    after = [row[0] for row in one.ask("weights").result(WAIT).rows]
    assert after == one.experiment.net.weight[0].tolist()


def test_a_live_view_is_answered_while_a_step_is_under_way(session) -> None:
    one = session(gated=True)
    one.start()
    let(one, 1)
    assert one.ask("seen", note="now ").result(WAIT).text.startswith("now [")


def test_of_several_waiting_requests_with_one_key_only_the_newest_is_answered(session) -> None:
    one = session(gated=True)
    one.start()
    let(one, 1)
    older, newer, other = one.ask("weights"), one.ask("weights", scale=3), one.ask("weights", key="mine")
    assert older.cancelled()
    one.experiment.gate.release(2)
    assert newer.result(WAIT).rows[0][0] == pytest.approx(3 * other.result(WAIT).rows[0][0])


def test_an_error_in_a_view_goes_to_whoever_asked_and_training_goes_on(session) -> None:
    one = session(gated=True)
    one.start()
    let(one, 1)
    future = one.ask("broken")
    one.experiment.gate.release(2)
    with pytest.raises(ZeroDivisionError, match=r"a defect in a view"):
        future.result(WAIT)
    let(one, 1)
    assert one.error is None


def test_an_unknown_view_and_a_wrong_parameter_are_refused_at_once(session) -> None:
    one = session()
    with pytest.raises(UsageError, match=r"no view 'weigths'. Did you mean weights"):
        one.ask("weigths")
    with pytest.raises(UsageError, match=r"--scale .*got 'wide'"):
        one.ask("weights", scale="wide")
    with pytest.raises(UsageError, match=r"no parameter of view weights 'scales'"):
        one.ask("weights", scales=1)


def test_requests_that_wait_when_a_session_is_closed_are_cancelled(session) -> None:
    one = session(gated=True)
    one.start()
    let(one, 1)
    future = one.ask("weights")
    with one.wake:
        one.requests |= {"stop", "close"}
    one.experiment.gate.release()
    assert one.close(WAIT)
    with pytest.raises(CancelledError):
        future.result(WAIT)
    assert one.ask("weights").cancelled()
    assert one.experiment.closed == 1


def test_a_loss_that_is_not_finite_stops_the_run_names_the_tensor_and_keeps_the_last_checkpoint(session) -> None:
    one = session(nan_at=13)
    latest = one.run()
    assert latest.status == "failed"
    assert isinstance(one.error, LabError)
    for part in ("losses/loss is not finite", "net.weight", "last finite checkpoint is step-000000000010", "learning rate"):
        assert part in latest.error
    assert one.run_folder.status()["reason"] == latest.error
    assert checkpoint.newest_good(one.run_folder.checkpoints)[1]["experiment"]["steps"] == 10


def test_a_state_that_is_not_finite_where_a_checkpoint_is_due_is_named(session) -> None:
    one = session(nan_at=10, steps=12)
    one.experiment.log_every = 100
    latest = one.run()
    assert latest.status == "failed"
    assert "net.weight" in latest.error


def test_out_of_memory_says_which_setting_to_lower(session) -> None:
    one = session(fail_at=3)
    latest = one.run()
    assert latest.error == "Out of memory. Lower --batch-size, or close what else uses this machine's memory."
    assert latest.status == "failed"
    assert "MemoryError" in latest.traceback


def test_a_defect_ends_the_run_with_its_traceback_in_the_log(session, monkeypatch) -> None:
    one = session()

    def broken() -> None:
        raise ZeroDivisionError("a defect in a step")

    monkeypatch.setattr(one.experiment, "step", broken)
    assert one.run().error == "ZeroDivisionError: a defect in a step"
    assert "Traceback" in (one.run_folder.path / "log.txt").read_text()
    assert one.experiment.closed == 1


@pytest.mark.parametrize("where", ["checkpoint", "metrics", "status", "log"])
def test_a_full_disk_ends_the_run_with_one_sentence_and_an_intact_checkpoint(where: str, session, monkeypatch) -> None:
    one = session(steps=40)
    original = one.experiment.step

    def full(*_: Any, **__: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    def step() -> Any:
        if one.experiment.steps == 12:
            one.writer.finish()
            target = {
                "checkpoint": (checkpoint, "save_file"), "metrics": (MetricsWriter, "write"),
                "status": (Path, "write_text"), "log": (Run, "log"),
            }[where]  # fmt: skip
            monkeypatch.setattr(*target, full)
        return original()

    monkeypatch.setattr(one.experiment, "step", step)
    latest = one.run()
    assert latest.status == "failed"
    assert latest.error.startswith("The disk is full (")
    assert isinstance(one.error, LabError)
    monkeypatch.undo()
    assert checkpoint.newest_good(one.run_folder.checkpoints)[0].name >= "step-000000000010"


def test_two_sessions_at_once_do_not_change_each_others_results(session) -> None:
    alone = []
    for seed in (1, 2):
        one = session(seed=seed, steps=60)
        one.run()
        alone.append(one.experiment.net.weight.clone())
    together = [session(seed=seed, steps=60) for seed in (1, 2)]
    for one in together:
        one.start()
    for one, weight in zip(together, alone, strict=True):
        until(one, lambda latest: latest.status == "finished")
        assert torch.equal(one.experiment.net.weight, weight)


def test_asking_views_changes_nothing_in_the_result(session) -> None:
    quiet, asked = session(steps=40), session(steps=40, gated=True)
    quiet.run()
    asked.start()
    for _ in range(10):
        asked.ask("weights"), asked.ask("seen")
        let(asked, 4)
    until(asked, lambda latest: latest.status == "finished")
    assert torch.equal(quiet.experiment.net.weight, asked.experiment.net.weight)


@pytest.mark.parametrize(
    ("speed", "words"), [(0.0, ""), (0.34, "2.9 s a step"), (3.41, "3.4 steps/s"), (310.2, "310 steps/s"), (12345.0, "12,345 steps/s")]
)
def test_the_pace_in_words(speed: float, words: str) -> None:
    assert Latest(speed=speed).pace == words


def test_the_time_left_follows_the_steady_speed_or_the_limit_whichever_is_sooner() -> None:
    assert Latest(done=400, target=1000, speed=5, steady=10).eta == 60
    assert Latest(done=400, target=1000, seconds=100, until=130, steady=10).eta == 30
    assert Latest(seconds=200, until=130).eta == 0
    assert Latest(done=400, steady=10).eta is None


@pytest.mark.parametrize(
    ("latest", "words", "share"),
    [
        (Latest(done=1200, target=5000), "1,200 of 5,000", 0.24),
        (Latest(done=1200, seconds=720, until=1800), "12 of 30 min", 0.4),
        (Latest(done=1200, seconds=12, until=60), "12 of 60 s", 0.2),
        (Latest(done=1200), "1,200", 0.0),
    ],
)
def test_progress_in_words_and_as_a_share(latest: Latest, words: str, share: float) -> None:
    assert (latest.progress, latest.share) == (words, share)


def test_a_jump_of_the_speed_hardly_moves_the_steady_one(session) -> None:
    one = session(gated=True)
    one.window.append((0.0, 0))
    for seconds, done in ((1.0, 100), (2.0, 200)):
        one.seconds = seconds
        one.update(done)
    assert one.latest.steady == pytest.approx(100)
    one.window.clear()
    one.window.append((2.0, 200))
    one.seconds = 3.0
    one.update(1200)
    assert one.latest.speed == 1000
    assert one.latest.steady == pytest.approx(145)
    one.close()


def test_two_writers_on_one_run_are_refused(session) -> None:
    one = session(gated=True)
    one.start()
    let(one, 1)
    second = Session(Toy(ToyConfig(), CPU), one.run_folder, steps=5)
    assert "is being trained by another session" in second.run().error
    assert one.run_folder.status()["status"] == "running"


def test_a_session_opened_before_another_one_trained_leaves_the_newer_checkpoints_alone(session) -> None:
    one = session(steps=5)
    one.run()
    run = one.run_folder
    late = resumed_session(Run(run.path), steps=8)
    resumed_session(Run(run.path), steps=20).run()
    kept, status = [path.name for path in checkpoint.listed(run.checkpoints)], run.status()
    assert "its newest checkpoint is now step-000000000020. Open it again" in late.run().error
    assert [path.name for path in checkpoint.listed(run.checkpoints)] == kept
    assert run.status() == status
    assert late.experiment.closed == 1


def test_a_full_disk_before_the_first_checkpoint_promises_none(session, monkeypatch: pytest.MonkeyPatch) -> None:
    one = session(steps=5)

    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(MetricsWriter, "write", full)
    assert "intact" not in one.run().error


def test_the_lock_is_free_again_after_a_session_ended(session) -> None:
    one = session(steps=3)
    one.run()
    assert not one.run_folder.is_locked()
    with one.run_folder.lock():
        assert one.run_folder.is_locked()


def test_minutes_count_training_only_and_start_anew_on_resumption(session) -> None:
    made = session(steps=None)
    one = Session(made.experiment, made.run_folder, minutes=1.0, seconds=100.0)
    assert not one.done()
    one.seconds = 159.9
    assert not one.done()
    one.seconds = 160.0
    assert one.done()


def test_who_looks_first_after_a_while_sees_weights_of_now(session) -> None:
    one = session(gated=True)
    one.start()
    let(one, 3)
    answer = one.ask("seen")
    let(one, 2)
    twin = Toy(ToyConfig(), CPU)
    texts = [twin.step() and str(twin.seen(twin.net).text) for _ in range(5)]
    assert answer.result(WAIT).text in texts[2:], "the weights of when somebody asked, or later ones"


def test_who_waits_for_weights_of_now_gets_the_last_when_training_ends(session) -> None:
    one = session(steps=3, gated=True)
    one.start()
    let(one, 2)
    answer = one.ask("seen")
    one.stop()
    one.experiment.gate.release(1)
    twin = Toy(ToyConfig(), CPU)
    texts = [twin.step() and str(twin.seen(twin.net).text) for _ in range(3)]
    assert answer.result(WAIT).text in texts[1:]


def test_a_resumed_session_takes_back_rows_beyond_its_checkpoint(session) -> None:
    one = session(steps=14)
    one.run()
    run = one.run_folder
    checkpoint.shutil.rmtree(checkpoint.listed(run.checkpoints)[-1])
    experiment = run.experiment("cpu")
    assert experiment.progress().done == 10
    Session(experiment, Run(run.path), steps=20).run()
    assert [row["step"] for row in run.metrics() if "losses/loss" in row] == [5, 10, 15, 20]


def test_a_session_whose_listener_fails_still_ends_in_order(session) -> None:
    def listener(latest: Latest) -> None:
        raise RuntimeError("a defect in the screen")

    one = session(on_update=listener)
    assert "a defect in the screen" in one.run().error
    assert one.experiment.closed == 1
    assert one.run_folder.status()["status"] == "failed"


def test_what_is_said_while_a_run_is_restored_is_in_its_log(runs_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Such as that its random numbers start again, as it was trained on another kind of device."""
    run = train("toy", steps=10, run=runs_home / "r", quiet=True)
    restore = Toy.restore

    def restore_and_say(self: Toy, state: Any) -> None:
        logging.getLogger("lab.state").warning("Its random numbers start again.")
        restore(self, state)

    monkeypatch.setattr(Toy, "restore", restore_and_say)
    resume(run, steps=12, quiet=True)
    assert "Its random numbers start again." in (run.path / "log.txt").read_text()
