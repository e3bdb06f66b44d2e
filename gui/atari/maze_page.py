"""The Maze page: the table over the maze while it learns, a game by its newest values, and one by hand.

The game is the page's own, a move of microseconds; the table comes from the run by a view, as it is while it trains or as it was
stored. Read first: `MazePage.advance`.
"""

from dataclasses import replace
from typing import Any, ClassVar

import numpy as np
from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QCheckBox, QComboBox, QGridLayout, QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from gui.actions import Action
from gui.atari.watch_pane import KEYS
from gui.page import Page
from gui.theme import colour, faint
from gui.view_query import PageState
from gui.widgets.bars import QBars
from gui.widgets.picture import Picture
from gui.widgets.titled import Heading

MENU = "&Maze"
SPEEDS = (1, 3, 6, 12, 25)
"""Moves a second."""
REST_SECONDS = 1.0
"""How long the end of a game is shown."""

PLAY = Action(
    "maze.play", "Play yourself", "Move Pac-Man with the arrow keys or WASD; Escape hands back", lambda page: page.play_button.toggle(),
    "Ctrl+Alt+P", MENU,
)  # fmt: skip
PAUSE = Action(
    "maze.pause", "Pause the game", "Pause or resume the game on this page", lambda page: page.pause_button.toggle(), "Ctrl+Alt+Space", MENU
)
MOVE = Action("maze.move", "One move", "Pause, and let the table make one move", lambda page: page.one_move(), "Ctrl+Alt+Right", MENU)
RESTART = Action("maze.restart", "New game", "Start a new game", lambda page: page.restart(), "Ctrl+Alt+N", MENU)
VALUES = Action(
    "maze.values", "All four values", "Draw all four values of each cell instead of the best action",
    lambda page: page.values_box.toggle(), "Ctrl+Alt+V", MENU,
)  # fmt: skip


class MazePage(Page):
    """Shows whatever recipe answers `policy` and `table` with a maze and its values."""

    title: ClassVar[str] = "Maze"
    tip: ClassVar[str] = "The table of Q values over the maze, a game by its newest values, and one that you play"
    reading: ClassVar[str] = (
        "The colour of a cell is the value of its best action, green for good and red for bad; an arrow is that action. The bars are Q(s, a) where Pac-Man is."
    )
    needs: ClassVar[tuple[str, ...]] = ("policy", "table")
    ACTIONS: ClassVar[tuple[Action, ...]] = (PLAY, PAUSE, MOVE, RESTART, VALUES)

    def __init__(self, state: PageState, parent: QWidget | None = None):
        super().__init__(state, parent)
        self.answer: Any = None
        self.game: Any = None
        self.by_hand = False
        self.resting = 0.0
        self.played = self.won = self.answers = 0
        self.drawn: tuple[Any, ...] = ()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.timer = QTimer(self, interval=1000 // 3)
        self.board = Picture("Waiting for the table…", (240, 260))
        self.board.smooth = True
        self.bars = QBars()
        self.bars.setToolTip("Q(s, a) of the four actions where Pac-Man is now; the one that is taken next is in colour")
        self.score = Heading("score —", toolTip="Score of this game; food, all food and the ghost count as the settings say")
        self.tally = QLabel(toolTip="Games that have ended on this page")
        self.where = QLabel(wordWrap=True)
        faint(self.where)
        self.pause_button = button("Pause", PAUSE)
        self.pause_button.setCheckable(True)
        self.pause_button.toggled.connect(lambda on: self.pause_button.setText("Resume" if on else "Pause"))
        self.move_button = button("One move", MOVE)
        self.move_button.clicked.connect(self.one_move)
        self.restart_button = button("New game", RESTART)
        self.restart_button.clicked.connect(self.restart)
        self.play_button = button("Play yourself", PLAY)
        self.play_button.setCheckable(True)
        self.play_button.toggled.connect(self.play_by_hand)
        self.values_box = QCheckBox("All four values", toolTip=VALUES.tooltip)
        self.values_box.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.values_box.toggled.connect(lambda _: self.draw())
        self.speed = QComboBox(toolTip="Moves per second")
        self.speed.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        for speed in SPEEDS:
            self.speed.addItem(f"{speed} a second", speed)
        self.speed.setCurrentIndex(SPEEDS.index(3))
        self.speed.currentIndexChanged.connect(lambda i: self.timer.setInterval(1000 // SPEEDS[i]))
        self.lay_out()
        self.query("policy", dict, self.take, self.show_problem, interval=0.2)
        self.timer.timeout.connect(self.advance)
        self.timer.start()

    def lay_out(self) -> None:
        buttons = QGridLayout()
        for i, widget in enumerate((self.pause_button, self.move_button, self.restart_button, self.play_button)):
            buttons.addWidget(widget, i // 2, i % 2)
        buttons.addWidget(self.speed, 2, 0)
        buttons.addWidget(self.values_box, 2, 1)
        line = QHBoxLayout()
        line.addWidget(self.score)
        line.addWidget(self.tally, 1, Qt.AlignmentFlag.AlignRight)
        left, right, below = QVBoxLayout(), QVBoxLayout(), QHBoxLayout()
        left.addLayout(line)
        left.addWidget(self.bars)
        left.addStretch(1)
        right.addLayout(buttons)
        right.addStretch(1)
        below.addLayout(left, 1)
        below.addLayout(right, 1)
        layout = QVBoxLayout(self)
        layout.addWidget(self.problem)
        layout.addWidget(self.board, 1)
        layout.addLayout(below)
        layout.addWidget(self.where)

    # -- the table -------------------------------------------------------------------------------------------------

    def take(self, answer: Any) -> None:
        """The table as it is now."""
        self.answer, self.answers = answer, self.answers + 1
        if self.game is None or self.game.maze != answer.maze:
            from agents.maze import ACTIONS, MazeGame

            self.game = MazeGame(answer.maze, np.random.default_rng(0))
            self.bars.reset(ACTIONS, colour(0))
        seen = float((answer.visits.sum(1) > 0).mean())
        self.where.setText(
            f"{answer.maze.states:,} states, {seen:.1%} of them seen in training. Colours and arrows are for the ghost and the food as they are now: "
            "green is good, red is bad, grey is unknown."
        )
        self.draw()

    def best(self) -> int:
        """What the table would do now."""
        return int(self.answer.q[self.game.state_number].argmax())

    # -- the game --------------------------------------------------------------------------------------------------

    def advance(self) -> None:
        """The next move of the table's game, unless it is paused, by hand, or nobody looks."""
        if self.game is None or not self.isVisible() or self.by_hand or self.pause_button.isChecked():
            return
        if self.resting > 0:
            self.resting -= self.timer.interval() / 1000
            if self.resting <= 0:
                self.restart()
            return
        self.play(self.best())

    def play(self, action: int) -> None:
        """One move; after the end of a game it begins a new one."""
        if self.ended:
            self.restart()
            return
        self.game.move(action)
        if self.ended:
            self.played, self.won = self.played + 1, self.won + self.game.won
            self.resting = REST_SECONDS
        self.draw()

    @property
    def ended(self) -> bool:
        return self.game.over or self.game.truncated

    def one_move(self) -> None:
        self.pause_button.setChecked(True)
        if self.game is not None:
            self.play(self.best())

    def restart(self) -> None:
        if self.game is not None:
            self.resting = 0.0
            self.game.reset()
            self.draw()

    def draw(self) -> None:
        """The maze with the values for this moment, unless nothing has changed."""
        if self.game is None:
            return
        game, values = self.game, self.values_box.isChecked()
        how = "won" if game.won else "caught" if game.over else "broken off" if game.truncated else f"move {game.moves}"
        shown = (self.answers, game.state_number, values, how)
        if shown != self.drawn:
            self.drawn = shown
            title = f"score {game.score:g}, {how}"
            self.board.show_pixels(replace(self.answer, state=game.state_number, values=values, title=title).picture())
        hand = "You play: arrow keys or WASD; Escape hands back" if self.hasFocus() else "Click here to play"
        self.board.banner = hand if self.by_hand else ""
        self.score.setText(f"score {game.score:g}")
        self.tally.setText(f"{self.won} of {self.played} games won" if self.played else "no game has ended yet")
        self.bars.show_values(self.answer.q[game.state_number], self.best())

    # -- playing oneself -------------------------------------------------------------------------------------------

    def play_by_hand(self, on: bool) -> None:
        """Take over from the table, or hand back to it."""
        if self.by_hand == on:
            return
        self.by_hand = on
        self.play_button.setChecked(on)
        self.play_button.setText("Hand back" if on else "Play yourself")
        if on:
            self.setFocus()
        self.restart()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        from agents.maze import ACTIONS

        name = KEYS.get(Qt.Key(event.key()))
        if self.by_hand and self.game is not None and name in ACTIONS:
            self.play(ACTIONS.index(name))
        elif self.by_hand and event.key() == Qt.Key.Key_Escape:
            self.play_by_hand(False)
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.draw()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.draw()

    # -- the page --------------------------------------------------------------------------------------------------

    def export(self) -> tuple[str, dict[str, Any]] | None:
        if self.game is None:
            return None
        _, ghost, food = self.game.maze.parts(self.game.state_number)
        return ("table" if self.values_box.isChecked() else "policy"), {"ghost": ghost, "food": food}

    def shut(self) -> None:
        self.timer.stop()


def button(text: str, action: Action) -> QToolButton:
    """A button that leaves the keys with the game."""
    made = QToolButton(text=text, toolTip=action.tooltip)
    made.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    made.setSizePolicy(made.sizePolicy().Policy.Expanding, made.sizePolicy().Policy.Fixed)
    return made
