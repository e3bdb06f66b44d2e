"""The look, one place for each fact: a light and a dark palette for the Fusion style, the colours of curves, the sizes of text."""

from functools import cache

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFont, QFontDatabase, QFontInfo, QPalette
from PySide6.QtWidgets import QApplication, QWidget

COLOURS = ("#3b8ee0", "#e57524", "#3fa65c", "#d2504b", "#9a76c9", "#b39023", "#d36fae", "#34a2a2")
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
THIN, GAP, WIDE = 2, 4, 8
"""Pixels: the spaces between and around things are one of these or a multiple of WIDE; else they are the style's own."""
DISABLED = {"light": "#5f666f", "dark": "#939ba4"}
ACCENT = {False: "#a34c0c", True: "#f0964f"}
"""The colour of what is new or just changed in a diagram, on light and on dark ground."""
LEAST_POINTS, LEAST_PIXELS = 7.0, 9
"""No words are smaller than this."""
TEXT_SIZES = (80, 90, 100, 110, 125, 150, 175, 200)
"""Sizes of text that one can choose, in percent of the system's."""
SMALL, LARGER, LARGEST = 0.9, 1.2, 1.5
"""The sizes of words that are not as large as all others: a second line, headings, and what a diagram is made of."""
HEADINGS = {"Heading": LARGER, "FastHeading": LARGER, "Strong": 1.0}
"""How much larger than other text the headings are, by the class of the widget; all are bold."""


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


def contrast(one: QColor | str, other: QColor | str) -> float:
    """The contrast of two colours, from 1 to 21 (WCAG 2.2, success criterion 1.4.3)."""
    low, high = sorted((luminance(QColor(one)), luminance(QColor(other))))
    return (high + 0.05) / (low + 0.05)


def luminance(hue: QColor) -> float:
    """The relative luminance of a colour, from 0 to 1 (WCAG 2.2)."""
    parts = (hue.redF(), hue.greenF(), hue.blueF())
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@cache
def readable(hue: str, dark: bool) -> QColor:
    """A colour for words: made darker on a light ground, lighter on a dark one, as far as it takes to be read (4.5 to 1)."""
    ink, colours = QColor(hue), DARK if dark else LIGHT
    while min(contrast(ink, colours[ground]) for ground in ("Base", "AlternateBase", "Window")) < 4.5:
        lightness = ink.lightnessF() + (0.02 if dark else -0.02)
        ink = QColor.fromHslF(max(0.0, ink.hslHueF()), ink.hslSaturationF(), min(1.0, max(0.0, lightness)))
    return ink


def code_font() -> QFont:
    """Letters of one width; their size is that of the text around them."""
    font = QFont()
    font.setFamilies(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont).families())
    font.setStyleHint(QFont.StyleHint.Monospace)
    return font


def sized(font: QFont, times: float, bold: bool = False) -> QFont:
    """The font that is so much larger, and not too small to be read."""
    made = QFont(font)
    made.setPointSizeF(max(LEAST_POINTS, font.pointSizeF() * times))
    made.setBold(bold)
    return made


def fitting(font: QFont, height: float) -> QFont:
    """The font at a height in pixels, for figures that grow with what they stand in."""
    made = QFont(font)
    made.setPixelSize(max(LEAST_PIXELS, int(height)))
    return made


def set_text(app: QApplication, percent: int) -> None:
    """Show all text at a size, in percent of the system's; headings stay as much larger as they are."""
    if app.property("points") is None:
        app.setProperty("points", QFontInfo(app.font()).pointSizeF())
    font = app.font()
    font.setPointSizeF(float(app.property("points")) * percent / 100)
    app.setFont(font)
    for name, times in HEADINGS.items():
        app.setFont(sized(font, times, bold=True), name)  # type: ignore[arg-type]  # As with palettes below.


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
