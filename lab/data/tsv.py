"""Lines of two texts: a label and a text, or a source and a target, with a tab between them. Imports no torch or pandas.

Read first: `read_rows`. Cells are taken as they are: a quote is a quote, unless the file puts cells in quotes as spreadsheets do.
"""

import csv
import io
from dataclasses import dataclass, field
from typing import Literal

from lab.data.dialect import SEPARATORS
from lab.data.encoding import check_lines, composed, decode
from lab.errors import LabError

LABELS = frozenset(["label", "labels", "class", "classes", "category", "topic", "sentiment", "tag", "y"])
TEXTS = frozenset(["text", "texts", "sentence", "sentences", "review", "comment", "message", "content", "tweet"])
SOURCES = frozenset(["source", "src", "input", "question"])
TARGETS = frozenset(["target", "tgt", "output", "translation", "answer"])
TITLES = {"labelled": (LABELS, TEXTS), "pairs": (SOURCES, TARGETS)}
"""Words, in lower case, that name the first and the second column of a file where they stand in its first line."""
LANGUAGES = frozenset(["english", "german", "french", "spanish", "italian", "deutsch", "englisch", "en", "de", "fr", "es", "it"])
HEADERS = LABELS | TEXTS | SOURCES | TARGETS | LANGUAGES


@dataclass(frozen=True)
class Rows:
    """Pairs of texts, neither of them empty, and what was assumed."""

    rows: list[tuple[str, str]]
    assumed: list[str]


@dataclass(frozen=True)
class SentencePairs:
    """(source, target) texts for training and for validation, and all of them in their own order."""

    train: list[tuple[str, str]]
    validation: list[tuple[str, str]]
    rows: list[tuple[str, str]]
    assumed: list[str] = field(default_factory=list)


def read_rows(raw: bytes, where: str, kind: Literal["labelled", "pairs"]) -> Rows:
    """The rows of a TSV. What follows a second tab belongs to the text; in `pairs` it is left out where every line has it.

    Raises LabError that names the first line without both texts, or a file without lines.
    """
    text, notes = decode(raw, where)
    check_lines(text, where, "TSV")
    records, layout = cells_of(composed(text), where)
    records = [(line, cells) for line, cells in records if any(cell.strip() for cell in cells)]
    if not records:
        raise LabError(f"{where} has no lines with two columns.")
    assumed = [*notes, *layout]
    records, header = without_header(records, kind)
    assumed += header
    for line, cells in records:
        if len(cells) < 2 or not cells[0].strip() or not "".join(cells[1:]).strip():
            filled = [cell for cell in cells if cell.strip()]
            raise LabError(
                f"{where}, line {line}: expected two columns with a tab between them, found {len(filled)} "
                f"({chr(9).join(cells)[:40]!r}). {advice(text)}"
            )
    more = sum(len(cells) > 2 for _, cells in records)
    if kind == "pairs" and more == len(records):
        assumed.append("columns after the second ignored")
        records = [(line, cells[:2]) for line, cells in records]
    elif more:
        assumed.append(f"{more:,} lines have further tabs, kept as part of the text")
    rows = [(cells[0].strip(), "\t".join(cells[1:]).strip()) for _, cells in records]
    sentence = f"{where}: {len(rows):,} rows" + (f"; {', '.join(assumed)}" if assumed else "")
    return Rows(rows, [sentence])


def without_header(
    records: list[tuple[int, list[str]]], kind: Literal["labelled", "pairs"]
) -> tuple[list[tuple[int, list[str]]], list[str]]:
    """The records below a first line that names the columns, with the columns that it names first and second; and a word on that."""
    line, cells = records[0]
    names = [cell.strip().lower() for cell in cells]
    first, second = (next((i for i, name in enumerate(names) if name in titles), -1) for titles in TITLES[kind])
    if min(first, second) < 0:
        first, second = 0, 1
    if len(records) < 2 or len(names) < 2 or not {names[first], names[second]} <= HEADERS:
        return records, []
    if any(names[first] == row[first].strip().lower() for _, row in records[1:] if len(row) > first):
        return records, []
    below = [(n, ordered(row, first, second, len(names))) for n, row in records[1:]]
    unused = [name for i, name in enumerate(names) if i not in (first, second)]
    note = f"header in line {line} (columns {names[first]} and {names[second]} are used)"
    return below, [note + (f"; {', '.join(unused)} ignored" if unused else "")]


def ordered(cells: list[str], first: int, second: int, width: int) -> list[str]:
    """The two columns of a row that are wanted; what follows the last column belongs to it."""
    if len(cells) <= max(first, second):
        return cells if (first, second) == (0, 1) else [*(cells[i] for i in (first, second) if i < len(cells))]
    return [cells[first], *(cells[second:] if second == width - 1 else [cells[second]])]


def advice(text: str) -> str:
    """What to do with a file whose line lacks a second column."""
    if "\t" in text:
        return "Add a tab and a second column to this line, or remove it."
    lines = [line for line in text.split("\n") if line.strip()]
    mark = next((mark for mark in ",;|" if all(mark in line for line in lines)), None)
    if mark is None:
        return "The file contains no tabs: put one between the two columns of each line."
    return (
        f"The file contains no tabs. Its separator seems to be the {SEPARATORS[mark]}, but some lines have more than two columns: separate the "
        "columns by tabs, or quote the texts."
    )


def cells_of(text: str, where: str) -> tuple[list[tuple[int, list[str]]], list[str]]:
    """(line from 1, cells) of every line, and a word on how they were cut."""
    lines = text.split("\n")
    if "\t" in text:
        quoted = spreadsheet(text, "\t")
        return (quoted, ["quoted cells"]) if quoted else ([(i, line.split("\t")) for i, line in enumerate(lines, 1)], [])
    for separator in ";,|":
        records = spreadsheet(text, separator, must_quote=False)
        widths = {len(cells) for _, cells in records if any(cells)}
        named = bool(records) and any({cell.strip().lower() for cell in records[0][1]} & titles for titles in (LABELS, SOURCES))
        if widths == {2} or (len(widths) == 1 and max(widths) > 2 and named):
            return records, [f"separator: {SEPARATORS[separator]}"]
    return [(i, [line]) for i, line in enumerate(lines, 1)], []


def spreadsheet(text: str, separator: str, must_quote: bool = True) -> list[tuple[int, list[str]]]:
    """The records of a file that quotes cells as spreadsheets do, [] where it does not.

    Such a program closes every quote, and quotes all cells, or only those that hold a quote, the separator or a line end.
    """
    if must_quote and '"' not in text:
        return []
    records, start = [], 1
    reader = csv.reader(io.StringIO(text, newline="\n"), delimiter=separator, strict=True)
    try:
        for cells in reader:
            records.append((start, cells))
            start = reader.line_num + 1
    except csv.Error:
        return []
    if not must_quote:
        return records
    quoted = [part for line in text.split("\n") for part in line.split(separator) if part.startswith('"') and part != '"']
    every = all(part.startswith('"') for line in text.split("\n") if line for part in line.split(separator))
    special = sum('"' in cell or separator in cell or "\n" in cell for _, cells in records for cell in cells)
    return records if quoted and (every or special >= len(quoted)) else []
