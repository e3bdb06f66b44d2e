"""Where to save something: the name's ending and the place are checked before any work is done."""

from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget

from lab.errors import LabError
from lab.saving import destination


def ask_save_path(parent: QWidget, title: str, suggested: str, endings: tuple[str, ...]) -> Path | None:
    """The file that the user names, which can be written; None where they cancel.

    A name without an ending gets the suggested one's. What cannot be written is refused with a sentence, and asked again.
    """
    kinds = " ".join(f"*{ending}" for ending in endings)
    names = ", ".join(ending.removeprefix(".").upper() for ending in endings)
    while True:
        name, _ = QFileDialog.getSaveFileName(parent, title, suggested, f"{names} ({kinds})")
        if not name:
            return None
        path = Path(name)
        if not path.suffix:
            path = path.with_name(path.name + Path(suggested).suffix)
        try:
            return destination(path, endings, "File name")
        except LabError as error:
            QMessageBox.warning(parent, "Cannot save here", str(error))
            suggested = str(path)
