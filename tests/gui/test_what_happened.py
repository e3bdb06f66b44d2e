"""The app says what happened: what was saved and where, how long training takes, what went wrong."""

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from controls import drives
from PySide6.QtCore import Qt
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFileDialog, QWidget
from pytestqt.qtbot import QtBot

from gui.atari.player_thread import Controls, Shown
from gui.atari.waiting import DECISIONS, WaitsForFire
from gui.atari.watch_pane import WatchPane
from gui.dialogs import ErrorDialog
from gui.main_window import MainWindow
from gui.widgets.curves import Curves
from gui.widgets.saved_note import SavedNote, frames_in, tell_saved
from gui.widgets.transport import Transport
from lab.answers import Images
from lab.latest import Latest


@drives("SavedNote: Show in folder")
def test_what_was_saved_is_said_with_a_button_that_shows_the_folder(
    qtbot: QtBot, window: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", staticmethod(lambda url: bool(opened.append(url.toLocalFile())) or True))
    window.say("Something else.")
    tell_saved(tmp_path / "walk.gif", 96)
    note = window.saved_note
    assert note.isVisible()
    assert window.statusBar().currentMessage() == ""
    assert note.sentence.text() == "Saved walk.gif (96 frames)"
    qtbot.mouseClick(note.button, Qt.MouseButton.LeftButton)
    assert opened == [str(tmp_path.resolve())]
    window.say("The next sentence.")
    assert not note.isVisible()


def test_a_picture_has_no_count_and_a_long_name_is_shortened(qtbot: QtBot) -> None:
    note = SavedNote()
    qtbot.addWidget(note)
    note.show_saved(Path(f"{'x' * 60}.png"), 1)
    assert note.sentence.text() == f"Saved {'x' * 24}…{'x' * 8}.png"
    note.show_saved(Path("a.png"), 1)
    assert note.sentence.text() == "Saved a.png"
    note.timer.stop()


def test_frames_are_counted_in_films_alone() -> None:
    answer = Images(np.zeros((7, 4, 4), np.uint8))
    assert frames_in(answer, Path("a.gif")) == frames_in(answer, Path("A.MP4")) == 7
    assert frames_in(answer, Path("a.png")) == frames_in(answer, Path("a.npz")) == 1


@pytest.fixture
def told(qtbot: QtBot) -> Iterator[list[tuple[str, int]]]:
    """What a window was told of."""

    class Window(QWidget):
        heard: list[tuple[str, int]] = []

        def show_saved(self, path: Path, frames: int) -> None:
            self.heard.append((path.name, frames))

    window = Window()
    window.heard = []
    qtbot.addWidget(window)
    yield window.heard
    assert window


@pytest.mark.parametrize("name", ["curves.png", "curves.csv"])
def test_saved_curves_are_told_of(
    qtbot: QtBot, told: list[tuple[str, int]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(QFileDialog, "getSaveFileName", staticmethod(lambda *_: (str(tmp_path / name), "")))
    curves = Curves()
    qtbot.addWidget(curves)
    curves.ask_png() if name.endswith("png") else curves.ask_csv()
    assert told == [(name, 1)]


# -- how long ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def transport(qtbot: QtBot) -> Transport:
    made = Transport()
    qtbot.addWidget(made)
    made.resize(900, 90)
    made.progress.resize(300, 20)
    return made


def show(transport: Transport, latest: Latest, running: bool = True) -> str:
    """The line of a session in that state."""
    transport.bridge = SimpleNamespace(  # type: ignore[assignment]
        latest=latest, running=running, session=SimpleNamespace(requests={"pause"} if latest.status == "paused" else set())
    )
    transport.show_state()
    return transport.state.text()


def test_a_training_by_time_shows_its_minutes(transport: Transport) -> None:
    text = show(transport, Latest("running", done=5000, seconds=720, until=1800, speed=7, steady=7))
    assert transport.progress.text() == "12 of 30 min"
    assert transport.progress.value() == 400
    assert "18 min left" in text


def test_a_paused_training_has_no_speed_and_no_time_left(transport: Transport) -> None:
    latest = Latest("paused", done=500, target=1000, seconds=60, speed=310, steady=310)
    assert show(transport, latest) == "paused  ·  60 s of training"
    assert "310 steps/s" in show(transport, Latest(**{**vars(latest), "status": "running"}))


# -- what went wrong ---------------------------------------------------------------------------------------------------


@drives("ErrorDialog: Details")
def test_the_traceback_folds_out_below_the_sentence(qtbot: QtBot, window: MainWindow) -> None:
    window.report("What went wrong.", "Traceback: where")
    dialog: ErrorDialog = window.errors[0]
    assert dialog.sentence.isVisible()
    assert not dialog.trace.isVisible()
    height = dialog.height()
    qtbot.mouseClick(dialog.details, Qt.MouseButton.LeftButton)
    assert dialog.trace.isVisible()
    qtbot.mouseClick(dialog.details, Qt.MouseButton.LeftButton)
    assert not dialog.trace.isVisible()
    qtbot.waitUntil(lambda: dialog.height() == height, timeout=60_000)
    dialog.close()


# -- an agent that stands still ----------------------------------------------------------------------------------------


def decision(action: int = 0, ball: int | None = None, score: float = 0.0, over: bool = False, paddle: int = 0) -> tuple[Any, ...]:
    """A decision that sees a paddle that moves along the lowest rows, and a ball in the middle of a row."""
    stack = np.zeros((4, 84, 84), np.uint8)
    stack[-1, 80:83, paddle % 84] = 1
    if ball is not None:
        stack[-1, ball % 84, ball % 84] = 1
    return stack, action, score, over


def waits(decisions: list[tuple[Any, ...]], names: tuple[str, ...] = ("NOOP", "FIRE", "RIGHT")) -> bool:
    watcher = WaitsForFire(names)
    for each in decisions:
        watcher.see(*each)
    return watcher.now


def test_a_game_waits_for_fire_where_nothing_but_a_paddle_moves_for_three_seconds() -> None:
    still = [decision(), *[decision(action=2, paddle=3 * i) for i in range(DECISIONS)]]
    assert waits(still)
    assert not waits(still[:-1])
    assert not waits([*still, decision(action=1)])
    assert not waits([*still, decision(score=1.0)])
    assert not waits([*still, decision(over=True)])
    assert not waits(still, ("NOOP", "RIGHT", "LEFT"))


def test_a_game_in_which_a_small_ball_flies_does_not_wait() -> None:
    assert not waits([decision(ball=i, paddle=3 * i) for i in range(2 * DECISIONS)])


def test_the_watched_game_says_that_it_waits_for_fire(qtbot: QtBot) -> None:
    pane = WatchPane(Controls(), "#3b8ee0")
    qtbot.addWidget(pane)
    still = SimpleNamespace(pixels=np.zeros((210, 160, 3), np.uint8), score=0.0, decided=False, q=None, action=0)
    for waits_for_fire, banner in ((True, "The agent does not press FIRE yet"), (False, "")):
        shown = Shown(still, None, 0, None, 60.0, np.zeros(0, np.float32), waits_for_fire)  # type: ignore[arg-type]
        pane.playing = SimpleNamespace(
            error=None, latest=shown, names=("NOOP", "FIRE"), results=[], source=SimpleNamespace(game="pong", label="")
        )  # type: ignore[assignment]
        pane.draw()
        assert pane.game.banner == banner
    pane.playing = None


def test_whatever_asks_where_to_save_says_that_it_did() -> None:
    files = [path for path in (Path(__file__).parents[2] / "gui").rglob("*.py") if path.name != "save_dialog.py"]
    saving = [path for path in files if "ask_save_path(" in path.read_text(encoding="utf-8")]
    assert len(saving) >= 6
    assert [path.name for path in saving if "tell_saved" not in path.read_text(encoding="utf-8")] == []
