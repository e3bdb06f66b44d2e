"""The orderly end of the window: what trains is asked to stop and save, waited for with a limit, and what is lost is said.

Read first: `Closing.agrees`.
"""

import sys
import time
from typing import Any

from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtWidgets import QDialog, QMessageBox

from gui.bridge import CLOSE_SECONDS, Sessions
from gui.widgets.dismantle import dismantle


class Closing(QObject):
    """Closes a window once its sessions and the threads of its pages have ended."""

    def __init__(self, window: Any):
        """`window` is the `MainWindow`."""
        super().__init__(window)
        self.begun = False
        self.abandoned = False
        """Closed although a session had not ended: its threads still run."""
        self.deadline = 0.0
        self.still_saving: QMessageBox | None = None
        self.timer = QTimer(self, interval=50)
        self.timer.timeout.connect(self.finish)

    @property
    def window(self) -> Any:
        return self.parent()

    def agrees(self) -> bool:
        """Whether the window may close now. It asks once if something trains; then sessions stop and save while the window stays alive."""
        sessions = self.window.sessions
        if self.begun:
            return self.abandoned or not self.busy()
        training = [bridge.run.name for bridge in sessions.running()]
        training += [f"{start.name} (starting)" for start in sessions.starting]
        if training and not self.confirm(training):
            return False
        self.begin()
        if self.busy():
            return False
        self.end()
        return True

    def busy(self) -> bool:
        """Whether sessions, or the threads of pages, which save nothing, have not ended yet."""
        return self.window.sessions.busy() or any(panel.busy() for panel in self.window.panels.values())

    def confirm(self, training: list[str]) -> bool:
        """Whether to stop what trains, by its names."""
        box = QMessageBox(QMessageBox.Icon.Question, "Close the lab", question(training), parent=self.window)
        box.setTextFormat(Qt.TextFormat.PlainText)  # A run may be called <b>.
        close = box.addButton("Save and close", QMessageBox.ButtonRole.AcceptRole)
        box.addButton("Keep training", QMessageBox.ButtonRole.RejectRole)
        box.exec()
        agreed = box.clickedButton() is close
        box.deleteLater()
        return agreed

    def begin(self) -> None:
        """Ask the sessions to end, and look until they have."""
        window = self.window
        self.begun = True
        window.present(False)
        window.statusBar().showMessage("Saving…")
        for panel in window.panels.values():
            panel.finish_saves()
            panel.request_shut()
        window.remember()
        window.sessions.request_close()
        self.deadline = time.monotonic() + CLOSE_SECONDS
        window.stack.setEnabled(False)
        window.statusBar().showMessage("Saving checkpoints…" if window.sessions.busy() else "Closing…")
        self.timer.start()

    def finish(self) -> None:
        """Close once every session has ended; when that takes long, ask whether to wait."""
        if not self.busy():
            self.timer.stop()
            self.end()
            self.window.close()
        elif time.monotonic() > self.deadline and self.still_saving is None and self.window.sessions.busy():
            self.ask_to_wait()

    def ask_to_wait(self) -> None:
        """Say who has not ended, and what closing anyway loses."""
        box = QMessageBox(
            QMessageBox.Icon.Warning, "Still saving", f"{lost(self.window.sessions)}\n\nKeep waiting, or close anyway?", parent=self.window
        )
        wait = box.addButton("Keep waiting", QMessageBox.ButtonRole.RejectRole)
        anyway = box.addButton("Close anyway", QMessageBox.ButtonRole.DestructiveRole)
        box.setDefaultButton(wait)
        box.setEscapeButton(wait)

        def answered() -> None:
            self.still_saving = None
            self.deadline = time.monotonic() + CLOSE_SECONDS
            if box.clickedButton() is anyway:
                self.abandon()
            box.deleteLater()

        box.finished.connect(lambda _: answered())
        self.still_saving = box
        box.open()

    def interrupted(self) -> None:
        """Ctrl-C in the terminal: save and close; at the second time, close at once."""
        if not self.begun:
            print("\nSaving checkpoints and closing (Ctrl-C again to close at once).", file=sys.stderr, flush=True)
            self.begin()
        elif not self.abandoned:
            self.abandon()

    def abandon(self) -> None:
        """Close without the sessions. A checkpoint is renamed into place when it is whole, so what is on disk stays good."""
        self.abandoned = self.window.sessions.busy()
        if self.abandoned:
            print(lost(self.window.sessions), file=sys.stderr, flush=True)
        self.end(wait=False)
        self.window.close()

    def end(self, wait: bool = True) -> None:
        """Everything the window started ends here."""
        window = self.window
        window.status_timer.stop()
        window.queue.shut()
        window.sweeps.shut()
        self.timer.stop()
        for panel in window.panels.values():
            panel.shut()
            dismantle(panel)
        for dialog in window.findChildren(QDialog):
            dialog.close()
        if wait:
            window.sessions.wait(1.0)
        window.background.close(wait)


def lost(sessions: Sessions) -> str:
    """What closing now loses of the sessions that have not ended."""
    lines = [f"{start.name} is still starting and has not trained yet." for start in sessions.starting]
    for bridge in sessions.alive():
        step = bridge.session.writer.written_step
        kept = f"its checkpoint at {step:,} is kept" if step is not None else "earlier checkpoints, if any, are kept"
        lines.append(f"{bridge.run.name} is still saving. Steps since its last checkpoint would be lost; {kept}.")
    return "\n".join(lines)


def question(training: list[str]) -> str:
    """What is asked before these sessions are stopped."""
    one = "Stop it, save a checkpoint and close? It can be resumed later."
    several = "Stop them, save a checkpoint of each and close? They can be resumed later."
    return "\n".join(["Still training:", *training, "", one if len(training) == 1 else several])
