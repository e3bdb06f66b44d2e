"""What a run remembers of a person's images: their classes, a fingerprint, the span of deep values, and what was assumed.

See `lab.data.record` for the form of a record. Imports no torch. Read first: `image_record`.
"""

from pathlib import Path

from lab.data.catalogue import find, paths, readable
from lab.data.encoding import composed
from lab.data.file_hashes import LISTED, hashes
from lab.data.image_files import (
    ClassFolder,
    class_folder,
    class_names,
    dangling_note,
    image_files,
    listed,
    splits_in,
    tests_of,
)
from lab.data.image_reader import Span, survey
from lab.data.record import Record, fingerprint
from lab.errors import LabError
from lab.registry import load


def image_record(data: str, *, ground: str, remembered: Record | None, games: str = "") -> Record:
    """What a run remembers of image data (see `lab.data.record`): of one's own, their classes, fingerprint and what is assumed."""
    record = find(data)
    if record.record:
        return load(record.record)(data, ground, remembered)
    return {"data": data, "classes": list(class_names(data, games)), "assumed": []}


def folder_record(data: str, ground: str, stored: Record | None) -> Record:
    """What a run remembers of the folder `data`; for a run that remembers it already, as it is now."""
    folder = class_folder(paths(data)[0])
    hashes_by_folder = {name: hashes(all_of(folder, name)) for name in folder.classes}
    classes, names = class_order(data, hashes_by_folder, stored or {})
    whole = sorted(hash for group in hashes_by_folder.values() for hash in group)
    short = len(whole) <= LISTED
    record: Record = {
        "data": data, "fingerprint": fingerprint(whole), "size": len(whole), "unit": "images", "classes": [name for name in classes if name in names.values()] + [name for name in hashes_by_folder if name not in names],
        "class_hashes": {names[name]: "".join(group) if short else fingerprint(group) for name, group in hashes_by_folder.items() if name in names},
        "assumed": [*folder.notes, *split_notes(folder), *(f"The folder {a} is read as the class {b}." for a, b in names.items() if a != b)],
    }  # fmt: skip
    known = (stored or {}).get("class_hashes", {})
    if stored and short and stored.get("size", 0) <= len(whole) and known:
        record["contains_stored"] = all(set(pieces(known[name])) <= set(hashes_read_as(hashes_by_folder, names, name)) for name in known)
    if stored:
        return record | {key: stored[key] for key in ("values",) if key in stored}
    surveyed = survey(folder.everything(), ground)
    record["assumed"] += surveyed.notes
    return record if surveyed.span is None else record | {"values": [surveyed.span.low, surveyed.span.high]}


def split_notes(folder: ClassFolder) -> list[str]:
    if folder.has_splits:
        return []
    single = [name for name, group in folder.files["train"].items() if len(group) == 1]
    few = [name for name, group in folder.files["train"].items() if 1 < len(group) < 10]
    many = any(len(group) >= 10 for group in folder.files["train"].values())
    notes = ["Every tenth image of a class is held out for test."] if many else []
    if few:
        notes.append(f"Classes with fewer than ten images hold out one: {listed(few)}.")
    if single:
        notes.append(f"Only one image, used for both training and test: {listed(single)}.")
    return notes


def all_of(folder: ClassFolder, name: str) -> list[Path]:
    return [file for part in folder.files.values() for file in part.get(name, [])]


def domains_record(data: str, ground: str, stored: Record | None, pictures: list[Path] | None = None) -> Record:
    """What a run remembers of its folders; for a run that remembers them already, as they are now. Where only some of the folders
    hold pictures (and the others masks), their values are those of the `pictures`."""
    folders = paths(data)
    files = files_of(folders)
    whole = hashes(files)
    record: Record = {
        "data": data,
        "fingerprint": fingerprint(whole),
        "size": len(whole),
        "unit": "images",
        "assumed": [split_note(folders), *link_notes(folders)],
    }
    if len(whole) <= LISTED:
        record["hashes"] = "".join(whole)
    if stored:
        known = stored.get("hashes", "")
        if known and "hashes" in record:
            record["contains_stored"] = {known[i : i + 12] for i in range(0, len(known), 12)} <= set(whole)
        return record | {key: stored[key] for key in ("values", "values_b") if key in stored}
    if pictures is not None or len(folders) == 1:
        sides = [files if pictures is None else [file for folder in pictures for file in image_files(folder)]]
    else:
        tests = tests_of(folders[0], folders[1]) or ()
        sides = [[file for place in (folder, *tests[i : i + 1]) for file in image_files(place)] for i, folder in enumerate(folders)]
    surveys = [survey(side, ground) for side in sides]
    spans = [one.span for one in surveys if one.span is not None]
    if len(set(spans)) == 2:  # Such as photographs and maps of depth.
        for folder, one in zip(folders, surveys, strict=True):
            record["assumed"] += [f"{readable(folder.name)}: {note}" for note in one.notes]
        return record | {"values": [spans[0].low, spans[0].high], "values_b": [spans[1].low, spans[1].high]}
    record["assumed"] += survey([file for side in sides for file in side], ground).notes if len(surveys) > 1 else surveys[0].notes
    return record | {"values": [spans[0].low, spans[0].high]} if spans else record


def link_notes(folders: list[Path]) -> list[str]:
    return [note for folder in folders if (note := dangling_note(folder))]


def split_note(folders: list[Path]) -> str:
    if len(folders) == 2 and (tests := tests_of(folders[0], folders[1])) is not None:
        return f"For test: {readable(tests[0])} and {readable(tests[1])}."
    if all(splits_in(folder) for folder in folders):
        return f"The folders train and {splits_in(folders[0])['test'].name} are the splits."
    counts = [len(image_files(folder)) for folder in folders]
    return (
        "There is only one image: it is used for both training and test."
        if min(counts) == 1
        else "Every tenth image is held out for test (one of fewer than ten)."
    )


def files_of(folders: list[Path]) -> list[Path]:
    tests = tests_of(folders[0], folders[1]) if len(folders) == 2 else None
    return [file for folder in [*folders, *(tests or ())] for file in image_files(folder)]


def span_in(record: Record | None, domain: str = "a") -> Span | None:
    """The span of values that a stored run's images were scaled by; that of the second domain where it has one of its own."""
    key = "values_b" if domain == "b" and record and "values_b" in record else "values"
    return Span(*record[key]) if record and key in record else None


# -- the classes that a stored run remembers -----------------------------------------------------------------------


def class_order(data: str, hashes_by_folder: dict[str, list[str]], stored: Record) -> tuple[tuple[str, ...], dict[str, str]]:
    """The classes in their order, and the class that each class folder is read as, given the hashes of its files.

    A folder that holds what a class held in training is that class, whatever it is called now; others go by their name. Those of
    no class are left out. Raises LabError where one may have been renamed.
    """
    classes = tuple(stored.get("classes", sorted(hashes_by_folder)))
    known = stored.get("class_hashes", {})
    same = {
        name: [other for other in known if known[other] in ("".join(group), fingerprint(group))] for name, group in hashes_by_folder.items()
    }
    names = {name: name for name in hashes_by_folder if name in same[name]}
    for name in hashes_by_folder:  # By what it holds, where no folder of that name holds it still.
        free = [other for other in same[name] if other not in names.values()]
        if name not in names and free:
            names[name] = free[0]
    stored_as = {composed(name): name for name in classes}  # A folder that was copied from a Mac has its accents stored otherwise.
    for name in hashes_by_folder:
        known_as = name if name in classes else stored_as.get(composed(name))
        if name not in names and known_as is not None and known_as not in names.values():
            names[name] = known_as
    new, gone = [name for name in hashes_by_folder if name not in names], [name for name in classes if name not in names.values()]
    if new and gone:
        raise LabError(
            f"{data} has folders that are no classes of this run ({listed(new)}), and none for {listed(gone)}. Its classes are "
            f"{', '.join(classes)}: give the folders these names, or take the new ones out."
        )
    return classes, names


def hashes_read_as(hashes_by_folder: dict[str, list[str]], names: dict[str, str], name: str) -> list[str]:
    """The hashes of the files that are read as the class `name`."""
    return [hash for folder, group in hashes_by_folder.items() if names.get(folder) == name for hash in group]


def pieces(text: str) -> list[str]:
    """The hashes in a class's entry."""
    return [text[i : i + 12] for i in range(0, len(text), 12)]
