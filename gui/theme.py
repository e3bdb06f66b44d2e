"""Colours: a light and a dark palette for the Fusion style, and the colours of sessions and curves on both."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication, QWidget

COLOURS = ("#3b8ee0", "#e8833a", "#3fa65c", "#d2504b", "#9a76c9", "#c9a227", "#d36fae", "#35a7a7")
"""Session and curve colours, distinct on light and on dark ground."""

LIGHT = {
    "Window": "#f3f4f6", "WindowText": "#1c2126", "Base": "#ffffff", "AlternateBase": "#f0f2f5", "Text": "#1c2126",
    "Button": "#e7e9ed", "ButtonText": "#1c2126", "BrightText": "#b3261e", "Highlight": "#2f6fc0", "HighlightedText": "#ffffff",
    "ToolTipBase": "#ffffff", "ToolTipText": "#1c2126", "Link": "#1f63b5", "PlaceholderText": "#656d77", "Mid": "#c3c8cf",
    "Light": "#ffffff", "Midlight": "#eceef1", "Dark": "#a8aeb7", "Shadow": "#6f7680",
}  # fmt: skip
DARK = {
    "Window": "#202327", "WindowText": "#e4e7ea", "Base": "#17191c", "AlternateBase": "#1d2023", "Text": "#e4e7ea",
    "Button": "#2e3238", "ButtonText": "#e4e7ea", "BrightText": "#ff8a80", "Highlight": "#2f6fc0", "HighlightedText": "#ffffff",
    "ToolTipBase": "#2e3238", "ToolTipText": "#e4e7ea", "Link": "#7db4f5", "PlaceholderText": "#8a929b", "Mid": "#41464d",
    "Light": "#4a4f57", "Midlight": "#383c42", "Dark": "#15171a", "Shadow": "#0c0d0f",
}  # fmt: skip
DISABLED = {"light": "#9aa1aa", "dark": "#6c737c"}


def colour(index: int) -> str:
    """The colour of the session or curve with this number."""
    return COLOURS[index % len(COLOURS)]


def is_dark(palette: QPalette | None = None) -> bool:
    """Whether the ground is darker than the text on it."""
    palette = palette or QApplication.palette()
    return palette.color(QPalette.ColorRole.Base).lightness() < palette.color(QPalette.ColorRole.Text).lightness()


def faint(widget: QWidget) -> None:
    """Explanations step back behind what they explain, but can still be read (contrast 4.5 to 1 at least on both grounds)."""
    widget.setForegroundRole(QPalette.ColorRole.PlaceholderText)


def palette(dark: bool) -> QPalette:
    """The whole palette, so that the app looks the same on every desktop."""
    made = QPalette()
    for role, value in (DARK if dark else LIGHT).items():
        made.setColor(QPalette.ColorRole[role], QColor(value))
    grey = QColor(DISABLED["dark" if dark else "light"])
    for role in ("WindowText", "Text", "ButtonText"):
        made.setColor(QPalette.ColorGroup.Disabled, QPalette.ColorRole[role], grey)
    return made


def apply(app: QApplication, choice: str) -> None:
    """Use `choice`: system, light or dark."""
    system = app.styleHints().colorScheme() == Qt.ColorScheme.Dark
    dark = choice == "dark" or (choice == "system" and system)
    made = palette(dark)
    app.setPalette(made)
    # Fusion outlines a box with a darker shade of the window's colour, which is not seen on a dark ground.
    made.setColor(QPalette.ColorRole.Window, QColor("#a5adb7" if dark else "#a8aeb7"))
    app.setPalette(made, "QCheckBox")  # type: ignore[arg-type]  # The stubs say bytes, which PySide refuses.
    made.setColor(QPalette.ColorRole.Window, QColor("#7d858f" if dark else LIGHT["Window"]))
    for name in ("QLineEdit", "QAbstractSpinBox", "QProgressBar"):
        app.setPalette(made, name)  # type: ignore[arg-type]
