"""The page Cell: a recurrent cell reads a text, token by token."""

from collections.abc import Callable
from typing import Any

import pytest
from controls import drives, press
from latent_space import menu_of
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot
from sequence_runs import LONG, face

from gui.sequences.cell_page import PLACES, CellDiagram, CellPage


@drives("Cell > Next token of the cell", "Cell > Read on")
def test_the_cell_reads_token_after_token(qtbot: QtBot, sequence_tab: Callable[..., Any]) -> None:
    tab = sequence_tab("char-rnn")
    page, window = face(tab, CellPage), tab.window()
    menu = menu_of(window.panels["Sequences"], "Cell")
    page.given.setText("the cat")
    qtbot.waitUntil(lambda: page.place.maximum() == 6, timeout=LONG)
    page.place.setValue(2)
    assert page.diagram.token == "e"
    after = page.diagram.values["hidden h"], page.diagram.values["cell c"]
    press(qtbot, window, menu, "Next token of the cell")
    assert (page.diagram.token, page.diagram.values["h before"], page.diagram.values["c before"]) == ("␣", *after)
    press(qtbot, window, menu, "Read on")
    qtbot.waitUntil(lambda: page.place.value() > 3, timeout=LONG)
    qtbot.mouseClick(page.play, Qt.MouseButton.LeftButton)
    assert not page.timer.isActive()


@pytest.mark.parametrize("kind", PLACES)
def test_boxes_of_a_cell_do_not_overlap_in_a_small_window(qtbot: QtBot, kind: str) -> None:
    diagram = CellDiagram()
    qtbot.addWidget(diagram)
    diagram.resize(580, 200)
    diagram.show_step(kind, "a", {name: 0.5 for name in PLACES[kind] if not set(name) & set("+(,")})
    boxes = [diagram.rect_of(name) for name in PLACES[kind]]
    assert [(a, b) for i, a in enumerate(boxes) for b in boxes[:i] if a.intersects(b)] == []
