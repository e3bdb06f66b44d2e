"""One view of a live or stored experiment: choose which, see it refresh, copy it, save it, record it, pop it out.

Read first: `ViewFrame.ask`. `Answer` draws each kind of `lab.views`; what it does not know, it shows as the picture that
`lab show` would save.
"""

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, get_args

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import (
    QApplication,
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QMessageBox,
    QPlainTextEdit,
    QSpinBox,
    QStackedWidget,
    QTableWidget,
    QTableWidgetItem,
    QToolButton,
    QVBoxLayout,
    QWidget,
)  # fmt: skip

from gui.theme import colour
from gui.widgets.picture import Picture, to_image
from gui.widgets.plot import Plot
from gui.widgets.recorder import Recorder
from lab.errors import LabError
from lab.views import Curves, Heatmap, Table, Text, View, cell_text

if TYPE_CHECKING:
    from lab.experiment import ViewSpec

LIVE_MS, OTHER_MS = 100, 400
"""Refresh intervals: live views cost training nothing; the others run between two of its steps."""


class Source(Protocol):
    """Who answers views: a session's bridge, or a stored run."""

    def specs(self) -> "dict[str, ViewSpec]": ...

    def moving(self) -> bool: ...

    def ask_view(self, view: str, done: Any, failed: Any, key: str, parameters: dict[str, Any]) -> None: ...


class Answer(QStackedWidget):
    """Draws one answer."""

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self.picture = Picture("Waiting for the first answer…", (160, 120))
        self.plots = QWidget()
        self.plot_area = QVBoxLayout(self.plots)
        self.plot_area.setContentsMargins(0, 0, 0, 0)
        self.curves: dict[str, Plot] = {}
        self.heat = Plot("", "")
        self.heat_image = pg.ImageItem(colorMap="viridis")
        self.heat.item.addItem(self.heat_image)
        self.heat.item.setClipToView(False)
        self.table = QTableWidget()
        self.table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.table.verticalHeader().hide()
        self.text = QPlainTextEdit(readOnly=True)
        for widget in (self.picture, self.plots, self.heat, self.table, self.text):
            self.addWidget(widget)

    def show_answer(self, answer: View) -> None:
        if isinstance(answer, Curves):
            self.show_curves(answer)
        elif isinstance(answer, Heatmap):
            self.heat.label(answer.x_label or "column", answer.y_label or "row")
            self.heat_image.setImage(np.asarray(answer.values, np.float32))
            self.heat.note.hide()
            self.setCurrentWidget(self.heat)
        elif isinstance(answer, Table):
            self.show_table(answer)
        elif isinstance(answer, Text):
            if self.text.toPlainText() != answer.text:
                self.text.setPlainText(answer.text)
            self.setCurrentWidget(self.text)
        else:
            self.picture.show_pixels(answer.picture())
            self.setCurrentWidget(self.picture)

    def show_note(self, note: str) -> None:
        self.picture.show_text(note)
        self.setCurrentWidget(self.picture)

    def show_curves(self, answer: Curves) -> None:
        groups = {name: [name] for name in answer.series} if answer.separate else {"": list(answer.series)}
        if list(self.curves) != list(groups):
            for plot in self.curves.values():
                self.plot_area.removeWidget(plot)
                plot.deleteLater()
            self.curves = {name: Plot(answer.x_label, name or answer.y_label, "No points yet") for name in groups}
            for plot in self.curves.values():
                if not answer.separate and len(answer.series) > 1:
                    plot.item.addLegend(offset=(-4, 4), colCount=1 + len(answer.series) // 8, labelTextSize="8pt")
                self.plot_area.addWidget(plot)
        for group, names in groups.items():
            for i, name in enumerate(names):
                x, y = answer.series[name]
                self.curves[group].set_line(name, np.asarray(x, np.float64), np.asarray(y, np.float64), colour(i))
        self.setCurrentWidget(self.plots)

    def show_table(self, answer: Table) -> None:
        self.table.setColumnCount(len(answer.columns))
        self.table.setHorizontalHeaderLabels(answer.columns)
        self.table.setRowCount(len(answer.rows))
        for i, row in enumerate(answer.rows):
            for j, cell in enumerate(row):
                self.table.setItem(i, j, QTableWidgetItem(cell_text(cell)))
        self.table.resizeColumnsToContents()
        self.setCurrentWidget(self.table)


class ViewFrame(QWidget):
    """A view chosen by name from `source`, asked again as long as it can be seen and its experiment moves."""

    close_wanted = Signal()

    def __init__(self, source: Source, view: str = "", title: str = "", closable: bool = False, parent: QWidget | None = None):
        super().__init__(parent)
        self.source, self.title = source, title
        self.answer: View | None = None
        self.waiting = False
        self.recorder: Recorder | None = None
        self.windows: list[ViewFrame] = []
        self.inputs: dict[str, QWidget] = {}
        self.chooser = QComboBox(toolTip="Which view to show")
        self.body = Answer()
        self.about = QLabel(wordWrap=True)
        self.about.setEnabled(False)
        self.copy_button = self.button("Copy", "Copy the picture", self.copy)
        self.save_button = self.button("Save…", "Save as PNG, GIF or NPZ (the numbers)", self.ask_save)
        self.record_button = self.button(
            "Record…", "Record what this view shows from now on as MP4 or GIF; press again to end", self.toggle_record
        )
        self.pop_button = self.button("Pop out", "Show this view in a window of its own", self.pop_out)
        top = QHBoxLayout()
        top.setSpacing(3)
        top.addWidget(self.chooser, 1)
        for button in (self.copy_button, self.save_button, self.record_button, self.pop_button):
            top.addWidget(button)
        if closable:
            top.addWidget(self.button("Close", "Take this view away", self.close_wanted.emit))
        self.form = QHBoxLayout()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(top)
        layout.addLayout(self.form)
        layout.addWidget(self.body, 1)
        layout.addWidget(self.about)
        self.timer = QTimer(self, interval=OTHER_MS)
        self.timer.timeout.connect(self.ask)
        for name, spec in source.specs().items():
            self.chooser.addItem(name.replace("_", " "), name)
            self.chooser.setItemData(self.chooser.count() - 1, spec.about, Qt.ItemDataRole.ToolTipRole)
        self.chooser.setCurrentIndex(max(0, self.chooser.findData(view)))
        self.chooser.currentIndexChanged.connect(self.choose)
        self.choose()

    def button(self, text: str, tip: str, action: Any) -> QToolButton:
        made = QToolButton(text=text, toolTip=tip)
        made.clicked.connect(action)
        return made

    @property
    def spec(self) -> "ViewSpec | None":
        return self.source.specs().get(self.chooser.currentData() or "")

    # -- asking ----------------------------------------------------------------------------------------------------

    def choose(self, *_: int) -> None:
        """Show another view: its parameters, its sentence, its first answer."""
        spec = self.spec
        self.answer = None
        while self.form.count():
            item = self.form.takeAt(0)
            widget = item.widget() if item is not None else None
            if widget is not None:
                widget.deleteLater()
        self.inputs = {}
        if spec is None:
            self.body.show_note("This experiment answers no views.")
            return
        self.about.setText(spec.about.split(". ")[0].rstrip(".") + ".")
        self.about.setToolTip(spec.about)
        for name, parameter in spec.parameters.items():
            widget = input_for(parameter, self.ask_anew)
            widget.setToolTip(f"Parameter {name.replace('_', ' ')} of this view")
            self.form.addWidget(QLabel(name.replace("_", " ")))
            self.form.addWidget(widget, 1)
            self.inputs[name] = widget
        self.body.show_note("Waiting for the first answer…")
        self.timer.setInterval(LIVE_MS if spec.live else OTHER_MS)
        self.waiting = False
        self.ask_anew()
        self.timer.start()

    def ask_anew(self, *_: Any) -> None:
        """Ask even if nothing moves."""
        self.ask(force=True)

    def ask(self, force: bool = False) -> None:
        """Ask for a new answer, unless one is on its way, nobody looks, or nothing has changed."""
        spec = self.spec
        if spec is None or (self.waiting and not force):
            return
        if not force and (not self.isVisible() or (self.answer is not None and not self.source.moving())):
            return
        name = spec.name

        def done(answer: View) -> None:
            if self.spec is not None and self.spec.name == name:
                self.waiting = False
                self.show_answer(answer)

        def failed(error: BaseException) -> None:
            self.waiting = False
            self.answer = None
            self.body.show_note(str(error) if isinstance(error, LabError) else f"{type(error).__name__}: {error}")

        self.waiting = True
        with_values = {name: value_of(widget) for name, widget in self.inputs.items()}
        self.source.ask_view(name, done, failed, f"{name} {id(self)}", with_values)

    def show_answer(self, answer: View) -> None:
        self.answer = answer
        self.body.show_answer(answer)
        if self.recorder is not None:
            self.recorder.add(answer)

    # -- taking it along -------------------------------------------------------------------------------------------

    def copy(self) -> None:
        if self.answer is not None:
            QApplication.clipboard().setImage(to_image(self.answer.picture()))

    def ask_save(self) -> None:
        name, _ = QFileDialog.getSaveFileName(
            self, "Save the view", f"{self.chooser.currentData()}.png", "PNG, GIF or NPZ (*.png *.gif *.npz)"
        )
        if name:
            self.save(Path(name))

    def save(self, path: Path) -> None:
        """Write the present answer; the ending of the name picks the format."""
        if self.answer is None:
            return
        try:
            self.answer.save(path)
        except (LabError, OSError) as error:
            QMessageBox.warning(self, "Not saved", str(error))

    def toggle_record(self) -> None:
        if self.recorder is not None:
            self.end_record()
            return
        name, _ = QFileDialog.getSaveFileName(self, "Record the view", f"{self.chooser.currentData()}.mp4", "MP4 or GIF (*.mp4 *.gif)")
        if name:
            self.record(Path(name))

    def record(self, path: Path) -> None:
        """Record every new answer into `path`."""
        self.recorder = Recorder(path, 1000 / self.timer.interval(), lambda answer: answer.picture())
        self.record_button.setText("End recording")
        if self.answer is not None:
            self.recorder.add(self.answer)

    def end_record(self) -> None:
        recorder, self.recorder = self.recorder, None
        self.record_button.setText("Record…")
        if recorder is not None:
            recorder.close(wait=True)
            if recorder.error is not None:
                QMessageBox.warning(self, "Not recorded", str(recorder.error))

    def pop_out(self) -> None:
        """The same view in a top-level window, which goes when this one goes."""
        window = ViewFrame(self.source, self.chooser.currentData() or "", self.title)
        window.setWindowTitle(f"{self.chooser.currentText()} · {self.title}")
        window.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        window.resize(640, 560)
        self.windows.append(window)
        window.show()

    def closeEvent(self, event: QCloseEvent) -> None:
        self.shut()
        super().closeEvent(event)

    def shut(self) -> None:
        """Stop asking and recording; close the windows that were popped out."""
        self.timer.stop()
        if self.recorder is not None:
            self.end_record()
        for window in self.windows:
            with contextlib.suppress(RuntimeError):  # Closed and deleted by the user already.
                window.close()
        self.windows.clear()


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
        spin = QSpinBox(minimum=-(2**31), maximum=2**31 - 1, value=default)
        spin.valueChanged.connect(changed)
        return spin
    if isinstance(default, float):
        real = QDoubleSpinBox(minimum=-1e9, maximum=1e9, decimals=3, singleStep=0.1, value=default)
        real.valueChanged.connect(changed)
        return real
    line = QLineEdit("" if default is None else str(default))
    line.editingFinished.connect(changed)
    return line


def value_of(widget: QWidget) -> Any:
    if isinstance(widget, QComboBox):
        return widget.currentText()
    if isinstance(widget, QCheckBox):
        return widget.isChecked()
    if isinstance(widget, QSpinBox | QDoubleSpinBox):
        return widget.value()
    assert isinstance(widget, QLineEdit)
    return widget.text()
