"""A table file (CSV, TSV, ...) as numeric columns over time; every decision on the way is reported.

Read first: `read_table`. The layout comes from `dialect`, the cells are read by pandas, numbers by `numerals`. A column is used
or ignored, with the reason; gaps are interpolated and reported.
"""

import csv
import re
import string
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lab.data.dialect import SEPARATORS, Dialect, cells_of, is_date, sniff
from lab.data.encoding import check_lines, composed, decode
from lab.data.numerals import Decimal, decimal_mark, is_missing, number
from lab.data.table_lines import check_width, comment_lines, hidden_header, trimmed, without_sign
from lab.data.table_times import DATES, Column, time_like, time_order
from lab.errors import LabError

if TYPE_CHECKING:
    import pandas as pd

BLOCK = 1000
"""Cells that are looked at together."""
GAPS = (-99.0, -99.9, -999.0, -999.9, -9999.0, -99999.0, 9999.0, 99999.0, 999999.0)
"""What programs write for a value that is not there."""
FEWEST = 0.9
"""The share of numbers among the cells that are not empty which makes a column one of numbers."""


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
    if match := re.match(r'"?sep=(.)"?\n', text, re.IGNORECASE):  # Excel's own first line.
        declared, text = match[1], "\n" + text[match.end() :]
    lines = text.split("\n")
    comments = comment_lines(lines)
    title = hidden_header(lines, comments, declared)
    for i in comments:
        lines[i] = without_sign(lines[i]) if i == title else ""
    if not any(line.strip() for line in lines):
        raise LabError(f"{where} is empty.")
    dialect = sniff(lines, declared)
    check_width(lines, dialect, where)
    frame, line_of = read_cells(lines, dialect, where)
    frame, line_of, dropped = trimmed(frame, line_of, dialect, where)
    names = column_names(dialect)
    kinds, values = [], []
    file_mark = decimal_mark(cell for i in frame for cell in frame[i].unique()[:2000])
    usual: Decimal = "," if dialect.separator in (";", "\n") else "."
    for i, name in enumerate(names):
        column, numbers = judged(name, frame[i], line_of, file_mark or usual, i == 0)
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
    mark = file_mark or usual
    unclear = (
        ""
        if file_mark
        else next((cell for i in used for cell in frame[i].iloc[:2000] if number(cell, ".") not in (None, number(cell, ","))), "")
    )
    commas = (mark if unclear else file_mark or ".") == ","
    layout = [
        "a single column" if dialect.width == 1 else f"separator: {SEPARATORS.get(dialect.separator, repr(dialect.separator))}",
        ("decimal comma" if commas else "decimal point") + (f" ({unclear} is read as {number(unclear, mark):g})" if unclear else ""),
        f"header in line {dialect.header_line + 1}" if dialect.header else "no header", *notes,
        *([f"{len(comments) - (title is not None):,} comment lines skipped"] if len(comments) > (title is not None) else []),
        *([f"{dialect.skipped} lines above the table skipped"] if dialect.skipped else []), *dropped,
    ]  # fmt: skip
    assumed = [f"{where}: {len(frame):,} rows; {', '.join(layout)}", *(f"{where}, {column}" for column in kinds)]
    if order:
        assumed.append(f"{where}: {order}")
    both = np.column_stack([values[i] for i in used])
    return NumberTable(both[::-1].copy() if falls else both, [kinds[i].name for i in used], kinds, assumed)


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
    what += gap_sign(values)
    if mark != file_mark:
        what += f"; decimal {'comma' if mark == ',' else 'point'}"
    if reason := time_like(name, values, first):
        return Column(name, False, reason), values
    return Column(name, True, what), values


def gap_sign(values: np.ndarray) -> str:
    """A word on values such as -999 that lie far from all others and often stand for gaps; they are read as numbers."""
    for sign in GAPS:
        others = values[values != sign]
        if len(others) < len(values) and len(others) and np.abs(others).max() < abs(sign) / 2:
            return f"; {len(values) - len(others):,} of them {sign:g}, read as a number: empty the cells where it stands for a gap"
    return ""


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
    cell = rf"[+-]?[0-9]+(?:[{marks}][0-9]*)?"  # Digits of other scripts are read one by one.
    one, many = re.compile(cell), re.compile(rf"(?:{cell}\n)*")
    plain = np.zeros(len(texts), bool)
    for start in range(0, len(texts), BLOCK):
        block = texts[start : start + BLOCK]
        if many.fullmatch("\n".join(block) + "\n") and not any("\n" in text for text in block):
            plain[start : start + BLOCK] = True
        else:
            plain[start : start + BLOCK] = [one.fullmatch(text) is not None for text in block]
    return plain


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
