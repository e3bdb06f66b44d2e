"""Pictures that answer a click: cells of a confusion matrix, attention matrices, and one drawing seen by two networks."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from controls import drives
from latent_space import LEFT, LONG, click_tile
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor, QPalette
from pytestqt.qtbot import QtBot

from gui import theme
from gui.main_window import MainWindow
from gui.vision.inspect_page import InspectPage
from gui.widgets.confusion_view import ConfusionView
from lab.answers import Confusion
from lab.paths import runs_folder
from lab.run import Run


@pytest.fixture
def page(qtbot: QtBot, make_window: Callable[..., MainWindow], two_runs: list[Path]) -> Any:
    """The Inspect page of the first run, after its first answer."""
    for path in two_runs:
        shutil.copytree(path, runs_folder() / path.name)
    panel: Any = make_window("Vision").panels["Vision"]
    panel.open_run(Run(runs_folder() / two_runs[0].name))
    made = panel.current_tab().page_tabs.page_of(InspectPage)
    qtbot.waitUntil(lambda: made.last is not None, timeout=LONG)
    return made


@drives("Inspect > Confusion")
def test_a_cell_of_the_matrix_shows_its_images_and_one_of_them_is_inspected(qtbot: QtBot, page: Any) -> None:
    window = page.window()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow, timeout=LONG)
    qtbot.keyClick(window, Qt.Key.Key_9, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier)
    matrix = page.confusion.matrix
    qtbot.waitUntil(lambda: matrix.answer is not None, timeout=LONG)
    counts = np.array([row[1:] for row in matrix.answer.rows])
    row, column = max(((i, j) for i in range(10) for j in range(10) if i != j), key=lambda cell: counts[cell])
    place = matrix.visualItemRect(matrix.item(row, column)).center()
    matrix.scrollToItem(matrix.item(row, column))
    place = matrix.visualItemRect(matrix.item(row, column)).center()
    qtbot.mouseClick(matrix.viewport(), LEFT, pos=place)
    qtbot.waitUntil(lambda: page.confusion.cell.list.count() == counts[row, column] > 0, timeout=LONG)
    assert page.confusion.cell.note.text().startswith(f"{counts[row, column]} of class {row}, predicted {column}")
    spec = page.confusion.cell.specs[0]
    page.confusion.cell.list.itemClicked.emit(page.confusion.cell.list.item(0))
    qtbot.waitUntil(lambda: page.last.name == spec, timeout=LONG)
    assert (page.last.truth, int(page.last.probabilities.argmax())) == (row, column)


@pytest.mark.parametrize("ground", ["#ffffff", "#191c20"])
def test_every_count_stands_out_from_its_colour(qtbot: QtBot, ground: str) -> None:
    view = ConfusionView()
    qtbot.addWidget(view)
    palette = QPalette()
    palette.setColor(view.backgroundRole(), QColor(ground))
    view.setPalette(palette)
    view.show_answer(
        Confusion(
            ["true", *"abcd"], [[name, *row] for name, row in zip("abcd", ([4, 3, 2, 1], [9, 1, 0, 0], [0, 0, 5, 5], [1] * 4), strict=True)]
        )
    )
    for i in range(4):
        for j in range(4):
            item = view.item(i, j)
            assert theme.contrast(item.foreground().color(), item.background().color()) >= 4.5
    assert view.item(1, 2).text() == ""
    told: list[tuple[str, str]] = []
    view.picked.connect(lambda *cell: told.append(cell))
    view.setCurrentCell(2, 3)
    view.cellActivated.emit(2, 3)
    assert told == [("c", "d")]


def test_one_drawing_is_seen_by_two_networks(qtbot: QtBot, page: Any) -> None:
    page.below.setCurrentIndex(2)
    page.compare.offer_runs()
    assert page.compare.other.currentText() == "digits-s1"
    area = page.canvas.area()
    start, end = (QPoint(int(area.center().x()), int(area.top() + share * area.height())) for share in (0.2, 0.8))
    qtbot.mousePress(page.canvas, LEFT, pos=start)
    qtbot.mouseRelease(page.canvas, LEFT, pos=end)
    qtbot.waitUntil(lambda: page.compare.second_bars.values is not None and page.compare.beside.settled and page.look.settled, timeout=LONG)
    assert page.compare.second.image is not None
    assert page.compare.second_bars.values.sum() == pytest.approx(1, abs=1e-3)
    assert not np.array_equal(page.compare.second_bars.values, page.bars.values)


def test_a_second_look_is_what_the_other_run_says_itself(two_runs: list[Path]) -> None:
    first, second = map(Run, two_runs)
    mine = first.show("second_look", "cpu", image="test:3", other=str(second.path))
    theirs = second.show("look", "cpu", image="test:3")
    np.testing.assert_allclose(mine.probabilities, theirs.probabilities, atol=1e-4)
    assert mine.truth == theirs.truth


def test_the_images_of_a_cell_are_as_many_as_it_counts(two_runs: list[Path]) -> None:
    run = Run(two_runs[0])
    row = run.show("confusion", "cpu").rows[4][1:]
    for predicted in (4, 9):
        assert len(run.show("confused", "cpu", true="4", predicted=str(predicted), most=400).specs) == row[predicted]


def test_a_click_on_an_attention_matrix_chooses_its_layer_and_head(qtbot: QtBot, make_window: Callable[..., MainWindow]) -> None:
    from lab.api import train

    fields = {"layers": 2, "heads": 2, "width": 16, "context": 16, "batch_size": 4}
    run = train("gpt", steps=2, device="cpu", run=runs_folder() / "gpt-one", **fields)
    panel: Any = make_window("Sequences").panels["Sequences"]
    panel.open_run(Run(run.path))
    tabs = panel.current_tab().page_tabs
    page: Any = next(page for page in tabs.pages if page.title == "Attention")
    tabs.setCurrentWidget(page)
    qtbot.waitUntil(lambda: page.all.count == 4, timeout=LONG)
    assert (page.all.row_names, page.all.column_names) == (["layer 1", "layer 2"], ["head 1", "head 2"])
    click_tile(qtbot, page.all, 2)
    assert (page.layer.value(), page.head.value()) == (2, 1)
    assert list(page.all.badges) == [2]
    page.head.setValue(0)
    assert list(page.all.badges) == [2, 3]
