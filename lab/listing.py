"""What a list of runs shows: columns by name, a filter, an order; the same in `lab runs` and in the app's table.

A column is one of `COLUMNS`, a metric (`accuracy/test`, or `accuracy` for short) or a setting (`learning_rate`).
Read first: `Entry.value`, then `Filter`.
"""

import re
import shlex
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from fnmatch import fnmatchcase
from functools import cached_property
from typing import Any

from lab.errors import unknown
from lab.free_space import disk_use
from lab.marks import Marks, marks
from lab.metrics import figure_text, is_number, title
from lab.readable import duration_text, size_text
from lab.run import Run
from lab.stored_runs import survey
from lab.tables import number

Value = float | int | str | bool | None
FIRST_METRICS, LAST_METRIC = ("charts/episodic_return", "losses/td_loss"), "charts/SPS"
"""The metrics that stand first and last in the column `metrics`."""
TOLD_FIRST = ("test", "validation")
"""Of several metrics with one short name, such as accuracy/train and accuracy/test, the first of these is meant."""


@dataclass(frozen=True)
class Entry:
    """A run in a list: what is known of it without loading it."""

    run: Run
    status: dict[str, Any]
    """As of `Run.status`."""

    @classmethod
    def of(cls, run: Run) -> "Entry":
        return cls(run, run.status())

    @cached_property
    def marks(self) -> Marks:
        return marks(self.run)

    @cached_property
    def disk(self) -> float:
        """MB of disk space. Walks the folder, so whoever lists many runs does it off the window's thread."""
        return disk_use(self.run.path) / 2**20

    @cached_property
    def metrics(self) -> dict[str, float]:
        """The last value of each metric."""
        known = {name: value for name, value in self.status.get("metrics", {}).items() if value is not None}
        return {name: known[name] for name in sorted(known, key=place)}

    @property
    def settings(self) -> dict[str, Any]:
        return dict(self.run.stored["config"])

    def has(self, column: str) -> bool:
        return column in COLUMNS or self.setting(column) is not None or self.metric(column) is not None

    def metric(self, word: str) -> str | None:
        """The metric of that name, or of that part of its name: `accuracy` is accuracy/test, `loss` is losses/loss, or else one of losses/."""
        if word in self.metrics:
            return word
        near = [name for name in self.metrics if word in name.split("/")] or [
            name for name in self.metrics if f"{word}es" in name.split("/")
        ]
        return min(near, key=lambda name: (name.split("/")[-1] not in TOLD_FIRST, TOLD_FIRST[:1] != (name.split("/")[-1],)), default=None)

    def setting(self, word: str) -> str | None:
        name = word.replace("-", "_")
        return name if name in self.run.stored["config"] else None

    def value(self, column: str) -> Value:
        """What a column holds of this run, to sort and to compare by; None where the run has no such thing."""
        if column in COLUMNS:
            return COLUMNS[column].value(self)
        if column in self.metrics:
            return self.metrics[column]
        setting, metric = self.setting(column), self.metric(column)
        value = self.run.stored["config"][setting] if setting is not None else None
        if setting is not None and not (isinstance(value, str) and metric is not None):  # The loss is a number, not its name.
            return value if value is None or isinstance(value, str | bool | int | float) else str(value)
        return None if metric is None else self.metrics[metric]

    def exported(self, column: str) -> Value:
        """The same for another program: numbers as they are, a time as a text."""
        return self.text(column) if column in ("created", "metrics") else self.value(column)

    def text(self, column: str) -> str:
        """The same as one reads it."""
        value = self.value(column)
        if column in COLUMNS and COLUMNS[column].text is not None:
            return COLUMNS[column].text(self)  # type: ignore[misc]
        if isinstance(value, bool):
            return "yes" if value else "no"
        return "" if value is None else f"{value:.5g}" if isinstance(value, float) else str(value)


@dataclass(frozen=True)
class Column:
    """A column that every run has: what it sorts by, how it reads, and what it says."""

    about: str
    value: Callable[[Entry], Value]
    text: Callable[[Entry], str] | None = None


def place(metric: str) -> int:
    """Where a metric stands among the others."""
    return FIRST_METRICS.index(metric) if metric in FIRST_METRICS else len(FIRST_METRICS) + (metric == LAST_METRIC)


def metrics_text(entry: Entry) -> str:
    return "   ".join(f"{title(name)} {figure_text(name, value)}" for name, value in entry.metrics.items())


def created_text(entry: Entry) -> str:
    return f"{datetime.fromtimestamp(entry.run.created):%Y-%m-%d %H:%M}" if entry.run.created > 0 else ""


COLUMNS = {
    "name": Column("The run's folder", lambda e: e.run.name),
    "star": Column("Whether you gave it a star", lambda e: e.marks.star, lambda e: "★" if e.marks.star else ""),
    "status": Column("Running, paused, stopped, finished, interrupted or failed", lambda e: str(e.status["status"])),
    "recipe": Column("What was trained", lambda e: e.run.recipe.name),
    "subject": Column("The data set or game", lambda e: str(e.run.stored.get("subject"))),
    "seed": Column("The seed of all random generators", lambda e: e.run.stored["config"].get("seed", 0)),
    "done": Column(
        "How far it has trained", lambda e: e.status.get("done", 0), lambda e: f"{e.status.get('done', 0):,} {e.status.get('unit', '')}".strip()
    ),
    "duration": Column(
        "How long it has trained", lambda e: e.status.get("seconds", 0.0), lambda e: duration_text(e.status.get("seconds", 0.0))
    ),
    "created": Column("When it was started", lambda e: e.run.created, created_text),
    "checkpoint": Column("How far it was at its newest checkpoint", lambda e: e.run.checkpoint_step()),
    "process": Column("The process that trains it now", lambda e: e.run.trainer() or None),
    "disk": Column("Disk space in MB", lambda e: e.disk, lambda e: size_text(e.disk * 2**20)),
    "tags": Column("Your tags", lambda e: ", ".join(e.marks.tags) or None),
    "note": Column("Your note", lambda e: e.marks.note or None),
    "reason": Column("Why it failed", lambda e: e.status.get("reason", "")),
    "metrics": Column("The last value of each metric", lambda e: next(iter(e.metrics.values()), None), metrics_text),
}  # fmt: skip
"""The columns that every run has."""
COSTLY = ("disk", "checkpoint", "process")
"""Columns that take a look into the run's folder: a word of a filter is not looked for in these."""
SHOWN = ("name", "status", "done", "duration", "metrics")
"""The columns of `lab runs` unless others are asked for."""


def entries(columns: Iterable[str] = ()) -> tuple[list[Entry], str]:
    """Every run, newest first, with what is costly of these columns, and a sentence about those that cannot be read, if there are any."""
    stored, note = survey()
    listed = [Entry.of(run) for run in stored]
    for column in set(columns) & set(COSTLY):
        for entry in listed:
            entry.value(column)
    return listed, note


def shown_columns(listed: Iterable[Entry]) -> list[str]:
    """The columns of `lab runs` unless others are asked for: star and tags where somebody gave some."""
    given = {name for name in ("star", "tags") if any(entry.value(name) for entry in listed)}
    return [name for name in ("star", *SHOWN[:-1], "tags", SHOWN[-1]) if name in SHOWN or name in given]


def metric_names(listed: Iterable[Entry]) -> list[str]:
    """Every metric that one of them has."""
    return list(dict.fromkeys(name for entry in listed for name in entry.metrics))


def setting_names(listed: Iterable[Entry]) -> list[str]:
    """Every setting that one of them has, but for those that are columns of their own."""
    return list(dict.fromkeys(name for entry in listed for name in entry.run.stored["config"] if name not in COLUMNS))


def csv_columns(listed: Sequence[Entry]) -> list[str]:
    """All that a spreadsheet may want: what every run has, and each metric in a column of its own."""
    return [*(name for name in COLUMNS if name not in ("metrics", "reason", *COSTLY)), *metric_names(listed)]


def check_columns(listed: Sequence[Entry], columns: Iterable[str]) -> None:
    """Raises UsageError for a column that none of the runs has."""
    for column in columns:
        if listed and not any(entry.has(column) for entry in listed):
            known = [*COLUMNS, *metric_names(listed), *setting_names(listed)]
            raise unknown("column", column, known, see="lab runs --json")


# -- filter --------------------------------------------------------------------------------------------------------

COMPARISON = re.compile(r"([\w./-]+?)(!=|<=|>=|=|<|>)(.*)", re.DOTALL)


@dataclass(frozen=True)
class Filter:
    """`recipe=vae accuracy>0.9 seed!=2 name=*-old fast`: every comparison and every word must fit.

    A word fits where a column of `COLUMNS` has it; texts are compared without regard to case, `*` and `?` stand for any letters.
    """

    terms: tuple[str, ...] = field(default=())

    @classmethod
    def of(cls, text: str) -> "Filter":
        try:
            return cls(tuple(shlex.split(text)))
        except ValueError:  # A quotation mark without its twin, such as while somebody types.
            return cls(tuple(text.split()))

    def columns(self) -> list[str]:
        """The columns that are compared."""
        return [match[1] for term in self.terms if (match := COMPARISON.fullmatch(term))]

    def accepts(self, entry: Entry) -> bool:
        return all(fits(entry, term) for term in self.terms)


def fits(entry: Entry, term: str) -> bool:
    match = COMPARISON.fullmatch(term)
    if match is None or not entry.has(match[1]):
        return term.lower() in " ".join(entry.text(column) for column in COLUMNS if column not in COSTLY).lower() or (
            match is not None and match[2] == "!="
        )
    column, sign, wanted = match.groups()
    value = entry.value(column)
    if sign == "=":
        return equal(entry, column, value, wanted)
    if sign == "!=":
        return not equal(entry, column, value, wanted)
    own, bound = (value, number(wanted)) if is_number(value) and number(wanted) is not None else (entry.text(column), wanted)
    if value is None:
        return False
    return bool({"<": own < bound, "<=": own <= bound, ">": own > bound, ">=": own >= bound}[sign])  # type: ignore[operator]


def equal(entry: Entry, column: str, value: Value, wanted: str) -> bool:
    if isinstance(value, bool):
        return wanted.lower() in (("yes", "true", "1", "on") if value else ("no", "false", "0", "off"))
    if is_number(value) and number(wanted) is not None:
        return value == number(wanted)
    named = entry.setting(column)
    texts = entry.marks.tags if column == "tags" else (str(value or ""), entry.text(column), str(entry.settings[named]) if named else "")
    return any(fnmatchcase(text.lower(), wanted.lower()) for text in texts)


# -- order and output ----------------------------------------------------------------------------------------------


def sort_key(value: Value) -> tuple[int, float, str]:
    """Numbers by size, then texts by their letters, then what is missing."""
    if value is None:
        return 2, 0.0, ""
    return (0, float(value), "") if isinstance(value, bool | int | float) else (1, 0.0, value.lower())


def ordered(listed: Sequence[Entry], column: str, reverse: bool = False) -> list[Entry]:
    """The largest number first, texts from A to Z, or the other way round; runs without such a column at the end."""
    there = [entry for entry in listed if entry.value(column) is not None]
    numbers = any(is_number(entry.value(column)) for entry in there)
    there.sort(key=lambda entry: sort_key(entry.value(column)), reverse=numbers != reverse)
    return there + [entry for entry in listed if entry.value(column) is None]


def as_table(listed: Sequence[Entry], columns: Sequence[str]) -> list[list[str]]:
    """The texts, a row for each run."""
    return [[entry.text(column) for column in columns] for entry in listed]
