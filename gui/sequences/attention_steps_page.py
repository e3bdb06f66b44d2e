"""Scaled dot-product attention in six steps, with every number, for a short sentence of one's own."""

from typing import Any, ClassVar

from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QSpinBox, QVBoxLayout, QWidget

from gui.page import Page
from gui.view_query import PageState
from gui.widgets.answer_view import AnswerView
from gui.widgets.room import Turning
from gui.widgets.titled import titled

STEPS = (
    "<b>1</b> Each token's vector x gives a query q = x W<sub>Q</sub>, a key k = x W<sub>K</sub> and a value v = x W<sub>V</sub>. &nbsp; "
    "<b>2</b> The token's q times each k is a score. &nbsp; <b>3</b> Scores are divided by &radic;d. &nbsp; <b>4</b> A softmax makes them weights that "
    "add up to 1. &nbsp; <b>5</b> Each v is multiplied by its weight. &nbsp; <b>6</b> Their sum z is what the head says."
)


class AttentionStepsPage(Page):
    """One token of a text asks; the numbers of each step stand in a table, the vectors beside it."""

    title: ClassVar[str] = "Step by step"
    tip: ClassVar[str] = "Follow the numbers of attention for one token, from its query to the weighted sum"
    reading: ClassVar[str] = (
        "A row of the table is a token that may be attended to, up to the one that asks; a column is a step. On the right each row is a vector: the query q, the keys k, the values v, the weighted values w·v and their sum z; bright is positive, dark negative."
    )
    needs: ClassVar[tuple[str, ...]] = ("attention_numbers", "attention_vectors")

    def __init__(self, state: PageState, parent: QWidget | None = None):
        super().__init__(state, parent)
        self.given = QLineEdit("the cat sat on", placeholderText="Your short sentence (empty: a held-out text)")
        self.layer = QSpinBox(minimum=1, maximum=99, value=1, toolTip="Layer; 1 is the first above the embeddings")
        self.head = QSpinBox(minimum=1, maximum=99, value=1, toolTip="Attention head")
        self.token = QSpinBox(minimum=0, maximum=99, specialValueText="last", toolTip="The token that asks, counted from 1")
        self.numbers, self.vectors = AnswerView(), AnswerView()
        row = QHBoxLayout()
        row.addWidget(self.given, 1)
        for label, box in (("Layer", self.layer), ("Head", self.head), ("Token", self.token)):
            row.addWidget(QLabel(label))
            row.addWidget(box)
            box.valueChanged.connect(self.refresh)
        split = Turning((480, 420), (260, 240))
        split.addWidget(titled("Steps 2 to 5, a token a row", self.numbers))
        split.addWidget(titled("The vectors", self.vectors))
        layout = QVBoxLayout(self)
        layout.addLayout(row)
        layout.addWidget(self.problem)
        layout.addWidget(QLabel(STEPS, wordWrap=True))
        layout.addWidget(split, 1)
        self.query("attention_numbers", self.wanted, self.numbers.show_answer, self.show_problem)
        self.query("attention_vectors", self.wanted, self.vectors.show_answer, self.show_problem)
        self.given.textChanged.connect(self.refresh)

    def wanted(self) -> dict[str, Any]:
        return {"text": self.given.text(), "layer": self.layer.value(), "head": self.head.value(), "token": self.token.value()}

    def export(self) -> tuple[str, dict[str, Any]]:
        return "attention_numbers", self.wanted()
