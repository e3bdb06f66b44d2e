"""The window: the bar with the panels, the panel in front, menus, status bar, and an orderly end.

Read first: `MainWindow.go_to`, then `closeEvent`. Panels are made when they are first shown.
"""

import sys
import time
import traceback
from functools import partial
from pathlib import Path
from types import TracebackType

from PySide6.QtCore import QByteArray, Qt, QTimer, QUrl, Signal
from PySide6.QtGui import QAction, QActionGroup, QCloseEvent, QDesktopServices, QKeySequence
from PySide6.QtWidgets import (
    QApplication,
    QDialog,
    QLabel,
    QMainWindow,
    QMenu,
    QMessageBox,
    QStackedWidget,
    QStatusBar,
    QToolBar,
    QToolButton,
)

from gui import theme
from gui.background import Background
from gui.bridge import CLOSE_SECONDS, Sessions
from gui.dialogs import AboutDialog, ErrorDialog, ShortcutSheet, plain
from gui.panel import PANELS, AppContext, Panel
from gui.settings import settings
from gui.system import device_text, gpu_memory, process_memory, size_text
from gui.widgets.fast_label import FastLabel
from lab.run import Run

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
        self.context = AppContext(self.background, self.sessions, self.say, self.report, self.open_run)
        self.panels: dict[str, Panel] = {}
        self.ready = self.closing = False
        self.abandoned = False
        """Closed although a session had not ended: its threads still run."""
        self.close_deadline = 0.0
        self.still_saving: QMessageBox | None = None
        self.errors: list[ErrorDialog] = []
        self.stack = QStackedWidget()
        self.setCentralWidget(self.stack)
        self.build_bar()
        self.build_menus()
        self.build_status()
        self.status_timer = QTimer(self, interval=1000)
        self.status_timer.timeout.connect(self.show_status)
        self.close_timer = QTimer(self, interval=50)
        self.close_timer.timeout.connect(self.finish_close)
        self.resize(1280, 800)
        geometry = settings().value("window/geometry")
        if isinstance(geometry, QByteArray):
            self.restoreGeometry(geometry)

    # -- parts -----------------------------------------------------------------------------------------------------

    def build_bar(self) -> None:
        self.bar = QToolBar("Panels", movable=False)
        self.bar.setObjectName("Panels")
        self.bar.toggleViewAction().setVisible(False)
        self.bar.setOrientation(Qt.Orientation.Vertical)
        self.addToolBar(Qt.ToolBarArea.LeftToolBarArea, self.bar)
        group = QActionGroup(self)
        self.panel_actions: dict[str, QAction] = {}
        for i, spec in enumerate(PANELS):
            action = QAction(spec.name, self, checkable=True)
            action.setShortcut(QKeySequence(f"Alt+{i + 1}"))
            action.setToolTip(f"{spec.about} (Alt+{i + 1})")
            action.setStatusTip(spec.about)
            action.triggered.connect(partial(self.go_to, spec.name))
            group.addAction(action)
            self.panel_actions[spec.name] = action
            self.bar.addAction(action)
            button = self.bar.widgetForAction(action)
            if isinstance(button, QToolButton):
                button.setMinimumSize(68, 44)

    def build_menus(self) -> None:
        def action(menu: QMenu, text: str, keys: str, tip: str, slot: object) -> QAction:
            made = menu.addAction(text)
            made.setShortcut(QKeySequence(keys))
            made.setToolTip(tip)
            made.setStatusTip(tip)
            made.triggered.connect(slot)
            return made

        bar = self.menuBar()
        self.file_menu = bar.addMenu("&File")
        action(self.file_menu, "Open the runs folder", "Ctrl+Shift+O", "Show the runs in the file manager", lambda: self.open_folder(None))
        self.picture_action = action(
            self.file_menu, "Copy a picture of the window", "Ctrl+Shift+G", "Copy what the window shows", self.copy_window
        )
        self.file_menu.addSeparator()
        action(self.file_menu, "Quit", "Ctrl+Q", "Stop and save what trains, and close the app", self.close)
        self.view_menu = bar.addMenu("&View")
        self.view_menu.addActions(list(self.panel_actions.values()))
        self.view_menu.addSeparator()
        self.docks_menu = self.view_menu.addMenu("Docks")
        theme_menu = self.view_menu.addMenu("Theme")
        self.theme_group = QActionGroup(self)
        for choice in ("system", "light", "dark"):
            entry = theme_menu.addAction(choice.title(), partial(self.set_theme, choice))
            entry.setCheckable(True)
            entry.setChecked(str(settings().value("theme", "system")) == choice)
            self.theme_group.addAction(entry)
        action(self.view_menu, "Full screen", "F11", "Fill the screen, or go back", self.toggle_full_screen)
        action(self.view_menu, "Reset layout", "Ctrl+Shift+L", "Put every dock back to its first place", self.reset_layout)
        self.help_menu = bar.addMenu("&Help")
        action(self.help_menu, "Keyboard shortcuts", "F1", "List every shortcut", self.show_shortcuts)
        action(self.help_menu, "About", "Ctrl+F1", "Versions, and where runs are kept", self.show_about)
        self.panel_menus: dict[str, list[QAction]] = {}

    def build_status(self) -> None:
        bar = QStatusBar()
        self.setStatusBar(bar)
        self.device_label = QLabel("device: loading PyTorch…")
        self.device_label.setToolTip("Where a run computes unless told otherwise")
        self.speed_label = FastLabel()
        self.speed_label.setToolTip("Steps per second of the sessions that train, in all")
        self.memory_label = FastLabel()
        self.memory_label.setToolTip("Memory of this process, and of the GPU where there is one")
        self.run_button = QToolButton(autoRaise=True)
        self.run_button.setObjectName("run folder")
        self.run_button.setToolTip("Folder of the run in front; press to open it")
        self.run_button.clicked.connect(lambda: self.open_folder(self.current_run()))
        for widget in (self.device_label, self.speed_label, self.memory_label, self.run_button):
            bar.addPermanentWidget(widget)

    # -- panels ----------------------------------------------------------------------------------------------------

    def panel(self, name: str) -> Panel:
        """The panel of that name, made if need be."""
        if name not in self.panels:
            spec = next(spec for spec in PANELS if spec.name == name)
            made = spec.panel_class()(self.context)
            self.panels[name] = made
            self.stack.addWidget(made)
            self.panel_menus[name] = [self.menuBar().insertMenu(self.help_menu.menuAction(), menu) for menu in made.menus()]
            made.setProperty("first_layout", made.saveState(LAYOUT))
            state = settings().value(f"layout/{name}")
            if isinstance(state, QByteArray):
                made.restoreState(state, LAYOUT)
        return self.panels[name]

    def go_to(self, name: str, *_: object) -> Panel:
        """Bring a panel to the front."""
        panel = self.panel(name)
        self.panel_actions[name].setChecked(True)
        self.stack.setCurrentWidget(panel)
        for other, actions in self.panel_menus.items():
            for menu_action in actions:
                # A hidden menu's shortcuts must not fire, so its actions are switched off with it.
                menu_action.setVisible(other == name)
                menu = self.panels[other].menus()
                for entry in (entry for part in menu for entry in part.actions()):
                    entry.setEnabled(other == name)
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
        current = self.stack.currentWidget()
        if isinstance(current, Panel):
            self.enter(current)
        self.background.submit(device_text, self.show_device, lambda error: self.show_device(str(error)))

    def show_device(self, text: str) -> None:
        self.device_label.setText(text)
        self.torch_loaded.emit()

    def say(self, sentence: str) -> None:
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
            self.run_button.setText(run.name)
            self.run_button.setToolTip(f"{run.path.resolve()}\nPress to open this folder")

    def report(self, sentence: str, trace: str) -> None:
        """Show an error without stopping anything else."""
        dialog = ErrorDialog(sentence, trace, self)
        self.errors.append(dialog)
        dialog.finished.connect(lambda _: self.errors.remove(dialog))
        dialog.open()

    def catch(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        """`sys.excepthook`: a defect in the app is shown with its traceback; the app and the sessions go on."""
        text = "".join(traceback.format_exception(kind, error, trace))
        print(text, flush=True)
        self.report(f"A defect in the app: {kind.__name__}: {error}", text)

    def open_folder(self, run: Run | None) -> None:
        from lab.run import home

        path = (run.path if run is not None else home()).resolve()
        if not Path(path).exists():
            self.say(f"{path} does not exist yet: it comes with the first run.")
            return
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(path)))

    # -- menu entries ----------------------------------------------------------------------------------------------

    def copy_window(self) -> None:
        QApplication.clipboard().setPixmap(self.grab())
        self.say("Copied a picture of the window.")

    def set_theme(self, choice: str, *_: object) -> None:
        settings().setValue("theme", choice)
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        theme.apply(app, choice)

    def toggle_full_screen(self) -> None:
        self.showNormal() if self.isFullScreen() else self.showFullScreen()

    def reset_layout(self) -> None:
        for name, panel in self.panels.items():
            settings().remove(f"layout/{name}")
            panel.restoreState(panel.property("first_layout"), LAYOUT)
            for dock in panel.docks():
                dock.show()

    def show_shortcuts(self) -> None:
        groups = {
            "Everywhere": [*self.panel_actions.values(), *entries(self.file_menu), *entries(self.view_menu), *entries(self.help_menu)]
        }
        groups["Everywhere"] = list(dict.fromkeys(groups["Everywhere"]))
        for panel in self.panels.values():
            for menu in panel.menus():
                groups[f"{panel.name}: {plain(menu.title())}"] = entries(menu)
        ShortcutSheet(groups, self).open()

    def show_about(self) -> None:
        AboutDialog(self).open()

    # -- the end ---------------------------------------------------------------------------------------------------

    def closeEvent(self, event: QCloseEvent) -> None:
        """Ask once if something trains; then stop, save and wait with a limit, while the window stays alive."""
        if self.closing:
            event.setAccepted(self.abandoned or not self.sessions.busy())
            return
        training = [bridge.run.name for bridge in self.sessions.running()]
        training += [f"{start.name} (being started)" for start in self.sessions.starting]
        if training and not self.confirm_close(training):
            event.ignore()
            return
        self.begin_close()
        event.setAccepted(not self.sessions.busy())
        if event.isAccepted():
            self.end()

    def confirm_close(self, training: list[str]) -> bool:
        """Whether to stop what trains, by its names."""
        names = "\n".join(training)
        question = f"Training goes on:\n{names}\n\nStop, save a checkpoint of each and close? They can be resumed later."
        box = QMessageBox(QMessageBox.Icon.Question, "Close the lab", question, parent=self)
        close = box.addButton("Save and close", QMessageBox.ButtonRole.AcceptRole)
        box.addButton("Go on training", QMessageBox.ButtonRole.RejectRole)
        box.exec()
        agreed = box.clickedButton() is close
        box.deleteLater()
        return agreed

    def begin_close(self) -> None:
        """Ask the sessions to end, and look until they have."""
        self.closing = True
        self.remember()
        self.sessions.request_close()
        self.close_deadline = time.monotonic() + CLOSE_SECONDS
        self.stack.setEnabled(False)
        self.statusBar().showMessage("Saving checkpoints…")
        self.close_timer.start()

    def finish_close(self) -> None:
        """Close once every session has ended; when that takes long, ask whether to wait."""
        if not self.sessions.busy():
            self.close_timer.stop()
            self.end()
            self.close()
        elif time.monotonic() > self.close_deadline and self.still_saving is None:
            self.ask_to_wait()

    def ask_to_wait(self) -> None:
        """Say who has not ended, and what closing anyway loses."""
        box = QMessageBox(QMessageBox.Icon.Warning, "Still saving", f"{lost(self.sessions)}\n\nWait on, or close anyway?", parent=self)
        wait = box.addButton("Wait on", QMessageBox.ButtonRole.RejectRole)
        anyway = box.addButton("Close anyway", QMessageBox.ButtonRole.DestructiveRole)
        box.setDefaultButton(wait)
        box.setEscapeButton(wait)

        def answered() -> None:
            self.still_saving = None
            self.close_deadline = time.monotonic() + CLOSE_SECONDS
            if box.clickedButton() is anyway:
                self.abandon()
            box.deleteLater()

        box.finished.connect(lambda _: answered())
        self.still_saving = box
        box.open()

    def interrupted(self) -> None:
        """Ctrl-C in the terminal: save and close; at the second time, close at once."""
        if not self.closing:
            print("\nSaving checkpoints and closing (Ctrl-C again to close at once).", file=sys.stderr, flush=True)
            self.begin_close()
        elif not self.abandoned:
            self.abandon()

    def abandon(self) -> None:
        """Close without the sessions. A checkpoint is renamed into place when it is whole, so what is on disk stays good."""
        self.abandoned = self.sessions.busy()
        if self.abandoned:
            print(lost(self.sessions), file=sys.stderr, flush=True)
        self.end(wait=False)
        self.close()

    def end(self, wait: bool = True) -> None:
        """Everything the window started ends here."""
        self.status_timer.stop()
        self.close_timer.stop()
        for panel in self.panels.values():
            panel.shut()
        for dialog in self.findChildren(QDialog):
            dialog.close()
        if wait:
            self.sessions.wait(1.0)
        self.background.close(wait)

    def remember(self) -> None:
        store = settings()
        store.setValue("window/geometry", self.saveGeometry())
        for name, panel in self.panels.items():
            store.setValue(f"layout/{name}", panel.saveState(LAYOUT))
            panel.remember()
        current = self.stack.currentWidget()
        if isinstance(current, Panel):
            store.setValue("window/panel", current.name)


def lost(sessions: Sessions) -> str:
    """What closing now loses of the sessions that have not ended."""
    lines = [f"{start.name} is still being started: it has not begun to train." for start in sessions.starting]
    for bridge in sessions.alive():
        step = bridge.session.written_step
        kept = f"its checkpoint at {step:,} stays" if step is not None else "the checkpoints it had before, if any, stay"
        lines.append(f"{bridge.run.name} has not ended. The steps since its last checkpoint would be lost; {kept} good.")
    return "\n".join(lines)


def entries(menu: QMenu) -> list[QAction]:
    """The entries of a menu that do something."""
    return [action for action in menu.actions() if not action.isSeparator() and action.menu() is None]
