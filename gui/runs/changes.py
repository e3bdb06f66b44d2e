"""Changes of runs that can be undone: a new name, the way to the trash folder and back, tags, notes and stars."""

from collections.abc import Callable
from pathlib import Path

from lab.errors import LabError
from lab.marks import Marks, marks, put
from lab.run import Run
from lab.run_folders import discard, put_back, rename

Told = Callable[[Run, Path | None], None]
"""Is told of a run as it was, and its new path, or None where it was deleted."""


class Renaming:
    """Another name for a run."""

    def __init__(self, run: Run, new: str, told: Told):
        self.run, self.old, self.new, self.told = run, run.name, new, told
        self.name = f"renaming of {run.name}"
        self.done = ""
        """What was done, to be said once."""

    def do(self) -> None:
        self.give(self.new)
        self.done = f"Renamed to {self.new}."

    def undo(self) -> None:
        self.give(self.old)

    def give(self, name: str) -> None:
        before, path = self.run, rename(self.run, name)
        self.run = Run(path)
        self.told(before, path)


class Deletion:
    """Moves runs to the trash folder. One that trains stays; the others go all the same."""

    def __init__(self, runs: list[Run], told: Told):
        self.runs, self.told = runs, told
        self.trash: list[Path] = []
        what = runs[0].name if len(runs) == 1 else f"{len(runs)} runs"
        self.name = f"deletion of {what}"
        self.done = ""

    def do(self) -> None:
        self.trash, refused = [], None
        kept: list[Run] = []
        for run in self.runs:
            try:
                self.trash.append(discard(run))
            except LabError as error:
                refused = error
            else:
                kept.append(run)
                self.told(run, None)
        if not kept:
            assert refused is not None
            raise refused
        self.runs = kept
        what = kept[0].name if len(kept) == 1 else f"{len(kept)} runs"
        self.done = f"Moved {what} to the trash folder. Undo with Ctrl+Z." + (f" {refused}" if refused else "")

    def undo(self) -> None:
        paths, self.trash = self.trash, []
        refused = None
        for path in paths:
            try:
                run = Run(put_back(path))
                self.told(run, run.path)
            except LabError as error:
                refused = error
        if refused is not None:
            raise refused


class Marking:
    """Other tags, notes or stars of runs."""

    def __init__(self, given: list[tuple[Run, Marks]], told: Callable[[], None]):
        self.before = {run.path: marks(run) for run, _ in given}
        self.after = {run.path: after for run, after in given}
        self.told = told

    def do(self) -> None:
        self.give(self.after)

    def undo(self) -> None:
        self.give(self.before)

    def give(self, given: dict[Path, Marks]) -> None:
        for path, wanted in given.items():
            if not path.is_dir():
                raise LabError(f"The folder of {path.name} is gone.")
            put(Run(path), wanted)
        self.told()
