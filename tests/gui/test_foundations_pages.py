"""The pages of Foundations: each comes up with something real and follows its controls."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from latent_space import LONG
from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from gui.foundations.curve_plot import ticks
from gui.foundations.home import Home
from gui.foundations.neuron_page import ENDLESS
from gui.main_window import MainWindow

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
    assert "Largest slope 0.25 at x = 0" in page.said.text()


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


def test_ticks_are_round() -> None:
    assert ticks(-1, 1, 5) == [-1.0, -0.5, 0.0, 0.5, 1.0]
    assert ticks(0, 6, 4) == [0.0, 2.0, 4.0, 6.0]


def test_a_net_unfolds_over_what_is_chosen(home: Any, qtbot: QtBot) -> None:
    page = shown(home, qtbot, "Self-organising map")
    page.change(samples="square", rows=4, columns=5)
    qtbot.waitUntil(lambda: page.frame.units.shape == (4, 5, 2) and page.frame.steps > 0, timeout=LONG)
    assert page.mosaic.image.width() == 40
    assert len(page.plane.points) == 300


def test_a_boltzmann_machine_dreams(home: Any, qtbot: QtBot) -> None:
    page = shown(home, qtbot, "Boltzmann machine")
    qtbot.waitUntil(lambda: page.frame.steps > 0, timeout=LONG)
    assert page.frame.fantasies.shape == (36, 8, 8)
    page.change(hidden="16,8", layer_steps=1)
    qtbot.waitUntil(lambda: page.frame.layer == 1, timeout=LONG)
    assert "machine 2 of 2" in page.count.text()


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
    qtbot.waitUntil(lambda: page.frame.problem == page.question and len(page.frame.y) == 10_000, timeout=LONG)
    assert page.frame.ml == pytest.approx(0.5, abs=0.02)
    assert "MAP" in page.numbers.text()
    for kind in ("Squared error", "Cross-entropy"):
        page.choose(kind)
        qtbot.waitUntil(lambda: page.frame.problem == page.question, timeout=LONG)
        QTest.mouseClick(page.data, LEFT, pos=page.data.place(1.0, 0.6).toPoint())
        assert page.parameter == pytest.approx({"Squared error": 0.6, "Cross-entropy": np.log(1.5)}[kind], abs=0.1)


def test_rules_race_from_where_one_presses(home: Any, qtbot: QtBot) -> None:
    page = shown(home, qtbot, "Descent")
    page.pace.setCurrentIndex(3)
    page.choose("A small model")
    QTest.mouseClick(page.ground, LEFT, pos=page.ground.place(1.0, -1.0).toPoint())
    assert page.settings.start == pytest.approx((1.0, -1.0), abs=0.05)
    qtbot.waitUntil(lambda: page.frame.settings == page.settings and page.frame.steps > 0, timeout=LONG)
    assert all(runner.path[0] == pytest.approx(page.settings.start) for runner in page.frame.runners.values())
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
