"""A transpose convolution by hand: each value of a 2x2 picture stamps a kernel into a 4x4 one."""

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSpinBox, QVBoxLayout, QWidget

from gui import theme
from gui.vision.convolution_by_hand import Cells
from gui.widgets.flow_layout import FlowLayout
from gui.widgets.stepper import Stepper
from gui.widgets.titled import beside
from models.vision.filters import Stamp, transposed

INPUT = ((1, 2), (3, 1))
KERNEL = ((1, 2, 1), (2, 3, 2), (1, 2, 1))


class TransposePage(QWidget):
    """The input, the kernel, and the output after each stamp; one clicks numbers to change them."""

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self.input = Cells(np.array(INPUT, np.float64), "Input: click a cell to change it (0, 1, 2, 3)", 4)
        self.kernel = Cells(np.array(KERNEL, np.float64), "Kernel: click a cell to change it (0, 1, 2, 3)", 4)
        self.output = Cells(np.zeros((4, 4)), "Output after this stamp", 0)
        self.stride = QSpinBox(minimum=1, maximum=3, value=2, toolTip="How far the stamps lie apart: more give a larger output")
        self.padding = QSpinBox(maximum=2, value=1, toolTip="Rows and columns that are cut off at each side: more give a smaller output")
        self.more = QSpinBox(maximum=1, value=1, toolTip="Rows and columns added at the end (output padding)")
        self.formula, self.side_note = QLabel(wordWrap=True), QLabel(wordWrap=True)
        self.stepper = Stepper(self)
        self.lecture = QPushButton("Reset to lecture", toolTip="The numbers, stride 2 and padding 1 of the lecture")
        controls = FlowLayout(gap=theme.WIDE)
        for title, spin in (("Stride", self.stride), ("Padding", self.padding), ("Output padding", self.more)):
            controls.addWidget(beside(title, spin))
            spin.valueChanged.connect(self.compute)
        controls.addWidget(self.lecture)
        pictures = QHBoxLayout()
        for title, cells, share in (("Input", self.input, 2), ("Kernel", self.kernel, 3), ("Output", self.output, 4)):
            column = QVBoxLayout()
            column.addWidget(QLabel(title, alignment=Qt.AlignmentFlag.AlignCenter))
            column.addWidget(cells, 1)
            pictures.addLayout(column, share)
        layout = QVBoxLayout(self)
        layout.addLayout(controls)
        layout.addLayout(pictures, 1)
        layout.addWidget(self.formula)
        layout.addWidget(self.side_note)
        layout.addWidget(self.stepper)
        self.stamps: list[Stamp] = []
        self.input.edited.connect(self.compute)
        self.kernel.edited.connect(self.compute)
        self.stepper.moved.connect(self.show_stamp)
        self.lecture.clicked.connect(self.reset)
        self.compute()
        self.stepper.slider.setValue(len(self.stamps) - 1)

    def compute(self, *_: object) -> None:
        stride, padding, more = self.stride.value(), self.padding.value(), self.more.value()
        self.more.setEnabled(stride > 1)
        more = more if stride > 1 else 0  # PyTorch allows less than the stride alone.
        try:
            self.stamps = list(transposed(self.input.values, self.kernel.values, stride, padding, more))
        except ValueError as error:
            self.stamps = []
            self.side_note.setText(f"{str(error)[:1].upper()}{str(error)[1:]}.")
            self.output.values = np.zeros((1, 1))
            self.output.update()
            return
        side = self.stamps[-1].output.shape[0]
        self.side_note.setText(f"Side of the output: (2 - 1)·{stride} - 2·{padding} + 3 + {more} = {side}")
        self.stepper.set_count(len(self.stamps))

    def show_stamp(self, number: int) -> None:
        if not self.stamps:
            return
        stamp = self.stamps[number]
        self.input.mark = (stamp.row, stamp.column, 1, 1)
        self.output.values = stamp.output
        rows, columns = stamp.output.shape
        top, left = max(0, stamp.top), max(0, stamp.left)
        self.output.mark = (top, left, min(rows, stamp.top + 3) - top, min(columns, stamp.left + 3) - left)
        self.formula.setText(
            f"The value {stamp.value:g} in row {stamp.row + 1}, column {stamp.column + 1} times the kernel is added in the frame; "
            "what lies outside is cut off, and stamps that overlap add up."
        )
        for cells in (self.input, self.kernel, self.output):
            cells.update()

    def reset(self) -> None:
        self.input.values, self.kernel.values = np.array(INPUT, np.float64), np.array(KERNEL, np.float64)
        for spin, value in ((self.stride, 2), (self.padding, 1), (self.more, 1)):
            spin.setValue(value)
        self.compute()
