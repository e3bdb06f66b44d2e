"""The table of the Runs panel: rows, order, filter, columns."""

from collections.abc import Callable
from typing import Any

import pytest
from controls import drives
from PySide6.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot
from runs_table import select, shown

from gui.main_window import MainWindow
from gui.runs.table import SHOWN
from lab.paths import runs_folder
from lab.run import Run

LONG = 60_000


@pytest.fixture
def panel(three_runs: Any) -> Any:
    return three_runs


def test_every_run_is_listed_with_its_status_and_settings(panel: Any) -> None:
    assert sorted(shown(panel)) == ["alpha", "beta", "gamma"]
    assert set(shown(panel, "status")) == {"finished"}
    select(panel, "beta")
    row = next(row for row in panel.list.table.rows if row.run.name == "beta")
    assert [row.text(c) for c in ("recipe", "subject", "seed", "done")] == ["dqn-fast", "breakout", "2", "60 steps"]
    assert panel.list.count.text() == "3 runs"


def test_sorting_goes_by_value_and_not_by_text(panel: Any) -> None:
    panel.list.view.sortByColumn(panel.list.table.columns.index("done"), Qt.SortOrder.AscendingOrder)
    assert shown(panel) == ["alpha", "gamma", "beta"]
    panel.list.view.sortByColumn(panel.list.table.columns.index("seed"), Qt.SortOrder.DescendingOrder)
    assert shown(panel) == ["gamma", "beta", "alpha"]


def test_the_filter_takes_words_of_any_column(qtbot: QtBot, panel: Any) -> None:
    qtbot.keyClicks(panel.list.filter_line, "breakout fin")
    assert shown(panel) == ["beta"]
    panel.list.filter_line.clear()
    assert len(shown(panel)) == 3


def test_a_filter_that_matches_nothing_leaves_nothing_selected(qtbot: QtBot, panel: Any) -> None:
    select(panel, "alpha")
    qtbot.keyClicks(panel.list.filter_line, "zzz")
    assert panel.list.count.text() == "0 of 3 runs"
    assert panel.pages.curves.lines == {}
    assert not any(
        action.isEnabled()
        for action in (panel.action_set["open"], panel.action_set["rename"], panel.action_set["delete"], panel.action_set["folder"])
    )


def test_a_long_name_gets_a_wider_column(qtbot: QtBot, panel: Any, stored: Callable[..., Run]) -> None:
    panel.list.view.setColumnWidth(1, 333)
    stored(steps=30, seed=1, run=runs_folder() / ("a-long-name-" * 6 + "end"))
    panel.refresh()
    qtbot.waitUntil(lambda: panel.list.table.rowCount() == 4, timeout=LONG)
    assert panel.list.view.columnWidth(0) >= panel.list.view.sizeHintForColumn(0) > 300
    assert panel.list.view.columnWidth(1) == 333


def tick(qtbot: QtBot, panel: Any, *path: str) -> None:
    """Open the menu of the columns and click an entry, in an inner menu where there are two names."""
    menu = panel.list.columns_menu
    menu.popup(panel.mapToGlobal(QPoint(0, 0)))
    for title in path[:-1]:
        menu = next(action.menu() for action in menu.actions() if action.text() == title)
        menu.popup(panel.mapToGlobal(QPoint(0, 0)))
    action = next(action for action in menu.actions() if action.text() == path[-1])
    qtbot.mouseClick(menu, Qt.MouseButton.LeftButton, pos=menu.actionGeometry(action).center())
    panel.list.columns_menu.close()


@drives("RunList: Columns")
def test_metrics_and_settings_become_columns_that_sort_by_a_click(qtbot: QtBot, panel: Any) -> None:
    select(panel, "beta")
    tick(qtbot, panel, "Settings", "gamma")
    tick(qtbot, panel, "Metrics", "losses/td_loss")
    assert panel.list.table.columns[-3:] == ["losses/td_loss", "gamma", "metrics"]
    assert dict(zip(shown(panel), shown(panel, "gamma"), strict=True)) == {"alpha": "0.99", "beta": "0.99", "gamma": "0.9"}
    assert [run.name for run in panel.selected()] == ["beta"]
    header = panel.list.view.horizontalHeader()
    section = panel.list.table.columns.index("gamma")
    place = QPoint(header.sectionViewportPosition(section) + 8, header.height() // 2)
    panel.list.view.horizontalScrollBar().setValue(0)
    qtbot.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert panel.list.order()[0] == "gamma"
    first = shown(panel)[0] == "gamma"
    qtbot.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert (shown(panel)[0] == "gamma") != first
    tick(qtbot, panel, "Settings", "gamma")
    assert "gamma" not in panel.list.table.columns
    tick(qtbot, panel, "Reset")
    assert panel.list.table.columns == list(SHOWN)


def test_the_filter_understands_comparisons(qtbot: QtBot, panel: Any) -> None:
    qtbot.keyClicks(panel.list.filter_line, "seed>=2 gamma<0.95")
    assert shown(panel) == ["gamma"]


def test_columns_order_and_filter_come_back_at_the_next_start(qtbot: QtBot, panel: Any, make_window: Callable[..., MainWindow]) -> None:
    tick(qtbot, panel, "Settings", "gamma")
    panel.list.sort_by("gamma", True)
    qtbot.keyClicks(panel.list.filter_line, "seed<3")
    panel.window().close()
    qtbot.waitUntil(lambda: not panel.window().isVisible(), timeout=LONG)
    again: Any = make_window("Runs").panels["Runs"]
    qtbot.waitUntil(lambda: again.list.table.rowCount() == 3, timeout=LONG)
    assert "gamma" in again.list.table.columns
    assert again.list.order() == ("gamma", True)
    assert sorted(shown(again)) == ["alpha", "beta"]
