"""The data of image-to-image recipes by name, checked without loading any. Imports no torch."""

from pathlib import Path

from lab.data.sources import IMAGES, check_images

PAINTABLE = ("digits", "mnist", "fashion-mnist")
"""Grey images that can be painted."""
UNPAIRED = {
    "digits": "plain digits against painted ones",
    "mnist": "the same with MNIST",
    "fashion-mnist": "the same with clothes",
    "atari": "frames of a game against a blueprint of it",
    "horse2zebra": "photographs of horses and zebras, downloaded once (111 MB)",
    "folders:A,B": "two folders of your own",
}


PAIRED = {
    **{name: text for name, text in IMAGES.items() if name != "folder:PATH"},
    "folder:PATH": "a folder of your own images, to make pairs of",
    "pairs:FOLDER": "pairs of your own, side by side in one picture: A left, B right",
    "pairs:A,B": "pairs of your own: two folders with the same names",
}
"""What pix2pix learns from: images to make pairs of by its task, or pairs."""


def check_unpaired(value: str) -> str:
    """`value` where it names two unpaired domains. Raises ValueError."""
    if value.startswith("folders:"):
        return f"folders:{','.join(check_folders(value.removeprefix('folders:'), 2, 2))}"
    if value not in UNPAIRED or value == "folders:A,B":
        raise ValueError(f"must be one of {', '.join(UNPAIRED)}")
    return value


def check_paired(value: str) -> str:
    """`value` where it names images to make pairs of, or pairs. Raises ValueError."""
    if value.startswith("pairs:"):
        return f"pairs:{','.join(check_folders(value.removeprefix('pairs:'), 1, 2))}"
    try:
        return check_images(value)
    except ValueError as error:
        raise ValueError(f"{error}, pairs:FOLDER (side by side) or pairs:A,B (two folders with the same names)") from None


def check_folders(text: str, least: int, most: int) -> list[str]:
    parts = [part.strip() for part in text.split(",")]
    if not least <= len(parts) <= most or not all(parts):
        raise ValueError(f"must name {'one or two folders' if least < most else 'two folders, separated by a comma'}, got {text!r}")
    for part in parts:
        if not Path(part).expanduser().is_dir():
            raise ValueError(f"must name folders that exist, and {part} is none")
    return [str(Path(part).expanduser().resolve()) for part in parts]


def domain_subject(value: str) -> str:
    """A data set's name as part of a file's name."""
    kind, _, paths = value.partition(":")
    name = Path(paths.split(",")[0]).name if paths else kind
    return "".join(c if c.isalnum() or c in "-_" else "-" for c in name) or kind
