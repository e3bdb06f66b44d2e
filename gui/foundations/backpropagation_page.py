"""Backpropagation by hand: a small network forward and backward, with its numbers on the edges."""

from typing import ClassVar

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import QDoubleSpinBox, QGridLayout, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QWidget

from gui import theme
from gui.foundations.foundation_page import FoundationPage
from gui.theme import ACCENT, is_dark
from gui.widgets.stepper import Stepper
from gui.widgets.titled import Heading

LECTURE_WEIGHTS = {"I1H1": 0.11, "I2H1": 0.21, "I1H2": 0.12, "I2H2": 0.08, "H1O": 0.14, "H2O": 0.15}
PLACES = {"I1": (0.12, 0.25), "I2": (0.12, 0.75), "H1": (0.5, 0.25), "H2": (0.5, 0.75), "O": (0.88, 0.5)}
SMALL = 0.01
"""The challenge: an error below this."""


class BackpropagationPage(FoundationPage):
    """The 2-2-1 network with its numbers on the edges, forward and backward."""

    title: ClassVar[str] = "Backpropagation"
    tip: ClassVar[str] = "Backpropagation by hand: a 2-2-1 network forward and backward, every number of it"
    about: ClassVar[str] = (
        "Forward, each unit adds up what comes in; the error is <i>E = (t &minus; o)&sup2;</i>. Backward, the chain rule multiplies along each path from "
        "the error to a weight, <i>&part;E/&part;w = &part;E/&part;o &middot; &part;o/&part;h &middot; &part;h/&part;w</i>, and what is shared is computed "
        "once. Then each weight takes a step, <i>w &larr; w &minus; &eta; &part;E/&part;w</i>. Rumelhart, Hinton &amp; Williams 1986, "
        '<a href="https://doi.org/10.1038/323533a0">Learning representations by back-propagating errors</a>.'
    )
    challenge: ClassVar[str] = "bring the error below 0.01, step by step (Continue from the new weights)."

    def build(self) -> None:
        self.graph = Graph()
        self.continued = False
        self.heading, self.formula = Heading(), QLabel(wordWrap=True)
        self.formula.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.stepper = Stepper(self)
        self.spins: dict[str, QDoubleSpinBox] = {}
        numbers = QGridLayout()
        values = {"input 1": 2.0, "input 2": 3.0, "target": 1.0, "learning rate": 0.05, **LECTURE_WEIGHTS}
        for i, (name, value) in enumerate(values.items()):
            field = QDoubleSpinBox(minimum=-10, maximum=10, decimals=2, singleStep=0.01, value=value)
            field.setToolTip(f"{name}: edit to recompute")
            field.valueChanged.connect(self.compute)
            self.spins[name] = field
            numbers.addWidget(QLabel(name), 2 * (i // 5), i % 5)
            numbers.addWidget(field, 2 * (i // 5) + 1, i % 5)
        self.keep = QPushButton("Continue from the new weights", toolTip="Start again from the updated weights, rounded")
        self.keep.clicked.connect(self.go_on)
        self.lecture = QPushButton("Reset to lecture", toolTip="Inputs 2 and 3, target 1, learning rate 0.05 and the lecture's weights")
        self.lecture.clicked.connect(lambda: self.set_values(values))
        buttons = QHBoxLayout()
        buttons.addWidget(self.keep)
        buttons.addWidget(self.lecture)
        buttons.addStretch(1)
        layout = self.column
        layout.addWidget(self.graph, 1)
        layout.addWidget(self.heading)
        layout.addWidget(self.formula)
        layout.addWidget(self.stepper)
        layout.addLayout(numbers)
        layout.addLayout(buttons)
        self.stepper.moved.connect(self.show_step)
        self.compute()

    def compute(self, *_: object) -> None:
        from models.foundations.backpropagation import backpropagation

        f = {name: field.value() for name, field in self.spins.items()}
        weights = {edge: f[edge] for edge in LECTURE_WEIGHTS}
        self.steps = backpropagation((f["input 1"], f["input 2"]), f["target"], weights, f["learning rate"])
        self.stepper.set_count(len(self.steps))

    def show_step(self, number: int) -> None:
        step = self.steps[number]
        self.heading.setText(step.title)
        self.formula.setText(step.formula)
        self.graph.show_step(step.nodes, step.weights, step.gradients, step.new)
        last = self.steps[-1].nodes["O"]
        self.note_challenge(self.continued and (self.spins["target"].value() - last) ** 2 < SMALL)

    def set_values(self, values: dict[str, float]) -> None:
        for name, value in values.items():
            self.spins[name].setValue(value)
        self.stepper.slider.setValue(0)

    def go_on(self) -> None:
        """Another gradient step from where this one ended."""
        self.continued = True
        self.set_values({edge: round(weight, 2) for edge, weight in self.steps[-1].weights.items()})


class Graph(QWidget):
    """Nodes with their values, edges with their weights and gradients; what is new is in colour."""

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self.nodes: dict[str, float] = {}
        self.weights: dict[str, float] = {}
        self.gradients: dict[str, float] = {}
        self.new: tuple[str, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def minimumSizeHint(self) -> QSize:
        return QSize(300, 200)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        self.update()

    def letters(self) -> QFont:
        """Letters that grow with the graph."""
        return theme.sized(self.font(), max(1.0, min(self.width() / 640, self.height() / 320)))

    def show_step(self, nodes: dict[str, float], weights: dict[str, float], gradients: dict[str, float], new: tuple[str, ...]) -> None:
        self.nodes, self.weights, self.gradients, self.new = nodes, weights, gradients, new
        self.update()

    def at(self, node: str) -> QPointF:
        x, y = PLACES[node]
        return QPointF(x * self.width(), y * self.height())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        text, faint = self.palette().color(QPalette.ColorRole.Text), self.palette().color(QPalette.ColorRole.PlaceholderText)
        bright = QColor(ACCENT[is_dark(self.palette())])
        painter.setFont(self.letters())
        metrics = painter.fontMetrics()
        wide, high = metrics.horizontalAdvance("∂E +0.000e-0"), 2 * metrics.height()
        radius = 0.6 * metrics.horizontalAdvance("-0.0000")
        for edge, weight in self.weights.items():
            start, end = self.at(edge[:2]), self.at(edge[2:])
            hue = bright if edge in self.new else faint
            painter.setPen(QPen(hue, 3 if edge in self.new else 1.5))
            painter.drawLine(start, end)
            # Crossing edges carry their numbers near their beginning.
            middle = start + (end - start) * (0.5 if edge in ("I1H1", "I2H2", "H1O", "H2O") else 0.26)
            line = f"{weight:.4g}" + (f"\n∂E {self.gradients[edge]:+.4g}" if edge in self.gradients else "")
            box = QRectF(middle.x() - wide / 2, middle.y() - high / 2, wide, high)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self.palette().color(QPalette.ColorRole.Window))
            painter.drawRoundedRect(box, 5, 5)
            painter.setPen(bright if edge in self.new else text)
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, line)
        for node in PLACES:
            hue = bright if node in self.new else faint
            painter.setPen(QPen(hue, 2.5 if node in self.new else 1.5))
            painter.setBrush(self.palette().color(QPalette.ColorRole.Base))
            painter.drawEllipse(self.at(node), radius, radius)
            painter.setPen(text)
            value = f"\n{self.nodes[node]:.4g}" if node in self.nodes else ""
            box = QRectF(self.at(node).x() - radius, self.at(node).y() - radius, 2 * radius, 2 * radius)
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, f"{node}{value}")
        painter.end()
