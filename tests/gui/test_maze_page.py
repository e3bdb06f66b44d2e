"""The Maze page: the table is drawn while it learns, its game is played, and keys and clicks do what they say."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch
from controls import choose, drives
from latent_space import LONG
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

import lab
from agents.maze import ACTIONS
from agents.tabular_q import TabularQ
from agents.tabular_q_config import TabularQConfig
from gui.atari.maze_page import MazePage
from gui.main_window import MainWindow
from gui.view_query import PageState


class Learner:
    """A view source whose training the test does by hand."""

    def __init__(self) -> None:
        self.experiment = TabularQ(TabularQConfig(maze="tiny", chase=0.0), torch.device("cpu"))

    def specs(self) -> Any:
        return self.experiment.views()

    def moving(self) -> bool:
        return True

    def ask_view(self, view: str, done: Any, failed: Any, key: str, parameters: dict[str, Any]) -> None:
        done(self.experiment.answer(view, self.experiment.serving(), parameters))


@pytest.fixture
def learner() -> Learner:
    return Learner()


@pytest.fixture
def page(qtbot: QtBot, learner: Learner) -> Iterator[MazePage]:
    state = PageState()
    made = MazePage(state)
    qtbot.addWidget(made)
    made.timer.stop()  # The tests say when it is time for a move.
    state.set_source(learner)
    made.resize(800, 480)
    made.show()
    yield made
    made.shut()


def pixels(page: MazePage) -> Any:
    assert page.board.image is not None
    return page.board.image.copy()


def places(page: MazePage) -> tuple[int, int]:
    """The cells of Pac-Man and the ghost."""
    return page.game.maze.parts(page.game.state_number)[:2]


def test_the_table_is_drawn_again_as_it_learns(page: MazePage, learner: Learner) -> None:
    before = pixels(page)
    game = page.game
    learner.experiment.table.q[game.state_number, 1] = 3.0
    page.refresh()
    assert pixels(page) != before
    assert page.game is game
    assert page.best() == 1
    assert page.bars.chosen == 1
    assert "324 states" in page.where.text()


def test_the_table_plays_its_best_action(page: MazePage, learner: Learner) -> None:
    learner.experiment.table.q[:, 1] = 1.0  # Down, wherever he is.
    page.refresh()
    page.advance()
    assert page.game.moves == 1
    assert places(page)[0] == page.game.maze.neighbours[page.game.maze.places("P")[0]][1]


def test_pause_and_one_move_are_clicked(qtbot: QtBot, page: MazePage) -> None:
    qtbot.mouseClick(page.pause_button, Qt.MouseButton.LeftButton)
    page.advance()
    assert (page.game.moves, page.pause_button.text()) == (0, "Resume")
    qtbot.mouseClick(page.move_button, Qt.MouseButton.LeftButton)
    assert page.game.moves == 1
    qtbot.mouseClick(page.pause_button, Qt.MouseButton.LeftButton)
    page.advance()
    assert page.game.moves == 2


def test_one_plays_with_the_keys_and_escape_hands_back(qtbot: QtBot, page: MazePage) -> None:
    qtbot.mouseClick(page.play_button, Qt.MouseButton.LeftButton)
    assert page.by_hand
    page.advance()
    assert page.game.moves == 0  # The table waits.
    start = page.game.maze.places("P")[0]
    qtbot.keyClick(page, Qt.Key.Key_Right)
    right = page.game.maze.neighbours[start][ACTIONS.index("RIGHT")]
    assert (places(page)[0], page.game.moves) == (right, 1)
    qtbot.keyClick(page, Qt.Key.Key_A)
    assert places(page)[0] == start
    qtbot.keyClick(page, Qt.Key.Key_Space)
    assert page.game.moves == 2  # There is nothing to fire.
    qtbot.keyClick(page, Qt.Key.Key_Escape)
    assert (page.by_hand, page.play_button.isChecked(), page.play_button.text()) == (False, False, "Play yourself")


def test_the_end_of_a_game_is_shown_then_a_new_one_begins(qtbot: QtBot, page: MazePage) -> None:
    maze, left = page.game.maze, ACTIONS.index("LEFT")
    qtbot.mouseClick(page.play_button, Qt.MouseButton.LeftButton)
    page.game.reset(maze.state(maze.neighbours[maze.food[0]][left], maze.places("G")[0], 1))  # The last food is to the right of him.
    qtbot.keyClick(page, Qt.Key.Key_D)
    assert (page.game.won, page.played, page.won) == (True, 1, 1)
    assert page.tally.text() == "1 of 1 games won"
    qtbot.keyClick(page, Qt.Key.Key_D)
    assert page.game.state_number == maze.start


def test_all_four_values_are_another_picture_and_what_is_saved(qtbot: QtBot, page: MazePage, learner: Learner) -> None:
    learner.experiment.table.q[:] = torch.rand(learner.experiment.table.q.shape, generator=torch.Generator().manual_seed(0))
    page.refresh()
    before = pixels(page)
    _, ghost, food = page.game.maze.parts(page.game.state_number)
    assert page.export() == ("policy", {"ghost": ghost, "food": food})
    qtbot.mouseClick(
        page.values_box, Qt.MouseButton.LeftButton, pos=page.values_box.rect().center() - page.values_box.rect().center() / 1.2
    )
    assert page.values_box.isChecked()
    assert pixels(page) != before
    assert page.export() == ("table", {"ghost": ghost, "food": food})


def test_the_speed_and_a_new_game(qtbot: QtBot, page: MazePage) -> None:
    page.speed.setCurrentIndex(page.speed.count() - 1)
    assert page.timer.interval() == 40
    page.advance()
    qtbot.mouseClick(page.restart_button, Qt.MouseButton.LeftButton)
    assert (page.game.moves, page.game.state_number) == (0, page.game.maze.start)


def test_the_same_game_each_time(page: MazePage) -> None:
    states = []
    for _ in range(2):
        page.game.rng = np.random.default_rng(5)
        page.restart()
        for _ in range(6):
            page.play(3)
        states.append(page.game.state_number)
    assert states[0] == states[1]


def test_the_atari_panel_trains_it_beside_the_agent_that_is_watched(qtbot: QtBot, window: MainWindow) -> None:
    panel: Any = window.panels["Atari"]
    panel.form.recipe_box.setCurrentText("tabular-q")
    assert panel.game_button.isHidden()  # It plays no game of the emulator.
    watched = list(panel.watch.playing)
    panel.form.steps.setValue(400)
    qtbot.mouseClick(panel.form.train_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: bool(window.sessions.bridges) and not window.sessions.bridges[0].running, timeout=LONG)
    assert window.sessions.bridges[0].latest.status == "finished", window.sessions.bridges[0].latest.error
    assert panel.current_tab().page_tabs.titles() == ["Maze", "Curves and views"]
    assert not any(str(key).startswith("live:") for key in (*panel.watch.playing, *(source.key for source in panel.watch.sources)))
    assert watched[0] is None or panel.watch.playing == watched
    panel.watch_current()
    assert "watched on its own page" in window.statusBar().currentMessage()
    panel.form.recipe_box.setCurrentText("dqn")
    assert not panel.game_button.isHidden()


@drives("Maze > Play yourself", "Maze > Pause the game", "Maze > One move", "Maze > New game", "Maze > All four values")
def test_the_menu_of_the_maze(qtbot: QtBot, window: MainWindow) -> None:
    window.open_run(lab.train("tabular-q", maze="tiny", steps=50))
    panel: Any = window.panels["Atari"]
    page = panel.current_tab().page_tabs.page
    qtbot.waitUntil(lambda: page.game is not None, timeout=LONG)
    page.timer.stop()
    moves = page.game.moves  # It may have played before the timer stopped.
    menu = next(menu for menu in panel.menus() if menu.title() == "&Maze")
    choose(qtbot, menu, "One move")
    assert (page.game.moves, page.pause_button.isChecked()) == (moves + 1, True)
    choose(qtbot, menu, "New game")
    assert page.game.moves == 0
    choose(qtbot, menu, "Pause the game")
    assert not page.pause_button.isChecked()
    choose(qtbot, menu, "All four values")
    assert page.values_box.isChecked()
    choose(qtbot, menu, "Play yourself")
    assert page.by_hand
