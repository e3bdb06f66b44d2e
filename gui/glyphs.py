"""Characters that the screen has no glyph for: Qt takes one from any font of the system, and draws a box where none has it."""

from functools import lru_cache

from PySide6.QtGui import QTextLayout

from lab import fonts


def missing_glyph(texts: list[str]) -> str:
    """A sentence for the first character of `texts` that is drawn as a box, which is also logged once; empty where there is none."""
    character = next((c for text in texts if not text.isascii() for c in text if not c.isascii() and is_box(c)), "")
    if not character:
        return ""
    fonts.say_missing(character)
    return fonts.no_font(character)


@lru_cache(maxsize=4096)
def is_box(character: str) -> bool:
    """Whether no font has this character: glyph 0 of a font stands for those that it lacks."""
    layout = QTextLayout(character)
    layout.beginLayout()
    layout.createLine()
    layout.endLayout()
    return any(0 in run.glyphIndexes() for run in layout.glyphRuns())
