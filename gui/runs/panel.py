"""The Runs panel: every run on disk; sort, filter, compare, overlay, open, rename, delete; both can be undone.

What can be done with the selected runs is here; the list is `run_list`, what is shown of them `details`.
"""

import re
import shlex
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import Qt, QTimer, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QApplication, QInputDialog, QToolBar

from gui.actions import Action
from gui.export_run import EXPORT, ask_export
from gui.panel import AppContext, Panel
from gui.runs.changes import Deletion, Marking, Renaming
from gui.runs.details import RunDetails
from gui.runs.marks_dialog import MarksDialog
from gui.runs.queue_pane import QueuePane
from gui.runs.run_list import RunList
from gui.runs.space import SpaceDialogs
from gui.runs.sweep_pane import SweepPane
from gui.undo import Deed
from lab.errors import LabError
from lab.marks import Marks, marks
from lab.paths import runs_folder
from lab.run import Run

REFRESH_MS = 2000
MENU = "&Runs"
RUN_ACTIONS = (
    Action("open", "Open", "Open the selected run in its panel", lambda panel: panel.open_selected(), "Ctrl+O", MENU),
    Action("rename", "Rename…", "Rename the run's folder", lambda panel: panel.ask_rename(), "F2", MENU),
    Action("delete", "Delete", "Move the selected runs to the trash folder", lambda panel: panel.delete_selected(), "Del", MENU),
    Action("star", "Star", "Give the selected runs a star, or take it away", lambda panel: panel.toggle_star(), "Ctrl+Alt+S", MENU),
    Action("marks", "Tags and note…", "Tags and a note for the selected run", lambda panel: panel.edit_marks(), "Ctrl+Alt+T", MENU),
    Action(
        "free", "Free space…", "Delete the older checkpoints of the selected runs; the newest good one stays", lambda panel: panel.space.free(panel.selected()),
        "Ctrl+Shift+Del", MENU,
    ),
    Action("empty", "Empty trash…", "Delete the runs in the trash folder for good", lambda panel: panel.space.empty(), "Shift+Del", MENU),
    replace(EXPORT, menu=MENU),
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
        Action("filter", "Filter", "Go to the filter", lambda panel: panel.list.filter_line.setFocus(), "Ctrl+F", MENU),
        Action("refresh", "Refresh", "Read the runs folder again", lambda panel: panel.refresh(), "F5", MENU),
    )

    def __init__(self, context: AppContext):
        super().__init__(context)
        run_actions = [self.action_set[action.id] for action in RUN_ACTIONS]
        tools = QToolBar()
        tools.addActions(run_actions)
        self.list = RunList(context.background, tools)
        self.list.view.addActions(run_actions)
        self.setCentralWidget(self.list)
        self.space = SpaceDialogs(context, self, self.refresh)
        self.pages = RunDetails(context.background, self.list.listed_runs)
        self.details = self.add_dock("Selected runs", self.pages, Qt.DockWidgetArea.BottomDockWidgetArea)
        self.queue_pane = QueuePane(context, context.queue)
        self.queue_dock = self.add_dock("Queue", self.queue_pane, Qt.DockWidgetArea.BottomDockWidgetArea)
        self.sweep_pane = SweepPane(context)
        self.sweep_dock = self.add_dock("Sweeps", self.sweep_pane, Qt.DockWidgetArea.BottomDockWidgetArea)
        self.sweep_dock.visibilityChanged.connect(lambda _: self.sweep_pane.refresh())
        self.tabifyDockWidget(self.details, self.queue_dock)
        self.tabifyDockWidget(self.queue_dock, self.sweep_dock)
        self.details.raise_()
        self.resizeDocks([self.details], [380], Qt.Orientation.Vertical)
        self.list.changed.connect(self.show_selected)
        self.list.starred.connect(lambda run: self.set_star([run]))
        self.list.opened.connect(self.open_selected)
        self.timer = QTimer(self, interval=REFRESH_MS)
        self.timer.timeout.connect(self.tick)
        self.show_selected()

    def remember(self) -> None:
        self.list.remember()

    # -- what is shown ---------------------------------------------------------------------------------------------

    def entered(self) -> None:
        self.refresh()
        self.timer.start()

    def tick(self) -> None:
        """Follow what changes on disk, while somebody can see it."""
        if self.isVisible():
            self.refresh()
            self.pages.refresh()
            self.sweep_pane.refresh()

    def refresh(self) -> None:
        """Read the runs folder again."""
        self.list.refresh()

    def selected(self) -> list[Run]:
        return self.list.selected()

    def current_run(self) -> Run | None:
        return next(iter(self.selected()), None)

    def show_selected(self) -> None:
        """Curves, settings and log of the selected runs; what can be done with them."""
        chosen = self.selected()
        self.pages.show_runs(chosen)
        count, own = len(chosen), all(not run.shipped for run in chosen)
        for name, on in (
            ("open", count > 0), ("export", count == 1), ("rename", count == 1 and own), ("delete", count > 0 and own), ("folder", count == 1),
            ("star", count > 0 and own), ("marks", count == 1 and own), ("free", count > 0 and own),
        ):  # fmt: skip
            self.action_set.allow(name, on)

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

    def export_network(self) -> None:
        for run in self.selected()[:1]:
            ask_export(run, self.context, self)

    def toggle_star(self) -> None:
        self.set_star(self.selected())

    def set_star(self, runs: list[Run]) -> None:
        """All of them get a star, unless all have one: then it is taken away."""
        star = not all(marks(run).star for run in runs)
        what = runs[0].name if len(runs) == 1 else f"{len(runs)} runs"
        try:
            self.mark(f"star of {what}", [(run, replace(marks(run), star=star)) for run in runs])
        except LabError as error:
            self.context.report(str(error), "")

    def mark(self, name: str, given: list[tuple[Run, Marks]]) -> None:
        """Give runs other tags, notes or stars, in a way that can be undone. Raises LabError where a folder cannot be written."""
        change = Marking(given, self.refresh)
        if change.before != change.after:
            change.do()
            self.history.push(Deed(name, change.do, change.undo, self.context.report))

    def edit_marks(self) -> None:
        for run in self.selected()[:1]:
            dialog = MarksDialog(run, lambda given, run=run: self.mark(f"tags and note of {run.name}", [(run, given)]), self)  # type: ignore[misc]
            dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            dialog.open()

    def ask_rename(self) -> None:
        for run in self.selected()[:1]:
            name, agreed = QInputDialog.getText(self, "Rename run", f"New name of {run.name}:", text=run.name)
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
