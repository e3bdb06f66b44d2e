"""Larger and smaller text, one page or picture on the whole screen, and pictures in windows of their own."""

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from controls import drives, press
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QFontInfo, QWheelEvent
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from gui import theme
from gui.app import application
from gui.main_window import MainWindow
from gui.widgets.picture import Picture
from gui.widgets.view_frame import ViewFrame
from lab.answers import Images
from lab.experiment import ViewSpec

CTRL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def text(qapp: QApplication) -> Any:
    """Text is at the system's size again after the test."""
    yield
    theme.set_text(qapp, 100)


def points(widget: QWidget) -> float:
    return QFontInfo(widget.font()).pointSizeF()


@drives("View > Larger text", "View > Smaller text", "View > Reset text")
@pytest.mark.usefixtures("text")
def test_text_grows_shrinks_and_comes_back_by_keys_in_everything_and_stays_at_the_next_start(
    qtbot: QtBot, window: MainWindow, train: Callable[..., Any]
) -> None:
    train(window, steps=20)
    panel: Any = window.panels["Atari"]
    tab = panel.current_tab()
    qtbot.waitUntil(lambda: bool(tab.curves.plots), timeout=60_000)
    plot = next(iter(tab.curves.plots.values()))
    score, label = panel.watch.panes[0].score, panel.form.recipe_about
    menu = window.action_set.menu("&View")
    theme.set_text(QApplication.instance(), 100)  # type: ignore[arg-type]

    def sizes() -> list[float]:
        heading = float(plot.item.getAxis("left").labelStyle["font-size"].removesuffix("pt"))
        return [points(label), points(score), heading, plot.item.getAxis("left").style["tickFont"].pointSizeF()]

    def are(times: float) -> None:
        qtbot.waitUntil(lambda: sizes() == pytest.approx([times * size for size in before], rel=0.05), timeout=60_000)

    qtbot.waitUntil(lambda: points(score) > points(label), timeout=60_000)
    before = sizes()
    for _ in range(3):
        press(qtbot, window, menu, "Larger text")
    are(1.5)  # 110, 125, 150 %
    press(qtbot, window, menu, "Smaller text")
    assert window.text_size() == 125
    theme.set_text(QApplication.instance(), 100)  # type: ignore[arg-type]  # Another start of the app.
    application()
    assert window.text_size() == 125
    press(qtbot, window, menu, "Reset text")
    are(1.0)


@drives("View > Presentation")
def test_f11_shows_the_page_alone_and_escape_leads_back(qtbot: QtBot, latent_tab: Any) -> None:
    tab = latent_tab("vae")
    window, panel, pages = tab.window_, tab.panel_, tab.page_tabs
    page, around = pages.page, [window.menuBar(), window.bar, window.statusBar(), panel.settings_dock, tab.head, pages.head, tab.browser]
    press(qtbot, window, window.action_set.menu("&View"), "Presentation")
    assert window.isFullScreen()
    assert [part.isVisible() for part in around] == [False] * len(around)
    qtbot.waitUntil(lambda: page.width() > 0.95 * window.width() and page.height() > 0.95 * window.height(), timeout=60_000)
    pages.step(1)  # The next page is shown alone too.
    assert not tab.browser.isVisible()
    qtbot.keyClick(window, Qt.Key.Key_Escape)
    assert not window.isFullScreen()
    assert [part.isVisible() for part in around] == [True] * len(around)


@drives("View > Docks aside")
def test_f9_puts_the_docks_aside_and_brings_them_back(qtbot: QtBot, window: MainWindow) -> None:
    panel: Any = window.panels["Atari"]
    panel.about_dock.close()
    shown = [dock for dock in panel.docks() if not dock.isHidden()]
    assert shown == [panel.settings_dock]
    press(qtbot, window, window.action_set.menu("&View"), "Docks aside")
    assert all(dock.isHidden() for dock in panel.docks())
    press(qtbot, window, window.action_set.menu("&View"), "Docks aside")
    assert [dock for dock in panel.docks() if not dock.isHidden()] == shown


def test_presentation_follows_to_another_panel_and_leaves_no_trace(qtbot: QtBot, window: MainWindow) -> None:
    atari: Any = window.panels["Atari"]
    window.present(True)
    window.go_to("Vision")
    vision: Any = window.panels["Vision"]
    assert vision.settings_dock.isHidden()
    assert not atari.settings_dock.isHidden()
    window.present(False)
    assert not vision.settings_dock.isHidden()
    assert not window.bar.isHidden()


class One:
    """Answers with one picture."""

    def specs(self) -> dict[str, ViewSpec]:
        return {"one": ViewSpec("one", Images, False, "A picture.", dict[str, inspect.Parameter]())}

    def moving(self) -> bool:
        return False

    def ask_view(self, view: str, done: Any, failed: Any, key: str, parameters: dict[str, Any]) -> None:
        done(Images(np.zeros((1, 8, 8), np.uint8)))


@pytest.fixture
def popped(qtbot: QtBot) -> ViewFrame:
    """A view in a window of its own."""
    frame = ViewFrame(One(), "one", "run")
    qtbot.addWidget(frame, before_close_func=lambda frame: frame.shut())
    frame.show()
    qtbot.mouseClick(frame.pop_button, Qt.MouseButton.LeftButton)
    (window,) = frame.windows
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow, timeout=60_000)
    return window


def test_a_popped_out_view_fills_the_screen_and_escape_leads_back_and_closes(qtbot: QtBot, popped: ViewFrame) -> None:
    qtbot.keyClick(popped, Qt.Key.Key_F11)
    assert popped.isFullScreen()
    assert popped.tools.isHidden()
    qtbot.keyClick(popped, Qt.Key.Key_Escape)
    assert not popped.isFullScreen()
    assert popped.tools.isVisible()
    with qtbot.waitSignal(popped.destroyed, timeout=60_000):
        qtbot.keyClick(popped, Qt.Key.Key_Escape)


def test_ctrl_w_closes_a_popped_out_view(qtbot: QtBot, popped: ViewFrame) -> None:
    with qtbot.waitSignal(popped.destroyed, timeout=60_000):
        qtbot.keyClick(popped, Qt.Key.Key_W, CTRL)


def wheel(widget: QWidget, at: QPointF, notches: int) -> None:
    event = QWheelEvent(
        at, widget.mapToGlobal(at), QPoint(), QPoint(0, 120 * notches), Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(widget, event)


@pytest.fixture
def picture(qtbot: QtBot) -> Picture:
    shown = Picture()
    shown.zoomable = True
    qtbot.addWidget(shown)
    shown.resize(200, 100)
    shown.show_pixels(np.zeros((50, 50), np.uint8))
    shown.show()
    return shown


def test_the_wheel_enlarges_a_picture_around_the_mouse(picture: Picture) -> None:
    assert picture.target().getRect() == (50, 0, 100, 100)
    wheel(picture, QPointF(75, 75), 2)  # A quarter from the left, three quarters from the top.
    assert picture.zoom == 1.25**2
    where = picture.target()
    assert ((75 - where.left()) / where.width(), (75 - where.top()) / where.height()) == pytest.approx((0.25, 0.75))
    wheel(picture, QPointF(75, 75), -5)
    assert picture.target().getRect() == (50, 0, 100, 100)


def test_the_hand_moves_an_enlarged_picture_and_a_double_click_shows_it_whole(qtbot: QtBot, picture: Picture) -> None:
    picture.look(4, QPointF(0.5, 0.5))
    left = picture.target().left()
    qtbot.mousePress(picture, Qt.MouseButton.LeftButton, pos=QPoint(100, 50))
    qtbot.mouseMove(picture, QPoint(120, 50))
    qtbot.mouseRelease(picture, Qt.MouseButton.LeftButton, pos=QPoint(120, 50))
    assert picture.target().left() == pytest.approx(left + 20)
    qtbot.mouseDClick(picture, Qt.MouseButton.LeftButton)
    assert picture.target().getRect() == (50, 0, 100, 100)


def test_the_wheel_scrolls_past_a_picture_that_is_among_others(picture: Picture) -> None:
    picture.zoomable = False
    wheel(picture, QPointF(75, 75), 2)
    assert picture.zoom == 1


def test_docks_of_both_sides_share_one_where_there_is_no_room_and_part_again(qtbot: QtBot, window: MainWindow) -> None:
    panel: Any = window.panels["Atari"]
    window.resize(1400, 800)
    panel.watch_dock.show()
    sides = panel.dockWidgetArea
    assert sides(panel.watch_dock) == Qt.DockWidgetArea.RightDockWidgetArea
    window.resize(700, 800)
    qtbot.waitUntil(lambda: sides(panel.watch_dock) == Qt.DockWidgetArea.LeftDockWidgetArea, timeout=60_000)
    assert panel.settings_dock in panel.tabifiedDockWidgets(panel.watch_dock)
    window.resize(1400, 800)
    qtbot.waitUntil(lambda: sides(panel.watch_dock) == Qt.DockWidgetArea.RightDockWidgetArea, timeout=60_000)
    assert panel.settings_dock not in panel.tabifiedDockWidgets(panel.watch_dock)
