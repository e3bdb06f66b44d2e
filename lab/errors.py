"""What the lab says when something goes wrong: one sentence for the user, an exit code for the shell.

A `LabError` is a message for a person (what was expected, what was found, what to do), so it is printed without a
traceback. Anything else that escapes is a defect and keeps its traceback.
"""

import difflib
from collections.abc import Iterable


class LabError(Exception):
    """A failed run or a broken file. The message is shown as it is; the process ends with `exit_code`."""

    exit_code = 1


class UsageError(LabError):
    """The request itself was wrong: an unknown name, a value out of bounds."""

    exit_code = 2


def unknown(kind: str, name: str, known: Iterable[str], see: str = "lab list") -> UsageError:
    """The error for a name that is not in `known`, with the nearest names that are."""
    near = difflib.get_close_matches(name.lower(), list(known), n=3, cutoff=0.5)
    hint = f" Did you mean {' or '.join(near)}?" if near else ""
    return UsageError(f"There is no {kind} {name!r}.{hint} `{see}` shows all of them.")
