"""Bookmarks of points in a latent space by clicks and keys: kept, gone back to, walked between, copied, renamed, drawn anew."""

import json
from collections.abc import Callable
from typing import Any

import numpy as np
from controls import drives, press
from latent_space import LEFT, LONG, menu_of, show, still
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication, QLineEdit
from pytestqt.qtbot import QtBot

from lab.bookmarks import FILE, bookmarks


def add(qtbot: QtBot, tab: Any) -> None:
    """Press the shortcut that keeps the point in front, and leave it its name."""
    tab.window_.activateWindow()
    press(qtbot, tab.window_, menu_of(tab.panel_, "Bookmarks"), "Bookmark this point")
    editor = tab.browser.kept.list.findChild(QLineEdit)
    if editor is not None:
        qtbot.keyClick(editor, Qt.Key.Key_Return)


@drives(
    "Bookmarks > Bookmark this point", "Bookmarks > Bookmarks", "Bookmarks > Next bookmark", "Bookmarks > Previous bookmark",
    "Bookmarks > Walk between bookmarks", "Bookmarks > Copy as Python", "Bookmarks > Remove", "BookmarksPane: Walk", "BookmarksPane: Remove",
)  # fmt: skip
def test_points_are_kept_gone_back_to_and_walked_between(qtbot: QtBot, latent_tab: Callable[..., Any]) -> None:
    tab = latent_tab()
    menu, pane = menu_of(tab.panel_, "Bookmarks"), tab.browser.kept
    walk = show(tab, "Walk")
    still(qtbot, walk.frame)
    add(qtbot, tab)
    assert tab.browser.kinds.checkedId() == 3
    code = show(tab, "Code")
    still(qtbot, code.coding)
    add(qtbot, tab)
    first, second = kept = bookmarks(tab.run)
    assert [one.name for one in kept] == ["Bookmark 1", "Bookmark 2"]
    np.testing.assert_allclose(second.z, code.bars.values)
    qtbot.waitUntil(lambda: not pane.list.item(1).icon().isNull(), timeout=LONG)
    press(qtbot, tab.window_, menu, "Next bookmark")
    qtbot.waitUntil(lambda: np.allclose(code.bars.values, first.z, atol=1e-5), timeout=LONG)
    press(qtbot, tab.window_, menu, "Previous bookmark")
    qtbot.waitUntil(lambda: np.allclose(code.bars.values, second.z, atol=1e-5), timeout=LONG)
    press(qtbot, tab.window_, menu, "Copy as Python")
    assert f"z = [{second.z[0]:.6g}, " in QApplication.clipboard().text()
    qtbot.mouseClick(button(pane, "Walk"), LEFT)
    assert tab.state.anchors == [first.anchor, second.anchor]
    assert tab.page_tabs.page is walk
    still(qtbot, walk.frame)
    pane.list.item(0).setSelected(True)
    qtbot.mouseClick(button(pane, "Remove"), LEFT)
    assert len(bookmarks(tab.run)) < 2
    press(qtbot, tab.window_, menu_of(tab.panel_, "Samples"), "Samples")
    press(qtbot, tab.window_, menu, "Bookmarks")
    assert tab.browser.kinds.checkedId() == 3


@drives("BookmarksPane: Add", "BookmarksPane: Python")
def test_a_name_is_typed_and_taken_back(qtbot: QtBot, latent_tab: Callable[..., Any]) -> None:
    tab = latent_tab()
    pane = tab.browser.kept
    page = show(tab, "Code")
    still(qtbot, page.coding)
    tab.browser.choose_kind(3)
    qtbot.mouseClick(button(pane, "Add"), LEFT)
    editor = pane.list.findChild(QLineEdit)
    editor.selectAll()
    qtbot.keyClicks(editor, "a round  zero")
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: [one["name"] for one in json.loads((tab.run.path / FILE).read_text())] == ["a round zero"], timeout=LONG)
    qtbot.mouseClick(button(pane, "Python"), LEFT)
    assert "# a round zero" in QApplication.clipboard().text()
    undo = tab.window_.undo_group
    undo.go(back=True)
    assert [one.name for one in bookmarks(tab.run)] == ["Bookmark 1"] or bookmarks(tab.run) == ()
    while bookmarks(tab.run):
        undo.go(back=True)
    assert not (tab.run.path / FILE).exists()


def test_a_page_of_many_points_says_that_it_has_none_to_keep(qtbot: QtBot, latent_tab: Callable[..., Any]) -> None:
    tab = latent_tab()
    show(tab, "Dimensions")
    add(qtbot, tab)
    assert "no single point" in tab.browser.kept.note.text()
    assert bookmarks(tab.run) == ()


def test_pictures_of_bookmarks_follow_the_training(qtbot: QtBot, latent_tab: Callable[..., Any]) -> None:
    tab = latent_tab(steps=1_000_000)
    pane = tab.browser.kept
    page = show(tab, "Walk")
    qtbot.waitUntil(lambda: page.code is not None, timeout=LONG)
    add(qtbot, tab)
    answered = pane.drawing.answered
    qtbot.waitUntil(lambda: pane.drawing.answered > answered + 1, timeout=LONG)


def test_a_click_picks_a_bookmark_for_the_page(qtbot: QtBot, latent_tab: Callable[..., Any]) -> None:
    tab = latent_tab("cvae")
    pane = tab.browser.kept
    page = show(tab, "Code")
    still(qtbot, page.coding)
    tab.state.set_label(3)
    add(qtbot, tab)
    (one,) = bookmarks(tab.run)
    assert one.label == 3
    tab.state.set_label(0)
    page = show(tab, "Arithmetic")
    place = pane.list.visualItemRect(pane.list.item(0)).center()
    qtbot.mouseClick(pane.list.viewport(), LEFT, pos=QPoint(place.x(), place.y()))
    assert one.anchor in page.sets["A"]
    assert tab.state.label == 3


def button(pane: Any, text: str) -> Any:
    from PySide6.QtWidgets import QToolButton

    return next(button for button in pane.findChildren(QToolButton) if button.text() == text)
