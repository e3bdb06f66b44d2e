"""Numbers as people write them in tables: decimal points and commas, thousands, percent and currency signs, gaps. Imports no torch."""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Literal

Decimal = Literal[".", ","]

MISSING = frozenset(
    ["", "na", "n/a", "n.a.", "nan", "null", "none", "nil", "-", "--", "---", "\u2013", "\u2014", "?", ".", "..", "...",
     "#n/a", "#na", "#nv", "#div/0!", "#value!", "#wert!", "missing", "\\n", "<na>", "k.a.", "inf", "+inf", "-inf", "infinity"]
)  # fmt: skip
"""Cells, in lower case, that stand for a value that is not there."""

SPACES = "'\u2019\u00a0\u202f\u2009 _"
"""What may separate groups of three digits besides the comma or the point."""
PLAIN = {mark: re.compile(rf"[+-]?(?:\d+(?:[{mark}]\d*)?|[{mark}]\d+)(?:[eEdD][+-]?\d+)?") for mark in ".,"}
GROUPED = {
    mark: re.compile(rf"[+-]?[1-9]\d{{0,2}}([{other}{SPACES}])\d{{3}}(?:\1\d{{3}})*(?:[{mark}]\d*)?")
    for mark, other in ((".", ","), (",", "."))
}
INDIAN = re.compile(r"[+-]?[1-9]\d?(?:,\d{2})+,\d{3}(?:\.\d*)?")
"""Lakhs and crores: 12,34,567.8."""
CURRENCY = "$\u20ac\u00a3\u00a5\u20b9"


def is_missing(cell: str) -> bool:
    return cell.strip().lower() in MISSING


def bare(cell: str) -> str:
    """A cell without what may stand around a number: blanks, a currency or percent sign, accounting's brackets for a minus."""
    text = cell.strip().replace("\u2212", "-")
    if text.startswith("(") and text.endswith(")"):
        text = "-" + text[1:-1].strip()
    if text.endswith("-") and text[:1].isdigit():  # As SAP writes it.
        text = "-" + text[:-1]
    text = text.removesuffix("%").strip(f"{CURRENCY} \u00a0\u202f")
    return "-" + text[1:].lstrip(f"{CURRENCY} ") if text.startswith("-") else text


@lru_cache(maxsize=200_000)
def number(cell: str, decimal: Decimal = ".") -> float | None:
    """The number that a cell holds, None where it holds none: "1,234.5" and "12 %", or with a decimal comma "1.234,5"."""
    text = bare(cell)
    if GROUPED[decimal].fullmatch(text) or (decimal == "." and INDIAN.fullmatch(text)):
        text = "".join(c for c in text if c.isdigit() or c in "+-" or c == decimal)
    elif not PLAIN[decimal].fullmatch(text):
        return None
    value = float(text.replace(",", ".").lower().replace("d", "e"))
    return value if abs(value) != float("inf") else None


def is_numeral(cell: str) -> bool:
    """Whether a cell is a number by either decimal mark."""
    return number(cell, ".") is not None or number(cell, ",") is not None


def decimal_mark(cells: Iterable[str]) -> Decimal | None:
    """The decimal mark that most of the cells show, None where they do not: "1,234" may be either."""
    points = commas = 0
    for cell in cells:
        point, comma = number(cell, "."), number(cell, ",")
        if point is not None and comma is None:
            points += 1
        elif comma is not None and point is None:
            commas += 1
    return None if points == commas else "." if points > commas else ","
