"""Columns of a table that say when a row was and not what, and whether the rows are in their order."""

import re
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

TIME = re.compile(
    r"index|idx|id|row|nr\.?|no\.?|#|step|t|time|date|datetime|timestamp|epoch|unix|year|month|day|weekday|hour|minute|second|week"
    r"|jahr|monat|tag|stunde|datum|zeit|uhrzeit|lfd\.? ?nr\.?|unnamed.*",
    re.IGNORECASE,
)
"""Titles of columns that say when a row was, not what."""
DATES = 20_000
"""The rows whose dates are looked at."""
IDENTIFIER = re.compile(r"(.*[_ ])?(id|uid|index|idx|key)|#|nr\.?|no\.?", re.IGNORECASE)
"""Titles of columns that say which a row was."""


@dataclass(frozen=True)
class Column:
    """A column of the file, whether it is used, and why or how."""

    name: str
    used: bool
    why: str

    def __str__(self) -> str:
        return f"column {self.name!r}: {'used' if self.used else 'ignored'}, {self.why}"


def time_like(name: str, values: np.ndarray, first: bool) -> str:
    """Why a column of numbers says when and not what: "" where it does not."""
    steps = np.diff(values)
    titled = TIME.fullmatch(name) is not None
    even = len(steps) > 1 and steps[0] != 0 and np.allclose(steps, steps[0], rtol=1e-6, atol=0)
    if even and (first or titled):
        return f"an index: {'increases' if steps[0] > 0 else 'decreases'} by {abs(steps[0]):g} per row"
    if titled and len(steps) and (steps > 0).all():
        return "times: increasing from row to row"
    if IDENTIFIER.fullmatch(name) and (values == np.round(values)).all() and len(set(values.tolist())) == len(values):
        return "identifiers: all values differ"
    calendar = name.lower() in {"year", "month", "day", "weekday", "hour", "minute", "second", "week", "jahr", "monat", "tag", "stunde"}
    if calendar and (values == np.round(values)).all() and values.min() >= 0 and (values.max() <= 60 or values.min() >= 1000):
        return "parts of a date"
    if first and (values == np.round(values)).all() and (steps > 0).all() and values.min() >= 19000101 and values.max() <= 21001231:
        return "dates written as numbers"
    return ""


def time_order(frame: "pd.DataFrame", columns: list[Column], values: list[np.ndarray], line_of: np.ndarray) -> tuple[bool, str]:
    """Whether the rows run backwards in time, by the first column that says when they were, and a sentence where they are not in order."""
    for i, column in enumerate(columns):
        if column.used or not column.why.startswith(("dates", "an index: decreases", "times")):
            continue
        times = dates_of(frame[i]) if column.why == "dates or times" else values[i]
        if times is None:
            continue
        steps = np.diff(times)
        if (steps <= 0).all() and (steps < 0).any():
            return True, f"rows are in reverse chronological order (column {column.name!r}); they are read from last to first"
        if (steps == 0).any() and (steps >= 0).all():
            at = line_of[int((steps == 0).argmax()) + 1]
            return False, (f"times repeat in column {column.name!r} (first in line {at}); stacked series are read as a single one")
        if (steps < 0).any():
            at = line_of[int((steps < 0).argmax()) + 1]
            return (
                False,
                f"rows are not in the order of column {column.name!r} (line {at} is earlier than the line above); they are read as they are",
            )
        return False, ""
    return False, ""


def dates_of(cells: "pd.Series") -> np.ndarray | None:
    """Dates (N,) as numbers that can be compared, None where they cannot be read or are times of day alone."""
    import pandas as pd

    texts = cells.iloc[:DATES].str.strip()
    if texts.str.fullmatch(r"\d{1,2}:.*").any():
        return None
    read = []
    # Those that take the form of the first cell for that of all are a hundred times as fast as those that look at each.
    for how in ({"format": "ISO8601"}, {"dayfirst": True}, {}, {"format": "mixed", "dayfirst": True}, {"format": "mixed"}):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            times = pd.to_datetime(texts, errors="coerce", utc=True, **how)
        if times.isna().any():
            continue
        read.append(times.astype("int64").to_numpy())
        # 01/02/2021 is a day of January or of February: what puts the rows in order is meant.
        if "ISO8601" in how.values() or (np.diff(read[-1]) >= 0).all() or (np.diff(read[-1]) <= 0).all():
            return read[-1]
        if "mixed" not in how.values() and len(read) == 2:
            break
    return read[0] if read else None
