"""A kernel over a picture: by name or by hand, as correlation or convolution, with stride and padding, and pooling behind it."""

from typing import Any

import numpy as np
from PySide6.QtWidgets import QComboBox, QDoubleSpinBox, QGridLayout, QLabel, QSizePolicy, QSpinBox, QVBoxLayout, QWidget

from gui import theme
from gui.background import Background
from gui.theme import faint
from gui.vision.sample_pictures import Newest, PictureChoice
from gui.widgets.flow_layout import FlowLayout
from gui.widgets.picture import Picture
from gui.widgets.room import Turning
from gui.widgets.titled import beside, titled
from models.vision.filters import KERNELS, POOLINGS, filtered, pooled, to_pixels

BY_HAND = "by hand"
READING = (
    "Each value of the result is the sum of the pixels under the kernel times its numbers; convolution turns the kernel by 180 degrees first, "
    "networks do not. Kernels whose numbers sum to 0 answer to edges: bright is a large answer of either sign."
)


class Number(QDoubleSpinBox):
    """A number without zeros at its end."""

    def textFromValue(self, value: float) -> str:
        return f"{value:.4g}"


class FiltersPage(QWidget):
    """Left the picture, right the result; below them the kernel's numbers."""

    def __init__(self, background: Background, parent: QWidget | None = None):
        super().__init__(parent)
        self.image: np.ndarray | None = None
        self.kernel = KERNELS["Sobel, vertical edges"]
        self.result: np.ndarray | None = None
        """What is shown, (H, W, C), before it is made visible."""
        self.newest = Newest(background, self)
        self.choice = PictureChoice(background)
        self.names = QComboBox(toolTip="A kernel by name; change its numbers below")
        self.names.setAccessibleName("Kernel")
        self.names.addItems([*KERNELS, BY_HAND])
        self.names.setCurrentText("Sobel, vertical edges")
        self.how = QComboBox(toolTip="Convolution turns the kernel by 180 degrees; networks compute correlation")
        self.how.setAccessibleName("Operation")
        self.how.addItems(["correlation", "convolution"])
        self.stride = QSpinBox(minimum=1, maximum=8, toolTip="How many pixels the kernel moves on: more give a smaller result")
        self.padding = QSpinBox(maximum=8, value=1, toolTip="Pixels of 0 around the picture: 1 keeps its size under a 3x3 kernel")
        self.pooling = QComboBox(toolTip="What becomes of each window of the result")
        self.pooling.setAccessibleName("Pooling")
        self.pooling.addItems(POOLINGS)
        self.side = QSpinBox(minimum=2, maximum=32, value=2, toolTip="Side of the windows of pooling, in pixels")
        self.cells = [[self.cell(row, column) for column in range(3)] for row in range(3)]
        self.source, self.shown = Picture(), Picture()
        self.note = QLabel(wordWrap=True)
        reading = QLabel(READING, wordWrap=True)
        faint(reading)
        for box in (self.stride, self.padding, self.side, self.pooling):
            box.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        top = FlowLayout(gap=theme.WIDE)
        for widget in (
            self.choice, beside("Kernel", self.names), self.how, beside("Stride", self.stride), beside("Padding", self.padding),
            beside("Pooling", self.pooling), beside("Window", self.side),
        ):  # fmt: skip
            top.addWidget(widget)
        grid_holder = QWidget()
        grid = QGridLayout(grid_holder)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(theme.THIN)
        for row, cells in enumerate(self.cells):
            for column, cell in enumerate(cells):
                grid.addWidget(cell, row, column)
        grid.setRowStretch(3, 1)
        pictures = Turning((300, 160, 300), (200, 100, 200))
        for title, widget in (("Picture", self.source), ("Kernel", grid_holder), ("Result", self.shown)):
            pictures.addWidget(titled(title, widget))
        pictures.setSizes([300, 160, 300])
        for index, share in enumerate((1, 0, 1)):
            pictures.setStretchFactor(index, share)
        layout = QVBoxLayout(self)
        layout.addLayout(top)
        layout.addWidget(pictures, 1)
        layout.addWidget(self.note)
        layout.addWidget(reading)
        self.show_kernel()
        self.names.activated.connect(lambda _: self.take_kernel())
        for box in (self.how, self.pooling):
            box.currentIndexChanged.connect(self.compute)
        for spin in (self.stride, self.padding, self.side):
            spin.valueChanged.connect(self.compute)
        self.choice.chosen.connect(self.take_picture)
        self.choice.failed.connect(self.note.setText)
        self.choice.open_sample()

    def cell(self, row: int, column: int) -> QDoubleSpinBox:
        spin = Number(minimum=-99, maximum=99, decimals=4, toolTip=f"Row {row + 1}, column {column + 1} of the kernel")
        spin.setButtonSymbols(QDoubleSpinBox.ButtonSymbols.NoButtons)
        spin.valueChanged.connect(lambda value: self.edit(row, column, value))
        return spin

    def take_picture(self, image: np.ndarray) -> None:
        self.image = image
        self.source.show_pixels(image)
        self.compute()

    def take_kernel(self) -> None:
        if self.names.currentText() != BY_HAND:
            self.kernel = KERNELS[self.names.currentText()]
            self.show_kernel()
            self.compute()

    def show_kernel(self) -> None:
        for (row, column), value in np.ndenumerate(self.kernel):
            self.cells[row][column].blockSignals(True)
            self.cells[row][column].setValue(float(value))
            self.cells[row][column].blockSignals(False)

    def edit(self, row: int, column: int, value: float) -> None:
        self.kernel = self.kernel.copy()
        self.kernel[row, column] = value
        self.names.setCurrentText(BY_HAND)
        self.compute()

    def compute(self, *_: object) -> None:
        self.side.setEnabled(self.pooling.currentText() in ("max", "average"))
        image, kernel, kind, side = self.image, self.kernel, self.pooling.currentText(), self.side.value()
        options: dict[str, Any] = {"stride": self.stride.value(), "padding": self.padding.value()}
        options["convolve"] = self.how.currentText() == "convolution"
        if image is None:
            return

        def work() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
            values = filtered(image, kernel, **options)
            result = pooled(values, kind, side)
            return values, result, to_pixels(result, signed=abs(float(kernel.sum())) < 1e-6)

        self.newest.ask(work, self.show_result)

    def show_result(self, answer: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
        values, self.result, pixels = answer
        self.shown.show_pixels(pixels)
        assert self.image is not None
        height, width = self.image.shape[:2]
        size = f"{height}x{width} → ({height} + 2·{self.padding.value()} - 3) / {self.stride.value()} + 1 = {values.shape[0]} rows: "
        size += f"{values.shape[0]}x{values.shape[1]}"
        if self.result is not values:
            size += f" → {self.pooling.currentText()} pooling: {self.result.shape[0]}x{self.result.shape[1]}"
        self.note.setText(f"{size}. Values from {self.result.min():.4g} to {self.result.max():.4g}.")
