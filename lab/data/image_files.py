"""Which files of a person's folders are images, to which class and split each belongs, and what pairs belong together. Imports no torch.

Read first: `class_folder`. Whatever is left out or assumed is said in `notes`.
"""

import logging
import os
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeVar

from lab.data.catalogue import find, paths, readable
from lab.data.encoding import composed
from lab.errors import LabError

log = logging.getLogger("lab.data")

ENDINGS = frozenset({
    ".apng", ".avif", ".avifs", ".bmp", ".dib", ".gif", ".jfif", ".jpe", ".jpeg", ".jpg", ".mpo", ".pbm", ".pfm", ".pgm", ".png", ".pnm",
    ".ppm", ".tif", ".tiff", ".webp",
})  # fmt: skip
"""Of the files that are read as images, in lower case."""
IMAGE_FILTER = f"Images ({' '.join(f'*{ending}' for ending in sorted(ENDINGS))})"
"""For the dialogs that open an image."""
UNSUPPORTED = frozenset({".heic", ".heif", ".svg", ".psd", ".raw", ".cr2", ".nef", ".dng", ".jp2", ".jxl", ".ico", ".tga", ".eps", ".pdf"})
"""Of images that cannot be read here."""
ARCHIVES = frozenset({".zip", ".tar", ".gz", ".tgz", ".7z", ".rar"})
FOREIGN = frozenset(
    {"__macosx", "@eadir", "$recycle.bin", "system volume information", "lost+found", "__pycache__", "thumbs.db", "desktop.ini"}
)
"""What other programs put beside a person's files, in lower case. Hidden files and folders are passed over too."""
NAMED = 3
"""Names that a sentence gives at most."""

Part = Literal["train", "validation", "test"]
T = TypeVar("T")

SPLITS: dict[str, Part] = {
    "train": "train", "training": "train", "val": "validation", "valid": "validation", "validation": "validation", "dev": "validation",
    "test": "test", "testing": "test",
}  # fmt: skip
"""Folder names that are splits, in lower case."""


@dataclass(frozen=True)
class ClassFolder:
    """The image files of a folder by split and class. Where the folder has no splits, all files are in "train", to be divided."""

    files: dict[Part, dict[str, list[Path]]]
    notes: list[str] = field(default_factory=list)

    @property
    def classes(self) -> tuple[str, ...]:
        return tuple(self.files["train"])

    @property
    def has_splits(self) -> bool:
        return len(self.files) > 1

    def everything(self) -> list[Path]:
        return [file for part in self.files.values() for group in part.values() for file in group]


def class_folder(root: Path) -> ClassFolder:
    """The images below `root`: its sub-folders are the classes, or train/, val/ and test/ with the classes below each.

    Raises LabError where the folder holds no image file, cannot be read, or where splits have different classes.
    """
    notes: list[str] = []
    hidden = images_passed_over(root)
    if hidden:
        notes.append(
            f"{hidden:,} hidden image{'s' * (hidden != 1)} in {readable(root)} ignored (.ipynb_checkpoints, __MACOSX and the like)."
        )
    if dangling := dangling_note(root):
        notes.append(dangling)
    inner = root if split_folders(root) else wrapped(root)
    splits = split_folders(inner)
    if not splits:
        return ClassFolder({"train": classes_of(root, notes)}, notes)
    if inner != root:
        notes.append(f"{readable(root)} holds one folder only: {readable(inner)} is used.")
    files: dict[Part, dict[str, list[Path]]] = {part: classes_of(folder, notes) for part, folder in splits.items()}
    if len(files) > 1:
        notes.append(f"The folders {', '.join(readable(folder.name) for folder in splits.values())} of {readable(inner)} are the splits.")
        if not any(sub_folders(folder) for folder in splits.values()):  # No classes: the images of all splits are of one, the root's.
            files = {part: {readable(inner.name): next(iter(group.values()))} for part, group in files.items()}
        check_splits(inner, files)
    others = [readable(folder.name) for folder in sub_folders(inner) if folder not in splits.values()]
    if others:
        notes.append(f"Ignored beside the splits of {readable(inner)}: the folder{'s' * (len(others) != 1)} {listed(others)}.")
    stray = images_directly_in(inner)
    if stray:
        notes.append(f"Ignored beside the folders of {readable(inner)}: {counted(stray)}.")
    return ClassFolder(files, notes)


def split_folders(root: Path) -> dict[Part, Path]:
    """The folders train/, val/ and test/ of `root` by the split that each is; {} where they are classes or there is no train/.

    They are splits where no other folder holds images, or where train/ and another of them have a class folder in common.
    Raises LabError where two folders are the same split.
    """
    folders = sub_folders(root)
    named = [folder for folder in folders if folder.name.lower() in SPLITS]
    splits: dict[Part, Path] = {SPLITS[folder.name.lower()]: folder for folder in named}
    if "train" not in splits:
        return {}
    if any(images_below(folder) for folder in folders if folder not in named):
        classes = {part: {folder.name for folder in sub_folders(place)} for part, place in splits.items()}
        if not any(classes["train"] & own for part, own in classes.items() if part != "train"):
            return {}
    if len(splits) < len(named):
        of_each = [SPLITS[folder.name.lower()] for folder in named]
        both = [folder.name for folder, part in zip(named, of_each, strict=True) if of_each.count(part) > 1]
        raise LabError(f"{readable(root)} holds {listed(map(readable, both))}, which are the same split: leave one of them.")
    return splits


def wrapped(root: Path) -> Path:
    """The folder around the split folders, where `root` holds nothing else, as an unpacked archive does; else `root`."""
    inner = [folder for folder in sub_folders(root) if images_below(folder)]
    return inner[0] if len(inner) == 1 and not images_directly_in(root) else root


def check_splits(root: Path, files: dict[Part, dict[str, list[Path]]]) -> None:
    for part, group in files.items():
        only = {
            name: sorted(set(mine) - set(others))
            for name, mine, others in (("train", files["train"], group), (part, group, files["train"]))
        }
        unlike = [f"{listed(names)} only in {name}" for name, names in only.items() if names]
        if unlike:
            raise LabError(
                f"The splits of {readable(root)} have different classes: {', '.join(unlike)}. Give every split the same class folders."
            )


def files_by_class(root: Path) -> dict[str, list[Path]]:
    """The training files of `class_folder`, by class."""
    return class_folder(root).files["train"]


def classes_of(root: Path, notes: list[str]) -> dict[str, list[Path]]:
    """The image files below `root` by class: its sub-folders, or, where none holds an image, its own name."""
    by_class: dict[str, list[Path]] = {}
    empty = []
    for folder in sub_folders(root):
        files = images_below(folder)
        name = readable(folder.name)
        if files and name in by_class:
            raise LabError(f"{readable(root)} holds two folders that read {name}: rename one of them.")
        if files:
            by_class[name] = files
        else:
            empty.append(folder)
    own = images_directly_in(root)
    if not by_class:
        if not own:
            raise LabError(nothing_in(root))
        return {readable(root.name): own}
    if len(by_class) == 1 and not own:  # A folder around the class folders, as an unpacked archive makes.
        inner = next(folder for folder in sub_folders(root) if readable(folder.name) in by_class)
        if len(sub_folders(inner)) > 1 and not images_directly_in(inner):
            notes.append(f"{readable(root)} holds one folder only: the classes are the folders in {readable(inner)}.")
            return classes_of(inner, notes)
    if len(own) > sum(map(len, by_class.values())):
        raise LabError(
            f"{readable(root)} holds {len(own):,} images of its own beside the {len(by_class)} folders with {sum(map(len, by_class.values())):,}: "
            "it is not clear which are meant. Put all images into class folders, or take the folders out."
        )
    if own:
        notes.append(f"Ignored beside the class folders of {readable(root)}: {counted(own)}.")
    if empty:
        notes.append(f"Ignored folders without images: {listed(readable(folder.name) for folder in empty)}.")
    folded = Counter(name.casefold() for name in by_class)
    alike = sorted(name for name in by_class if folded[name.casefold()] > 1)
    if alike:
        notes.append(f"The classes {listed(alike)} differ only in case.")
    plain = Counter(composed(name).strip() for name in by_class)
    same = sorted(name for name in by_class if plain[composed(name).strip()] > 1)
    if same:
        notes.append(f"The classes {listed(map(repr, same))} look the same: they differ in blanks or in how accents are stored.")
    others = other_files(root)
    if others:
        notes.append(f"Ignored in {readable(root)}: {others}.")
    return dict(sorted(by_class.items()))


def class_names(value: str, games: str = "") -> tuple[str, ...]:
    """The names of a data set's classes, without loading an image. Raises LabError where a folder cannot be read."""
    record = find(value)
    if record.origin == "own":
        return tuple(files_by_class(paths(value)[0]))
    return record.classes or tuple(games.split(","))


# -- walking -------------------------------------------------------------------------------------------------------


def ignored(name: str) -> bool:
    """Whether a file or folder is hidden, or put there by another program."""
    return name.startswith(".") or name.endswith("~") or name.lower() in FOREIGN


def entries(folder: Path) -> list[os.DirEntry[str]]:
    """What a folder holds, in the order of names. Raises LabError where it cannot be read."""
    try:
        with os.scandir(folder) as listing:
            return sorted((entry for entry in listing if not ignored(entry.name)), key=lambda entry: entry.name)
    except OSError as error:
        raise LabError(f"The folder {readable(folder)} cannot be read ({error.strerror}).") from None


def sub_folders(folder: Path) -> list[Path]:
    """The folders in a folder, symbolic links to folders too, but for those to the folder itself or one above it."""
    return [Path(entry.path) for entry in entries(folder) if is_folder(entry) and not leads_back(entry, folder)]


def is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # A link that leads to itself.
        return False


def dangling_note(root: Path) -> str:
    """A sentence on `dangling_links`, "" where there are none."""
    names = dangling_links(root)
    return (
        f"{len(names):,} link{'s' * (len(names) != 1)} to nothing in {readable(root)} ignored: {listed(map(readable, names))}."
        if names
        else ""
    )


def dangling_links(root: Path) -> list[str]:
    """The names of links that lead to nothing or in circles, of images or folders, as where data that a link stands for were not fetched."""
    names = []
    for place, folders, files in os.walk(root):
        folders[:] = [folder for folder in folders if not ignored(folder)]
        for name in (*files, *folders):
            path = os.path.join(place, name)
            ending = os.path.splitext(name)[1].lower()
            if os.path.islink(path) and not ignored(name) and (ending in ENDINGS or not ending) and not os.path.exists(path):
                names.append(name)
    return sorted(names)


def leads_back(entry: os.DirEntry[str], folder: Path) -> bool:
    return entry.is_symlink() and folder.resolve().is_relative_to(Path(entry.path).resolve())


def images_directly_in(folder: Path) -> list[Path]:
    return [Path(entry.path) for entry in entries(folder) if is_image(entry)]


def is_image(entry: os.DirEntry[str]) -> bool:
    try:
        return os.path.splitext(entry.name)[1].lower() in ENDINGS and entry.is_file()
    except OSError:  # A link that leads to itself.
        return False


def images_below(folder: Path) -> list[Path]:
    """The image files of a folder and of all folders below it, links followed, in the order of their paths."""
    return sorted(walk(folder, ()))


def images_passed_over(root: Path) -> int:
    """The image files below hidden folders and those of other programs, and hidden ones themselves."""
    count = 0
    for place, _, names in os.walk(root):
        inside = any(ignored(part) for part in Path(place).relative_to(root).parts)
        count += sum(os.path.splitext(name)[1].lower() in ENDINGS and (inside or ignored(name)) for name in names)
    return count


def walk(folder: Path, above: tuple[tuple[int, int], ...]) -> Iterator[Path]:
    """`above`: the folders that one is in, so that a link to one of them is not followed for ever."""
    status = folder.stat()
    identity = (status.st_dev, status.st_ino)
    if identity in above:
        return
    for entry in entries(folder):
        if is_folder(entry):
            yield from walk(Path(entry.path), (*above, identity))
        elif is_image(entry):
            yield Path(entry.path)


def image_files(folder: Path) -> list[Path]:
    """The image files of a folder without classes, sub-folders too. Raises LabError where there is none."""
    if not folder.is_dir():
        raise LabError(f"There is no folder {readable(folder)}.")
    files = images_below(folder)
    if not files:
        raise LabError(nothing_in(folder))
    return files


def other_files(root: Path) -> str:
    """The files among them that a person may have meant as images, counted: "3 .heic, 1 .zip files", "" for none."""
    counts: Counter[str] = Counter()
    for _, folders, names in os.walk(root):
        folders[:] = [folder for folder in folders if not ignored(folder)]
        counts.update(os.path.splitext(name)[1].lower() for name in names if not ignored(name))
    meant = [f"{count} {ending}" for ending, count in sorted(counts.items()) if ending in UNSUPPORTED | ARCHIVES]
    return f"{', '.join(meant)} files" if meant else ""


def nothing_in(root: Path) -> str:
    unread = other_files(root)
    more = f" It has {unread}, which cannot be read here: convert images to PNG or JPEG, unpack archives." if unread else ""
    dangling = dangling_links(root)
    if dangling:
        more += f" It has {len(dangling):,} link{'s' * (len(dangling) != 1)} to nothing ({listed(map(readable, dangling))}): fetch what they stand for."
    return f"The folder {readable(root)} holds no images: expected files ending in {', '.join(sorted(ENDINGS))}.{more}"


# -- dividing ------------------------------------------------------------------------------------------------------


def held_out(count: int) -> list[bool]:
    """Which of `count` files of a class are for test: every tenth; of fewer than ten the last; a single one serves as both."""
    if count >= 10:
        return [i % 10 == 9 for i in range(count)]
    return [i == count - 1 for i in range(count)]


def of_split(files: list[T], test: bool) -> list[T]:
    """The files of a class without splits of its own that are for test, or for training."""
    if len(files) == 1:
        return files
    return [file for file, out in zip(files, held_out(len(files)), strict=True) if out == test]


def readable_split(files: list[Path], test: bool, reads: Callable[[Path], bool]) -> list[Path]:
    """`of_split`; where none of the files for test can be read, the last of the others that can is for test in their place."""
    held, others = of_split(files, True), of_split(files, False)
    if len(files) == 1 or any(map(reads, held)):
        return held if test else others
    spare = [file for file in reversed(others) if reads(file)]
    if len(spare) < 2:  # A class with one picture cannot be learned and tested.
        return held if test else others
    log.warning("%s is for test in place of %s, which cannot be read.", readable(spare[0]), listed(readable(file.name) for file in held))
    return [*held, spare[0]] if test else [file for file in others if file != spare[0]]


def splits_in(folder: Path) -> dict[str, Path]:
    """train and test of a folder that holds train/ and test/ or val/ and no images of its own, {} of any other."""
    parts = {SPLITS[part.name.lower()]: part for part in sub_folders(folder) if part.name.lower() in SPLITS} if folder.is_dir() else {}
    if "train" not in parts or len(parts) < 2 or images_directly_in(folder):
        return {}
    return {"train": parts["train"], "test": parts.get("test") or parts["validation"]}


def tests_of(a: Path, b: Path) -> tuple[Path, Path] | None:
    """testA and testB beside trainA and trainB, as CycleGAN's data sets have them."""
    if not (a.name.startswith("train") and b.name.startswith("train")):
        return None
    tests = a.with_name("test" + a.name.removeprefix("train")), b.with_name("test" + b.name.removeprefix("train"))
    return tests if all(folder.is_dir() for folder in tests) else None


# -- sentences -----------------------------------------------------------------------------------------------------


def counted(files: list[Path]) -> str:
    """ "2 images (a.png, b.png)" """
    return f"{len(files):,} image{'s' * (len(files) != 1)} ({listed(readable(file.name) for file in files)})"


def listed(items: object) -> str:
    names = list(items)  # type: ignore[call-overload]
    return ", ".join(names[:NAMED]) + (f" and {len(names) - NAMED:,} more" if len(names) > NAMED else "")
