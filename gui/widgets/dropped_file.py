"""The files that are dropped on a widget."""

from pathlib import Path

from PySide6.QtGui import QDropEvent


def dropped_files(event: QDropEvent) -> list[Path]:
    """The files and folders of this machine that are dropped, none for anything else, such as a link of a browser."""
    return [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]


def dropped_file(event: QDropEvent) -> str | None:
    """The path of the first file that is dropped."""
    paths = dropped_files(event)
    return str(paths[0]) if paths else None
