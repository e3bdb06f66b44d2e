"""Widgets that draw the answers to views: tagged text, scatter plots and heat maps."""

import numpy as np
from PySide6.QtGui import QTextCursor
from pytestqt.qtbot import QtBot
from sequence_runs import LONG

from gui.widgets.answer_view import AnswerView
from gui.widgets.scatter_plot import ScatterPlot
from gui.widgets.text_view import TextView
from lab.answers import Heatmap, Scatter, Text


def test_every_character_of_tagged_text_has_the_colour_of_its_kind(qtbot: QtBot) -> None:
    box = TextView()
    qtbot.addWidget(box)
    names = ["space", "keyword", "name", "", "", "comment"]
    for text, kinds in (("if 😀 x", [1, 1, 0, 5, 0, 2]), ("a\n  if\n", [2, 0, 0, 0, 1, 1, 0])):
        box.show_answer(Text(text, np.array(kinds), names))
        cursor = QTextCursor(box.text.document())
        for character, kind in zip(text, kinds, strict=True):
            cursor.setPosition(cursor.position() + len(character.encode("utf-16-le")) // 2)
            assert character == "\n" or cursor.charFormat().foreground().color() == box.hue(kind)
    assert "comment" in box.legend.text()


def test_tagged_text_paints_the_first_word_of_a_line_in_its_colour(qtbot: QtBot) -> None:
    box = TextView()
    qtbot.addWidget(box)
    font = box.text.font()
    font.setPixelSize(40)  # So large that some pixels are nothing but letter.
    box.text.setFont(font)
    box.resize(300, 300)
    box.show()
    box.show_answer(Text("a\n  if\n", np.array([2, 0, 0, 0, 1, 1, 0]), ["space", "keyword", "name"]))
    picture = box.text.grab().toImage()
    seen = {picture.pixelColor(x, y).name() for x in range(picture.width()) for y in range(picture.height())}
    assert box.hue(1).name() in seen


def test_dots_move_in_place(qtbot: QtBot) -> None:
    plot = ScatterPlot()
    qtbot.addWidget(plot)
    for shift in (0.0, 5.0):
        plot.show_answer(Scatter(np.array([[0.0, 1.0], [2.0, 3.0]]) + shift, np.array([0, 1]), ["one", "two"], labels=["a", "b"]))
    assert list(plot.groups) == ["one", "two"]
    assert [text.toPlainText() for text in plot.labels] == ["a", "b"]
    assert plot.labels[1].pos().x() == 7.0
    plot.show_answer(Scatter(np.zeros((1, 2)), np.array([0]), ["one"]))
    assert list(plot.groups) == ["one"]
    assert plot.labels == []


def test_labels_that_lie_over_others_show_when_one_zooms_in(qtbot: QtBot) -> None:
    plot = ScatterPlot()
    qtbot.addWidget(plot)
    plot.resize(400, 300)
    plot.show()
    points = np.array([[0.0, 0.0], [0.01, 0.0], [1.0, 1.0]])
    plot.show_answer(Scatter(points, np.zeros(3, int), labels=["first", "over it", "far"]))
    qtbot.waitUntil(lambda: plot.item.getViewBox().viewRange()[0][1] > 0.9, timeout=LONG)
    assert [text.isVisible() for text in plot.labels] == [True, False, True]
    plot.item.getViewBox().setRange(xRange=(-0.01, 0.03), yRange=(-1, 1))
    assert [text.isVisible() for text in plot.labels] == [True, True, True]


def test_a_heat_map_names_as_many_rows_as_there_is_room_for(qtbot: QtBot) -> None:
    answer = AnswerView()
    qtbot.addWidget(answer)
    answer.resize(400, 300)
    answer.show()
    names = [f"r{i}" for i in range(100)]
    answer.show_answer(Heatmap(np.eye(100), x_ticks=names, y_ticks=names))
    shown = [name for _, name in answer.currentWidget().matrix.item.getAxis("left")._tickLevels[0]]
    assert shown[0] == "r0"
    assert 3 < len(shown) < 30
    assert answer.currentWidget().matrix.item.getViewBox().yInverted()
