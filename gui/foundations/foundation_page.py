"""What the pages of Foundations share: a paragraph on what one sees, a challenge that notices when it is met, and a thread that trains.

Read first: `FoundationPage`, then `LivePage`.
"""

from typing import Any, ClassVar

from PySide6.QtCore import QEvent, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QAbstractButton, QComboBox, QLabel, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from gui.theme import GAP, faint, is_dark, readable
from gui.widgets import icons
from gui.widgets.fast_label import FastLabel
from gui.widgets.flow_layout import FlowLayout
from lab.sandbox import PACES, Frame, Sandbox

POLL_MS = 11
"""Between two looks for a new picture, of which there is one every 32 ms: as long, and one would now and then be passed over."""
MET = "#3fa65c"
CLOSE_SECONDS = 60.0
"""How long a page that is closed by itself waits for its thread, which may still be importing; the window waits without standing still."""


class FoundationPage(QWidget):
    """A page of the panel: `body` in the middle, below it what one sees and the challenge."""

    title: ClassVar[str] = ""
    tip: ClassVar[str] = ""
    about: ClassVar[str] = ""
    """One paragraph on what one sees, with the formula and the paper; HTML."""
    challenge: ClassVar[str] = ""
    recipe: ClassVar[str] = ""
    """The recipe that trains the same as a run."""
    config: Any
    """The settings that the page has now."""

    run_wanted = Signal(str, dict)
    """A recipe and its settings, to be trained as a run."""
    met = Signal()
    """The challenge is met."""
    edited = Signal()
    """A setting may have been changed by hand."""

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self.challenge_met = False
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(2 * GAP, GAP, 2 * GAP, GAP)
        self.problem = QLabel(wordWrap=True)
        self.problem.setForegroundRole(self.problem.palette().ColorRole.BrightText)
        self.problem.hide()
        self.words = QLabel(self.about, wordWrap=True, openExternalLinks=True, textFormat=Qt.TextFormat.RichText)
        self.words.setTextInteractionFlags(Qt.TextInteractionFlag.TextBrowserInteraction)
        faint(self.words)
        self.goal = QLabel(wordWrap=True)
        self.build()
        self.column.addWidget(self.problem)
        self.column.addWidget(self.goal)
        self.column.addWidget(self.words)
        self.show_goal()

    def build(self) -> None:
        """Fill `column` with what the page is made of."""

    def settings(self) -> dict[str, Any]:
        """All settings of the page, and what else of it can be undone."""
        return dict(self.config.model_dump())

    def fields(self) -> dict[str, Any]:
        """The settings of a run of the same: those that differ from the recipe's own."""
        first = type(self.config)()
        return {name: value for name, value in self.config.model_dump().items() if value != getattr(first, name)}

    def change(self, **fields: Any) -> None:
        """Set settings by hand, or put them back."""
        raise NotImplementedError

    def restart(self) -> None:
        """Start again."""

    def press(self, name: str) -> None:
        """Press a button of the row above the page: `restart`, `play`, `step` or `run`."""
        button: QAbstractButton = getattr(self, f"{name}_button")
        if button.isVisibleTo(self) and button.isEnabled():
            button.click()

    def show_goal(self) -> None:
        sign = "✓ Met: " if self.challenge_met else "Challenge: "
        self.goal.setText(sign + self.challenge)
        self.goal.setVisible(bool(self.challenge))
        self.goal.setStyleSheet(f"color: {readable(MET, is_dark(self.palette())).name()}; font-weight: bold" if self.challenge_met else "")

    def note_challenge(self, met: bool) -> None:
        """The challenge stays met once it has been."""
        if met and not self.challenge_met:
            self.challenge_met = True
            self.show_goal()
            self.met.emit()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "goal"):
            self.show_goal()
            self.words.setText("")  # Links keep the colour in which they were written.
            self.words.setText(self.about)

    def minimumSizeHint(self) -> QSize:
        return QSize(0, 0).expandedTo(super().minimumSizeHint())

    def request_shut(self) -> None:
        """Ask threads to end."""

    def busy(self) -> bool:
        """Whether a thread that was asked to end has not done so yet."""
        return False

    def shut(self) -> None:
        """End threads and timers."""


class LivePage(FoundationPage):
    """A page that trains by itself while somebody looks at it."""

    def __init__(self, parent: QWidget | None = None):
        self.sandbox = Sandbox(self.make, self.draw)
        self.shown = 0
        """The serial number of the frame that is shown."""
        self.timer = QTimer(interval=POLL_MS, timerType=Qt.TimerType.PreciseTimer)
        self.timer.timeout.connect(self.poll)
        self.restart_button = icons.IconButton(icons.reset, "Restart", "Start again from new weights", self.restart)
        self.play_button = QToolButton(text="Pause", checkable=True, checked=True, toolTip="Train, or pause", objectName="Pause")
        self.play_button.toggled.connect(self.play)
        self.step_button = QToolButton(text="Step", toolTip="Pause, and take one step")
        self.step_button.clicked.connect(self.step_once)
        self.pace = QComboBox(toolTip="How fast it trains")
        self.pace.setAccessibleName("Pace")
        for pace in PACES:
            self.pace.addItem(pace.name, pace)
        self.pace.setCurrentIndex(2)
        self.pace.currentIndexChanged.connect(self.set_pace)
        self.count = FastLabel()
        self.count.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.run_button = QToolButton(
            text="Train as a run", toolTip="Train these settings as a run, which is stored, compared and exported"
        )
        self.run_button.clicked.connect(lambda: self.run_wanted.emit(self.recipe, self.fields()))
        super().__init__(parent)
        self.timer.setParent(self)

    def transport(self, *more: QWidget) -> FlowLayout:
        """The row above the page, two where it is narrow: restart, pause, step, pace, `more`, and the steps so far."""
        row = FlowLayout()
        for widget in (self.restart_button, self.play_button, self.step_button, self.pace, *more):
            row.addWidget(widget)
        row.addWidget(self.count)
        row.addWidget(self.run_button)
        return row

    # -- in the sandbox's thread -----------------------------------------------------------------------------------

    def make(self) -> Any:
        """The experiment as the page's settings say; imports torch, so it is called in the sandbox's thread."""
        raise NotImplementedError

    def draw(self, experiment: Any) -> Any:
        """What the page shows of the experiment; in the sandbox's thread."""
        raise NotImplementedError

    # -- in the window's thread ------------------------------------------------------------------------------------

    def show_frame(self, frame: Any) -> None:
        """Draw what `draw` gave."""
        raise NotImplementedError

    def play(self, on: bool) -> None:
        self.play_button.setText("Pause" if on else "Play")
        self.sandbox.play(on)

    def step_once(self) -> None:
        self.play_button.setChecked(False)
        self.sandbox.step_once()

    def set_pace(self, index: int) -> None:
        self.sandbox.pace = PACES[index]

    def poll(self) -> None:
        """Show the newest frame, unless it is shown."""
        latest: Frame | None = self.sandbox.latest
        if self.sandbox.problem != self.problem.text():
            self.problem.setText(self.sandbox.problem)
            self.problem.setVisible(bool(self.sandbox.problem))
            if self.sandbox.problem and self.play_button.isChecked() != self.sandbox.playing:
                self.play_button.setChecked(self.sandbox.playing)
        if latest is not None and latest.serial != self.shown:
            self.shown = latest.serial
            self.show_frame(latest.content)
            self.column.activate()  # Words that grew have their room at once, not a frame later.

    def pace_text(self, steps: int) -> str:
        """The steps so far and how many there are a second."""
        speed = self.sandbox.latest.steps_per_second if self.sandbox.latest is not None else 0.0
        return f"{steps:,} steps" + (f"  ·  {speed:,.0f} a second" if speed and self.sandbox.playing else "")

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.sandbox.start()
        self.sandbox.look(True)
        self.timer.start()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.sandbox.look(False)
        self.timer.stop()

    def request_shut(self) -> None:
        self.timer.stop()
        self.sandbox.request_close()

    def busy(self) -> bool:
        return self.sandbox.alive

    def shut(self) -> None:
        self.timer.stop()
        self.sandbox.close(CLOSE_SECONDS)
