"""Points in the plane, a colour for each class, a label at each where there are some."""

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QWidget

from gui.theme import colour
from gui.widgets.plot import Plot
from lab.answers import Scatter

MOST_LABELS = 300


def powers(logarithms: np.ndarray) -> list[list[tuple[float, str]]]:
    """Ticks (place, text) of a logarithmic axis: 1k, 10k, 100k, 1M; of values within two powers of ten also 2k and 5k."""
    low, high = int(np.floor(logarithms.min())) - 1, int(np.ceil(logarithms.max())) + 1
    firsts = (1, 2, 5) if np.ptp(logarithms) < 2 else (1,)
    exponents = range(max(0, low), high + 1)
    lined = [(float(np.log10(first) + e), "") for e in exponents for first in range(2, 10) if first not in firsts]
    return [[(float(np.log10(first) + e), short(first * 10**e)) for e in exponents for first in firsts], lined]


def short(number: int) -> str:
    """A round number as 500, 20k, 1M or 3G."""
    for unit, letter in ((10**9, "G"), (10**6, "M"), (10**3, "k")):
        if number >= unit:
            return f"{number // unit}{letter}"
    return str(number)


class ScatterPlot(Plot):
    """A plot of a `Scatter`; its items are made once and then only moved. Of labels that would lie over each other, the first is shown:
    zoom in to read the others."""

    def __init__(self, parent: QWidget | None = None):
        super().__init__("", "", parent=parent, y_on_axis=True)
        self.item.setClipToView(False)
        self.legend = self.add_legend()
        self.groups: dict[str, pg.ScatterPlotItem] = {}
        self.labels: list[pg.TextItem] = []
        self.places = np.zeros((0, 2))
        self.item.getViewBox().sigRangeChanged.connect(self.thin_labels)
        self.item.getViewBox().sigResized.connect(self.thin_labels)

    def show_answer(self, answer: Scatter) -> None:
        points, classes = np.asarray(answer.points, np.float64), np.asarray(answer.classes)
        if answer.log_x:  # Of dots pyqtgraph knows no logarithm, of an axis it does.
            points = np.stack([np.log10(points[:, 0]), points[:, 1]], 1)
        self.item.getAxis("bottom").setTicks(powers(points[:, 0]) if answer.log_x and len(points) else None)
        numbers = sorted(set(classes.tolist()))
        names = {i: answer.names[i] if i < len(answer.names) else str(i) for i in numbers}
        if list(self.groups) != list(names.values()):
            for group in self.groups.values():
                self.item.removeItem(group)
            self.groups = {name: pg.ScatterPlotItem(size=6, pen=None, brush=colour(i), name=name) for i, name in names.items()}
            for group in self.groups.values():
                self.item.addItem(group)
        self.legend.setVisible(len(names) > 1)
        for i, name in names.items():
            self.groups[name].setData(points[classes == i, 0], points[classes == i, 1])
        self.show_labels(points, answer.labels[:MOST_LABELS])
        self.label(answer.x_label, answer.y_label)
        self.note.hide()

    def show_labels(self, points: np.ndarray, labels: list[str]) -> None:
        while len(self.labels) > len(labels):
            self.item.removeItem(self.labels.pop())
        while len(self.labels) < len(labels):
            text = pg.TextItem(anchor=(0, 1))
            text.setColor(self.palette().color(QPalette.ColorRole.Text))
            self.item.addItem(text, ignoreBounds=True)
            self.labels.append(text)
        self.places = points[: len(labels)]
        for text, label, (x, y) in zip(self.labels, labels, points.tolist(), strict=False):
            if text.toPlainText() != label:
                text.setText(label)
            text.setPos(x, y)
        self.thin_labels()

    def thin_labels(self) -> None:
        """Show the labels that lie over none shown before."""
        if not self.labels:
            return
        (x0, x1), (y0, y1) = self.item.getViewBox().viewRange()
        box = self.item.getViewBox().rect()
        left = (self.places[:, 0] - x0) / (x1 - x0) * box.width()
        top = (y1 - self.places[:, 1]) / (y1 - y0) * box.height()
        taken = np.zeros((0, 4))  # Left, top, right and bottom of the labels shown, in pixels.
        for text, x, y in zip(self.labels, left.tolist(), top.tolist(), strict=True):
            size = text.textItem.boundingRect()
            place = np.array([x, y - size.height(), x + size.width(), y])
            free = not ((taken[:, :2] < place[2:]) & (taken[:, 2:] > place[:2])).all(1).any()
            text.setVisible(free)
            if free:
                taken = np.vstack([taken, place])

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "labels"):
            for text in self.labels:
                text.setColor(self.palette().color(QPalette.ColorRole.Text))
