"""What the app remembers between two starts: layout, last settings, theme."""

from PySide6.QtCore import QSettings


def settings() -> QSettings:
    """The app's store, an ini file in the user's configuration folder."""
    return QSettings(QSettings.Format.IniFormat, QSettings.Scope.UserScope, "lab", "lab")
