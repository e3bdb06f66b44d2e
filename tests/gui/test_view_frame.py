"""A view frame draws every kind of answer, and copies, saves, records and pops out what it shows."""

import inspect
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from controls import drives
from PySide6.QtCore import Qt
from PySide6.QtGui import QTextDocument
from PySide6.QtWidgets import QApplication, QFileDialog
from pytestqt.qtbot import QtBot

from gui.theme import colour
from gui.widgets.annotated import BoxesView, MasksView
from gui.widgets.answer_view import WIDGETS, BarsView, CurvesView, HeatmapView, PictureView, TableView, widget_class
from gui.widgets.plot import Plot
from gui.widgets.scatter_plot import ScatterPlot
from gui.widgets.text_view import TextView
from gui.widgets.view_frame import ViewFrame
from lab import answers
from lab.answers import Answer, Bars, Boxes, Curves, Heatmap, Images, Masks, Scatter, Table, Text
from lab.answers.images import Annotated
from lab.errors import LabError
from lab.experiment import ViewSpec

ANSWERS: dict[str, Answer] = {
    "pictures": Images(np.zeros((3, 8, 8), np.uint8), ["a", "b", "c"]),
    "lines": Curves({"one": (np.arange(5.0), np.arange(5.0)), "two": (np.arange(5.0), np.ones(5))}, "steps", "value"),
    "stacked": Curves({"one": (np.arange(5.0), np.arange(5.0)), "two": (np.arange(5.0), np.ones(5))}, separate=True),
    "matrix": Heatmap(np.eye(4), "column", "row"),
    "rows": Table(["name", "value"], [["a", 1.5], ["b", 2]]),
    "words": Text("hello"),
    "bars": Bars(["up", "down"], np.array([1.5, -2.0]), 0, "up was chosen"),
    "points": Scatter(np.zeros((2, 2)), np.array([0, 1]), ["a", "b"]),
    "boxes": Boxes(pixels=np.zeros((1, 8, 8), np.uint8), names=["a"], boxes=[np.array([[1.0, 1, 5, 5]])], classes=[np.array([0])]),
    "masks": Masks(pixels=np.zeros((1, 8, 8), np.uint8), names=["a"], maps=np.zeros((1, 8, 8), np.int64)),
}


class Fake:
    """Answers at once with what `ANSWERS` holds."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.error: Exception | None = None

    def specs(self) -> dict[str, ViewSpec]:
        size = inspect.Parameter("size", inspect.Parameter.KEYWORD_ONLY, default=3, annotation=int)
        return {
            name: ViewSpec(name, type(ANSWERS[name]), False, f"About {name}. More.", {"size": size} if name == "pictures" else {})
            for name in ANSWERS
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
    qtbot.waitUntil(lambda: frame.answer is ANSWERS[name], timeout=60_000)
    assert frame.about.text() == f"About {name}."
    shown = frame.body.currentWidget()
    expected = {
        "pictures": PictureView,
        "lines": CurvesView,
        "stacked": CurvesView,
        "matrix": HeatmapView,
        "rows": TableView,
        "words": TextView,
        "bars": BarsView,
        "points": ScatterPlot,
        "boxes": BoxesView,
        "masks": MasksView,
    }[name]
    assert type(shown) is expected
    if name == "stacked":
        assert list(shown.plots) == ["one", "two"]
    if name == "rows":
        assert shown.item(0, 1).text() == "1.5"


def test_an_answer_has_the_widget_of_its_nearest_base_class() -> None:
    class Montage(Images):
        pass

    class Segments(Masks):
        pass

    assert widget_class(Montage) is PictureView
    assert widget_class(Segments) is MasksView
    kinds = {kind for kind in vars(answers).values() if isinstance(kind, type) and issubclass(kind, Answer)}
    assert set(WIDGETS) >= kinds - {Images, Annotated}


def test_parameters_are_asked_with_their_values(qtbot: QtBot, frame: Any) -> None:
    frame.inputs["size"].setValue(9)
    assert frame.source.asked[-1] == {"size": 9}


def test_an_error_is_shown_in_place_of_the_view(frame: Any) -> None:
    frame.source.error = LabError("The memory is empty.")
    frame.ask_now()
    assert frame.body.picture.text == "The memory is empty."


@drives("ViewFrame: Copy")
def test_copy_puts_the_picture_on_the_clipboard(qtbot: QtBot, frame: Any) -> None:
    qtbot.mouseClick(frame.copy_button, Qt.MouseButton.LeftButton)
    height, width = ANSWERS["pictures"].picture().shape[:2]
    assert (QApplication.clipboard().image().width(), QApplication.clipboard().image().height()) == (width, height)


@drives("ViewFrame: Save")
@pytest.mark.parametrize("ending", ["png", "gif", "npz", "mp4"])
def test_save(qtbot: QtBot, frame: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: str) -> None:
    path = tmp_path / f"view.{ending}"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", staticmethod(lambda *_: (str(path), "")))
    qtbot.mouseClick(frame.save_button, Qt.MouseButton.LeftButton)
    assert path.stat().st_size > 0


@drives("ViewFrame: Record")
@pytest.mark.parametrize("ending", ["mp4", "gif"])
def test_record(qtbot: QtBot, frame: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: str) -> None:
    path = tmp_path / f"view.{ending}"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", staticmethod(lambda *_: (str(path), "")))
    qtbot.mouseClick(frame.record_button, Qt.MouseButton.LeftButton)
    for _ in range(6):
        frame.ask_now()
    qtbot.mouseClick(frame.record_button, Qt.MouseButton.LeftButton)
    assert path.stat().st_size > 0
    assert frame.record_button.text() == "Record…"


@drives("ViewFrame: Pop out")
def test_pop_out_opens_a_window_that_goes_with_the_frame(qtbot: QtBot, frame: Any) -> None:
    qtbot.mouseClick(frame.pop_button, Qt.MouseButton.LeftButton)
    window = frame.windows[0]
    assert window.isVisible()
    assert "a run" in window.windowTitle()
    frame.shut()
    assert frame.windows == []


@drives("ViewFrame: Save")
def test_a_film_of_a_picture_shows_the_last_seconds(qtbot: QtBot, frame: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "seen.mp4"
    frame.timer.setInterval(10_000)  # Nothing but what the test asks.
    frame.seen.clear()
    for grey in (20, 120, 220):
        monkeypatch.setitem(ANSWERS, "pictures", Images(np.full((1, 16, 16), grey, np.uint8)))
        frame.ask_now()
    monkeypatch.setattr(QFileDialog, "getSaveFileName", staticmethod(lambda *_: (str(path), "")))
    qtbot.mouseClick(frame.save_button, Qt.MouseButton.LeftButton)
    assert not frame.save_button.isEnabled()
    qtbot.waitUntil(lambda: not frame.saving.thread.is_alive(), timeout=60_000)
    frame.look_after_saving()
    assert frame.save_button.isEnabled()
    frames = decoded(path)
    assert [int(one[len(one) // 2, len(one) // 2, 0].round(-1)) for one in frames] == [20, 120, 220]


@drives("ViewFrame: Save")
def test_a_sequence_is_saved_as_itself(qtbot: QtBot, frame: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "sequence.mp4"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", staticmethod(lambda *_: (str(path), "")))
    for _ in range(3):
        frame.ask_now()
    qtbot.mouseClick(frame.save_button, Qt.MouseButton.LeftButton)
    assert len(decoded(path)) == 3


def test_a_film_that_cannot_be_written_says_so(qtbot: QtBot, frame: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    monkeypatch.setattr("gui.widgets.view_frame.QMessageBox.warning", staticmethod(lambda *words: said.append(words[-1])))
    (tmp_path / "file").write_text("")
    monkeypatch.setitem(ANSWERS, "pictures", Images(np.zeros((1, 8, 8), np.uint8)))
    frame.ask_now()
    frame.ask_now()
    frame.save(tmp_path / "file" / "x.mp4")
    qtbot.waitUntil(lambda: frame.saving is None or not frame.saving.thread.is_alive(), timeout=60_000)
    frame.look_after_saving()
    assert "Cannot write" in said[0]


def test_bars_have_the_names_the_values_and_the_chosen_one(qtbot: QtBot, frame: Any) -> None:
    frame.chooser.setCurrentIndex(frame.chooser.findData("bars"))
    bars = frame.body.currentWidget().bars
    assert bars.names == ("up", "down")
    assert bars.values.tolist() == [1.5, -2.0]
    assert bars.chosen == 0
    assert frame.body.currentWidget().title.text() == "up was chosen"


def decoded(path: Path) -> list[np.ndarray]:
    import imageio_ffmpeg

    reader = imageio_ffmpeg.read_frames(str(path))
    width, height = next(reader)["size"]
    return [np.frombuffer(data, np.uint8).reshape(height, width, 3) for data in reader]


@pytest.mark.parametrize(("y", "right"), [([3.0, 1.0, 0.5, 0.4], True), ([0.4, 0.5, 1.0, 3.0], False), ([np.nan, 1.0, 1.0, np.nan], False)])
def test_the_words_in_a_plots_corner_leave_the_line_free(qtbot: QtBot, y: list[float], right: bool) -> None:
    plot = Plot("steps", "loss")
    qtbot.addWidget(plot)
    plot.resize(300, 100)
    plot.show()
    plot.set_line("a", np.arange(4.0), np.array(y), "#3b8ee0")
    qtbot.waitUntil(lambda: plot.item.getViewBox().viewRange()[0][1] > 2.9, timeout=60_000)
    assert plot.heading_right == right


def test_several_curves_have_their_names_above_the_plot(qtbot: QtBot) -> None:
    body = CurvesView()
    qtbot.addWidget(body)
    line = (np.arange(3.0), np.arange(3.0))
    body.show_answer(Curves({"this & that": line, "other": line}, y_label="log |g|"))
    assert "this&nbsp;&amp;&nbsp;that" in body.legend.text()
    assert "log |g|" in body.legend.text()
    assert colour(1) in body.legend.text()
    body.show_answer(Curves({"one": line}))
    assert body.legend.isHidden()


def test_a_heat_map_says_what_its_colours_are(qtbot: QtBot) -> None:
    view = HeatmapView()
    qtbot.addWidget(view)
    view.show_answer(Heatmap(np.array([[0.0, 0.25], [1.0, np.nan]]), title="layer 1", of="attention"))
    shown = QTextDocument()
    shown.setHtml(view.key.text())
    assert shown.toPlainText().replace("\xa0", " ") == "layer 1   attention: ■ 0   ■ 0.5   ■ 1"
    view.show_answer(Heatmap(np.full((2, 2), 0.5), of="probability"))
    shown.setHtml(view.key.text())
    assert shown.toPlainText().replace("\xa0", " ") == "probability: ■ 0.5"
