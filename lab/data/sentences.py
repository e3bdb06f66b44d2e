"""Sentences with a label: those of Python's documentation by section, and any labelled TSV."""

import hashlib
import re
from collections import Counter
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from lab.data.catalogue import Absent, file_of, loader, missing, shown
from lab.data.record import Record, listed, of_content, rules_of
from lab.data.text import decoded, own_file
from lab.data.tsv import Rows, read_rows
from lab.data.words import words
from lab.errors import LabError
from lab.registry import load

END = re.compile(r"(?<=[.!?:])\s+(?=[A-Z\"'(*])")


@dataclass(frozen=True)
class Labelled:
    """Texts with their labels as numbers into `classes`; `held_out` marks the validation part (N,) bool."""

    texts: list[str]
    labels: np.ndarray
    classes: list[str]
    held_out: np.ndarray
    record: Record

    def split(self, text: str) -> list[str]:
        """A sentence as words, by the rules of the run."""
        return words(text, self.record["rules"])


def load_sentences(data: str, least: int, remembered: Record | None = None) -> Labelled:
    """A labelled set; labels with fewer than `least` texts are left out. About one text in seven is for validation.

    Where a stored run has `remembered` its classes, they are those, in its order, and texts of others are left out.
    """
    rules = rules_of(file_of(data) is not None, remembered)
    if remembered and missing(data) is not None:
        absent: Any = Absent(data)
        return Labelled(absent, absent, remembered["classes"], absent, {**remembered, "rules": rules})
    labelled = load(loader(data, "labelled text"))(data, rules)
    rows = labelled.rows
    counts = Counter(label for label, _ in rows)
    names = sorted(label for label, count in counts.items() if count >= least)
    content = [f"{label}\t{text}" for label, text in rows]
    record: Record = {
        "data": data,
        **of_content(content, "rows", remembered),
        "classes": names,
        "rules": rules,
        "assumed": labelled.assumed,
    }
    classes = known_classes(data, names, set(counts), remembered)
    dropped = [label for label in counts if label not in classes]
    if dropped:
        record["assumed"] = [*labelled.assumed, f"{shown(data)}: {listed('class', sorted(dropped))} ignored: fewer than {least} texts"]
    if len(classes) < 2:
        raise LabError(
            f"{shown(data)} has {len(classes)} label{'s' if len(classes) != 1 else ''} with at least {least} texts; at least 2 are needed. Lower --min-count."
        )
    numbers = {label: i for i, label in enumerate(classes)}
    kept = [(numbers[label], text) for label, text in rows if label in numbers]
    # The parts do not depend on the run's seed.
    if rules > 1:
        held_out = held_out_rows([f"{label}\t{text}" for label, text in rows if label in numbers], [label for label, _ in kept], 7)
    else:
        held_out = np.random.default_rng(0).permutation(len(kept)) % 7 == 0
    if rules > 1 and not held_out.any():
        held_out = np.random.default_rng(0).permutation(len(kept)) % 7 == 0
        distinct = len({text for _, text in kept})
        record["assumed"] = [*record["assumed"], f"{shown(data)}: validation repeats training texts, as only {distinct} are distinct"]
    if not held_out.any() or held_out.all():
        raise LabError(f"{shown(data)} has {len(kept)} texts: too few to hold some out for validation.")
    return Labelled([text for _, text in kept], np.array([label for label, _ in kept], np.int64), classes, held_out, record)


def known_classes(data: str, names: list[str], labels: set[str], remembered: Record | None) -> list[str]:
    """The classes that the network was made for: those remembered, or those `names`. Raises LabError where one may have been renamed."""
    classes = list((remembered or {}).get("classes", names))
    missing, new = [name for name in classes if name not in labels], [name for name in names if name not in classes]
    if missing and new:
        raise LabError(
            f"{shown(data)} has no text for {listed('class', missing)}, which the network was trained on, but has the unknown {listed('class', new)}. "
            "If a label was renamed, rename it back; otherwise give the run's own data with --data file:PATH."
        )
    return classes


def section_sentences(data: str, rules: int) -> Rows:
    """(section, sentence) of pydoc_data.topics. A sentence of several sections counts for the smallest of them, once."""
    from pydoc_data.topics import topics

    sections: dict[str, set[str]] = {}
    for name, text in topics.items():
        for paragraph in re.split(r"\n\s*\n", text):
            for sentence in END.split(" ".join(paragraph.split())):
                if len(sentence.split()) >= 4:
                    sections.setdefault(sentence, set()).add(name)
    sizes = Counter(name for names in sections.values() for name in names)
    return Rows([(min(names, key=lambda name: (sizes[name], name)), sentence) for sentence, names in sections.items()], [])


def own_sentences(data: str, rules: int) -> Rows:
    """(label, text) of one's own TSV. Raises LabError where its columns are the other way round."""
    labelled = own_rows(data, "labelled", rules)
    if rules > 1:
        check_order(labelled.rows, data)
        check_labels(labelled.rows, data)
    return labelled


def held_out_rows(rows: list[str], groups: list[Any], share: int) -> np.ndarray:
    """Which of `rows` are for validation, (N,) bool: about one in `share`, and at least one of a group that has two.

    It depends on a row's own text alone: equal rows are never on both sides, and rows that come later move no others.
    """
    digests = [int.from_bytes(hashlib.sha256(row.encode()).digest()[:8]) for row in rows]
    held = np.array([digest % share == 0 for digest in digests], bool)
    places: dict[Any, list[int]] = {}
    for i, group in enumerate(groups):
        places.setdefault(group, []).append(i)
    for own in places.values():
        different = sorted({digests[i] for i in own})
        if len(different) == 1:
            held[own] = False  # It is learned from, else it would be unknown.
        elif len({held[i] for i in own}) == 1:
            other = not held[own[0]]
            for i in own:
                if digests[i] == different[0]:
                    held[i] = other
    return held


def check_order(rows: list[tuple[str, str]], data: str) -> None:
    """Raise LabError where the text seems to stand first and the label after it."""
    first, second = ({row[i] for row in rows} for i in (0, 1))
    words_of = [np.mean([len(row[i].split()) for row in rows]) for i in (0, 1)]
    if len(first) > 0.5 * len(rows) and len(second) <= 0.5 * len(first) and words_of[0] > words_of[1]:
        raise LabError(
            f"{shown(data)}: expected the label first and the text after the tab, but the first column looks like the text "
            f"({len(first):,} distinct values in {len(rows):,} lines) and the second like the label ({len(second):,}). Swap the columns."
        )


def check_labels(rows: list[tuple[str, str]], data: str) -> None:
    """Raise LabError where no label comes twice, as with numbers of the lines."""
    labels = {label for label, _ in rows}
    if len(rows) > 10 and len(labels) == len(rows):
        raise LabError(
            f"{shown(data)}: expected a label in the first column, but all {len(rows):,} lines have a different one "
            f"({rows[0][0]!r:.30}, {rows[1][0]!r:.30}, ...). Put the label first, or add a header that names the columns label and text."
        )


def own_rows(data: str, kind: Literal["labelled", "pairs"], rules: int) -> Rows:
    """The two columns of one's own file. Raises LabError that names the first line without both, or a file without lines."""
    if rules > 1:
        return read_rows(own_file(data), shown(data), kind)
    rows = []
    for number, line in enumerate(decoded(own_file(data), data, rules)[0].splitlines(), 1):
        parts = [part.strip() for part in line.split("\t")[:2]]
        if line.strip() and (len(parts) < 2 or not all(parts)):
            raise LabError(f"{shown(data)}, line {number}: expected two columns with a tab between them, found {line[:40]!r}.")
        if line.strip():
            rows.append((parts[0], parts[1]))
    if not rows:
        raise LabError(f"{shown(data)} has no lines with two columns.")
    return Rows(rows, [])
