"""The Runs panel: every run on disk; sort, filter, compare, overlay, open, rename, delete; both can be undone."""

import json
import re
import shlex
from contextlib import suppress
from pathlib import Path

from PySide6.QtCore import QModelIndex, Qt, QTimer, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import (
    QAbstractItemView,
    QApplication,
    QHBoxLayout,
    QInputDialog,
    QLabel,
    QLineEdit,
    QMenu,
    QMessageBox,
    QPlainTextEdit,
    QTableView,
    QTabWidget,
    QToolBar,
    QToolButton,
    QVBoxLayout,
    QWidget,
)  # fmt: skip

from gui.actions import Action
from gui.panel import AppContext, Panel
from gui.runs import columns
from gui.runs.changes import Deletion, Renaming
from gui.runs.compare import Comparison
from gui.runs.marks_dialog import MarksDialog
from gui.runs.queue_pane import QueuePane
from gui.runs.table import SHOWN, RunFilter, RunTable
from gui.settings import settings
from gui.theme import COLOURS, colour, faint
from gui.undo import Deed
from gui.widgets.curves import Curves, Line
from gui.widgets.series import RunSeries
from lab.errors import LabError
from lab.free_space import Plan, disk_use, free, plan
from lab.listing import Entry, entries
from lab.marks import marks, tag
from lab.paths import runs_folder
from lab.readable import size_text
from lab.run import Run
from lab.run_folders import empty, trashed

REFRESH_MS = 2000
MOST = 16
"""The most runs whose curves are overlaid."""


FILTER_TIP = """Runs in which every word occurs, and that fit every comparison:
recipe=vae   accuracy>0.9   seed!=2   name=*-old   learning_rate<=0.001
A metric goes by its whole name or by a part of it. `lab runs --filter` understands the same."""
MENU = "&Runs"
RUN_ACTIONS = (
    Action("open", "Open", "Open the selected run in its panel", lambda panel: panel.open_selected(), "Ctrl+O", MENU),
    Action("rename", "Rename…", "Rename the run's folder", lambda panel: panel.ask_rename(), "F2", MENU),
    Action("delete", "Delete", "Move the selected runs to the trash folder", lambda panel: panel.delete_selected(), "Del", MENU),
    Action("star", "Star", "Give the selected runs a star, or take it away", lambda panel: panel.toggle_star(), "Ctrl+Alt+S", MENU),
    Action("marks", "Tags and note…", "Tags and a note for the selected run", lambda panel: panel.edit_marks(), "Ctrl+Alt+T", MENU),
    Action(
        "free", "Free space…", "Delete the older checkpoints of the selected runs; the newest good one stays", lambda panel: panel.free_space(),
        "Ctrl+Shift+Del", MENU,
    ),
    Action("empty", "Empty trash…", "Delete the runs in the trash folder for good", lambda panel: panel.ask_empty(), "Shift+Del", MENU),
    Action("folder", "Open folder", "Show the run's folder in the file manager", lambda panel: panel.open_folder(), "Ctrl+Return", MENU),
    Action(
        "tensorboard", "Copy TensorBoard command", "Copy the command that shows the selected runs in TensorBoard",
        lambda panel: panel.copy_tensorboard(), "Ctrl+B", MENU,
    ),
)  # fmt: skip
"""What can be done with the selected runs."""


class RunsPanel(Panel):
    """A table of the runs above; curves, settings and log of those selected below."""

    name = "Runs"
    ACTIONS = (
        *RUN_ACTIONS,
        Action("filter", "Filter", "Go to the filter", lambda panel: panel.filter_line.setFocus(), "Ctrl+F", MENU),
        Action("refresh", "Refresh", "Read the runs folder again", lambda panel: panel.refresh(), "F5", MENU),
    )

    def __init__(self, context: AppContext):
        super().__init__(context)
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
        run_actions = [self.action_set[action.id] for action in RUN_ACTIONS]
        tools = QToolBar()
        tools.addActions(run_actions)
        top = QHBoxLayout()
        top.addWidget(self.filter_line, 1)
        top.addWidget(self.count)
        top.addWidget(self.columns_button)
        upper = QWidget()
        layout = QVBoxLayout(upper)
        layout.addLayout(top)
        layout.addWidget(tools)
        layout.addWidget(self.view, 1)
        layout.addWidget(self.unread)
        self.setCentralWidget(upper)
        self.curves = Curves("Select runs above to compare their curves.")
        self.cut = QLabel()
        self.curves.add_tool(self.cut)
        self.settings = Comparison()
        self.log = QPlainTextEdit(readOnly=True)
        self.log.setPlaceholderText("Select a run to read its log.")
        self.logged = (Path(), "")
        """Whose log is shown, and its text."""
        self.pages = QTabWidget(documentMode=True)
        self.pages.addTab(self.curves, "Curves")
        self.pages.addTab(self.settings, "Settings")
        self.pages.addTab(self.log, "Log")
        self.details = self.add_dock("Selected runs", self.pages, Qt.DockWidgetArea.BottomDockWidgetArea)
        self.queue_pane = QueuePane(context, context.queue)
        self.queue_dock = self.add_dock("Queue", self.queue_pane, Qt.DockWidgetArea.BottomDockWidgetArea)
        self.tabifyDockWidget(self.details, self.queue_dock)
        self.details.raise_()
        self.resizeDocks([self.details], [380], Qt.Orientation.Vertical)
        self.view.addActions(run_actions)
        self.view.selectionModel().selectionChanged.connect(lambda *_: self.show_selected())
        self.table.modelReset.connect(self.show_selected)
        self.timer = QTimer(self, interval=REFRESH_MS)
        self.timer.timeout.connect(self.tick)
        self.load_last()
        self.show_selected()

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

    def entered(self) -> None:
        self.refresh()
        self.timer.start()

    def tick(self) -> None:
        """Follow what changes on disk, while somebody can see it."""
        if self.isVisible():
            self.refresh()
            self.curves.refresh()
            self.show_log()

    def refresh(self) -> None:
        """Read the runs folder, off this thread."""
        if not self.reading:
            self.reading = True
            shown = list(self.table.columns)
            self.context.background.submit(lambda: entries(shown), self.show_rows, self.not_read)

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
                self.view.selectionModel().select(self.proxy.index(i, 0), self.select_rows())

    def widen_columns(self) -> None:
        """Make room for what the columns hold; none gets narrower, as somebody may have drawn it wide."""
        for column in range(len(self.table.columns) - 1):  # The last takes what is left.
            self.view.setColumnWidth(column, max(self.view.columnWidth(column), self.view.sizeHintForColumn(column)))

    def filter(self, text: str) -> None:
        self.proxy.set_text(text)
        self.show_count()
        self.show_selected()  # A selected row that the filter takes away says nothing.

    def show_count(self) -> None:
        """How many runs there are, and how many of them the filter lets through."""
        count, left = len(self.table.rows), self.proxy.rowCount()
        text = f"{count} run{'s' if count != 1 else ''}" if count else f"No runs in {runs_folder()} yet. Train one in another panel."
        self.count.setText(text if left == count else f"{left} of {text}")

    def select_rows(self) -> object:
        from PySide6.QtCore import QItemSelectionModel

        return QItemSelectionModel.SelectionFlag.Select | QItemSelectionModel.SelectionFlag.Rows

    def not_read(self, error: BaseException) -> None:
        self.reading = False
        self.count.setText(f"The runs folder cannot be read: {error}")

    # -- selection -------------------------------------------------------------------------------------------------

    def run_at(self, row: int) -> Run:
        """The run in a row as it is sorted and filtered now."""
        return self.table.rows[self.proxy.mapToSource(self.proxy.index(row, 0)).row()].run

    def selected(self) -> list[Run]:
        rows = sorted({index.row() for index in self.view.selectionModel().selectedRows()})
        return [self.run_at(row) for row in rows]

    def current_run(self) -> Run | None:
        return next(iter(self.selected()), None)

    def show_selected(self) -> None:
        """Curves, settings and log of the selected runs; what can be done with them."""
        chosen = self.selected()
        self.curves.set_runs(self.lines(chosen[:MOST]))
        self.cut.setText(f"the first {MOST} of {len(chosen)} runs" if len(chosen) > MOST else "")
        self.settings.show_runs(chosen)
        self.show_log()
        self.update_actions()

    def update_actions(self) -> None:
        """Switch on what can be done now."""
        count = len(self.selected())
        for name, on in (
            ("open", count > 0), ("rename", count == 1), ("delete", count > 0), ("folder", count == 1),
            ("star", count > 0), ("marks", count == 1), ("free", count > 0),
        ):  # fmt: skip
            self.action_set.allow(name, on)

    def lines(self, runs: list[Run]) -> dict[str, Line]:
        """A line for each run: the one that it has, or a new one. None has another's colour while there is one to spare."""
        lines: dict[str, Line] = {}
        for run in sorted(runs, key=lambda run: str(run.path) not in self.curves.lines):  # What is drawn keeps its colour.
            key, taken = str(run.path), [line.colour for line in lines.values()]
            free = min(map(colour, range(len(COLOURS))), key=taken.count)
            line = self.curves.lines.get(key)
            if line is not None and taken.count(line.colour) > taken.count(free):
                self.curves.remove_run(key)  # It had to share a colour: it is redrawn in one of its own.
                line = None
            lines[key] = line or Line(run.name, RunSeries(run.path), free, run.status().get("unit", "steps"), run)
        return lines

    def show_log(self) -> None:
        """The end of the first selected run's log. It follows what is added, unless somebody has scrolled up to read."""
        run = self.current_run()
        logged = (run.path, log_text(run)) if run is not None else (Path(), "")
        if logged == self.logged:
            return
        bar = self.log.verticalScrollBar()
        at_end, place = logged[0] != self.logged[0] or bar.value() == bar.maximum(), bar.value()
        self.logged = logged
        self.log.setPlainText(logged[1])
        bar.setValue(bar.maximum() if at_end else place)

    # -- what can be done ------------------------------------------------------------------------------------------

    def open_selected(self) -> None:
        for run in self.selected():
            if run.path.is_dir():
                self.context.open_run(run)
            else:
                self.context.report(f"The folder of {run.name} is gone.", "")
                self.refresh()

    def open_folder(self) -> None:
        for run in self.selected()[:1]:
            if run.path.is_dir():
                QDesktopServices.openUrl(QUrl.fromLocalFile(str(run.path.resolve())))
            else:
                self.context.report(f"The folder of {run.name} is gone.", "")
                self.refresh()

    def clicked(self, index: QModelIndex) -> None:
        """A click into the column of stars gives one, or takes it away."""
        if self.table.columns[index.column()] == "star":
            self.set_star([self.run_at(index.row())])

    def double_clicked(self, index: QModelIndex) -> None:
        if self.table.columns[index.column()] != "star":
            self.open_selected()

    def toggle_star(self) -> None:
        self.set_star(self.selected())

    def set_star(self, runs: list[Run]) -> None:
        """All of them get a star, unless all have one: then it is taken away."""
        star = not all(marks(run).star for run in runs)
        try:
            for run in runs:
                tag(run, star=star)
        except LabError as error:
            self.context.report(str(error), "")
        self.refresh()

    def edit_marks(self) -> None:
        for run in self.selected()[:1]:
            dialog = MarksDialog(run, self.refresh, self)
            dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            dialog.open()

    def free_space(self) -> None:
        """Look in the background for what can be deleted, then ask."""
        chosen = self.selected()
        self.context.say("Looking for older checkpoints…")
        self.context.background.submit(lambda: [one for one in map(plan, chosen) if one.folders], self.ask_free, self.not_freed)

    def ask_free(self, plans: list[Plan]) -> None:
        if not plans:
            self.context.say("There are no older checkpoints to delete.")
            return
        count = sum(len(one.folders) for one in plans)
        box = QMessageBox(
            QMessageBox.Icon.Question, "Free space", f"Delete {count} older checkpoint{'s' if count != 1 else ''}?", parent=self
        )
        box.setInformativeText(
            f"This frees {size_text(sum(one.bytes for one in plans))} of {len(plans)} run{'s' if len(plans) != 1 else ''}. "
            "The newest good checkpoint of each stays, so each can still be shown and resumed."
        )
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.addButton(QMessageBox.StandardButton.Cancel)
        box.setDefaultButton(box.addButton("Delete", QMessageBox.ButtonRole.AcceptRole))
        box.accepted.connect(lambda: self.context.background.submit(lambda: sum(map(free, plans)), self.freed, self.not_freed))
        box.open()

    def freed(self, count: int) -> None:
        self.context.say(f"Freed {size_text(count)}.")
        self.refresh()

    def not_freed(self, error: BaseException) -> None:
        self.context.report(str(error), "")
        self.refresh()

    def ask_empty(self) -> None:
        """Look in the background what the trash folder holds, then ask."""
        self.context.background.submit(lambda: {path: disk_use(path) for path in trashed()}, self.ask_to_delete, self.not_freed)

    def ask_to_delete(self, deleted: dict[Path, int]) -> None:
        if not deleted:
            self.context.say("The trash folder is empty.")
            return
        count = f"{len(deleted)} deleted run{'s' if len(deleted) != 1 else ''}"
        box = QMessageBox(QMessageBox.Icon.Question, "Empty trash", f"Delete {count} for good?", parent=self)
        box.setInformativeText(f"This frees {size_text(sum(deleted.values()))} and cannot be undone.")
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.addButton(QMessageBox.StandardButton.Cancel)
        box.addButton("Delete", QMessageBox.ButtonRole.AcceptRole)
        box.setDefaultButton(QMessageBox.StandardButton.Cancel)

        def delete() -> int:
            empty(deleted)
            return sum(deleted.values())

        box.accepted.connect(lambda: self.context.background.submit(delete, self.freed, self.not_freed))
        box.open()

    def ask_rename(self) -> None:
        for run in self.selected()[:1]:
            name, agreed = QInputDialog.getText(self, "Rename run", "New name:", text=run.name)
            if agreed and name != run.name:
                self.push(Renaming(run, name, self.moved))

    def delete_selected(self) -> None:
        """Move the selected runs to the trash folder; undo brings them back."""
        if self.selected():
            self.push(Deletion(self.selected(), self.moved))

    def push(self, change: "Renaming | Deletion") -> None:
        """Change folders, in a way that can be undone; a change that cannot be made is no step."""
        self.history.push(Deed(change.name, change.do, change.undo, self.context.report))
        if change.done:
            self.context.say(change.done)

    def moved(self, run: Run, path: Path | None) -> None:
        """Tell the panels, which may show the run, and show the list as it is now."""
        self.context.run_folders.moved.emit(run, path)
        self.refresh()

    def tensorboard_command(self) -> str:
        """The command that shows the selected runs, or all of them, in TensorBoard."""
        chosen = self.selected()
        if not chosen:
            return f"tensorboard --logdir {shlex.quote(str(runs_folder().resolve()))}"
        if len(chosen) == 1:
            return f"tensorboard --logdir {shlex.quote(str(chosen[0].path.resolve()))}"
        return "tensorboard --logdir_spec " + shlex.quote(
            ",".join(f"{re.sub('[:,]', '-', run.name)}:{run.path.resolve()}" for run in chosen)
        )

    def copy_tensorboard(self) -> None:
        QApplication.clipboard().setText(self.tensorboard_command())
        self.context.say(f"Copied: {self.tensorboard_command()}")

    def shut(self) -> None:
        self.timer.stop()


def log_text(run: Run) -> str:
    """The end of a run's log."""
    try:
        return (run.path / "log.txt").read_text(encoding="utf-8", errors="replace")[-20_000:]
    except OSError:
        return ""
