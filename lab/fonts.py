"""Text in pictures: every character in a font that has it, whatever the script.

Pillow's own font has ASCII, matplotlib's DejaVu has Latin, Greek, Cyrillic, Arabic and signs; for the rest the fonts of the system are searched.
Read first: `draw_text` for Pillow, `literal` and `set_families` for matplotlib.
"""

import logging
import threading
import unicodedata
import warnings
from contextlib import suppress
from functools import lru_cache
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

from PIL import ImageDraw, ImageFont

LOGGER = logging.getLogger(__name__)
SANS, MONO = "DejaVuSans.ttf", "DejaVuSansMono.ttf"


class Font(NamedTuple):
    """A font file and its family's name."""

    path: str
    family: str


def draw_text(draw: ImageDraw.ImageDraw, xy: tuple[float, float], text: str, fill: Any, size: float = 10, spacing: int = 1) -> None:
    """Draw lines of text with their upper left corner at `xy`; a line is `size` + 2 + `spacing` - 1 pixels high."""
    x, y = xy
    for line in text.split("\n"):
        draw_line(draw, (x, y + size), line, fill, size)
        y += size + 1 + spacing


def draw_line(draw: ImageDraw.ImageDraw, xy: tuple[float, float], line: str, fill: Any, size: float = 10, mono: bool = False) -> float:
    """Draw one line from the point `xy` of its baseline; the x at which it ends."""
    x, y = xy
    for piece, font in pieces(line, size, mono):
        draw.text((x, y), piece, fill=fill, font=font, anchor="ls")
        x += font.getlength(piece)
    return x


def width(line: str, size: float = 10, mono: bool = False) -> float:
    """Pixels that a line is wide."""
    return sum(font.getlength(piece) for piece, font in pieces(line, size, mono))


def pieces(line: str, size: float, mono: bool = False) -> list[tuple[str, ImageFont.FreeTypeFont]]:
    """A line cut where its font changes. A font that has all of the line draws all of it."""
    if line.isascii() and not mono:
        return [(line, default_font(size))]
    first = Font(carried(MONO if mono else SANS), "")
    if characters(first.path).issuperset(map(ord, line)):
        return [(line, sized(first.path, size))]
    fonts = [font_for(character, first) for character in line]
    for i, character in enumerate(line):
        if i and (unicodedata.combining(character) or character == " "):
            fonts[i] = fonts[i - 1]  # A mark belongs to its letter.
    runs = groupby(zip(fonts, line, strict=True), key=lambda pair: pair[0])
    return [("".join(character for _, character in run), sized(font.path, size)) for font, run in runs]


def cells(text: str) -> int:
    """Columns that a text takes where each character has one: Chinese, Japanese and Korean signs have two, marks none."""
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def literal(text: str) -> str:
    """A text as matplotlib takes it for itself: a `$` is a dollar and begins no formula."""
    return text.replace("$", r"\$")


def set_families(figure: Any) -> None:
    """Give every text of a matplotlib figure the fonts that its characters need."""
    from matplotlib.text import Text

    warnings.filterwarnings("ignore", "Glyph .* missing from font", UserWarning)  # `searched` has said it, and what to install.
    logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)  # A font that has the letters may have no normal weight.
    first = Font(carried(SANS), "DejaVu Sans")
    for text in figure.findobj(Text):
        if not text.get_text().isascii():
            text.set_fontfamily(list(dict.fromkeys([first.family, *(font_for(c, first).family for c in text.get_text())])))


# -- finding fonts -------------------------------------------------------------------------------------------------

searching = threading.Lock()


def font_for(character: str, first: Font) -> Font:
    """`first` if it has the character, else a font of the system that does; `first` again, and a warning, where none does."""
    if ord(character) in characters(first.path) or unicodedata.category(character) in ("Cc", "Cf", "Mn"):
        return first
    with searching:
        return searched(character) or first


@lru_cache(maxsize=65536)
def searched(character: str) -> Font | None:
    """The first font of the system that has a character. Once a font is known to help, it is asked before all others."""
    for known in (helpful.copy, system_fonts, new_fonts):
        for font in known():
            if ord(character) in characters(font.path):
                if font not in helpful:
                    helpful.append(font)
                return font
    say_missing(character)
    return None


def say_missing(character: str) -> None:
    """Log, once for each script, that a character is a box, and what helps."""
    script = unicodedata.name(character, "?").split(" ")[0]
    if script not in missing:
        missing.add(script)
        LOGGER.warning(no_font(character))


def no_font(character: str) -> str:
    """The sentence for a character that is drawn as a box."""
    return (
        f"No font of this machine has {character} ({unicodedata.name(character, hex(ord(character)))}): such characters are drawn "
        "as boxes. Install a font that has them, for example Noto (fonts-noto-core, fonts-noto-cjk)."
    )


helpful: list[Font] = []
missing: set[str] = set()


def system_fonts() -> list[Font]:
    """The upright fonts that matplotlib knows of on this machine."""
    from matplotlib import font_manager

    return upright(font_manager.fontManager.ttflist)


@lru_cache(maxsize=1)
def new_fonts() -> list[Font]:
    """Those that were installed after matplotlib made its list, which it keeps on disk."""
    from matplotlib import font_manager

    known = font_manager.fontManager.ttflist
    paths, before = {entry.fname for entry in known}, len(known)
    for path in sorted(set(font_manager.findSystemFonts()) - paths):
        with suppress(OSError, RuntimeError, ValueError):  # A file that is no font after all.
            font_manager.fontManager.addfont(path)
    return upright(known[before:])


def upright(entries: list[Any]) -> list[Font]:
    """The upright fonts among matplotlib's entries, those of normal weight first, but for "Last Resort": it has a box for every character."""
    from matplotlib.font_manager import weight_dict

    def heavier(entry: Any) -> int:
        return abs(weight_dict.get(entry.weight, entry.weight) - 400)

    plain = [entry for entry in entries if entry.style == "normal" and not entry.name.startswith("Last Resort")]
    return list(dict.fromkeys(Font(entry.fname, entry.name) for entry in sorted(plain, key=lambda e: (heavier(e), e.name, e.fname))))


@lru_cache(maxsize=256)
def characters(path: str) -> frozenset[int]:
    """The characters that a font file has; none where it cannot be read."""
    from matplotlib.ft2font import FT2Font

    try:
        return frozenset(FT2Font(path).get_charmap())
    except (OSError, RuntimeError, ValueError):
        return frozenset()


@lru_cache(maxsize=2)
def carried(name: str) -> str:
    """A font file that comes with matplotlib."""
    from matplotlib import get_data_path

    return str(Path(get_data_path()) / "fonts/ttf" / name)


@lru_cache(maxsize=64)
def sized(path: str, size: float) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(path, size)


@lru_cache(maxsize=16)
def default_font(size: float) -> Any:
    return ImageFont.load_default(size)
