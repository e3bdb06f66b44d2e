"""Actions, declared once: text, shortcut, tooltip, menu, and what they do.

The window, each panel, page or part that has actions declares them as a tuple `ACTIONS`; menus, buttons' tooltips, the sheet of
shortcuts and a palette are made from these. Read first: `Action`, then `ActionSet`.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QMenu, QWidget

DIGITS = 10


@dataclass(frozen=True)
class Action:
    """One thing that a person can do.

    `run` gets who owns the action: the window, panel or page that declares it. A `checkable` action also gets whether it is on, and one
    without a `group` runs whenever that changes, also by `setChecked`.
    """

    id: str
    """Unique among what is in front together."""
    text: str
    """As in a menu: `&` marks the mnemonic, … says that a dialog follows."""
    tip: str
    """What it does, without its shortcut and a full stop."""
    run: Callable[..., object]
    keys: str = ""
    """Such as `Ctrl+Shift+P`; "" where it has none."""
    menu: str = ""
    """Title of its menu, such as `&View` or, in a menu of that one, `&View/Theme`; "" where it is in none."""
    checkable: bool = False
    group: str = ""
    """Of the checkable actions of a group one is on."""
    also: str = ""
    """A second shortcut, such as for keyboards on which the first one needs Shift."""
    separator: bool = False
    """Whether a line is drawn above it in its menu."""

    @property
    def tooltip(self) -> str:
        """The tip with the shortcut, for buttons."""
        return f"{self.tip} ({native(self.keys)})" if self.keys else self.tip


class ShortcutTakenError(ValueError):
    """Two actions that are heard at the same time want one shortcut."""


class ActionSet(QObject):
    """The QActions and menus of one scope: the window, a panel in it, a page in that.

    A shortcut is heard in its own scope and in all scopes inside of it, so it may stand once among these; scopes side by side, such as
    two pages, may share it. Raises ShortcutTakenError otherwise.
    """

    def __init__(self, scope: str, outer: "ActionSet | None" = None, parent: QObject | None = None):
        super().__init__(parent)
        self.scope, self.outer = scope, outer
        self.inner: list[ActionSet] = []
        self.declared: dict[str, Action] = {}
        self.made: dict[str, QAction] = {}
        self.menus: dict[str, QMenu] = {}
        self.groups: dict[str, QActionGroup] = {}
        self.heard = True
        self.forbidden: set[str] = set()
        if outer is not None:
            outer.inner.append(self)

    def __getitem__(self, name: str) -> QAction:
        return self.made[name]

    def extend(self, actions: Iterable[Action], owner: Callable[[], Any]) -> None:
        """Add actions; `owner()` is what they act on when they are triggered (a weak reference is one), nothing happens where it is None."""
        for action in actions:
            self.add(action, owner)

    def add(self, action: Action, owner: Callable[[], Any]) -> QAction:
        if action.id in self.declared:
            raise ValueError(f"{self.scope} has an action {action.id!r} already.")
        for keys in (action.keys, action.also):
            holder = self.who_has(keys)
            if holder is None:
                continue
            raise ShortcutTakenError(f"{keys} of {action.text!r} ({self.scope}) is taken by {holder[1].text!r} ({holder[0]}).")
        made = QAction(action.text, self, checkable=action.checkable)
        made.setObjectName(action.id)
        made.setShortcuts([QKeySequence(keys) for keys in (action.keys, action.also) if keys])
        made.setToolTip(action.tooltip)
        made.setStatusTip(action.tip)
        run, checkable = action.run, action.checkable

        def trigger(on: bool) -> None:
            on_what = owner()
            if on_what is not None:
                run(on_what, on) if checkable else run(on_what)

        switch = checkable and not action.group
        (made.toggled if switch else made.triggered).connect(trigger)
        made.setEnabled(self.heard)
        if action.group:
            group = self.groups.setdefault(action.group, QActionGroup(self))
            group.addAction(made)
        if action.menu:
            menu = self.menu(action.menu)
            if action.separator:
                menu.addSeparator()
            menu.addAction(made)
        self.declared[action.id], self.made[action.id] = action, made
        return made

    # -- menus -----------------------------------------------------------------------------------------------------

    def menu(self, title: str) -> QMenu:
        """The menu of that title, made if need be; `View/Theme` is a menu in the menu View."""
        if title not in self.menus:
            above, _, own = title.rpartition("/")
            window = self.parent()
            assert isinstance(window, QWidget)
            made = self.menu(above).addMenu(own) if above else QMenu(own, window)
            made.setToolTipsVisible(True)
            self.menus[title] = made
        return self.menus[title]

    def top_menus(self) -> list[QMenu]:
        """The menus for a menu bar."""
        return [menu for title, menu in self.menus.items() if "/" not in title]

    # -- who is heard ----------------------------------------------------------------------------------------------

    def who_has(self, keys: str) -> tuple[str, Action] | None:
        """Scope and action that hold a shortcut where this scope's actions are heard."""
        wanted = QKeySequence(keys)
        if wanted.isEmpty():
            return None
        scopes: list[ActionSet] = [*self.outer_scopes(), self, *self.inner_scopes()]
        for scope in scopes:
            for action in scope.declared.values():
                if wanted in (QKeySequence(action.keys), QKeySequence(action.also)):
                    return scope.scope, action
        return None

    def outer_scopes(self) -> "list[ActionSet]":
        return [] if self.outer is None else [self.outer, *self.outer.outer_scopes()]

    def inner_scopes(self) -> "list[ActionSet]":
        return [scope for inner in self.inner for scope in (inner, *inner.inner_scopes())]

    def set_heard(self, on: bool) -> None:
        """Whether this scope is in front: the shortcuts and menus of one that is not do nothing."""
        self.heard = on
        for name, action in self.made.items():
            action.setEnabled(on and name not in self.forbidden)

    def allow(self, name: str, on: bool) -> None:
        """Whether an action can be done now."""
        self.forbidden.discard(name) if on else self.forbidden.add(name)
        self.made[name].setEnabled(on and self.heard)

    def close(self) -> None:
        """Leave the outer scope: the owner goes away."""
        if self.outer is not None and self in self.outer.inner:
            self.outer.inner.remove(self)


def numbered(keys: str, index: int) -> str:
    """The shortcut of the entry with this index in a list that may grow: `Ctrl+1` to `Ctrl+9`, `Ctrl+0`, none for those after."""
    return f"{keys}+{(index + 1) % 10}" if index < DIGITS else ""


def native(keys: str) -> str:
    """A shortcut as this system writes it."""
    return QKeySequence(keys).toString(QKeySequence.SequenceFormat.NativeText)


def plain(text: str) -> str:
    """A menu's text without its mnemonic."""
    return text.replace("&", "")
