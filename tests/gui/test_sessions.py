"""Training from the window: every transport button by click, errors, tabs, several sessions, the end."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from controls import TINY, drives, pick, press
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from gui.closing import Closing
from gui.dialogs import ContinueDialog
from gui.main_window import MainWindow
from gui.widgets.transport import Transport
from lab.experiment import Progress
from lab.run import Run
from lab.stored_runs import runs

LONG = 60_000


def click(qtbot: QtBot, button: Any) -> None:
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


@drives("Transport: Pause", "Transport: Step", "Transport: Stop", "Transport: Checkpoint")
def test_train_pause_step_checkpoint_and_stop(qtbot: QtBot, window: MainWindow, train: Callable[..., Any]) -> None:
    bridge = train(window)
    panel: Any = window.panels["Atari"]
    transport = panel.current_tab().transport
    qtbot.waitUntil(lambda: bridge.latest.done > 20, timeout=LONG)
    click(qtbot, transport.pause)
    qtbot.waitUntil(lambda: bridge.latest.status == "paused", timeout=LONG)
    assert transport.pause.text() == "Resume"
    done = bridge.latest.done
    click(qtbot, transport.step)
    qtbot.waitUntil(lambda: bridge.latest.done == done + 1 and bridge.latest.status == "paused", timeout=LONG)
    click(qtbot, transport.checkpoint)
    qtbot.waitUntil(lambda: bridge.latest.checkpoint_step == done + 1, timeout=LONG)
    click(qtbot, transport.pause)
    qtbot.waitUntil(lambda: bridge.latest.done > done + 5, timeout=LONG)
    click(qtbot, transport.stop)
    qtbot.waitUntil(lambda: not bridge.running, timeout=LONG)
    assert "stopped" in transport.state.text()
    assert not transport.resume.isHidden()
    assert bridge.run.status()["status"] == "stopped"


def test_the_run_has_the_settings_of_the_form(qtbot: QtBot, window: MainWindow, train: Callable[..., Any]) -> None:
    bridge = train(window, steps=30, game="breakout", seed=5)
    qtbot.waitUntil(lambda: not bridge.running, timeout=LONG)
    panel: Any = window.panels["Atari"]
    assert bridge.run.config() == panel.form.fields.config()
    assert bridge.run.config().game == "breakout"  # type: ignore[attr-defined]
    assert bridge.latest.status == "finished"


@drives("Transport: Resume", "ContinueDialog: Train")
def test_a_stored_run_opens_and_resumes(qtbot: QtBot, window: MainWindow, stored: Callable[..., Run]) -> None:
    run = stored(steps=40)
    window.open_run(run)
    panel: Any = window.panels["Atari"]
    tab = panel.current_tab()
    assert "finished" in tab.transport.state.text()
    qtbot.waitUntil(lambda: bool(tab.views.frames), timeout=LONG)
    dialog = how_far(qtbot, panel)
    assert dialog.sentence.text() == f"{run.name} has finished its 40 steps. How many more should it train?"
    assert dialog.options() == {"steps": 80}
    qtbot.keyClicks(dialog.steps, "25")
    click(qtbot, dialog.train)
    qtbot.waitUntil(lambda: bool(window.sessions.bridges) and not window.sessions.bridges[0].running, timeout=LONG)
    assert run.status()["done"] == 65


def test_a_failed_run_says_why_when_it_is_opened(window: MainWindow, stored: Callable[..., Run]) -> None:
    run = stored(steps=40)
    run.write_status("failed", Progress(40), 40, None, {}, 1.0, "conv1.weight holds NaN.")
    window.open_run(run)
    panel: Any = window.panels["Atari"]
    assert panel.current_tab().transport.state.text() == "failed  ·  40 steps  ·  conv1.weight holds NaN."


def how_far(qtbot: QtBot, panel: Any) -> Any:
    """Press Resume of a run that has finished its steps; the dialog that asks how far to go on."""
    click(qtbot, panel.current_tab().transport.resume)
    dialog: Any = panel.findChild(ContinueDialog)
    dialog.steps.selectAll()
    return dialog


def test_a_finished_run_goes_on_for_minutes(qtbot: QtBot, window: MainWindow, stored: Callable[..., Run]) -> None:
    window.open_run(stored(steps=40))
    dialog = how_far(qtbot, window.panels["Atari"])
    qtbot.keyClicks(dialog.unit, "minutes")
    dialog.minutes.selectAll()
    qtbot.keyClicks(dialog.minutes, "12.5")
    click(qtbot, dialog.train)
    qtbot.waitUntil(lambda: bool(window.sessions.bridges), timeout=LONG)
    session = window.sessions.bridges[0].session
    assert session.steps is None
    assert session.until - session.latest.seconds == pytest.approx(60 * 12.5, abs=60)


@drives("ContinueDialog: Cancel")
def test_cancel_leaves_a_finished_run_as_it_is(qtbot: QtBot, window: MainWindow, stored: Callable[..., Run]) -> None:
    window.open_run(stored(steps=40))
    dialog = how_far(qtbot, window.panels["Atari"])
    click(qtbot, dialog.cancel)
    assert not window.sessions.busy()


def test_a_run_that_was_stopped_goes_on_to_its_own_target(qtbot: QtBot, window: MainWindow, train: Callable[..., Any]) -> None:
    panel, resumed = stop_and_resume_twice(qtbot, window, train(window, steps=1_000_000))
    assert resumed.session.steps == 1_000_000
    assert panel.form.steps.value() == 7


def test_two_presses_of_resume_start_one_session(qtbot: QtBot, window: MainWindow, train: Callable[..., Any]) -> None:
    first = train(window)
    panel, resumed = stop_and_resume_twice(qtbot, window, first)
    assert window.sessions.bridges == [resumed]
    assert panel.current_tab().bridge is resumed
    assert not window.errors
    qtbot.waitUntil(lambda: not first.alive, timeout=LONG)  # It had only answered views.


def stop_and_resume_twice(qtbot: QtBot, window: MainWindow, bridge: Any) -> tuple[Any, Any]:
    """Stop a run, put another length into the form and press Resume twice; the panel, and the session that goes on."""
    panel: Any = window.panels["Atari"]
    transport = panel.current_tab().transport
    click(qtbot, transport.stop)
    qtbot.waitUntil(lambda: not bridge.running, timeout=LONG)
    panel.form.steps.setValue(7)
    click(qtbot, transport.resume)
    click(qtbot, transport.resume)
    qtbot.waitUntil(lambda: not window.sessions.starting, timeout=LONG)
    return panel, panel.current_tab().bridge


def test_resume_can_be_pressed_again_after_it_has_failed(qtbot: QtBot, window: MainWindow, stored: Callable[..., Run]) -> None:
    run = stored(steps=40)
    window.open_run(run)
    panel: Any = window.panels["Atari"]
    dialog = how_far(qtbot, panel)
    with run.lock():  # Another process trains it.
        click(qtbot, dialog.train)
        assert not panel.current_tab().transport.resume.isEnabled()
        qtbot.waitUntil(lambda: bool(window.errors), timeout=LONG)
    assert "another session" in window.errors[0].sentence.text()
    assert panel.current_tab().transport.resume.isEnabled()
    window.errors[0].close()


def test_a_run_that_is_being_resumed_is_refused_to_a_second_session(window: MainWindow, stored: Callable[..., Run], qtbot: QtBot) -> None:
    run, adopted, refused = stored(steps=40), [], []
    for _ in range(2):
        window.sessions.resume(run, adopted.append, refused.append, steps=10**6)
    assert [str(error) for error in refused] == [f"Run {run.name} is being trained by another session. Stop that one first."]
    qtbot.waitUntil(lambda: bool(adopted), timeout=LONG)


def test_two_presses_of_ctrl_r_start_one_run(qtbot: QtBot, window: MainWindow) -> None:
    panel: Any = window.panels["Atari"]
    panel.form.fields.set_values(TINY)
    for _ in range(2):
        press(qtbot, window, panel.session_menu, "Train")
    qtbot.waitUntil(lambda: not window.sessions.starting, timeout=LONG)
    assert len(runs()) == len(window.sessions.bridges) == 1


@drives("Transport: Copy settings")
def test_settings_of_a_run_are_copied_into_the_form(qtbot: QtBot, window: MainWindow, stored: Callable[..., Run]) -> None:
    run = stored(steps=20, game="breakout", gamma=0.5)
    window.open_run(run)
    panel: Any = window.panels["Atari"]
    click(qtbot, panel.current_tab().transport.clone)
    assert panel.form.fields.config() == run.config()
    assert panel.form.steps.value() == 20


def test_two_sessions_have_tabs_and_colours_of_their_own(qtbot: QtBot, window: MainWindow, train: Callable[..., Any]) -> None:
    first, second = train(window), train(window, seed=1)
    panel: Any = window.panels["Atari"]
    assert len(panel.tabs.all()) == 2
    one, other = panel.tabs.all()
    assert one.colour != other.colour
    qtbot.waitUntil(lambda: first.latest.done > 10 and second.latest.done > 10, timeout=LONG)
    panel.close_tab(1)
    qtbot.waitUntil(lambda: first.session.thread is not None and not first.session.thread.is_alive(), timeout=LONG)
    assert len(panel.tabs.all()) == 1
    assert second.running
    assert json.loads((first.run.path / "status.json").read_text())["status"] == "stopped"


def test_a_failed_session_shows_its_sentence_and_traceback(qtbot: QtBot, window: MainWindow, train: Callable[..., Any]) -> None:
    bridge = train(window)

    def broken() -> None:
        raise RuntimeError("a broken step")

    bridge.session.experiment.step = broken
    qtbot.waitUntil(lambda: bool(window.errors), timeout=LONG)
    dialog = window.errors[0]
    assert "a broken step" in dialog.sentence.text()
    dialog.copy.click()
    assert "Traceback" in QApplication.clipboard().text()
    dialog.close()
    assert window.isVisible()
    assert bridge.run.status()["status"] == "failed"
    again = train(window)
    qtbot.waitUntil(lambda: again.latest.done > 5, timeout=LONG)


def test_a_wrong_setting_is_said_and_nothing_starts(qtbot: QtBot, window: MainWindow) -> None:
    panel: Any = window.panels["Atari"]
    panel.form.fields.set_values({"learning_starts": 1000, "replay_capacity": 500})
    assert not panel.form.train_button.isEnabled()
    assert "--learning-starts" in panel.form.fields.problem.text()
    assert runs() == []


@drives("TrainForm: Copy as command line")
def test_the_copied_command_line_is_on_the_clipboard(qtbot: QtBot, window: MainWindow) -> None:
    panel: Any = window.panels["Atari"]
    panel.form.recipe_box.setCurrentText("dqn")
    panel.form.fields.set_values({"game": "qbert"})
    panel.form.steps.setValue(1234)
    click(qtbot, panel.form.copy_button)
    assert QApplication.clipboard().text() == "lab train dqn --game qbert --steps 1234"


@drives("TrainForm: Copy as Python", "Training > Copy as Python")
def test_the_copied_python_is_on_the_clipboard(qtbot: QtBot, window: MainWindow) -> None:
    panel: Any = window.panels["Atari"]
    panel.form.recipe_box.setCurrentText("dqn")
    panel.form.fields.set_values({"game": "qbert"})
    panel.form.steps.setValue(1234)
    click(qtbot, panel.form.python_button)
    assert QApplication.clipboard().text() == 'import lab\n\nrun = lab.train("dqn", game="qbert", steps=1234)\n'
    QApplication.clipboard().clear()
    pick(qtbot, panel.action_set["copy_python"])
    assert QApplication.clipboard().text().startswith("import lab")


def test_closing_the_window_saves_what_trains(qtbot: QtBot, make_window: Callable[..., MainWindow], train: Callable[..., Any]) -> None:
    window = make_window()
    bridge = train(window)
    qtbot.waitUntil(lambda: bridge.latest.done > 10, timeout=LONG)
    window.close()
    qtbot.waitUntil(lambda: not window.isVisible(), timeout=LONG)
    assert not bridge.alive
    assert list(bridge.run.checkpoints.glob("step-*/manifest.json"))
    assert bridge.run.status()["status"] == "stopped"


def test_closing_can_be_taken_back(qtbot: QtBot, window: MainWindow, train: Callable[..., Any], monkeypatch: Any) -> None:
    bridge = train(window)
    asked: list[int] = []
    monkeypatch.setattr(Closing, "confirm", lambda self, training: bool(asked.append(len(training))))
    window.close()
    assert asked == [1]
    assert window.isVisible()
    assert bridge.running
    monkeypatch.setattr(Closing, "confirm", lambda self, training: True)


def test_progress_is_in_percent_where_its_numbers_have_no_room(qtbot: QtBot) -> None:
    transport = Transport()
    qtbot.addWidget(transport)
    transport.progress.resize(300, 20)
    transport.show_progress(0.00056, "5,600 of 10,000,000")
    assert transport.progress.text() == "5,600 of 10,000,000"
    transport.progress.resize(90, 20)
    transport.show_progress(0.00056, "5,600 of 10,000,000")
    assert transport.progress.text() == "0.056 %"
    transport.show_progress(0, "5")
    assert transport.progress.text() == "5"
