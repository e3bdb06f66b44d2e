"""Which picture to open."""

from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QWidget

from lab.data.image_files import IMAGE_FILTER


def ask_picture(parent: QWidget) -> Path | None:
    """The picture file that the user names; None where they cancel."""
    name, _ = QFileDialog.getOpenFileName(parent, "Open an image", "", IMAGE_FILTER)
    return Path(name) if name else None
