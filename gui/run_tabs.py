"""The runs that are open in a panel, a tab each with the run's colour and a short name."""

from html import escape
from typing import TYPE_CHECKING, cast

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QStyle, QTabBar, QTabWidget, QWidget

from gui.theme import COLOURS, colour
from gui.widgets.icons import dot
from lab.run import Run

if TYPE_CHECKING:
    from gui.run_tab import RunTab  # With curves, whose library the first window need not wait for.


class RunTabs(QTabWidget):
    """Holds a `RunTab` for each open run, behind a page that is no run where the panel has one."""

    def __init__(self) -> None:
        super().__init__(tabsClosable=True, movable=True, documentMode=True)
        self.home: QWidget | None = None

    def set_home(self, page: QWidget, title: str, tip: str) -> None:
        """Show `page` in the first tab, which cannot be closed."""
        self.home = page
        self.insertTab(0, page, title)
        self.setTabToolTip(0, tip)
        for side in (QTabBar.ButtonPosition.LeftSide, QTabBar.ButtonPosition.RightSide):
            self.tabBar().setTabButton(0, side, None)

    def minimumSizeHint(self) -> QSize:
        """The name of the run in front is not cut."""
        buttons = 2 * self.style().pixelMetric(QStyle.PixelMetric.PM_TabBarScrollButtonWidth)
        return super().minimumSizeHint().expandedTo(QSize(self.tabBar().tabRect(self.currentIndex()).width() + buttons, 0))

    def at(self, index: int) -> "RunTab | None":
        """The run's tab at this place; None where there is none."""
        page = self.widget(index)
        return None if page is self.home else cast("RunTab | None", page)

    def all(self) -> "list[RunTab]":
        return [tab for i in range(self.count()) if (tab := self.at(i)) is not None]

    def of(self, run: Run) -> "RunTab | None":
        return next((tab for tab in self.all() if tab.run.path.resolve() == run.path.resolve()), None)

    def current(self) -> "RunTab | None":
        return self.at(self.currentIndex())

    def free_colour(self) -> str:
        """The colour that the fewest open runs have."""
        taken = [tab.colour for tab in self.all()]
        return min(map(colour, range(len(COLOURS))), key=taken.count)

    def add(self, tab: "RunTab") -> None:
        title, titles = literal(short_name(tab.run)), [self.tabText(i) for i in range(self.count())]
        if title in titles:  # Of the same minute.
            title = literal(short_name(tab.run, seconds=True))
        index = self.addTab(tab, dot(tab.colour), title)
        self.setTabToolTip(index, escape(f"{tab.run.name}\n{tab.run.path}").replace("\n", "<br>"))


def literal(text: str) -> str:
    """A text for a tab or a menu, in which Qt takes a lone & for a shortcut's mark."""
    return text.replace("&", "&&")


def short_name(run: Run, seconds: bool = False) -> str:
    """`dqn-fast-pong-s0-20260101-120000` -> dqn-fast pong s0 12:00, or 12:00:00; a run that somebody has named keeps that name."""
    if run.shipped:
        return f"{run.name} ({'example' if run.kind == 'example run' else 'shipped'})"
    if not run.name.startswith(f"{run.recipe.name}-{run.stored.get('subject', '')}-s"):
        return run.name
    created = str(run.stored.get("created", ""))[11 : 19 if seconds else 16]
    return f"{run.recipe.name} {run.stored.get('subject', '')} s{run.stored['config'].get('seed', 0)} {created}"
