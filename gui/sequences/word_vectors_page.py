"""Arithmetic with words: a is to b as c is to what? And the same words as one-hot vectors, which know of no likeness."""

from typing import Any, ClassVar

from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QVBoxLayout, QWidget

from gui.page import Page
from gui.view_query import PageState
from gui.widgets.answer_view import AnswerView
from gui.widgets.room import Turning
from gui.widgets.titled import titled


class WordVectorsPage(Page):
    """Three words in; the words nearest to b - a + c, the neighbours of c, and how alike the three are."""

    title: ClassVar[str] = "Words"
    tip: ClassVar[str] = "Calculate with words, and see how alike they are as one-hot vectors and as learned ones"
    reading: ClassVar[str] = (
        "Analogy: the words nearest to b - a + c, with their cosine. As one-hot vectors every two words are at right angles, cosine 0: no word is like another. Learned vectors are alike where words are used alike."
    )
    needs: ClassVar[tuple[str, ...]] = ("analogy", "one_hot", "neighbours")

    def __init__(self, state: PageState, parent: QWidget | None = None):
        super().__init__(state, parent)
        self.words = [QLineEdit(placeholderText=name, toolTip=tip) for name, tip in zip("abc", TIPS, strict=True)]
        self.analogy, self.neighbours, self.one_hot = AnswerView(), AnswerView(), AnswerView()
        row = QHBoxLayout()
        for field, text in zip(self.words, ("is to", "as", "is to …"), strict=True):
            row.addWidget(field, 1)
            row.addWidget(QLabel(text))
        self.question = QLabel(wordWrap=True)
        split = Turning((330, 330), (200, 200))
        split.addWidget(titled("Analogy", self.analogy))
        split.addWidget(titled("Neighbours of the third word", self.neighbours))
        layout = QVBoxLayout(self)
        layout.addLayout(row)
        layout.addWidget(self.problem)
        layout.addWidget(self.question)
        layout.addWidget(split, 3)
        layout.addWidget(titled("Cosine of each two words, as one-hot vectors and as learned ones", self.one_hot), 2)
        self.query("analogy", self.three, self.show_analogy, self.show_problem)
        self.query("neighbours", lambda: {"word": self.given()[2]}, self.neighbours.show_answer, self.show_problem)
        self.query("one_hot", lambda: {"words": " ".join(self.given())}, self.one_hot.show_answer, self.show_problem)
        for field in self.words:
            field.textChanged.connect(self.refresh)

    def given(self) -> list[str]:
        return [field.text().strip() for field in self.words]

    def show_analogy(self, answer: Any) -> None:
        self.question.setText(f"{answer.title} …")
        self.analogy.show_answer(answer)

    def three(self) -> dict[str, Any] | None:
        """The analogy is asked where there are three words, or none: then the view has an example of its own."""
        words = self.given()
        return dict(zip("abc", words, strict=True)) if all(words) or not any(words) else None


TIPS = (
    "The word that stands to the second",
    "The second word, such as woman after man",
    "The word whose counterpart is wanted, such as king",
)
