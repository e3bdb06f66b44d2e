"""Works through sweeps in processes of their own, `lab sweep NAME`, as long as the app is open."""

import json
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from lab.errors import LabError
from lab.paths import write_atomic
from lab.trial_sets import TrialSets

if TYPE_CHECKING:
    from lab.sweep import Sweep

SWEEPS = TrialSets("sweep")
LOG = "sweep.log"
"""In a sweep's folder: what its process said."""
LOOK_MS = 500


class SweepRunner(QObject):
    """The sweeps that this app has started. One that is stopped, or left when the app closes, keeps a checkpoint of each training."""

    changed = Signal()
    """Which sweeps are at work."""
    ended = Signal(str, int)
    """A sweep's name and its exit code."""

    def __init__(self, parent: QObject | None = None):
        super().__init__(parent)
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.flags: dict[str, list[str]] = {}
        """How each sweep was started."""
        self.timer = QTimer(self, interval=LOOK_MS)
        self.timer.timeout.connect(self.look)

    def start(self, sweep: "Sweep", flags: list[str]) -> None:
        """Begin a new sweep, with the flags of `lab sweep` that say where its trainings run and how many at once. Raises LabError where it cannot be stored."""
        from lab.sweep import record

        try:
            sweep.folder.mkdir(parents=True, exist_ok=True)
            write_atomic(SWEEPS.file(sweep.name), json.dumps(record(sweep), indent=1) + "\n")
        except OSError as error:
            raise LabError(f"Cannot write the sweep's folder {sweep.folder} ({error.strerror}).") from None
        self.flags[sweep.name] = flags
        self.resume(sweep.name)

    def resume(self, name: str) -> None:
        """Continue a stored sweep, as it was started in this app or one training after the other here; nothing where it is at work already.
        Raises LabError where its process cannot be started."""
        if name in self.processes:
            return
        try:
            with (SWEEPS.folder(name) / LOG).open("ab") as log:
                # A session of its own: Ctrl-C in the app's terminal is the app's.
                self.processes[name] = subprocess.Popen(
                    [sys.executable, "-m", "lab.cli", "sweep", name, *self.flags.get(name, ["--jobs", "1"])],
                    stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
                )  # fmt: skip
        except OSError as error:
            raise LabError(f"Sweep {name} could not be started ({error.strerror}).") from None
        self.timer.start()
        self.changed.emit()

    def stop(self, name: str) -> None:
        """Let a sweep stop, with a checkpoint of each training."""
        if name in self.processes:
            self.processes[name].send_signal(signal.SIGINT)

    def look(self) -> None:
        """See which have ended."""
        over = {name: code for name, process in self.processes.items() if (code := process.poll()) is not None}
        for name, code in over.items():
            del self.processes[name]
            self.ended.emit(name, code)
        if over:
            self.changed.emit()
        if not self.processes:
            self.timer.stop()

    def shut(self) -> None:
        """Stop all of them; they save on their own."""
        self.timer.stop()
        for name in self.processes:
            self.stop(name)
