"""Directions as sliders, named and kept with the run; the z of a picture found for a GAN."""

from collections.abc import Callable
from typing import Any

import numpy as np
from controls import drives, press
from latent_space import LEFT, LONG, menu_of, pixels, show, still
from PySide6.QtWidgets import QSplitter
from pytestqt.qtbot import QtBot

from lab.bookmarks import DIRECTIONS, bookmarks


def directions(qtbot: QtBot, tab: Any) -> Any:
    page = show(tab, "Directions")
    qtbot.waitUntil(lambda: bool(page.rows) and page.base is not None, timeout=LONG)
    still(qtbot, page.decoding)
    return page


@drives("Directions > Back to the sample", "Directions > Find again")
def test_sliders_move_the_sample_and_keys_bring_it_back_and_find_again(qtbot: QtBot, latent_tab: Callable[..., Any]) -> None:
    tab = latent_tab()
    page = directions(qtbot, tab)
    start, base, menu = pixels(page.picture), page.code(), menu_of(tab.panel_, "Directions")
    page.rows[0].slider.setValue(page.rows[0].slider.maximum())
    still(qtbot, page.decoding)
    assert np.allclose(page.code() - base, 4 * np.array(page.rows[0].direction.z))
    assert pixels(page.picture) != start
    press(qtbot, tab.window_, menu, "Back to the sample")
    still(qtbot, page.decoding)
    assert pixels(page.picture) == start
    asked = page.finding.answered
    press(qtbot, tab.window_, menu, "Find again")
    qtbot.waitUntil(lambda: page.finding.answered > asked, timeout=LONG)
    assert [row.name.text() for row in page.rows] == [f"direction {i + 1}" for i in range(4)]


def test_a_direction_that_gets_a_name_is_kept_with_the_run(qtbot: QtBot, latent_tab: Callable[..., Any]) -> None:
    tab = latent_tab()
    page = directions(qtbot, tab)
    vector = page.rows[1].direction.z
    page.rows[1].name.selectAll()
    qtbot.keyClicks(page.rows[1].name, "slant\r")
    page.kind.setCurrentText("kept")
    assert [(row.name.text(), row.direction.z) for row in page.rows] == [("slant", vector)]
    assert [one.name for one in bookmarks(tab.run, DIRECTIONS)] == ["slant"]
    qtbot.mouseClick(page.rows[0].keep_button, LEFT)
    assert bookmarks(tab.run, DIRECTIONS) == ()


def test_names_and_buttons_are_whole_however_narrow_their_side_is_made(qtbot: QtBot, latent_tab: Callable[..., Any]) -> None:
    page = directions(qtbot, latent_tab())
    page.findChild(QSplitter).setSizes([1, 2000])
    assert page.area.viewport().width() >= max(row.minimumSizeHint().width() for row in page.rows)


@drives("Code > Walk from this point")
def test_a_gan_is_searched_for_a_picture_and_walked_from_there(qtbot: QtBot, latent_tab: Callable[..., Any]) -> None:
    tab = latent_tab("gan")
    page = show(tab, "Code")
    assert [page.kind.itemText(i) for i in range(page.kind.count())] == ["sample", "test image", "my drawing"]
    page.kind.setCurrentText("test image")
    qtbot.waitUntil(lambda: page.nearest_z is not None and page.rounds > 1, timeout=LONG)
    still(qtbot, page.searching)
    assert page.triple.column_names[:2] == ["image", "nearest"]
    assert np.allclose(page.bars.values, page.nearest_z)
    press(qtbot, tab.window_, menu_of(tab.panel_, "Code"), "Walk from this point")
    assert tab.page_tabs.page.title == "Walk"
    assert tab.state.anchors[0].startswith("z:")
