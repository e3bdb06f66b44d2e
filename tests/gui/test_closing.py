"""Closing: the question answered by clicks, a session that does not end, and Ctrl-C to a real `lab gui`."""

import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from controls import ASKS, TINY
from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QApplication, QMessageBox
from pytestqt.qtbot import QtBot

from gui import closing
from gui.closing import Closing, question
from gui.main_window import MainWindow
from lab import api
from lab.api import resumed_session
from lab.run import Run
from lab.stored_runs import runs

LONG = 60_000


def answer(text: str, asked: list[str]) -> None:
    """Click the button `text` of the question that will be open when the event loop runs next."""

    def click() -> None:
        box = QApplication.activeModalWidget()
        if not isinstance(box, QMessageBox):
            QTimer.singleShot(20, click)
            return
        asked.append(box.text())
        button = next(button for button in box.buttons() if button.text().replace("&", "") == text)
        QtBot.mouseClick(button, Qt.MouseButton.LeftButton)

    QTimer.singleShot(0, click)


@pytest.fixture
def asking(make_window: Callable[..., MainWindow], monkeypatch: pytest.MonkeyPatch) -> Iterator[MainWindow]:
    """A window that asks before it closes; what remains at the test's end closes without a question."""
    window = make_window()
    monkeypatch.setattr(Closing, "confirm", ASKS)
    yield window
    monkeypatch.setattr(Closing, "confirm", lambda self, training: True)


def test_the_question_about_several_trainings_names_each() -> None:
    assert question(["a", "b"]) == "Still training:\na\nb\n\nStop them, save a checkpoint of each and close? They can be resumed later."


def test_go_on_training_leaves_everything_as_it_is(qtbot: QtBot, asking: MainWindow, train: Callable[..., Any]) -> None:
    bridge = train(asking)
    asked: list[str] = []
    answer("Keep training", asked)
    asking.close()
    assert asked == [f"Still training:\n{bridge.run.name}\n\nStop it, save a checkpoint and close? It can be resumed later."]
    assert asking.isVisible()
    done = bridge.latest.done
    qtbot.waitUntil(lambda: bridge.latest.done > done, timeout=LONG)


def test_save_and_close_saves_and_closes(qtbot: QtBot, asking: MainWindow, train: Callable[..., Any]) -> None:
    bridge = train(asking)
    qtbot.waitUntil(lambda: bridge.latest.done > 10, timeout=LONG)
    asked: list[str] = []
    answer("Save and close", asked)
    asking.close()
    qtbot.waitUntil(lambda: not asking.isVisible(), timeout=LONG)
    assert len(asked) == 1
    assert bridge.run.status()["status"] == "stopped"
    assert resumes(bridge.run) == bridge.run.status()["done"]


def test_nothing_is_asked_where_nothing_trains(qtbot: QtBot, asking: MainWindow, train: Callable[..., Any]) -> None:
    bridge = train(asking, steps=10)
    qtbot.waitUntil(lambda: not bridge.running, timeout=LONG)
    asking.close()
    qtbot.waitUntil(lambda: not asking.isVisible(), timeout=LONG)


def test_a_session_that_does_not_end_can_be_waited_for_or_left(
    qtbot: QtBot, asking: MainWindow, train: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(closing, "CLOSE_SECONDS", 0.05)
    bridge = train(asking)
    bridge.session.checkpoint()
    qtbot.waitUntil(lambda: bridge.latest.checkpoint_step is not None, timeout=LONG)
    kept, entered, go = bridge.latest.checkpoint_step, threading.Event(), threading.Event()
    step = bridge.session.experiment.step

    def slow() -> Any:
        entered.set()
        go.wait(60)
        return step()

    bridge.session.experiment.step = slow
    qtbot.waitUntil(entered.is_set, timeout=LONG)  # Asked to stop before, the session would end with the step it was in.
    asked: list[str] = []
    answer("Save and close", asked)
    asking.close()
    for choice in ("Keep waiting", "Close anyway"):
        qtbot.waitUntil(lambda: asking.closing.still_saving is not None, timeout=LONG)
        box = asking.closing.still_saving
        assert isinstance(box, QMessageBox)
        assert bridge.run.name in box.text()
        assert f"{kept:,} is kept" in box.text()
        assert asking.isVisible()
        qtbot.mouseClick(next(b for b in box.buttons() if b.text().replace("&", "") == choice), Qt.MouseButton.LeftButton)
        assert asking.closing.still_saving is None
    assert asking.closing.abandoned
    assert not asking.isVisible()
    go.set()
    qtbot.waitUntil(lambda: not bridge.alive, timeout=LONG)
    assert resumes(bridge.run) >= kept


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """What a run that is starting waits for."""
    made, opened = api.new_session, threading.Event()

    def new_session(*args: Any, **options: Any) -> Any:
        opened.wait(60)
        return made(*args, **options)

    monkeypatch.setattr(api, "new_session", new_session)
    yield opened
    opened.set()


def press_train(qtbot: QtBot, window: MainWindow) -> None:
    panel: Any = window.panels["Atari"]
    panel.form.recipe_box.setCurrentText("dqn-fast")
    panel.form.fields.set_values(TINY)
    qtbot.mouseClick(panel.form.train_button, Qt.MouseButton.LeftButton)


def test_closing_waits_for_a_run_that_is_being_started_and_saves_it(qtbot: QtBot, asking: MainWindow, gate: threading.Event) -> None:
    press_train(qtbot, asking)
    asked: list[str] = []
    answer("Save and close", asked)
    asking.close()
    assert "a new run of dqn-fast (starting)" in asked[0]
    assert asking.isVisible()
    gate.set()
    qtbot.waitUntil(lambda: not asking.isVisible(), timeout=LONG)
    (run,) = runs()
    assert run.status()["status"] == "stopped"
    assert resumes(run) == run.status()["done"] == 0


def test_a_run_that_does_not_start_can_be_left(
    qtbot: QtBot, asking: MainWindow, gate: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(closing, "CLOSE_SECONDS", 0.05)
    press_train(qtbot, asking)
    answer("Save and close", [])
    asking.close()
    qtbot.waitUntil(lambda: asking.closing.still_saving is not None, timeout=LONG)
    box = asking.closing.still_saving
    assert isinstance(box, QMessageBox)
    assert "a new run of dqn-fast is still starting" in box.text()
    qtbot.mouseClick(next(b for b in box.buttons() if b.text().replace("&", "") == "Close anyway"), Qt.MouseButton.LeftButton)
    assert asking.closing.abandoned
    assert not asking.isVisible()
    gate.set()
    asking.background.close()  # Waits for the thread that makes the session.


def resumes(run: Run) -> int:
    """Where the run goes on, after it has gone on for a step."""
    session = resumed_session(run, steps=10**9)
    at = session.experiment.progress().done
    session.experiment.step()
    session.experiment.close()
    return at


# -- a process of its own -----------------------------------------------------------------------------------------

PROGRAM = """
import sys, threading
from PySide6.QtCore import QSettings, QTimer
QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, {settings!r})
from gui.closing import Closing
from gui.main_window import MainWindow
def hang():
    print("training", flush=True)
    threading.Event().wait()
started = MainWindow.started
def press_train(self):
    started(self)
    panel = self.panel("Atari")
    panel.form.recipe_box.setCurrentText("tabular-q")
    panel.form.steps.setValue(panel.form.steps.maximum())
    panel.form.train_button.click()
    looks = QTimer(self, interval=50)
    def look():
        bridges = self.sessions.bridges
        if bridges and bridges[0].latest.done > 20:
            session = bridges[0].session
            session.checkpoint()
            if session.writer.written_step is not None:
                looks.stop()
                if {hang!r}:
                    session.experiment.step = hang
                else:
                    print("training", flush=True)
    looks.timeout.connect(look)
    looks.start()
MainWindow.started = press_train
{more}
from lab import cli
sys.exit(cli.main(["gui"]))
"""


TWICE = """
import signal
from gui.closing import Closing
begin = Closing.begin
def begin_twice(self):
    signal.raise_signal(signal.SIGINT)
    begin(self)
Closing.begin = begin_twice
"""


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Starts `lab gui` with a run that trains; killed if it is still there at the end."""
    monkeypatch.setenv("DISPLAY", ":none")  # `lab gui` wants a screen; the offscreen platform does not look at it.
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    started: list[subprocess.Popen[str]] = []

    def start(hang: bool, more: str = "") -> subprocess.Popen[str]:
        code = PROGRAM.format(settings=str(tmp_path / "settings"), hang=hang, more=more)
        process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        started.append(process)
        assert process.stdout is not None
        assert process.stdout.readline().startswith("training")
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def test_ctrl_c_saves_and_ends_the_process(program: Callable[..., subprocess.Popen[str]]) -> None:
    process = program(False)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=100)
    assert process.returncode == 0
    assert "Saving checkpoints" in said
    assert "Traceback" not in said
    (run,) = runs()
    assert run.status()["status"] == "stopped"
    assert resumes(run) == run.status()["done"] > 20


def test_a_second_ctrl_c_ends_a_process_whose_session_hangs(program: Callable[..., subprocess.Popen[str]]) -> None:
    process = program(True)
    process.send_signal(signal.SIGINT)
    assert process.stderr is not None
    while "Saving checkpoints" not in (line := process.stderr.readline()):
        assert line, "ended without a word"
    process.send_signal(signal.SIGINT)
    check_given_up(process)


def test_a_second_ctrl_c_in_the_middle_of_the_first_is_heeded(program: Callable[..., subprocess.Popen[str]]) -> None:
    """The program sends itself the second one when it has said what the first does, but done nothing yet."""
    process = program(True, more=TWICE)
    process.send_signal(signal.SIGINT)
    check_given_up(process)


def check_given_up(process: subprocess.Popen[str]) -> None:
    """The process ends without its session and says so; the run stays good."""
    _, said = process.communicate(timeout=100)
    assert process.returncode == 1
    assert said.count("Saving checkpoints") <= 1
    assert "is still saving" in said
    (run,) = runs()
    assert run.status()["status"] == "interrupted"
    assert resumes(run) > 20


def test_closing_waits_for_a_page_that_still_imports_without_standing_still(qtbot: QtBot, make_window: Callable[..., MainWindow]) -> None:
    window, come, go = make_window("Foundations"), threading.Event(), threading.Event()

    def slow(_: Any) -> None:
        come.set()
        go.wait(60)

    window.panels["Foundations"].home.pages[0].sandbox.do(slow)  # type: ignore[attr-defined]
    qtbot.waitUntil(come.is_set, timeout=LONG)
    window.close()
    assert window.isVisible()
    assert window.statusBar().currentMessage() == "Closing…"
    go.set()
    qtbot.waitUntil(lambda: not window.isVisible(), timeout=LONG)
