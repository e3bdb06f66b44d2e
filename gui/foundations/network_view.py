"""The network as a picture that one edits: a small surface for every unit, weights as line widths.

Units and edges are painted, not widgets: there may be hundreds. What changes with each picture of a network that learns are the units'
surfaces; the rest is kept. Read first: `NetworkView.arrange`, then `paintEvent`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from PySide6.QtCore import QElapsedTimer, QEvent, QPointF, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QFont, QMouseEvent, QPainter, QPainterPath, QPaintEvent, QPalette, QPen, QPixmap, QWheelEvent
from PySide6.QtWidgets import QDoubleSpinBox, QMenu, QSizePolicy, QToolTip, QWidget

from gui import theme
from gui.foundations.colours import coloured, heat, sign_colour
from gui.theme import ACCENT, is_dark
from lab.data.drawn_points import REACH
from lab.recipes.foundations.settings import ACTIVATION_NAMES, INPUT_NAMES

LARGEST, SMALLEST = 46.0, 10.0
"""Pixels of a unit's side."""
LEAST_WITH_BIAS = 16.0
"""A unit that is narrower shows no bias."""
EDGE = 0.6
"""Pixels from the middle of a unit's frame to its surface."""
NEAR = 6.0
"""Pixels from a line within which it is meant."""
PER_PIXEL = 0.02
"""How far a weight moves with each pixel of a drag."""
FORMULAS = {"x": "x", "y": "y", "x2": "x²", "y2": "y²", "xy": "xy", "sinx": "sin x", "siny": "sin y"}
EDGES_MS = 100
"""How long the lines stay as they are while the network trains: smooth lines take longer to paint than all else together."""
SAMPLES = 14
"""Places along a line at which its distance is measured."""


@dataclass(frozen=True)
class Target:
    """What the pointer is on: an edge or bias (`source` -1) into `unit` of `layer`, a unit, an input or a button of a layer's head."""

    kind: str
    layer: int = 0
    unit: int = 0
    source: int = 0


class NetworkView(QWidget):
    """Shows a `NetworkFrame`. Layers count from 0, the first hidden one; the output is the last."""

    weight_edited = Signal(int, int, int, float)
    """Layer, unit, source (-1 is the bias), value."""
    units_wanted = Signal(int, int)
    activation_wanted = Signal(int, str)
    inputs_wanted = Signal(str)
    unit_pointed = Signal(int, int)
    """Column (0 the inputs) and unit; -1 where the pointer is on none."""

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self.frame: Any = None
        self.target: Target | None = None
        self.dragged: tuple[Target, float, float] | None = None
        self.moved = False
        self.rects: list[list[QRectF]] = []
        self.heads: list[dict[str, QRectF]] = []
        self.input_rects: dict[str, QRectF] = {}
        self.curves: list[np.ndarray] = []
        self.paths: list[QPainterPath] = []
        self.stages: list[Target] = []
        self.field: QDoubleSpinBox | None = None
        self.edges: QPixmap | None = None
        """The lines as they were painted last; None where they are to be painted at once."""
        self.edges_age = QElapsedTimer()
        self.still: QPixmap | None = None
        """Inputs, heads and the units' frames as they were painted last; None where they are to be painted."""
        self.late = QTimer(self, interval=EDGES_MS, singleShot=True)
        self.late.timeout.connect(self.update)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("The network: units with their surfaces, weights as lines")

    def sizeHint(self) -> QSize:
        return QSize(460, 420)

    def minimumSizeHint(self) -> QSize:
        return QSize(240, 220)

    # -- where everything is ---------------------------------------------------------------------------------------

    def show_frame(self, frame: Any) -> None:
        """Draw the network as it is now."""
        before = self.frame
        self.frame = frame
        if before is None or shape_of(before) != shape_of(frame):
            self.arrange()
        self.update()

    def resizeEvent(self, event: object) -> None:
        self.arrange()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        self.arrange()
        self.update()

    @property
    def head(self) -> float:
        """Pixels above the units, for the layers' heads."""
        return 2 * self.fontMetrics().height() + 18

    def arrange(self) -> None:
        """Place units, edges and heads in the room that there is."""
        self.edges = self.still = None
        if self.frame is None:
            return
        counts = [len(INPUT_NAMES), *(len(bias) for bias in self.frame.biases)]
        columns = len(counts)
        room = self.height() - self.head - 6
        names = self.fontMetrics().horizontalAdvance("sin x") + 6
        gap_x = (self.width() - names - 4) / columns
        side = max(SMALLEST, min(LARGEST, 0.62 * gap_x, (room - 4) / max(counts) * 0.82))
        self.rects, self.heads = [], []
        for column, count in enumerate(counts):
            x = names + gap_x * (column + 0.5) - side / 2
            step = min(room / count, side * 1.45)
            top = self.head + (room - step * count) / 2 + (step - side) / 2
            self.rects.append([QRectF(x, top + i * step, side, side) for i in range(count)])
            middle, wide, line = x + side / 2, min(gap_x - 6, 96), self.fontMetrics().height()
            button = min(line + 4.0, wide / 3)
            heads = {
                "fewer": QRectF(middle - wide / 2, 4, button, line + 4),
                "count": QRectF(middle - wide / 2 + button, 4, wide - 2 * button, line + 4),
                "more": QRectF(middle + wide / 2 - button, 4, button, line + 4),
                "activation": QRectF(middle - wide / 2, line + 11, wide, line + 4),
            }
            self.heads.append(heads if 0 < column < columns - 1 else {})
        self.input_rects = dict(zip(INPUT_NAMES, self.rects[0], strict=True))
        self.curves, self.paths, self.stages = [], [], []
        for layer, bias in enumerate(self.frame.biases):
            for unit in range(len(bias)):
                end = self.left_of(layer + 1, unit)
                for source in range(self.frame.weights[layer].shape[1]):
                    start = self.right_of(layer, source)
                    self.curves.append(along(start, end))
                    self.paths.append(bent(start, end))
                    self.stages.append(Target("edge", layer, unit, source))

    def unit_rect(self, column: int, unit: int) -> QRectF:
        """Of a used input (column 0), a hidden unit or the output."""
        if column == 0:
            return self.input_rects[self.frame.config.input_names[unit]]
        return self.rects[column][unit]

    def left_of(self, column: int, unit: int) -> QPointF:
        rect = self.unit_rect(column, unit)
        return QPointF(rect.left(), rect.center().y())

    def right_of(self, column: int, unit: int) -> QPointF:
        rect = self.unit_rect(column, unit)
        return QPointF(rect.right(), rect.center().y())

    def bias_rect(self, column: int, unit: int) -> QRectF:
        rect = self.rects[column][unit]
        size = max(7.0, rect.width() * 0.2)
        return QRectF(rect.left() - size * 0.45, rect.bottom() - size * 0.6, size, size)

    def value_of(self, target: Target) -> float:
        """The weight or bias that is meant."""
        assert self.frame is not None
        if target.source < 0:
            return float(self.frame.biases[target.layer][target.unit])
        return float(self.frame.weights[target.layer][target.unit, target.source])

    # -- painting --------------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        if self.frame is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawPixmap(0, 0, self.edges_now())
        if self.still is None:
            self.still = self.painted(self.paint_inputs, self.paint_heads, self.paint_frames)
        painter.drawPixmap(0, 0, self.still)
        self.paint_units(painter)
        self.paint_value(painter)
        painter.end()

    def painted(self, *parts: Callable[[QPainter], None]) -> QPixmap:
        """A picture of the view's size with these parts alone."""
        ratio = self.devicePixelRatioF()
        picture = QPixmap(QSize(round(self.width() * ratio), round(self.height() * ratio)))
        picture.setDevicePixelRatio(ratio)
        picture.fill(Qt.GlobalColor.transparent)
        painter = QPainter(picture)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.setFont(self.font())
        for part in parts:
            part(painter)
        painter.end()
        return picture

    def edges_now(self) -> QPixmap:
        """The lines, painted anew where something else is lit or they have got old; else again a little later, so that the last weights are seen."""
        if self.edges is None or self.edges_age.hasExpired(EDGES_MS):
            self.edges = self.painted(self.paint_edges)
            self.edges_age.start()
            self.late.stop()
        else:
            self.late.start()
        return self.edges

    def paint_edges(self, painter: QPainter) -> None:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        many = len(self.stages) > 400
        for curve, path, target in zip(self.curves, self.paths, self.stages, strict=True):
            value = self.value_of(target)
            size = min(abs(value), 6.0) if np.isfinite(value) else 6.0
            lit = target == self.target
            painter.setPen(QPen(sign_colour(value, 1.0 if lit else 0.25 + 0.13 * size), 0.6 + 1.15 * size + (1.5 if lit else 0)))
            if many:
                painter.drawLine(QPointF(*curve[0]), QPointF(*curve[-1]))
            else:
                painter.drawPath(path)

    def paint_inputs(self, painter: QPainter) -> None:
        frame, mid = self.frame, self.palette().color(QPalette.ColorRole.Mid)
        assert frame is not None
        text, faint = self.palette().color(QPalette.ColorRole.Text), self.palette().color(QPalette.ColorRole.PlaceholderText)
        bright = QColor(ACCENT[is_dark(self.palette())])
        used = frame.config.input_names
        letters = QFont(self.font())
        for name, rect in self.input_rects.items():
            on = name in used
            painter.setOpacity(1.0 if on else 0.28)
            painter.drawImage(rect, heat(input_surface(name), self.palette(), 1.6))
            painter.setOpacity(1.0 if on else 0.55)
            painter.setPen(QPen(bright if self.target == Target("input", unit=INPUT_NAMES.index(name)) else mid, 1.4))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(rect, 3, 3)
            painter.setPen(text if on else faint)
            painter.setFont(theme.sized(letters, min(1.0, rect.width() / 40)))
            painter.drawText(
                QRectF(0, rect.top(), rect.left() - 5, rect.height()),
                Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight,
                FORMULAS[name],
            )
            painter.setOpacity(1.0)
        painter.setFont(self.font())

    def paint_frames(self, painter: QPainter) -> None:
        """The frame of each unit, within which its surface is."""
        bright, mid = QColor(ACCENT[is_dark(self.palette())]), self.palette().color(QPalette.ColorRole.Mid)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for column, rects in enumerate(self.rects[1:], 1):
            for unit, rect in enumerate(rects):
                lit = self.target == Target("unit", column, unit)
                painter.setPen(QPen(bright if lit else mid, 2.2 if lit else 1.2))
                painter.drawRoundedRect(rect, 3, 3)

    def paint_units(self, painter: QPainter) -> None:
        """The surface of each unit and its bias."""
        frame = self.frame
        assert frame is not None
        units, rows, columns = frame.small.shape
        picture = coloured(frame.small.reshape(units * rows, columns), self.palette())
        places = [(column, unit, rect) for column, rects in enumerate(self.rects[1:], 1) for unit, rect in enumerate(rects)]
        for i, (_, _, rect) in enumerate(places):
            painter.drawImage(rect.adjusted(EDGE, EDGE, -EDGE, -EDGE), picture, QRectF(0, i * rows, columns, rows))
        if places[0][2].width() < LEAST_WITH_BIAS:
            return
        painter.setPen(QPen(self.palette().color(QPalette.ColorRole.Base), 1))
        for column, unit, _ in places:
            bias = float(frame.biases[column - 1][unit])
            painter.setBrush(sign_colour(bias, 0.3 + 0.5 * min(abs(bias), 1.4)))
            painter.drawEllipse(self.bias_rect(column, unit))
        if self.target is not None and self.target.source < 0:
            painter.setPen(QPen(QColor(ACCENT[is_dark(self.palette())]), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawEllipse(self.bias_rect(self.target.layer + 1, self.target.unit))

    def paint_heads(self, painter: QPainter) -> None:
        frame = self.frame
        assert frame is not None
        text, faint = self.palette().color(QPalette.ColorRole.Text), self.palette().color(QPalette.ColorRole.PlaceholderText)
        button, mid = self.palette().color(QPalette.ColorRole.Button), self.palette().color(QPalette.ColorRole.Mid)
        bright = QColor(ACCENT[is_dark(self.palette())])
        line = self.fontMetrics().height()
        for title, column in (("inputs", 0), ("output", len(self.rects) - 1)):
            centre = self.rects[column][0].center().x()
            painter.setPen(faint)
            painter.drawText(QRectF(centre - 60, 6, 120, line), Qt.AlignmentFlag.AlignCenter, title)
        for column, heads in enumerate(self.heads):
            if not heads:
                continue
            units, activation = frame.config.layer_list[column - 1]
            for name, sign in (("fewer", "\N{MINUS SIGN}"), ("more", "+"), ("activation", activation)):
                lit = self.target == Target(name, column - 1)
                painter.setPen(QPen(bright if lit else mid, 1))
                painter.setBrush(button)
                painter.drawRoundedRect(heads[name], 4, 4)
                painter.setPen(text)
                said = painter.fontMetrics().elidedText(sign, Qt.TextElideMode.ElideRight, int(heads[name].width()) - 4)
                painter.drawText(heads[name], Qt.AlignmentFlag.AlignCenter, said)
            painter.setPen(text)
            painter.drawText(heads["count"], Qt.AlignmentFlag.AlignCenter, str(units))

    def paint_value(self, painter: QPainter) -> None:
        """The number of the weight that is pointed at."""
        target = self.dragged[0] if self.dragged is not None else self.target
        if target is None or target.kind != "edge":
            return
        said = f"{'bias' if target.source < 0 else 'w'} = {self.value_of(target):.3f}"
        if target.source < 0:
            where = self.bias_rect(target.layer + 1, target.unit).center()
        else:
            where = QPointF(*self.curves[self.stages.index(target)][SAMPLES // 2])
        metrics = painter.fontMetrics()
        box = QRectF(0, 0, metrics.horizontalAdvance(said) + 14, metrics.height() + 6)
        box.moveCenter(where - QPointF(0, box.height()))
        box.moveLeft(min(max(2.0, box.left()), self.width() - box.width() - 2))
        painter.setPen(QPen(sign_colour(self.value_of(target)), 1.5))
        painter.setBrush(self.palette().color(QPalette.ColorRole.Base))
        painter.drawRoundedRect(box, 5, 5)
        painter.setPen(self.palette().color(QPalette.ColorRole.Text))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, said)

    # -- the hand --------------------------------------------------------------------------------------------------

    def at(self, where: QPointF) -> Target | None:
        """What lies under a place."""
        if self.frame is None:
            return None
        for column, heads in enumerate(self.heads):
            for name in ("fewer", "more", "activation"):
                if heads and heads[name].contains(where):
                    return Target(name, column - 1)
        for i, rect in enumerate(self.input_rects.values()):
            if rect.contains(where):
                return Target("input", unit=i)
        for column, rects in enumerate(self.rects[1:], 1):
            for unit, rect in enumerate(rects):
                if rect.width() >= LEAST_WITH_BIAS and self.bias_rect(column, unit).contains(where):
                    return Target("edge", column - 1, unit, -1)
                if rect.contains(where):
                    return Target("unit", column, unit)
        if self.curves:
            distance = np.linalg.norm(np.stack(self.curves) - [where.x(), where.y()], axis=2).min(1)
            nearest = int(distance.argmin())
            if distance[nearest] < NEAR:
                return self.stages[nearest]
        return None

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self.dragged is not None:
            held, value, y = self.dragged
            self.moved = self.moved or abs(event.position().y() - y) > 3
            if self.moved:
                self.weight_edited.emit(held.layer, held.unit, held.source, value + PER_PIXEL * (y - event.position().y()))
            return
        target = self.at(event.position())
        if target == self.target:
            return
        self.target = target
        self.edges = self.still = None
        if target is not None and target.kind == "unit":
            self.unit_pointed.emit(target.layer, target.unit)
        else:
            self.unit_pointed.emit(-1, -1)
        edge = target is not None and target.kind == "edge"
        self.setCursor(
            Qt.CursorShape.SizeVerCursor if edge else Qt.CursorShape.PointingHandCursor if target else Qt.CursorShape.ArrowCursor
        )
        QToolTip.showText(event.globalPosition().toPoint(), self.about(target), self)
        self.update()

    @staticmethod
    def about(target: Target | None) -> str:
        """What can be done with what is pointed at."""
        if target is None or target.kind == "unit":
            return ""
        return {
            "fewer": "One unit less", "more": "One unit more", "activation": "Choose the activation of this layer",
            "input": "Give the network this input, or not", "edge": "Drag up or down to change it, click to type, wheel for small steps",
        }[target.kind]  # fmt: skip

    def leaveEvent(self, event: QEvent) -> None:
        self.target = self.edges = self.still = None
        self.unit_pointed.emit(-1, -1)
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        target = self.at(event.position())
        self.close_field()
        if target is None or self.frame is None or event.button() != Qt.MouseButton.LeftButton:
            return
        if target.kind == "edge":
            self.dragged, self.moved = (target, self.value_of(target), event.position().y()), False
        elif target.kind == "input":
            self.inputs_wanted.emit(INPUT_NAMES[target.unit])
        elif target.kind in ("fewer", "more"):
            units = self.frame.config.layer_list[target.layer][0]
            self.units_wanted.emit(target.layer, units + (1 if target.kind == "more" else -1))
        elif target.kind == "activation":
            self.choose_activation(target.layer)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self.dragged is not None:
            (target, _, _), self.dragged = self.dragged, None
            if not self.moved:
                self.open_field(target, event.position())

    def wheelEvent(self, event: QWheelEvent) -> None:
        target = self.at(event.position())
        if target is not None and target.kind == "edge":
            step = 0.05 if event.angleDelta().y() > 0 else -0.05
            self.weight_edited.emit(target.layer, target.unit, target.source, self.value_of(target) + step)
            event.accept()
        else:
            event.ignore()

    def choose_activation(self, layer: int) -> None:
        menu = self.activation_menu(layer)
        menu.popup(self.mapToGlobal(self.heads[layer + 1]["activation"].bottomLeft().toPoint()))

    def activation_menu(self, layer: int) -> QMenu:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        assert self.frame is not None
        for name in ACTIVATION_NAMES:
            action = menu.addAction(name)
            action.setCheckable(True)
            action.setChecked(name == self.frame.config.layer_list[layer][1])
            action.triggered.connect(lambda _=False, name=name: self.activation_wanted.emit(layer, name))
        return menu

    def open_field(self, target: Target, where: QPointF) -> None:
        """A field in which the weight is typed."""
        field = QDoubleSpinBox(self, minimum=-100, maximum=100, decimals=3, singleStep=0.1, value=self.value_of(target))
        field.setAccessibleName("Weight")
        field.valueChanged.connect(lambda value: self.weight_edited.emit(target.layer, target.unit, target.source, value))
        field.editingFinished.connect(self.close_field)
        field.adjustSize()
        field.move(int(min(where.x(), self.width() - field.width())), int(max(0, where.y() - field.height() - 4)))
        self.field = field
        field.show()
        field.selectAll()
        field.setFocus()

    def close_field(self) -> None:
        field, self.field = self.field, None
        if field is not None:
            field.hide()
            field.deleteLater()


def shape_of(frame: Any) -> tuple[object, ...]:
    """What the places of units and edges, and what the heads say, depend on."""
    return (frame.config.inputs, frame.config.layers, *(len(bias) for bias in frame.biases))


def bent(start: QPointF, end: QPointF) -> QPainterPath:
    """The curve between two units."""
    half = QPointF((end.x() - start.x()) / 2, 0)
    path = QPainterPath(start)
    path.cubicTo(start + half, end - half, end)
    return path


def along(start: QPointF, end: QPointF) -> np.ndarray:
    """Places (SAMPLES, 2) along the curve between two units."""
    t = np.linspace(0, 1, SAMPLES)[:, None]
    half = (end.x() - start.x()) / 2
    a, d = np.array([start.x(), start.y()]), np.array([end.x(), end.y()])
    b, c = a + np.array([half, 0]), d - np.array([half, 0])
    return (1 - t) ** 3 * a + 3 * (1 - t) ** 2 * t * b + 3 * (1 - t) * t**2 * c + t**3 * d


def input_surface(name: str) -> np.ndarray:
    """What an input says over the plane (24, 24), as of `models.foundations.point_network.features`."""
    ticks = np.linspace(-REACH, REACH, 24)
    x, y = np.meshgrid(ticks, -ticks)
    return {
        "x": x, "y": y, "x2": x * x / 2, "y2": y * y / 2, "xy": x * y / 2, "sinx": np.sin(2 * x), "siny": np.sin(2 * y),
    }[name]  # fmt: skip
