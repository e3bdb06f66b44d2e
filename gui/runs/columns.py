"""The menu of the columns of the table of runs."""

from collections.abc import Callable

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu

from gui.runs.table import SHOWN, about
from lab.listing import COLUMNS, Entry, metric_names, setting_names


def fill(menu: QMenu, rows: list[Entry], shown: list[str], choose: Callable[[list[str]], None]) -> None:
    """What every run has, and the metrics and settings of these; `choose` gets the columns once one was ticked or not."""
    menu.clear()
    menu.setToolTipsVisible(True)
    metrics, settings = metric_names(rows), setting_names(rows)
    offered = [*COLUMNS, *metrics, *settings]

    def add(where: QMenu, name: str) -> None:
        action = QAction(name.replace("&", "&&"), where, checkable=True, checked=name in shown, toolTip=about(name))
        action.toggled.connect(lambda on: choose(with_column(shown, name, on, offered)))
        action.setEnabled(name != "name")
        where.addAction(action)

    for name in COLUMNS:
        add(menu, name)
    menu.addSeparator()
    for title, names in (("Metrics", metrics), ("Settings", sorted(settings))):
        inner = menu.addMenu(title)
        inner.setToolTipsVisible(True)
        inner.setEnabled(bool(names))
        for name in names:
            add(inner, name)
    menu.addSeparator()
    menu.addAction("Reset", lambda: choose(list(SHOWN)))


def with_column(shown: list[str], name: str, on: bool, offered: list[str]) -> list[str]:
    """The columns with one more or one less, in the order in which they are offered; the wide one of all metrics stands last."""
    wanted = [column for column in shown if column != name] + ([name] if on else [])
    places = {column: i for i, column in enumerate(offered)} | {"metrics": len(offered) + 1}
    return sorted(wanted, key=lambda column: places.get(column, len(offered)))
