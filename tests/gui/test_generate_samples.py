"""The samples, real images and film beside the pages: training, seeds, picking, stored runs."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from latent_space import LEFT, LONG, SETTINGS, click_tile, pixels, show, still
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from gui.main_window import MainWindow


def test_training_shows_samples_that_change(qtbot: QtBot, latent_tab: Callable[..., Any]) -> None:
    tab = latent_tab(steps=1_000_000)
    first = bytes(tab.browser.samples.image.constBits())
    qtbot.waitUntil(lambda: bytes(tab.browser.samples.image.constBits()) != first, timeout=LONG)
    assert tab.browser.samples.count == 64


def test_the_last_weights_are_shown_when_training_ends(qtbot: QtBot, latent_tab: Callable[..., Any]) -> None:
    tab = latent_tab(steps=30)
    qtbot.waitUntil(lambda: not tab.bridge.running, timeout=LONG)
    walk = show(tab, "Walk")
    still(qtbot, walk.frame)
    experiment = tab.bridge.session.experiment
    wanted = experiment.answer("square", experiment.serving(), {**walk.common(), "u": 0.5, "v": 0.5})
    assert pixels(walk.picture) == wanted.pixels[0].tobytes()


def test_another_seed_gives_other_samples(qtbot: QtBot, latent_tab: Callable[..., Any]) -> None:
    tab = latent_tab()
    box = tab.browser
    still(qtbot, box.sampling)
    before = bytes(box.samples.image.constBits())
    qtbot.keyClick(box.seed, Qt.Key.Key_Up)
    qtbot.waitUntil(lambda: bytes(box.samples.image.constBits()) != before, timeout=LONG)


def test_clicking_samples_sets_and_lets_go_of_anchors(qtbot: QtBot, latent_tab: Callable[..., Any]) -> None:
    tab = latent_tab()
    walk = show(tab, "Walk")
    samples = tab.browser.samples
    click_tile(qtbot, samples, 9)
    assert tab.state.anchors == ["1@0", "2@0", "3@0", "9@0"]
    assert samples.badges == {1: "1", 2: "2", 3: "3", 9: "4"}
    click_tile(qtbot, samples, 2)
    assert tab.state.anchors == ["1@0", "3@0", "9@0"]
    assert len(walk.pad.corners) == 3
    for index in (1, 3, 9):
        click_tile(qtbot, samples, index)
    assert tab.state.anchors == []
    assert not walk.slider.isEnabled()
    assert "Pick two" in walk.picture.text


def test_samples_are_picked_with_keys(qtbot: QtBot, latent_tab: Callable[..., Any]) -> None:
    tab = latent_tab()
    samples = tab.browser.samples
    tab.state.set_anchors([])
    samples.chosen = 0
    qtbot.keyClick(samples, Qt.Key.Key_Right)
    qtbot.keyClick(samples, Qt.Key.Key_Space)
    qtbot.keyClick(samples, Qt.Key.Key_Down)
    qtbot.keyClick(samples, Qt.Key.Key_Return)
    assert tab.state.anchors == ["1@0", f"{1 + samples.columns}@0"]


def test_real_images_are_picked_as_anchors(qtbot: QtBot, latent_tab: Callable[..., Any]) -> None:
    tab = latent_tab()
    show(tab, "Walk")
    box = tab.browser
    qtbot.mouseClick(box.kinds.button(1), LEFT)
    qtbot.waitUntil(lambda: box.images.image is not None, timeout=LONG)
    tab.state.set_anchors([])
    click_tile(qtbot, box.images, 4)
    click_tile(qtbot, box.images, 7)
    assert tab.state.anchors == ["image:4", "image:7"]
    walk = tab.page_tabs.page
    qtbot.waitUntil(lambda: walk.frame.answered > 0 and walk.picture.image is not None, timeout=LONG)


def test_the_film_of_the_training_scrubs_plays_and_is_saved(
    qtbot: QtBot, latent_tab: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tab = latent_tab(steps=60)
    box = tab.browser
    qtbot.waitUntil(lambda: not tab.bridge.running, timeout=LONG)
    qtbot.mouseClick(box.kinds.button(2), LEFT)
    box.lapsing.stale = True
    frames = len(tab.bridge.session.experiment.monitor.lapse)
    assert frames > 4
    qtbot.waitUntil(lambda: box.slider.maximum() == frames - 1, timeout=LONG)
    box.slider.setValue(0)
    assert "step 1" in box.when.text()
    first = pixels(box.film)
    qtbot.mouseClick(box.play_button, LEFT)
    qtbot.waitUntil(lambda: box.slider.value() > 2, timeout=LONG)
    assert pixels(box.film) != first
    qtbot.mouseClick(box.play_button, LEFT)
    path = tmp_path / "film.gif"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", staticmethod(lambda *_: (str(path), "")))
    qtbot.mouseClick(box.save_button, LEFT)
    assert path.read_bytes()[:3] == b"GIF"


def test_a_stored_run_has_its_latent_space_and_its_film(qtbot: QtBot, make_window: Callable[..., MainWindow]) -> None:
    from lab.api import train

    run = train("vae", steps=24, device="cpu", **SETTINGS["vae"])
    window = make_window("Generate")
    panel: Any = window.panel("Generate")
    panel.open_run(run)
    tab = panel.current_tab()
    (tab.browser,) = tab.page_tabs.sidebars.values()
    qtbot.waitUntil(lambda: tab.browser.samples.image is not None, timeout=LONG)
    qtbot.waitUntil(lambda: tab.browser.slider.maximum() > 1, timeout=LONG)
    last = tab.browser.slider.maximum() + 1
    assert f"{last} of {last}" in tab.browser.when.text()
    walk = show(tab, "Walk")
    still(qtbot, walk.frame)
    before = pixels(walk.picture)
    walk.pad.drag_to(0, 0)
    qtbot.waitUntil(lambda: pixels(walk.picture) != before, timeout=LONG)
