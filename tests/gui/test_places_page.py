"""The Places page: a film of places, completions of test images and drawings, surprise."""

from collections.abc import Callable
from typing import Any

from controls import choose, drives
from latent_space import LEFT, LONG, show
from PySide6.QtCore import QPoint
from pytestqt.qtbot import QtBot

from gui.generate.places_page import APPEARING, COMPLETION, DRAWN, SURPRISE


@drives("Places > Play")
def test_places_appear_are_completed_and_surprise(qtbot: QtBot, latent_tab: Callable[..., Any]) -> None:
    tab = latent_tab("pixelcnn")
    page = show(tab, "Places")
    qtbot.waitUntil(lambda: len(page.film) == 65, timeout=LONG)
    qtbot.waitUntil(lambda: page.place.value() > 3, timeout=LONG)
    choose(qtbot, next(menu for menu in tab.panel_.menus() if menu.title() == "&Places"), "Play")
    assert not page.timer.isActive()
    page.place.setValue(64)
    assert page.tabs.notes[APPEARING].text() == "64 of 64 places drawn."
    page.tabs.setCurrentIndex(1)
    grid = page.tabs.grids[COMPLETION]
    qtbot.waitUntil(lambda: grid.count == 4 * 9, timeout=LONG)
    page.kept.setValue(25)
    assert page.export()[1]["kept"] == 0.25
    page.kind.setCurrentText(DRAWN)
    assert page.export() is None
    area = page.drawing.area()
    qtbot.mousePress(page.drawing, LEFT, pos=QPoint(int(area.center().x()), int(area.top()) + 5))
    qtbot.mouseRelease(page.drawing, LEFT)
    qtbot.waitUntil(lambda: grid.count == 9, timeout=LONG)
    page.tabs.setCurrentIndex(2)
    assert not page.drawing.isVisible()
    qtbot.waitUntil(lambda: page.tabs.grids[SURPRISE].count == 16, timeout=LONG)
