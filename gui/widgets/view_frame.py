"""One view of a live or stored experiment: choose which, see it refresh, copy it, save it, record it, pop it out.

Read first: `ViewFrame.ask`. `gui/widgets/answer_view.py` draws the answers.
"""

import contextlib
import time
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QApplication,
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QMessageBox,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)  # fmt: skip

from gui import theme
from gui.settings import film_size
from gui.theme import faint
from gui.view_query import ViewSource
from gui.widgets import icons
from gui.widgets.answer_view import AnswerView
from gui.widgets.dismantle import dismantle
from gui.widgets.flow_layout import FlowLayout
from gui.widgets.picture import to_image
from gui.widgets.recorder import Recorder
from gui.widgets.save_dialog import ask_save_path
from gui.widgets.saved_note import frames_in, tell_saved
from gui.widgets.titled import beside
from lab.answers import Answer
from lab.errors import LabError
from lab.parameters import bounds
from lab.saving import ENDINGS

if TYPE_CHECKING:
    from lab.experiment import ViewSpec

LIVE_MS, OTHER_MS = 100, 400
"""Refresh intervals: live views cost training nothing; the others run between two of its steps."""
SEEN_SECONDS, SEEN_MOST = 10.0, 120
"""How much of what was shown is kept, to be saved as a film."""


LONGEST_REST = 3.0
"""The most seconds that a view rests before it is asked again, however dear it is."""


class ViewFrame(QWidget):
    """A view chosen by name from `source`, asked again as long as it can be seen and its experiment moves."""

    close_wanted = Signal()

    def __init__(self, source: ViewSource, view: str = "", title: str = "", closable: bool = False, parent: QWidget | None = None):
        super().__init__(parent)
        self.source, self.title = source, title
        self.answer: Answer | None = None
        self.waiting = self.gone = False
        self.rest_until = float("-inf")
        self.asked_at: int | None = None
        """How far training was when the last answer was asked for: as long as it stays there, so does the answer."""
        self.recorder: Recorder | None = None
        self.saving: Recorder | None = None
        self.seen: deque[tuple[float, Answer]] = deque(maxlen=SEEN_MOST)
        self.windows: list[ViewFrame] = []
        self.inputs: dict[str, QWidget] = {}
        self.given: dict[str, Any] = {}
        """Values of parameters that no input can hold, such as a drawing."""
        self.chooser = QComboBox(toolTip="View to show")
        self.body = AnswerView()
        self.about = QLabel(wordWrap=True)
        faint(self.about)
        self.chooser.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.chooser.setMinimumContentsLength(6)
        self.copy_button = icons.IconButton(icons.copy, "Copy", "Copy the picture", self.copy)
        self.save_button = icons.IconButton(
            icons.save, "Save…", "Save as PNG, as a clip of the last 10 seconds (MP4, GIF) or as data (NPZ)", self.ask_save
        )
        self.record_button = icons.IconButton(
            icons.record, "Record…", "Record this view as MP4 or GIF; click again to stop", self.toggle_record
        )
        self.pop_button = icons.IconButton(icons.pop_out, "Pop out", "Open this view in its own window", self.pop_out)
        self.tools = QWidget()
        top = QHBoxLayout(self.tools)
        top.setContentsMargins(0, 0, 0, 0)
        top.setSpacing(theme.THIN)
        top.addWidget(self.chooser, 1)
        for button in (self.copy_button, self.save_button, self.record_button, self.pop_button):
            top.addWidget(button)
        if closable:
            self.close_button = icons.IconButton(icons.close, "Close", "Remove view", self.close_wanted.emit)
            top.addWidget(self.close_button)
        self.form = FlowLayout(gap=theme.GAP)  # Views share the width of the tab: their settings take a second line where they must.
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.tools)
        layout.addLayout(self.form)
        layout.addWidget(self.body, 1)
        layout.addWidget(self.about)
        self.timer = QTimer(self, interval=OTHER_MS)
        self.timer.timeout.connect(self.ask)
        self.timer.timeout.connect(self.look_after_saving)
        for name, spec in source.specs().items():
            self.chooser.addItem(name.replace("_", " "), name)
            self.chooser.setItemData(self.chooser.count() - 1, spec.about, Qt.ItemDataRole.ToolTipRole)
        self.chooser.setCurrentIndex(max(0, self.chooser.findData(view)))
        self.chooser.currentIndexChanged.connect(self.choose)
        self.choose()

    @property
    def spec(self) -> "ViewSpec | None":
        return self.source.specs().get(self.chooser.currentData() or "")

    # -- asking ----------------------------------------------------------------------------------------------------

    def choose(self, *_: int) -> None:
        """Show another view: its parameters, its sentence, its first answer."""
        spec = self.spec
        self.answer = None
        self.seen.clear()
        while self.form.count():
            item = self.form.takeAt(0)
            widget = item.widget() if item is not None else None
            if widget is not None:
                widget.deleteLater()
        self.inputs, self.given = {}, {}
        if spec is None:
            self.body.show_note("This experiment has no views.")
            return
        self.about.setText(spec.about.split(". ")[0].rstrip(".") + ".")
        self.about.setToolTip(spec.about)
        for name, parameter in spec.parameters.items():
            widget = input_for(parameter, self.ask_now)
            widget.setToolTip(f"Parameter {name.replace('_', ' ')} of this view")
            widget.setMinimumWidth(44)
            self.form.addWidget(beside(name.replace("_", " "), widget))
            self.inputs[name] = widget
        self.body.show_note("Waiting for the first result…")
        self.timer.setInterval(LIVE_MS if spec.live else OTHER_MS)
        self.waiting = False
        self.ask_now()
        self.timer.start()

    def set_parameters(self, values: dict[str, Any]) -> None:
        """Ask with these values, such as those that a saved picture has."""
        for name, value in values.items():
            if name not in self.inputs:
                continue
            if hasattr(value, "shape"):
                self.given[name] = value
                self.inputs[name].setEnabled(False)
            else:
                put(self.inputs[name], value)
        self.ask_now()

    def progress(self) -> int | None:
        """How far training is, where it is known; of a stored run, how often it got a newer checkpoint."""
        return getattr(getattr(self.source, "latest", None), "done", getattr(self.source, "renewed", None))

    def ask_now(self, *_: Any) -> None:
        """Ask even if nothing moves."""
        self.ask(force=True)

    def ask(self, force: bool = False) -> None:
        """Ask for a new answer, unless one is on its way, nobody looks, or nothing has changed."""
        spec = self.spec
        if spec is None or (self.waiting and not force):
            return
        if not force and (
            not self.isVisible() or (self.answer is not None and self.asked_at == self.progress() and not self.source.moving())
        ):
            return
        if not force and time.monotonic() < self.rest_until:
            return
        name, asked = spec.name, time.monotonic()
        self.asked_at = self.progress()

        def done(answer: Answer) -> None:
            if not self.gone and self.spec is not None and self.spec.name == name:
                self.waiting = False
                # An expensive view is asked less often: at most a fifth of a core goes into one. The first answer may have waited for data.
                self.rest_until = time.monotonic() + min(4 * (time.monotonic() - asked), LONGEST_REST)
                self.show_answer(answer)

        def failed(error: BaseException) -> None:
            if self.gone:
                return
            self.waiting = False
            self.answer = None
            self.body.show_note(str(error) if isinstance(error, LabError) else f"{type(error).__name__}: {error}")

        self.waiting = True
        with_values = {name: value_of(widget) for name, widget in self.inputs.items()} | self.given
        self.source.ask_view(name, done, failed, f"{name} {id(self)}", with_values)

    def show_answer(self, answer: Answer) -> None:
        self.answer = answer
        self.seen.append((time.monotonic(), answer))
        self.body.show_answer(answer)
        if self.recorder is not None:
            self.recorder.add(self.body.as_shown(answer))

    # -- taking it along -------------------------------------------------------------------------------------------

    def copy(self) -> None:
        if self.answer is not None:
            QApplication.clipboard().setImage(to_image(self.body.as_shown(self.answer).picture()))

    def ask_save(self) -> None:
        path = ask_save_path(
            self, "Save the view", f"{self.chooser.currentData()}.png", self.answer.endings if self.answer is not None else ENDINGS
        )
        if path is not None:
            self.save(path)

    def save(self, path: Path) -> None:
        """Write the present answer; the ending of the name picks the format. A film of a view that is no sequence by
        itself shows what was seen in the last seconds."""
        if self.answer is None:
            return
        film = self.last_seconds() if path.suffix.lower() in (".mp4", ".gif") and len(self.answer.frames()) == 1 else []
        if len(film) > 1:
            self.save_film(path, film)
            return
        try:
            numbers = path.suffix.lower() in (".npz", ".csv")
            (self.answer if numbers else self.body.as_shown(self.answer)).save(path, film_size(path))
        except (LabError, OSError) as error:
            QMessageBox.warning(self, "Not saved", str(error))
        else:
            tell_saved(path, frames_in(self.answer, path))

    def last_seconds(self) -> list[tuple[float, Answer]]:
        return [(when, answer) for when, answer in self.seen if when > self.seen[-1][0] - SEEN_SECONDS]

    def save_film(self, path: Path, film: list[tuple[float, Answer]]) -> None:
        """Write answers at the pace at which they were seen, in a thread: plots take a moment to draw."""
        self.end_saving()
        pace = (len(film) - 1) / max(film[-1][0] - film[0][0], 1e-3)
        self.saving = Recorder(path, min(max(pace, 1.0), 30.0), lambda answer: answer.picture(), film_size())
        for _, answer in film:
            self.saving.add(self.body.as_shown(answer))
        self.saving.close()
        self.save_button.setEnabled(False)

    def look_after_saving(self) -> None:
        if self.saving is not None and not self.saving.thread.is_alive():
            self.end_saving()

    def end_saving(self) -> None:
        """Wait for the film that is being written; say what went wrong with it."""
        saving, self.saving = self.saving, None
        self.save_button.setEnabled(True)
        if saving is not None:
            saving.thread.join()
            if saving.error is not None:
                QMessageBox.warning(self, "Not saved", str(saving.error))
            else:
                tell_saved(saving.path, saving.count)

    def toggle_record(self) -> None:
        if self.recorder is not None:
            self.end_record()
            return
        path = ask_save_path(self, "Record the view", f"{self.chooser.currentData()}.mp4", (".mp4", ".gif"))
        if path is not None:
            self.record(path)

    def record(self, path: Path) -> None:
        """Record every new answer into `path`."""
        self.recorder = Recorder(path, 1000 / self.timer.interval(), lambda answer: answer.picture(), film_size())
        self.record_button.set_face(icons.end, "Stop recording")
        if self.answer is not None:
            self.recorder.add(self.body.as_shown(self.answer))

    def end_record(self) -> None:
        recorder, self.recorder = self.recorder, None
        self.record_button.set_face(icons.record, "Record…")
        if recorder is not None:
            recorder.close(wait=True)
            if recorder.error is not None:
                QMessageBox.warning(self, "Not recorded", str(recorder.error))
            else:
                tell_saved(recorder.path, recorder.count)

    def pop_out(self) -> None:
        """The same view in a top-level window, which goes when this one goes."""
        window = ViewFrame(self.source, self.chooser.currentData() or "", self.title)
        window.setWindowTitle(f"{self.chooser.currentText()} · {self.title}")
        window.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        window.resize(640, 560)
        window.stand_alone()
        self.windows.append(window)
        window.show()

    def stand_alone(self) -> None:
        """In a window of its own: F11 for the whole screen, Escape to leave that or to close, Ctrl+W; wheel and hand enlarge the picture."""
        self.body.picture.zoomable = True
        self.body.picture.setToolTip("Scroll to zoom, drag to move, double-click for the whole picture; F11 fills the screen")
        for keys, act in (("F11", self.toggle_full_screen), ("Escape", self.leave), ("Ctrl+W", self.close)):
            QShortcut(QKeySequence(keys), self).activated.connect(act)

    def toggle_full_screen(self) -> None:
        """Nothing but the picture on the whole screen, or the window again."""
        full = not self.isFullScreen()
        self.tools.setVisible(not full)
        self.about.setVisible(not full)
        self.showFullScreen() if full else self.showNormal()

    def leave(self) -> None:
        self.toggle_full_screen() if self.isFullScreen() else self.close()

    def closeEvent(self, event: QCloseEvent) -> None:
        self.shut()
        super().closeEvent(event)

    def shut(self) -> None:
        """Stop asking and recording; close the windows that were popped out. What is still answered is not shown."""
        self.gone = True
        self.timer.stop()
        self.end_saving()
        if self.recorder is not None:
            self.end_record()
        for window in self.windows:
            with contextlib.suppress(RuntimeError):  # Closed and deleted by the user already.
                window.close()
        self.windows.clear()
        dismantle(self)


def input_for(parameter: Any, changed: Any) -> QWidget:
    """A widget for one parameter of a view, from its annotation and default."""
    default, choices = parameter.default, get_args(parameter.annotation)
    if choices and all(isinstance(choice, str) for choice in choices):
        combo = QComboBox()
        combo.addItems(list(choices))
        combo.setCurrentText(str(default))
        combo.currentTextChanged.connect(changed)
        return combo
    if isinstance(default, bool):
        check = QCheckBox(checked=default)
        check.toggled.connect(changed)
        return check
    if isinstance(default, int):
        low, high = map(int, bounds(parameter.annotation) or (-(2**31), 2**31 - 1))
        spin = QSpinBox(minimum=low, maximum=high, value=default)
        spin.valueChanged.connect(changed)
        return spin
    if isinstance(default, float):
        least, most = bounds(parameter.annotation) or (-1e9, 1e9)
        real = QDoubleSpinBox(minimum=least, maximum=most, decimals=3, singleStep=0.1, value=default)
        real.valueChanged.connect(changed)
        return real
    line = QLineEdit("" if default is None else str(default))
    line.editingFinished.connect(changed)
    return line


def put(widget: QWidget, value: Any) -> None:
    """The inverse of `value_of`."""
    if isinstance(widget, QComboBox):
        widget.setCurrentText(str(value))
    elif isinstance(widget, QCheckBox):
        widget.setChecked(bool(value))
    elif isinstance(widget, QSpinBox | QDoubleSpinBox):
        widget.setValue(value)
    elif isinstance(widget, QLineEdit):
        widget.setText("" if value is None else str(value))


def value_of(widget: QWidget) -> Any:
    if isinstance(widget, QComboBox):
        return widget.currentText()
    if isinstance(widget, QCheckBox):
        return widget.isChecked()
    if isinstance(widget, QSpinBox | QDoubleSpinBox):
        return widget.value()
    assert isinstance(widget, QLineEdit)
    return widget.text()
