"""The page Words: three words calculated with and compared."""

from collections.abc import Callable
from typing import Any

from pytestqt.qtbot import QtBot
from sequence_runs import LONG, face

from gui.sequences.word_vectors_page import WordVectorsPage


def test_words_are_calculated_with_and_compared_as_they_are_typed(qtbot: QtBot, sequence_tab: Callable[..., Any]) -> None:
    page = face(sequence_tab("glove"), WordVectorsPage)
    for field, word in zip(page.words, ("cat", "mat", "dog"), strict=True):
        field.setText(word)

    def cells(view: Any) -> list[str]:
        table = view.currentWidget()
        return (
            [table.item(0, column).text() for column in range(table.columnCount())] if hasattr(table, "item") and table.rowCount() else []
        )

    qtbot.waitUntil(lambda: cells(page.one_hot)[:3] == ["cat", "mat", "0"], timeout=LONG)
    qtbot.waitUntil(lambda: bool(cells(page.analogy)) and cells(page.analogy)[0] not in ("cat", "mat", "dog"), timeout=LONG)
    page.words[2].setText("nothing")
    qtbot.waitUntil(lambda: "'nothing' is not in the vocabulary" in page.problem.text(), timeout=LONG)
