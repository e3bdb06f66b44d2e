"""Where the keyboard is, and what the mouse is over, can be seen: the widget is painted otherwise than without."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QPointF, Qt
from PySide6.QtGui import QHoverEvent, QImage
from PySide6.QtWidgets import QAbstractButton, QApplication, QCheckBox, QComboBox, QTabBar, QWidget
from pytestqt.qtbot import QtBot

from gui import theme
from gui.main_window import MainWindow

LONG = 120_000


@pytest.fixture
def open_window(qtbot: QtBot, qapp: QApplication, make_window: Callable[..., MainWindow]) -> Iterator[MainWindow]:
    """An example in the panels Generate and Vision, which have most of the app's own widgets."""
    window = make_window("Runs", example=True)
    for name in ("Generate", "Vision"):
        panel: Any = window.go_to(name)
        qtbot.waitUntil(lambda panel=panel: panel.current_tab() is not None, timeout=LONG)
        tab = panel.current_tab()
        qtbot.waitUntil(lambda tab=tab: bool(tab.page_tabs.state.views), timeout=LONG)
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow, timeout=LONG)
    yield window
    theme.apply(qapp, "light")


def still(widget: QWidget) -> QImage:
    """The widget as it is painted, without its children, which may move."""
    return widget.grab().toImage()


def in_front(window: MainWindow, kind: type[QWidget]) -> Iterator[Any]:
    for widget in window.findChildren(kind):
        if widget.isVisible() and widget.isEnabled() and not widget.visibleRegion().isEmpty() and widget.width() > 4:
            yield widget


def key(widget: QWidget) -> str:
    """One of each class in each part of the app is enough."""
    owner = widget.parent()
    while owner is not None and not type(owner).__module__.startswith("gui."):
        owner = owner.parent()
    return f"{type(widget).__name__} in {type(owner).__name__}"


@pytest.mark.parametrize("look", ["light", "dark"])
def test_what_has_the_keyboard_can_be_seen(qapp: QApplication, open_window: MainWindow, look: str) -> None:
    theme.apply(qapp, look)
    seen, plain = set(), []
    for name in ("Generate", "Vision", "Runs"):
        open_window.go_to(name)
        QCoreApplication.processEvents()
        for widget in in_front(open_window, QWidget):
            if not widget.focusPolicy() & Qt.FocusPolicy.TabFocus or widget.focusProxy() is not None or key(widget) in seen:
                continue
            seen.add(key(widget))
            open_window.setFocus()
            without = still(widget)
            widget.setFocus(Qt.FocusReason.TabFocusReason)
            open_window.setAttribute(Qt.WidgetAttribute.WA_KeyboardFocusChange)  # As the key Tab does.
            if widget.hasFocus() and still(widget) == without:
                plain.append(key(widget))
    assert seen
    assert not plain, "\n".join(plain)


@pytest.mark.parametrize("look", ["light", "dark"])
def test_what_the_mouse_is_over_can_be_seen(qapp: QApplication, open_window: MainWindow, look: str) -> None:
    theme.apply(qapp, look)
    seen, plain = set(), []
    for name in ("Generate", "Vision", "Runs"):
        open_window.go_to(name)
        QCoreApplication.processEvents()
        for kind in (QAbstractButton, QComboBox):
            for widget in in_front(open_window, kind):
                if key(widget) in seen or isinstance(widget.parent(), QTabBar) or isinstance(widget, QCheckBox):
                    continue  # Fusion paints a check box alike.
                if isinstance(widget, QAbstractButton) and widget.isChecked():
                    continue
                seen.add(key(widget))
                without = still(widget)
                middle = QPointF(widget.rect().center())
                widget.setAttribute(Qt.WidgetAttribute.WA_UnderMouse, True)
                QApplication.sendEvent(widget, QHoverEvent(QEvent.Type.HoverEnter, middle, middle, QPointF(-1, -1)))
                if still(widget) == without:
                    plain.append(key(widget))
                widget.setAttribute(Qt.WidgetAttribute.WA_UnderMouse, False)
                QApplication.sendEvent(widget, QHoverEvent(QEvent.Type.HoverLeave, QPointF(-1, -1), middle, middle))
    assert seen
    assert not plain, "\n".join(plain)
