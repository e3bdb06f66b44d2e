"""The menus of pages and samples by their keys; copying and saving a page."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from controls import choose, drives, press
from latent_space import LEFT, LONG, menu_of, show, still
from PIL import Image
from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QApplication, QFileDialog
from pytestqt.qtbot import QtBot


@drives("PageTabs: Save")
def test_a_page_is_saved_as_gif(qtbot: QtBot, latent_tab: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tab = latent_tab()
    show(tab, "Walk")
    path = tmp_path / "walk.gif"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", staticmethod(lambda *_: (str(path), "")))
    qtbot.mouseClick(tab.page_tabs.save_button, LEFT)
    qtbot.waitUntil(lambda: path.exists() and path.stat().st_size > 0, timeout=LONG)


@drives("File > Film size > a size")
def test_a_walk_is_saved_at_the_chosen_size_and_length(
    qtbot: QtBot, latent_tab: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tab = latent_tab()
    walk = show(tab, "Walk")
    monkeypatch.setattr(QFileDialog, "getSaveFileName", staticmethod(lambda *_: (str(tmp_path / f"{walk.length.value()}.gif"), "")))
    for length, size in ((5, "As shown"), (7, "256 pixels")):
        walk.length.setValue(length)
        choose(qtbot, tab.window_.action_set.menu("&File/Film size"), size)
        qtbot.mouseClick(tab.page_tabs.save_button, LEFT)
        path = tmp_path / f"{length}.gif"
        qtbot.waitUntil(path.exists, timeout=LONG)
        with Image.open(path) as film:
            assert film.n_frames == length
            assert film.size == ((512, 512) if size == "As shown" else (256, 256))


@drives("PageTabs: Copy")
def test_a_page_is_copied(qtbot: QtBot, latent_tab: Callable[..., Any]) -> None:
    tab = latent_tab()
    show(tab, "Plane")
    QApplication.clipboard().clear()
    qtbot.mouseClick(tab.page_tabs.copy_button, LEFT)
    qtbot.waitUntil(lambda: not QApplication.clipboard().image().isNull(), timeout=LONG)


@drives(
    "Samples > Samples", "Samples > Real", "Samples > Time-lapse", "Page > a page", "Page > Next page", "Page > Previous page",
    "Arithmetic > Set A", "Arithmetic > Set B", "Arithmetic > Set C", "Samples > Next seed",
)  # fmt: skip
def test_keys_go_to_every_page_and_kind(qtbot: QtBot, latent_tab: Callable[..., Any]) -> None:
    tab = latent_tab("cvae")
    box, menu = tab.browser, menu_of(tab.panel_, "Samples")
    for kind, text in ((2, "Time-lapse"), (1, "Real"), (0, "Samples")):
        press(qtbot, tab.window_, menu, text)
        assert box.kinds.checkedId() == kind
    pages = menu_of(tab.panel_, "Page")
    for text in ("Plane", "Arithmetic", "Dimensions", "Directions", "Code", "Classes", "Diagnosis", "Walk"):
        press(qtbot, tab.window_, pages, text)
        assert tab.page_tabs.page.title == text
    press(qtbot, tab.window_, pages, "Previous page")
    assert tab.page_tabs.stack.currentWidget() is tab.split
    press(qtbot, tab.window_, pages, "Next page")
    assert tab.page_tabs.page.title == "Walk"
    page = show(tab, "Arithmetic")
    for name in ("B", "C", "A"):
        press(qtbot, tab.window_, menu_of(tab.panel_, "Arithmetic"), f"Set {name}")
        assert page.buttons[name].isChecked()
    seed = box.seed.value()
    press(qtbot, tab.window_, menu, "Next seed")
    assert box.seed.value() == seed + 1


@drives(
    "Walk > Play / pause", "Walk > Spherical / linear", "Samples > Smooth / sharp", "Walk > Other anchors", "Code > Reset",
    "Samples > Play / pause time-lapse",
)  # fmt: skip
def test_keys_play_switch_and_undo(qtbot: QtBot, latent_tab: Callable[..., Any]) -> None:
    tab = latent_tab()
    state, menu, samples = tab.state, menu_of(tab.panel_, "Walk"), menu_of(tab.panel_, "Samples")
    walk = show(tab, "Walk")
    press(qtbot, tab.window_, menu, "Play / pause")
    assert walk.timer.isActive()
    press(qtbot, tab.window_, menu, "Play / pause")
    assert not walk.timer.isActive()
    press(qtbot, tab.window_, menu, "Spherical / linear")
    assert walk.mode.currentText() == "linear"
    anchors, smooth = list(state.anchors), state.smooth
    press(qtbot, tab.window_, menu, "Other anchors")
    assert list(state.anchors) != anchors
    press(qtbot, tab.window_, samples, "Smooth / sharp")
    assert state.smooth != smooth
    page = show(tab, "Code")
    still(qtbot, page.coding)
    code = page.bars.values.copy()
    bar = page.bars.bar(1)
    qtbot.mouseClick(page.bars, LEFT, pos=QPoint(int(bar.center().x()), int(bar.top()) + 2))
    assert not np.array_equal(page.bars.values, code)
    press(qtbot, tab.window_, menu_of(tab.panel_, "Code"), "Reset")
    assert np.array_equal(page.bars.values, code)
    press(qtbot, tab.window_, samples, "Time-lapse")
    button = tab.browser.play_button
    press(qtbot, tab.window_, samples, "Play / pause time-lapse")
    assert button.isChecked()
    press(qtbot, tab.window_, samples, "Play / pause time-lapse")
    assert not button.isChecked()


@drives("Samples > Save time-lapse", "Page > Copy page", "Page > Save page")
def test_keys_copy_and_save(qtbot: QtBot, latent_tab: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tab = latent_tab(steps=30)
    menu, samples, box = menu_of(tab.panel_, "Page"), menu_of(tab.panel_, "Samples"), tab.browser
    qtbot.waitUntil(lambda: not tab.bridge.running, timeout=LONG)
    show(tab, "Plane")
    QApplication.clipboard().clear()
    press(qtbot, tab.window_, menu, "Copy page")
    qtbot.waitUntil(lambda: not QApplication.clipboard().image().isNull(), timeout=LONG)
    path = tmp_path / "page.png"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", staticmethod(lambda *_: (str(path), "")))
    press(qtbot, tab.window_, menu, "Save page")
    qtbot.waitUntil(lambda: path.exists() and path.stat().st_size > 0, timeout=LONG)
    press(qtbot, tab.window_, samples, "Time-lapse")
    box.lapsing.stale = True
    qtbot.waitUntil(lambda: box.slider.maximum() > 2, timeout=LONG)
    path = tmp_path / "film.gif"
    press(qtbot, tab.window_, samples, "Save time-lapse")
    assert path.read_bytes()[:3] == b"GIF"
