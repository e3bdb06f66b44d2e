"""Tagging source of one's own while the network trains, and classifying a sentence."""

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QFontDatabase
from PySide6.QtWidgets import QPlainTextEdit, QSplitter, QVBoxLayout, QWidget

from gui.sequences.page import Page
from gui.sequences.translate_page import titled
from gui.widgets.answer_view import AnswerView


class InputPage(Page):
    """A text on one side, the network's answer to it on the other."""

    parameter = ""
    prompt = ""

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self.given = QPlainTextEdit(placeholderText=self.prompt)
        self.given.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.answer = AnswerView()
        split = QSplitter(Qt.Orientation.Horizontal, childrenCollapsible=False)
        split.addWidget(titled("Input", self.given))
        split.addWidget(titled("Prediction", self.answer))
        split.setSizes([400, 600])
        layout = QVBoxLayout(self)
        layout.addWidget(self.problem)
        layout.addWidget(split, 1)
        self.query(self.needs, self.wanted, self.answer.show_answer, self.say)
        self.given.textChanged.connect(self.refresh)

    def wanted(self) -> dict[str, Any]:
        text = self.given.toPlainText()
        return {self.parameter: text} if text else {}


class TagPage(InputPage):
    """Python source in, its tokens in colours out."""

    title = "Tag"
    tip = "Tag the tokens of your own Python source"
    needs = "tagged"
    parameter = "source"
    prompt = "Your Python source (empty: a held-out file)"


class ClassifyPage(InputPage):
    """A sentence in, the probabilities of its labels out."""

    title = "Classify"
    tip = "Classify your own sentence"
    needs = "classify"
    parameter = "sentence"
    prompt = "Your sentence"
