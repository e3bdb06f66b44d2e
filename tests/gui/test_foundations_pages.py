"""The pages of Foundations: each comes up with something real and follows its controls."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from controls import drives
from latent_space import LONG
from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from gui.foundations.curve_plot import ticks
from gui.foundations.home import Home
from gui.foundations.neuron_page import ENDLESS
from gui.main_window import MainWindow
from lab.registry import recipe

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def home(qtbot: QtBot, make_window: Callable[..., MainWindow]) -> Any:
    window = make_window("Foundations")
    made: Home = window.panel("Foundations").home  # type: ignore[attr-defined]
    qtbot.waitUntil(lambda: made.pages[0].shown > 0, timeout=LONG)  # type: ignore[attr-defined]
    return made


def shown(home: Any, qtbot: QtBot, title: str) -> Any:
    """The page of that title, once it shows something."""
    page = home.page(title)
    qtbot.waitUntil(lambda: page.shown > 0, timeout=LONG)
    return page


def test_one_neuron_learns_and_follows_its_points(home: Any, qtbot: QtBot) -> None:
    page = shown(home, qtbot, "One neuron")
    qtbot.mouseClick(page.sets.button(1), LEFT)
    page.pace.setCurrentIndex(3)
    qtbot.waitUntil(lambda: page.config.points == "xor" and page.frame.mistakes[0] > 20, timeout=LONG)
    assert not page.challenge_met  # XOR was given, not painted.
    count = len(page.frame.points)
    QTest.mouseClick(page.plane, LEFT, pos=page.plane.area().center().toPoint())
    qtbot.waitUntil(lambda: len(page.frame.points) == count + 3, timeout=LONG)
    qtbot.waitUntil(lambda: page.challenge_met, timeout=LONG)
    assert page.frame.mistakes[0] >= ENDLESS


def test_an_activation_is_chosen_and_a_gradient_vanishes(home: Any, qtbot: QtBot) -> None:
    page = shown(home, qtbot, "Activations")
    page.names.setCurrentRow(1)
    qtbot.waitUntil(lambda: "<b>relu</b>" in page.said.text(), timeout=LONG)
    assert not page.slope.isEnabled()
    page.names.setCurrentRow(2)
    page.change(depth=20)
    qtbot.waitUntil(lambda: page.challenge_met, timeout=LONG)
    assert "Largest slope 0.25 at z = 0" in page.said.text()


def test_a_curve_is_drawn_and_followed(home: Any, qtbot: QtBot) -> None:
    page = shown(home, qtbot, "Approximation")
    start, end = page.plot.place(-0.5, 0.8), page.plot.place(0.5, 0.8)
    QTest.mousePress(page.plot, LEFT, pos=start.toPoint())
    QTest.mouseMove(page.plot, QPointF(end).toPoint())
    QTest.mouseRelease(page.plot, LEFT, pos=end.toPoint())
    qtbot.waitUntil(lambda: page.frame.config.curve == "drawn", timeout=LONG)
    middle = page.frame.target[np.abs(page.frame.x) < 0.4]
    assert middle == pytest.approx(0.8, abs=0.05)
    page.units.setValue(0)
    qtbot.waitUntil(lambda: len(page.frame.parts) == 1, timeout=LONG)
    assert {1, 8} <= set(page.errors) | {8}
    assert not page.challenge_met
    page.show_frame(replace(page.frame, loss=0.0))
    assert page.challenge_met


def test_ticks_are_round() -> None:
    assert ticks(-1, 1, 5) == [-1.0, -0.5, 0.0, 0.5, 1.0]
    assert ticks(0, 6, 4) == [0.0, 2.0, 4.0, 6.0]


def test_a_net_unfolds_over_what_is_chosen(home: Any, qtbot: QtBot) -> None:
    page = shown(home, qtbot, "Self-organising map")
    page.change(samples="square", rows=4, columns=5)
    qtbot.waitUntil(lambda: page.frame.units.shape == (4, 5, 2) and page.frame.steps > 0, timeout=LONG)
    assert page.mosaic.image.width() == 40
    assert len(page.plane.points) == 300
    page.pace.setCurrentIndex(3)
    page.change(schedule_steps=1000)
    qtbot.waitUntil(lambda: page.challenge_met, timeout=LONG)


def test_a_boltzmann_machine_dreams(home: Any, qtbot: QtBot) -> None:
    page = shown(home, qtbot, "Boltzmann machine")
    qtbot.waitUntil(lambda: page.frame.steps > 0, timeout=LONG)
    assert page.frame.fantasies.shape == (36, 8, 8)
    assert not page.challenge_met
    page.change(hidden="8,6,4", layer_steps=1)
    qtbot.waitUntil(lambda: page.challenge_met, timeout=LONG)
    assert "machine 3 of 3" in page.count.text()


def test_the_likelihood_is_brought_to_its_maximum_by_hand(home: Any, qtbot: QtBot) -> None:
    page = shown(home, qtbot, "Likelihood")
    page.pace.setCurrentIndex(3)
    qtbot.waitUntil(lambda: len(page.frame.y) == 30, timeout=LONG)
    assert not page.challenge_met
    QTest.mouseClick(page.bell, LEFT, pos=page.bell.place(page.frame.ml, 0.5).toPoint())
    assert page.challenge_met
    assert page.parameter == pytest.approx(page.frame.ml, abs=0.05)


def test_ten_thousand_tosses_of_a_coin_and_a_prior(home: Any, qtbot: QtBot) -> None:
    page = shown(home, qtbot, "Likelihood")
    page.pace.setCurrentIndex(3)
    page.choose("A coin")
    page.change(prior=100.0)
    qtbot.waitUntil(lambda: page.frame.problem == page.config and len(page.frame.y) == 10_000, timeout=LONG)
    assert page.frame.ml == pytest.approx(0.5, abs=0.02)
    assert "MAP" in page.numbers.text()
    for kind in ("Squared error", "Cross-entropy"):
        page.choose(kind)
        qtbot.waitUntil(lambda: page.frame.problem == page.config, timeout=LONG)
        QTest.mouseClick(page.data, LEFT, pos=page.data.place(1.0, 0.6).toPoint())
        assert page.parameter == pytest.approx({"Squared error": 0.6, "Cross-entropy": np.log(1.5)}[kind], abs=0.1)


def test_rules_race_from_where_one_presses(home: Any, qtbot: QtBot) -> None:
    page = shown(home, qtbot, "Descent")
    page.pace.setCurrentIndex(3)
    page.choose("A small model")
    QTest.mouseClick(page.ground, LEFT, pos=page.ground.place(1.0, -1.0).toPoint())
    assert page.config.place == pytest.approx((1.0, -1.0), abs=0.05)
    qtbot.waitUntil(lambda: page.frame.settings == page.config and page.frame.steps > 0, timeout=LONG)
    assert all(runner.path[0] == pytest.approx(page.config.place) for runner in page.frame.runners.values())
    assert page.curves.isVisibleTo(page)
    assert page.batch.isEnabled()
    page.rules["sgd"].setChecked(False)
    assert len(page.losses.strokes) == 7


def test_a_rate_that_only_adam_survives_meets_the_challenge(home: Any, qtbot: QtBot) -> None:
    page = shown(home, qtbot, "Descent")
    page.pace.setCurrentIndex(3)
    page.change(factor=12.0)
    qtbot.waitUntil(lambda: page.challenge_met, timeout=LONG)
    assert page.numbers["sgd"].text() == "gone"


def test_backpropagation_is_stepped_through(home: Any, qtbot: QtBot) -> None:
    page = home.page("Backpropagation")
    while page.stepper.next.isEnabled():
        qtbot.mouseClick(page.stepper.next, LEFT)
        if page.heading.text() == "Error":
            assert "0.6545" in page.formula.text()
    assert page.heading.text() == "Forward again"
    qtbot.mouseClick(page.stepper.back, LEFT)
    assert page.heading.text() == "Gradient step"
    qtbot.mouseClick(page.keep, LEFT)
    assert page.spins["I2H1"].value() == 0.24
    assert page.stepper.slider.value() == 0
    for _ in range(3):
        qtbot.mouseClick(page.stepper.next, LEFT)
    assert page.formula.text().endswith("= 0.3274")
    qtbot.mouseClick(page.lecture, LEFT)
    assert page.spins["I2H1"].value() == 0.21
    assert not page.challenge_met
    for _ in range(8):
        qtbot.mouseClick(page.keep, LEFT)
    assert page.challenge_met
    page.stepper.slider.setFocus()
    qtbot.keyClick(page.stepper.slider, Qt.Key.Key_Right)
    assert page.stepper.slider.value() == 1


def test_backpropagation_of_another_network_and_a_weight_that_is_pressed(home: Any, qtbot: QtBot) -> None:
    page = home.page("Backpropagation")
    assert page.timer.isActive()  # It comes up playing.
    page.network.setCurrentText("2-3-2")
    page.network.activated.emit(0)
    assert page.config.shape == (2, 3, 2)
    assert len(page.spins) == 2 + 2 + 1 + 12
    page.activation.setCurrentText("tanh")
    page.activation.activated.emit(0)
    page.graph.grab()
    edge, box = next(iter(page.graph.boxes.items()))
    qtbot.mouseClick(page.graph, LEFT, pos=box.center().toPoint())
    page.spins[edge].setValue(0.9)
    assert not page.timer.isActive()
    assert page.steps[0].weights[edge] == 0.9
    page.stepper.slider.setValue(page.stepper.slider.maximum())
    assert page.graph.grab().width() > 0
    assert page.fields()["layers"] == "2-3-2"


def test_changes_on_pages_are_undone_and_redone_where_they_were_made(home: Any, qtbot: QtBot) -> None:
    window, page = home.window(), shown(home, qtbot, "Validation")
    page.rows.of["degree"].setValue(8)
    qtbot.waitUntil(lambda: page.config.degree == 9 and home.history.count() == 1, timeout=LONG)
    other = shown(home, qtbot, "Descent")
    other.rows.of["factor"].setValue(7)
    qtbot.waitUntil(lambda: other.config.factor == 8.0 and home.history.count() == 2, timeout=LONG)
    window.action_set["undo"].trigger()
    assert other.config.factor == 1.0
    window.action_set["undo"].trigger()
    assert home.front is page
    assert (page.config.degree, page.degree.value()) == (4, 3)
    window.action_set["redo"].trigger()
    assert page.config.degree == 9


@drives("Training > Restart")
def test_pages_and_their_buttons_have_shortcuts(home: Any, qtbot: QtBot) -> None:
    actions = home.window().panels["Foundations"].action_set
    assert actions["page_2"].text() == "One neuron"
    actions["page_2"].trigger()
    page = home.front
    assert page.title == "One neuron"
    actions["pause"].trigger()
    assert not page.sandbox.playing
    seed = page.config.seed
    actions["restart"].trigger()
    assert page.config.seed == seed + 1
    actions["next_page"].trigger()
    assert home.front.title == "Activations"


def test_estimates_come_in_and_a_model_that_overfits_is_noticed(home: Any, qtbot: QtBot) -> None:
    page = shown(home, qtbot, "Validation")
    page.pace.setCurrentIndex(3)
    qtbot.waitUntil(lambda: len(page.frame.truths) > 2, timeout=LONG)
    assert {len(values) for values in page.frame.estimates.values()} == {len(page.frame.truths)}
    assert not page.challenge_met
    page.change(count=20, noise=0.8, degree=10, draws=1)
    qtbot.waitUntil(lambda: page.challenge_met, timeout=LONG)
    assert "its own points 0.0%" in page.numbers.text()
    page.fresh.click()
    qtbot.waitUntil(lambda: page.frame.settings.fresh and len(set(page.frame.truths.tolist())) > 1, timeout=LONG)


def test_a_mcculloch_pitts_unit_is_wired_by_hand_and_learns_what_a_line_can(home: Any, qtbot: QtBot) -> None:
    page = shown(home, qtbot, "One neuron")
    page.play_button.setChecked(False)
    page.gate.setCurrentText("AND")
    page.gate.activated.emit(page.gate.currentIndex())
    qtbot.waitUntil(lambda: len(page.frame.points) == 4, timeout=LONG)
    for slider, value in zip(page.weights, (-1.5, 1.0, 1.0), strict=True):
        slider.setValue(slider.values.index(value))
    qtbot.waitUntil(lambda: page.truth.text() == "00 → 0, 10 → 0, 01 → 0, 11 → 1: this is AND", timeout=LONG)
    page.gate.setCurrentText("XOR")
    page.gate.activated.emit(page.gate.currentIndex())
    page.pace.setCurrentIndex(3)
    page.play_button.setChecked(True)
    qtbot.waitUntil(lambda: page.frame.mistakes[0] > 50, timeout=LONG)
    assert "of 4 as XOR" in page.truth.text()


def test_what_one_looks_at_is_the_page_in_front(home: Any, qtbot: QtBot) -> None:
    panel: Any = home.window().panel("Foundations")
    for title, name in (("Self-organising map", "som"), ("One neuron", "perceptron"), ("Playground", "playground")):
        shown(home, qtbot, title)
        assert panel.about_label.text() == recipe(name).config_class().explanation
