"""A GPT layer by layer: what it would say if it stopped there, and how the vector of one word parts in two sentences."""

from typing import Any, ClassVar

from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QVBoxLayout, QWidget

from gui.page import Page
from gui.view_query import PageState
from gui.widgets.answer_view import AnswerView
from gui.widgets.room import Turning
from gui.widgets.titled import titled


class LayersPage(Page):
    """A text through the logit lens, and one word in two texts."""

    title: ClassVar[str] = "Layers"
    tip: ClassVar[str] = "See what each layer would say next, and the same word in two sentences"
    reading: ClassVar[str] = (
        "Logit lens: a row is a token read, a column a layer; a cell is what the network would say next if it stopped there, with the probability. Same word: the cosine of its vectors in the two texts, layer by layer; 1 is the same direction."
    )
    needs: ClassVar[tuple[str, ...]] = ("logit_lens", "same_word")

    def __init__(self, state: PageState, parent: QWidget | None = None):
        super().__init__(state, parent)
        self.given = QLineEdit(placeholderText="Your text (empty: a held-out text)")
        self.other = QLineEdit(placeholderText="A second text with a word of the first (empty: an example)")
        self.word = QLineEdit(placeholderText="The word (empty: the first in both)")
        self.lens, self.same = AnswerView(), AnswerView()
        row = QHBoxLayout()
        row.addWidget(self.given, 2)
        row.addWidget(self.other, 2)
        row.addWidget(QLabel("Word"))
        row.addWidget(self.word, 1)
        split = Turning((520, 380), (280, 200))
        split.addWidget(titled("Logit lens", self.lens))
        split.addWidget(titled("The same word in two texts", self.same))
        self.texts = QLabel(wordWrap=True)
        layout = QVBoxLayout(self)
        layout.addLayout(row)
        layout.addWidget(self.problem)
        layout.addWidget(split, 1)
        layout.addWidget(self.texts)
        self.query("logit_lens", lambda: {"text": self.given.text()}, self.lens.show_answer, self.show_problem)
        self.query("same_word", self.pair, self.show_same, self.show_problem)
        for field in (self.given, self.other, self.word):
            field.textChanged.connect(self.refresh)

    def pair(self) -> dict[str, Any]:
        return {"text": self.given.text(), "other": self.other.text(), "word": self.word.text().strip()}

    def show_same(self, answer: Any) -> None:
        self.same.show_answer(answer)
        self.texts.setText(f"Compared: {answer.title}")
