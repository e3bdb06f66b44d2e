"""The list of runs: the table with its filter, columns and order, read again and again while somebody looks.

Read first: `RunList.refresh`. Where there is no run yet it lists the example runs.
"""

import json
from contextlib import suppress
from pathlib import Path

from PySide6.QtCore import QItemSelectionModel, QModelIndex, Qt, Signal
from PySide6.QtWidgets import QAbstractItemView, QHBoxLayout, QLabel, QLineEdit, QMenu, QTableView, QToolButton, QVBoxLayout, QWidget

from gui.background import Background
from gui.runs import columns
from gui.runs.table import SHOWN, RunFilter, RunTable
from gui.settings import settings
from gui.theme import faint
from lab import registry
from lab.listing import Entry, entries
from lab.paths import runs_folder
from lab.run import Run

FILTER_TIP = """Runs in which every word occurs, and that fit every comparison:
recipe=vae   accuracy>0.9   seed!=2   name=*-old   learning_rate<=0.001
A metric goes by its whole name or by a part of it. `lab runs --filter` understands the same."""
SELECT = QItemSelectionModel.SelectionFlag.Select | QItemSelectionModel.SelectionFlag.Rows


class RunList(QWidget):
    """The runs on disk, or the example runs where there are none."""

    changed = Signal()
    """Other runs are selected, or there are others."""
    starred = Signal(object)
    """Somebody clicked into the column of stars."""
    opened = Signal()
    """The selected runs are to be opened."""

    def __init__(self, background: Background, tools: QWidget):
        """`tools` stand above the table."""
        super().__init__()
        self.background = background
        self.reading = False
        self.table = RunTable(self)
        self.proxy = RunFilter(self.table, self)
        self.view = QTableView()
        self.view.setModel(self.proxy)
        self.view.setSortingEnabled(True)
        self.view.sortByColumn(SHOWN.index("created"), Qt.SortOrder.DescendingOrder)
        self.view.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.view.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.view.verticalHeader().hide()
        self.view.horizontalHeader().setStretchLastSection(True)
        self.view.setAlternatingRowColors(True)
        self.view.setWordWrap(False)  # What does not fit ends in dots; the tooltip has it whole.
        self.columns_menu = QMenu(self)
        self.columns_menu.aboutToShow.connect(
            lambda: columns.fill(self.columns_menu, self.table.rows, self.table.columns, self.choose_columns)
        )
        header = self.view.horizontalHeader()
        header.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        header.customContextMenuRequested.connect(lambda place: self.columns_menu.popup(header.mapToGlobal(place)))
        self.view.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        self.view.doubleClicked.connect(self.double_clicked)
        self.view.clicked.connect(self.clicked)
        self.filter_line = QLineEdit(placeholderText="Filter: words, recipe=vae, accuracy>0.9, seed!=2…", clearButtonEnabled=True)
        self.filter_line.setToolTip(FILTER_TIP)
        self.filter_line.textChanged.connect(self.filter)
        self.columns_button = QToolButton(
            text="Columns", toolTip="Columns of the table: metrics and settings too", popupMode=QToolButton.ToolButtonPopupMode.InstantPopup
        )
        self.columns_button.setMenu(self.columns_menu)
        self.count = QLabel(textFormat=Qt.TextFormat.PlainText)
        self.unread = QLabel(
            wordWrap=True, textFormat=Qt.TextFormat.PlainText, textInteractionFlags=Qt.TextInteractionFlag.TextSelectableByMouse
        )
        faint(self.unread)
        self.unread.hide()
        top = QHBoxLayout()
        top.addWidget(self.filter_line, 1)
        top.addWidget(self.count)
        top.addWidget(self.columns_button)
        layout = QVBoxLayout(self)
        layout.addLayout(top)
        layout.addWidget(tools)
        layout.addWidget(self.view, 1)
        layout.addWidget(self.unread)
        self.view.selectionModel().selectionChanged.connect(lambda *_: self.changed.emit())
        self.table.modelReset.connect(self.changed)
        self.load_last()

    # -- what is remembered ----------------------------------------------------------------------------------------

    def load_last(self) -> None:
        """Columns, order and filter of the last start."""
        store = settings()
        with suppress(ValueError, TypeError, AttributeError):  # A settings file that somebody wrote in.
            chosen = [name for name in json.loads(str(store.value("Runs/columns", "[]"))) if isinstance(name, str)]
            if chosen:
                self.table.set_columns(["name", *(name for name in chosen if name != "name")])
            name, descending = json.loads(str(store.value("Runs/sort", '["created", true]')))
            self.sort_by(name, bool(descending))
        self.filter_line.setText(str(store.value("Runs/filter", "")))

    def remember(self) -> None:
        store, (name, descending) = settings(), self.order()
        store.setValue("Runs/columns", json.dumps(self.table.columns))
        store.setValue("Runs/sort", json.dumps([name, descending]))
        store.setValue("Runs/filter", self.filter_line.text())

    def order(self) -> tuple[str, bool]:
        """The column by which the table is sorted, and whether the largest stands first."""
        section = self.proxy.sortColumn()
        name = self.table.columns[section] if 0 <= section < len(self.table.columns) else "created"
        return name, self.proxy.sortOrder() == Qt.SortOrder.DescendingOrder

    def sort_by(self, column: str, descending: bool) -> None:
        if column in self.table.columns:
            order = Qt.SortOrder.DescendingOrder if descending else Qt.SortOrder.AscendingOrder
            self.view.sortByColumn(self.table.columns.index(column), order)

    def choose_columns(self, chosen: list[str]) -> None:
        """Show these columns, the same runs selected and in the same order."""
        order, selected = self.order(), {run.path for run in self.selected()}
        self.table.set_columns(chosen)
        self.sort_by(*order)
        self.select_paths(selected)
        for column in range(len(chosen) - 1):  # The last takes what is left.
            self.view.resizeColumnToContents(column)

    # -- reading ---------------------------------------------------------------------------------------------------

    def refresh(self) -> None:
        """Read the runs folder, off this thread."""
        if not self.reading:
            self.reading = True
            shown = list(self.table.columns)
            self.background.submit(lambda: listed(shown), self.show_rows, self.not_read, receiver=self)

    def show_rows(self, read: tuple[list[Entry], str]) -> None:
        self.reading = False
        chosen = {run.path for run in self.selected()}
        before = {row.run.path for row in self.table.rows}
        rows, unread = read
        self.table.set_rows(rows)
        self.unread.setText(unread)
        self.unread.setVisible(bool(unread))
        self.select_paths(chosen)
        if rows and not before:
            self.view.resizeColumnsToContents()
            if not chosen:
                self.view.selectRow(0)
        elif {row.run.path for row in rows} - before:
            self.widen_columns()
        self.show_count()

    def select_paths(self, chosen: set[Path]) -> None:
        for i in range(self.proxy.rowCount()):
            if self.run_at(i).path in chosen and not self.view.selectionModel().isRowSelected(i):
                self.view.selectionModel().select(self.proxy.index(i, 0), SELECT)

    def widen_columns(self) -> None:
        """Make room for what the columns hold; none gets narrower, as somebody may have drawn it wide."""
        for column in range(len(self.table.columns) - 1):  # The last takes what is left.
            self.view.setColumnWidth(column, max(self.view.columnWidth(column), self.view.sizeHintForColumn(column)))

    def filter(self, text: str) -> None:
        self.proxy.set_text(text)
        self.show_count()
        self.changed.emit()  # A selected row that the filter takes away says nothing.

    def show_count(self) -> None:
        """How many runs there are, and how many of them the filter lets through."""
        count, left = len(self.table.rows), self.proxy.rowCount()
        text = f"{count} run{'s' if count != 1 else ''}"
        if all(row.run.shipped for row in self.table.rows):
            text = f"No runs in {runs_folder()} yet. " + ("These come with the lab." if count else "Train one in another panel.")
        self.count.setText(text if left == count else f"{left} of {text}")

    def not_read(self, error: BaseException) -> None:
        self.reading = False
        self.count.setText(f"The runs folder cannot be read: {error}")

    # -- selection -------------------------------------------------------------------------------------------------

    def run_at(self, row: int) -> Run:
        """The run in a row as it is sorted and filtered now."""
        return self.table.rows[self.proxy.mapToSource(self.proxy.index(row, 0)).row()].run

    def listed_runs(self) -> list[Run]:
        """Those that the filter lets through."""
        return [self.run_at(row) for row in range(self.proxy.rowCount())]

    def selected(self) -> list[Run]:
        rows = sorted({index.row() for index in self.view.selectionModel().selectedRows()})
        return [self.run_at(row) for row in rows]

    def clicked(self, index: QModelIndex) -> None:
        """A click into the column of stars gives one, or takes it away."""
        if self.table.columns[index.column()] == "star":
            self.starred.emit(self.run_at(index.row()))

    def double_clicked(self, index: QModelIndex) -> None:
        if self.table.columns[index.column()] != "star":
            self.opened.emit()


def listed(columns: list[str]) -> tuple[list[Entry], str]:
    """As of `lab.listing.entries`; the example runs where there is nothing else."""
    rows, unread = entries(columns)
    return rows or [Entry.of(Run(path)) for path in registry.examples().values()], unread
