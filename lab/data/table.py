"""A table file (CSV, TSV, ...) as numeric columns over time; every decision on the way is reported.

Read first: `read_table`. The layout comes from `dialect`, the cells are read by pandas, numbers by `numerals`. A column is used
or ignored, with the reason; gaps are interpolated and reported.
"""

import csv
import re
import string
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lab.data.dialect import SEPARATORS, Dialect, cells_of, is_date, sniff
from lab.data.encoding import check_lines, composed, decode
from lab.data.numerals import Decimal, decimal_mark, is_missing, number
from lab.errors import LabError

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
SUMMARY = re.compile(r"(sub)?total|sum|summe|gesamt|average|avg|mean|mittel(wert)?|median|min|max|std|source|quelle|note|end|eof", re.I)
BLOCK = 1000
"""Cells that are looked at together."""
FEWEST = 0.9
"""The share of numbers among the cells that are not empty which makes a column one of numbers."""


@dataclass(frozen=True)
class Column:
    """A column of the file, whether it is used, and why or how."""

    name: str
    used: bool
    why: str

    def __str__(self) -> str:
        return f"column {self.name!r}: {'used' if self.used else 'ignored'}, {self.why}"


@dataclass(frozen=True)
class NumberTable:
    """values (N, C) float64 without gaps, the names of the C used columns, every column of the file, and what was assumed."""

    values: np.ndarray
    names: list[str]
    columns: list[Column]
    assumed: list[str]


def read_table(raw: bytes, where: str, wanted: list[str] | None = None) -> NumberTable:
    """The columns of numbers of a table file: all, or those `wanted` by name.

    Raises LabError that names the line which does not fit the others, or says of each column why it is none of numbers.
    """
    text, notes = decode(raw, where, latin=True)
    check_lines(text, where, "CSV")
    declared = None
    if match := re.match(r'"?sep=(.)"?\n', text):  # Excel's own first line.
        declared, text = match[1], "\n" + text[match.end() :]
    lines = text.split("\n")
    comments = [i for i, line in enumerate(lines) if line.lstrip().startswith("#")]
    title = hidden_header(lines, comments, declared)
    for i in comments:
        lines[i] = lines[i].lstrip().lstrip("#").strip() if i == title else ""
    if not any(line.strip() for line in lines):
        raise LabError(f"{where} is empty.")
    dialect = sniff(lines, declared)
    frame, line_of = read_cells(lines, dialect, where)
    frame, line_of, dropped = trimmed(frame, line_of, dialect, where)
    names = column_names(dialect)
    kinds, values = [], []
    file_mark = decimal_mark(cell for i in frame for cell in frame[i].unique()[:2000])
    for i, name in enumerate(names):
        column, numbers = judged(name, frame[i], line_of, file_mark or ("," if dialect.separator in (";", "\n") else "."), i == 0)
        kinds.append(column)
        values.append(numbers)
    kinds = spared(kinds, values)
    falls, order = time_order(frame, kinds, values, line_of)
    if wanted is not None:
        kinds = chosen(kinds, values, wanted, where)
    used = [i for i, column in enumerate(kinds) if column.used]
    if not used:
        raise LabError(f"{where} has no numeric column to learn from: {'; '.join(map(str, kinds[:6]))}.")
    if wanted is None and all("; constant" in kinds[i].why for i in used):
        raise LabError(f"{where} has nothing to learn: {' and '.join(repr(kinds[i].name) for i in used[:3])} never changes.")
    commas = (file_mark or ".") == ","
    layout = [
        "a single column" if dialect.width == 1 else f"separator: {SEPARATORS.get(dialect.separator, repr(dialect.separator))}",
        "decimal comma" if commas else "decimal point",
        f"header in line {dialect.header_line + 1}" if dialect.header else "no header", *notes,
        *([f"{len(comments) - (title is not None):,} comment lines skipped"] if len(comments) > (title is not None) else []),
        *([f"{dialect.skipped} lines above the table skipped"] if dialect.skipped else []), *dropped,
    ]  # fmt: skip
    assumed = [f"{where}: {len(frame):,} rows; {', '.join(layout)}", *(f"{where}, {column}" for column in kinds)]
    if order:
        assumed.append(f"{where}: {order}")
    both = np.column_stack([values[i] for i in used])
    return NumberTable(both[::-1].copy() if falls else both, [kinds[i].name for i in used], kinds, assumed)


def hidden_header(lines: list[str], comments: list[int], declared: str | None) -> int | None:
    """The line of comment that names the columns, as gnuplot and numpy write it: the last above the table, with as many cells."""
    first = next((i for i, line in enumerate(lines) if line.strip() and i not in set(comments)), None)
    above = [i for i in comments if first is not None and i < first]
    if first is None or not above:
        return None
    rows = lines[first : first + 50]
    dialect = sniff([line for line in rows if not line.lstrip().startswith("#")], declared)
    if dialect.header:
        return None
    title = lines[above[-1]].lstrip().lstrip("#").strip()
    cells = title.split() if dialect.separator == " " else next(csv.reader([title], delimiter=dialect.separator), [])
    named = len(cells) == dialect.width and dialect.width > 1 and not any(number(cell) is not None for cell in cells)
    return above[-1] if named else None


def read_cells(lines: list[str], dialect: Dialect, where: str) -> tuple["pd.DataFrame", np.ndarray]:
    """The cells below the header as strings, None where a line is too short, and each row's line number in the file (from 1).

    Python's csv module cuts the lines: pandas' own reader fills up short lines in silence.
    """
    import pandas as pd

    body = lines[dialect.start :]
    if (plain := plain_table(body, dialect)) is not None:
        return plain
    try:
        rows = cells_of(body, dialect.separator)
    except csv.Error:  # A quote that is never closed has taken in more than a cell may hold.
        rows = [(-1, ["\n"])]
    rows = [(line + dialect.start + 1, row) for line, row in rows]
    if rows and any("\n" in cell for cell in rows[-1][1]) and never_closed(body, dialect.separator):
        raise LabError(f'{where}, line {unclosed(body) + dialect.start}: a quote (") opened here is never closed.')
    if not rows:
        raise LabError(f"{where} has a header but no rows.")
    for line, row in rows:
        if len(row) > dialect.width:
            if any(cell.strip() for cell in row[dialect.width :]):
                raise LabError(
                    f"{where}, line {line}: expected {dialect.width} columns, found {len(row)}. Every line needs the same number; quote cells that "
                    "contain the separator."
                )
            del row[dialect.width :]
        elif len(row) < dialect.width:
            row.extend([None] * (dialect.width - len(row)))  # type: ignore[list-item]
    return pd.DataFrame([row for _, row in rows], dtype=object), np.array([line for line, _ in rows])


def plain_table(body: list[str], dialect: Dialect) -> tuple["pd.DataFrame", np.ndarray] | None:
    """What `read_cells` gives, ten times as fast, where no cell is quoted and no line is short or long; None elsewhere."""
    import pandas as pd

    separator, width = dialect.separator, dialect.width
    if not separator.strip() and separator != "\t":
        return None
    rows = [i for i, line in enumerate(body) if line.strip(separator + string.whitespace)]
    lines = [body[i] for i in rows] if len(rows) < len(body) else body
    if not lines or any(line.count(separator) != width - 1 for line in lines):
        return None
    text = separator.join(lines)
    if '"' in text:
        return None
    cells = text.split(separator)
    if separator + " " in text or text[:1] == " ":
        cells = [cell.lstrip(" ") for cell in cells]
    return pd.DataFrame({i: cells[i::width] for i in range(width)}, dtype=object), np.array(rows) + dialect.start + 1


def never_closed(body: list[str], separator: str) -> bool:
    """Whether the text ends inside a quoted cell."""
    try:
        for _ in csv.reader((line + "\n" for line in body), delimiter=separator, skipinitialspace=True, strict=True):
            pass
    except csv.Error as error:
        return "end of data" in str(error) or "field limit" in str(error)
    return False


def unclosed(body: list[str]) -> int:
    """The line (from 1) of the quote that is never closed, as the quotes count."""
    inside, begun = False, 1
    for i, line in enumerate(body, 1):
        if line.count('"') % 2:
            inside = not inside
            begun = i if inside else begun
    return begun


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
    elif dialect.header and tail > 2 and is_units(frame.iloc[0], frame.iloc[1]):
        keep[0] = False
        dropped.append(f"line {line_of[0]} ignored as units ({', '.join(frame.iloc[0])[:30]!r})")
    return frame[keep], line_of[keep], dropped


def is_footer(row: "pd.Series") -> bool:
    """Whether a last row sums up: its first cell with anything in it is a word such as Total or Source."""
    first = next((cell.strip() for cell in row if cell and cell.strip()), "")
    return SUMMARY.match(first) is not None


def is_units(first: "pd.Series", second: "pd.Series") -> bool:
    """Whether a first row holds no number where the next one does: units, such as s and °C."""
    pairs = [(a, b) for a, b in zip(first, second, strict=True) if number(b) is not None or number(b, ",") is not None]
    return bool(pairs) and all(number(a) is None and number(a, ",") is None and not is_missing(a) for a, _ in pairs)


def column_names(dialect: Dialect) -> list[str]:
    """The names of the columns, each different from the others: "a" and "a (2)"; "column 3" where there is none."""
    names: list[str] = []
    for i in range(dialect.width):
        name = composed(" ".join(dialect.header[i].split())) if dialect.header else ""
        plain, count = name or f"column {i + 1}", 1
        name = plain
        while name in names:
            count += 1
            name = f"{plain} ({count})"
        names.append(name)
    return names


def judged(name: str, cells: "pd.Series", line_of: np.ndarray, file_mark: Decimal, first: bool) -> tuple[Column, np.ndarray]:
    """A column and its numbers (N,) float64, without gaps where it is used."""
    texts = cells.to_numpy()
    missing = ~plain_numbers(texts, ".,")
    missing[missing] = [not cell[:1].isdigit() and is_missing(cell) for cell in texts[missing]]
    filled = texts[~missing]
    if not len(filled):
        return Column(name, False, "empty"), np.full(len(texts), np.nan)
    mark: Decimal = decimal_mark(dict.fromkeys(filled[:5000])) or file_mark
    dates = sum(map(is_date, filled[:200])) > 0.8 * len(filled[:200])
    if dates and len(filled) > DATES and sum(number(cell, mark) is not None for cell in filled[:DATES]) < FEWEST * DATES:
        return Column(name, False, "dates or times"), np.full(len(texts), np.nan)
    values = numbers_of(cells, mark)
    values[missing] = np.nan
    wrong = ~missing & np.isnan(values)
    numbers = int((~np.isnan(values)).sum())
    example = f"{texts[wrong.argmax()]!r:.40} in line {line_of[wrong.argmax()]}" if wrong.any() else ""
    if dates and numbers < FEWEST * len(filled):
        return Column(name, False, "dates or times"), values
    if numbers < 2 or (numbers < FEWEST * len(filled) and not (wrong.sum() == 1 and numbers >= 3)):
        return Column(name, False, f"not numeric ({example or 'a single value'})"), values
    if numbers < len(texts) / 2:
        return Column(name, False, f"more than half of the cells are empty ({len(texts) - numbers:,} of {len(texts):,} rows)"), values
    gaps = np.isnan(values)
    values = without_gaps(values)
    what = f"{numbers:,} numbers"
    if gaps.any():
        lines = ", ".join(map(str, line_of[gaps][:5])) + (", ..." if gaps.sum() > 5 else "")
        what += f"; {gaps.sum():,} gap{'s' if gaps.sum() > 1 else ''} interpolated (line {lines}" + (
            f"; {example} is not a number)" if wrong.any() else ")"
        )
    if any("%" in cell for cell in filled[:200]):
        what += "; percent signs removed"
    if numbers > 1 and np.ptp(values) == 0:
        what += "; constant"
    if mark != file_mark:
        what += f"; decimal {'comma' if mark == ',' else 'point'}"
    if reason := time_like(name, values, first):
        return Column(name, False, reason), values
    return Column(name, True, what), values


def numbers_of(cells: "pd.Series", mark: Decimal) -> np.ndarray:
    """(N,) float64, NaN where a cell holds no number. Plain numbers go through pandas at once, all others one by one."""
    import pandas as pd

    texts = cells.to_numpy()
    plain = plain_numbers(texts, mark)
    values = np.full(len(texts), np.nan)
    known = texts[plain] if mark == "." else [text.replace(",", ".") for text in texts[plain]]
    values[plain] = pd.to_numeric(pd.Series(known, dtype=object), errors="coerce").to_numpy(np.float64)
    for i in np.flatnonzero(~plain):
        value = number(texts[i], mark)
        values[i] = np.nan if value is None else value
    return values


def plain_numbers(texts: np.ndarray, marks: str) -> np.ndarray:
    """Which cells (N,) are digits with at most a sign and one of `marks`. A block of nothing else is seen at once."""
    cell = rf"[+-]?\d+(?:[{marks}]\d*)?"
    one, many = re.compile(cell), re.compile(rf"(?:{cell}\n)*")
    plain = np.zeros(len(texts), bool)
    for start in range(0, len(texts), BLOCK):
        block = texts[start : start + BLOCK]
        if many.fullmatch("\n".join(block) + "\n") and not any("\n" in text for text in block):
            plain[start : start + BLOCK] = True
        else:
            plain[start : start + BLOCK] = [one.fullmatch(text) is not None for text in block]
    return plain


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


def without_gaps(values: np.ndarray) -> np.ndarray:
    """`values` with gaps on the line between their neighbours; those at an end have the nearest value."""
    known = ~np.isnan(values)
    return values if known.all() else np.interp(np.arange(len(values)), np.flatnonzero(known), values[known])


def spared(columns: list[Column], values: list[np.ndarray]) -> list[Column]:
    """An index is used after all where it is the only column of numbers."""
    indices = [i for i, column in enumerate(columns) if not column.used and column.why.startswith("an index")]
    if any(column.used for column in columns) or len(indices) != 1:
        return columns
    return [Column(c.name, True, f"{len(values[i]):,} numbers") if i == indices[0] else c for i, c in enumerate(columns)]


def chosen(columns: list[Column], values: list[np.ndarray], wanted: list[str], where: str) -> list[Column]:
    """The columns with those in use that are `wanted`. Raises LabError where one is not there or holds no numbers."""
    known = {column.name: column for column in columns}
    for name in wanted:
        if name not in known:
            raise LabError(f"{where} has no column {name!r}: expected one of {', '.join(map(repr, known))}.")
        if not known[name].used and np.isnan(values[columns.index(known[name])]).any():
            raise LabError(f"{where}: {known[name]}. Choose another column, or fix it.")
    return [
        Column(c.name, c.name in wanted, c.why if c.used and c.name in wanted else "selected" if c.name in wanted else "not selected")
        for c in columns
    ]
