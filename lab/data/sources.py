"""The image data sets by name, without loading any: what configs, flags and lists need. Imports no torch."""

import os
from pathlib import Path

from lab.errors import LabError

IMAGES: dict[str, str] = {
    "digits": "1,797 real handwritten digits, 8x8 (scikit-learn)",
    "mnist": "handwritten digits, 28x28, downloaded once",
    "fashion-mnist": "articles of clothing, 28x28, downloaded once",
    "cifar-10": "photographs in ten classes, 32x32 colour, downloaded once",
    "atari": "frames of Atari games, played at first use",
    "folder:PATH": "your own images; sub-folders are classes",
}
"""Every image data set with one line about it."""


ENDINGS = frozenset({".png", ".jpg", ".jpeg", ".gif", ".bmp", ".webp", ".tif", ".tiff", ".ppm", ".pgm"})
"""Of the files that a folder of images is searched for."""


def check_images(value: str) -> str:
    """`value` where it names an image data set. Raises UsageError (an unknown name) or ValueError (no such folder)."""
    if value.startswith("folder:"):
        path = Path(value.removeprefix("folder:")).expanduser()
        if not path.is_dir():
            raise ValueError(f"must name a folder that exists after folder:, and {path} is none")
        return f"folder:{path.resolve()}"
    if value not in IMAGES or value == "folder:PATH":
        raise ValueError(f"must be one of {', '.join(IMAGES)}")
    return value


def subject(value: str) -> str:
    """A data set's name as part of a file's name."""
    return "".join(c if c.isalnum() or c in "-_" else "-" for c in Path(value.removeprefix("folder:")).name) or "folder"


def check_games(value: str) -> str:
    """A list of Atari games separated by commas, in snake case. Raises UsageError for an unknown game, ValueError for none."""
    from lab.atari.games import check_game

    names = [name.strip() for name in value.split(",") if name.strip()]
    if not names:
        raise ValueError("must name at least one game, such as pong or pong,breakout")
    return ",".join(dict.fromkeys(check_game(name) for name in names))


def cache() -> Path:
    """Where downloads and collected frames are kept: `$LAB_DATA`, or the user's cache folder."""
    given = os.environ.get("LAB_DATA")
    if given:
        return Path(given).expanduser()
    import pooch

    return Path(pooch.os_cache("lab"))


def native(data: str) -> tuple[int, int]:
    """(size in pixels, channels) that a data set has of its own; what frames and folders are brought to unless told otherwise."""
    return {"digits": (8, 1), "mnist": (28, 1), "fashion-mnist": (28, 1), "cifar-10": (32, 3)}.get(data, (64, 3))


def class_names(data: str, games: str = "") -> tuple[str, ...]:
    """The names of a data set's classes, without loading an image."""
    if data == "atari":
        return tuple(games.split(","))
    if data.startswith("folder:"):
        return tuple(files_by_class(Path(data.removeprefix("folder:"))))
    if data == "fashion-mnist":
        return ("t-shirt", "trousers", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "boot")
    if data == "cifar-10":
        return ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
    return tuple("0123456789")


def files_by_class(root: Path) -> dict[str, list[Path]]:
    """The image files under a folder by class: the first folder below the root, or the root's own name.

    Raises LabError where the folder holds no image file or cannot be read.
    """
    try:
        files = sorted(file for file in root.rglob("*") if file.suffix.lower() in ENDINGS and file.is_file())
    except OSError as error:
        raise LabError(f"The folder {root} cannot be read ({error.strerror}).") from None
    if not files:
        raise LabError(f"The folder {root} holds no images: expected files ending in {', '.join(sorted(ENDINGS))}.")
    found: dict[str, list[Path]] = {}
    for file in files:
        parts = file.relative_to(root).parts
        found.setdefault(parts[0] if len(parts) > 1 else root.name, []).append(file)
    return dict(sorted(found.items()))
