"""What is being saved when its tab or the window closes is saved first."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from latent_space import LONG
from PIL import Image
from PySide6.QtWidgets import QMessageBox
from pytestqt.qtbot import QtBot

from gui.view_query import OneAnswer, PageState
from gui.widgets.recorder import Recorder
from lab.errors import LabError


class Source:
    """Answers when the test says so."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, Any, Any]] = []

    def specs(self) -> dict[str, Any]:
        return {"walk": None}

    def moving(self) -> bool:
        return False

    def ask_view(self, view: str, done: Any, failed: Any, key: str, parameters: dict[str, Any]) -> None:
        self.asked.append((view, done, failed))


@pytest.fixture(autouse=True)
def no_box(monkeypatch: pytest.MonkeyPatch) -> None:
    """A box would wait for an answer; and a busy machine may take its time."""
    monkeypatch.setattr("gui.page_tabs.SAVE_SECONDS", 600.0)
    monkeypatch.setattr(QMessageBox, "warning", staticmethod(lambda *words: pytest.fail(words[-1])))


@pytest.fixture
def state(qapp: Any) -> PageState:
    state = PageState()
    state.set_source(Source())
    return state


def test_another_source_that_takes_over_is_asked_for_what_is_waited_for(state: PageState) -> None:
    first, second, taken = state.source, Source(), []
    one = OneAnswer(state, "walk", {}, taken.append, pytest.fail)
    state.set_source(second)
    first.asked[0][1]("old")  # type: ignore[union-attr]
    assert (taken, one.over) == ([], False)
    second.asked[0][1]("new")
    assert (taken, one.over) == (["new"], True)
    state.set_source(Source())
    assert taken == ["new"]


def test_an_error_is_told_though_training_has_moved_on(state: PageState) -> None:
    said: list[str] = []
    one = OneAnswer(state, "walk", {}, pytest.fail, said.append)
    state.outdated.emit()
    state.source.asked[0][2](LabError("The disk is full."))  # type: ignore[union-attr]
    assert (said, one.over) == (["The disk is full."], True)


def test_what_another_source_does_not_have_is_said_to_be_lost(state: PageState) -> None:
    said: list[str] = []
    OneAnswer(state, "walk", {}, pytest.fail, said.append)
    bare = Source()
    bare.specs = dict  # type: ignore[method-assign]
    state.set_source(bare)
    assert said == ["The run no longer has what was to be saved."]


WALK = {"anchors": "0,1", "steps": 12, "loop": False}


def test_a_tab_that_closes_is_saved_first(latent_tab: Callable[..., Any], tmp_path: Path) -> None:
    tab = latent_tab()
    tab.page_tabs.save(tmp_path / "walk.gif", "interpolate", WALK)
    tab.panel_.close_tab(0)
    with Image.open(tmp_path / "walk.gif") as film:
        assert film.n_frames == 12


def test_a_window_that_closes_during_a_training_saves_its_pages_first(qtbot: QtBot, latent_tab: Callable[..., Any], tmp_path: Path) -> None:
    tab = latent_tab(steps=1_000_000)
    tab.page_tabs.save(tmp_path / "walk.gif", "interpolate", WALK)
    tab.window_.close()
    qtbot.waitUntil(lambda: not tab.window_.isVisible(), timeout=LONG)
    with Image.open(tmp_path / "walk.gif") as film:
        assert film.n_frames == 12


def test_a_recording_to_which_no_picture_came_is_said_to_be_none(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "game.mp4", 20)
    recorder.close(wait=True)
    assert str(recorder.error) == "No picture came while game.mp4 was recorded: there is no film."
