"""Sets of trials under a name, such as suites and sweeps: a folder each below the runs folder, which one process at a time works on."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab import lock_file
from lab.errors import LabError, UsageError
from lab.paths import runs_folder


@dataclass(frozen=True)
class TrialSets:
    """All sets of one kind, called `word`: `suite` has them in `suites/NAME/` with what was asked for in `suite.json`."""

    word: str

    @property
    def root(self) -> Path:
        return runs_folder() / f"{self.word}s"

    def folder(self, name: str) -> Path:
        """The folder of that name. Raises UsageError for a name that is no plain word."""
        if not re.fullmatch(r"\w[\w.-]{0,99}", name) or name == "show":
            raise UsageError(f"A {self.word}'s name has letters, digits, dots, dashes and underscores, and is not `show`; got {name!r}.")
        return self.root / name

    def file(self, name: str) -> Path:
        return self.folder(name) / f"{self.word}.json"

    def names(self) -> list[str]:
        """Those that there are, the newest first."""
        records = self.root.glob(f"*/{self.word}.json")
        return [path.parent.name for path in sorted(records, key=lambda path: path.stat().st_mtime, reverse=True)]

    def record(self, name: str, check: Any) -> Any:
        """`check(values)` of what was asked for under a name, None where there is none. Raises LabError where its file is damaged."""
        path = self.file(name)
        try:
            return check(json.loads(path.read_text(encoding="utf-8")))
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            raise LabError(f"{path} cannot be read ({error}).") from None

    @contextmanager
    def lock(self, name: str) -> Iterator[None]:
        """One process at a time. Raises LabError where another has it, or where its folder cannot be written."""
        folder = self.folder(name)
        with suppress(OSError):  # Then there can be no lock either, which is told.
            folder.mkdir(parents=True, exist_ok=True)
        with lock_file.held(
            folder / "lock", f"Cannot write to the {self.word}'s folder {folder}",
            lambda _: f"{self.word.capitalize()} {name} is being trained by another process.",
        ):  # fmt: skip
            yield
