"""What tests do with the table of the Runs panel: read it, and select rows by their names."""

import shutil
from typing import Any

from PySide6.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot

from gui.runs.run_list import SELECT
from lab.paths import runs_folder

LONG = 60_000


def shown(panel: Any, column: str = "name") -> list[str]:
    number = panel.list.table.columns.index(column)
    return [panel.list.proxy.index(i, number).data() for i in range(panel.list.proxy.rowCount())]


def select(panel: Any, *names: str) -> None:
    panel.list.view.clearSelection()
    for name in names:
        row = shown(panel).index(name)
        panel.list.view.selectionModel().select(panel.list.proxy.index(row, 0), SELECT)


def copies(panel: Any, qtbot: QtBot, count: int) -> None:
    """`count` more runs, c00, c01, ..., with no more than what the panel reads."""
    for i in range(count):
        folder = runs_folder() / f"c{i:02}"
        folder.mkdir()
        for name in ("config.json", "status.json", "metrics.jsonl"):
            shutil.copy(runs_folder() / "alpha" / name, folder / name)
    listed = panel.list.table.rowCount() + count
    panel.refresh()
    qtbot.waitUntil(lambda: panel.list.table.rowCount() == listed, timeout=LONG)


def click_row(qtbot: QtBot, panel: Any, row: int, keys: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    panel.list.view.scrollTo(panel.list.proxy.index(row, 0))
    place: QPoint = panel.list.view.visualRect(panel.list.proxy.index(row, 0)).center()
    qtbot.mouseClick(panel.list.view.viewport(), Qt.MouseButton.LeftButton, keys, pos=place)
