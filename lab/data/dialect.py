"""How a table file is laid out: separator, first line of the table, header. Decided from its beginning. Imports no torch or pandas.

Read first: `sniff`.
"""

import csv
import re
from dataclasses import dataclass
from itertools import pairwise

from lab.data.numerals import is_missing, is_numeral, number

SEPARATORS = {"\t": "tab", ";": "semicolon", ",": "comma", "|": "vertical bar", " ": "spaces"}
"""Candidates by preference, and what they are called."""
SAMPLE = 400
"""Lines that are looked at."""
DATE = re.compile(
    r"\d{4}[-/.]\d{1,2}([-/.]\d{1,2})?([T ]\d{1,2}:\d{2}(:\d{2}([.,]\d+)?)?)?\s*(Z|UTC|[+-]\d{2}:?\d{2})?"
    r"|\d{1,2}[-/.]\d{1,2}[-/.](\d{4}|\d{2})([T, ]+\d{1,2}:\d{2}(:\d{2}([.,]\d+)?)?)?(\s*[AaPp][Mm])?"
    r"|\d{1,2}:\d{2}(:\d{2}([.,]\d+)?)?(\s*[AaPp][Mm])?"
    r"|(\d{1,2}\.?[- ])?(jan|feb|m[a\u00e4]r|apr|ma[iy]|jun|jul|aug|sep|o[ck]t|nov|de[cz])[a-z\u00e4]*\.?[- ,]+(\d{1,2},? )?\d{2,4}"
    r"|\d{4}[-\s]?[QW]\d{1,2}",
    re.IGNORECASE,
)
"""Dates and times of day in the usual notations."""


@dataclass(frozen=True)
class Dialect:
    """`start` is the line (from 0) where the rows begin, after the header where `header` names the columns."""

    separator: str
    width: int
    start: int
    header: list[str] | None
    header_line: int
    skipped: int
    """Lines before the table that belong to no column."""


def sniff(lines: list[str], declared: str | None = None) -> Dialect:
    """The layout of a table from its first `lines`. `declared` is a separator that the file states itself (Excel's "sep=;")."""
    sample = lines[:SAMPLE]
    best, separator = -1.0, declared or ","
    for candidate in [declared] if declared else SEPARATORS:
        score = fitness(cells_of(sample, candidate))
        if score > best + 1e-9:
            best, separator = score, candidate
    rows = cells_of(sample, separator)
    width = common_width(rows)
    first = next(i for i, (_, row) in enumerate(rows) if len(row) == width)
    if (
        separator == ","
        and width == 2
        and first == 1
        and all(re.fullmatch(r"[+-]?\d+,\d+", line.strip()) for line in sample[1:] if line.strip())
    ):
        separator, width, first = "\n", 1, 0  # One column with decimal commas, under one name.
        rows = cells_of(sample, separator)
    body = [row for _, row in rows[first + 1 :] if len(row) == width]
    above = rows[first - 1][1] if first else []
    if first and 0 < width - len(above) <= empty_at_the_end([rows[first][1], *body]) and not any(map(is_numeral, above)):
        return Dialect(separator, width, rows[first][0], [*above, *[""] * (width - len(above))], rows[first - 1][0], first - 1)
    if (
        width > 1
        and len(above) == width - 1
        and len(above) > 1
        and not any(map(is_numeral, above))
        and any(map(is_numeral, rows[first][1]))
    ):
        return Dialect(
            separator, width, rows[first][0], ["", *above], rows[first - 1][0], first - 1
        )  # R leaves its row names without a title.
    if is_header(rows[first][1], body):
        start = rows[first + 1][0] if first + 1 < len(rows) else len(lines)
        return Dialect(separator, width, start, rows[first][1], rows[first][0], first)
    return Dialect(separator, width, rows[first][0], None, rows[first][0], first)


def empty_at_the_end(rows: list[list[str]]) -> int:
    """How many columns at the end are empty in all rows, as where every line but the header ends with a separator."""
    return next((i for i, column in enumerate(reversed(list(zip(*rows, strict=True)))) if any(cell.strip() for cell in column)), 0)


def cells_of(lines: list[str], separator: str) -> list[tuple[int, list[str]]]:
    """(line from 0, cells) of every line that is not blank."""
    if separator == "\n":
        return [(i, [line.strip()]) for i, line in enumerate(lines) if line.strip()]
    if separator == " ":
        lines = [" ".join(line.split()) for line in lines]
    reader = csv.reader((line + "\n" for line in lines), delimiter=separator, skipinitialspace=True)
    rows, start = [], 0
    for row in reader:
        if any(cell.strip() for cell in row):
            rows.append((start, row))
        start = reader.line_num
    return rows


def common_width(rows: list[tuple[int, list[str]]]) -> int:
    widths = [len(row) for _, row in rows]
    return max(sorted(set(widths)), key=widths.count)


def fitness(rows: list[tuple[int, list[str]]]) -> float:
    """How well rows make a table of at least two columns: the share of rows of one width, times that of cells with sense in them."""
    if not rows or (width := common_width(rows)) < 2:
        return 0.0
    regular = [row for _, row in rows if len(row) == width]
    cells = [cell for row in regular[1:] or regular for cell in row]
    sense = sum(is_numeral(cell) or (0.5 if is_missing(cell) else 0.9 if is_date(cell) else 0.0) for cell in cells) / len(cells)
    return len(regular) / len(rows) * (0.01 + sense)


def is_date(cell: str) -> bool:
    return DATE.fullmatch(cell.strip()) is not None


def is_header(row: list[str], body: list[list[str]]) -> bool:
    """Whether the first row names the columns: by words over numbers or dates, or by numbers that count or are years."""
    if not body:
        return not any(is_numeral(cell) for cell in row)
    columns = list(zip(*body, strict=True))
    for cell, column in zip(row, columns, strict=True):
        known = [value for value in column if not is_missing(value)]
        of_numbers = sum(map(is_numeral, known)) > 0.8 * len(known) if known else False
        of_dates = sum(map(is_date, known)) > 0.8 * len(known) if known else False
        if (of_numbers or of_dates) and not is_numeral(cell) and not is_date(cell) and not is_missing(cell):
            return True
    titles = [(number(cell), column) for cell, column in zip(row, columns, strict=True) if is_numeral(cell)]
    values = [value for value, _ in titles]
    if len(values) < 2 or any(value is None or value != int(value) for value in values):
        return False
    steps = {b - a for a, b in pairwise(values)}  # type: ignore[operator]
    counts = values[0] in (0, 1) and steps == {1}
    years = all(1800 <= value <= 2200 for value in values) and len(set(values)) == len(values)  # type: ignore[operator]
    if not counts and not years:
        return False
    return not any(is_like(cell, value, years) for value, column in titles for cell in column[:20])


def is_like(cell: str, title: float | None, years: bool) -> bool:
    """Whether a cell could be of the same kind as a title that counts or is a year: then the first row is a row as any other."""
    value = number(cell)
    if value is None or value != int(value):
        return False
    return 1800 <= value <= 2200 if years else abs(value) < 100
