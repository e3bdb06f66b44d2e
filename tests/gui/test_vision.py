"""The Vision panel by clicks, strokes and keys: training, drawing, galleries, comparing, convolution by hand."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from controls import TINY_CLASSIFIER, drives, find_buttons, plain
from PIL import Image
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from gui.main_window import MainWindow
from gui.vision.convolution_by_hand import ConvolutionByHand
from gui.vision.inspect_page import InspectPage
from lab.paths import runs_folder
from lab.run import Run

LONG = 60_000


@pytest.fixture
def panel(qtbot: QtBot, make_window: Callable[..., MainWindow], two_runs: list[Path]) -> Any:
    """The panel with one stored run open and its first answer there."""
    for path in two_runs:
        shutil.copytree(path, runs_folder() / path.name)
    made: Any = make_window("Vision").panels["Vision"]
    made.open_run(Run(runs_folder() / two_runs[0].name))
    qtbot.waitUntil(lambda: look(made).last is not None, timeout=LONG)
    return made


def look(panel: Any) -> Any:
    return panel.current_tab().page_tabs.page_of(InspectPage)


def press(qtbot: QtBot, button: Any) -> None:
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton, pos=QPoint(10, button.height() // 2))


def choose(panel: Any, text: str) -> None:
    """Carry out an entry of the panel's menus or of the page's."""
    next(action for menu in panel.menus() for action in menu.actions() if plain(action.text()) == text).trigger()


def draw(qtbot: QtBot, canvas: Any, points: list[tuple[float, float]]) -> None:
    """A stroke with the left button through points given as shares of the side."""
    area = canvas.area()
    places = [QPointF(area.left() + x * area.width(), area.top() + y * area.height()).toPoint() for x, y in points]
    qtbot.mousePress(canvas, Qt.MouseButton.LeftButton, pos=places[0])
    for place in places[1:]:
        qtbot.mouseMove(canvas, place)
    qtbot.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=places[-1])


def test_training_from_the_form_opens_a_tab_that_follows_the_session(qtbot: QtBot, make_window: Callable[..., MainWindow]) -> None:
    window = make_window("Vision")
    panel: Any = window.panels["Vision"]
    assert panel.form.recipe_box.currentText() == "classify"
    panel.form.fields.set_values(TINY_CLASSIFIER)
    panel.form.steps.setValue(1_000_000)
    press(qtbot, panel.form.train_button)
    qtbot.waitUntil(lambda: bool(window.sessions.bridges), timeout=LONG)
    qtbot.waitUntil(lambda: panel.current_tab() is not None and look(panel).last is not None, timeout=LONG)
    page = look(panel)
    first = page.last.probabilities
    qtbot.waitUntil(lambda: not np.array_equal(page.last.probabilities, first), timeout=LONG)  # It moves as it learns.
    assert page.last.name == "test:0"


@drives("InspectPage: Clear", "Inspect > Clear drawing")
def test_a_stroke_changes_probabilities_maps_and_grad_cam(qtbot: QtBot, panel: Any) -> None:
    page = look(panel)
    draw(qtbot, page.canvas, [(0.5, 0.15), (0.5, 0.85)])
    qtbot.waitUntil(lambda: page.last.name == "picture" and not page.look.waiting, timeout=LONG)
    one = page.last
    assert one.truth is None
    draw(qtbot, page.canvas, [(0.2, 0.5), (0.8, 0.5)])
    qtbot.waitUntil(lambda: not np.array_equal(page.last.image, one.image), timeout=LONG)
    assert not np.array_equal(page.last.probabilities, one.probabilities)
    assert not np.array_equal(page.last.maps, one.maps)
    assert not np.array_equal(page.last.heat, one.heat)
    np.testing.assert_array_equal(page.bars.values, page.last.probabilities)
    press(qtbot, page.clear_button)
    qtbot.waitUntil(lambda: page.last.image.max() == 0, timeout=LONG)
    draw(qtbot, page.canvas, [(0.5, 0.15), (0.5, 0.85)])
    qtbot.waitUntil(lambda: page.last.image.max() > 0, timeout=LONG)
    choose(panel, "Clear drawing")
    qtbot.waitUntil(lambda: page.last.image.max() == 0, timeout=LONG)


def test_strokes_faster_than_answers_leave_the_newest_one(qtbot: QtBot, panel: Any) -> None:
    page = look(panel)
    draw(qtbot, page.canvas, [(0.1 + 0.02 * i, 0.5) for i in range(40)])
    expected = page.canvas.pixels(112, 112)
    qtbot.waitUntil(lambda: not page.look.waiting and page.last.name == "picture", timeout=LONG)
    np.testing.assert_array_equal(page.state.image, expected)
    data = page.last.image[..., 0].astype(float).mean(0)  # The last answer holds the whole line, from left to right.
    assert data[5] > 0
    assert data[23] > 0


def test_the_benchmark_waits_for_each_stroke_until_it_is_painted(panel: Any) -> None:
    from gui.bench_panels import strokes

    milliseconds = strokes(look(panel), 4)
    assert len(milliseconds) == 4
    assert np.isfinite(milliseconds).all()
    assert look(panel).last.name == "picture"
    assert look(panel).last.image.max() > 0


@drives("Inspect > Next image")
def test_images_of_the_data_by_number(qtbot: QtBot, panel: Any) -> None:
    page = look(panel)
    page.number.setValue(7)
    qtbot.waitUntil(lambda: page.last.name == "test:7", timeout=LONG)
    choose(panel, "Next image")
    qtbot.waitUntil(lambda: page.last.name == "test:8", timeout=LONG)
    page.split.setCurrentText("validation")
    qtbot.waitUntil(lambda: page.last.name == "validation:8", timeout=LONG)
    assert page.last.truth is not None
    page.number.setValue(10_000)
    qtbot.waitUntil(lambda: "expected validation:N with N from 0 to 149" in page.says.text(), timeout=LONG)


@drives("InspectPage: File", "Inspect > Open image")
def test_an_image_file_and_one_that_is_none(qtbot: QtBot, panel: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = look(panel)
    Image.new("L", (30, 30), 255).save(tmp_path / "white.png")
    (tmp_path / "words.png").write_text("no picture")
    monkeypatch.setattr(QFileDialog, "getOpenFileName", staticmethod(lambda *_: (str(tmp_path / "white.png"), "")))
    press(qtbot, page.file_button)
    qtbot.waitUntil(lambda: page.last.name == "white.png", timeout=LONG)
    assert page.last.image.min() == 255
    monkeypatch.setattr(QFileDialog, "getOpenFileName", staticmethod(lambda *_: (str(tmp_path / "words.png"), "")))
    choose(panel, "Open image")
    qtbot.waitUntil(lambda: "words.png" in page.says.text(), timeout=LONG)


@drives("InspectPage: Agent's screen", "Inspect > Agent's screen")
def test_the_screen_of_the_watched_agent(qtbot: QtBot, panel: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    page = look(panel)
    press(qtbot, page.agent_button)
    assert not page.agent_button.isChecked()
    assert "No agent is being watched" in page.says.text()
    screen = np.zeros((210, 160, 3), np.uint8)
    screen[:105] = 255
    monkeypatch.setattr("gui.vision.inspect_page.watched_frame", lambda window: screen)
    choose(panel, "Agent's screen")
    assert page.agent_button.isChecked()
    qtbot.waitUntil(lambda: page.last.name == "picture" and page.last.image[2].min() > page.last.image[-3].max(), timeout=LONG)
    draw(qtbot, page.canvas, [(0.2, 0.5), (0.8, 0.5)])
    assert not page.agent_button.isChecked()


def test_a_click_on_a_class_asks_what_speaks_for_it(qtbot: QtBot, panel: Any) -> None:
    page = look(panel)
    before = page.last.heat
    qtbot.mouseClick(page.bars, Qt.MouseButton.LeftButton, pos=QPoint(60, 3 + 4 * page.bars.row + 5))
    qtbot.waitUntil(lambda: page.last.chosen == 4, timeout=LONG)
    assert page.label.currentText() == "4"
    assert not np.array_equal(page.last.heat, before)
    qtbot.keyClick(page.bars, Qt.Key.Key_Down)
    qtbot.waitUntil(lambda: page.last.chosen == 5, timeout=LONG)


@drives(
    "Inspect > Grad-CAM", "Inspect > CAM", "Inspect > Augmented Grad-CAM", "Inspect > RISE", "Inspect > Occlusion",
    "Inspect > Integrated gradients", "Inspect > Attention",
)  # fmt: skip
def test_every_way_to_see_where_it_looks(qtbot: QtBot, panel: Any) -> None:
    page = look(panel)
    for name in ("Occlusion", "RISE", "Augmented Grad-CAM"):
        choose(panel, name)
        assert page.method.currentText() == name
        qtbot.waitUntil(lambda: page.overlay.image is not None, timeout=LONG)
    choose(panel, "Integrated gradients")
    qtbot.waitUntil(lambda: "delta" in page.trust.text() and "deletion" in page.trust.text(), timeout=LONG)
    choose(panel, "Attention")
    qtbot.waitUntil(lambda: "--network vit" in page.overlay.text, timeout=LONG)
    choose(panel, "CAM")
    qtbot.waitUntil(lambda: "global average" in page.overlay.text and page.overlay.image is None, timeout=LONG)
    choose(panel, "Grad-CAM")
    assert page.overlay.image is not None
    qtbot.waitUntil(lambda: "insertion" in page.trust.text(), timeout=LONG)  # Its figures follow.


@drives("Inspect > Feature maps", "Inspect > Worst errors")
def test_a_click_on_a_mistake_opens_it(qtbot: QtBot, panel: Any) -> None:
    page = look(panel)
    choose(panel, "Worst errors")
    qtbot.waitUntil(lambda: page.mistakes.list.count() > 3, timeout=LONG)
    gallery = page.mistakes.list
    where = gallery.visualItemRect(gallery.item(2)).center()
    qtbot.mouseClick(gallery.viewport(), Qt.MouseButton.LeftButton, pos=where)
    qtbot.waitUntil(lambda: page.last.name == page.mistakes.specs[2], timeout=LONG)
    assert page.last.truth != page.last.chosen
    assert f"test:{page.number.value()}" == page.last.name
    choose(panel, "Feature maps")
    assert page.below.currentIndex() == 0


@drives("InspectPage: Refresh", "Inspect > Compare runs")
def test_two_runs_image_by_image(qtbot: QtBot, panel: Any, two_runs: list[Path]) -> None:
    page = look(panel)
    choose(panel, "Compare runs")
    press(qtbot, page.compare.refresh_button)
    assert [page.compare.other.itemText(i) for i in range(page.compare.other.count())] == [two_runs[1].name]
    qtbot.waitUntil(lambda: page.compare.compared.list.count() > 0, timeout=LONG)
    assert page.compare.compared.note.text().startswith("Both right ")
    gallery = page.compare.compared.list
    qtbot.mouseClick(gallery.viewport(), Qt.MouseButton.LeftButton, pos=gallery.visualItemRect(gallery.item(0)).center())
    qtbot.waitUntil(lambda: page.last.name == page.compare.compared.specs[0], timeout=LONG)


def test_the_maps_of_another_layer(qtbot: QtBot, panel: Any) -> None:
    page = look(panel)
    assert page.last.maps.shape == (6, 28, 28)
    page.layer.setCurrentText("features.act2")
    page.layer.activated.emit(page.layer.currentIndex())
    qtbot.waitUntil(lambda: page.last.maps.shape == (16, 10, 10), timeout=LONG)


def test_a_stored_run_shows_its_history_too(qtbot: QtBot, panel: Any) -> None:
    tab = panel.current_tab()
    tab.page_tabs.setCurrentWidget(tab.split)
    qtbot.waitUntil(lambda: bool(tab.views.frames) and tab.views.frames[0].answer is not None, timeout=LONG)
    assert tab.views.frames[0].chooser.currentData() == "training_curves"
    assert len(tab.views.frames[0].answer.series["validation"][0]) == 6


def test_views_that_nobody_saw_are_asked_again_after_the_end(qtbot: QtBot, make_window: Callable[..., MainWindow]) -> None:
    window = make_window("Vision")
    panel: Any = window.panels["Vision"]
    panel.form.fields.set_values(TINY_CLASSIFIER)
    panel.form.steps.setValue(60)
    press(qtbot, panel.form.train_button)
    qtbot.waitUntil(lambda: bool(window.sessions.bridges) and not window.sessions.bridges[-1].running, timeout=LONG)
    tab = panel.current_tab()
    qtbot.waitUntil(lambda: look(panel).last is not None and not look(panel).look.stale, timeout=LONG)
    tab.page_tabs.setCurrentWidget(tab.split)
    frame = next(frame for frame in tab.views.frames if frame.chooser.currentData() == "training_curves")
    qtbot.waitUntil(lambda: frame.answer is not None and len(frame.answer.series["train"][0]) == 6, timeout=LONG)


def test_a_recipe_without_pages_has_its_views_alone(qtbot: QtBot, make_window: Callable[..., MainWindow]) -> None:
    from lab.api import train

    run = train("linear", steps=5, device="cpu")
    panel: Any = make_window("Vision").panels["Vision"]
    panel.open_run(run)
    tab = panel.current_tab()
    qtbot.waitUntil(lambda: bool(tab.views.frames), timeout=LONG)
    assert tab.page_tabs.pages == []
    assert not tab.page_tabs.head.isVisible()


@pytest.fixture
def convolution_by_hand(qtbot: QtBot) -> ConvolutionByHand:
    made = ConvolutionByHand()
    qtbot.addWidget(made)
    made.show()
    return made


@drives("Training > Convolution by hand")
def test_convolution_by_hand_opens_from_the_menu(panel: Any) -> None:
    choose(panel, "Convolution by hand")
    assert panel.convolution_by_hand.isVisible()


@drives("KernelPage: Reset to lecture", "Stepper: Back", "Stepper: Next")
def test_the_kernel_slides_over_a_picture_that_one_can_edit(qtbot: QtBot, convolution_by_hand: ConvolutionByHand) -> None:
    page = convolution_by_hand.kernel
    assert page.result.values.tolist() == [[4, 3, 4], [2, 4, 3], [2, 3, 4]]
    press(qtbot, page.stepper.next)
    assert page.formula.text().endswith("= 3")
    cell = page.image.corner() + QPointF(0.5, 0.5) * page.image.cell()
    qtbot.mouseClick(page.image, Qt.MouseButton.LeftButton, pos=cell.toPoint())  # 1 becomes 2.
    assert page.result.values[0, 0] == 5
    qtbot.mouseClick(page.result, Qt.MouseButton.LeftButton, pos=(page.result.corner() + QPointF(2.5, 2.5) * page.result.cell()).toPoint())
    assert page.formula.text().startswith("row 3, column 3")
    assert page.parameters.text().endswith("= 56")
    page.counts["filters"].setValue(4)
    assert page.parameters.text().endswith("= 112")
    press(qtbot, page.lecture)
    assert page.result.values[0, 0] == 4
    assert find_buttons(convolution_by_hand)
