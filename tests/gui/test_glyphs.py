"""Names in scripts that no font of the machine has are told of, not only drawn as boxes."""

import logging

import pytest
from PySide6.QtWidgets import QApplication

from gui import glyphs
from lab import fonts

NOBODYS = "\U000f1234"
"""A character of private use."""


def test_letters_that_a_font_has_are_no_boxes(qapp: QApplication) -> None:
    assert not any(glyphs.is_box(character) for character in "aäΔж ")
    assert glyphs.is_box(NOBODYS)
    assert glyphs.missing_glyph(["plain", "Hünde"]) == ""


def test_a_character_that_is_a_box_is_told_and_logged_once(
    qapp: QApplication, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(fonts, "missing", set())
    with caplog.at_level(logging.WARNING):
        told = [glyphs.missing_glyph(["plain", f"Hünde {NOBODYS}"]) for _ in range(2)]
    assert told == [fonts.no_font(NOBODYS)] * 2
    assert [record.getMessage() for record in caplog.records] == [fonts.no_font(NOBODYS)]
