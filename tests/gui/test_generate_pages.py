"""Arithmetic, Dimensions, Code, Classes and Diagnosis."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from latent_space import LEFT, LONG, click_tile, pixels, show, still
from PySide6.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot

from gui.widgets.answer_view import CurvesView


def test_sets_are_filled_by_clicks_and_the_result_follows(qtbot: QtBot, latent_tab: Callable[..., Any]) -> None:
    tab = latent_tab()
    page = show(tab, "Arithmetic")
    still(qtbot, page.result)
    qtbot.mouseClick(page.buttons["C"], LEFT)
    click_tile(qtbot, tab.browser.samples, 20)
    assert page.sets["C"] == ["6@0", "20@0"]
    assert tab.browser.samples.badges[20] == "C"
    click_tile(qtbot, tab.browser.samples, 6)
    assert page.parameters()["c"] == "20@0"
    still(qtbot, page.result)
    assert page.pictures["result"].image is not None
    page.clear("A")
    assert "at least one" in page.pictures["result"].text


def test_traversals_mark_active_units(qtbot: QtBot, latent_tab: Callable[..., Any]) -> None:
    tab = latent_tab()
    page = show(tab, "Dimensions")
    qtbot.waitUntil(lambda: page.tiles.image is not None, timeout=LONG)
    assert len(page.tiles.row_names) == 4
    assert "active" in page.title_label.text()
    qtbot.keyClicks(page.dims, "2,0")
    qtbot.keyClick(page.dims, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: [name.rstrip("*") for name in page.tiles.row_names] == ["z2", "z0"], timeout=LONG)


def test_dragged_bars_decode_at_once_and_can_be_put_back(qtbot: QtBot, latent_tab: Callable[..., Any]) -> None:
    tab = latent_tab()
    page = show(tab, "Code")
    still(qtbot, page.coding)
    still(qtbot, page.decoding)
    code, before = page.bars.values.copy(), pixels(page.decoded)
    bar = page.bars.bar(1)
    qtbot.mousePress(page.bars, LEFT, pos=QPoint(int(bar.center().x()), int(bar.top()) + 2))
    qtbot.mouseRelease(page.bars, LEFT)
    assert page.bars.values[1] == pytest.approx(page.bars.scale, rel=0.1)
    asked = page.decoding.sent
    qtbot.waitUntil(lambda: page.decoding.answered >= asked, timeout=LONG)
    assert pixels(page.decoded) != before
    qtbot.mouseClick(page.back_button, LEFT)
    assert np.array_equal(page.bars.values, code)
    asked = page.decoding.sent
    qtbot.waitUntil(lambda: page.decoding.answered >= asked, timeout=LONG)
    assert pixels(page.decoded) == before


def test_a_drawing_is_encoded_and_reconstructed(qtbot: QtBot, latent_tab: Callable[..., Any]) -> None:
    tab = latent_tab("autoencoder")
    page = show(tab, "Code")
    page.kind.setCurrentText("my drawing")
    assert "Draw" in page.triple.text
    area = page.drawing.area()
    qtbot.mousePress(page.drawing, LEFT, pos=QPoint(int(area.center().x()), int(area.top()) + 10))
    qtbot.mouseMove(page.drawing, QPoint(int(area.center().x()), int(area.bottom()) - 10))
    qtbot.mouseRelease(page.drawing, LEFT)
    qtbot.waitUntil(lambda: page.triple.image is not None and page.triple.count == 3, timeout=LONG)
    drawn = page.drawing.pixels(8, 8)
    assert drawn[:, 3:5].mean() > 100 > drawn[:, 0].mean()
    asked = page.reconstruct.sent
    qtbot.waitUntil(lambda: page.reconstruct.answered >= asked, timeout=LONG)
    assert page.triple.column_names[:2] == ["image", "reconstruction"]


def test_conditional_models_have_classes(qtbot: QtBot, latent_tab: Callable[..., Any]) -> None:
    tab = latent_tab("cvae")
    page = show(tab, "Classes")
    qtbot.waitUntil(lambda: page.grid.image is not None and page.answer is not None, timeout=LONG)
    assert page.grid.column_names == list("0123456789")
    page.slider.setValue(0)
    first = pixels(page.picture)
    page.slider.setValue(page.slider.maximum())
    assert pixels(page.picture) != first
    assert "100% class 8" in page.share.text()
    click_tile(qtbot, page.grid, 27)  # The third z as a 7.
    assert page.anchor == "2@0"
    assert tab.state.label == 7
    assert tab.browser.label.currentText() == "7"


def test_a_clicked_sample_brings_its_class(qtbot: QtBot, latent_tab: Callable[..., Any]) -> None:
    tab = latent_tab("cvae")
    qtbot.waitUntil(lambda: tab.browser.samples.columns == 10, timeout=LONG)
    click_tile(qtbot, tab.browser.samples, 14)
    assert tab.state.label == 4
    assert tab.page_tabs.pages[0].frame_parameters()["label"] == 4


def test_a_gan_has_scores_and_a_sample_for_a_code(qtbot: QtBot, latent_tab: Callable[..., Any]) -> None:
    tab = latent_tab("gan", steps=120)
    page = show(tab, "Diagnosis")
    answer = page.answers["scores"]
    qtbot.waitUntil(lambda: isinstance(answer.currentWidget(), CurvesView), timeout=LONG)
    qtbot.waitUntil(lambda: {"gradient norm", "D's accuracy"} <= set(page.plots), timeout=LONG)
    assert show(tab, "Plane").plane_parameters()["anchors"] == "0@0,1@0,2@0"
    code = show(tab, "Code")
    qtbot.waitUntil(lambda: code.decoded.image is not None, timeout=LONG)
    assert code.kind.currentText() == "sample"


def test_warnings_stand_above_everything(latent_tab: Callable[..., Any]) -> None:
    from lab.answers import Text

    tab = latent_tab()
    tab.timer.stop()
    tab.show_warnings(Text("Posterior collapse: z carries 0.01 nats."))
    assert tab.warning.isVisible()
    assert "collapse" in tab.warning.text()
    tab.show_warnings(Text("No problems detected.", nothing=True))
    assert not tab.warning.isVisible()
