"""The runs that are open in a panel, a tab each with the run's colour and a short name."""

from html import escape
from typing import TYPE_CHECKING, cast

from PySide6.QtGui import QColor, QIcon, QPixmap
from PySide6.QtWidgets import QTabWidget

from gui.theme import COLOURS, colour
from lab.run import Run

if TYPE_CHECKING:
    from gui.run_tab import RunTab  # With curves, whose library the first window need not wait for.


class RunTabs(QTabWidget):
    """Holds a `RunTab` for each open run."""

    def __init__(self) -> None:
        super().__init__(tabsClosable=True, movable=True, documentMode=True)

    def all(self) -> "list[RunTab]":
        return [cast("RunTab", self.widget(i)) for i in range(self.count())]

    def of(self, run: Run) -> "RunTab | None":
        return next((tab for tab in self.all() if tab.run.path.resolve() == run.path.resolve()), None)

    def current(self) -> "RunTab | None":
        return cast("RunTab | None", self.currentWidget())

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


def dot(hue: str) -> QIcon:
    """A small square of a run's colour."""
    pixmap = QPixmap(10, 10)
    pixmap.fill(QColor(hue))
    return QIcon(pixmap)


def literal(text: str) -> str:
    """A text for a tab or a menu, in which Qt takes a lone & for a shortcut's mark."""
    return text.replace("&", "&&")


def short_name(run: Run, seconds: bool = False) -> str:
    """`dqn-fast-pong-s0-20260101-120000` -> dqn-fast pong s0 12:00, or 12:00:00; a run that somebody has named keeps that name."""
    if run.shipped:
        return f"{run.name} (shipped)"
    if not run.name.startswith(f"{run.recipe.name}-{run.stored.get('subject', '')}-s"):
        return run.name
    created = str(run.stored.get("created", ""))[11 : 19 if seconds else 16]
    return f"{run.recipe.name} {run.stored.get('subject', '')} s{run.stored['config'].get('seed', 0)} {created}"
