"""Views of a stored run: its weights are loaded once, in a pool thread, and asked there."""

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from gui.background import Background
from lab.run import Run

if TYPE_CHECKING:
    from lab.experiment import Experiment, ViewSpec


class StoredViews:
    """Answers the views of a stored run, the newest request of each key only.

    Unless `whole`, only its serving weights are loaded and only the live views answered: the others need what training
    had, such as a replay memory, which may be large.
    """

    def __init__(self, run: Run, background: Background, whole: bool = False):
        self.run, self.background = run, background
        self.whole = whole and not run.shipped
        self.experiment: Experiment | None = None
        self.on_warnings: Callable[[], None] | None = None
        """Called once, when opening the run gave reason for warnings."""
        self.lock, self.queue = threading.Lock(), threading.Lock()
        self.renewed, self.loaded = 0, -1
        """How often the run got a newer checkpoint since it was opened, and at which of these it was loaded."""
        self.waiting: dict[str, tuple[str, dict[str, Any], Any, Any]] = {}

    def specs(self) -> "dict[str, ViewSpec]":
        """Imports the recipe's experiment, and torch with it: call it once the window shows."""
        return {name: spec for name, spec in self.run.recipe.experiment_class().views().items() if spec.live or self.whole}

    def moving(self) -> bool:
        return False

    def renew(self) -> None:
        """Another process has written a newer checkpoint: load that one when the next view is asked."""
        self.renewed += 1

    def ask_view(self, view: str, done: Any, failed: Any, key: str, parameters: dict[str, Any]) -> None:
        """Ask in the pool; a request of the same key that still waits is dropped."""
        with self.queue:
            queued = key in self.waiting
            self.waiting[key] = (view, parameters, done, failed)
        if not queued:
            self.background.submit(lambda: self.answer(key), lambda got: self.deliver(*got))

    def deliver(self, done: Any, what: Any) -> None:
        """Hand over an answer, or an error, in the window's thread."""
        if self.on_warnings is not None and self.run.warnings:
            self.on_warnings()
            self.on_warnings = None
        done(what)

    def answer(self, key: str) -> tuple[Any, Any]:
        """Who is to be told, and what: the answer, or the error. In a pool thread."""
        with self.lock:
            with self.queue:
                view, parameters, done, failed = self.waiting.pop(key)
            try:
                if self.experiment is None or self.loaded != self.renewed:
                    self.loaded = self.renewed
                    self.experiment = self.run.experiment("cpu", serving_only=not self.whole, to_look=True)
                checked = self.specs()[view].checked(parameters)
                return done, self.experiment.answer(view, self.experiment.serving(), checked)
            except Exception as error:
                return failed, error
