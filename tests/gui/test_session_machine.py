"""Start, pause, resume, step, checkpoint, stop and close in any order: nothing hangs, crashes or writes to one run twice."""

import threading
import time
from typing import Any

import pytest
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test
from PySide6.QtWidgets import QApplication

from gui.background import Background
from gui.bridge import SessionBridge, Sessions
from lab.run import Run

TINY = {"envs": 1, "learning_starts": 8, "replay_capacity": 200, "batch_size": 2, "hidden_units": 4, "noop_max": 0}
SECONDS = 60


class SessionMachine(RuleBasedStateMachine):
    """Acts on the newest session as a person would, through the same objects that the buttons use."""

    def __init__(self) -> None:
        super().__init__()
        self.background = Background()
        self.sessions = Sessions(self.background)
        self.bridge: SessionBridge | None = None
        self.stopped = False
        self.errors: list[BaseException] = []

    def until(self, condition: Any) -> None:
        """Run the event loop until `condition` holds; the limit only turns a hang into a failure."""
        end = time.monotonic() + SECONDS
        while not condition():
            assert time.monotonic() < end, "hangs"
            QApplication.processEvents()
            threading.Event().wait(0.002)

    def live(self) -> bool:
        return self.bridge is not None

    @precondition(lambda self: not self.live())
    @rule()
    def start(self) -> None:
        self.stopped = False
        self.sessions.start("dqn-fast", TINY, self.adopted, self.errors.append, steps=100_000, device="cpu")
        self.until(lambda: self.bridge is not None or self.errors)
        assert not self.errors

    @precondition(lambda self: self.live() and self.stopped)
    @rule()
    def resume_stored(self) -> None:
        assert self.bridge is not None
        run: Run = self.bridge.run
        self.close()
        self.sessions.resume(run, self.adopted, self.errors.append)
        self.until(lambda: self.bridge is not None or self.errors)
        assert not self.errors
        self.stopped = False

    def adopted(self, bridge: SessionBridge) -> None:
        self.bridge = bridge

    @precondition(live)
    @rule()
    def pause(self) -> None:
        self.bridge.session.pause()  # type: ignore[union-attr]

    @precondition(live)
    @rule()
    def go_on(self) -> None:
        self.bridge.session.resume()  # type: ignore[union-attr]

    @precondition(live)
    @rule()
    def step_once(self) -> None:
        self.bridge.session.step_once()  # type: ignore[union-attr]

    @precondition(live)
    @rule()
    def checkpoint(self) -> None:
        self.bridge.session.checkpoint()  # type: ignore[union-attr]

    @precondition(live)
    @rule()
    def second_writer_is_refused(self) -> None:
        assert self.bridge is not None
        self.until(lambda: self.bridge.run.is_locked() or not self.bridge.running or self.bridge.session.trained.is_set())
        if self.bridge.running and not self.stopped and not self.bridge.session.trained.is_set():
            refused: list[BaseException] = []
            adopted: list[SessionBridge] = []
            self.sessions.resume(self.bridge.run, adopted.append, refused.append)
            self.until(lambda: refused or adopted)
            assert refused
            assert "another session" in str(refused[0]) or "no checkpoint" in str(refused[0]).lower()

    @precondition(live)
    @rule()
    def stop(self) -> None:
        assert self.bridge is not None
        self.stopped = True
        self.bridge.session.stop()
        self.until(lambda: not self.bridge.running)
        assert self.bridge.latest.status in ("paused", "finished")
        assert not self.bridge.run.is_locked()

    @precondition(live)
    @rule()
    def close(self) -> None:
        assert self.bridge is not None
        bridge, self.bridge = self.bridge, None
        self.sessions.close_one(bridge)
        self.until(lambda: not bridge.alive and not self.sessions.retiring)
        assert bridge.session.error is None

    def teardown(self) -> None:
        if self.bridge is not None:
            self.close()
        self.background.close()
        self.sessions.deleteLater()
        self.background.deleteLater()
        QApplication.processEvents()


@pytest.mark.timeout(300)
def test_any_order_of_start_pause_resume_stop_and_close(qapp: QApplication) -> None:
    limits = hypothesis_settings(
        max_examples=6, stateful_step_count=10, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
    )  # fmt: skip
    run_state_machine_as_test(SessionMachine, settings=limits)
