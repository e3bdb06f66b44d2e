"""Boxes and class maps on the screen: where they lie, what the legend, the slider and the mouse do."""

from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor
from pytestqt.qtbot import QtBot

from gui.widgets.annotated import AnnotatedView, BoxesView, MasksView
from lab.answers import Boxes, Masks, class_colour

LEFT = Qt.MouseButton.LeftButton


def shown(qtbot: QtBot, view: AnnotatedView, answer: Any, width: int = 400, height: int = 300) -> Any:
    qtbot.addWidget(view)
    view.resize(width, height)
    view.show()
    view.show_answer(answer)  # type: ignore[attr-defined]
    return view


def pixel(view: Any, cell: int, x: float, y: float) -> tuple[int, int, int]:
    """The colour of the grid at (x, y) in pixels of a picture of 8."""
    where = view.grid.cells()[cell]
    scale = where.width() / 8
    colour = QColor(view.grid.grab().toImage().pixel(int(where.left() + x * scale), int(where.top() + y * scale)))
    return colour.red(), colour.green(), colour.blue()


MAPS = np.zeros((2, 8, 8), np.int64)
MAPS[:, :, 4:] = 1
MAPS[1, 4:] = 255  # Not labelled.
MASKS = Masks(pixels=np.full((2, 8, 8), 100, np.uint8), names=["road", "sky & sun"], maps=MAPS, opacity=0.5)
BOXES = Boxes(
    pixels=np.zeros((2, 8, 8, 3), np.uint8), names=["cat", "dog"], boxes=[np.array([[1.0, 1, 5, 5], [4, 4, 8, 8]]), np.zeros((0, 4))],
    classes=[np.array([0, 1]), np.zeros(0, int)], scores=[np.array([0.9, 0.4]), np.zeros(0)],
)  # fmt: skip


def half(kind: int, grey: int = 100) -> tuple[int, ...]:
    return tuple(round((grey + c) / 2) for c in class_colour(kind))


def near(shown: tuple[int, ...], wanted: tuple[int, ...]) -> bool:
    return max(abs(a - b) for a, b in zip(shown, wanted, strict=True)) <= 2


def test_a_class_map_lies_over_its_picture_at_the_answers_opacity(qtbot: QtBot) -> None:
    view = shown(qtbot, MasksView(), MASKS)
    assert near(pixel(view, 0, 2, 2), half(0))
    assert near(pixel(view, 0, 6, 2), half(1))
    assert near(pixel(view, 1, 2, 6), (100, 100, 100))
    assert [button.text() for button in view.entries.values()] == ["road", "sky && sun"]


def test_the_slider_sets_the_opacity_and_new_answers_keep_it(qtbot: QtBot) -> None:
    view = shown(qtbot, MasksView(), MASKS)
    assert view.slider.value() == 50
    view.slider.setFocus()
    qtbot.keyClick(view.slider, Qt.Key.Key_Home)
    assert near(pixel(view, 0, 2, 2), (100, 100, 100))
    qtbot.keyClick(view.slider, Qt.Key.Key_End)
    view.show_answer(MASKS)
    assert near(pixel(view, 0, 2, 2), class_colour(0))
    assert view.as_shown(MASKS).opacity == 1.0


@pytest.mark.parametrize("kind", [0, 1])
def test_the_legend_hides_a_class_of_a_map_and_shows_it_again(qtbot: QtBot, kind: int) -> None:
    view = shown(qtbot, MasksView(), MASKS)
    for colour in ((100, 100, 100), half(kind)):
        qtbot.mouseClick(view.entries[kind], LEFT)
        assert near(pixel(view, 0, 2 + 4 * kind, 2), colour)
        assert near(pixel(view, 0, 6 - 4 * kind, 2), half(1 - kind))
    qtbot.mouseClick(view.entries[kind], LEFT)
    assert view.as_shown(MASKS).shown_classes() == [1 - kind]


def test_the_mouse_names_the_class_of_a_pixel(qtbot: QtBot) -> None:
    view = shown(qtbot, MasksView(), MASKS)
    first, second = view.grid.cells()
    assert view.grid.tip_at((first.topLeft() + QPoint(3, 3)).toPoint()) == "road"
    assert view.grid.tip_at((first.topRight() + QPoint(-3, 3)).toPoint()) == "sky & sun"
    assert view.grid.tip_at((second.bottomLeft() + QPoint(3, -3)).toPoint()) == "not labelled"


def test_boxes_lie_where_they_should_with_class_and_score(qtbot: QtBot) -> None:
    view = shown(qtbot, BoxesView(), BOXES)
    assert [[box.label for box in boxes] for boxes in view.grid.boxes] == [["cat 0.90", "dog 0.40"], []]
    assert near(pixel(view, 0, 3, 5), class_colour(0))  # The lower edge, away from both labels.
    assert near(pixel(view, 0, 3, 3), (0, 0, 0))
    assert near(pixel(view, 1, 3, 5), (0, 0, 0))
    where = view.grid.cells()[0]
    assert view.grid.tip_at((where.topLeft() + QPoint(2, 2) * (where.width() / 8)).toPoint()) == "cat 0.90"
    assert view.grid.tip_at((where.topLeft() + QPoint(6, 6) * (where.width() / 8)).toPoint()) == "dog 0.40"
    assert view.grid.tip_at((where.topRight() + QPoint(-4, 4)).toPoint()) == ""


def test_the_slider_hides_boxes_with_a_lower_score(qtbot: QtBot) -> None:
    view = shown(qtbot, BoxesView(), BOXES)
    view.slider.setFocus()
    for _ in range(41):
        qtbot.keyClick(view.slider, Qt.Key.Key_Right)
    assert [[box.label for box in boxes] for boxes in view.grid.boxes] == [["cat 0.90"], []]
    assert view.as_shown(BOXES).labels(0) == ["cat 0.90"]
    assert view.value.text() == "0.41"


def test_the_legend_hides_the_boxes_of_a_class(qtbot: QtBot) -> None:
    view = shown(qtbot, BoxesView(), BOXES)
    qtbot.mouseClick(view.entries[0], LEFT)
    assert [[box.label for box in boxes] for boxes in view.grid.boxes] == [["dog 0.40"], []]
    view.show_answer(BOXES)
    assert not view.entries[0].isChecked()
    qtbot.mouseClick(view.entries[0], LEFT)
    assert len(view.grid.boxes[0]) == 2


def test_boxes_without_scores_have_no_slider(qtbot: QtBot) -> None:
    view = shown(
        qtbot, BoxesView(), Boxes(pixels=np.zeros((1, 8, 8), np.uint8), names=["a"], boxes=[np.ones((1, 4))], classes=[np.array([0])])
    )
    assert view.slider_row.isHidden()
    assert [box.label for box in view.grid.boxes[0]] == ["a"]


@pytest.mark.parametrize(("width", "height", "columns"), [(800, 200, 4), (200, 800, 1), (400, 400, 2)])
def test_pictures_fill_the_room_that_there_is(qtbot: QtBot, width: int, height: int, columns: int) -> None:
    answer = Masks(
        pixels=np.zeros((4, 16, 16), np.uint8), names=["a"], maps=np.zeros((4, 16, 16), int), legend=False, captions=["one\ntwo"] * 4
    )
    view = shown(qtbot, MasksView(), answer)
    view.grid.resize(width, height)
    cells = view.grid.cells()
    assert len({round(cell.left()) for cell in cells}) == columns
    assert all(view.grid.rect().contains(cell.toRect()) for cell in cells)
