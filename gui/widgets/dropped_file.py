"""The file that is dropped on a widget."""

from PySide6.QtGui import QDropEvent


def dropped_file(event: QDropEvent) -> str | None:
    """The path of the first file that is dropped, None for anything but files of this machine, such as a link of a browser."""
    urls = event.mimeData().urls()
    return urls[0].toLocalFile() if urls and urls[0].isLocalFile() else None
