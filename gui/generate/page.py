"""What every page of the latent space has: its questions, what a click on a sample means to it, what it saves."""

from typing import Any

from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QWidget

from gui.generate.latent_state import LatentState
from gui.view_query import ViewQuery


class Page(QWidget):
    """One way to look at the latent space. The tab calls `tick` twenty times a second while the page can be seen."""

    title = ""
    tip = ""
    hint = ""
    """What clicking a sample does here."""

    def __init__(self, state: LatentState, parent: QWidget | None = None):
        super().__init__(parent)
        self.state = state
        self.queries: list[ViewQuery] = []
        state.label_changed.connect(self.refresh)
        state.source_changed.connect(self.refresh)

    def query(self, *args: Any, **options: Any) -> ViewQuery:
        """A question of this page, which is asked again as training goes on."""
        made = ViewQuery(self.state, *args, **options)
        self.queries.append(made)
        return made

    def refresh(self, *_: object) -> None:
        """Something was changed: ask everything anew when the page is next seen."""
        for question in self.queries:
            question.stale = True

    def tick(self) -> None:
        for question in self.queries:
            question.tick()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.tick()

    def pick(self, anchor: str) -> None:
        """A sample or a test image was clicked."""

    def badges(self) -> dict[str, str]:
        """The mark of each anchor that this page uses."""
        return {}

    def film(self) -> tuple[str, dict[str, Any]] | None:
        """The view and its parameters that saving this page writes."""
        return None

    def play(self) -> None:
        """Start or stop what moves by itself."""

    def shut(self) -> None:
        """Stop timers."""
