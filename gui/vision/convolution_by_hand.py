"""Convolution by hand: a kernel slides over a picture, to step through."""

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QSpinBox, QVBoxLayout, QWidget

from gui import theme
from gui.widgets.stepper import Stepper

IMAGE = ((1, 1, 1, 0, 0), (0, 1, 1, 1, 0), (0, 0, 1, 1, 1), (0, 0, 1, 1, 0), (0, 1, 1, 0, 0))
KERNEL = ((1, 0, 1), (0, 1, 0), (1, 0, 1))


class ConvolutionByHand(QDialog):
    """The page in a window of its own."""

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self.setWindowTitle("Convolution by hand")
        self.kernel = KernelPage()
        QVBoxLayout(self).addWidget(self.kernel)
        self.resize(760, 560)


class KernelPage(QWidget):
    """A kernel slides over a picture that one can edit; and how many parameters such a layer has."""

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self.image = Cells(np.array(IMAGE, np.float32), "Image: click a cell to change it (0, 1, 2, 3)", 4)
        self.kernel = Cells(np.array(KERNEL, np.float32), "Kernel: click a cell to change it (-1, 0, 1)", 3, low=-1)
        self.result = Cells(np.zeros((3, 3), np.float32), "Result: click a cell to see its sum", 0)
        self.formula = QLabel(wordWrap=True)
        self.formula.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.stepper = Stepper(self)
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

        from models.vision.convolution_by_hand import slide

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
        from models.vision.convolution_by_hand import convolution_parameters

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
