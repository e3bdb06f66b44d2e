"""The workbench: filters, templates, the transpose convolution, the calculator."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from controls import drives, find_buttons, plain
from on_screen import faults
from PIL import Image
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from gui.background import Background
from gui.main_window import MainWindow
from gui.vision.workbench import Workbench
from lab.recipes.vision import mlp_and_cnn
from models.vision.filters import KERNELS, filtered

LONG = 60_000


@pytest.fixture
def bench(qtbot: QtBot) -> Iterator[Workbench]:
    background = Background()
    made = Workbench(background)
    qtbot.addWidget(made)
    made.show()
    qtbot.waitUntil(lambda: made.filters.result is not None and made.templates.map is not None, timeout=LONG)
    yield made
    background.close()


def settled(qtbot: QtBot, page: Any) -> None:
    qtbot.waitUntil(lambda: not page.newest.waiting, timeout=LONG)


def press(qtbot: QtBot, button: Any) -> None:
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton, pos=QPoint(10, button.height() // 2))


def test_a_kernel_by_name_and_by_hand(qtbot: QtBot, bench: Workbench) -> None:
    page = bench.filters
    assert page.image is not None
    assert page.result is not None
    np.testing.assert_array_equal(page.result, filtered(page.image, KERNELS["Sobel, vertical edges"], padding=1))
    page.names.setCurrentText("identity")
    page.take_kernel()
    settled(qtbot, page)
    np.testing.assert_array_equal(page.result, page.image)
    page.cells[1][1].setValue(2)
    settled(qtbot, page)
    assert page.names.currentText() == "by hand"
    np.testing.assert_array_equal(page.result, 2.0 * page.image)
    assert KERNELS["identity"][1, 1] == 1


def test_stride_padding_convolution_and_pooling(qtbot: QtBot, bench: Workbench) -> None:
    page = bench.filters
    assert page.image is not None
    page.how.setCurrentText("convolution")
    page.stride.setValue(2)
    page.padding.setValue(0)
    page.pooling.setCurrentText("global average")
    settled(qtbot, page)
    expected = filtered(page.image, KERNELS["Sobel, vertical edges"], convolve=True, stride=2).mean((0, 1))
    assert page.result is not None
    np.testing.assert_allclose(page.result[0, 0], expected)
    assert "(214 + 2·0 - 3) / 2 + 1 = 106 rows" in page.note.text()


@drives("PictureChoice: File")
def test_a_picture_of_ones_own_and_a_file_that_is_none(
    qtbot: QtBot, bench: Workbench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page, path = bench.filters, tmp_path / "grey.png"
    Image.fromarray(np.full((30, 40), 90, np.uint8)).save(path)
    monkeypatch.setattr(QFileDialog, "getOpenFileName", staticmethod(lambda *_: (str(path), "")))
    press(qtbot, page.choice.file_button)
    qtbot.waitUntil(lambda: page.image is not None and page.image.shape == (30, 40, 3), timeout=LONG)
    path.write_bytes(b"no picture")
    press(qtbot, page.choice.file_button)
    qtbot.waitUntil(lambda: "grey.png" in page.note.text(), timeout=LONG)


def test_a_marked_template_is_seen_where_it_is(qtbot: QtBot, bench: Workbench) -> None:
    bench.pages.setCurrentWidget(bench.templates)
    page = bench.templates
    where, scale = page.picture.target(), page.picture.target().width() / 320
    corners = [QPoint(round(where.left() + x * scale), round(where.top() + y * scale)) for x, y in ((100, 60), (130, 90))]
    qtbot.mousePress(page.picture, Qt.MouseButton.LeftButton, pos=corners[0])
    qtbot.mouseMove(page.picture, corners[1])
    qtbot.mouseRelease(page.picture, Qt.MouseButton.LeftButton, pos=corners[1])
    settled(qtbot, page)
    assert page.places[0] == (page.template.y(), page.template.x())
    assert abs(page.template.x() - 100) <= 1
    many = len(page.places)
    page.threshold.setValue(99)
    assert len(page.places) <= many
    assert page.note.text().endswith("at least 0.99.")


@drives("TransposePage: Reset to lecture")
def test_the_transpose_convolution_is_stamped_by_hand(qtbot: QtBot, bench: Workbench) -> None:
    bench.pages.setCurrentWidget(bench.transpose)
    page = bench.transpose
    assert page.output.values.tolist() == [[3, 6, 6, 4], [8, 7, 6, 3], [9, 8, 3, 2], [6, 4, 2, 1]]
    page.stepper.slider.setValue(0)
    assert page.output.values.tolist() == [[3, 2, 0, 0], [2, 1, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]]
    page.stride.setValue(1)
    page.padding.setValue(2)
    assert page.side_note.text() == "Nothing is left of the output with a padding of 2."
    press(qtbot, page.lecture)
    assert page.side_note.text().endswith("= 4")


def test_the_calculator_counts_while_one_types(bench: Workbench) -> None:
    page = bench.layers
    assert page.note.text() == "30,485 parameters, all of them trained."
    page.text.setPlainText("conv 2 3\nbatch norm\ngap")
    page.input.setText("8x8x3")
    assert page.note.text() == "64 parameters, 60 of them trained."
    shown = [[page.table.item(row, column).text() for column in range(6)] for row in range(3)]  # type: ignore[union-attr]
    assert shown[0] == ["conv 2 3", "8x8x2", "56", "", "2 · (3·3·3 + 1)", "3x3"]
    assert shown[1][2:4] == ["8", "4"]
    page.text.setPlainText("conv 2")
    assert page.note.text().startswith("'conv 2': conv takes 2 numbers")
    assert not page.train_button.isEnabled()
    assert page.table.rowCount() == 3


@drives("PixelsPage: Permute pixels")
def test_a_shift_and_a_permutation_are_answered_by_both_networks(qtbot: QtBot, bench: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mlp_and_cnn.MLPAndCNN.__init__, "__defaults__", (5, 0))  # Steps, seed.
    page = bench.pixels
    assert page.last is None  # Nothing is trained before somebody looks.
    bench.pages.setCurrentWidget(page)
    qtbot.waitUntil(lambda: page.last is not None and not page.newest.waiting, timeout=LONG)
    centred: Any = page.last
    page.right.setValue(2)
    settled(qtbot, page)
    shifted: Any = page.last
    np.testing.assert_array_equal(shifted.picture[:, 2:], centred.picture[:, :-2])
    assert page.note.text() == "Shift: +2 right, +0 down; pixels as they are."
    page.right.setValue(0)
    press(qtbot, page.permuted)
    settled(qtbot, page)
    permuted: Any = page.last
    assert sorted(permuted.picture.ravel()) == sorted(centred.picture.ravel())
    assert (permuted.picture != centred.picture).any()
    assert f"{permuted.accuracy['CNN']:.1%}" in page.titles["CNN"].text()


def open_in(panel: Any) -> None:
    next(action for menu in panel.menus() for action in menu.actions() if plain(action.text()) == "Workbench").trigger()


def test_it_is_a_tab_of_the_panel_and_each_page_fits_the_smallest_screen(qtbot: QtBot, make_window: Callable[..., MainWindow]) -> None:
    window = make_window("Vision")
    panel: Any = window.panels["Vision"]
    open_in(panel)
    open_in(panel)  # It is there already.
    assert [panel.tabs.tabText(i) for i in range(panel.tabs.count())] == ["Workbench"]
    window.resize(1024, 768)
    bench = panel.workbench
    for index in range(bench.pages.count() - 1):  # The last would train.
        bench.pages.setCurrentIndex(index)
        qtbot.waitUntil(lambda: bench.filters.result is not None and bench.templates.map is not None, timeout=LONG)
        qtbot.waitUntil(lambda: not faults(window), timeout=LONG)
    assert (window.width(), window.height()) == (1024, 768)


@drives("Training > Workbench", "LayersPage: Use in the form")
def test_a_list_goes_into_the_form(qtbot: QtBot, make_window: Callable[..., MainWindow]) -> None:
    panel: Any = make_window("Vision").panels["Vision"]
    open_in(panel)
    panel.workbench.pages.setCurrentWidget(panel.workbench.layers)
    assert find_buttons(panel.workbench)
    panel.workbench.layers.text.setPlainText("gap\ndense classes")
    press(qtbot, panel.workbench.layers.train_button)
    config = panel.form.fields.config()
    assert (panel.form.recipe.name, config.network, config.layers) == ("classify", "layers", "gap, dense classes")
