"""The page Memory of the neural Turing machine."""

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot
from sequence_runs import LONG, face

from gui.sequences.memory_page import MemoryPage
from gui.widgets.text_view import TextView


def test_longer_sequences_and_other_ones_are_shown_with_the_heads(qtbot: QtBot, sequence_tab: Callable[..., Any]) -> None:
    page = face(sequence_tab("ntm"), MemoryPage)

    def width(picture: Any) -> int:
        return picture.image.width() if picture.image is not None else 0

    qtbot.waitUntil(lambda: width(page.bits) > 0 and width(page.heads) > 0, timeout=LONG)
    before = page.bits.image
    page.length.setValue(60)
    qtbot.waitUntil(lambda: page.heads.image.width() > 3 * 100 and page.bits.image != before, timeout=LONG)
    before = page.bits.image
    qtbot.mouseClick(page.another, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: page.bits.image != before, timeout=LONG)
    qtbot.waitUntil(lambda: not isinstance(page.errors.currentWidget(), TextView), timeout=LONG)
