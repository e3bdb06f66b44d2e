"""The Dream page: the game on the left, the dream on the right, under the same keys, also while it trains.

Read first: `DreamPage.draw`. `dream_thread` plays.
"""

from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from PySide6.QtCore import QSignalBlocker, Qt, QTimer
from PySide6.QtGui import QFocusEvent, QHideEvent, QKeyEvent, QShowEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QHBoxLayout,
    QMessageBox,
    QSlider,
    QSpinBox,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from gui.actions import Action
from gui.atari.dream_thread import AGAIN, AGENT, ME, RANDOM, DreamControls, DreamThread
from gui.atari.watch_pane import KEYS, action_for
from gui.atari.weight_sources import LiveSource, StoredSource, WeightSource
from gui.page import Page
from gui.theme import WIDE, colour, faint
from gui.view_query import PageState
from gui.widgets.bars import QBars
from gui.widgets.fast_label import FastLabel
from gui.widgets.flow_layout import FlowLayout
from gui.widgets.picture import Picture
from gui.widgets.save_dialog import ask_save_path
from gui.widgets.saved_note import tell_saved
from gui.widgets.titled import FastHeading, beside

MENU = "&Dream"
DRAW_MS = 16
SPEEDS = (0.25, 0.5, 1.0, 2.0)
FILMS = (".mp4", ".gif")
NEW_TIP = "Where both begin: a new game, or a game of the held-out play, or one in which you took over"
MOMENT_WIDTH = 120
BARS = ("point", "end of a life", "value")

PLAY = Action(
    "dream.play", "Play yourself", "Play both with the arrow keys or WASD and Space; Escape hands back", lambda page: page.toggle_hand(),
    "Ctrl+Alt+H", MENU,
)  # fmt: skip
PAUSE = Action("dream.pause", "Pause", "Pause or resume game and dream", lambda page: page.pause_button.toggle(), "Ctrl+Alt+K", MENU)
STEP = Action("dream.step", "One step", "Pause, and play one step", lambda page: page.one_step(), "Ctrl+Alt+J", MENU)
WAKE = Action("dream.wake", "Start afresh", "Start the dream from what the game shows now", lambda page: page.wake(), "Ctrl+Alt+B", MENU)
RESTART = Action("dream.restart", "New game", "Start a new game, and a dream of it", lambda page: page.restart(), "Ctrl+Alt+G", MENU)
RECORD = Action("dream.record", "Record…", "Record game and dream as MP4 or GIF", lambda page: page.toggle_record(), "Ctrl+Alt+F", MENU)


class DreamPage(Page):
    """Plays the game beside the run's dream."""

    title: ClassVar[str] = "Dream"
    tip: ClassVar[str] = "Play in the dream, beside the real game"
    reading: ClassVar[str] = (
        "Left the emulator, right what the network draws; both get the same actions. The bars are the reward that the dream expects, "
        "the probability that a life ends, and the agent's value of what it sees."
    )
    needs: ClassVar[tuple[str, ...]] = ("film", "every_action")
    ACTIONS: ClassVar[tuple[Action, ...]] = (PLAY, PAUSE, STEP, WAKE, RESTART, RECORD)

    def __init__(self, state: PageState, parent: QWidget | None = None):
        super().__init__(state, parent)
        self.controls = DreamControls()
        self.playing: DreamThread | None = None
        self.retired: list[DreamThread] = []
        self.drawn: Any = None
        self.pressed: set[str] = set()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.game, self.dream = Picture("The game", (120, 120)), Picture("Waiting for the network…", (120, 120))
        self.score, self.dream_score = FastHeading("game —"), FastHeading("dream —")
        self.speed_label = FastLabel("")
        self.bars = QBars()
        self.bars.reset(BARS, colour(0))
        self.bars.low, self.bars.high = -1.0, 1.0  # Nothing expected is in the middle.
        self.bars.setToolTip("What the dream expects now: a point (below 0 one lost), the end of a life, and the agent's value")
        self.player = chooser(
            "Who plays both; the game that one begins in can be played on as it was, then by the agent",
            {"agent plays": AGENT, "I play": ME, "random actions": RANDOM, "as it was played": AGAIN},
        )
        self.player.currentIndexChanged.connect(self.change_player)
        self.speed = chooser("Speed against the console's own", {f"{speed:g}x": speed for speed in SPEEDS})
        self.speed.setCurrentIndex(SPEEDS.index(1.0))
        self.speed.currentIndexChanged.connect(lambda i: self.controls.set(speed=SPEEDS[i]))
        self.begin = chooser(NEW_TIP, {"a new game": ""})
        self.begin.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)  # The games are known once it plays.
        self.begin.currentIndexChanged.connect(self.begin_in)
        self.moment = QSlider(Qt.Orientation.Horizontal, toolTip="The step of that game from which both go on", enabled=False)
        self.moment.setTracking(False)  # The game is played again up to there.
        self.moment.setMinimumWidth(MOMENT_WIDTH)
        self.moment.valueChanged.connect(lambda value: self.controls.set(moment=value, begins=self.controls.begins + 1))
        self.moment_label = FastLabel("")
        self.moment.sliderMoved.connect(lambda value: self.moment_label.setText(f"step {value}"))
        self.alone = QCheckBox("Dream only", toolTip="The game rests; an agent sees the dream and plays in it")
        self.alone.toggled.connect(lambda on: self.controls.set(alone=on))
        self.horizon = QSpinBox(minimum=0, maximum=10_000, specialValueText="never", suffix=" steps")
        self.horizon.setToolTip("Steps until the dream starts afresh from a real frame")
        self.horizon.valueChanged.connect(lambda value: self.controls.set(horizon=value))
        self.steps = QSpinBox(minimum=1, maximum=16)
        self.steps.setToolTip(
            "Steps in which a frame is drawn: more agree better about what is open, and are slower.\n"
            "A dream that was trained with --drawing-steps 1 has learned to draw in one only."
        )
        self.steps.valueChanged.connect(lambda value: self.controls.set(drawing_steps=value))
        self.temperature = QDoubleSpinBox(minimum=0, maximum=3, singleStep=0.1, decimals=1)
        self.temperature.setToolTip("How freely a frame is drawn: 0 takes the likeliest colours")
        self.temperature.valueChanged.connect(lambda value: self.controls.set(temperature=value))
        self.pause_button = button(PAUSE)
        self.pause_button.setCheckable(True)
        self.pause_button.toggled.connect(self.set_paused)
        self.buttons = {action.id: button(action) for action in (STEP, WAKE, RESTART, RECORD)}
        for action in (STEP, WAKE, RESTART, RECORD):
            self.buttons[action.id].clicked.connect(lambda _=False, action=action: action.run(self))
        for widget in (self.moment, self.alone, self.horizon, self.steps, self.temperature):
            widget.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.lay_out()
        self.timer = QTimer(self, interval=DRAW_MS)
        self.timer.timeout.connect(self.draw)
        state.source_changed.connect(self.play_source)

    def lay_out(self) -> None:
        pictures = QHBoxLayout()
        for heading, picture in ((self.score, self.game), (self.dream_score, self.dream)):
            column = QVBoxLayout()
            column.addWidget(heading)
            column.addWidget(picture, 1)
            pictures.addLayout(column, 1)
        tools = QWidget()
        row = FlowLayout(tools)
        for widget in (self.player, self.pause_button, *self.buttons.values(), self.speed, self.alone):
            row.addWidget(widget)
        row.addWidget(beside("begin in", self.begin))
        at = QHBoxLayout()
        at.setContentsMargins(0, 0, WIDE, 0)  # Its number is no part of the next label.
        at.addWidget(self.moment, 1)
        at.addWidget(self.moment_label)
        moment = QWidget()
        moment.setLayout(at)
        row.addWidget(beside("at", moment))
        for name, spin in (("afresh after", self.horizon), ("drawn in", self.steps), ("temperature", self.temperature)):
            row.addWidget(beside(name, spin))
        faint(self.speed_label)
        layout = QVBoxLayout(self)
        layout.addWidget(self.problem)
        layout.addLayout(pictures, 1)
        layout.addWidget(self.bars)
        layout.addWidget(self.speed_label)
        layout.addWidget(tools)

    # -- whose dream -----------------------------------------------------------------------------------------------

    def source(self) -> WeightSource | None:
        """The session's newest weights, or the stored run's."""
        session = getattr(self.state.source, "session", None)
        if session is not None:
            return LiveSource(session)
        return StoredSource(self.state.run) if self.state.run is not None and self.state.source is not None else None

    def play_source(self) -> None:
        """Play the dream of the run, or of the session that has taken over, from now on; nobody's while the page is hidden."""
        self.stop()
        source = self.source() if self.isVisible() and self.state.run is not None else None
        if source is None:
            return
        config = self.state.run.config()
        for spin, value in ((self.steps, config.drawing_steps), (self.temperature, config.drawing_temperature)):
            if self.playing is None and not self.retired:
                spin.setValue(value)
        self.steps.setEnabled(config.drawing_steps > 1)
        self.show_problem("")
        self.playing = DreamThread(source, config, self.controls)
        self.playing.start()
        self.timer.start()

    def stop(self) -> None:
        """Let the thread end; it may take a step for that."""
        self.end_record()
        if self.playing is not None:
            self.playing.stop()
            self.retired.append(self.playing)
            self.playing = None
        self.retired = [thread for thread in self.retired if thread.is_alive()]
        self.timer.stop()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self.playing is None:
            self.play_source()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.stop()

    def shut(self) -> None:
        self.stop()
        for thread in self.retired:
            thread.join(10)
        self.retired.clear()

    # -- drawing ---------------------------------------------------------------------------------------------------

    def draw(self) -> None:
        """Show the newest moment, if there is a new one."""
        thread = self.playing
        if thread is None:
            return
        if thread.error is not None:
            self.show_problem(thread.error[0])
            self.stop()
            return
        moment = thread.latest
        self.show_banner()
        if moment is None or moment is self.drawn:
            return
        self.drawn = moment
        self.show_episodes(thread)
        if self.controls.player == ME:
            thread.human = action_for(self.pressed, thread.names)
        self.game.show_pixels(moment.game)
        self.dream.show_pixels(moment.dream)
        self.score.setText(f"game {moment.score:g}")
        self.dream_score.setText(f"dream {round(moment.dream_score, 1) + 0.0:g}")
        values = np.array([moment.expected, moment.end, moment.value or 0.0], np.float32)
        self.bars.show_values(values, 0)
        state = "paused" if self.controls.paused else f"{thread.rate:.0f} frames a second"
        self.speed_label.setText(f"{state}   step {moment.steps:,} of this dream   {thread.names[moment.action]}")

    def show_episodes(self, thread: DreamThread) -> None:
        """Offer the episodes that the thread knows, and the moments of the one that was begun in."""
        for name, text in list(thread.episodes.items())[self.begin.count() - 1 :]:
            self.begin.addItem(text, name)
        name, episode = thread.known
        there = episode is not None and name == self.controls.episode
        self.moment.setEnabled(there)
        if episode is not None and there and self.moment.maximum() != len(episode.actions):
            self.moment.setMaximum(len(episode.actions))
        if self.begin.currentData() != self.controls.episode:  # As `lab dream --from` asked.
            self.set_begin(self.begin.findData(self.controls.episode), self.controls.moment)

    def show_banner(self) -> None:
        words = ""
        if self.controls.player == ME:
            words = "You play: arrow keys or WASD, Space fires" if self.hasFocus() else "Click here to play"
        resting = "The game rests" if self.controls.alone else words
        for picture, text in ((self.game, resting), (self.dream, words)):
            if picture.banner != text:
                picture.banner = text
                picture.update()

    # -- what one can do -------------------------------------------------------------------------------------------

    def change_player(self) -> None:
        self.controls.set(player=self.player.currentData())
        self.pressed.clear()
        if self.controls.player == ME:
            self.setFocus()

    def toggle_hand(self) -> None:
        """Take over from the agent, or hand back to it."""
        self.player.setCurrentIndex(0 if self.controls.player == ME else 1)

    def set_paused(self, on: bool) -> None:
        self.pause_button.setText("Resume" if on else "Pause")
        self.controls.set(paused=on)

    def one_step(self) -> None:
        self.pause_button.setChecked(True)
        self.controls.set(singles=self.controls.singles + 1)

    def wake(self) -> None:
        self.controls.set(wakes=self.controls.wakes + 1)

    def begin_at(self, episode: str, moment: int) -> None:
        """Begin at a moment of an episode once it plays; of none with an empty name."""
        self.controls.set(episode=episode, moment=moment)

    def begin_in(self) -> None:
        """Begin where the chosen episode does, or a new game."""
        name = self.begin.currentData()
        self.set_begin(self.begin.currentIndex(), 0)
        if name:
            self.controls.set(episode=name, moment=0, begins=self.controls.begins + 1)
        else:
            self.controls.set(episode="", restarts=self.controls.restarts + 1)

    def set_begin(self, index: int, moment: int) -> None:
        """Show which episode and which of its moments it is, without beginning there."""
        with QSignalBlocker(self.begin), QSignalBlocker(self.moment):
            self.begin.setCurrentIndex(index)
            self.moment.setValue(moment)
        self.moment_label.setText(f"step {moment}" if index > 0 else "")

    def restart(self) -> None:
        if self.begin.currentIndex():
            self.begin.setCurrentIndex(0)
            return
        self.controls.set(restarts=self.controls.restarts + 1)

    def toggle_record(self) -> None:
        """Ask for a film's name and record, or finish the film that is being made."""
        if self.playing is not None and self.playing.recorder is not None:
            self.end_record()
            return
        path = ask_save_path(self, "Record game and dream", "dream.mp4", FILMS)
        if path is not None:
            self.record(path)

    def record(self, path: Path) -> None:
        if self.playing is not None and self.playing.latest is not None:
            self.playing.record(path)
            self.buttons[RECORD.id].setText("Stop recording")

    def end_record(self) -> None:
        ended = self.playing.record(None) if self.playing is not None and self.playing.recorder is not None else None
        self.buttons[RECORD.id].setText(RECORD.text)
        if ended is not None and ended.error is not None:
            QMessageBox.warning(self, "Not recorded", str(ended.error))
        elif ended is not None:
            tell_saved(ended.path, ended.count)

    def export(self) -> tuple[str, dict[str, Any]] | None:
        return "film", {}

    # -- keys ------------------------------------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self.controls.player == ME and event.key() in KEYS:
            self.pressed.add(KEYS[Qt.Key(event.key())])
            self.press()
        elif self.controls.player == ME and event.key() == Qt.Key.Key_Escape:
            self.toggle_hand()
        else:
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if self.controls.player == ME and event.key() in KEYS:
            if not event.isAutoRepeat():
                self.pressed.discard(KEYS[Qt.Key(event.key())])
                self.press()
        else:
            super().keyReleaseEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """The keys are let go: whoever has the keyboard now hears of their release."""
        super().focusOutEvent(event)
        self.pressed.clear()
        self.press()

    def mousePressEvent(self, event: Any) -> None:
        self.setFocus()
        super().mousePressEvent(event)

    def press(self) -> None:
        if self.playing is not None and self.playing.names:
            self.playing.human = action_for(self.pressed, self.playing.names)


def button(action: Action) -> QToolButton:
    """A button that leaves the keys with the game."""
    made = QToolButton(text=action.text, toolTip=action.tooltip)
    made.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    return made


def chooser(tip: str, entries: dict[str, Any]) -> QComboBox:
    made = QComboBox(toolTip=tip)
    made.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    for text, value in entries.items():
        made.addItem(text, value)
    return made
