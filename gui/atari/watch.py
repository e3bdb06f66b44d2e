"""Watch: choose whose weights play, set the speed, step, overlay, record, take over, compare two agents side by side."""

import math
from pathlib import Path
from weakref import ref

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QShowEvent
from PySide6.QtWidgets import (
    QComboBox,
    QDoubleSpinBox,
    QGridLayout,
    QMessageBox,
    QSizePolicy,
    QSpinBox,
    QToolButton,
    QVBoxLayout,
    QWidget,
)  # fmt: skip

from gui import theme
from gui.actions import Action, ActionSet
from gui.atari.player_thread import Controls
from gui.atari.watch_pane import WatchPane, speed_text
from gui.atari.weight_sources import WeightSource
from gui.theme import colour
from gui.widgets.flow_layout import FlowLayout
from gui.widgets.save_dialog import ask_save_path
from gui.widgets.saved_note import tell_saved
from gui.widgets.titled import beside

MENU = "&Watch"
DRAW_MS = 16
FILMS = (".mp4", ".gif")
SPEEDS = (0.25, 0.5, 1.0, 2.0, 4.0, math.inf)


class Watch(QWidget):
    """One or two agents on the same seed, and what one can do with them."""

    failed = Signal(str, str)

    ACTIONS = (
        Action("watch.pause", "Pause", "Pause or resume the game", lambda watch, on: watch.set_paused(on), "Ctrl+Space", MENU, checkable=True),
        Action("watch.frame", "Frame", "Advance the paused game by one frame (1/60 s)", lambda watch: watch.single_frame(), "Ctrl+Right", MENU),
        Action("watch.restart", "Restart", "Start a new game from the seed", lambda watch: watch.restart(), "Ctrl+N", MENU),
        Action("watch.slower", "Slower", "Halve the speed", lambda watch: watch.change_speed(-1), "Ctrl+[", MENU),
        Action("watch.faster", "Faster", "Double the speed", lambda watch: watch.change_speed(1), "Ctrl+]", MENU),
        Action(
            "watch.take_over", "Take over", "Play with the arrow keys or WASD and Space; Escape hands back",
            lambda watch, on: watch.set_hand(on), "Ctrl+T", MENU, checkable=True,
        ),
        Action(
            "watch.saliency", "Saliency", "Highlight the pixels that influence the chosen Q value",
            lambda watch, on: watch.controls.set(saliency=on), "Ctrl+L", MENU, checkable=True,
        ),
        Action("watch.record", "Record…", "Record the game with its Q values as MP4 or GIF", lambda watch: watch.toggle_record(), "Ctrl+Shift+V", MENU),
        Action(
            "watch.compare", "Two agents", "Watch a second agent side by side, with the same seed",
            lambda watch, on: watch.set_compare(on), "Ctrl+2", MENU, checkable=True,
        ),
    )  # fmt: skip

    def __init__(self, actions: ActionSet, parent: QWidget | None = None):
        super().__init__(parent)
        self.controls = Controls()
        self.panes = [WatchPane(self.controls, colour(0)), WatchPane(self.controls, colour(1))]
        self.choosers = [QComboBox(), QComboBox()]
        self.sources: list[WeightSource] = []
        self.playing: list[str | None] = [None, None]
        for chooser in self.choosers:
            chooser.setToolTip("Agent to watch")
            chooser.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            chooser.setMinimumContentsLength(12)
        actions.extend(self.ACTIONS, ref(self))
        self.pause, self.frame, self.restart_action = actions["watch.pause"], actions["watch.frame"], actions["watch.restart"]
        self.take_over, self.saliency = actions["watch.take_over"], actions["watch.saliency"]
        self.record_action, self.compare = actions["watch.record"], actions["watch.compare"]
        self.slower, self.faster = actions["watch.slower"], actions["watch.faster"]
        self.speed = QComboBox(toolTip="Emulator speed")
        for speed in SPEEDS:
            self.speed.addItem(speed_text(speed), speed)
        self.speed.setCurrentIndex(SPEEDS.index(1.0))
        self.speed.currentIndexChanged.connect(lambda i: self.controls.set(speed=SPEEDS[i]))
        self.epsilon = QDoubleSpinBox(minimum=0, maximum=1, singleStep=0.01, decimals=3, value=0.01)
        self.epsilon.setToolTip("Fraction of random actions: 0 is greedy, 1 is random")
        self.epsilon.valueChanged.connect(lambda value: self.controls.set(epsilon=value))
        self.sticky = QDoubleSpinBox(minimum=0, maximum=0.9, singleStep=0.05, decimals=2, value=0.0)
        self.sticky.setToolTip(
            "Probability that a frame repeats the previous action (sticky actions); 0.25 is the harder protocol. Starts a new game."
        )
        self.sticky.valueChanged.connect(lambda value: self.restart(sticky=value))
        self.seed = QSpinBox(minimum=0, maximum=2**31 - 1)
        self.seed.setToolTip("Seed of the emulator: the same seed and actions give the same game. Starts a new game.")
        self.seed.valueChanged.connect(lambda value: self.restart(seed=value))
        self.lay_out()
        for i, chooser in enumerate(self.choosers):
            chooser.activated.connect(lambda _, i=i: self.play_chosen(i))
        self.panes[1].hide()
        self.choosers[1].hide()
        self.panes[0].hand_changed.connect(self.take_over.setChecked)
        for pane in self.panes:
            pane.failed.connect(self.failed)
        self.timer = QTimer(self, interval=DRAW_MS)
        self.timer.setTimerType(Qt.TimerType.PreciseTimer)
        self.timer.timeout.connect(self.draw)
        self.timer.start()

    def lay_out(self) -> None:
        players = QGridLayout()
        for i in range(2):
            players.addWidget(self.choosers[i], i, 0, 1, 2)
            players.addWidget(self.panes[i], 2, i)
        players.setRowStretch(2, 1)
        buttons = FlowLayout(gap=theme.GAP)
        shown = (self.pause, self.frame, self.restart_action, self.take_over, self.saliency, self.compare, self.record_action)
        for action in shown:
            button = QToolButton()
            button.setDefaultAction(action)
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # Keys stay with the game.
            button.setSizePolicy(button.sizePolicy().Policy.Expanding, button.sizePolicy().Policy.Fixed)
            buttons.addWidget(button)
        self.speed.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        buttons.addWidget(self.speed)
        numbers = FlowLayout(gap=theme.WIDE)
        for name, widget in (("Epsilon", self.epsilon), ("Sticky", self.sticky), ("Seed", self.seed)):
            numbers.addWidget(beside(name, widget))
        self.tools = QWidget()
        tools = QVBoxLayout(self.tools)
        tools.setContentsMargins(0, 0, 0, 0)
        tools.addLayout(buttons)
        tools.addLayout(numbers)
        layout = QVBoxLayout(self)
        layout.addLayout(players, 1)
        layout.addWidget(self.tools)

    # -- whom one watches ------------------------------------------------------------------------------------------

    def set_sources(self, sources: list[WeightSource]) -> None:
        """Offer these agents. Whoever plays keeps playing; where nobody does, the first one starts once this can be seen."""
        self.sources = sources
        for i, chooser in enumerate(self.choosers):
            chooser.clear()
            for source in sources:
                chooser.addItem(source.label, source.key)
                chooser.setItemData(chooser.count() - 1, source.label, Qt.ItemDataRole.ToolTipRole)
            index = chooser.findData(self.playing[i])
            chooser.setCurrentIndex(index)
        self.play_first()

    def play_first(self) -> None:
        """Let the first agent play where none does and this can be seen."""
        if self.playing[0] is None and self.sources and self.isVisible():
            self.play(self.sources[0])

    def play(self, source: WeightSource, pane: int = 0) -> None:
        """Watch `source` in a pane. Two panes start over together, to be on the same game."""
        if all(known.key != source.key for known in self.sources):
            self.set_known(source)
        self.choosers[pane].setCurrentIndex(self.choosers[pane].findData(source.key))
        self.end_record()
        self.playing[pane] = source.key
        self.panes[pane].play(source)
        if self.compare.isChecked():
            self.restart()

    def set_known(self, source: WeightSource) -> None:
        self.sources.append(source)
        for chooser in self.choosers:
            chooser.addItem(source.label, source.key)

    def play_chosen(self, pane: int) -> None:
        source = next((source for source in self.sources if source.key == self.choosers[pane].currentData()), None)
        if source is not None:
            self.play(source, pane)

    def set_compare(self, on: bool) -> None:
        self.panes[1].setVisible(on)
        self.choosers[1].setVisible(on)
        if on and self.sources:
            if self.choosers[1].currentIndex() < 0:
                self.choosers[1].setCurrentIndex(self.choosers[1].findData(self.other_source().key))
            self.play_chosen(1)
        else:
            self.panes[1].stop()
            self.playing[1] = None

    def other_source(self) -> WeightSource:
        """Whom to compare with at first: another agent, of the same game if there is one."""
        first = next((source for source in self.sources if source.key == self.playing[0]), self.sources[0])
        others = [source for source in self.sources if source is not first]
        return next((source for source in others if source.game == first.game), next(iter(others), first))

    # -- controls --------------------------------------------------------------------------------------------------

    def set_paused(self, on: bool) -> None:
        self.controls.set(paused=on)
        self.pause.setText("Resume" if on else "Pause")

    def single_frame(self) -> None:
        """Pause, or advance the paused game by one frame."""
        if self.controls.paused:
            self.controls.set(singles=self.controls.singles + 1)
        else:
            self.pause.setChecked(True)

    def restart(self, **values: float) -> None:
        """A new game from the seed, with these controls changed."""
        self.controls.set(restarts=self.controls.restarts + 1, **values)

    def change_speed(self, by: int) -> None:
        self.speed.setCurrentIndex(min(max(self.speed.currentIndex() + by, 0), len(SPEEDS) - 1))

    def set_hand(self, on: bool) -> None:
        self.panes[0].play_by_hand(on)
        self.take_over.setText("Hand back" if on else "Take over")

    def toggle_record(self) -> None:
        thread = self.panes[0].playing
        if thread is not None and thread.recorder is not None:
            self.end_record()
            return
        if thread is None or thread.latest is None:
            QMessageBox.warning(self, "Not recorded", "No agent is playing yet. Try again once the game is shown.")
            return
        path = ask_save_path(self, "Record the game", "game.mp4", FILMS)
        if path is not None:
            self.record(path)

    def record(self, path: Path) -> None:
        """Record the first agent's game into `path` until pressed again."""
        thread = self.panes[0].playing
        if thread is not None and thread.latest is not None:
            thread.record(path)
            self.record_action.setText("Stop recording")

    def end_record(self) -> None:
        """Finish the video, if one is being made."""
        thread = self.panes[0].playing
        ended = thread.record(None) if thread is not None and thread.recorder is not None else None
        self.record_action.setText("Record…")
        if ended is not None and ended.error is not None:
            QMessageBox.warning(self, "Not recorded", str(ended.error))
        elif ended is not None:
            tell_saved(ended.path, ended.count)

    # -- drawing and the end ---------------------------------------------------------------------------------------

    def draw(self) -> None:
        if not self.isVisible():
            return
        for pane in self.panes:
            pane.draw()

    def shut(self) -> None:
        """End the players' threads."""
        self.timer.stop()
        self.end_record()
        for pane in self.panes:
            pane.shut()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.play_first()

    def closeEvent(self, event: QCloseEvent) -> None:
        self.shut()
        super().closeEvent(event)
