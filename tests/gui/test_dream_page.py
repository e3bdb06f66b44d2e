"""The Dream page: game and dream are played by the same keys, the switches do what they say, and a session can be played in while it trains."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from controls import choose, drives
from latent_space import LONG
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

import lab
from gui.atari.dream_page import DreamPage
from gui.dream_window import DreamWindow, Stored
from gui.main_window import MainWindow
from gui.view_query import PageState
from lab.run import Run

TINY: dict[str, Any] = {"source": "random", "frames": 64, "size": 16, "features": 8, "overview": 8, "batch_size": 2}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return lab.train("dream", steps=2, device="cpu", run=tmp_path_factory.mktemp("dream") / "run", quiet=True, **TINY)


@pytest.fixture
def page(qtbot: QtBot, run: Run) -> Iterator[DreamPage]:
    made = DreamPage(PageState(run))
    qtbot.addWidget(made)
    made.pause_button.setChecked(True)  # The tests say when it is time for a step.
    made.state.set_source(Stored())
    made.resize(800, 600)
    made.show()
    qtbot.waitUntil(lambda: made.drawn is not None, timeout=LONG)
    yield made
    made.shut()


def step(qtbot: QtBot, page: DreamPage) -> Any:
    """The next moment."""
    before = page.drawn
    page.one_step()
    qtbot.waitUntil(lambda: page.drawn is not before, timeout=LONG)
    return page.drawn


def test_game_and_dream_are_shown_side_by_side(page: DreamPage) -> None:
    assert page.game.image is not None
    assert page.dream.image is not None
    assert (page.game.image.width(), page.game.image.height()) == (page.dream.image.width(), page.dream.image.height()) == (160, 160)
    assert page.score.text().startswith("game")
    assert page.dream_score.text().startswith("dream")


def test_a_dream_that_learned_to_draw_in_one_step_is_drawn_so(page: DreamPage) -> None:
    assert page.steps.value() == 1
    assert not page.steps.isEnabled()


def test_the_same_key_goes_to_both(qtbot: QtBot, page: DreamPage) -> None:
    page.toggle_hand()
    assert page.playing is not None
    names = page.playing.names
    qtbot.keyPress(page, Qt.Key.Key_Up)
    assert names[step(qtbot, page).action] == "RIGHT"  # In Pong RIGHT moves the paddle up.
    qtbot.keyRelease(page, Qt.Key.Key_Up)
    assert names[step(qtbot, page).action] == "NOOP"
    qtbot.keyPress(page, Qt.Key.Key_Escape)
    assert page.controls.player == "agent"


def test_a_dream_that_lost_less_than_it_shows_has_no_points(qtbot: QtBot, page: DreamPage) -> None:
    page.playing.latest = replace(step(qtbot, page), dream_score=-0.04)  # type: ignore[union-attr]
    page.draw()
    assert page.dream_score.text() == "dream 0"


def test_the_game_rests_while_the_dream_is_alone(qtbot: QtBot, page: DreamPage) -> None:
    page.alone.setChecked(True)
    before = step(qtbot, page)
    after = step(qtbot, page)
    assert (before.game == after.game).all()
    assert after.steps == before.steps + 1


def test_a_dream_starts_afresh_after_its_horizon_or_by_hand(qtbot: QtBot, page: DreamPage) -> None:
    page.horizon.setValue(2)
    assert [step(qtbot, page).steps for _ in range(4)] == [2, 1, 2, 1]
    page.horizon.setValue(0)
    step(qtbot, page)
    page.wake()
    qtbot.waitUntil(lambda: page.drawn.steps == 1, timeout=LONG)


def test_one_begins_at_any_moment_of_a_recorded_episode(qtbot: QtBot, page: DreamPage) -> None:
    page.player.setCurrentIndex(page.player.findData("again"))
    page.begin.setCurrentIndex(page.begin.findData("held-out:2"))
    qtbot.waitUntil(page.moment.isEnabled, timeout=LONG)
    assert page.playing is not None
    episode = page.playing.known[1]
    assert episode is not None
    assert page.moment.maximum() == len(episode.actions)
    before = page.drawn
    page.moment.setValue(20)
    qtbot.waitUntil(lambda: page.drawn is not before, timeout=LONG)
    assert page.drawn.steps == 1
    for k in (21, 22):
        assert page.playing.names[step(qtbot, page).action] == page.playing.names[episode.actions[k]]
    page.restart()
    assert page.begin.currentText() == "a new game"
    step(qtbot, page)
    assert not page.moment.isEnabled()


def test_a_film_shows_both(qtbot: QtBot, page: DreamPage, tmp_path: Path) -> None:
    page.record(tmp_path / "both.gif")
    step(qtbot, page)
    step(qtbot, page)
    page.end_record()
    assert (tmp_path / "both.gif").stat().st_size > 0


def test_a_hidden_page_plays_nothing(qtbot: QtBot, page: DreamPage) -> None:
    thread = page.playing
    assert thread is not None
    page.hide()
    assert page.playing is None
    qtbot.waitUntil(lambda: not thread.is_alive(), timeout=LONG)


@drives("Dream > Pause", "Dream > One step", "Dream > Start afresh", "Dream > New game", "Dream > Play yourself", "Dream > Record")
def test_one_plays_in_the_dream_of_a_run_in_the_panel(qtbot: QtBot, make_window: Any, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    window: MainWindow = make_window()
    window.open_run(run)
    panel: Any = window.panels["Atari"]
    tab = panel.current_tab()
    qtbot.waitUntil(lambda: isinstance(tab.page_tabs.page, DreamPage) and tab.page_tabs.page.drawn is not None, timeout=LONG)
    assert not panel.watch.isVisible()  # A dream is no agent.
    page = tab.page_tabs.page
    menu = next(menu for menu in panel.menus() if menu.title() == "&Dream")
    choose(qtbot, menu, "Pause")
    assert page.pause_button.isChecked()
    for entry in ("One step", "Start afresh", "New game"):
        before = page.drawn
        choose(qtbot, menu, entry)
        choose(qtbot, menu, "One step")
        qtbot.waitUntil(lambda before=before: page.drawn is not before, timeout=LONG)
    choose(qtbot, menu, "Play yourself")
    assert page.controls.player != "agent"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", staticmethod(lambda *_, **__: ("", "")))
    choose(qtbot, menu, "Record")


def test_a_window_of_its_own_plays_a_dream(qtbot: QtBot, run: Run) -> None:
    window = DreamWindow(run, "held-out:1", 5)
    qtbot.addWidget(window)
    window.show()
    qtbot.waitUntil(lambda: window.page.moment.value() == 5, timeout=LONG)
    assert window.page.begin.currentText() == "held-out game 1"
    window.close()
    assert window.page.playing is None
