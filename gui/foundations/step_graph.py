"""A small network as a drawing: nodes with their values, edges with their weights and gradients; what is new is in colour."""

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QMouseEvent, QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui import theme
from gui.theme import ACCENT, is_dark
from models.foundations.backpropagation import Step

ALONG = (0.5, 0.36, 0.64, 0.26, 0.74, 0.43, 0.57)
"""Where on an edge its numbers may stand, best first."""
LEFT, TOP = 0.08, 0.15
"""Shares of width and height that are left free around the nodes."""


class StepGraph(QWidget):
    """Press the numbers of an edge to edit its weight."""

    edge_pressed = Signal(str)

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self.layers: list[list[str]] = []
        self.edges: dict[str, tuple[str, str]] = {}
        self.step: Step | None = None
        self.boxes: dict[str, QRectF] = {}
        """Where the numbers of edges stand."""
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setToolTip("Weights, and the derivatives of the error by them; press one to edit it. Below a unit: its delta")
        self.setAccessibleName("The network")

    def minimumSizeHint(self) -> QSize:
        return QSize(300, 180)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        self.update()

    def show_network(self, layers: list[list[str]], edges: dict[str, tuple[str, str]]) -> None:
        self.layers, self.edges, self.step = layers, edges, None
        self.update()

    def show_step(self, step: Step) -> None:
        self.step = step
        self.update()

    def letters(self) -> QFont:
        """Letters that grow with the graph, and shrink where layers are tall."""
        tallest, widest = max(map(len, self.layers)), len(self.layers)
        room = min(self.width() / (260 * max(2, widest - 0.5)), self.height() / (140 * max(2, tallest)))
        return theme.sized(self.font(), min(2.0, max(0.8, room)))

    def at(self, node: str) -> QPointF:
        depth = next(i for i, layer in enumerate(self.layers) if node in layer)
        layer = self.layers[depth]
        x = LEFT + (1 - 2 * LEFT) * depth / (len(self.layers) - 1)
        y = TOP + (1 - 2 * TOP) * layer.index(node) / (len(layer) - 1) if len(layer) > 1 else 0.5
        return QPointF(x * self.width(), y * self.height())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        edge = next((edge for edge, box in self.boxes.items() if box.contains(event.position())), None)
        if edge is not None and event.button() == Qt.MouseButton.LeftButton:
            self.edge_pressed.emit(edge)

    # -- painting --------------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        if self.step is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(self.letters())
        self.place_boxes(painter)
        text, faint = self.palette().color(QPalette.ColorRole.Text), self.palette().color(QPalette.ColorRole.PlaceholderText)
        bright = QColor(ACCENT[is_dark(self.palette())])
        step = self.step
        for edge, (start, end) in self.edges.items():
            new = edge in step.new
            painter.setPen(QPen(bright if new else faint, 3 if new else 1.2))
            painter.drawLine(self.at(start), self.at(end))
        for edge, box in self.boxes.items():
            painter.setPen(text)
            words = painter.boundingRect(box, Qt.AlignmentFlag.AlignCenter, self.numbers(edge))
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self.palette().color(QPalette.ColorRole.Window))
            painter.drawRoundedRect(words.adjusted(-theme.THIN, 0, theme.THIN, 0), theme.GAP, theme.GAP)
            painter.setPen(bright if edge in step.new else text)
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, self.numbers(edge))
        for layer in self.layers:
            for node in layer:
                self.paint_node(painter, node, bright if node in step.new else faint, text, faint)
        painter.end()

    def paint_node(self, painter: QPainter, node: str, hue: QColor, text: QColor, faint: QColor) -> None:
        step, place, radius = self.step, self.at(node), self.radius(painter)
        assert step is not None
        painter.setPen(QPen(hue, 2.5 if node in step.new else 1.5))
        painter.setBrush(self.palette().color(QPalette.ColorRole.Base))
        painter.drawEllipse(place, radius, radius)
        painter.setPen(text)
        value = f"\n{step.nodes[node]:.4g}" if node in step.nodes else ""
        painter.drawText(square(place, radius), Qt.AlignmentFlag.AlignCenter, f"{node}{value}")
        if node in step.deltas:
            painter.setPen(faint)
            box = QRectF(place.x() - 2 * radius, place.y() + radius, 4 * radius, painter.fontMetrics().height())
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, f"δ {step.deltas[node]:+.3g}")

    def radius(self, painter: QPainter) -> float:
        return 0.62 * painter.fontMetrics().horizontalAdvance("-0.0000")

    def numbers(self, edge: str) -> str:
        assert self.step is not None
        gradients = self.step.gradients
        return f"{self.step.weights[edge]:.4g}" + (f"\n∂E {gradients[edge]:+.3g}" if edge in gradients else "")

    def place_boxes(self, painter: QPainter) -> None:
        """Give the numbers of each edge a place where they cover neither a node nor others; those that find none stand while they are new."""
        assert self.step is not None
        metrics = painter.fontMetrics()
        wide, high = metrics.horizontalAdvance("∂E +0.00000"), 2 * metrics.height()
        radius = self.radius(painter)
        taken = [square(self.at(node), radius) for layer in self.layers for node in layer]
        self.boxes = {}
        for edge, (start, end) in self.edges.items():
            a, b = self.at(start), self.at(end)
            others = [(self.at(c), self.at(d)) for name, (c, d) in self.edges.items() if name != edge]
            free: list[tuple[int, QRectF]] = []
            for share in ALONG:
                middle = a + (b - a) * share
                box = QRectF(middle.x() - wide / 2, middle.y() - high / 2, wide, high)
                if not any(box.intersects(other) for other in taken):
                    free.append((sum(passes(box, c, d) for c, d in others), box))
            if free:
                self.boxes[edge] = min(free, key=lambda place: place[0])[1]
                taken.append(self.boxes[edge])
        crowded = {edge: self.edges[edge] for edge in self.step.new if edge in self.edges and edge not in self.boxes}
        for edge, (start, end) in crowded.items():
            middle = (self.at(start) + self.at(end)) / 2
            self.boxes[edge] = QRectF(middle.x() - wide / 2, middle.y() - high / 2, wide, high)


def passes(box: QRectF, a: QPointF, b: QPointF) -> bool:
    """Whether the line from a to b, which goes to the right, runs through the middle of a box."""
    across = (box.center().x() - a.x()) / (b.x() - a.x())
    return 0 < across < 1 and abs(a.y() + across * (b.y() - a.y()) - box.center().y()) < box.height() / 2


def square(middle: QPointF, radius: float) -> QRectF:
    return QRectF(middle.x() - radius, middle.y() - radius, 2 * radius, 2 * radius)
