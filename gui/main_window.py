"""The window: the bar with the panels, the panel in front, menus, status bar, and one's own pictures; its orderly end is in `gui.closing`.

Read first: `MainWindow.go_to`. Panels are made when they are first shown.
"""

import traceback
from pathlib import Path
from types import TracebackType
from weakref import ref

from PySide6.QtCore import QByteArray, QEvent, QSize, Qt, QTimer, QUrl, Signal
from PySide6.QtGui import QCloseEvent, QDesktopServices, QDragEnterEvent, QDropEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QApplication,
    QFileDialog,
    QLabel,
    QMainWindow,
    QStatusBar,
    QToolBar,
    QToolButton,
)

from gui import theme
from gui.actions import ActionSet
from gui.background import Background
from gui.bridge import Sessions
from gui.closing import Closing
from gui.dialogs import AboutDialog, ErrorDialog, ShortcutSheet
from gui.palette import LOADED, CommandPalette, at_once, load_all, of_others
from gui.panel import AppContext, Panel
from gui.panels import PANELS
from gui.queue_worker import QueueWorker
from gui.settings import FILM_SIZES, film_size, settings
from gui.sweep_runner import LOG, SWEEPS, SweepRunner
from gui.system import device_text, gpu_memory, process_memory
from gui.tour import Tour
from gui.training_panel import TrainingPanel
from gui.undo import UndoGroup, UndoKeys
from gui.widgets import icons
from gui.widgets.dropped_file import dropped_files
from gui.widgets.fast_label import FastLabel
from gui.widgets.room import FrontStack, fit_screen
from gui.widgets.saved_note import SavedNote
from gui.window_actions import (
    EDIT_ACTIONS,
    FILE_ACTIONS,
    HELP_ACTIONS,
    REDO,
    THEMES,
    UNDO,
    VIEW_ACTIONS,
    every_action,
    film_action,
    panel_action,
    theme_action,
)
from lab import registry
from lab.errors import LabError
from lab.making import read, tells
from lab.readable import size_text
from lab.run import Run
from lab.run_folders import KEPT_DAYS, empty, trashed
from lab.stored_runs import find
from lab.training_queue import Job

TEXT_SIZE = "text size"
"""The setting that keeps the size of text, in percent."""
LAYOUT = 1
"""Raised when docks change so much that a stored layout would not fit."""


class MainWindow(QMainWindow):
    """Holds the panels and what they share."""

    torch_loaded = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setWindowTitle("Lab")
        self.background = Background(self)
        self.sessions = Sessions(self.background, self)
        self.action_set = ActionSet("Everywhere", parent=self)
        self.queue = QueueWorker(self.sessions, self.start_job, self)
        self.sweeps = SweepRunner(self)
        self.sweeps.ended.connect(self.sweep_ended)
        self.undo_group = UndoGroup(self)
        self.undo_group.changed.connect(self.show_undo)
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        self.undo_keys = UndoKeys(app, self)
        self.context = AppContext(
            self.background,
            self.sessions,
            self.say,
            self.report,
            self.open_run,
            self.queue,
            self.sweeps,
            actions=self.action_set,
            undo=self.undo_group,
        )
        self.panels: dict[str, Panel] = {}
        self.ready = False
        self.closing = Closing(self)
        self.errors: list[ErrorDialog] = []
        self.stack = FrontStack()
        self.setCentralWidget(self.stack)
        self.setAcceptDrops(True)
        self.build_menus()
        self.build_bar()
        self.build_status()
        self.status_timer = QTimer(self, interval=1000)
        self.status_timer.timeout.connect(self.show_status)
        self.tour = Tour(self)
        self.presenting = self.was_full = False
        self.leave = QShortcut(QKeySequence("Escape"), self, enabled=False)
        self.leave.activated.connect(lambda: self.present(False))
        self.resize(1280, 800)
        geometry = settings().value("window/geometry")
        if isinstance(geometry, QByteArray):
            self.restoreGeometry(geometry)
        if not self.isMaximized() and not self.isFullScreen():
            fit_screen(self)

    # -- parts -----------------------------------------------------------------------------------------------------

    def build_bar(self) -> None:
        self.bar = QToolBar("Panels", movable=False)
        self.bar.setObjectName("Panels")
        self.bar.toggleViewAction().setVisible(False)
        self.bar.setOrientation(Qt.Orientation.Vertical)
        self.addToolBar(Qt.ToolBarArea.LeftToolBarArea, self.bar)
        self.panel_actions = {spec.name: self.action_set[panel_action(spec).id] for spec in PANELS}
        self.bar.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
        self.bar.addActions(list(self.panel_actions.values()))
        self.show_bar()

    def show_bar(self) -> None:
        """Icons in the colours of the palette and of the size of the text, and buttons of one width."""
        side = round(1.5 * self.fontMetrics().height())
        self.bar.setIconSize(QSize(side, side))
        for spec in PANELS:
            action = self.panel_actions[spec.name]
            action.setIcon(icons.icon(getattr(icons, spec.icon), self.palette(), side))
        buttons = [self.bar.widgetForAction(action) for action in self.panel_actions.values()]
        width = max(button.sizeHint().width() for button in buttons) + theme.GAP
        for button in buttons:
            button.setFixedWidth(width)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.FontChange) and hasattr(self, "panel_actions"):
            self.show_bar()

    def build_menus(self) -> None:
        window = ref(self)
        self.action_set.extend(FILE_ACTIONS, window)
        self.action_set.extend(map(film_action, FILM_SIZES), window)
        self.action_set[f"film.{film_size() or 0}"].setChecked(True)
        self.action_set.extend(EDIT_ACTIONS, window)
        self.show_undo()
        self.action_set.extend(map(panel_action, PANELS), window)
        self.action_set.menu("&View").addSeparator()
        self.docks_menu = self.action_set.menu("&View/Docks")
        self.action_set.extend((*map(theme_action, THEMES), *VIEW_ACTIONS), window)
        self.action_set.extend(HELP_ACTIONS, window)
        choice = str(settings().value("theme", "system"))
        self.action_set[f"theme.{choice if choice in THEMES else 'system'}"].setChecked(True)
        for menu in self.action_set.top_menus():
            self.menuBar().addMenu(menu)

    def build_status(self) -> None:
        bar = QStatusBar()
        self.setStatusBar(bar)
        self.device_label = QLabel("device: loading PyTorch…")
        self.device_label.setToolTip("Default device for training")
        self.speed_label = FastLabel()
        self.speed_label.setToolTip("Speed of the sessions that are training")
        self.memory_label = FastLabel()
        self.memory_label.setToolTip("Memory used by the app, and on the GPU")
        self.run_button = QToolButton(autoRaise=True)
        self.run_button.setObjectName("run folder")
        self.run_button.setToolTip("Folder of the current run; click to open it")
        self.run_button.clicked.connect(lambda: self.open_folder(self.current_run()))
        self.saved_note = SavedNote()
        bar.addWidget(self.saved_note)
        self.saved_note.hide()
        for widget in (self.device_label, self.speed_label, self.memory_label, self.run_button):
            bar.addPermanentWidget(widget)

    # -- panels ----------------------------------------------------------------------------------------------------

    def start_job(self, job: Job) -> None:
        """Start a training whose turn it is, in the panel of its recipe."""
        family = registry.recipe(job.recipe).family
        self.panel(next(spec.name for spec in PANELS if family in spec.families)).start_job(job)

    def sweep_ended(self, name: str, code: int) -> None:
        """Say what became of a sweep."""
        ends = {0: "has finished", 130: "has stopped; Continue in Runs > Sweeps goes on where it was"}
        self.say(f"Sweep {name} {ends.get(code, f'has trials that failed: {SWEEPS.folder(name) / LOG} says why')}.")

    def panel(self, name: str) -> Panel:
        """The panel of that name, made if need be."""
        if name not in self.panels:
            spec = next(spec for spec in PANELS if spec.name == name)
            made = spec.panel_class()(self.context)
            help_menu = self.action_set.menu("&Help").menuAction()
            self.panels[name] = made
            self.stack.addWidget(made)
            for menu in made.menus():
                self.menuBar().insertMenu(help_menu, menu)
            made.setProperty("first_layout", made.saveState(LAYOUT))
            state = settings().value(f"layout/{name}")
            if isinstance(state, QByteArray):
                made.sized = made.restoreState(state, LAYOUT)
        return self.panels[name]

    def go_to(self, name: str) -> Panel:
        """Bring a panel to the front."""
        panel, before = self.panel(name), self.stack.currentWidget()
        if self.presenting and before is not panel and isinstance(before, Panel):
            before.present(False)
            panel.present(True)
        self.panel_actions[name].setChecked(True)
        self.stack.setCurrentWidget(panel)
        panel.history.setActive(True)
        for other, behind in self.panels.items():
            behind.set_in_front(other == name)
        self.docks_menu.clear()
        for dock in panel.docks():
            toggle = dock.toggleViewAction()
            self.docks_menu.addAction(toggle)
        self.docks_menu.menuAction().setVisible(bool(panel.docks()))
        if self.ready:
            self.enter(panel)
        self.show_status()
        return panel

    def enter(self, panel: Panel) -> None:
        """A panel has come to the front."""
        panel.entered()
        if not panel.reopened:
            panel.reopened = True
            panel.reopen()

    def open_run(self, run: Run) -> None:
        """Show a stored run in the panel of its family."""
        for spec in PANELS:
            if run.recipe.family in spec.families:
                self.go_to(spec.name).open_run(run)
                return
        self.say(f"No panel shows runs of the family {run.recipe.family} yet; the Runs panel has their curves.")

    def current_run(self) -> Run | None:
        panel = self.stack.currentWidget()
        return panel.current_run() if isinstance(panel, Panel) else None

    # -- status and errors -----------------------------------------------------------------------------------------

    def started(self) -> None:
        """The window shows: now load torch, off its thread, let the panel in front begin, and tick."""
        self.ready = True
        self.status_timer.start()
        self.queue.timer.start()
        current = self.stack.currentWidget()
        if isinstance(current, Panel):
            self.enter(current)
        self.background.submit(device_text, self.show_device, lambda error: self.show_device(str(error)))
        self.background.submit(lambda: empty(trashed(KEPT_DAYS)), lambda _: None, lambda error: self.say(str(error)), receiver=self)

    def show_device(self, text: str) -> None:
        self.device_label.setText(text)
        self.torch_loaded.emit()

    def show_saved(self, path: Path, frames: int) -> None:
        """Say that a file was written, with a button that shows where."""
        self.statusBar().clearMessage()
        self.saved_note.show_saved(path, frames)

    def say(self, sentence: str) -> None:
        self.saved_note.hide()
        self.statusBar().showMessage(sentence, 8000)

    def show_status(self) -> None:
        active = [bridge for bridge in self.sessions.running() if bridge.latest.status == "running"]
        paces = [bridge.latest.pace for bridge in active]
        self.speed_label.setText(" + ".join(pace for pace in paces if pace) if any(paces) else "training" if active else "not training")
        gpu = gpu_memory()
        self.memory_label.setText(size_text(process_memory()) + (f"  ·  GPU {size_text(gpu)}" if gpu is not None else ""))
        run = self.current_run()
        self.run_button.setVisible(run is not None)
        if run is not None:
            self.run_button.setText(run.name.replace("&", "&&"))
            self.run_button.setToolTip(f"{run.path.resolve()}\nClick to open this folder")

    def report(self, sentence: str, trace: str) -> None:
        """Show an error without stopping anything else."""
        dialog = ErrorDialog(sentence, trace, self)
        self.errors.append(dialog)
        dialog.finished.connect(lambda _: self.errors.remove(dialog))
        dialog.open()

    def catch(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        """`sys.excepthook`: an internal error is shown with its traceback; app and sessions keep running."""
        text = "".join(traceback.format_exception(kind, error, trace))
        print(text, flush=True)
        self.report(f"Internal error: {kind.__name__}: {error}", text)

    def open_folder(self, run: Run | None) -> None:
        from lab.paths import runs_folder

        path = (run.path if run is not None else runs_folder()).resolve()
        if not Path(path).exists():
            self.say(f"{path} does not exist yet. The first run creates it.")
            return
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(path)))

    # -- one's own pictures --------------------------------------------------------------------------------------

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if dropped_files(event):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        paths = dropped_files(event)
        if len(paths) == 1 and tells(paths[0]):
            self.open_picture(paths[0])
        elif paths:
            self.look_at(paths)

    def open_picture(self, path: Path) -> None:
        """Open the run of a picture that the lab saved, at the view that it shows."""
        try:
            made = read(path)
            assert made is not None
            run = find(made.run)
        except LabError as error:
            self.report(f"{path.name} cannot be opened at its run. {error}", "")
            return
        self.open_run(run)
        panel = self.stack.currentWidget()
        tab = panel.tabs.of(run) if isinstance(panel, TrainingPanel) else None
        if tab is not None:
            tab.show_made(made)
            step = run.checkpoint_step()
            if step is not None and step != made.step:
                self.say(f"{path.name} was made at step {made.step:,}; the run is at step {step:,} now.")

    def ask_pictures(self) -> None:
        """Ask for a folder of pictures."""
        name = QFileDialog.getExistingDirectory(self, "A folder of pictures; sub-folders are the classes")
        if name:
            self.look_at([Path(name)])

    def look_at(self, paths: list[Path]) -> None:
        """Show what a folder, a ZIP or files hold, and offer to train on them."""
        from gui.own_pictures import OwnPictures  # With the reader of pictures and torch, for which the first window need not wait.

        front = self.stack.currentWidget()
        first = front.form.recipe.name if isinstance(front, TrainingPanel) else ""
        dialog = OwnPictures(paths, first, self.background, self)
        dialog.wanted.connect(self.use_pictures)
        dialog.open()

    def use_pictures(self, recipe: str, data: str) -> None:
        """Put pictures into the form of a recipe."""
        family = registry.recipe(recipe).family
        panel = self.go_to(next(spec.name for spec in PANELS if family in spec.families))
        assert isinstance(panel, TrainingPanel)
        panel.use_data(recipe, data)

    # -- menu entries ----------------------------------------------------------------------------------------------

    def copy_window(self) -> None:
        QApplication.clipboard().setPixmap(self.grab())
        self.say("Copied a screenshot of the window.")

    def undo(self, back: bool) -> None:
        """Undo the last step of the panel in front, or redo the one that was undone."""
        name = self.undo_group.go(back)
        if name:
            self.say(f"{'Undid' if back else 'Redid'}: {name}.")

    def show_undo(self) -> None:
        """Name what can be undone and redone."""
        for action, back in ((UNDO, True), (REDO, False)):
            step = self.undo_group.next_step(back)
            made = self.action_set[action.id]
            made.setText(f"{action.text} {step.text()}".replace("&", "&&") if step is not None else action.text)
            self.action_set.allow(action.id, step is not None)

    def set_theme(self, choice: str) -> None:
        settings().setValue("theme", choice)
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        theme.apply(app, choice)

    def text_size(self) -> int:
        """In percent of the system's."""
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        return round(100 * app.font().pointSizeF() / float(app.property("points") or app.font().pointSizeF()))

    def change_text(self, by: int) -> None:
        """Show text larger (1), smaller (-1) or at the system's size (0), in everything and at the next start too."""
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        now = min(range(len(theme.TEXT_SIZES)), key=lambda i: abs(theme.TEXT_SIZES[i] - self.text_size()))
        size = theme.TEXT_SIZES[min(max(now + by, 0), len(theme.TEXT_SIZES) - 1)] if by else 100
        theme.set_text(app, size)
        settings().setValue(TEXT_SIZE, size)
        self.say(f"Text at {size} %")

    def present(self, on: bool) -> None:
        """One page, picture or game fills the screen; or everything is as it was."""
        panel = self.stack.currentWidget()
        if on == self.presenting or not isinstance(panel, Panel):
            return
        self.presenting = on
        if self.tour.running:
            self.tour.leave()
        self.leave.setEnabled(on)
        if on:
            self.was_full = self.isFullScreen()
        panel.present(on)
        for part in (self.bar, self.menuBar(), self.statusBar()):
            part.setVisible(not on)
        self.showFullScreen() if on or self.was_full else self.showNormal()
        self.action_set["present"].setChecked(on)

    def fold_docks(self) -> None:
        panel = self.stack.currentWidget()
        if isinstance(panel, Panel) and not self.presenting:
            panel.fold()

    def toggle_full_screen(self) -> None:
        self.showNormal() if self.isFullScreen() else self.showFullScreen()

    def reset_layout(self) -> None:
        for name, panel in self.panels.items():
            settings().remove(f"layout/{name}")
            panel.untuck()
            panel.restoreState(panel.property("first_layout"), LAYOUT)
            for dock in panel.docks():
                dock.show()
            panel.size_docks()

    def show_shortcuts(self) -> None:
        groups = every_action()
        for name, panel in self.panels.items():
            groups[name] = list(dict.fromkeys([*groups[name], *panel.action_set.declared.values()]))
        ShortcutSheet(groups, self).open()

    def show_palette(self) -> None:
        palette = CommandPalette(list(at_once(self)), self, complete=False)
        palette.open()
        if LOADED.is_set():
            palette.offer(list(of_others(self)))
        else:
            self.background.submit(load_all, lambda _: palette.offer(list(of_others(self))), receiver=palette)

    def show_about(self) -> None:
        AboutDialog(self).open()

    # -- the end ---------------------------------------------------------------------------------------------------

    def closeEvent(self, event: QCloseEvent) -> None:
        event.setAccepted(self.closing.agrees())

    def remember(self) -> None:
        store = settings()
        store.setValue("window/geometry", self.saveGeometry())
        for name, panel in self.panels.items():
            panel.untuck()
            store.setValue(f"layout/{name}", panel.saveState(LAYOUT))
            panel.remember()
        current = self.stack.currentWidget()
        if isinstance(current, Panel):
            store.setValue("window/panel", current.name)
