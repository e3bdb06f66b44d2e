"""What the app remembers between two starts: layout, last settings, theme."""

from pathlib import Path

from PySide6.QtCore import QSettings


def settings() -> QSettings:
    """The app's store, an ini file in the user's configuration folder."""
    return QSettings(QSettings.Format.IniFormat, QSettings.Scope.UserScope, "lab", "lab")


FILM_SIZES = (0, 256, 512, 768, 1024)
"""Pixels of the longer side of films that one can choose; 0: as large as what is filmed, 512 at least."""


def film_size(path: Path | None = None) -> int | None:
    """The size of the films that are saved and recorded, as `lab.answers.Answer.save` takes it; None for a file that is no film."""
    if path is not None and path.suffix.lower() not in (".gif", ".mp4"):
        return None
    stored = str(settings().value("film size", 0))
    return (int(stored) if stored.isdecimal() else 0) or None
