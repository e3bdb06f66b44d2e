"""The page Translate of seq2seq."""

from collections.abc import Callable
from typing import Any

from pytestqt.qtbot import QtBot
from sequence_runs import LONG, face

from gui.sequences.text_translation_page import TextTranslationPage
from gui.widgets.answer_view import HeatmapView


def test_a_sentence_is_translated_with_its_alignment_and_its_beam(qtbot: QtBot, sequence_tab: Callable[..., Any]) -> None:
    page = face(sequence_tab("seq2seq"), TextTranslationPage)
    qtbot.keyClicks(page.sentence, "ten")
    qtbot.waitUntil(lambda: page.result.toPlainText().startswith("ten\n"), timeout=LONG)
    qtbot.waitUntil(
        lambda: isinstance(page.alignment.currentWidget(), HeatmapView) and page.tree.toPlainText().startswith("<SOS>"), timeout=LONG
    )
    axis = page.alignment.currentWidget().matrix.item.getAxis("bottom")
    qtbot.waitUntil(lambda: [name for _, name in axis._tickLevels[0]] == list("ten"), timeout=LONG)
    page.beam.setValue(1)
    qtbot.waitUntil(lambda: len(page.result.toPlainText().splitlines()) == 3, timeout=LONG)
