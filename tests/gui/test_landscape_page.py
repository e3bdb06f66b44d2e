"""The page of the toys: points appear, the slider stops the way, arrows have heads."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from latent_space import LONG
from pytestqt.qtbot import QtBot

from gui.main_window import MainWindow
from gui.widgets.landscape_plot import strokes
from lab.api import new_session


def test_an_arrow_is_a_shaft_and_two_sides_of_a_head() -> None:
    x, y = strokes(np.array([[1.0, 1.0, 0.0, 2.0]]))
    assert list(zip(x.tolist(), y.tolist(), strict=True)) == [
        (1, 1), (1, 3), (1, 3), (pytest.approx(0.7), pytest.approx(2.4)), (1, 3), (pytest.approx(1.3), pytest.approx(2.4)),
    ]  # fmt: skip


@pytest.mark.parametrize(("recipe", "groups"), [("toy-gan", {"real", "generated"}), ("toy-flow", {"real", "noise", "generated"})])
def test_a_stored_toy_shows_its_points(recipe: str, groups: set[str], make_window: Callable[..., MainWindow], qtbot: QtBot) -> None:
    session = new_session(recipe, {"hidden": "8"}, steps=1, device="cpu")
    session.run()
    session.close()
    panel: Any = make_window("Generate").panel("Generate")
    panel.open_run(session.run_folder)
    page = panel.current_tab().page_tabs.page
    assert page.title == "Landscape"
    qtbot.waitUntil(lambda: set(page.plane.groups) == groups, timeout=LONG)
    assert page.bar.isVisibleTo(page) == (recipe == "toy-flow")
    if recipe == "toy-flow":
        page.slider.setValue(0)
        qtbot.waitUntil(lambda: set(page.plane.groups) == {"real", "noise"}, timeout=LONG)
        page.play.click()
        qtbot.waitUntil(lambda: page.slider.value() > 0, timeout=LONG)
        page.play.click()
        assert not page.timer.isActive()
