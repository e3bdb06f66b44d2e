"""Which files of a folder are images, and to which class each belongs. Imports no torch."""

from pathlib import Path

from lab.errors import LabError

ENDINGS = frozenset({".png", ".jpg", ".jpeg", ".gif", ".bmp", ".webp", ".tif", ".tiff", ".ppm", ".pgm"})
"""Of the files that a folder of images is searched for."""


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
