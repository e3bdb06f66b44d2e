"""Start, pause, resume, step, checkpoint, look, stop and close two sessions in any order: nothing hangs, crashes or writes
to one run twice, and what one session does changes nothing in the other."""

import threading
import time
from typing import Any

import pytest
from controls import TINY
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from PySide6.QtWidgets import QApplication

from gui.background import Background
from gui.bridge import SessionBridge, Sessions
from lab.run import Run

SECONDS = 60
SLOT = st.integers(0, 1)


class SessionMachine(RuleBasedStateMachine):
    """Acts on two sessions as a person would, through the same objects that the buttons use."""

    def __init__(self) -> None:
        super().__init__()
        self.background = Background()
        self.sessions = Sessions(self.background)
        self.bridges: dict[int, SessionBridge] = {}
        self.left: dict[int, Run] = {}
        """The run that was closed last in a slot."""
        self.errors: list[BaseException] = []

    def until(self, condition: Any) -> None:
        """Run the event loop until `condition` holds; the limit only turns a hang into a failure."""
        end = time.monotonic() + SECONDS
        while not condition():
            assert time.monotonic() < end, "hangs"
            QApplication.processEvents()
            threading.Event().wait(0.002)

    def any_open(self) -> bool:
        return bool(self.bridges)

    @rule(slot=SLOT)
    def start(self, slot: int) -> None:
        if slot not in self.bridges:
            fields = {**TINY, "seed": slot}
            self.sessions.start(
                "dqn-fast", fields, lambda bridge: self.adopted(slot, bridge), self.errors.append, steps=10**5, device="cpu"
            )
            self.until(lambda: slot in self.bridges or self.errors)

    def adopted(self, slot: int, bridge: SessionBridge) -> None:
        self.bridges[slot] = bridge

    @rule(slot=SLOT)
    def resume_what_was_closed(self, slot: int) -> None:
        if slot in self.left and slot not in self.bridges:
            run = self.left.pop(slot)
            done = run.status()["done"]
            self.sessions.resume(run, lambda bridge: self.adopted(slot, bridge), self.errors.append)
            self.until(lambda: slot in self.bridges or self.errors)
            assert not self.errors
            assert self.bridges[slot].latest.done >= done

    @rule(slot=SLOT)
    def pause(self, slot: int) -> None:
        if slot in self.bridges:
            self.bridges[slot].session.pause()

    @rule(slot=SLOT)
    def pause_and_wait(self, slot: int) -> None:
        """A paused session stands still, whatever the other does."""
        bridge = self.bridges.get(slot)
        if bridge is not None and bridge.running:
            bridge.session.pause()
            self.until(lambda: bridge.latest.status == "paused" or not bridge.running)
            done = bridge.session.experiment.progress().done
            other = self.bridges.get(1 - slot)
            if other is not None and other.running and other.latest.status == "running" and "pause" not in other.session.requests:
                before = other.latest.done
                self.until(lambda: other.latest.done > before or other.latest.status != "running" or not other.running)
            assert bridge.session.experiment.progress().done == done

    @rule(slot=SLOT)
    def go_on(self, slot: int) -> None:
        if slot in self.bridges:
            self.bridges[slot].session.resume()

    @rule(slot=SLOT)
    def step_once(self, slot: int) -> None:
        if slot in self.bridges:
            self.bridges[slot].session.step_once()

    @rule(slot=SLOT)
    def checkpoint(self, slot: int) -> None:
        if slot in self.bridges:
            self.bridges[slot].session.checkpoint()

    @rule(slot=SLOT, view=st.sampled_from(["screen", "action_values", "filters"]))
    def look(self, slot: int, view: str) -> None:
        """A view is answered whatever state the session is in."""
        if slot in self.bridges:
            answers: list[Any] = []
            self.bridges[slot].ask(view, answers.append, self.errors.append)
            self.until(lambda: answers or self.errors)

    @precondition(any_open)
    @rule(slot=SLOT)
    def second_writer_is_refused(self, slot: int) -> None:
        bridge = self.bridges.get(slot)
        if bridge is None:
            return
        self.until(lambda: bridge.run.is_locked() or not bridge.running or bridge.session.trained.is_set())
        if bridge.running and "stop" not in bridge.session.requests and not bridge.session.trained.is_set():
            refused: list[BaseException] = []
            adopted: list[SessionBridge] = []
            self.sessions.resume(bridge.run, adopted.append, refused.append)
            self.until(lambda: refused or adopted)
            assert refused
            assert "another session" in str(refused[0]) or "no checkpoint" in str(refused[0]).lower()

    @rule(slot=SLOT)
    def stop(self, slot: int) -> None:
        bridge = self.bridges.get(slot)
        if bridge is not None:
            bridge.session.stop()
            self.until(lambda: not bridge.running)
            assert bridge.latest.status in ("stopped", "finished")
            assert not bridge.run.is_locked()

    @rule(slot=SLOT)
    def close(self, slot: int) -> None:
        bridge = self.bridges.pop(slot, None)
        if bridge is not None:
            self.sessions.close_one(bridge)
            self.until(lambda: not bridge.alive and bridge not in self.sessions.retiring)
            assert bridge.session.error is None
            assert not bridge.run.is_locked()
            self.left[slot] = bridge.run

    @precondition(any_open)
    @rule()
    def close_the_app(self) -> None:
        """What closing the window does: ask all, then look until they have ended."""
        self.sessions.request_close()
        self.until(lambda: not self.sessions.alive())
        self.sessions.closing = False  # The app is opened again.
        for slot in list(self.bridges):
            assert self.bridges[slot].run.status()["status"] in ("stopped", "finished")
            self.close(slot)

    @invariant()
    def nothing_failed(self) -> None:
        assert not self.errors
        assert all(bridge.session.error is None for bridge in self.bridges.values())

    def teardown(self) -> None:
        for slot in list(self.bridges):
            self.close(slot)
        self.background.close()
        self.sessions.deleteLater()
        self.background.deleteLater()
        QApplication.processEvents()


@pytest.mark.timeout(300)
def test_any_order_of_start_pause_resume_stop_and_close(qapp: QApplication) -> None:
    limits = hypothesis_settings(
        max_examples=12, stateful_step_count=16, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
    )  # fmt: skip
    run_state_machine_as_test(SessionMachine, settings=limits)
