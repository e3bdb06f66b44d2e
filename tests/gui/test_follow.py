"""A run that another process trains is followed: status, curves, newest checkpoint; it cannot be resumed meanwhile."""

import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from gui.bridge import Start
from gui.main_window import MainWindow
from lab.checkpoint import listed
from lab.run import Run

sys.path.insert(0, str(Path(__file__).parents[1]))
from other_process import holding

LONG = 60_000


def move_on(run: Run, **values: object) -> None:
    """What a training process writes from time to time."""
    status = json.loads((run.path / "status.json").read_text())
    (run.path / "status.json").write_text(json.dumps({**status, **values}))


def test_a_run_that_another_process_trains_is_followed(qtbot: QtBot, window: MainWindow, stored: Callable[..., Run]) -> None:
    run = stored(steps=40)
    window.open_run(run)
    panel: Any = window.panels["Atari"]
    tab = panel.current_tab()
    transport = tab.transport
    qtbot.waitUntil(lambda: tab.views.source is not None, timeout=LONG)
    qtbot.waitUntil(lambda: all(frame.answer is not None for frame in tab.views.frames), timeout=LONG)
    assert transport.resume.isEnabled()
    tab.page_tabs.setCurrentWidget(tab.split)
    with holding(run.path) as process:
        move_on(run, status="running", done=90, target=200)
        qtbot.waitUntil(lambda: not transport.resume.isEnabled(), timeout=LONG)
        assert transport.state.text().startswith(f"training in another process ({process})  ·  90 steps")
        assert "checkpoint at 40" in transport.state.text()
        assert f"Process {process} trains this run." in transport.resume.toolTip()
        assert transport.progress.isVisible()
        assert transport.progress.format() == "90 of 200"
        qtbot.mouseClick(transport.resume, Qt.MouseButton.LeftButton)
        assert not window.sessions.starting

        before = tab.stored.experiment
        shutil.copytree(listed(run.checkpoints)[-1], run.checkpoints / "step-000000000080")
        with (run.path / "metrics.jsonl").open("a") as file:
            file.write(json.dumps({"step": 88, "time": 3.0, "charts/SPS": 12.0}) + "\n")
        qtbot.waitUntil(lambda: "checkpoint at 80" in transport.state.text(), timeout=LONG)
        qtbot.waitUntil(lambda: tab.stored.experiment is not before, timeout=LONG)
        qtbot.waitUntil(lambda: tab.curves.lines[run.name].series.metrics["charts/SPS"].steps[-1] == 88, timeout=LONG)
        move_on(run, status="finished", done=200)
    qtbot.waitUntil(transport.resume.isEnabled, timeout=LONG)
    assert transport.state.text().startswith("finished  ·  200 steps")
    assert not transport.progress.isVisible()


def test_a_run_that_was_trained_here_is_followed_when_another_process_resumes_it(
    qtbot: QtBot, window: MainWindow, train: Callable[..., Any]
) -> None:
    bridge = train(window, steps=20)
    qtbot.waitUntil(lambda: bridge.over, timeout=LONG)
    panel: Any = window.panels["Atari"]
    tab = panel.current_tab()
    with holding(bridge.run.path) as process:
        move_on(bridge.run, status="running", done=30)
        qtbot.waitUntil(lambda: str(process) in tab.transport.state.text(), timeout=LONG)
        assert not tab.transport.resume.isEnabled()
        assert tab.bridge is None
    qtbot.waitUntil(tab.transport.resume.isEnabled, timeout=LONG)
    assert tab.transport.state.text().startswith("interrupted  ·  30 steps")


def test_a_run_that_the_app_itself_resumes_is_not_taken_for_one_of_another_process(window: MainWindow, stored: Callable[..., Run]) -> None:
    run = stored(steps=40)
    window.open_run(run)
    panel: Any = window.panels["Atari"]
    tab = panel.current_tab()
    start = Start(run.name, run.path.resolve())
    window.sessions.starting.append(start)
    with run.lock():
        (run.path / "lock").write_text("")  # As it is for a moment where it is new.
        tab.follow()
        assert tab.trainer is None
    window.sessions.starting.remove(start)
