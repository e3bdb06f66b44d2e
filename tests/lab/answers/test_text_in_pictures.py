"""Names of any script in pictures: the right glyphs, dollars that stay dollars, and a word where no font has a sign."""

import logging
from pathlib import Path

import numpy as np
import pytest
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from PIL import Image, ImageDraw

from lab import fonts
from lab.answers import Bars, Curves, Heatmap, Images, Scatter, Table, Text
from lab.answers.plots import new_figure, rendered


@pytest.fixture
def no_system_fonts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fonts, "system_fonts", list)
    monkeypatch.setattr(fonts, "new_fonts", list)
    monkeypatch.setattr(fonts, "helpful", [])
    monkeypatch.setattr(fonts, "missing", set())
    fonts.searched.cache_clear()
    yield
    fonts.searched.cache_clear()


@pytest.fixture
def han_font(no_system_fonts: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> fonts.Font:
    """A font with one sign, 漢 as a filled square of the whole em."""
    builder = FontBuilder(1000, isTTF=True)
    builder.setupGlyphOrder([".notdef", "han"])
    builder.setupCharacterMap({ord("漢"): "han"})
    pen = TTGlyphPen(None)
    for move, point in ((pen.moveTo, (0, 0)), (pen.lineTo, (0, 1000)), (pen.lineTo, (1000, 1000)), (pen.lineTo, (1000, 0))):
        move(point)
    pen.closePath()
    builder.setupGlyf({".notdef": TTGlyphPen(None).glyph(), "han": pen.glyph()})
    builder.setupHorizontalMetrics({".notdef": (1000, 0), "han": (1000, 0)})
    builder.setupHorizontalHeader(ascent=1000, descent=0)
    builder.setupNameTable({"familyName": "One Han", "styleName": "Regular"})
    builder.setupOS2(sTypoAscender=1000, usWinAscent=1000)
    builder.setupPost()
    path = tmp_path / "one_han.ttf"
    builder.save(path)
    font = fonts.Font(str(path), "One Han")
    monkeypatch.setattr(fonts, "system_fonts", lambda: [font])
    return font


def drawn(text: str) -> np.ndarray:
    image = Image.new("L", (120, 14))
    fonts.draw_text(ImageDraw.Draw(image), (0, 0), text, 255)
    return np.asarray(image)


def test_umlauts_greek_cyrillic_and_arabic_are_glyphs_of_their_own() -> None:
    pictures = [drawn(text).tobytes() for text in ("ä", "Δ", "ж", "ب", "\ufffe")]
    assert len(set(pictures)) == 5  # Boxes would be alike.


def test_a_sign_that_only_a_font_of_the_system_has_is_drawn_with_it(han_font: fonts.Font) -> None:
    assert (drawn("漢")[0:10, 0:10] == 255).all()
    after = drawn("a漢")
    assert (after[0:10, 7:16] == 255).all()  # Behind the letter, which is about 6 pixels wide.
    assert fonts.width("漢") == 10


def test_matplotlib_draws_it_with_that_font_too(han_font: fonts.Font) -> None:
    from matplotlib import font_manager

    font_manager.fontManager.addfont(han_font.path)
    figure = new_figure(2, 2)
    figure.suptitle("漢", fontsize=30, color="#00ff00")
    solid = (rendered(figure) == (0, 255, 0)).all(-1)
    assert solid.sum() > 0.8 * (30 * 100 / 72) ** 2


def test_a_font_that_was_installed_after_matplotlib_made_its_list_is_used(han_font: fonts.Font, monkeypatch: pytest.MonkeyPatch) -> None:
    from matplotlib import font_manager

    monkeypatch.undo()
    monkeypatch.setattr(font_manager.fontManager, "ttflist", [])
    monkeypatch.setattr(font_manager, "findSystemFonts", lambda: [han_font.path, "no_font.ttf"])
    monkeypatch.setattr(fonts, "helpful", [])
    fonts.new_fonts.cache_clear()
    fonts.searched.cache_clear()
    assert fonts.font_for("漢", fonts.Font(fonts.carried(fonts.SANS), "DejaVu Sans")) == han_font
    fonts.new_fonts.cache_clear()
    fonts.searched.cache_clear()


def test_the_font_that_has_a_box_for_every_sign_is_left_out() -> None:
    from matplotlib import font_manager

    assert any("Last Resort" in entry.name for entry in font_manager.fontManager.ttflist)
    assert not any("Last Resort" in font.family for font in fonts.system_fonts())


def test_where_no_font_has_a_sign_it_is_said_once(no_system_fonts: None, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            drawn("漢字")
    assert [record.getMessage()[:44] for record in caplog.records] == ["No font of this machine has 漢 (CJK UNIFIED I"]


def test_signs_of_two_columns_take_two_in_a_text() -> None:
    assert fonts.cells("ab") == 2
    assert fonts.cells("漢字") == 4
    assert fonts.cells("u\u0308") == 1
    plain, tagged = Text("漢b"), Text("漢b", np.array([0, 0]), ["k"])
    assert plain.picture().shape[1] == tagged.picture().shape[1]


@pytest.mark.parametrize(
    "answer",
    [
        lambda name: Curves({name: (np.arange(3), np.arange(3)), "other": (np.arange(3), np.ones(3))}, name, name, name),
        lambda name: Curves({name: (np.arange(3), np.arange(3))}, name, name, name, separate=True),
        lambda name: Heatmap(np.eye(2), name, name, name, [name, "b"], [name, "b"]),
        lambda name: Bars([name, "b"], np.ones(2), 0, name),
        lambda name: Scatter(np.eye(2), np.array([0, 1]), [name, "b"], name, name, name, [name, "b"]),
        lambda name: Table([name, "b"], [[name, 1.0]], name),
    ],
)
def test_a_dollar_is_no_formula_anywhere(answer, monkeypatch: pytest.MonkeyPatch) -> None:
    from matplotlib import _mathtext

    def refuse(*_: object) -> None:
        raise AssertionError("taken for a formula")

    monkeypatch.setattr(_mathtext.Parser, "parse", refuse)
    assert answer("$\\frac{1}$ $x_1$").picture().dtype == np.uint8


def test_a_name_that_begins_with_an_underscore_is_in_the_legend() -> None:
    lines = {"_hidden": (np.arange(3), np.arange(3)), "b": (np.arange(3), np.ones(3))}
    other = {"": (np.arange(3), np.arange(3)), "b": (np.arange(3), np.ones(3))}
    assert (Curves(lines).picture()[-40:] != Curves(other).picture()[-40:]).any()


def test_captions_in_ascii_look_as_ever_and_others_have_their_own_letters() -> None:
    pixels = np.zeros((1, 20, 60), np.uint8)
    below = [Images(pixels, [caption]).picture()[21:].tobytes() for caption in ("Kase", "Käse", "Kжse")]
    assert len(set(below)) == 3


def test_what_is_coloured_is_listed_by_its_kind() -> None:
    assert Text("Ada saw 2 dogs", np.array([1] * 3 + [0] * 5 + [2] * 6), ["other", "person", "thing"]).spans() == [
        ["person", "Ada"],
        ["thing", "2 dogs"],
    ]
    assert Text("plain").spans() == []
