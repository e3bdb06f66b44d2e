"""Freeing disk space: older checkpoints of runs, and the trash folder. What would go is looked for first, then asked, then deleted.

Read first: `SpaceDialogs.free`.
"""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox, QWidget

from gui.panel import AppContext
from lab.free_space import Plan, disk_use, free, plan
from lab.readable import size_text
from lab.run import Run
from lab.run_folders import empty, trashed


class SpaceDialogs:
    """Asks over `parent`; `done` is called when something may have been deleted."""

    def __init__(self, context: AppContext, parent: QWidget, done: Callable[[], None]):
        self.context, self.parent, self.done = context, parent, done

    def free(self, runs: list[Run]) -> None:
        """Delete the older checkpoints of these runs."""
        self.context.say("Looking for older checkpoints…")
        self.look(lambda: [one for one in map(plan, runs) if one.folders], self.ask_free)

    def empty(self) -> None:
        """Delete the runs in the trash folder for good."""
        self.look(lambda: {path: disk_use(path) for path in trashed()}, self.ask_empty)

    def look(self, what: Callable[[], object], ask: Callable[..., None]) -> None:
        self.context.background.submit(what, ask, self.failed, receiver=self.parent)

    def ask_free(self, plans: list[Plan]) -> None:
        if not plans:
            self.context.say("There are no older checkpoints to delete.")
            return
        count = sum(len(one.folders) for one in plans)
        self.ask(
            "Free space", f"Delete {count} older checkpoint{'s' if count != 1 else ''}?",
            f"This frees {size_text(sum(one.bytes for one in plans))} of {len(plans)} run{'s' if len(plans) != 1 else ''}. "
            "The newest good checkpoint of each stays, so each can still be shown and resumed.",
            lambda: sum(map(free, plans)),
        )  # fmt: skip

    def ask_empty(self, deleted: dict[Path, int]) -> None:
        if not deleted:
            self.context.say("The trash folder is empty.")
            return

        def delete() -> int:
            empty(deleted)
            return sum(deleted.values())

        count = f"{len(deleted)} deleted run{'s' if len(deleted) != 1 else ''}"
        self.ask(
            "Empty trash", f"Delete {count} for good?", f"This frees {size_text(sum(deleted.values()))} and cannot be undone.",
            delete, careful=True,
        )  # fmt: skip

    def ask(self, title: str, question: str, more: str, delete: Callable[[], int], careful: bool = False) -> None:
        """Ask before `delete`, which returns how many bytes it freed; Return cancels where one has to be `careful`."""
        box = QMessageBox(QMessageBox.Icon.Question, title, question, parent=self.parent)
        box.setInformativeText(more)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        cancel = box.addButton(QMessageBox.StandardButton.Cancel)
        agreed = box.addButton("Delete", QMessageBox.ButtonRole.AcceptRole)
        box.setDefaultButton(cancel if careful else agreed)
        box.accepted.connect(lambda: self.context.background.submit(delete, self.freed, self.failed, receiver=self.parent))
        box.open()

    def freed(self, count: int) -> None:
        self.context.say(f"Freed {size_text(count)}.")
        self.done()

    def failed(self, error: BaseException) -> None:
        self.context.report(str(error), "")
        self.done()
