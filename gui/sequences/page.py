"""What the pages of a run have in common: a source, questions to it, and a line for what went wrong."""

from typing import Any

from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QLabel, QWidget

from gui.view_query import PageState, ViewQuery, ViewSource


class Page(QWidget):
    """One way to use a network. The tab calls `tick` a few times a second while the page can be seen."""

    title = ""
    tip = ""
    needs = ""
    """The view without which the page has no use."""

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self.queries: list[ViewQuery] = []
        self.asked = PageState(self)
        self.problem = QLabel(wordWrap=True)
        self.problem.setForegroundRole(self.problem.palette().ColorRole.BrightText)
        self.problem.hide()

    def query(self, *args: Any) -> ViewQuery:
        made = ViewQuery(self.asked, *args)
        self.queries.append(made)
        return made

    def set_source(self, source: ViewSource) -> None:
        self.asked.set_source(source)
        self.tick()

    def refresh(self, *_: object) -> None:
        """Something was changed: ask everything anew."""
        self.say("")
        for question in self.queries:
            question.stale = True
        self.tick()

    def say(self, sentence: str) -> None:
        """Show what went wrong, or nothing."""
        self.problem.setText(sentence)
        self.problem.setVisible(bool(sentence))

    def tick(self) -> None:
        if self.isVisible():
            for question in self.queries:
                question.tick()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.tick()

    def shut(self) -> None:
        """Stop timers."""
