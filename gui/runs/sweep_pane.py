"""Sweeps on the screen: a table of settings and what they were worth, the best first, beside parallel coordinates and a slice for each field."""

from typing import Any

import numpy as np
from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, QSortFilterProxyModel, Qt
from PySide6.QtWidgets import QAbstractItemView, QComboBox, QHBoxLayout, QLabel, QPushButton, QSplitter, QTableView, QVBoxLayout, QWidget

from gui.panel import AppContext
from gui.sweep_runner import SWEEPS
from gui.theme import faint
from gui.widgets.picture import Picture
from lab.errors import LabError
from lab.listing import sort_key
from lab.paths import runs_folder
from lab.run import Run

Index = QModelIndex | QPersistentModelIndex
NOTHING = (
    "No sweeps yet. Training > Sweep over settings… in a panel, or in a terminal lab sweep vae --range learning_rate=1e-4..1e-2 --trials 12, "
    "tries settings and shows here which are best."
)


class SettingsTable(QAbstractTableModel):
    """The rows of a sweep's report as a Qt model."""

    def __init__(self, parent: QObject | None = None):
        super().__init__(parent)
        self.columns: list[str] = []
        self.rows: list[list[Any]] = []

    def set_report(self, columns: list[str], rows: list[list[Any]]) -> None:
        if (columns, rows) == (self.columns, self.rows):
            return
        self.beginResetModel()
        self.columns, self.rows = columns, rows
        self.endResetModel()

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.columns)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation != Qt.Orientation.Horizontal or role != Qt.ItemDataRole.DisplayRole or section >= len(self.columns):
            return None
        name = self.columns[section]
        return name if "/" in name else name.replace("_", " ")

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        value = self.rows[index.row()][index.column()]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return f"{value:.4g}" if isinstance(value, float) else str(value)
        if role == Qt.ItemDataRole.UserRole:
            return None if value == "" else value
        if role == Qt.ItemDataRole.TextAlignmentRole and isinstance(value, int | float):
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        return None


class BySize(QSortFilterProxyModel):
    """Numbers by size, what is missing at the end."""

    def lessThan(self, left: Index, right: Index) -> bool:
        first, second = (index.data(Qt.ItemDataRole.UserRole) for index in (left, right))
        if (first is None) != (second is None):
            return (second is None) == (self.sortOrder() == Qt.SortOrder.AscendingOrder)
        return sort_key(first) < sort_key(second)


class SweepPane(QWidget):
    """One sweep, chosen by name; its table and its picture follow what its trials write."""

    def __init__(self, context: AppContext, parent: QWidget | None = None):
        super().__init__(parent)
        self.context = context
        self.report: Any = None
        self.stamp: tuple[Any, ...] = ()
        """What was last read, so that nothing is read again that has not changed."""
        self.reading = False
        self.names = QComboBox(toolTip="The sweeps in the runs folder, the newest first")
        self.names.currentTextChanged.connect(lambda _: self.refresh())
        self.open_button = QPushButton("Open run", toolTip="Open the first run of the selected setting in its panel")
        self.open_button.clicked.connect(self.open_selected)
        self.go_button = QPushButton("Continue")
        self.go_button.clicked.connect(self.stop_or_continue)
        context.sweeps.changed.connect(self.enable)
        self.note = QLabel(NOTHING, wordWrap=True)
        faint(self.note)
        self.table = SettingsTable(self)
        self.model = BySize(self)
        self.model.setSourceModel(self.table)
        self.model.setSortRole(Qt.ItemDataRole.UserRole)
        self.view = QTableView()
        self.view.setModel(self.model)
        self.view.setSortingEnabled(True)
        self.view.horizontalHeader().setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        self.view.verticalHeader().hide()
        self.view.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.view.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.view.doubleClicked.connect(lambda _: self.open_selected())
        self.view.selectionModel().selectionChanged.connect(lambda *_: self.enable())
        self.picture = Picture("Parallel coordinates of the settings that have finished")
        self.picture.smooth = self.picture.zoomable = True
        head = QHBoxLayout()
        head.addWidget(self.names)
        head.addWidget(self.open_button)
        head.addWidget(self.go_button)
        head.addWidget(self.note, 1)
        self.split = QSplitter()
        self.split.addWidget(self.view)
        self.split.addWidget(self.picture)
        self.split.setSizes([500, 500])
        layout = QVBoxLayout(self)
        layout.addLayout(head)
        layout.addWidget(self.split, 1)
        self.show_names([])

    def refresh(self) -> None:
        """Read the sweeps again where somebody can see them."""
        if not self.isVisible():
            return
        self.show_names(SWEEPS.names())
        name = self.names.currentText()
        stamp = (name, *changed(name)) if name else ()
        if not name or self.reading or stamp == self.stamp:
            return
        self.reading = True
        self.context.background.submit(lambda: read(name), lambda answer: self.show_report(stamp, *answer), self.failed, receiver=self)

    def show_names(self, names: list[str]) -> None:
        """The sweeps that there are; the chosen one stays."""
        shown = [self.names.itemText(i) for i in range(self.names.count())]
        if names != shown:
            chosen = self.names.currentText()
            blocked = self.names.blockSignals(True)
            self.names.clear()
            self.names.addItems(names)
            self.names.setCurrentIndex(max(0, self.names.findText(chosen)))
            self.names.blockSignals(blocked)
        for part in (self.names, self.open_button, self.go_button, self.split):
            part.setVisible(bool(names))
        if not names:
            self.note.setText(NOTHING)
        self.enable()

    def show_report(self, stamp: tuple[Any, ...], report: Any, pixels: np.ndarray | None) -> None:
        self.reading, self.stamp, self.report = False, stamp, report
        self.table.set_report(report.columns(), report.rows())
        self.view.resizeColumnsToContents()
        self.note.setText(report.headline())
        if pixels is None:
            self.picture.show_text("Parallel coordinates appear once a setting has finished.")
        else:
            self.picture.show_pixels(pixels)
        self.enable()

    def failed(self, error: BaseException) -> None:
        self.reading = False
        self.note.setText(str(error))

    def selected_run(self) -> Run | None:
        """The first run of the selected setting."""
        rows = self.view.selectionModel().selectedRows()
        if not rows or self.report is None:
            return None
        setting = self.report.settings[self.model.mapToSource(rows[0]).row()]
        return Run(runs_folder() / setting.runs[0]) if setting.runs else None

    def enable(self) -> None:
        rows = self.view.selectionModel().selectedRows()
        self.open_button.setEnabled(bool(rows))
        at_work = self.names.currentText() in self.context.sweeps.processes
        self.go_button.setText("Stop" if at_work else "Continue")
        self.go_button.setToolTip(
            "Stop this sweep with a checkpoint of each training; it can continue" if at_work else "Train what this sweep has not finished"
        )

    def stop_or_continue(self) -> None:
        """Stop the sweep that is shown where the app works on it, else continue it."""
        name, sweeps = self.names.currentText(), self.context.sweeps
        if name in sweeps.processes:
            sweeps.stop(name)
            self.context.say(f"Sweep {name} stops after the present steps, with a checkpoint of each training.")
            return
        try:
            sweeps.resume(name)
        except LabError as error:
            self.context.report(str(error), "")

    def open_selected(self) -> None:
        run = self.selected_run()
        if run is None:
            self.context.say("This setting has no run yet.")
        else:
            self.context.open_run(run)


def changed(name: str) -> tuple[Any, ...]:
    """When a sweep's files and the runs folder were last written."""
    folder = SWEEPS.folder(name)
    places = (folder / "sweep.json", folder / "optuna.jsonl", runs_folder())
    return tuple(place.stat().st_mtime_ns if place.exists() else 0 for place in places)


def read(name: str) -> tuple[Any, np.ndarray | None]:
    """A sweep's report and its picture, in a pool thread."""
    from lab.sweep import find
    from lab.sweep_report import report

    made = report(find(name))
    return made, made.picture() if made.finished else None
