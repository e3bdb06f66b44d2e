"""The Latent menu by its keys; copying and saving a page."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from controls import drives, press
from latent_space import LEFT, LONG, show, still
from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QApplication, QFileDialog
from pytestqt.qtbot import QtBot


def test_a_page_is_saved_as_gif(qtbot: QtBot, latent_tab: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tab = latent_tab()
    show(tab, "Walk")
    path = tmp_path / "walk.gif"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", staticmethod(lambda *_: (str(path), "")))
    qtbot.mouseClick(tab.room.save_button, LEFT)
    qtbot.waitUntil(lambda: path.exists() and path.stat().st_size > 0, timeout=LONG)


def test_a_page_is_copied(qtbot: QtBot, latent_tab: Callable[..., Any]) -> None:
    tab = latent_tab()
    show(tab, "Plane")
    QApplication.clipboard().clear()
    qtbot.mouseClick(tab.room.copy_button, LEFT)
    qtbot.waitUntil(lambda: not QApplication.clipboard().image().isNull(), timeout=LONG)


@drives(
    "Latent > Samples", "Latent > Real images", "Latent > Film", "Latent > Walk", "Latent > Plane", "Latent > Arithmetic",
    "Latent > Dimensions", "Latent > Code", "Latent > Classes", "Latent > Diagnosis", "Latent > Set A", "Latent > Set B", "Latent > Set C",
    "Latent > Next seed",
)  # fmt: skip
def test_keys_go_to_every_page_and_kind(qtbot: QtBot, latent_tab: Callable[..., Any]) -> None:
    tab = latent_tab("cvae")
    box, menu = tab.room.browser, tab.panel_.latent_menu
    for kind, text in ((2, "Film"), (1, "Real images"), (0, "Samples")):
        press(qtbot, tab.window_, menu, text)
        assert box.kinds.checkedId() == kind
    for text in ("Plane", "Arithmetic", "Dimensions", "Code", "Classes", "Diagnosis", "Walk"):
        press(qtbot, tab.window_, menu, text)
        assert tab.room.page.title == text
    page = show(tab, "Arithmetic")
    for name in ("B", "C", "A"):
        press(qtbot, tab.window_, menu, f"Set {name}")
        assert page.buttons[name].isChecked()
    seed = box.seed.value()
    press(qtbot, tab.window_, menu, "Next seed")
    assert box.seed.value() == seed + 1


@drives(
    "Latent > Play or pause the walk", "Latent > Spherical or linear", "Latent > Smooth or sharp", "Latent > Other anchors",
    "Latent > Undo changes of the bars", "Latent > Play or pause the film",
)  # fmt: skip
def test_keys_play_switch_and_undo(qtbot: QtBot, latent_tab: Callable[..., Any]) -> None:
    tab = latent_tab()
    state, menu = tab.state, tab.panel_.latent_menu
    walk = show(tab, "Walk")
    press(qtbot, tab.window_, menu, "Play or pause the walk")
    assert walk.timer.isActive()
    press(qtbot, tab.window_, menu, "Play or pause the walk")
    assert not walk.timer.isActive()
    press(qtbot, tab.window_, menu, "Spherical or linear")
    assert walk.mode.currentText() == "linear"
    anchors, smooth = list(state.anchors), state.smooth
    press(qtbot, tab.window_, menu, "Other anchors")
    assert list(state.anchors) != anchors
    press(qtbot, tab.window_, menu, "Smooth or sharp")
    assert state.smooth != smooth
    page = show(tab, "Code")
    still(qtbot, page.coding)
    code = page.bars.values.copy()
    bar = page.bars.bar(1)
    qtbot.mouseClick(page.bars, LEFT, pos=QPoint(int(bar.center().x()), int(bar.top()) + 2))
    assert not np.array_equal(page.bars.values, code)
    press(qtbot, tab.window_, menu, "Undo changes of the bars")
    assert np.array_equal(page.bars.values, code)
    press(qtbot, tab.window_, menu, "Film")
    button = tab.room.browser.play_button
    press(qtbot, tab.window_, menu, "Play or pause the film")
    assert button.isChecked()
    press(qtbot, tab.window_, menu, "Play or pause the film")
    assert not button.isChecked()


@drives("Latent > Save the film", "Latent > Copy this page's picture", "Latent > Save this page")
def test_keys_copy_and_save(qtbot: QtBot, latent_tab: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tab = latent_tab(steps=30)
    menu, box = tab.panel_.latent_menu, tab.room.browser
    qtbot.waitUntil(lambda: not tab.bridge.running, timeout=LONG)
    show(tab, "Plane")
    QApplication.clipboard().clear()
    press(qtbot, tab.window_, menu, "Copy this page's picture")
    qtbot.waitUntil(lambda: not QApplication.clipboard().image().isNull(), timeout=LONG)
    path = tmp_path / "page.png"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", staticmethod(lambda *_: (str(path), "")))
    press(qtbot, tab.window_, menu, "Save this page")
    qtbot.waitUntil(lambda: path.exists() and path.stat().st_size > 0, timeout=LONG)
    press(qtbot, tab.window_, menu, "Film")
    box.lapsing.stale = True
    qtbot.waitUntil(lambda: box.slider.maximum() > 2, timeout=LONG)
    path = tmp_path / "film.gif"
    press(qtbot, tab.window_, menu, "Save the film")
    assert path.read_bytes()[:3] == b"GIF"
