"""The parts of the Generate panel by themselves: who is asked when, the pad, tiles, bars, the drawing, stored views."""

import threading
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from gui.generate.code_bars import CodeBars
from gui.generate.image_grid import ImageGrid, mosaic
from gui.generate.latent_state import LatentState
from gui.generate.sample_browser import cut
from gui.generate.xy_pad import XYPad
from gui.view_query import ViewQuery
from gui.widgets.drawing import Drawing, shrink
from lab.answers import Images
from lab.errors import LabError
from lab.experiment import ViewSpec

LONG = 60_000
LEFT = Qt.MouseButton.LeftButton
VAE = {"data": "digits", "size": 8, "hidden": "16", "latent": 4, "batch_size": 32}


class Slow:
    """Answers one request at a time, when told to, as a session's viewer does: the newest of each key only."""

    def __init__(self) -> None:
        self.waiting: dict[str, Any] = {}
        self.busy: list[Any] = []

    def specs(self) -> dict[str, ViewSpec]:
        return {"square": ViewSpec("square", Images, True, "", {})}

    def moving(self) -> bool:
        return True

    def ask_view(self, view: str, done: Any, failed: Any, key: str, parameters: dict[str, Any]) -> None:
        if self.busy:
            self.waiting[key] = (done, failed, parameters)
        else:
            self.busy.append((done, failed, parameters))

    def finish(self, error: Exception | None = None) -> None:
        done, failed, parameters = self.busy.pop()
        self.busy.extend(self.waiting.values())
        self.waiting.clear()
        failed(error) if error else done(parameters)


@pytest.fixture
def state(qapp: QApplication) -> LatentState:
    from lab.api import new_session

    session = new_session("vae", VAE, steps=1, device="cpu")
    made = LatentState(session.run_folder)
    session.close()
    return made


def test_only_the_newest_request_is_answered(state: LatentState) -> None:
    source, got = Slow(), []
    state.set_source(source)
    position = {"u": 0}
    query = ViewQuery(state, "square", lambda: dict(position), got.append, lambda text: None)
    for i in range(10):
        position["u"] = i
        query.ask()
    source.finish()
    source.finish()
    assert got == [{"u": 0}, {"u": 9}]
    assert not query.waiting


def test_nothing_refreshes_by_itself_while_the_hand_moves(state: LatentState) -> None:
    source, got = Slow(), []
    state.set_source(source)
    query = ViewQuery(state, "square", dict, got.append, lambda text: None, interval=0.0)
    state.touch()
    query.tick()
    assert not source.busy
    state.touched = float("-inf")
    query.tick()
    assert source.busy


def test_an_error_is_told_and_asking_goes_on(state: LatentState) -> None:
    source, told = Slow(), []
    state.set_source(source)
    query = ViewQuery(state, "square", dict, lambda answer: None, told.append)
    query.ask()
    source.finish(LabError("Pick other anchors."))
    assert told == ["Pick other anchors."]
    assert not query.waiting


def test_answers_of_an_earlier_source_are_dropped(state: LatentState) -> None:
    old, got = Slow(), []
    state.set_source(old)
    query = ViewQuery(state, "square", dict, got.append, lambda text: None)
    query.ask()
    state.set_source(Slow())
    old.finish()
    assert got == []
    assert query.stale


def test_what_was_on_its_way_when_training_ended_is_asked_again(state: LatentState) -> None:
    source, got = Slow(), []
    state.set_source(source)
    position = {"step": 0}
    query = ViewQuery(state, "square", lambda: dict(position), got.append, lambda text: None)
    query.tick()
    position["step"] = 30
    state.outdated.emit()
    source.finish()
    assert not query.settled
    query.tick()
    source.finish()
    assert got == [{"step": 0}, {"step": 30}]
    assert query.settled


@pytest.mark.parametrize("count", [2, 3, 4])
def test_the_round_of_the_pad_passes_every_corner(qtbot: QtBot, count: int) -> None:
    from gui.generate.xy_pad import CORNERS, ROUND

    pad = XYPad()
    qtbot.addWidget(pad)
    pad.resize(300, 300)
    pad.set_corners(count)
    for i, corner in enumerate(ROUND[count]):
        pad.set_point(*pad.along(i / count))
        wanted = pad.place(CORNERS[count][corner].x(), CORNERS[count][corner].y())
        assert (pad.point() - wanted).manhattanLength() < 1e-6
    pad.set_point(*pad.along(1.0))
    assert (pad.point() - pad.place(CORNERS[count][0].x(), CORNERS[count][0].y())).manhattanLength() < 1e-6


@pytest.mark.parametrize("count", [3, 4])
def test_a_place_in_the_pad_and_its_uv_agree(qtbot: QtBot, count: int) -> None:
    pad = XYPad()
    qtbot.addWidget(pad)
    pad.resize(300, 260)
    pad.set_corners(count)
    for u, v in ((0.2, 0.3), (0.9, 0.6), (0.5, 0.0)):
        pad.set_point(u, v)
        assert pad.to_uv(QPointF(pad.point())) == pytest.approx((u, v))


def test_dragging_over_bars_changes_each(qtbot: QtBot) -> None:
    bars = CodeBars(5)
    qtbot.addWidget(bars)
    bars.resize(400, 200)
    top = int(bars.room().top()) + 1
    qtbot.mousePress(bars, LEFT, pos=QPoint(int(bars.bar(1).center().x()), top))
    qtbot.mouseMove(bars, QPoint(int(bars.bar(3).center().x()), top))
    qtbot.mouseRelease(bars, LEFT)
    assert (bars.values > 2.5).tolist() == [False, True, True, True, False]
    qtbot.keyClick(bars, Qt.Key.Key_0)
    qtbot.keyClick(bars, Qt.Key.Key_Left)
    qtbot.keyClick(bars, Qt.Key.Key_Home)
    qtbot.keyClick(bars, Qt.Key.Key_Left)
    qtbot.keyClick(bars, Qt.Key.Key_Down)
    assert bars.values[3] == bars.values[2] == 0
    assert 2.5 < bars.values[1] < 3
    assert bars.edited


def test_one_can_draw_with_keys(qtbot: QtBot) -> None:
    drawing = Drawing()
    qtbot.addWidget(drawing)
    qtbot.keyClick(drawing, Qt.Key.Key_Space)
    for _ in range(6):
        qtbot.keyClick(drawing, Qt.Key.Key_Down)
    drawn = drawing.pixels(8, 8)
    assert drawn[4:7, 3:5].min() > 60
    assert drawn[:, :2].max() == 0
    with qtbot.waitSignal(drawing.changed):
        qtbot.keyClick(drawing, Qt.Key.Key_Delete)
    assert drawing.pixels(8, 8).max() == 0


def test_a_drawing_is_averaged_over_pixels_that_do_not_divide_it() -> None:
    fine = np.arange(10, dtype=np.float32)[:, None]
    # Four rows of 2.5 fine ones each: the third of ten is shared by the first two.
    assert shrink(fine, 4)[:, 0].tolist() == pytest.approx([0.8, 3.2, 5.8, 8.2])


def test_a_mosaic_puts_pictures_row_by_row() -> None:
    grey = np.arange(5, dtype=np.uint8)[:, None, None] * np.ones((1, 2, 3), np.uint8)
    whole = mosaic(grey, 2)
    assert whole.shape == (6, 6)
    assert whole[::2, ::3].tolist() == [[0, 1], [2, 3], [4, 0]]


def test_a_film_frame_is_cut_into_its_pictures() -> None:
    parts = np.random.default_rng(0).integers(0, 255, (6, 4, 5, 3), dtype=np.uint8)
    assert np.array_equal(cut(mosaic(parts, 3), 4, 5), parts)


def test_tiles_choose_their_columns_by_the_shape(qtbot: QtBot) -> None:
    tiles = ImageGrid("")
    qtbot.addWidget(tiles)
    tiles.show_images(Images(np.zeros((64, 8, 8), np.uint8)).pixels)
    for width, height, columns in ((400, 400, 8), (400, 100, 16), (100, 400, 4)):
        tiles.setFixedSize(width, height)
        tiles.fit()
        assert tiles.columns == columns


def test_a_stored_run_answers_only_the_newest_of_a_key(qtbot: QtBot) -> None:
    from gui.background import Background
    from gui.stored_views import StoredViews
    from lab.api import train

    run = train("vae", steps=2, device="cpu", **VAE)
    background = Background(workers=1)
    gate = threading.Event()
    background.submit(gate.wait, lambda _: None)  # The pool is busy while five requests are made.
    source, got = StoredViews(run, background), []
    for i in range(5):
        source.ask_view("samples", lambda answer, i=i: got.append((i, answer)), pytest.fail, "key", {"n": i + 1})
    gate.set()
    qtbot.waitUntil(lambda: not background.pending, timeout=LONG)
    background.close()
    assert [(i, len(answer.pixels)) for i, answer in got] == [(4, 5)]
