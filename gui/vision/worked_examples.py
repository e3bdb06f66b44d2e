"""The worked examples of the lectures, to step through: a small network forward and backward, a kernel over a picture."""

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QMouseEvent, QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import (
    QDialog,
    QDoubleSpinBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QSlider,
    QSpinBox,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)  # fmt: skip

from gui import theme
from gui.theme import ACCENT, is_dark
from gui.widgets.titled import Heading

LECTURE_WEIGHTS = {"I1H1": 0.11, "I2H1": 0.21, "I1H2": 0.12, "I2H2": 0.08, "H1O": 0.14, "H2O": 0.15}
PLACES = {"I1": (0.12, 0.25), "I2": (0.12, 0.75), "H1": (0.5, 0.25), "H2": (0.5, 0.75), "O": (0.88, 0.5)}
IMAGE = ((1, 1, 1, 0, 0), (0, 1, 1, 1, 0), (0, 0, 1, 1, 1), (0, 0, 1, 1, 0), (0, 1, 1, 0, 0))
KERNEL = ((1, 0, 1), (0, 1, 0), (1, 0, 1))


class WorkedExamples(QDialog):
    """Two pages: backpropagation, and convolution."""

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self.setWindowTitle("Worked examples")
        self.network, self.kernel = NetworkPage(), KernelPage()
        self.pages = QTabWidget(documentMode=True)
        self.pages.addTab(self.network, "Backpropagation")
        self.pages.addTab(self.kernel, "Convolution")
        layout = QVBoxLayout(self)
        layout.addWidget(self.pages)
        self.resize(760, 560)


class Stepper(QWidget):
    """Back, forward, and a slider over all steps."""

    moved = Signal(int)

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self.back = QPushButton("Back", toolTip="Previous step (Left)", shortcut="Left")
        self.next = QPushButton("Next", toolTip="Next step (Right)", shortcut="Right")
        self.slider = QSlider(Qt.Orientation.Horizontal, toolTip="Go to any step")
        self.place = QLabel()
        self.back.clicked.connect(lambda: self.slider.setValue(self.slider.value() - 1))
        self.next.clicked.connect(lambda: self.slider.setValue(self.slider.value() + 1))
        self.slider.valueChanged.connect(self.show_place)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        for widget in (self.back, self.next):
            layout.addWidget(widget)
        layout.addWidget(self.slider, 1)
        layout.addWidget(self.place)

    def set_count(self, count: int) -> None:
        self.slider.setRange(0, count - 1)
        self.show_place(self.slider.value())

    def show_place(self, value: int) -> None:
        self.place.setText(f"{value + 1} of {self.slider.maximum() + 1}")
        self.back.setEnabled(value > 0)
        self.next.setEnabled(value < self.slider.maximum())
        self.moved.emit(value)


class NetworkPage(QWidget):
    """The 2-2-1 network with its numbers on the edges, forward and backward."""

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self.graph = Graph()
        self.title, self.formula = Heading(), QLabel(wordWrap=True)
        self.formula.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.stepper = Stepper()
        self.fields: dict[str, QDoubleSpinBox] = {}
        numbers = QGridLayout()
        values = {"input 1": 2.0, "input 2": 3.0, "target": 1.0, "learning rate": 0.05, **LECTURE_WEIGHTS}
        for i, (name, value) in enumerate(values.items()):
            field = QDoubleSpinBox(minimum=-10, maximum=10, decimals=2, singleStep=0.01, value=value)
            field.setToolTip(f"{name}: edit to recompute")
            field.valueChanged.connect(self.compute)
            self.fields[name] = field
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
        layout = QVBoxLayout(self)
        layout.addWidget(self.graph, 1)
        layout.addWidget(self.title)
        layout.addWidget(self.formula)
        layout.addWidget(self.stepper)
        layout.addLayout(numbers)
        layout.addLayout(buttons)
        self.stepper.moved.connect(self.show_step)
        self.compute()

    def compute(self, *_: object) -> None:
        from models.vision.worked_examples import backpropagation

        f = {name: field.value() for name, field in self.fields.items()}
        weights = {edge: f[edge] for edge in LECTURE_WEIGHTS}
        self.steps = backpropagation((f["input 1"], f["input 2"]), f["target"], weights, f["learning rate"])
        self.stepper.set_count(len(self.steps))

    def show_step(self, number: int) -> None:
        step = self.steps[number]
        self.title.setText(step.title)
        self.formula.setText(step.formula)
        self.graph.show_step(step.nodes, step.weights, step.gradients, step.new)

    def set_values(self, values: dict[str, float]) -> None:
        for name, value in values.items():
            self.fields[name].setValue(value)
        self.stepper.slider.setValue(0)

    def go_on(self) -> None:
        """Another gradient step from where this one ended."""
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


class KernelPage(QWidget):
    """A kernel slides over a picture that one can edit; and how many parameters such a layer has."""

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self.image = Cells(np.array(IMAGE, np.float32), "Image: click a cell to change it (0, 1, 2, 3)", 4)
        self.kernel = Cells(np.array(KERNEL, np.float32), "Kernel: click a cell to change it (-1, 0, 1)", 3, low=-1)
        self.result = Cells(np.zeros((3, 3), np.float32), "Result: click a cell to see its sum", 0)
        self.formula = QLabel(wordWrap=True)
        self.formula.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.stepper = Stepper()
        self.lecture = QPushButton("Reset to lecture", toolTip="The image and kernel of the lecture")
        self.lecture.clicked.connect(self.reset)
        pictures = QHBoxLayout()
        for title, cells in (("image", self.image), ("kernel", self.kernel), ("result", self.result)):
            column = QVBoxLayout()
            column.addWidget(QLabel(title, alignment=Qt.AlignmentFlag.AlignCenter))
            column.addWidget(cells, 1)
            pictures.addLayout(column, {"image": 5, "kernel": 3, "result": 3}[title])
        self.counts: dict[str, QSpinBox] = {}
        numbers = QHBoxLayout()
        numbers.addWidget(QLabel("Parameters of a layer with"))
        for name, value, most in (("filters", 2, 4096), ("input channels", 3, 4096), ("kernel size", 3, 31)):
            spin = QSpinBox(
                minimum=1,
                maximum=most,
                value=value,
                toolTip=f"Number of {name}" if "size" not in name else "Height and width of the kernel",
            )
            spin.valueChanged.connect(self.count)
            self.counts[name] = spin
            numbers.addWidget(spin)
            numbers.addWidget(QLabel(name))
        numbers.addStretch(1)
        self.parameters = QLabel()
        layout = QVBoxLayout(self)
        layout.addLayout(pictures, 1)
        layout.addWidget(self.formula)
        layout.addWidget(self.stepper)
        layout.addWidget(self.lecture, 0, Qt.AlignmentFlag.AlignLeft)
        layout.addLayout(numbers)
        layout.addWidget(self.parameters)
        self.image.edited.connect(self.compute)
        self.kernel.edited.connect(self.compute)
        self.result.clicked.connect(lambda row, column: self.stepper.slider.setValue(row * self.result.values.shape[1] + column))
        self.stepper.moved.connect(self.show_place)
        self.compute()
        self.count()

    def compute(self) -> None:
        import torch

        from models.vision.worked_examples import slide

        self.places = list(slide(torch.from_numpy(self.image.values), torch.from_numpy(self.kernel.values)))
        side = self.image.values.shape[0] - self.kernel.values.shape[0] + 1
        self.result.values = np.array([place.total for place in self.places], np.float32).reshape(side, -1)
        self.stepper.set_count(len(self.places))

    def show_place(self, number: int) -> None:
        place = self.places[number]
        rows, columns = self.kernel.values.shape
        self.image.mark = (place.row, place.column, rows, columns)
        self.result.mark = (place.row, place.column, 1, 1)
        products = zip(place.patch.flatten().tolist(), self.kernel.values.flatten().tolist(), strict=True)
        terms = " + ".join(f"{a:g}·{b:g}" if b >= 0 else f"{a:g}·({b:g})" for a, b in products)
        self.formula.setText(f"row {place.row + 1}, column {place.column + 1}:  {terms} = {place.total:g}")
        for cells in (self.image, self.kernel, self.result):
            cells.update()

    def count(self, *_: object) -> None:
        from models.vision.worked_examples import convolution_parameters

        side = self.counts["kernel size"].value()
        sentence = convolution_parameters(self.counts["input channels"].value(), self.counts["filters"].value(), side, side)[1]
        self.parameters.setText(sentence)

    def reset(self) -> None:
        self.image.values, self.kernel.values = np.array(IMAGE, np.float32), np.array(KERNEL, np.float32)
        self.stepper.slider.setValue(0)
        self.compute()


class Cells(QWidget):
    """A small matrix as squares with their numbers. `kinds` values go round with each click, from `low`; 0 can't be edited."""

    edited = Signal()
    clicked = Signal(int, int)

    def __init__(self, values: np.ndarray, tip: str, kinds: int, low: int = 0, parent: QWidget | None = None):
        super().__init__(parent)
        self.values, self.kinds, self.low = values, kinds, low
        self.mark: tuple[int, int, int, int] | None = None
        self.setToolTip(tip)
        self.setAccessibleName(tip)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def minimumSizeHint(self) -> QSize:
        return QSize(110, 110)

    def cell(self) -> float:
        return min(self.width(), self.height()) / max(self.values.shape)

    def corner(self) -> QPointF:
        rows, columns = self.values.shape
        return QPointF((self.width() - columns * self.cell()) / 2, (self.height() - rows * self.cell()) / 2)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        where = (event.position() - self.corner()) / self.cell()
        row, column = int(where.y() // 1), int(where.x() // 1)
        if not (0 <= row < self.values.shape[0] and 0 <= column < self.values.shape[1]):
            return
        if self.kinds:
            self.values[row, column] = (self.values[row, column] - self.low + 1) % self.kinds + self.low
            self.update()
            self.edited.emit()
        self.clicked.emit(row, column)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        side, corner = self.cell(), self.corner()
        base, text = self.palette().color(QPalette.ColorRole.Base), self.palette().color(QPalette.ColorRole.Text)
        hue = self.palette().color(QPalette.ColorRole.Highlight)
        top = max(1.0, float(np.abs(self.values).max()))
        painter.setFont(theme.fitting(painter.font(), side * 0.38))
        for place in np.ndindex(*self.values.shape):
            row, column = int(place[0]), int(place[1])
            value = float(self.values[row, column])
            where = QRectF(corner.x() + column * side, corner.y() + row * side, side, side)
            painter.fillRect(where, base)
            shade = QColor(hue if value >= 0 else QColor("#d2504b"))
            shade.setAlphaF(0.55 * abs(value) / top)
            painter.fillRect(where, shade)
            painter.setPen(QPen(self.palette().color(QPalette.ColorRole.Mid), 1))
            painter.drawRect(where)
            painter.setPen(text)
            painter.drawText(where, Qt.AlignmentFlag.AlignCenter, f"{value:g}")
        if self.mark is not None:
            row, column, rows, columns = self.mark
            painter.setPen(QPen(QColor("#e8833a"), 3))
            painter.drawRect(QRectF(corner.x() + column * side, corner.y() + row * side, columns * side, rows * side))
        painter.end()
