"""The table of runs: one row per run on disk, read in a pool thread; sortable and filterable as `lab runs` is."""

from html import escape
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, QSortFilterProxyModel, Qt

from gui.theme import colour, is_dark, readable
from lab.listing import COLUMNS, Entry, Filter, sort_key

Index = QModelIndex | QPersistentModelIndex
SHOWN = ("name", "star", "status", "recipe", "subject", "seed", "done", "duration", "created", "tags", "metrics")
"""The columns until somebody chooses others."""
HUES = {"running": colour(0), "failed": colour(3), "interrupted": colour(1), "finished": colour(2)}


class RunTable(QAbstractTableModel):
    """`rows` as a Qt model, with the columns that were chosen."""

    def __init__(self, parent: QObject | None = None):
        super().__init__(parent)
        self.rows: list[Entry] = []
        self.columns = list(SHOWN)

    def set_rows(self, rows: list[Entry]) -> None:
        """Replace the rows; selections stay where only values changed."""
        if [row.run.path for row in rows] == [row.run.path for row in self.rows]:
            self.rows = rows
            if rows:
                self.dataChanged.emit(self.index(0, 0), self.index(len(rows) - 1, len(self.columns) - 1))
            return
        self.beginResetModel()
        self.rows = rows
        self.endResetModel()

    def set_columns(self, columns: list[str]) -> None:
        self.beginResetModel()
        self.columns = columns
        self.endResetModel()

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.columns)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation != Qt.Orientation.Horizontal or section >= len(self.columns):
            return None
        name = self.columns[section]
        if role == Qt.ItemDataRole.DisplayRole:
            return "★" if name == "star" else name if "/" in name else name.replace("_", " ")
        if role == Qt.ItemDataRole.ToolTipRole:
            return about(name)
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        shown, column = self.rows[index.row()], self.columns[index.column()]
        if role == Qt.ItemDataRole.DisplayRole:
            return shown.text(column)
        if role == Qt.ItemDataRole.UserRole:
            return shown.value(column)
        if role == Qt.ItemDataRole.TextAlignmentRole and column == "star":
            return Qt.AlignmentFlag.AlignCenter
        if (
            role == Qt.ItemDataRole.TextAlignmentRole
            and type(shown.value(column)) in (int, float)
            and column not in ("created", "tags", "metrics")
        ):
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        if role == Qt.ItemDataRole.ForegroundRole and column == "status" and shown.text("status") in HUES:
            return readable(HUES[shown.text("status")], is_dark())
        if role == Qt.ItemDataRole.ToolTipRole:
            return escape(shown.text("reason") or shown.text("note") or shown.text(column))
        return None


def about(column: str) -> str:
    """What a column says, in a sentence without its full stop."""
    return COLUMNS[column].about if column in COLUMNS else f"The last value of {column}" if "/" in column else f"The setting {column}"


class RunFilter(QSortFilterProxyModel):
    """Rows that the filter accepts; sorted by values, not by their text, with what is missing at the end."""

    def __init__(self, table: RunTable, parent: QObject | None = None):
        super().__init__(parent)
        self.table = table
        self.wanted = Filter()
        self.setSourceModel(table)
        self.setSortRole(Qt.ItemDataRole.UserRole)

    def set_text(self, text: str) -> None:
        self.wanted = Filter.of(text)
        self.invalidate()

    def filterAcceptsRow(self, source_row: int, source_parent: Index) -> bool:
        return self.wanted.accepts(self.table.rows[source_row])

    def lessThan(self, left: Index, right: Index) -> bool:
        first, second = left.data(Qt.ItemDataRole.UserRole), right.data(Qt.ItemDataRole.UserRole)
        if (first is None) != (second is None):
            return (second is None) == (self.sortOrder() == Qt.SortOrder.AscendingOrder)
        return sort_key(first) < sort_key(second)
