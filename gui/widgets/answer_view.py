"""Draws answers to views: the widget follows from the answer's class.

Read first: `WIDGETS`, the one table from class to widget. An answer without a line of its own has that of its base class; `Answer`
itself is shown as the picture that `lab show` would save.
"""

from html import escape
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QLabel, QStackedWidget, QTableWidget, QTableWidgetItem, QVBoxLayout, QWidget

from gui.theme import colour
from gui.widgets.annotated import BoxesView, MasksView
from gui.widgets.bars import QBars
from gui.widgets.confusion_view import ConfusionView
from gui.widgets.fast_label import FastLabel
from gui.widgets.landscape_plot import LandscapePlot
from gui.widgets.picture import Picture
from gui.widgets.plot import Plot, legend
from gui.widgets.scatter_plot import ScatterPlot
from gui.widgets.text_view import TextView
from lab.answers import Answer, Bars, Boxes, Confusion, Curves, Heatmap, Landscape, Masks, Scatter, Table, Text, cell_text

SMALLEST = (160, 120)


class PictureView(Picture):
    """Any answer, as its picture."""

    def __init__(self, parent: QWidget | None = None):
        super().__init__("Waiting for the first result…", SMALLEST, parent)

    def show_answer(self, answer: Answer) -> None:
        self.show_pixels(answer.picture())


class CurvesView(QWidget):
    """Lines in one plot, or in one plot each."""

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self.legend = QLabel(wordWrap=True)
        self.plots: dict[str, Plot] = {}
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(0, 0, 0, 0)
        self.column.addWidget(self.legend)

    def show_answer(self, answer: Curves) -> None:
        groups = {name: [name] for name in answer.series} if answer.separate else {"": list(answer.series)}
        if list(self.plots) != list(groups):
            for plot in self.plots.values():
                self.column.removeWidget(plot)
                plot.dispose()
            self.plots = {name: Plot(answer.x_label, name, "No points yet") for name in groups}
            for plot in self.plots.values():
                self.column.addWidget(plot, 1)
        several = not answer.separate and len(answer.series) > 1
        key = [legend((name, colour(i)) for i, name in enumerate(answer.series))] if several else []
        self.legend.setText(" &nbsp; ".join([escape(answer.y_label), *key] if answer.y_label and not answer.separate else key))
        self.legend.setVisible(bool(self.legend.text()))
        for group, names in groups.items():
            for i, name in enumerate(names):
                x, y = answer.series[name]
                self.plots[group].set_line(name, np.asarray(x, np.float64), np.asarray(y, np.float64), colour(i), filled=answer.filled)


class Matrix(Plot):
    """A matrix as colours, its rows and columns named where there is room."""

    def __init__(self, parent: QWidget | None = None):
        super().__init__("", "", parent=parent, y_on_axis=True)
        self.image = pg.ImageItem(colorMap=COLOUR_MAP)
        self.item.addItem(self.image)
        self.item.setClipToView(False)
        self.names: dict[str, list[str]] = {}

    def show_answer(self, answer: Heatmap) -> None:
        self.label(answer.x_label or "column", answer.y_label or "row")
        self.image.setImage(np.asarray(answer.values, np.float32))
        self.item.invertY(bool(answer.y_ticks))  # Text is read from the top.
        self.names = {"bottom": answer.x_ticks, "left": answer.y_ticks}
        self.show_ticks()
        self.note.hide()

    def show_ticks(self) -> None:
        """Name the columns and rows: where there is no room for every name, every second one, or every third.

        Of a text's characters it is all or none: every second one reads as another text.
        """
        for side, names in self.names.items():
            longest = max(map(len, names), default=0)
            room, each = (self.height() - 60, 13) if side == "left" else (self.width() - 90, 5 + 7 * longest if longest > 1 else 5)
            step = max(1, -(-len(names) * each // max(room, each)))
            shown = [] if step > 1 and longest == 1 else range(0, len(names), step)
            self.item.getAxis(side).setTicks([[(i + 0.5, names[i]) for i in shown]] if names else None)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if hasattr(self, "names"):  # Qt resizes a plot while it is being made.
            self.show_ticks()


class HeatmapView(QWidget):
    """A matrix under a key of its colours."""

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self.key = QLabel(wordWrap=True)
        self.matrix = Matrix()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.key)
        column.addWidget(self.matrix, 1)

    def show_answer(self, answer: Heatmap) -> None:
        self.key.setText(" &nbsp; ".join(part for part in (escape(answer.title), colour_key(answer)) if part))
        self.matrix.show_answer(answer)


COLOUR_MAP = "viridis"


def colour_key(answer: Heatmap) -> str:
    """Rich text that says which value has which colour, from the lowest to the highest."""
    values = np.asarray(answer.values, np.float32)
    finite = values[np.isfinite(values)]
    if not len(finite):
        return ""
    levels = np.linspace(finite.min(), finite.max(), 3 if finite.min() < finite.max() else 1)
    colours = pg.colormap.get(COLOUR_MAP).getLookupTable(nPts=max(2, len(levels)))
    return f"{escape(answer.of)}: {legend((f'{level:.2g}', '#{:02x}{:02x}{:02x}'.format(*hue)) for level, hue in zip(levels, colours, strict=False))}"


class TableView(QTableWidget):
    """Rows of cells under column names."""

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.verticalHeader().hide()

    def show_answer(self, answer: Table) -> None:
        self.setColumnCount(len(answer.columns))
        self.setHorizontalHeaderLabels(answer.columns)
        self.setRowCount(len(answer.rows))
        for i, row in enumerate(answer.rows):
            for j, cell in enumerate(row):
                self.setItem(i, j, QTableWidgetItem(cell_text(cell)))
        self.resizeColumnsToContents()


class BarsView(QWidget):
    """A bar for each name, under a title."""

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self.bars = QBars()
        self.title = FastLabel(wrap=True)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.title)
        column.addWidget(self.bars)
        column.addStretch(1)

    def show_answer(self, answer: Bars) -> None:
        if self.bars.names != tuple(answer.names):
            self.bars.reset(tuple(answer.names), colour(0))
            self.bars.low = 0.0  # Lengths are compared from zero, unless a value is below it.
        self.bars.show_values(np.asarray(answer.values), answer.chosen)
        self.title.setText(answer.title)


WIDGETS: dict[type[Answer], type[QWidget]] = {
    Answer: PictureView, Bars: BarsView, Boxes: BoxesView, Confusion: ConfusionView, Curves: CurvesView, Heatmap: HeatmapView, Landscape: LandscapePlot, Masks: MasksView, Scatter: ScatterPlot,
    Table: TableView, Text: TextView,
}  # fmt: skip
"""What draws each class of answers; it has `show_answer`."""


def widget_class(kind: type[Answer]) -> type[QWidget]:
    """The widget for a class of answers, or for the nearest base class that has one."""
    return next(WIDGETS[base] for base in kind.__mro__ if base in WIDGETS)


class AnswerView(QStackedWidget):
    """Draws one answer after another. The widget for a class is made when the first answer of that class comes."""

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self.widgets: dict[type[QWidget], QWidget] = {}
        self.picture = PictureView()
        self.widgets[PictureView] = self.picture
        self.addWidget(self.picture)

    def show_answer(self, answer: Answer) -> None:
        kind = widget_class(type(answer))
        widget: Any = self.widgets.get(kind)
        if widget is None:
            widget = self.widgets[kind] = kind()
            self.addWidget(widget)
        widget.show_answer(answer)
        self.setCurrentWidget(widget)

    def show_note(self, note: str) -> None:
        """A sentence in place of an answer."""
        self.picture.show_text(note)
        self.setCurrentWidget(self.picture)

    def as_shown(self, answer: Answer) -> Answer:
        """The answer as the screen shows it, such as with the opacity and the classes that are chosen there."""
        widget: Any = self.widgets.get(widget_class(type(answer)))
        return widget.as_shown(answer).made_by(answer.making) if hasattr(widget, "as_shown") else answer
