"""Pages: what a run's tab shows of a network at work. A new page is a class that extends `Page` and one line in `gui/pages.py`.

A recipe's config names the pages that it wants (`Config.pages`); the tab makes them and offers those whose views the recipe has.
"""

from pathlib import Path
from typing import Any, ClassVar

from PySide6.QtGui import QDragEnterEvent, QDropEvent, QShowEvent
from PySide6.QtWidgets import QLabel, QWidget

from gui.actions import Action
from gui.view_query import PageState, ViewQuery
from gui.widgets.dropped_file import dropped_files
from lab.data.image_files import ARCHIVES
from lab.making import tells


class Page(QWidget):
    """One way to see or use a network. The tab calls `tick` every `tick_ms` milliseconds while the page is visible."""

    title: ClassVar[str] = ""
    tip: ClassVar[str] = ""
    reading: ClassVar[str] = ""
    """How to read the page: what its axes, colours and numbers are. Stands below it."""
    tick_ms: ClassVar[int] = 50
    needs: ClassVar[tuple[str, ...]] = ()
    """The views without which the page is not offered."""
    state_class: ClassVar[type[PageState]] = PageState
    """What the page shares with others of the run: the tab makes one of each class."""
    sidebar: "ClassVar[type[Sidebar] | None]" = None
    """What stands to the left of the page, shared with other pages of the run."""
    ACTIONS: ClassVar[tuple[Action, ...]] = ()
    """What its menu offers while the page is in front; each acts on the page."""

    def __init__(self, state: Any, parent: QWidget | None = None):
        """`state` is of `state_class`."""
        super().__init__(parent)
        self.state = state
        self.queries: list[ViewQuery] = []
        self.problem = QLabel(self, wordWrap=True)
        """Where a page shows errors; a page that does puts it into its layout."""
        self.problem.setForegroundRole(self.problem.palette().ColorRole.BrightText)
        self.problem.hide()

    def query(self, *args: Any, **options: Any) -> ViewQuery:
        """A query of this page, which is repeated during training."""
        made = ViewQuery(self.state, *args, **options)
        self.queries.append(made)
        return made

    def refresh(self, *_: object) -> None:
        """A setting was changed: ask everything again, at once if the page is visible."""
        self.show_problem("")
        for query in self.queries:
            query.stale = True
        if self.isVisible():
            self.tick()

    def show_problem(self, sentence: str) -> None:
        """Show an error, or hide the last one."""
        self.problem.setText(sentence)
        self.problem.setVisible(bool(sentence))

    def tick(self) -> None:
        """Ask what is out of date; called while the page is visible."""
        for query in self.queries:
            query.tick()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.tick()

    def open_file(self, path: Path) -> None:
        """Take an image, which may have been dropped on a page with `acceptDrops`."""

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        paths = dropped_files(event)  # More than one image is the window's, and one that says how the lab made it.
        if len(paths) == 1 and not paths[0].is_dir() and paths[0].suffix.lower() not in ARCHIVES and not tells(paths[0]):
            event.acceptProposedAction()
        else:
            event.ignore()

    def dropEvent(self, event: QDropEvent) -> None:
        for path in dropped_files(event)[:1]:
            self.open_file(path)

    def demonstrate(self) -> None:
        """Move by itself, to show what the page does, until somebody takes over."""

    def export(self) -> tuple[str, dict[str, Any]] | None:
        """The view and its parameters that Copy and Save… write; None where there is nothing to save."""
        return None

    def shut(self) -> None:
        """Stop timers."""


class Sidebar(QWidget):
    """What several pages of a run have to their left. The tab tells it which page is in front, and calls `tick` while it is visible."""

    ACTIONS: ClassVar[tuple[Action, ...]] = ()

    def __init__(self, state: Any, parent: QWidget | None = None):
        """`state` is of the pages' `state_class`."""
        super().__init__(parent)
        self.state = state
        self.page: Page | None = None

    def follow(self, page: Page) -> None:
        """Another page is in front."""
        self.page = page

    def tick(self) -> None:
        """Ask what is out of date."""

    def shut(self) -> None:
        """Stop timers."""
