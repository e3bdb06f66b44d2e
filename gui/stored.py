"""Views of a stored run: its serving weights are loaded once, in a pool thread, and asked there."""

import threading
from typing import TYPE_CHECKING, Any

from gui.background import Background
from lab.registry import view_parameters
from lab.run import Run

if TYPE_CHECKING:
    from lab.experiment import Experiment, ViewSpec


class StoredViews:
    """Answers the live views of a stored run. The others need what only training has, such as the replay memory."""

    def __init__(self, run: Run, background: Background):
        self.run, self.background = run, background
        self.experiment: Experiment | None = None
        self.lock = threading.Lock()

    def specs(self) -> "dict[str, ViewSpec]":
        """Imports the recipe's experiment, and torch with it: call it once the window shows."""
        return {name: spec for name, spec in self.run.recipe.experiment_class().views().items() if spec.live}

    def moving(self) -> bool:
        return False

    def ask_view(self, view: str, done: Any, failed: Any, key: str, parameters: dict[str, Any]) -> None:
        def answer() -> Any:
            with self.lock:
                if self.experiment is None:
                    self.experiment = self.run.experiment("cpu", serving_only=True)
                checked = view_parameters(self.specs()[view], parameters)
                return self.experiment.answer(view, self.experiment.serving(), checked)

        self.background.submit(answer, done, failed)
