"""A file of tagged words as people keep them: a word and its tag on each line, by tabs or blanks, as in CoNLL files. Imports no torch."""

import re
from collections import Counter
from dataclasses import dataclass

from lab.errors import LabError

OTHER = "other"
Sentence = list[tuple[str, str]]
"""Words and their tags."""
PLACES = ("B-", "I-", "E-", "S-", "L-", "U-", "M-")
"""What stands before a tag and says where in a name its word is: in IOB, BIOES and BILOU."""
WORDS = frozenset(["word", "words", "token", "tokens", "form", "text", "sentence"])
TAGS = frozenset(["tag", "tags", "label", "labels", "ner", "ner_tag", "ner_tags", "pos", "entity", "class"])
UNIVERSAL = 10
"""Columns of a CoNLL-U file: the word is the second, its part of speech the fourth."""


@dataclass(frozen=True)
class TaggedFile:
    """Sentences, some of them empty, and what was assumed."""

    sentences: list[Sentence]
    assumed: list[str]


def read_tagged(text: str, where: str) -> TaggedFile:
    """The words and tags of a file. A file with tabs is cut at these alone, any other at blanks and tabs.

    Raises LabError that names the first line without a word or a tag, or where all words have one tag.
    """
    lines = text.split("\n")
    filled = [line for line in lines if line.strip()]
    tabs = 2 * sum("\t" in line for line in filled) > len(filled)
    rows = [cells_of(line, tabs) for line in lines]
    width = Counter(len(row) for row in rows if row).most_common(1)[0][0] if filled else 0
    tags = {"O"} | {row[-1] for line, row in zip(lines, rows, strict=True) if row and not line.startswith("#")}
    comments: set[int] = set()
    for i, (line, row) in enumerate(zip(lines, rows, strict=True)):
        begins = i == 0 or not rows[i - 1] or i - 1 in comments
        if line.startswith("#") and (len(row) != width or (begins and row[-1] not in tags)):
            comments.add(i)
    universal = width == UNIVERSAL and all(row[0][:1].isdigit() for i, row in enumerate(rows) if row and i not in comments)
    word_column, tag_column = (1, 3) if universal else (0, -1)
    sentences: list[Sentence] = [[]]
    first = 0
    for i, row in enumerate(rows):
        if i in comments:
            continue
        if not row or row[0] == "-DOCSTART-":
            sentences.append([])
        elif len(row) < 2 or not row[word_column] or not row[tag_column]:
            raise LabError(f"{where}, line {i + 1}: expected a word and its tag, found {lines[i][:40]!r}.")
        elif not universal or row[0].isdigit():  # 1-2 is a contraction, whose parts follow.
            sentences[-1].append((row[word_column], row[tag_column]))
            first = first or i + 1
    assumed = [f"{len(comments):,} comment lines skipped"] if comments else []
    if universal:
        assumed.append("CoNLL-U: words of column 2, tags of column 4")
    counts = Counter(tag for sentence in sentences for _, tag in sentence)
    heading = next((sentence for sentence in sentences if sentence), None)
    if heading and len(heading) > 1 and heading[0][0].lower() in WORDS and heading[0][1].lower() in TAGS and counts[heading[0][1]] == 1:
        assumed.append(f"header in line {first} ignored")
        del counts[heading.pop(0)[1]]
    if len(counts) == 1:
        raise LabError(f"{where}: all words have the tag {next(iter(counts))!r}, so there is nothing to learn. The tag is the last column.")
    placed = any(tag.startswith(("B-", "I-")) for tag in counts)
    names = {tag: plain_tag(tag, placed) for tag in counts}
    if placed:
        assumed.append(f"{', '.join(place for place in PLACES if any(tag.startswith(place) for tag in counts))} before tags left out")
    tagged = [[(word, names[tag]) for word, tag in sentence] for sentence in sentences]
    return TaggedFile(tagged, [f"{where}: {', '.join(assumed)}"] if assumed else [])


def cells_of(line: str, tabs: bool) -> list[str]:
    """The cells of a line; a no-break space is part of a word."""
    if not line.strip():
        return []
    return [cell.strip() for cell in line.split("\t")] if tabs else re.split(r"[ \t]+", line.strip(" \t\f"))


def plain_tag(tag: str, placed: bool) -> str:
    return OTHER if tag == "O" else tag[2:] if placed and tag.startswith(PLACES) else tag
