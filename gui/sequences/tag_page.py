"""Tagging source of one's own while the network trains, and classifying a sentence."""

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QFontDatabase
from PySide6.QtWidgets import QPlainTextEdit, QSplitter, QVBoxLayout, QWidget

from gui.sequences.page import Page
from gui.sequences.translate_page import titled
from gui.widgets.view_frame import AnswerView


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
        split.addWidget(titled("Your text", self.given))
        split.addWidget(titled("What the network says", self.answer))
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
    tip = "Type Python source and see which kind the network gives each character"
    needs = "tagged"
    parameter = "source"
    prompt = "Python source of your own (empty: source that training does not see)"


class ClassifyPage(InputPage):
    """A sentence in, the probabilities of its labels out."""

    title = "Classify"
    tip = "Type a sentence and see which label the network gives it"
    needs = "classify"
    parameter = "sentence"
    prompt = "A sentence of your own"
