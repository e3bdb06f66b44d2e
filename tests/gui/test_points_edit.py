"""Points of the plane drawn with the mouse, for the toys to learn."""

import numpy as np
from latent_space import LEFT
from PySide6.QtCore import QPoint
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from gui.widgets.config_form import ConfigForm
from gui.widgets.points_edit import PointsEdit, pixels_of, text_of
from lab import registry
from lab.recipes.generative.toy_config import parse_points


def test_a_drawing_and_its_points_are_the_same() -> None:
    pixels = np.zeros((25, 25), np.uint8)
    pixels[0, 0] = pixels[12, 20] = 255
    text = text_of(pixels)
    assert text == "-2.4,2.4 1.6,0"
    assert parse_points(text) == [(-2.4, 2.4), (1.6, 0.0)]
    assert np.array_equal(pixels_of(text + " nonsense 9,9"), pixels)


def test_a_line_that_is_drawn_becomes_the_setting(qtbot: QtBot) -> None:
    form = ConfigForm()
    qtbot.addWidget(form)
    form.set_config(registry.recipe("toy-flow").config_class())
    form.set_values({"distribution": "drawn"})
    edit = form.rows["drawn"].editor
    assert isinstance(edit, PointsEdit)
    edit.draw.trigger()
    assert edit.canvas is not None
    canvas = edit.canvas.drawing
    middle = canvas.area().center().toPoint()
    QTest.mousePress(canvas, LEFT, pos=middle - QPoint(60, 0))
    QTest.mouseMove(canvas, middle + QPoint(60, 0))
    QTest.mouseRelease(canvas, LEFT, pos=middle + QPoint(60, 0))
    edit.canvas.accept()
    points = form.config().points  # type: ignore[attr-defined]
    assert len(points) > 5
    assert all(abs(y) < 0.3 for _, y in points)
