"""What the pages of a run have in common: a source, questions to it, and a line for what went wrong."""

from typing import Any

from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QLabel, QWidget

from gui.widgets.question import Asked, Question
from gui.widgets.view_frame import Source


class Page(QWidget):
    """One way to use a network. The tab calls `tick` a few times a second while the page can be seen."""

    title = ""
    tip = ""
    needs = ""
    """The view without which the page has no use."""

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self.questions: list[Question] = []
        self.asked = Asked(self)
        self.problem = QLabel(wordWrap=True)
        self.problem.setForegroundRole(self.problem.palette().ColorRole.BrightText)
        self.problem.hide()

    def question(self, *args: Any) -> Question:
        made = Question(self.asked, *args)
        self.questions.append(made)
        return made

    def set_source(self, source: Source) -> None:
        self.asked.set_source(source)
        self.tick()

    def refresh(self, *_: object) -> None:
        """Something was changed: ask everything anew."""
        self.say("")
        for question in self.questions:
            question.stale = True
        self.tick()

    def say(self, sentence: str) -> None:
        """Show what went wrong, or nothing."""
        self.problem.setText(sentence)
        self.problem.setVisible(bool(sentence))

    def tick(self) -> None:
        if self.isVisible():
            for question in self.questions:
                question.tick()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.tick()

    def shut(self) -> None:
        """Stop timers."""
