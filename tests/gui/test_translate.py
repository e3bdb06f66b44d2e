"""The Generate panel's screen for CycleGAN and pix2pix by clicks, drags and keys: drawing, files, styles, the watched agent."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from pytestqt.qtbot import QtBot

from gui.generate.image_translation_page import ATARI, DRAWN, HOLES, IMAGE, LOADED, NO_AGENT, ImageTranslationPage
from gui.main_window import MainWindow

LONG = 60_000
LEFT = Qt.MouseButton.LeftButton
SMALL = {"size": 16, "batch_size": 2, "features": 4, "d_features": 4, "patch_layers": 1}


@pytest.fixture
def open_tab(qtbot: QtBot, make_window: Callable[..., MainWindow]) -> Callable[..., Any]:
    """Trains a tiny model through the form and the Train button; the run's tab, paused, once a translation is shown."""

    def start(recipe: str = "cyclegan", **values: Any) -> Any:
        window = make_window("Generate")
        panel: Any = window.panel("Generate")
        panel.form.recipe_box.setCurrentText(recipe)
        panel.form.fields.reset()
        panel.form.fields.set_values({**SMALL, **({"blocks": 1} if recipe == "cyclegan" else {}), **values})
        panel.form.steps.setValue(100_000)
        qtbot.mouseClick(panel.form.train_button, LEFT)
        qtbot.waitUntil(lambda: panel.current_tab() is not None, timeout=LONG)
        tab = panel.current_tab()
        tab.page = tab.page_tabs.page_of(ImageTranslationPage)
        qtbot.waitUntil(lambda: tab.page.translated.image is not None, timeout=LONG)
        tab.bridge.session.pause()
        qtbot.waitUntil(lambda: tab.bridge.latest.status == "paused", timeout=LONG)
        still(qtbot, tab)
        tab.window_ = window
        return tab

    return start


def still(qtbot: QtBot, tab: Any) -> None:
    question = tab.page.translating
    qtbot.waitUntil(lambda: question.answered > 0 and not question.waiting and not question.stale, timeout=LONG)


def shown(picture: Any) -> bytes:
    return bytes(picture.image.constBits()) if picture.image is not None else b""


def changes(qtbot: QtBot, picture: Any, before: bytes) -> None:
    qtbot.waitUntil(lambda: picture.image is not None and shown(picture) != before, timeout=LONG)


def test_the_translation_changes_while_it_trains(qtbot: QtBot, open_tab: Callable[..., Any]) -> None:
    tab = open_tab()
    before = shown(tab.page.translated)
    tab.bridge.session.resume()
    changes(qtbot, tab.page.translated, before)
    qtbot.waitUntil(lambda: tab.page.cycles.count == 30, timeout=LONG)


def test_a_drawing_is_translated_as_it_is_drawn(qtbot: QtBot, open_tab: Callable[..., Any]) -> None:
    tab = open_tab()
    page = tab.page
    page.kind.setCurrentText(DRAWN)
    canvas = page.drawing
    qtbot.waitUntil(canvas.isVisible, timeout=LONG)
    qtbot.mousePress(canvas, LEFT, pos=canvas.rect().center())
    qtbot.mouseMove(canvas, canvas.rect().center() + QPoint(20, 20))
    still(qtbot, tab)
    first = shown(page.translated)
    assert first
    qtbot.mouseMove(canvas, canvas.rect().center() + QPoint(-30, 25))
    qtbot.mouseRelease(canvas, LEFT, pos=canvas.rect().center() + QPoint(-30, 25))
    changes(qtbot, page.translated, first)
    qtbot.mouseClick(page.clear_button, LEFT)
    qtbot.waitUntil(lambda: page.translated.image is None, timeout=LONG)


def test_holes_are_drawn_over_a_picture_and_filled(qtbot: QtBot, open_tab: Callable[..., Any]) -> None:
    tab = open_tab("pix2pix", task="holes")
    page = tab.page
    qtbot.waitUntil(lambda: page.cycles.count == 30, timeout=LONG)
    page.kind.setCurrentText(HOLES)
    canvas = page.holes
    qtbot.waitUntil(lambda: canvas.isVisible() and canvas.ground is not None, timeout=LONG)
    whole = shown(page.given)
    at = QPoint(int(canvas.area().center().x()), int(canvas.area().center().y()))
    qtbot.mouseClick(canvas, LEFT, pos=at)
    qtbot.waitUntil(lambda: page.given.image.pixelColor(8, 8).getRgb()[:3] == (128, 128, 128), timeout=LONG)
    before, tile = canvas.ground, page.cycles.tile(3).center().toPoint()
    qtbot.mouseClick(page.cycles, LEFT, pos=tile)  # Another picture, the same holes.
    assert (page.kind.currentText(), page.index.value()) == (HOLES, 3)
    qtbot.waitUntil(lambda: canvas.ground != before, timeout=LONG)
    assert page.given.image.pixelColor(8, 8).red() == 128
    page.index.setValue(0)
    qtbot.mouseClick(page.clear_button, LEFT)
    changes(qtbot, page.given, whole[:0])
    qtbot.waitUntil(lambda: shown(page.given) == whole, timeout=LONG)


def test_a_dropped_file_is_translated_and_a_broken_one_explained(qtbot: QtBot, open_tab: Callable[..., Any], tmp_path: Path) -> None:
    tab = open_tab()
    page = tab.page
    Image.new("RGB", (40, 30), (250, 10, 10)).save(tmp_path / "red.png")
    drop(page, tmp_path / "red.png")
    assert page.kind.currentText() == LOADED
    qtbot.waitUntil(lambda: page.given.image is not None and page.given.image.pixelColor(8, 8).red() == 250, timeout=LONG)
    (tmp_path / "bad.png").write_text("no picture")
    drop(page, tmp_path / "bad.png")
    qtbot.waitUntil(lambda: "bad.png" in page.note.text(), timeout=LONG)


def test_dropped_files_are_read_with_their_depth_ground_and_orientation(qtbot: QtBot, open_tab: Callable[..., Any], tmp_path: Path) -> None:
    page = open_tab().page
    deep = Image.fromarray(np.full((20, 20), 40_000, np.uint16))
    deep.save(tmp_path / "deep $1.png")
    clear = Image.new("RGBA", (20, 20), (0, 0, 0, 0))
    clear.save(tmp_path / "durchsichtig ü.png")
    turned = Image.new("RGB", (20, 20), (0, 0, 0))
    turned.paste((255, 255, 255), (0, 0, 20, 10))  # White above, until orientation 6 turns it a quarter clockwise: white on the right.
    exif = Image.Exif()
    exif[0x0112] = 6
    turned.save(tmp_path / "鳥.png", exif=exif)
    side = page.state.side

    def grey(x: int, y: int) -> int:
        return -1 if page.given.image is None else int(page.given.image.pixelColor(x, y).red())

    drop(page, tmp_path / "deep $1.png")
    qtbot.waitUntil(lambda: grey(side // 2, side // 2) == 156, timeout=LONG)  # 40,000 of 65,535, as 156 of 255.
    drop(page, tmp_path / "durchsichtig ü.png")
    qtbot.waitUntil(lambda: grey(side // 2, side // 2) == 255, timeout=LONG)
    drop(page, tmp_path / "鳥.png")
    qtbot.waitUntil(lambda: grey(1, 1) == 0 and grey(side - 2, 1) == 255 and grey(side - 2, side - 2) == 255, timeout=LONG)


def drop(page: Any, file: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(file))])
    page.dropEvent(QDropEvent(QPointF(5, 5), Qt.DropAction.CopyAction, data, LEFT, Qt.KeyboardModifier.NoModifier))


def test_another_style_paints_the_same_picture_otherwise(qtbot: QtBot, open_tab: Callable[..., Any]) -> None:
    tab = open_tab()
    page = tab.page
    given, before = shown(page.given), shown(page.translated)
    qtbot.mouseClick(page.random_button, LEFT)
    changes(qtbot, page.translated, before)
    before = shown(page.translated)
    bar = page.style_bars.bar(0)
    qtbot.mouseClick(page.style_bars, LEFT, pos=QPoint(int(bar.center().x()), int(bar.top()) + 2))
    changes(qtbot, page.translated, before)
    assert shown(page.given) == given


def test_the_other_direction_takes_pictures_of_the_other_domain_and_no_style(qtbot: QtBot, open_tab: Callable[..., Any]) -> None:
    tab = open_tab()
    page = tab.page
    before = shown(page.given)
    assert page.style_row.isVisible()
    qtbot.keyClick(page.direction, Qt.Key.Key_Down)
    changes(qtbot, page.given, before)
    assert not page.style_row.isVisible()


def test_a_click_on_a_cycle_puts_its_picture_above(qtbot: QtBot, open_tab: Callable[..., Any]) -> None:
    tab = open_tab()
    page = tab.page
    qtbot.waitUntil(lambda: page.cycles.count == 30, timeout=LONG)
    qtbot.mouseClick(page.cycles, LEFT, pos=page.cycles.tile(13).center().toPoint())
    assert (page.kind.currentText(), page.index.value()) == (IMAGE, 3)


def test_pix2pix_has_one_direction_and_no_style(qtbot: QtBot, open_tab: Callable[..., Any]) -> None:
    tab = open_tab("pix2pix")
    assert not tab.page.direction.isVisible()
    assert not tab.page.style_row.isVisible()
    assert tab.page.drawing.pen == pytest.approx(1.2 / tab.page.state.side)  # The default task is given outlines, thin lines.
    qtbot.waitUntil(lambda: tab.page.cycles.count == 30, timeout=LONG)


def test_what_the_watched_agent_sees_is_translated_frame_by_frame(qtbot: QtBot, open_tab: Callable[..., Any]) -> None:
    from gui.atari.weight_sources import UntrainedSource

    tab = open_tab()
    page = tab.page
    page.kind.setCurrentText(ATARI)
    qtbot.waitUntil(lambda: page.note.text() == NO_AGENT, timeout=LONG)
    watch = tab.window_.panel("Atari").watch
    watch.play(UntrainedSource("breakout"))
    seen: set[bytes] = set()

    def three() -> bool:
        if page.note.text() == "" and page.live_frame is not None:
            seen.add(shown(page.given))
        return len(seen) >= 3

    qtbot.waitUntil(three, timeout=LONG)
    assert page.live_frame.shape == (210, 160, 3)


def test_a_stored_run_translates_too(qtbot: QtBot, open_tab: Callable[..., Any]) -> None:
    tab = open_tab()
    run, panel = tab.run, tab.window_.panel("Generate")
    panel.close_tab(panel.tabs.indexOf(tab))
    qtbot.waitUntil(lambda: (run.path / "checkpoints").exists() and run.status()["status"] == "stopped", timeout=LONG)
    panel.open_run(run)
    again = panel.current_tab()
    page = again.page_tabs.page_of(ImageTranslationPage)
    qtbot.waitUntil(lambda: page.translated.image is not None, timeout=LONG)
