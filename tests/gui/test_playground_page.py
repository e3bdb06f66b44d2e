"""The playground page: it comes up training, and units, weights, points and settings are changed by clicks while it does."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from controls import drives
from latent_space import LONG
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from gui.foundations.network_view import Target
from gui.foundations.playground_page import FIRST, verdict
from gui.main_window import MainWindow

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def page(make_window: Callable[..., MainWindow], qtbot: QtBot) -> Any:
    window = make_window("Foundations")
    shown: Any = window.panel("Foundations").home.page("Playground")  # type: ignore[attr-defined]
    qtbot.waitUntil(lambda: shown.frame is not None, timeout=LONG)
    return shown


def still(page: Any, qtbot: QtBot, holds: Callable[[], bool]) -> None:
    qtbot.waitUntil(holds, timeout=LONG)


def test_it_comes_up_training(page: Any, qtbot: QtBot) -> None:
    still(page, qtbot, lambda: page.frame.steps > 0)
    assert len(page.losses.steps) > 0
    assert not page.window().panels["Foundations"].settings_dock.isVisible()


@drives("PlaygroundPage: +", "PlaygroundPage: −")  # noqa: RUF001
def test_plus_and_minus_change_units_and_layers(page: Any, qtbot: QtBot) -> None:
    QTest.mouseClick(page.network, LEFT, pos=page.network.heads[1]["more"].center().toPoint())
    still(page, qtbot, lambda: len(page.frame.biases[0]) == 9)
    QTest.mouseClick(page.network, LEFT, pos=page.network.heads[2]["fewer"].center().toPoint())
    still(page, qtbot, lambda: len(page.frame.biases[1]) == 7)
    qtbot.mouseClick(page.more, LEFT)
    still(page, qtbot, lambda: len(page.frame.biases) == 5)
    qtbot.mouseClick(page.fewer, LEFT)
    still(page, qtbot, lambda: len(page.frame.biases) == 4)


def test_an_activation_is_chosen_for_one_layer(page: Any, qtbot: QtBot) -> None:
    menu = page.network.activation_menu(1)
    next(action for action in menu.actions() if action.text() == "relu").trigger()
    menu.deleteLater()
    still(page, qtbot, lambda: page.frame.config.layers == "8 tanh, 8 relu, 8 tanh")


def test_a_line_is_dragged_and_typed_into(page: Any, qtbot: QtBot) -> None:
    page.play_button.setChecked(False)
    network = page.network
    index = next(i for i, target in enumerate(network.stages) if (target.layer, target.unit, target.source) == (0, 0, 0))
    still(page, qtbot, lambda: not page.sandbox.playing)
    where = QPointF(*network.curves[index][7]).toPoint()
    target = network.at(QPointF(where))
    before = network.value_of(target)
    QTest.mousePress(network, LEFT, pos=where)
    QTest.mouseMove(network, where - QPoint(0, 50))
    still(page, qtbot, lambda: network.value_of(target) == pytest.approx(before + 1.0, abs=0.05))
    QTest.mouseRelease(network, LEFT, pos=where - QPoint(0, 50))
    QTest.mouseClick(network, LEFT, pos=where)
    network.field.setValue(-2.5)
    still(page, qtbot, lambda: network.value_of(target) == pytest.approx(-2.5))


def test_weights_set_by_hand_are_undone_and_redone(page: Any, qtbot: QtBot) -> None:
    actions = page.window().action_set
    page.play_button.setChecked(False)
    still(page, qtbot, lambda: not page.sandbox.playing)
    target = Target("edge", 1, 2, 0)
    history = page.window().panels["Foundations"].home.history
    before = page.network.value_of(target)
    for steps, value in enumerate((3.0, -4.0), 1):
        page.network.weight_edited.emit(1, 2, 0, value)
        still(page, qtbot, lambda value=value, steps=steps: page.network.value_of(target) == value and history.count() == steps)
    assert history.undoText() == "weight"
    for action, value in (("undo", 3.0), ("undo", before), ("redo", 3.0)):
        actions[action].trigger()
        still(page, qtbot, lambda value=value: page.network.value_of(target) == pytest.approx(value))
    page.restart()
    assert page.settings()["weight"] == {}
    assert "weight" not in page.fields()


def test_painting_adds_points_to_those_there_are(page: Any, qtbot: QtBot) -> None:
    count = len(page.frame.points)
    QTest.mouseClick(page.surface, LEFT, pos=page.surface.area().center().toPoint())
    still(page, qtbot, lambda: page.frame.config.points == "drawn" and len(page.frame.points) == count + 3)
    near = np.linalg.norm(page.frame.points[-3:], axis=1)
    assert (near < 1).all()
    assert (page.frame.targets[-3:] == 1).all()


@drives("PlaygroundPage: a set of points")
def test_a_preset_and_the_points_are_chosen(page: Any, qtbot: QtBot) -> None:
    page.use_preset("xor")
    still(page, qtbot, lambda: page.frame.config.points == "xor" and len(page.frame.biases) == 2)
    assert page.rate.currentData() == 0.03
    qtbot.mouseClick(page.sets.button(1), LEFT)
    still(page, qtbot, lambda: page.frame.config.points == "circles")
    page.use_preset(FIRST)
    still(page, qtbot, lambda: page.frame.config.layers == "8 tanh, 8 tanh, 8 tanh")


@drives("PlaygroundPage: Pause", "PlaygroundPage: Step", "PlaygroundPage: Restart")
def test_it_pauses_takes_one_step_and_starts_again(page: Any, qtbot: QtBot) -> None:
    still(page, qtbot, lambda: page.frame.steps > 1)
    qtbot.mouseClick(page.play_button, LEFT)
    assert page.play_button.text() == "Play"
    rounds: list[int] = []
    for count in (1, 2):  # When the second begins, the frame of the first is there, and it was the last that could have a new step.
        page.sandbox.do(lambda _: rounds.append(1))
        still(page, qtbot, lambda count=count: len(rounds) == count)  # type: ignore[misc]
    still(page, qtbot, lambda: page.shown == page.sandbox.latest.serial)
    done = page.frame.steps
    qtbot.mouseClick(page.step_button, LEFT)
    still(page, qtbot, lambda: page.frame.steps == done + 1)
    qtbot.mouseClick(page.restart_button, LEFT)
    still(page, qtbot, lambda: page.frame.steps == 0)


@drives("PlaygroundPage: Batch norm")
def test_batch_norm_is_switched(page: Any, qtbot: QtBot) -> None:
    for on in (True, False):
        qtbot.mouseClick(page.norm, LEFT, pos=QPoint(8, page.norm.height() // 2))
        still(page, qtbot, lambda on=on: page.frame.config.batch_norm is on)  # type: ignore[misc]


def test_pointing_at_a_unit_shows_its_surface(page: Any) -> None:
    QTest.mouseMove(page.network, page.network.rects[1][2].center().toPoint())
    page.point(1, 2)
    assert page.surface.caption == "layer 1, unit 3"
    page.point(-1, -1)
    assert page.surface.caption == ""


def test_settings_that_cannot_be_are_said_and_nothing_changes(page: Any) -> None:
    before = page.config
    page.change(points="csv", csv="/nowhere.csv")
    assert "--csv" in page.problem.text()
    assert page.config is before


def test_the_challenge_is_noticed_when_a_real_network_meets_it(page: Any, qtbot: QtBot) -> None:
    still(page, qtbot, lambda: page.frame.steps > 0)
    good = SimpleNamespace(**{**vars(page.frame), "test_accuracy": 0.98})
    page.show_frame(good)  # With 24 units.
    assert not page.challenge_met
    for name in ("x2", "y2", "xy", "sinx", "siny"):
        page.toggle_input(name)
    for _ in range(2):
        qtbot.mouseClick(page.fewer, LEFT)
    page.pace.setCurrentIndex(3)
    page.rate.setCurrentIndex(page.rate.findData(0.03))
    page.rate.activated.emit(page.rate.currentIndex())
    still(page, qtbot, lambda: page.challenge_met)
    assert page.config.layers == "8 tanh"
    assert page.goal.text().startswith("✓")


@drives("PlaygroundPage: Train as a run")
def test_its_settings_are_trained_as_a_run(page: Any, qtbot: QtBot) -> None:
    page.use_preset("one neuron")
    qtbot.mouseClick(page.run_button, LEFT)
    panel = page.window().panels["Foundations"]
    qtbot.waitUntil(lambda: panel.current_run() is not None, timeout=LONG)
    stored = panel.current_run().stored["config"]
    assert (stored["points"], stored["layers"]) == ("gaussians", "")
    assert panel.settings_dock.isVisibleTo(panel)
    panel.tabs.setCurrentWidget(panel.home)
    assert not panel.settings_dock.isVisibleTo(panel)


@pytest.mark.parametrize(
    ("train", "test", "steps", "says"),
    [(0.01, 0.9, 500, "Overfitting"), (0.6, 0.62, 5000, "Underfitting"), (0.02, 0.03, 5000, "close"), (float("nan"), 1.0, 5, "rate")],
)
def test_what_two_losses_say(train: float, test: float, steps: int, says: str) -> None:
    assert says in verdict(SimpleNamespace(train_loss=train, test_loss=test, steps=steps, classes=True))
