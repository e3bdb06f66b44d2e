"""Pages on which one types: tagging source, classifying a sentence, and what comes after a context by n-grams of every order."""

from typing import Any, ClassVar

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPlainTextEdit, QSplitter, QVBoxLayout, QWidget

from gui.page import Page
from gui.theme import code_font
from gui.view_query import PageState
from gui.widgets.answer_view import AnswerView
from gui.widgets.titled import titled


class InputPage(Page):
    """A text on one side, the network's answer to it on the other."""

    parameter: ClassVar[str] = ""
    prompt: ClassVar[str] = ""

    def __init__(self, state: PageState, parent: QWidget | None = None):
        super().__init__(state, parent)
        self.given = QPlainTextEdit(placeholderText=self.prompt)
        self.given.setFont(code_font())
        self.answer = AnswerView()
        split = QSplitter(Qt.Orientation.Horizontal, childrenCollapsible=False)
        split.addWidget(titled("Input", self.given))
        split.addWidget(titled("Prediction", self.answer))
        split.setSizes([400, 600])
        layout = QVBoxLayout(self)
        layout.addWidget(self.problem)
        layout.addWidget(split, 1)
        self.query(self.needs[0], self.wanted, self.answer.show_answer, self.show_problem)
        self.given.textChanged.connect(self.refresh)

    def wanted(self) -> dict[str, Any]:
        text = self.given.toPlainText()
        return {self.parameter: text} if text else {}


class TagPage(InputPage):
    """Python source or a sentence in, its tokens or names in colours out."""

    title: ClassVar[str] = "Tag"
    tip: ClassVar[str] = "Tag your own Python source, or sentences"
    reading: ClassVar[str] = "The colour of a character is the kind that the network takes it for, as named above the text."
    needs: ClassVar[tuple[str, ...]] = ("tagged",)
    parameter: ClassVar[str] = "source"
    prompt: ClassVar[str] = "Your Python source or sentences (empty: a held-out text)"


class ClassifyPage(InputPage):
    """A sentence in, the probabilities of its labels out."""

    title: ClassVar[str] = "Classify"
    tip: ClassVar[str] = "Classify your own sentence"
    reading: ClassVar[str] = "Each bar is the probability of a label, from 0 to 1; the most likely labels are shown."
    needs: ClassVar[tuple[str, ...]] = ("classify",)
    parameter: ClassVar[str] = "sentence"
    prompt: ClassVar[str] = "Your sentence (empty: an example)"


class PrefixesPage(InputPage):
    """A sentence in, the probabilities of its labels after every token out."""

    title: ClassVar[str] = "As it reads"
    tip: ClassVar[str] = "See the labels' probabilities after every word, or letter, that you type"
    reading: ClassVar[str] = (
        "A column is the text up to a word, or letter; a row is a label. The brighter, the likelier: follow a row to see where the network makes up its mind."
    )
    needs: ClassVar[tuple[str, ...]] = ("prefixes",)
    parameter: ClassVar[str] = "sentence"
    prompt: ClassVar[str] = "Your sentence or name (empty: an example)"


class OrdersPage(InputPage):
    """A context in, what each order of n-grams makes of it out."""

    title: ClassVar[str] = "Orders"
    tip: ClassVar[str] = "See what comes after your own context, by n-grams from short to long"
    reading: ClassVar[str] = (
        "A row is a context, longer from top to bottom; a column is a token that may come next. The brighter, the likelier. A context that the text does not have ends the rows."
    )
    needs: ClassVar[tuple[str, ...]] = ("orders",)
    parameter: ClassVar[str] = "prompt"
    prompt: ClassVar[str] = "Your context (empty: a held-out text)"
