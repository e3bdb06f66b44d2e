"""The table of runs: one row per run on disk, read in a pool thread, sortable and filterable."""

from dataclasses import dataclass, field
from datetime import datetime
from html import escape
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, QSortFilterProxyModel, Qt
from PySide6.QtGui import QColor

from gui.system import duration_text
from gui.widgets.curves import title
from lab.run import Run
from lab.stored_runs import survey

Index = QModelIndex | QPersistentModelIndex
COLUMNS = ("name", "status", "recipe", "about", "seed", "done", "duration", "created", "last metrics")
HUES = {"running": "#3b8ee0", "failed": "#d2504b", "interrupted": "#e8833a", "finished": "#3fa65c"}


@dataclass(frozen=True)
class Row:
    """What the table shows of a run, and what it sorts by."""

    run: Run
    status: str
    reason: str
    done: int
    unit: str
    seconds: float
    metrics: dict[str, float] = field(default_factory=dict)

    def sort_key(self, column: str) -> Any:
        keys: dict[str, Any] = {
            "name": self.run.name, "status": self.status, "recipe": self.run.recipe.name, "about": str(self.run.stored.get("subject")),
            "seed": self.run.stored["config"].get("seed", 0), "done": self.done, "duration": self.seconds,
            "created": self.run.created, "last metrics": next(iter(self.metrics.values()), float("-inf")),
        }  # fmt: skip
        return keys[column]

    def text(self, column: str) -> str:
        if column == "done":
            return f"{self.done:,} {self.unit}"
        if column == "duration":
            return duration_text(self.seconds)
        if column == "created":
            return f"{datetime.fromtimestamp(self.run.created):%Y-%m-%d %H:%M}" if self.run.created > 0 else ""
        if column == "last metrics":
            return "   ".join(f"{title(name)} {value:.4g}" for name, value in self.metrics.items())
        return str(self.sort_key(column))


def read_rows() -> tuple[list[Row], str]:
    """Every run, newest first, and a sentence about those that cannot be read, if there are any."""
    stored, note = survey()
    return [row(run) for run in stored], note


def row(run: Run) -> Row:
    status = run.status()
    metrics = {name: value for name, value in status.get("metrics", {}).items() if value is not None}
    first = ("charts/episodic_return", "losses/td_loss", "charts/SPS")
    ordered = {name: metrics[name] for name in (*first, *metrics) if name in metrics}
    return Row(
        run, status["status"], status.get("reason", ""), status.get("done", 0), status.get("unit", ""), status.get("seconds", 0.0), ordered
    )


class RunTable(QAbstractTableModel):
    """`rows` as a Qt model."""

    def __init__(self, parent: QObject | None = None):
        super().__init__(parent)
        self.rows: list[Row] = []

    def set_rows(self, rows: list[Row]) -> None:
        """Replace the rows; selections stay where only values changed."""
        if [row.run.path for row in rows] == [row.run.path for row in self.rows]:
            self.rows = rows
            if rows:
                self.dataChanged.emit(self.index(0, 0), self.index(len(rows) - 1, len(COLUMNS) - 1))
            return
        self.beginResetModel()
        self.rows = rows
        self.endResetModel()

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(COLUMNS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return COLUMNS[section]
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        shown, column = self.rows[index.row()], COLUMNS[index.column()]
        if role == Qt.ItemDataRole.DisplayRole:
            return shown.text(column)
        if role == Qt.ItemDataRole.UserRole:
            return shown.sort_key(column)
        if role == Qt.ItemDataRole.ForegroundRole and column == "status" and shown.status in HUES:
            return QColor(HUES[shown.status])
        if role == Qt.ItemDataRole.ToolTipRole:
            return escape(shown.reason or shown.text(column))
        return None


class RunFilter(QSortFilterProxyModel):
    """Rows that have every word of the filter somewhere; sorted by values, not by their text."""

    def __init__(self, table: RunTable, parent: QObject | None = None):
        super().__init__(parent)
        self.table = table
        self.words: list[str] = []
        self.setSourceModel(table)
        self.setSortRole(Qt.ItemDataRole.UserRole)

    def set_text(self, text: str) -> None:
        self.words = text.lower().split()
        self.invalidate()

    def filterAcceptsRow(self, source_row: int, source_parent: Index) -> bool:
        text = " ".join(self.table.rows[source_row].text(column) for column in COLUMNS).lower()
        return all(word in text for word in self.words)

    def lessThan(self, left: Index, right: Index) -> bool:
        return bool(left.data(Qt.ItemDataRole.UserRole) < right.data(Qt.ItemDataRole.UserRole))
