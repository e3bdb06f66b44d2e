"""Pixels moved: a digit is shifted, or its pixels are permuted, and an MLP and a CNN say what they see."""

from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QCheckBox, QLabel, QSlider, QSpinBox, QVBoxLayout, QWidget

from gui import theme
from gui.background import Background
from gui.theme import faint
from gui.vision.probabilities import Probabilities
from gui.vision.sample_pictures import Newest
from gui.widgets.flow_layout import FlowLayout
from gui.widgets.picture import Picture
from gui.widgets.room import Turning
from gui.widgets.titled import Strong, beside, titled

if TYPE_CHECKING:
    from lab.recipes.vision.mlp_and_cnn import Answers, MLPAndCNN

NETWORKS = ("MLP", "CNN")
EDGE = 4
LEARNING = "Both networks are learning 1,500 digits…"
READING = (
    "An MLP knows each pixel by its place: a shift confuses it, and a permutation with which it was trained costs it hardly anything. A CNN knows neighbours: "
    "it hardly sees a shift by 2 or 4 pixels, a multiple of its pooling's step, bears one by 1 or 3, and loses more where neighbours are torn apart."
)


class PixelsPage(QWidget):
    """Left the digit as both get it, then each one's answers."""

    def __init__(self, background: Background, parent: QWidget | None = None):
        super().__init__(parent)
        self.newest = Newest(background, self)
        self.pairs: dict[bool, MLPAndCNN] = {}
        """By whether the pixels are permuted; each is trained when it is first wanted."""
        self.last: Answers | None = None
        self.number = QSpinBox(maximum=296, toolTip="Which test digit")
        self.right, self.down = self.slider("Shift right", "to the right"), self.slider("Shift down", "down")
        self.permuted = QCheckBox("Permute pixels", toolTip="One order for all digits, those of training too: both networks learn anew")
        self.picture = Picture(LEARNING)
        self.bars, self.titles = {name: Probabilities() for name in NETWORKS}, {name: Strong(name, wordWrap=True) for name in NETWORKS}
        self.note = QLabel(wordWrap=True)
        reading = QLabel(READING, wordWrap=True)
        faint(reading)
        controls = FlowLayout(gap=theme.WIDE)
        for widget in (beside("Digit", self.number), beside("Right", self.right), beside("Down", self.down), self.permuted):
            controls.addWidget(widget)
        halves = Turning((300, 260, 260), (160, 140, 140))
        halves.addWidget(titled("Digit", self.picture))
        for name in NETWORKS:
            box = QWidget()
            column = QVBoxLayout(box)
            column.setContentsMargins(0, 0, 0, 0)
            column.addWidget(self.titles[name])
            column.addWidget(self.bars[name])
            column.addStretch(1)
            halves.addWidget(box)
        halves.setSizes([300, 260, 260])
        layout = QVBoxLayout(self)
        layout.addLayout(controls)
        layout.addWidget(halves, 1)
        layout.addWidget(self.note)
        layout.addWidget(reading)
        for slider in (self.right, self.down):
            slider.valueChanged.connect(self.compute)
        self.number.valueChanged.connect(self.compute)
        self.permuted.toggled.connect(self.compute)

    def slider(self, name: str, where: str) -> QSlider:
        made = QSlider(Qt.Orientation.Horizontal, minimum=-EDGE, maximum=EDGE, value=0)
        made.setToolTip(f"Shift the digit {where} by up to {EDGE} of its 16 pixels")
        made.setAccessibleName(name)
        made.setMinimumWidth(100)
        return made

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self.last is None and not self.newest.waiting:
            self.compute()

    def compute(self, *_: object) -> None:
        permuted, pairs = self.permuted.isChecked(), self.pairs
        number, right, down = self.number.value(), self.right.value(), self.down.value()
        if permuted not in pairs:
            self.note.setText(LEARNING)

        def work() -> Any:
            from lab.recipes.vision.mlp_and_cnn import MLPAndCNN

            if permuted not in pairs:
                pairs[permuted] = MLPAndCNN(permuted)
            return pairs[permuted].answers(number, right, down)

        self.newest.ask(work, self.show_answers)

    def show_answers(self, answers: "Answers") -> None:
        self.last = answers
        self.picture.show_pixels(answers.picture)
        for name in NETWORKS:
            values = answers.probabilities[name]
            self.titles[name].setText(f"{name}: {answers.accuracy[name]:.1%} of the test digits, moved alike, are right")
            self.bars[name].show_values(tuple(map(str, range(len(values)))), values, int(np.argmax(values)), answers.label)
        order = "permuted pixels, in training too" if self.permuted.isChecked() else "pixels as they are"
        self.note.setText(f"Shift: {self.right.value():+d} right, {self.down.value():+d} down; {order}.")
