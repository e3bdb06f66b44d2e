"""Translating a sentence of one's own while the network trains: the results of the beam, the alignment, the beam as a tree."""

from typing import Any, ClassVar

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QPlainTextEdit, QSpinBox, QSplitter, QVBoxLayout, QWidget

from gui.page import Page
from gui.theme import code_font
from gui.view_query import PageState
from gui.widgets.answer_view import AnswerView
from gui.widgets.titled import titled


class TextTranslationPage(Page):
    """A sentence in, its translation out."""

    title: ClassVar[str] = "Translate"
    tip: ClassVar[str] = "Translate your own sentence and see the attention"
    reading: ClassVar[str] = (
        "Alignment: the brighter, the more an output token (row) attends to a source token (column). Tree: a token a line, with the log p of the path to it; * marks the best result."
    )
    needs: ClassVar[tuple[str, ...]] = ("translate",)

    def __init__(self, state: PageState, parent: QWidget | None = None):
        super().__init__(state, parent)
        self.sentence = QLineEdit(placeholderText="Sentence to translate (empty: a held-out sentence)")
        self.beam = QSpinBox(minimum=1, maximum=16, toolTip="Beam width; 1 is greedy search")
        self.beam.setValue(state.run.stored["config"].get("beam", 1) if state.run is not None else 1)
        self.result = QPlainTextEdit(readOnly=True)
        self.result.setMaximumHeight(110)
        self.tree = QPlainTextEdit(readOnly=True)
        self.tree.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        for box in (self.result, self.tree):
            box.setFont(code_font())
        self.alignment = AnswerView()
        row = QHBoxLayout()
        row.addWidget(self.sentence, 1)
        row.addWidget(QLabel("Beam width"))
        row.addWidget(self.beam)
        split = QSplitter(Qt.Orientation.Horizontal, childrenCollapsible=False)
        split.addWidget(titled("Alignment: attention of each output token over the source", self.alignment))
        split.addWidget(titled("Beam search tree: log-probability of each path", self.tree))
        split.setSizes([600, 400])
        layout = QVBoxLayout(self)
        layout.addLayout(row)
        layout.addWidget(self.problem)
        layout.addWidget(titled("Hypotheses: score (length-normalised log-probability) and text", self.result))
        layout.addWidget(split, 1)
        self.query("translate", self.wanted, self.show_result, self.show_problem)
        self.query("alignment", self.wanted, self.alignment.show_answer, self.show_problem)
        self.query("beam_tree", self.wanted, self.show_tree, self.show_problem)
        self.sentence.textChanged.connect(self.refresh)
        self.beam.valueChanged.connect(self.refresh)

    def wanted(self) -> dict[str, Any]:
        return {"sentence": self.sentence.text(), "beam": self.beam.value()}

    def show_result(self, answer: Any) -> None:
        if self.result.toPlainText() != answer.text:
            self.result.setPlainText(answer.text)

    def show_tree(self, answer: Any) -> None:
        if self.tree.toPlainText() != answer.text:
            place = self.tree.verticalScrollBar().value()
            self.tree.setPlainText(answer.text)
            self.tree.verticalScrollBar().setValue(place)
