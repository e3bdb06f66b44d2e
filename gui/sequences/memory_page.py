"""A network that has to remember: the sequence that it sees, its answer, and where it writes and reads, step by step."""

from typing import Any, ClassVar

from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSpinBox, QVBoxLayout, QWidget

from gui.page import Page
from gui.view_query import PageState
from gui.widgets.answer_view import AnswerView
from gui.widgets.picture import Picture
from gui.widgets.room import Turning
from gui.widgets.titled import titled


class MemoryPage(Page):
    """Sequences as long as one likes, longer than any in training too."""

    title: ClassVar[str] = "Memory"
    tip: ClassVar[str] = "See where the network writes and reads, on sequences longer than any it was trained on"
    reading: ClassVar[str] = (
        "Time goes from left to right. Of the sequence a row is a bit: first it is shown, then the answer is wanted. Of the memory a row is a location, bright where a head is: a slanted line is a head that moves on by one location a step. The curve is the share of wrong bits by length; 0.5 is guessing."
    )
    needs: ClassVar[tuple[str, ...]] = ("answered", "memory", "errors_by_length")

    def __init__(self, state: PageState, parent: QWidget | None = None):
        super().__init__(state, parent)
        self.length = QSpinBox(
            minimum=0, maximum=200, specialValueText="longest in training", suffix=" vectors", toolTip="Length of the sequence"
        )
        self.repeats = QSpinBox(
            minimum=0,
            maximum=50,
            specialValueText="most in training",
            suffix=" times",
            toolTip="How often the sequence is to be repeated; for repeat-copy alone",
        )
        self.another = QPushButton("Another sequence", toolTip="Draw other bits")
        self.seed = 0
        self.bits, self.heads, self.errors = Picture("", (160, 160)), Picture("", (160, 160)), AnswerView()
        row = QHBoxLayout()
        for label, widget in (("Length", self.length), ("Repeats", self.repeats)):
            row.addWidget(QLabel(label))
            row.addWidget(widget)
        row.addWidget(self.another)
        row.addStretch(1)
        split = Turning((300, 260, 300), (260, 260, 200))
        split.addWidget(titled("Sequence and answer", self.bits))
        split.addWidget(titled("Where it writes and reads", self.heads))
        split.addWidget(titled("Wrong bits by length", self.errors))
        layout = QVBoxLayout(self)
        layout.addLayout(row)
        layout.addWidget(self.problem)
        layout.addWidget(split, 1)
        self.query("answered", self.wanted, lambda answer: self.bits.show_pixels(answer.picture()), self.show_problem)
        self.query("memory", self.wanted, lambda answer: self.heads.show_pixels(answer.picture()), self.show_problem)
        self.query("errors_by_length", dict, self.errors.show_answer, self.show_problem)
        self.length.valueChanged.connect(self.refresh)
        self.repeats.valueChanged.connect(self.refresh)
        self.another.clicked.connect(self.draw_another)

    def wanted(self) -> dict[str, Any]:
        return {"length": self.length.value(), "repeats": self.repeats.value(), "seed": self.seed}

    def draw_another(self) -> None:
        self.seed += 1
        self.refresh()

    def export(self) -> tuple[str, dict[str, Any]] | None:
        return "memory", self.wanted()
