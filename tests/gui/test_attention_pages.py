"""The pages that take a GPT apart: Attention, Step by step, Heads and Layers."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from sequence_runs import LONG, face

from gui.sequences.attention_page import AttentionPage
from gui.sequences.attention_steps_page import AttentionStepsPage
from gui.sequences.heads_page import HeadsPage
from gui.sequences.layers_page import LayersPage
from gui.widgets.answer_view import TableView


def test_hovering_over_a_token_shows_where_it_looks(qtbot: QtBot, sequence_tab: Callable[..., Any]) -> None:
    page = face(sequence_tab("gpt"), AttentionPage)
    page.given.setText("the cat sat")
    qtbot.waitUntil(lambda: page.text.labels == list("the␣cat␣sat"), timeout=LONG)

    def hovered(token: int) -> bool:
        qtbot.mouseMove(page.text, QPoint(0, 0))  # Qt passes over a move to where the mouse is already.
        qtbot.mouseMove(page.text, page.text.places[token].center().toPoint())
        return bool(page.text.token == token)

    for token in (5, 2):
        qtbot.waitUntil(lambda token=token: hovered(token), timeout=LONG)
        assert page.text.row().sum() == pytest.approx(1.0, abs=1e-4)
        assert not page.text.row()[token + 1 :].any()
        assert f"Token {token + 1}, {'the␣cat␣sat'[token]!r}" in page.sentence.text()
    qtbot.mouseClick(page.text, Qt.MouseButton.LeftButton, pos=page.text.places[2].center().toPoint())
    qtbot.mouseMove(page.text, page.text.places[7].center().toPoint())
    QApplication.processEvents()
    assert page.text.token == 2  # A click keeps the token.
    row = page.text.row().copy()
    page.head.stepUp()
    qtbot.waitUntil(lambda: not np.array_equal(page.text.row(), row), timeout=LONG)


def test_place_of_a_token_follows_the_width(qtbot: QtBot) -> None:
    from gui.sequences.attention_page import AttentionText

    text = AttentionText()
    qtbot.addWidget(text)
    text.resize(200, 100)
    text.show()
    text.show_weights(list("abcdefghijklmnopqrstuvwxyz"), np.eye(26))
    rows = {place.y() for place in text.places}
    assert len(rows) > 1
    assert text.token_at(text.places[20].center()) == 20
    assert text.token_at(QPoint(-5, -5).toPointF()) == -1


def test_the_numbers_of_attention_are_of_the_token_that_asks(qtbot: QtBot, sequence_tab: Callable[..., Any]) -> None:
    page = face(sequence_tab("gpt"), AttentionStepsPage)
    page.given.setText("the cat")

    def last_weight() -> str:
        table = page.numbers.currentWidget()
        return (
            str(table.item(table.rowCount() - 1, 5).text())
            if isinstance(table, TableView) and table.rowCount() == page.token.value() + 1
            else ""
        )

    page.token.setValue(3)
    qtbot.waitUntil(lambda: float(last_weight() or 0) == pytest.approx(1), timeout=LONG)
    assert page.export() == ("attention_numbers", {"text": "the cat", "layer": 1, "head": 1, "token": 3})


def test_a_click_switches_a_head_off_and_on(qtbot: QtBot, sequence_tab: Callable[..., Any]) -> None:
    tab = sequence_tab("gpt")
    page = face(tab, HeadsPage)
    page.given.setText("the cat")
    qtbot.waitUntil(lambda: page.grid.effects.shape == (2, 2), timeout=LONG)
    qtbot.waitUntil(lambda: all(not part.visibleRegion().isEmpty() for part in (page.grid, page.whole)), timeout=LONG)
    qtbot.waitUntil(lambda: all(part.visibleRegion().boundingRect() == part.rect() for part in (page.grid, page.whole)), timeout=LONG)
    for place in ((1, 2), (2, 1)):
        qtbot.mouseClick(page.grid, Qt.MouseButton.LeftButton, pos=page.grid.box(*place).center().toPoint())
    assert page.off.text() == "1.2, 2.1"
    bars = page.without, page.whole
    qtbot.waitUntil(lambda: all(bar.values is not None for bar in bars) and not np.allclose(*(bar.values for bar in bars)), timeout=LONG)
    qtbot.mouseClick(page.grid, Qt.MouseButton.LeftButton, pos=page.grid.box(1, 2).center().toPoint())
    assert page.grid.off == {(2, 1)}
    page.off.setText("9.9")
    qtbot.waitUntil(lambda: "layers 1 to 2" in page.problem.text(), timeout=LONG)


def test_a_word_of_both_texts_is_followed_through_the_layers(qtbot: QtBot, sequence_tab: Callable[..., Any]) -> None:
    page = face(sequence_tab("gpt"), LayersPage)
    qtbot.waitUntil(lambda: page.texts.text().startswith("Compared"), timeout=LONG)
    page.given.setText("the cat sat")
    page.other.setText("the dog the cat")
    qtbot.waitUntil(lambda: "the dog" in page.texts.text(), timeout=LONG)
    page.word.setText("zebra")
    qtbot.waitUntil(lambda: "word in common" in page.problem.text(), timeout=LONG)
