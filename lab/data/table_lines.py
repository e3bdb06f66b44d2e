"""The lines of a table file that are no rows: comments, headers and units below the first one, footers. All that is left out is reported."""

import csv
import re
from typing import TYPE_CHECKING

import numpy as np

from lab.data.dialect import Dialect, cells_of, is_date, sniff
from lab.data.numerals import is_missing, is_numeral, number
from lab.errors import LabError

if TYPE_CHECKING:
    import pandas as pd

COMMENT = ("#", "%", "//")
"""What begins a line that is no row."""
HEADERS = 5
"""Lines of units and further names below a header, at most."""
SUMMARY = re.compile(r"(sub)?total|sum|summe|gesamt|average|avg|mean|mittel(wert)?|median|min|max|std|source|quelle|note|end|eof", re.I)
"""Words in the first cell of a last row that sums up."""


def comment_lines(lines: list[str]) -> list[int]:
    """The lines (from 0) that begin with #, % or //; none where nearly all do and end in numbers: then #1 is a name."""
    marked = [i for i, line in enumerate(lines) if line.lstrip().startswith(COMMENT)]
    rows = sum(bool(line.strip()) for line in lines) - len(marked)
    ends = sum(is_numeral(re.split(r"[,;|\t]", lines[i])[-1]) for i in marked)
    return [] if rows <= 1 and ends > 1 and 2 * ends > len(marked) else marked


def without_sign(comment: str) -> str:
    return comment.lstrip().lstrip("#%/").strip()


def hidden_header(lines: list[str], comments: list[int], declared: str | None) -> int | None:
    """The line of comment that names the columns, as gnuplot and numpy write it: the last above the table, with as many cells."""
    first = next((i for i, line in enumerate(lines) if line.strip() and i not in set(comments)), None)
    above = [i for i in comments if first is not None and i < first]
    if first is None or not above:
        return None
    rows = lines[first : first + 50]
    dialect = sniff([line for line in rows if not line.lstrip().startswith(COMMENT)], declared)
    if dialect.header:
        return None
    title = without_sign(lines[above[-1]])
    cells = title.split() if dialect.separator == " " else next(csv.reader([title], delimiter=dialect.separator), [])
    named = len(cells) == dialect.width and dialect.width > 1 and not any(number(cell) is not None for cell in cells)
    return above[-1] if named else None


def check_width(lines: list[str], dialect: Dialect, where: str) -> None:
    """Raise LabError where the lines have twice as many cells as the line of names above them: decimal commas between commas."""
    if dialect.separator != "," or dialect.header or dialect.skipped != 1:
        return
    names = cells_of(lines[: dialect.start], ",")[-1][1]
    if len(names) > 1 and dialect.width == 2 * len(names) and not any(map(is_numeral, names)):
        raise LabError(
            f"{where}, line {dialect.start + 1}: expected {len(names)} columns, as line {dialect.start} names, found {dialect.width}. Decimal commas need "
            "another separator than the comma, or quotes."
        )


def trimmed(frame: "pd.DataFrame", line_of: np.ndarray, dialect: Dialect, where: str) -> tuple["pd.DataFrame", np.ndarray, list[str]]:
    """Without a line of units below the header and without footers; and what was taken away.

    Raises LabError where a line in between is shorter than the others.
    """
    dropped = []
    short = frame.isna().any(axis=1).to_numpy()
    keep = np.ones(len(frame), bool)
    tail = len(frame)
    while tail > 1 and (short[tail - 1] or is_footer(frame.iloc[tail - 1])) and len(frame) - tail < 5:
        tail -= 1
        keep[tail] = False
        cells = ", ".join(cell for cell in frame.iloc[tail] if cell)
        dropped.append(f"line {line_of[tail]} at the end ignored as a footer ({cells[:30]!r})")
    if (short & keep).any():
        i = int((short & keep).argmax())
        raise LabError(
            f"{where}, line {line_of[i]}: expected {dialect.width} columns, found {int(frame.iloc[i].notna().sum())}. "
            "Every line needs the same number."
        )
    if dialect.header:
        again = np.ones(len(frame), bool)
        for i, title in enumerate(dialect.header):
            again &= frame[i].to_numpy() == title
        if (keep & again).any():
            lines = ", ".join(map(str, line_of[keep & again][:5])) + (", ..." if (keep & again).sum() > 5 else "")
            dropped.append(f"the header again in line {lines} ignored")
            keep &= ~again
    if (
        dialect.header
        and tail > 2
        and all(re.fullmatch(r"\s*(-{3,}|:-+:?|-+:)?\s*", cell or "") for cell in frame.iloc[0])
        and any(frame.iloc[0])
    ):
        keep[0] = False
        dropped.append(f"line {line_of[0]} ignored as a rule below the header")
    elif dialect.header and tail > 2:
        for i in range(further_headers(frame.iloc[: min(tail, 40)])):
            keep[i] = False
            dropped.append(f"line {line_of[i]} ignored as units ({', '.join(frame.iloc[i])[:30]!r})")
    return frame[keep], line_of[keep], dropped


def is_footer(row: "pd.Series") -> bool:
    """Whether a last row sums up: its first cell with anything in it is a word such as Total or Source."""
    first = next((cell.strip() for cell in row if cell and cell.strip()), "")
    return SUMMARY.match(first) is not None


def further_headers(frame: "pd.DataFrame") -> int:
    """How many first rows hold words or nothing where the rows below hold numbers or dates: units, such as s and °C, or more headers."""
    rows = [list(row) for row in frame.itertuples(index=False)]
    below = list(zip(*rows[HEADERS:] or rows[-1:], strict=True))
    expected = [
        next((of_kind for of_kind in (is_numeral, is_date) if 2 * sum(map(of_kind, column)) > len(column)), None) for column in below
    ]
    count = 0
    for row in rows[: min(HEADERS, len(rows) - 1)]:
        cells = [cell for cell, of_kind in zip(row, expected, strict=True) if of_kind is not None]
        words = [cell for cell in cells if not is_missing(cell)]
        if not words or any(is_numeral(cell) or is_date(cell) for cell in words):
            break
        # One word is a bad cell where others are empty, unless it stands where dates do.
        if len(words) < len(cells) and not any(
            of_kind is is_date and not is_missing(cell) for cell, of_kind in zip(row, expected, strict=True)
        ):
            break
        count += 1
    return count
