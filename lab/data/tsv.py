"""Lines of two texts: a label and a text, or a source and a target, with a tab between them. Imports no torch or pandas.

Read first: `read_rows`. Cells are taken as they are: a quote is a quote, unless the file puts cells in quotes as spreadsheets do.
"""

import csv
import io
from dataclasses import dataclass, field
from typing import Literal

from lab.data.dialect import SEPARATORS
from lab.data.encoding import composed, decode
from lab.errors import LabError

HEADERS = frozenset(
    [
        "label",
        "labels",
        "class",
        "classes",
        "category",
        "topic",
        "sentiment",
        "tag",
        "y",
        "text",
        "texts",
        "sentence",
        "sentences",
        "review",
        "comment",
        "message",
        "source",
        "src",
        "input",
        "target",
        "tgt",
        "output",
        "translation",
        "question",
        "answer",
        "english",
        "german",
        "french",
        "spanish",
        "deutsch",
        "englisch",
        "en",
        "de",
        "fr",
        "es",
        "it",
    ]
)
"""Words, in lower case, that name a column where they stand in the first line."""


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
    records, layout = cells_of(composed(text), where)
    records = [(line, cells) for line, cells in records if any(cell.strip() for cell in cells)]
    if not records:
        raise LabError(f"{where} has no lines with two columns.")
    for line, cells in records:
        if len(cells) < 2 or not cells[0].strip() or not "".join(cells[1:]).strip():
            filled = [cell for cell in cells if cell.strip()]
            raise LabError(
                f"{where}, line {line}: expected two columns with a tab between them, found {len(filled)} "
                f"({chr(9).join(cells)[:40]!r}). Give each line a tab and a second column, or take the line out."
            )
    assumed = [*notes, *layout]
    first = [cell.strip().lower() for cell in records[0][1][:2]]
    if len(records) > 1 and set(first) <= HEADERS and all(cells[0].strip().lower() != first[0] for _, cells in records[1:]):
        assumed.append(f"line {records[0][0]} ({', '.join(first)}) names the columns")
        records = records[1:]
    more = sum(len(cells) > 2 for _, cells in records)
    if kind == "pairs" and more == len(records):
        assumed.append("columns after the second left out")
        records = [(line, cells[:2]) for line, cells in records]
    elif more:
        assumed.append(f"{more:,} lines have more tabs, which are part of their text")
    rows = [(cells[0].strip(), "\t".join(cells[1:]).strip()) for _, cells in records]
    sentence = f"{where}: {len(rows):,} rows" + (f"; {', '.join(assumed)}" if assumed else "")
    return Rows(rows, [sentence])


def cells_of(text: str, where: str) -> tuple[list[tuple[int, list[str]]], list[str]]:
    """(line from 1, cells) of every line, and a word on how they were cut."""
    lines = text.split("\n")
    if "\t" in text:
        quoted = spreadsheet(text, "\t")
        return (quoted, ["cells in quotes"]) if quoted else ([(i, line.split("\t")) for i, line in enumerate(lines, 1)], [])
    for separator in ";,|":
        records = spreadsheet(text, separator, must_quote=False)
        if records and all(len(cells) == 2 for _, cells in records if any(cells)):
            return records, [f"columns separated by {SEPARATORS[separator]}"]
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
