"""Rows of cells as text for a terminal and as CSV for a spreadsheet."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any


def text_table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Columns under their names, as wide as what they hold; numbers to the right."""
    widths = [max(map(len, [name, *cells])) for name, *cells in zip(columns, *rows, strict=True)]
    right = [bool(cells) and all(number(cell.split()[0]) is not None for cell in cells if cell) for cells in zip(*rows, strict=True)]
    right += [False] * (len(columns) - len(right))

    def line(cells: Sequence[str]) -> str:
        padded = (cell.rjust(width) if to_right else cell.ljust(width) for cell, width, to_right in zip(cells, widths, right, strict=True))
        return "  ".join(padded).rstrip()

    return "\n".join(map(line, [columns, *rows]))


def csv_text(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """The same for a spreadsheet: a line of names, a line for each row."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([["" if value is None else value for value in row] for row in rows])
    return out.getvalue()


def number(text: str) -> float | None:
    try:
        return float(text.replace(",", "").replace("_", ""))
    except ValueError:
        return None
