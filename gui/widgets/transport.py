"""The buttons of one session: pause, step, stop, checkpoint; and of a stored run: resume."""

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QProgressBar, QToolButton, QVBoxLayout, QWidget

from gui import theme
from gui.actions import Action, native
from gui.bridge import SessionBridge
from gui.widgets.fast_label import FastLabel
from gui.widgets.figures import Figures
from gui.widgets.flow_layout import FlowLayout
from lab.latest import progress_share, progress_text
from lab.readable import duration_text
from lab.run import Run

MENU = "&Training"


def press(name: str) -> Callable[[Any], object]:
    """Press a button of the transport of the run that is in front of a panel."""
    return lambda panel: panel.on_transport(name)


PAUSE = Action("pause", "Pause / Resume", "Pause after this step, or resume training", press("pause"), "Ctrl+P", MENU)
STEP = Action("step", "Step", "Take one step, then pause", press("step"), "Ctrl+.", MENU)
STOP = Action("stop", "Stop", "Stop training with a checkpoint; the run can be resumed", press("stop"), "Ctrl+E", MENU)
CHECKPOINT = Action("checkpoint", "Checkpoint", "Write a checkpoint now", press("checkpoint"), "Ctrl+S", MENU)
RESUME = Action("resume", "Resume stored run", "Resume this run from its newest checkpoint", press("resume"), "Ctrl+Shift+R", MENU)
CLONE = Action("clone", "Copy settings", "Copy this run's settings into the form", press("clone"), "Ctrl+D", MENU)
TRANSPORT_ACTIONS = (PAUSE, STEP, STOP, CHECKPOINT, RESUME, CLONE)
MARGIN = 12
"""Pixels of the progress bar that its text leaves free."""


def said(status: str) -> str:
    """What a status is called here."""
    return "training" if status == "running" else status


class Transport(QWidget):
    """Controls `bridge`; without one, offers to resume the stored run."""

    resume_wanted = Signal()
    clone_wanted = Signal()

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self.bridge: SessionBridge | None = None
        self.pause = self.button("Pause", PAUSE, self.toggle_pause)
        self.step = self.button("Step", STEP, self.step_once)
        self.stop = self.button("Stop", STOP, self.stop_session)
        self.checkpoint = self.button("Checkpoint", CHECKPOINT, self.checkpoint_now)
        self.resume = self.button("Resume", RESUME, self.resume_wanted.emit)
        self.clone = self.button("Copy settings", CLONE, self.clone_wanted.emit)
        self.progress = QProgressBar(textVisible=True, minimumWidth=80)
        self.progress.setToolTip("Progress of the run")
        self.state = FastLabel(wrap=True)
        self.figures = Figures()
        buttons = FlowLayout(gap=theme.GAP)
        for widget in (self.pause, self.step, self.stop, self.checkpoint, self.resume, self.clone, self.progress):
            buttons.addWidget(widget)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(buttons)
        layout.addWidget(self.state)
        layout.addWidget(self.figures)
        self.show_state()

    def button(self, text: str, action: Action, slot: object) -> QToolButton:
        made = QToolButton(text=text, toolTip=action.tooltip)
        made.clicked.connect(slot)
        return made

    def set_bridge(self, bridge: SessionBridge | None) -> None:
        """Control another session, or none."""
        self.bridge = bridge
        if bridge is not None:
            bridge.updated.connect(self.show_state)
            bridge.ended.connect(self.show_state)
        self.show_state()

    # -- actions ---------------------------------------------------------------------------------------------------

    def toggle_pause(self) -> None:
        if self.bridge is not None and self.bridge.running:
            if "pause" in self.bridge.session.requests:
                self.bridge.session.resume()
            else:
                self.bridge.session.pause()
            self.show_state()

    def step_once(self) -> None:
        if self.bridge is not None and self.bridge.running:
            self.bridge.session.step_once()
            self.show_state()

    def stop_session(self) -> None:
        if self.bridge is not None and self.bridge.running:
            self.bridge.session.stop()
            self.show_state()

    def checkpoint_now(self) -> None:
        if self.bridge is not None and self.bridge.running:
            self.bridge.session.checkpoint()

    # -- what it says ----------------------------------------------------------------------------------------------

    def show_state(self, *_: object) -> None:
        running = self.bridge is not None and self.bridge.running
        for button in (self.pause, self.step, self.stop, self.checkpoint):
            button.setVisible(running)
        self.resume.setVisible(not running)
        self.progress.setVisible(self.bridge is not None)
        if self.bridge is None:
            return
        latest, requests = self.bridge.latest, self.bridge.session.requests
        self.pause.setText("Resume" if "pause" in requests else "Pause")
        for button in (self.pause, self.step, self.stop, self.checkpoint):
            button.setEnabled("stop" not in requests)
        self.show_progress(latest.share, latest.progress)
        self.state.setText(self.state_text())
        self.figures.show_values(latest.metrics)

    def show_stored(self, run: Run, trainer: int | None) -> None:
        """A stored run: its status, and which other process trains it, if one does; it cannot be resumed as long as that is so."""
        status = run.status()
        done, target, unit = status.get("done"), status.get("target"), status.get("unit", "steps")
        parts = [run.kind if run.shipped else said(status["status"])]
        if trainer is not None:
            parts = [f"{parts[0]} in another process" + (f" ({trainer})" if trainer else "")]
        parts.append(f"{done:,} {unit}" if done is not None else "weights for watching")
        if trainer is not None:
            step = run.checkpoint_step()
            parts += [
                f"{duration_text(status.get('seconds', 0.0))} of training",
                f"checkpoint at {step:,}" if step is not None else "no checkpoint yet",
            ]
        self.state.setText("  ·  ".join(part for part in [*parts, status.get("reason", "")] if part))
        self.figures.show_values({name: value for name, value in status.get("metrics", {}).items() if value is not None})
        self.resume.setEnabled(trainer is None)
        self.resume.setText("Train a copy" if run.shipped else "Resume")
        if run.shipped:
            self.resume.setToolTip(f"Train a new run with these settings; the {run.kind} stays as it is ({native(RESUME.keys)})")
        else:
            locked = f"Process {trainer or ''} trains this run. It can be resumed when that has ended.".replace("  ", " ")
            self.resume.setToolTip(locked if trainer is not None else RESUME.tooltip)
        self.progress.setVisible(trainer is not None)
        times = status.get("seconds", 0.0), status.get("until")
        self.show_progress(progress_share(done or 0, target, *times), progress_text(done or 0, target, *times))

    def show_progress(self, share: float, words: str) -> None:
        """How much is done, where there is an end: in words where the bar has room for them, else in percent."""
        if share and self.progress.fontMetrics().horizontalAdvance(words) > self.progress.width() - MARGIN:
            words = f"{100 * share:.3g} %"
        self.progress.setMaximum(1000)
        self.progress.setValue(round(1000 * share))
        self.progress.setFormat(words)

    def state_text(self) -> str:
        """One line: status, speed, time."""
        assert self.bridge is not None
        latest, requests = self.bridge.latest, self.bridge.session.requests
        if self.bridge.running and "stop" in requests:
            return "stopping: saving a checkpoint…"
        status = said(latest.status)
        parts = [status]
        if latest.status == "failed":
            parts.append(latest.error)
        training = self.bridge.running and latest.status == "running"
        if training and latest.pace:
            parts.append(latest.pace)
        parts.append(f"{duration_text(latest.seconds)} of training")
        if training and latest.eta is not None:
            parts.append(f"{duration_text(latest.eta)} left")
        if latest.checkpoint_step is not None:
            parts.append(f"checkpoint at {latest.checkpoint_step:,}")
        return "  ·  ".join(parts)
