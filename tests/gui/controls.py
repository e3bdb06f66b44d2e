"""Which test drives which control: `drives` marks a test, `find_controls` lists what there is to drive."""

from collections.abc import Callable
from typing import Any, TypeVar

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QAbstractButton,
    QMenu,
    QMessageBox,
    QPushButton,
    QTabBar,
    QToolBar,
    QToolButton,
    QWidget,
)  # fmt: skip
from pytestqt.qtbot import QtBot

from gui.closing import Closing
from gui.widgets.config_form import ConfigForm
from gui.widgets.room import Held, Scroller

TINY = {"envs": 1, "learning_starts": 8, "replay_capacity": 200, "batch_size": 2, "hidden_units": 4, "noop_max": 0}
"""A DQN that takes no time and no memory."""
TINY_CLASSIFIER: dict[str, Any] = {"data": "digits", "batch_size": 32, "validate_every": 10, "schedule_steps": 60}
"""A classifier that learns most digits within 60 steps."""


ASKS = Closing.confirm
"""The question that closing asks while something trains."""

T = TypeVar("T", bound=Callable[..., Any])


def drives(*controls: str) -> Callable[[T], T]:
    """This test clicks these controls, or presses their keys, and asserts what they do."""

    def mark(test: T) -> T:
        test.drives = {*getattr(test, "drives", ()), *controls}  # type: ignore[attr-defined]
        return test

    return mark


def plain(text: str) -> str:
    return text.replace("&", "").rstrip("…")


def choose(qtbot: QtBot, menu: QMenu, text: str) -> None:
    """Open a menu, which may fill it, and click an entry."""
    menu.popup(QPoint(5, 5))
    action = next(action for action in menu.actions() if plain(action.text()) == text)
    qtbot.mouseClick(menu, Qt.MouseButton.LeftButton, pos=menu.actionGeometry(action).center())
    assert not menu.isVisible()


def pick(qtbot: QtBot, action: QAction) -> None:
    """Click an entry in the menu that it is in."""
    choose(qtbot, next(owner for owner in action.associatedObjects() if isinstance(owner, QMenu)), plain(action.text()))


def press(qtbot: QtBot, window: QWidget, menu: QMenu, text: str) -> None:
    """Press the shortcut of a menu's entry."""
    action = next(action for action in menu.actions() if plain(action.text()) == text)
    keys = action.shortcut()[0]
    window.activateWindow()  # A shortcut fires in the active window alone.
    qtbot.waitUntil(window.isActiveWindow, timeout=60_000)
    qtbot.keyClick(window, keys.key(), keys.keyboardModifiers())


def of_menu(menu: QMenu, path: str) -> dict[str, QAction]:
    """The entries of a menu and of its menus, by their path."""
    actions = {}
    for action in menu.actions():
        name = f"{path} > {plain(action.text())}"
        below = action.menu()
        if isinstance(below, QMenu):
            actions |= of_menu(below, name)
        elif not action.isSeparator():
            actions[name] = action
    return actions


def find_buttons(root: QWidget) -> dict[str, QAbstractButton]:
    """The buttons below a widget, by the part of the app that they belong to and their name: an object name where the text
    changes with what is shown, else the text."""
    buttons = {}
    for button in root.findChildren(QAbstractButton):
        if isinstance(button, QToolButton) and (button.defaultAction() is not None or isinstance(button.parent(), QToolBar)):
            continue  # It is the face of an action.
        if button.objectName().startswith("qt_") or type(button) is QAbstractButton:
            continue  # Qt's own, such as a table's corner or a line's clear button. Below, a plot's own menu is left out too.
        owner = button.parent()
        while owner is not None and (isinstance(owner, Held | Scroller) or not type(owner).__module__.startswith("gui.")):
            owner = None if isinstance(owner, QTabBar | QMessageBox | QMenu) else owner.parent()
        if owner is None:
            continue
        label = f"{type(owner).__name__}: {button.objectName() or plain(button.text())}"
        buttons[label] = button
        menu = button.menu() if isinstance(button, QToolButton | QPushButton) else None
        if menu is not None:
            buttons |= {f"{label} > {plain(action.text())}": button for action in menu.actions()}
    return buttons


def write(qtbot: QtBot, form: ConfigForm, name: str, typed: str) -> Any:
    """Type into a number's field and press Return; the field."""
    editor: Any = form.rows[name].editor
    editor.selectAll()
    qtbot.keyClicks(editor, typed)
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    return editor
