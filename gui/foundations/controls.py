"""Controls of the pages: a slider with its name and value, a choice with its name, small pictures of the sets of points."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import QAbstractButton, QComboBox, QGridLayout, QLabel, QSlider, QWidget

from gui import theme
from gui.foundations.colours import sign_colour
from gui.theme import faint


class Choices(QGridLayout):
    """Rows of a name, a control and, of sliders, the value."""

    def __init__(self) -> None:
        super().__init__()
        self.setContentsMargins(0, 0, 0, 0)
        self.setVerticalSpacing(theme.GAP)
        self.setColumnStretch(1, 1)
        self.of: dict[str, Slider | QComboBox] = {}
        """The controls by the setting that they change."""

    def show_values(self, values: Mapping[str, Any]) -> None:
        """Show settings as they are."""
        for field, control in self.of.items():
            if isinstance(control, Slider):
                control.set_value(values[field])
            else:
                control.setCurrentIndex(max(0, control.findData(values[field])))

    def heading(self, text: str) -> None:
        label = QLabel(text)
        faint(label)
        self.addWidget(label, self.rowCount(), 0, 1, 3)

    def slider(
        self, name: str, values: Sequence[Any], value: Any, tip: str, say: Callable[[Any], str], act: Callable[[Any], None],
        field: str = "",
    ) -> "Slider":  # fmt: skip
        row, made = self.rowCount(), Slider(values, tip, name)
        shown = QLabel(say(value))
        shown.setMinimumWidth(shown.fontMetrics().horizontalAdvance("0.000"))
        made.set_value(value)
        made.chosen.connect(lambda one: shown.setText(say(one)))
        made.moved.connect(act)
        label = QLabel(name)
        label.setToolTip(tip)
        self.addWidget(label, row, 0)
        self.addWidget(made, row, 1)
        self.addWidget(shown, row, 2)
        if field:
            self.of[field] = made
        return made

    def choice(self, name: str, values: Sequence[Any], value: Any, tip: str, act: Callable[[Any], None], field: str = "") -> QComboBox:
        row, box = self.rowCount(), QComboBox(toolTip=tip)
        box.setAccessibleName(name)
        box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        for one in values:
            box.addItem(f"{one:g}" if isinstance(one, float) else str(one), one)
        box.setCurrentIndex(list(values).index(value))
        box.activated.connect(lambda _: act(box.currentData()))
        label = QLabel(name)
        label.setToolTip(tip)
        self.addWidget(label, row, 0)
        self.addWidget(box, row, 1, 1, 2)
        if field:
            self.of[field] = box
        return box


class Slider(QSlider):
    """A slider over a list of values."""

    moved = Signal(object)
    """The user chose this value."""
    chosen = Signal(object)
    """The value is this now, whoever chose it."""

    def __init__(self, values: Sequence[Any], tip: str, name: str, parent: QWidget | None = None):
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.values = list(values)
        self.setRange(0, len(self.values) - 1)
        self.setPageStep(1)
        self.setToolTip(tip)
        self.setAccessibleName(name)
        self.setMinimumWidth(60)
        self.by_program = False
        self.valueChanged.connect(self.tell)

    def tell(self, index: int) -> None:
        self.chosen.emit(self.values[index])
        if not self.by_program:
            self.moved.emit(self.values[index])

    def set_value(self, value: Any) -> None:
        """Show a value, the nearest there is, without telling that the user chose it."""
        self.by_program = True
        numbers = np.array(self.values, float)
        index = int(np.abs(numbers - value).argmin())
        self.setValue(index)
        self.chosen.emit(self.values[index])
        self.by_program = False


class PointsButton(QAbstractButton):
    """A small picture of a set of points, to choose it."""

    def __init__(self, name: str, tip: str, parent: QWidget | None = None):
        super().__init__(parent, objectName="a set of points")
        self.name = name
        self.setCheckable(True)
        self.setToolTip(tip)
        self.setAccessibleName(name)
        self.points = miniature(name)

    def sizeHint(self) -> QSize:
        side = round(self.fontMetrics().height() * 2.2)
        return QSize(side, side)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        side = min(self.width(), self.height()) - 4
        area = QRectF((self.width() - side) / 2, (self.height() - side) / 2, side, side)
        on = self.isChecked() or self.hasFocus() or self.underMouse()
        hue = self.palette().color(QPalette.ColorRole.Highlight if on else QPalette.ColorRole.Mid)
        painter.setPen(QPen(hue, 2.2 if self.isChecked() else 1))
        painter.setBrush(self.palette().color(QPalette.ColorRole.Base))
        painter.drawRoundedRect(area, 4, 4)
        painter.setPen(Qt.PenStyle.NoPen)
        for x, y, level in self.points:
            painter.setBrush(sign_colour(level, min(1.0, 0.25 + abs(level))))
            painter.drawEllipse(QPointF(area.center().x() + x * side * 0.42, area.center().y() - y * side * 0.42), side / 22, side / 22)
        if not self.points:
            painter.setPen(self.palette().color(QPalette.ColorRole.Text))
            painter.drawText(area, Qt.AlignmentFlag.AlignCenter, {"drawn": "✎", "csv": "CSV"}[self.name])
        painter.end()


def miniature(name: str) -> list[tuple[float, float, float]]:
    """A few points (x, y, level) of a set, without noise, within 1 of the middle; [] of one's own."""
    t, i = np.linspace(0.08, 1, 26), np.arange(26)
    ring = i * 2 * np.pi / 13
    match name:
        case "spirals":
            turn = 3.2 * np.pi * t
            return [(s * a * np.sin(b), s * a * np.cos(b), s) for s in (1.0, -1.0) for a, b in zip(t, turn, strict=True)]
        case "circles":
            return [
                ((0.95 if k < 13 else 0.35) * np.cos(a), (0.95 if k < 13 else 0.35) * np.sin(a), -1.0 if k < 13 else 1.0)
                for k, a in enumerate(ring)
            ]
        case "moons":
            a = np.linspace(0, np.pi, 12)
            upper = [(0.55 * np.cos(b) - 0.3, 0.6 * np.sin(b) - 0.15, -1.0) for b in a]
            return upper + [(0.3 - 0.55 * np.cos(b), 0.15 - 0.6 * np.sin(b), 1.0) for b in a]
    grid = np.linspace(-0.85, 0.85, 6)
    match name:
        case "xor":
            return [(x, y, 1.0 if x * y < 0 else -1.0) for x in grid for y in grid]
        case "gaussians":
            return [
                (s * 0.5 + 0.4 * r * np.cos(a), s * 0.5 + 0.4 * r * np.sin(a), s) for s in (1.0, -1.0) for r in (0.4, 1) for a in ring[:9]
            ]
        case "hill":
            return [
                (x, y, float(np.exp(-4 * ((x - 0.4) ** 2 + (y - 0.4) ** 2)) - np.exp(-4 * ((x + 0.4) ** 2 + (y + 0.4) ** 2))))
                for x in grid
                for y in grid
            ]
        case "waves":
            return [(x, y, float(np.sin(4 * x) * np.cos(4 * y))) for x in grid for y in grid]
    return []
