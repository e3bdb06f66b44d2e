"""The Walk page: dragging in the square, the slider on its edge, autoplay, anchors."""

from collections.abc import Callable
from typing import Any

from latent_space import LEFT, LONG, grey, menu_of, pixels, show, still
from PySide6.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot


def test_dragging_in_the_square_changes_the_picture_while_it_trains(qtbot: QtBot, latent_tab: Callable[..., Any]) -> None:
    tab = latent_tab(steps=1_000_000)
    walk = show(tab, "Walk")
    still(qtbot, walk.frame)
    area = walk.pad.area()
    done = tab.bridge.session.experiment.progress().done
    qtbot.mousePress(walk.pad, LEFT, pos=area.center().toPoint())
    for i in range(20):
        qtbot.mouseMove(walk.pad, QPoint(int(area.left() + i * area.width() / 20), int(area.bottom()) - 2))
    qtbot.mouseRelease(walk.pad, LEFT)
    assert walk.pad.v > 0.95
    asked = walk.frame.sent
    qtbot.waitUntil(lambda: walk.frame.answered >= asked, timeout=LONG)
    qtbot.waitUntil(lambda: tab.bridge.session.experiment.progress().done > done, timeout=LONG)


def test_the_corners_of_the_square_are_the_anchors(qtbot: QtBot, latent_tab: Callable[..., Any]) -> None:
    tab = latent_tab()
    walk = show(tab, "Walk")
    still(qtbot, walk.thumbs)
    for i, corner in enumerate(((0, 0), (1, 0), (0, 1), (1, 1))):
        walk.pad.drag_to(*corner)
        still(qtbot, walk.frame)
        assert pixels(walk.picture) == grey(walk.pad.corners[i])


def test_the_square_is_shown_as_pictures(qtbot: QtBot, latent_tab: Callable[..., Any]) -> None:
    tab = latent_tab()
    walk = show(tab, "Walk")
    still(qtbot, walk.thumbs)
    still(qtbot, walk.ground)
    assert walk.pad.ground_tiles == 7
    last = walk.pad.ground.copy(6 * 8, 6 * 8, 8, 8)
    assert last == walk.pad.corners[3]
    tab.state.toggle_anchor("0@0")
    assert walk.pad.ground is None


def test_small_pictures_are_smoothed_until_told_otherwise(latent_tab: Callable[..., Any]) -> None:
    tab = latent_tab()
    walk = show(tab, "Walk")
    assert walk.picture.smooth
    next(a for a in menu_of(tab.panel_, "Samples").actions() if a.text() == "Smooth / sharp").trigger()
    assert not walk.picture.smooth
    assert not tab.browser.samples.smooth


def test_anchors_can_be_typed_and_a_wrong_one_is_explained(qtbot: QtBot, latent_tab: Callable[..., Any]) -> None:
    tab = latent_tab()
    walk = show(tab, "Walk")
    walk.anchors.clear()
    qtbot.keyClicks(walk.anchors, "seed:4, 7")
    qtbot.keyClick(walk.anchors, Qt.Key.Key_Return)
    assert tab.state.anchors == ["seed:4", "7"]
    walk.anchors.clear()
    qtbot.keyClicks(walk.anchors, "nothing, 7")
    qtbot.keyClick(walk.anchors, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: "not an anchor" in walk.picture.text, timeout=LONG)


def test_the_slider_walks_the_edge_and_the_plot_follows(qtbot: QtBot, latent_tab: Callable[..., Any]) -> None:
    tab = latent_tab()
    walk = show(tab, "Walk")
    still(qtbot, walk.thumbs)
    walk.slider.setValue(500)  # Half way around: the anchor across.
    still(qtbot, walk.frame)
    assert (walk.pad.u, walk.pad.v) == (1.0, 1.0)
    assert pixels(walk.picture) == grey(walk.pad.corners[3])
    still(qtbot, walk.distance)
    assert len(walk.plot.lines["distance"].xData) == 32
    assert walk.marker.value() == 16
    assert "times the mean" in walk.figures.text()


def test_the_walk_plays_and_stops_when_the_hand_takes_over(qtbot: QtBot, latent_tab: Callable[..., Any]) -> None:
    tab = latent_tab(steps=1_000_000)
    walk = show(tab, "Walk")
    qtbot.mouseClick(walk.play_button, LEFT)
    sent = walk.frame.sent
    qtbot.waitUntil(lambda: walk.frame.sent > sent + 5, timeout=LONG)
    qtbot.mouseClick(walk.pad, LEFT, pos=walk.pad.area().center().toPoint())
    assert not walk.timer.isActive()
    assert not tab.state.playing


def test_linear_and_spherical_differ(qtbot: QtBot, latent_tab: Callable[..., Any]) -> None:
    tab = latent_tab()
    tab.state.set_anchors(["0@0", "1@0"])
    walk = show(tab, "Walk")
    walk.slider.setValue(250)
    still(qtbot, walk.frame)
    assert walk.frame_parameters()["mode"] == "spherical"
    action = next(a for a in menu_of(tab.panel_, "Walk").actions() if a.text() == "Spherical / linear")
    action.trigger()
    assert walk.mode.currentText() == "linear"
    assert walk.frame_parameters()["mode"] == "linear"
