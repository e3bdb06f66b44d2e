"""Sentences with a label: those of Python's documentation by section, and any labelled TSV."""

import re
from collections import Counter
from dataclasses import dataclass

import numpy as np

from lab.data.corpora import file_of
from lab.data.record import Record, listed, of_content
from lab.data.text import decoded, read_bytes, shown
from lab.errors import LabError

END = re.compile(r"(?<=[.!?:])\s+(?=[A-Z\"'(*])")


@dataclass(frozen=True)
class Labelled:
    """Texts with their labels as numbers into `classes`; `held_out` marks the validation part (N,) bool."""

    texts: list[str]
    labels: np.ndarray
    classes: list[str]
    held_out: np.ndarray
    record: Record


def load_sentences(data: str, least: int, remembered: Record | None = None) -> Labelled:
    """A labelled set; labels with fewer than `least` texts are left out. About one text in seven is for validation.

    Where a stored run has `remembered` its classes, they are those, in its order, and texts of others are left out.
    """
    rows = tsv_rows(data) if file_of(data) is not None else section_sentences()
    counts = Counter(label for label, _ in rows)
    found = sorted(label for label, count in counts.items() if count >= least)
    content = [f"{label}\t{text}" for label, text in rows]
    record: Record = {"data": data, **of_content(content, "rows", remembered), "classes": found, "assumed": []}
    classes = known_classes(data, found, set(counts), remembered)
    if len(classes) < 2:
        raise LabError(f"{shown(data)} has {len(classes)} labels with at least {least} texts; at least 2 are needed. Lower --least.")
    numbers = {label: i for i, label in enumerate(classes)}
    kept = [(numbers[label], text) for label, text in rows if label in numbers]
    # Every seventh of a fixed shuffle: the parts do not depend on the run's seed.
    held_out = np.random.default_rng(0).permutation(len(kept)) % 7 == 0
    return Labelled([text for _, text in kept], np.array([label for label, _ in kept], np.int64), classes, held_out, record)


def known_classes(data: str, found: list[str], labels: set[str], remembered: Record | None) -> list[str]:
    """The classes that the network was made for: those remembered, or those `found`. Raises LabError where one may have been renamed."""
    classes = list((remembered or {}).get("classes", found))
    missing, new = [name for name in classes if name not in labels], [name for name in found if name not in classes]
    if missing and new:
        raise LabError(
            f"{shown(data)} has no text of {listed('class', missing)}, which the network knows, but of {listed('class', new)}, which it "
            "does not. If a label was renamed, name it as it was; else give the run's own data with --data file:PATH."
        )
    return classes


def section_sentences() -> list[tuple[str, str]]:
    """(section, sentence) of pydoc_data.topics. A sentence of several sections counts for the smallest of them, once."""
    from pydoc_data.topics import topics

    found: dict[str, set[str]] = {}
    for name, text in topics.items():
        for paragraph in re.split(r"\n\s*\n", text):
            for sentence in END.split(" ".join(paragraph.split())):
                if len(sentence.split()) >= 4:
                    found.setdefault(sentence, set()).add(name)
    sizes = Counter(name for names in found.values() for name in names)
    return [(min(names, key=lambda name: (sizes[name], name)), sentence) for sentence, names in found.items()]


def tsv_rows(data: str) -> list[tuple[str, str]]:
    """The two columns of a TSV. Raises LabError that names the first line without both, or a file without lines."""
    rows = []
    for number, line in enumerate(decoded(read_bytes(data), data).splitlines(), 1):
        if not line.strip():
            continue
        parts = line.split("\t")
        if len(parts) < 2 or not parts[0].strip() or not parts[1].strip():
            raise LabError(
                f"{shown(data)}, line {number}: expected two columns with a tab between them, found {len([p for p in parts if p.strip()])} "
                f"({line[:40]!r}). Give each line a tab and a second column, or take the line out."
            )
        rows.append((parts[0].strip(), parts[1].strip()))
    if not rows:
        raise LabError(f"{shown(data)} has no lines with two columns.")
    return rows
