"""The Codes page: a grid of codes that is painted in, the codebook, its use, and the prior drawing on."""

from collections.abc import Callable
from typing import Any

import numpy as np
from controls import choose, drives
from latent_space import LONG, click_tile, show
from pytestqt.qtbot import QtBot


@drives("Codes > Redraw", "Codes > Reset")
def test_codes_are_painted_restored_and_drawn_on(qtbot: QtBot, latent_tab: Callable[..., Any]) -> None:
    tab = latent_tab("vqvae")
    page = show(tab, "Codes")
    qtbot.waitUntil(lambda: page.grid.image is not None and page.decoded.image is not None, timeout=LONG)
    own = page.codes.copy()
    assert page.palette_grid.count == 8
    entry = int((own[0, 0] + 1) % 8)
    click_tile(qtbot, page.palette_grid, entry)
    click_tile(qtbot, page.grid, 0)
    assert page.codes[0, 0] == entry
    assert page.grid.badges == {0: str(entry)}
    assert "1 of 4 places changed" in page.note.text()
    assert page.export()[1]["codes"].split(",")[0] == str(entry)
    tab.window_.undo_group.activeStack().settling.emit()  # The timer that makes it a step may not have run yet.
    qtbot.waitUntil(tab.window_.action_set["undo"].isEnabled, timeout=LONG)
    tab.window_.action_set["undo"].trigger()
    assert np.array_equal(page.codes, own)
    click_tile(qtbot, page.grid, 0)
    page.start.setValue(1)
    menu = next(menu for menu in tab.panel_.menus() if menu.title() == "&Codes")
    choose(qtbot, menu, "Redraw")
    qtbot.waitUntil(lambda: page.redrawing.settled, timeout=LONG)
    assert page.codes[0, 0] == entry
    choose(qtbot, menu, "Reset")
    assert np.array_equal(page.codes, own)
    page.tabs.setCurrentWidget(page.usage)
    qtbot.waitUntil(lambda: page.using.settled, timeout=LONG)
