"""The page of the toys: points appear, the slider stops the way, arrows have heads."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from latent_space import LONG
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from gui import bench_panels, theme
from gui.main_window import MainWindow
from gui.widgets.landscape_plot import LandscapePlot, strokes
from lab.answers import Landscape
from lab.api import new_session


def test_an_arrow_is_a_shaft_and_two_sides_of_a_head() -> None:
    x, y = strokes(np.array([[1.0, 1.0, 0.0, 2.0]]))
    assert list(zip(x.tolist(), y.tolist(), strict=True)) == [
        (1, 1), (1, 3), (1, 3), (pytest.approx(0.7), pytest.approx(2.4)), (1, 3), (pytest.approx(1.3), pytest.approx(2.4)),
    ]  # fmt: skip


def test_the_names_of_the_groups_are_in_the_theme_s_colour_on_its_ground(qtbot: QtBot, qapp: QApplication) -> None:
    plot = LandscapePlot()
    qtbot.addWidget(plot)
    plot.show_answer(Landscape({"real": np.zeros((2, 2))}, (-1, 1, -1, 1)))
    for look in ("dark", "light"):
        theme.apply(qapp, look)
        palette = plot.palette()
        (_, name), ground = plot.legend.items[0], plot.legend.brush().color()
        assert palette.color(QPalette.ColorRole.Text).name() in name.item.toHtml()
        assert ground.name() == palette.color(QPalette.ColorRole.Base).name()
        assert ground.alpha() > 127


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


def test_the_axis_upwards_is_named_only_where_it_does_not_show_y(qtbot: QtBot) -> None:
    plot = LandscapePlot()
    qtbot.addWidget(plot)
    groups, extent = {"real": np.zeros((1, 2))}, (-3.0, 3.0, -3.0, 3.0)
    axis = plot.item.getAxis("left")
    plot.show_answer(Landscape(groups, extent, heights={-2.0: "t = 0", 2.0: "t = 1"}))
    assert axis._tickLevels == [[(-2.0, "t = 0"), (2.0, "t = 1")]]
    plot.show_answer(Landscape(groups, extent))
    assert axis._tickLevels is None


def test_a_toy_gan_whose_d_has_won_says_so_above_the_page(make_window: Callable[..., MainWindow], qtbot: QtBot) -> None:
    session = new_session("toy-gan", {"hidden": "8"}, steps=1, device="cpu")
    won = {name: torch.tensor(1.0) for name in ("d_accuracy", "d_fake_accuracy")}
    experiment: Any = session.experiment
    experiment.diagnosis.restore({"averages": won, "seen": 10_000})
    session.run()
    session.close()
    panel: Any = make_window("Generate").panel("Generate")
    panel.open_run(session.run_folder)
    tab = panel.current_tab()
    qtbot.waitUntil(lambda: tab.warning.isVisibleTo(tab) and "D has won" in tab.warning.text(), timeout=LONG)


def test_pictures_a_second_are_those_that_came_while_the_page_moved(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]

    def pause(seconds: float) -> None:
        now[0] += seconds

    clock = SimpleNamespace(perf_counter=lambda: now[0], thread_time=lambda: 0.24 * now[0])
    monkeypatch.setattr(bench_panels, "time", clock)
    monkeypatch.setattr(bench_panels, "heartbeat", lambda pause, seconds: pause(seconds) or {"heartbeat_p99_ms": 16.0})
    assert bench_panels.pictures(lambda: round(30 * now[0]), pause) == (30.0, 8.0, {"heartbeat_p99_ms": 16.0})
