"""Sweeps in the Runs panel: what their settings were worth, sorted, drawn, and opened."""

import json
import signal
from pathlib import Path
from typing import Any

import pytest
from controls import drives, find_buttons, pick
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from gui.main_window import MainWindow
from gui.sweep_dialog import SweepDialog
from lab.paths import runs_folder
from lab.registry import recipe
from lab.sweep import SWEEPS, Wish, find, prepared, record
from lab.sweep_search import distributions, study_of, suggest

LONG = 60_000


@pytest.fixture
def sweep() -> None:
    """A sweep of three learning rates as it lies on disk; the second was the best."""
    made = prepared("linear", Wish(["learning_rate=0.1,0.2,0.4"], name="rates", steps=10))
    made.folder.mkdir(parents=True)
    SWEEPS.file("rates").write_text(json.dumps(record(made)))
    study = study_of(made)
    for number, (rate, loss) in enumerate(((0.1, 0.5), (0.2, 0.25), (0.4, 0.75))):
        study.enqueue_trial({"learning_rate": rate})
        trial = study.ask()
        suggest(trial, distributions(made))
        folder: Path = runs_folder() / f"run-{number}"
        folder.mkdir(parents=True)
        one = made.trials_of(number, trial.params)[0]
        files: dict[str, Any] = {
            "config.json": {"recipe": "linear", "config": one.fields, "part_of": one.part_of, "steps": 10},
            "status.json": {
                "status": "finished", "done": 10, "target": 10, "unit": "steps", "seconds": 1.0, "metrics": {made.metric: loss},
            },
        }  # fmt: skip
        for name, values in files.items():
            (folder / name).write_text(json.dumps(values))
        study.tell(trial, loss)


@drives("SweepPane: Open run")
def test_settings_are_sorted_drawn_and_opened(qtbot: QtBot, window: MainWindow, sweep: None, monkeypatch: pytest.MonkeyPatch) -> None:
    runs: Any = window.go_to("Runs")
    pane = runs.sweep_pane
    runs.sweep_dock.raise_()
    qtbot.waitUntil(lambda: pane.table.rowCount() == 3, timeout=LONG)
    assert pane.note.text() == "sweep rates: linear, 3 of 3 settings finished; the smallest losses/cross_entropy first"
    assert [pane.model.index(row, 1).data() for row in range(3)] == ["0.2", "0.1", "0.4"]
    assert pane.picture.image is not None
    pane.view.sortByColumn(1, Qt.SortOrder.DescendingOrder)
    assert [pane.model.index(row, 2).data() for row in range(3)] == ["0.75", "0.25", "0.5"]
    opened: list[str] = []
    monkeypatch.setattr(pane.context, "open_run", lambda run: opened.append(run.name))
    assert not pane.open_button.isEnabled()
    pane.view.selectRow(1)
    qtbot.mouseClick(pane.open_button, Qt.MouseButton.LeftButton)
    assert opened == ["run-1"]


def test_without_a_sweep_it_says_how_to_make_one(qtbot: QtBot, window: MainWindow) -> None:
    runs: Any = window.go_to("Runs")
    runs.sweep_dock.raise_()
    qtbot.waitUntil(runs.sweep_pane.isVisible, timeout=LONG)
    assert "lab sweep vae" in runs.sweep_pane.note.text()
    assert not runs.sweep_pane.names.isVisible()


@drives("Training > Sweep over settings", "SweepDialog: Start", "SweepDialog: Cancel", "SweepPane: Continue", "SweepPane: Stop")
def test_a_sweep_is_started_from_a_form_stopped_and_continued(qtbot: QtBot, window: MainWindow, monkeypatch: pytest.MonkeyPatch) -> None:
    commands: list[list[str]] = []
    signals: list[int] = []
    codes: list[int] = []

    class Process:
        """In place of `lab sweep`, which tests/lab/test_sweep.py trains."""

        def __init__(self, command: list[str], **options: Any):
            commands.append(command[3:])

        def send_signal(self, number: int) -> None:
            signals.append(number)

        def poll(self) -> int | None:
            return codes[-1] if codes else None

    monkeypatch.setattr("gui.sweep_runner.subprocess.Popen", Process)
    panel: Any = window.go_to("Vision")
    panel.form.recipe_box.setCurrentText("linear")
    panel.form.steps.setValue(12)
    pick(qtbot, panel.action_set["sweep"])
    qtbot.waitUntil(lambda: panel.findChild(SweepDialog) is not None, timeout=LONG)
    dialog = panel.findChild(SweepDialog)
    assert not dialog.start_button.isEnabled()
    (field, values), *_ = dialog.rows
    field.setCurrentText("learning rate")
    values.setText("0.1, fast")
    dialog.seeds.setValue(2)
    qtbot.mouseClick(dialog.start_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "learning" in dialog.problem.text() and dialog.start_button.isEnabled(), timeout=LONG)
    values.setText("0.1, 0.3")
    qtbot.mouseClick(dialog.start_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: len(commands) == 1, timeout=LONG)
    made = find("linear-1")
    assert commands == [["sweep", "linear-1", "--jobs", "1"]]
    assert (made.grid, made.seeds, made.steps) == ({"learning_rate": [0.1, 0.3]}, 2, 12)
    runs: Any = window.go_to("Runs")
    pane = runs.sweep_pane
    runs.sweep_dock.raise_()
    qtbot.waitUntil(lambda: pane.names.currentText() == "linear-1" and pane.go_button.text() == "Stop", timeout=LONG)
    qtbot.mouseClick(pane.go_button, Qt.MouseButton.LeftButton)
    assert signals == [signal.SIGINT]
    codes.append(130)
    qtbot.waitUntil(lambda: pane.go_button.text() == "Continue", timeout=LONG)
    assert "linear-1 has stopped" in window.statusBar().currentMessage()
    codes.clear()
    qtbot.mouseClick(pane.go_button, Qt.MouseButton.LeftButton)
    assert commands[1:] == [["sweep", "linear-1", "--jobs", "1"]]
    codes.append(0)
    qtbot.waitUntil(lambda: not window.sweeps.processes, timeout=LONG)
    panel = window.go_to("Vision")
    pick(qtbot, panel.action_set["sweep"])
    qtbot.waitUntil(lambda: any(one.isVisible() for one in panel.findChildren(SweepDialog)), timeout=LONG)
    dialog = next(one for one in panel.findChildren(SweepDialog) if one.isVisible())
    (field, values), *_ = dialog.rows
    field.setCurrentText("learning rate")
    values.setText("0.01..1")
    assert dialog.trials.isEnabled()
    assert dialog.wish().ranges == ["learning_rate=0.01..1"]
    qtbot.mouseClick(find_buttons(dialog)["SweepDialog: Cancel"], Qt.MouseButton.LeftButton)
    assert not dialog.isVisible()


def test_a_sweep_on_a_cluster_needs_ray_and_says_how_each_training_is_to_run(
    qtbot: QtBot, window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[list[str]] = []
    config, answer = recipe("linear").config_class()(), lambda sweep, flags: started.append(flags)
    dialog = SweepDialog("linear", config, {"steps": 5}, ("losses/loss",), "cpu", answer, window.background, window)
    dialog.show()
    (field, values), *_ = dialog.rows
    field.setCurrentText("learning rate")
    values.setText("0.1, 0.3")
    assert dialog.flags() == ["--jobs", "1"]
    assert not dialog.address.isVisible()
    dialog.where.setCurrentText("a Ray cluster")
    assert dialog.address.isVisible()
    dialog.address.setText("head:6379")
    dialog.jobs.setValue(4)
    dialog.cpus.setValue(2)
    dialog.gpus.setValue(0.5)
    dialog.bring_back.setChecked(True)
    monkeypatch.setattr("gui.sweep_dialog.find_spec", lambda name: None)
    qtbot.mouseClick(dialog.start_button, Qt.MouseButton.LeftButton)
    assert "pip install 'lab[ray]'" in dialog.problem.text()
    monkeypatch.setattr("gui.sweep_dialog.find_spec", lambda name: name)
    qtbot.mouseClick(dialog.start_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: len(started) == 1, timeout=LONG)
    assert started == [["--jobs", "4", "--on", "ray", "--cpus", "2", "--address", "head:6379", "--gpus", "0.5", "--bring-back"]]
