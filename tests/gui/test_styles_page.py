"""The Styles page: samples mixed on a grid, truncation, coarse to fine, noise."""

from collections.abc import Callable
from typing import Any

from controls import choose, drives
from latent_space import LONG, click_tile, show, still
from pytestqt.qtbot import QtBot

from gui.generate.styles_page import COLUMNS, MIXING, NOISE, PATH, ROWS, SIDES, TRUNCATION


def front(qtbot: QtBot, page: Any, name: str) -> Any:
    """The grid of a tab that was brought to the front, once it shows pictures."""
    page.tabs.setCurrentIndex(list(page.tabs.grids).index(name))
    grid = page.tabs.grids[name]
    qtbot.waitUntil(lambda: grid.image is not None, timeout=LONG)
    return grid


@drives("Styles > Clicks set rows", "Styles > Clicks set columns")
def test_styles_are_mixed_truncated_and_taken_apart(qtbot: QtBot, latent_tab: Callable[..., Any]) -> None:
    tab = latent_tab("stylegan")
    page = show(tab, "Styles")
    grid = front(qtbot, page, MIXING)
    assert (grid.count, grid.columns) == (5 * 8, 8)
    menu = next(menu for menu in tab.panel_.menus() if menu.title() == "&Styles")
    choose(qtbot, menu, "Clicks set columns")
    choose(qtbot, menu, "Clicks set rows")
    click_tile(qtbot, tab.browser.samples, 20)
    choose(qtbot, menu, "Clicks set columns")
    click_tile(qtbot, tab.browser.samples, 21)
    assert page.chosen[ROWS][-1] == "20@0"
    assert page.chosen[COLUMNS][-1] == "21@0"
    assert tab.browser.samples.badges[20] == "r5"
    qtbot.waitUntil(lambda: grid.count == 6 * 9, timeout=LONG)
    page.sides.setCurrentText("finest side")
    assert page.export()[1]["sides"] == "finest side"
    still(qtbot, page.queries[0])
    assert front(qtbot, page, TRUNCATION).count == 36
    page.psi.setValue(30)
    assert page.export() == ("truncation", {"psi": 0.3, "n": 36, "seed": 0})
    qtbot.waitUntil(lambda: "0.30" in page.tabs.notes[TRUNCATION].text(), timeout=LONG)
    assert "0.7" in front(qtbot, page, PATH).column_names
    assert front(qtbot, page, SIDES).column_names == ["4x4", "8x8", "added at 8x8"]
    assert front(qtbot, page, NOISE).count == 15
