"""The tour: offered once, gone through by keys or clicks, left at any time; it points at real parts of the window."""

from collections.abc import Callable, Iterator

import pytest
from controls import choose, drives
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from gui import theme
from gui.main_window import MainWindow
from gui.tour import STEPS, Tour, beside

LONG = 60_000
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def tour(qtbot: QtBot, window: MainWindow) -> Iterator[Tour]:
    """Of a window that is active, so that it hears keys."""
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow, timeout=LONG)
    yield window.tour
    window.tour.leave()


def key(qtbot: QtBot, tour: Tour, which: Qt.Key) -> None:
    """Press a key where the focus is."""
    qtbot.keyClick(tour.window.focusWidget(), which)


@drives("Help > Tour")
def test_the_help_menu_starts_it_and_every_step_points_at_something_that_is_seen(qtbot: QtBot, tour: Tour) -> None:
    choose(qtbot, tour.window.action_set.menu("&Help"), "Tour")
    for i, step in enumerate(STEPS):
        assert (tour.callout.title.text(), tour.callout.count.text()) == (step.title, f"{i + 1} of 5")
        target = tour.target
        assert isinstance(target, QWidget)
        assert target.isVisible()
        around = QRect(target.mapTo(tour.window, QPoint(0, 0)), target.size())
        assert tour.mark.geometry().contains(around.intersected(tour.window.rect()).adjusted(1, 1, -1, -1))
        assert tour.window.rect().contains(tour.callout.geometry())
        key(qtbot, tour, Qt.Key.Key_Return)
    assert not tour.running


def test_arrows_go_forth_and_back(qtbot: QtBot, tour: Tour) -> None:
    tour.start()
    for which, index in ((Qt.Key.Key_Right, 1), (Qt.Key.Key_Right, 2), (Qt.Key.Key_Left, 1), (Qt.Key.Key_Left, 0), (Qt.Key.Key_Left, 0)):
        key(qtbot, tour, which)
        assert tour.index == index
    qtbot.mouseClick(tour.callout.next, LEFT)
    qtbot.mouseClick(tour.callout.back, LEFT)
    assert tour.index == 0


@pytest.mark.parametrize("steps", range(5))
def test_escape_leaves_at_any_step_wherever_the_focus_is(qtbot: QtBot, tour: Tour, steps: int) -> None:
    tour.start()
    for _ in range(steps):
        tour.forward()
    if steps == 2:
        tour.window.panels["Generate"].form.recipe_box.setFocus()
    key(qtbot, tour, Qt.Key.Key_Escape)
    assert not tour.running
    assert tour.mark.isHidden()


@pytest.mark.parametrize("answer", ["leave", "next"])
def test_it_is_offered_once(qtbot: QtBot, tour: Tour, make_window: Callable[..., MainWindow], answer: str) -> None:
    tour.offer()
    assert tour.running
    assert tour.mark.isHidden()
    qtbot.mouseClick(getattr(tour.callout, answer), LEFT)
    assert tour.index == (0 if answer == "next" else -1)
    tour.leave()
    again = make_window().tour
    again.offer()
    assert not again.running


def test_it_follows_the_window_when_that_changes_its_size(qtbot: QtBot, tour: Tour) -> None:
    tour.start()
    tour.show(2)
    for size in ((1024, 700), (1400, 900)):
        tour.window.resize(*size)
        qtbot.waitUntil(lambda: tour.window.rect().contains(tour.callout.geometry()), timeout=LONG)
        assert tour.target is not None
        assert tour.mark.geometry().center() == QRect(tour.target.mapTo(tour.window, QPoint(0, 0)), tour.target.size()).center()


@pytest.mark.parametrize("name", ["light", "dark"])
def test_its_words_fit_into_it(qtbot: QtBot, tour: Tour, name: str, qapp: object) -> None:
    theme.apply(qapp, name)  # type: ignore[arg-type]
    for i in range(len(STEPS)):
        tour.show(i)
        for label in (tour.callout.title, tour.callout.text):
            assert label.height() >= label.heightForWidth(label.width()) or not label.wordWrap()
            assert label.width() >= label.minimumSizeHint().width()


def test_the_words_stand_where_there_is_room() -> None:
    inside = QRect(0, 0, 1000, 800)
    assert beside(QRect(0, 0, 100, 800), 300, 120, inside) == QPoint(111, 12)
    assert beside(QRect(500, 100, 500, 300), 300, 120, inside) == QPoint(188, 112)
    assert beside(QRect(0, 0, 1000, 30), 300, 120, inside) == QPoint(12, 41)
    assert beside(QRect(0, 770, 1000, 30), 300, 120, inside) == QPoint(12, 638)
    assert beside(QRect(0, 0, 1000, 800), 300, 120, inside) == QPoint(687, 667)
