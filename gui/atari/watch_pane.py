"""One watched agent: its game in true colours, the Q values of its actions, the value over the last seconds, the score."""

import contextlib
import math
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSplitter, QVBoxLayout, QWidget

from gui import theme
from gui.atari import scoreboard
from gui.atari.player_thread import Controls, PlayerThread, Shown
from gui.atari.weight_sources import WeightSource
from gui.widgets.bars import QBars
from gui.widgets.fast_label import FastLabel
from gui.widgets.picture import Picture, heat
from gui.widgets.room import Scroller
from gui.widgets.titled import FastHeading

if TYPE_CHECKING:
    from gui.widgets.plot import Plot

DECISIONS_PER_SECOND = 15
LARGE = 320
"""The height that the game's picture has at least before the plot of values is shown."""
LEAST = (10_000, 80)
"""The bars scroll where they are left less than this height; their width they get."""

KEYS = {
    Qt.Key.Key_Up: "UP", Qt.Key.Key_W: "UP", Qt.Key.Key_Down: "DOWN", Qt.Key.Key_S: "DOWN", Qt.Key.Key_Left: "LEFT",
    Qt.Key.Key_A: "LEFT", Qt.Key.Key_Right: "RIGHT", Qt.Key.Key_D: "RIGHT", Qt.Key.Key_Space: "FIRE",
}  # fmt: skip


def action_for(pressed: set[str], names: tuple[str, ...]) -> int:
    """The index of the action that the pressed directions mean, or the nearest that the game has."""
    vertical = "UP" if "UP" in pressed else "DOWN" if "DOWN" in pressed else ""
    horizontal = "RIGHT" if "RIGHT" in pressed else "LEFT" if "LEFT" in pressed else ""
    if {"LEFT", "RIGHT"} <= set(names) and not {"UP", "DOWN"} & set(names):  # A paddle has one axis: in Pong RIGHT moves it up.
        horizontal = horizontal or {"UP": "RIGHT", "DOWN": "LEFT", "": ""}[vertical]
    fire = "FIRE" if "FIRE" in pressed else ""
    wanted = (vertical + horizontal + fire, vertical + horizontal, horizontal + fire, vertical + fire, horizontal, vertical, fire)
    return next((names.index(name) for name in wanted if name and name in names), 0)


class WatchPane(QWidget):
    """Shows what a `PlayerThread` plays; with `play_by_hand`, the keyboard decides."""

    hand_changed = Signal(bool)
    failed = Signal(str, str)

    def __init__(self, controls: Controls, hue: str, parent: QWidget | None = None):
        super().__init__(parent)
        self.controls, self.hue = controls, hue
        self.playing: PlayerThread | None = None
        self.retired: list[PlayerThread] = []
        self.by_hand = False
        self.pressed: set[str] = set()
        self.drawn: object = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.game = Picture("Loading the agent…", (160, 210))
        self.bars = QBars()
        self.plot: Plot | None = None
        self.score = FastHeading("score —")
        self.score.setToolTip("Score of this episode and of the last one; below, published scores")
        self.scale = QLabel(wordWrap=True)
        self.speed = FastLabel(align=Qt.AlignmentFlag.AlignRight)
        self.scoreboard = QLabel(textFormat=Qt.TextFormat.RichText)
        self.scoreboard.setToolTip("Episodes that you, or the agent, played from beginning to end")
        self.scoreboard.hide()
        self.results = 0
        """Of the player, how many are in the table."""
        line = QHBoxLayout()
        line.addWidget(self.score, 1)
        line.addWidget(self.speed)
        below = QWidget()
        self.below = QVBoxLayout(below)
        self.below.setContentsMargins(0, 0, 0, 0)
        self.below.setSpacing(theme.GAP)
        self.below.addWidget(self.bars)
        self.split = QSplitter(Qt.Orientation.Vertical, childrenCollapsible=False)
        self.split.addWidget(self.game)
        self.split.addWidget(Scroller(below, LEAST))
        self.split.splitterMoved.connect(lambda: setattr(self, "moved", True))
        self.moved = False
        """Whether a person has chosen how large the picture is."""
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.GAP)
        layout.addLayout(line)
        layout.addWidget(self.scale)
        layout.addWidget(self.scoreboard)
        layout.addWidget(self.split, 1)

    # -- whom one watches ------------------------------------------------------------------------------------------

    def play(self, source: WeightSource) -> None:
        """Watch `source` from the start of the present seed."""
        self.show_thread(PlayerThread(source, self.controls))

    def add_plot(self) -> "Plot":
        """The plot of the values, made for the first player: loading pyqtgraph would delay the window."""
        from gui.widgets.plot import Plot

        plot = Plot("seconds", "max Q", "No decisions yet")
        plot.setMinimumHeight(76)
        plot.setToolTip("Value of the state: the largest Q value, over the last ten seconds")
        plot.keep_left(6)
        self.below.addWidget(plot, 1)
        return plot

    def share_room(self) -> None:
        """The picture is as large as its width lets it be; the bars take the rest, and the plot where the picture stays large."""
        total, tall = self.split.height() - self.split.handleWidth(), self.split.width() * 210 // 160
        bars = self.bars.sizeHint().height()
        if self.plot is not None:
            whole = bars + theme.GAP + self.plot.minimumHeight()
            self.plot.setVisible(total - whole >= min(tall, LARGE))
            bars = whole if not self.plot.isHidden() else bars
        if not self.moved:
            picture = min(tall, max(total - bars, total * 3 // 5))
            self.split.setSizes([picture, total - picture])

    def hasHeightForWidth(self) -> bool:
        """Though its words wrap: what holds a pane would give it the height that it likes best, not the least."""
        return False

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.share_room()

    def show_thread(self, thread: PlayerThread) -> None:
        """Start a player and show it in place of the one before."""
        self.stop()
        self.plot = self.plot or self.add_plot()
        self.game.show_text(f"Loading {thread.source.label}…")
        self.game.banner = ""
        self.bars.reset((), self.hue)
        words = published(thread.source.game)
        self.scale.setText(words.partition("  (")[0])  # Without its source, which would take a second line.
        self.scale.setToolTip(f"Published scores: {words}")
        self.drawn = None
        self.results = 0
        self.show_scoreboard(thread)
        self.playing = thread
        thread.start()

    def stop(self) -> None:
        """Let the player end by itself; nothing is waited for."""
        if self.playing is not None:
            self.playing.stop()
            if self.playing.recorder is not None:
                self.playing.record(None)
            self.retired = [*(thread for thread in self.retired if thread.is_alive()), self.playing]
            self.playing = None

    def shut(self) -> None:
        """End the player's thread, for good."""
        self.stop()
        for thread in self.retired:
            with contextlib.suppress(RuntimeError):
                thread.join(10)
        self.retired.clear()

    # -- drawing ---------------------------------------------------------------------------------------------------

    def draw(self) -> None:
        """Show the newest frame, if there is a new one."""
        thread = self.playing
        if thread is None:
            return
        if thread.error is not None:
            self.game.show_text(f"The agent stopped: {thread.error[0]}")
            self.failed.emit(*thread.error)
            self.stop()
            return
        shown = thread.latest
        if shown is None:
            return
        self.show_banner(shown)
        if shown is self.drawn:
            return
        self.drawn = shown
        frame = shown.frame
        if self.bars.names != thread.names:
            self.bars.reset(thread.names, self.hue)
            self.share_room()
        self.game.overlay = heat(shown.saliency) if shown.saliency is not None else None
        self.game.show_pixels(frame.pixels)
        if self.by_hand:
            thread.human = action_for(self.pressed, thread.names)
        self.score.setText(f"score {frame.score:g}" + (f"   last {shown.last_score:g}" if shown.last_score is not None else ""))
        if len(thread.results) > self.results:
            you = [score for hand, score in thread.results[self.results :] if hand]
            self.results = len(thread.results)
            scoreboard.add(thread.source.game, you)
            self.show_scoreboard(thread)
        self.speed.setText("paused" if self.controls.paused else f"{shown.rate:,.0f} fps")
        if frame.decided or self.controls.paused or self.controls.speed > 1:
            self.bars.show_values(frame.q, frame.action)
            seconds = (np.arange(len(shown.values)) - len(shown.values) + 1) / DECISIONS_PER_SECOND
            assert self.plot is not None
            self.plot.set_line("value", seconds, shown.values.astype(np.float64), self.hue)

    def show_banner(self, shown: Shown) -> None:
        """What is to be known of whoever plays: over the picture."""
        words = ""
        if self.by_hand:
            words = "You play: arrow keys or WASD, Space fires" if self.hasFocus() else "Click here to play"
        elif shown.waits_for_fire and not self.controls.paused:
            words = "The agent does not press FIRE yet"
        if words != self.game.banner:
            self.game.banner = words
            self.game.update()

    def show_scoreboard(self, thread: PlayerThread) -> None:
        """You against the agent, once you have played a game of it."""
        yours = scoreboard.scores(thread.source.game)
        self.scoreboard.setText(scoreboard.table(yours, [score for hand, score in thread.results if not hand]))
        self.scoreboard.setVisible(bool(yours))

    # -- playing oneself ---------------------------------------------------------------------------------------------------

    def play_by_hand(self, on: bool) -> None:
        """Take over from the agent, or hand back to it."""
        if self.by_hand == on:
            return
        self.by_hand = on
        self.pressed.clear()
        if self.playing is not None:
            self.playing.human = 0 if on else None
        if on:
            self.setFocus()
        self.hand_changed.emit(on)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self.by_hand and event.key() in KEYS:
            self.pressed.add(KEYS[Qt.Key(event.key())])
            self.press()
        elif self.by_hand and event.key() == Qt.Key.Key_Escape:
            self.play_by_hand(False)
        else:
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if self.by_hand and event.key() in KEYS:
            if not event.isAutoRepeat():
                self.pressed.discard(KEYS[Qt.Key(event.key())])
                self.press()
        else:
            super().keyReleaseEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """The keys are let go: whoever has the keyboard now hears of their release."""
        super().focusOutEvent(event)
        self.pressed.clear()
        if self.by_hand:
            self.press()

    def press(self) -> None:
        if self.playing is not None:
            self.playing.human = action_for(self.pressed, self.playing.names)


def published(game: str) -> str:
    """The published scores of a game, for scale."""
    from agents.scores import in_words

    return in_words(game)


def speed_text(speed: float) -> str:
    return "unlimited" if math.isinf(speed) else f"{speed:g}x"
