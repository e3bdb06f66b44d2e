"""The Plane page: the map, its dots, the point that the hand drags."""

from collections.abc import Callable
from typing import Any

import numpy as np
from latent_space import LEFT, LONG, click_tile, pixels, show, still
from PySide6.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot


def test_the_plane_shows_dots_and_follows_the_hand(qtbot: QtBot, latent_tab: Callable[..., Any]) -> None:
    tab = latent_tab()
    page = show(tab, "Plane")
    qtbot.waitUntil(lambda: page.map.image is not None and len(page.map.points) > 100, timeout=LONG)
    still(qtbot, page.point)
    area = page.map.area()
    qtbot.mousePress(page.map, LEFT, pos=area.center().toPoint())
    qtbot.mouseMove(page.map, QPoint(int(area.right()) - 3, int(area.top()) + 3))
    qtbot.mouseRelease(page.map, LEFT)
    assert page.map.at_x > 2
    assert page.map.at_y > 2
    asked = page.point.sent
    qtbot.waitUntil(lambda: page.point.answered >= asked, timeout=LONG)
    qtbot.keyClick(page.map, Qt.Key.Key_Home)
    assert (page.map.at_x, page.map.at_y) == (0, 0)


def test_the_point_on_the_map_is_what_its_plane_decodes_to(qtbot: QtBot, latent_tab: Callable[..., Any]) -> None:
    tab = latent_tab()
    page = show(tab, "Plane")
    still(qtbot, page.framing)
    assert page.frame.count("z:") == 3
    page.map.drag_to(0.5, -1.0)
    still(qtbot, page.point)
    experiment = tab.bridge.session.experiment
    wanted = experiment.answer("plane_point", experiment.serving(), {"x": 0.5, "y": -1.0})
    shown = np.frombuffer(pixels(page.picture), np.uint8).astype(int)
    assert np.abs(shown - wanted.pixels[0].astype(int).ravel()).max() <= 1


def test_the_plane_goes_through_three_picked_samples(qtbot: QtBot, latent_tab: Callable[..., Any]) -> None:
    tab = latent_tab()
    page = show(tab, "Plane")
    tab.state.set_anchors([])
    samples = tab.browser.samples
    for index in (5, 6):
        click_tile(qtbot, samples, index)
    assert page.plane_parameters() is None
    assert "Click three" in page.map.text
    click_tile(qtbot, samples, 7)
    assert page.plane_parameters()["anchors"] == "5@0,6@0,7@0"
    qtbot.waitUntil(lambda: page.map.image is not None, timeout=LONG)
