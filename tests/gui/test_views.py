"""A view frame draws every kind of answer, and copies, saves, records and pops out what it shows."""

import inspect
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QFileDialog
from pytestqt.qtbot import QtBot

from gui.widgets.view_frame import ViewFrame
from lab.errors import LabError
from lab.experiment import ViewSpec
from lab.views import Curves, Heatmap, Images, Table, Text, View

ANSWERS: dict[str, View] = {
    "pictures": Images(np.zeros((3, 8, 8), np.uint8), ["a", "b", "c"]),
    "lines": Curves({"one": (np.arange(5.0), np.arange(5.0)), "two": (np.arange(5.0), np.ones(5))}, "steps", "value"),
    "stacked": Curves({"one": (np.arange(5.0), np.arange(5.0)), "two": (np.arange(5.0), np.ones(5))}, separate=True),
    "matrix": Heatmap(np.eye(4), "column", "row"),
    "rows": Table(["name", "value"], [["a", 1.5], ["b", 2]]),
    "words": Text("hello"),
}


class Fake:
    """Answers at once with what `ANSWERS` holds."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.error: Exception | None = None

    def specs(self) -> dict[str, ViewSpec]:
        size = inspect.Parameter("size", inspect.Parameter.KEYWORD_ONLY, default=3, annotation=int)
        return {
            name: ViewSpec(name, "images", False, f"About {name}. More.", {"size": size} if name == "pictures" else {}) for name in ANSWERS
        }

    def moving(self) -> bool:
        return True

    def ask_view(self, view: str, done: Any, failed: Any, key: str, parameters: dict[str, Any]) -> None:
        self.asked.append(parameters)
        failed(self.error) if self.error else done(ANSWERS[view])


@pytest.fixture
def frame(qtbot: QtBot) -> Any:
    made = ViewFrame(Fake(), title="a run")
    qtbot.addWidget(made)
    made.show()
    return made


@pytest.mark.parametrize("name", list(ANSWERS))
def test_every_kind_is_drawn(qtbot: QtBot, frame: Any, name: str) -> None:
    frame.chooser.setCurrentIndex(frame.chooser.findData(name))
    qtbot.waitUntil(lambda: frame.answer is ANSWERS[name], timeout=5000)
    assert frame.about.text() == f"About {name}."
    expected = {"pictures": "picture", "lines": "plots", "stacked": "plots", "matrix": "heat", "rows": "table", "words": "text"}[name]
    assert frame.body.currentWidget() is getattr(frame.body, expected)
    if name == "stacked":
        assert list(frame.body.curves) == ["one", "two"]
    if name == "rows":
        assert frame.body.table.item(0, 1).text() == "1.5"


def test_parameters_are_asked_with_their_values(qtbot: QtBot, frame: Any) -> None:
    frame.inputs["size"].setValue(9)
    assert frame.source.asked[-1] == {"size": 9}


def test_an_error_is_shown_in_place_of_the_view(frame: Any) -> None:
    frame.source.error = LabError("The memory is empty.")
    frame.ask_anew()
    assert frame.body.picture.text == "The memory is empty."


def test_copy_puts_the_picture_on_the_clipboard(qtbot: QtBot, frame: Any) -> None:
    qtbot.mouseClick(frame.copy_button, Qt.MouseButton.LeftButton)
    height, width = ANSWERS["pictures"].picture().shape[:2]
    assert (QApplication.clipboard().image().width(), QApplication.clipboard().image().height()) == (width, height)


@pytest.mark.parametrize("ending", ["png", "gif", "npz"])
def test_save(qtbot: QtBot, frame: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: str) -> None:
    path = tmp_path / f"view.{ending}"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", staticmethod(lambda *_: (str(path), "")))
    qtbot.mouseClick(frame.save_button, Qt.MouseButton.LeftButton)
    assert path.stat().st_size > 0


@pytest.mark.parametrize("ending", ["mp4", "gif"])
def test_record(qtbot: QtBot, frame: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: str) -> None:
    path = tmp_path / f"view.{ending}"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", staticmethod(lambda *_: (str(path), "")))
    qtbot.mouseClick(frame.record_button, Qt.MouseButton.LeftButton)
    for _ in range(6):
        frame.ask_anew()
    qtbot.mouseClick(frame.record_button, Qt.MouseButton.LeftButton)
    assert path.stat().st_size > 0
    assert frame.record_button.text() == "Record…"


def test_pop_out_opens_a_window_that_goes_with_the_frame(qtbot: QtBot, frame: Any) -> None:
    qtbot.mouseClick(frame.pop_button, Qt.MouseButton.LeftButton)
    window = frame.windows[0]
    assert window.isVisible()
    assert "a run" in window.windowTitle()
    frame.shut()
    assert frame.windows == []
