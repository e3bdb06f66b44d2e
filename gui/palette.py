"""The command palette: type a few letters of any action, setting, recipe, game, view or run, and press Return.

Read first: `entries`. What it offers comes from the declared actions and from what is in front.
"""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from PySide6.QtCore import QEvent, QObject, QStringListModel, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QDialog, QLabel, QLineEdit, QListView, QVBoxLayout, QWidget

from gui.actions import Action, ActionSet, native, plain
from gui.panels import PANELS
from gui.theme import faint
from lab import registry
from lab.atari.games import TWO_PLAYERS, game_title, games
from lab.stored_runs import runs

MOVES = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown)

LOADING = "Loading the settings, recipes and games…"
NOTHING = "Nothing has these words."


@dataclass(frozen=True)
class Entry:
    """One line of the palette: what it is, its name, its shortcut, and what Return does."""

    kind: str
    name: str
    run: Callable[[], object]
    keys: str = ""

    @property
    def text(self) -> str:
        return f"{self.kind}: {self.name}" + (f"    {native(self.keys)}" if self.keys else "")


LOADED = threading.Event()
"""Whether all panels and recipes have been imported."""


def load_all() -> None:
    """Import what `of_others` needs; takes a second or two the first time, so not in the window's thread."""
    for spec in PANELS:
        spec.panel_class().every_action()
    for recipe in registry.recipes().values():
        recipe.config_class()
    LOADED.set()


def entries(window: Any) -> Iterator[Entry]:
    """All that can be done: in the window and in the panel in front, and what other panels and recipes have."""
    yield from at_once(window)
    yield from of_others(window)


def at_once(window: Any) -> Iterator[Entry]:
    """What is known without importing anything: what can be done in the window and in the panel in front."""
    front = window.stack.currentWidget()
    for scope in (window.action_set, front.action_set, *front.action_set.inner_scopes()):
        yield from of_scope(scope)
    form = getattr(front, "form", None)
    if form is not None:
        fields = form.fields
        for name in fields.listed():
            yield Entry("Setting", fields.rows[name].title, partial(edit, front, name))
        for name, preset in form.presets.known().items():
            yield Entry("Preset", name, partial(form.presets.choose, name, preset))
    tab = front.current_tab() if hasattr(front, "current_tab") else None
    for name, switch in (tab.views.switches if tab is not None else {}).items():
        yield Entry("View", name.replace("_", " "), partial(show_view, tab, switch))
    for spec in PANELS:
        for recipe in registry.recipes().values():
            if recipe.family in spec.families:
                yield Entry("Recipe", recipe.name, partial(choose_recipe, window, spec.name, recipe.name))
    for game in games():
        if game not in TWO_PLAYERS:
            yield Entry("Game", game_title(game), partial(choose_game, window, game))
    for run in runs():
        yield Entry("Run", run.name, partial(window.open_run, run))


def of_others(window: Any) -> Iterator[Entry]:
    """The actions of the panels that are not in front, and the settings of the recipes that are not in the form."""
    front = window.stack.currentWidget()
    yield from of_other_panels(window, front.name)
    form = getattr(front, "form", None)
    in_form = form.recipe.name if form is not None else ""
    for spec in PANELS:
        for recipe in registry.recipes().values():
            if recipe.family in spec.families and recipe.name != in_form:
                for name in recipe.config_class().model_fields:
                    yield Entry(f"Setting of {recipe.name}", name.replace("_", " "), partial(edit_of, window, spec.name, recipe.name, name))


def of_other_panels(window: Any, front: str) -> Iterator[Entry]:
    """The actions of the panels that are not in front: Return goes there first."""
    for spec in PANELS:
        if spec.name != front:
            for action in spec.panel_class().every_action():
                yield Entry(spec.name, plain(action.text), partial(do_in, window, spec.name, action), action.keys)


def do_in(window: Any, name: str, action: Action) -> None:
    """Do what another panel can do, if it can now."""
    panel = window.go_to(name)
    made = next((scope[action.id] for scope in (panel.action_set, *panel.action_set.inner_scopes()) if action.id in scope.made), None)
    if made is not None and made.isEnabled():
        made.trigger()
    else:
        window.say(f"{plain(action.text)} has nothing to act on in {name} yet.")


def of_scope(scope: ActionSet) -> Iterator[Entry]:
    """The actions of a scope that can be done now."""
    for name, action in scope.declared.items():
        if scope[name].isEnabled() and scope[name].isVisible():
            yield Entry(scope.scope, plain(scope[name].text()), scope[name].trigger, action.keys)


def edit(panel: Any, name: str) -> None:
    """Go to a setting in the form."""
    panel.settings_dock.show()
    panel.settings_dock.raise_()
    panel.form.fields.bring_to_front(name)


def show_view(tab: Any, switch: Any) -> None:
    """Show a view of the run in front."""
    tab.page_tabs.setCurrentWidget(tab.split)
    if not switch.isChecked():
        switch.click()


def choose_recipe(window: Any, panel: str, recipe: str) -> None:
    """Show a recipe's settings in its panel."""
    window.go_to(panel).form.recipe_box.setCurrentText(recipe)


def choose_game(window: Any, game: str) -> None:
    """Put a game into the form of the panel that plays them."""
    panel = window.go_to("Atari")
    if "game" not in panel.form.fields.rows:
        panel.form.recipe_box.setCurrentText(panel.first_recipe)
    panel.form.fields.set_values({"game": game})


def edit_of(window: Any, panel: str, recipe: str, name: str) -> None:
    """Go to a setting of a recipe that is not in front; one that has no effect with the values of others is not in the form."""
    choose_recipe(window, panel, recipe)
    front = window.panels[panel]
    if name in front.form.fields.listed():
        edit(front, name)
    else:
        window.say(f"{name.replace('_', ' ')} has no effect with these settings of {recipe}.")


class CommandPalette(QDialog):
    """A line to type into, and what has all its words."""

    def __init__(self, offered: list[Entry], parent: QWidget | None = None, complete: bool = True):
        """`complete` says that nothing more will be offered."""
        super().__init__(parent)
        self.setWindowTitle("Command palette")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(560, 420)
        self.all, self.shown, self.complete = offered, offered, complete
        self.line = QLineEdit(placeholderText="Type the name of an action, setting, recipe, run or view")
        self.model = QStringListModel(self)
        self.list = QListView()
        self.list.setModel(self.model)
        self.list.setEditTriggers(QListView.EditTrigger.NoEditTriggers)
        layout = QVBoxLayout(self)
        layout.addWidget(self.line)
        layout.addWidget(self.list, 1)
        self.note = QLabel()
        """Why the list is not, or not yet, what one may expect."""
        faint(self.note)
        layout.addWidget(self.note)
        self.line.textChanged.connect(self.filter)
        self.line.installEventFilter(self)
        self.line.returnPressed.connect(self.do)
        self.list.activated.connect(lambda _: self.do())
        self.filter("")
        self.line.setFocus()

    def offer(self, more: list[Entry]) -> None:
        """The other entries have become known."""
        self.all, self.complete = [*self.all, *more], True
        self.filter(self.line.text())

    def filter(self, text: str) -> None:
        """Show the entries that have every word; those whose name starts with the text come first."""
        words = text.lower().split()
        kept = [entry for entry in self.all if all(word in entry.text.lower() for word in words)]
        self.shown = sorted(kept, key=lambda entry: not entry.name.lower().startswith(text.lower().strip())) if words else kept
        self.model.setStringList([entry.text for entry in self.shown])
        self.list.setCurrentIndex(self.model.index(0))
        self.note.setText(LOADING if not self.complete else NOTHING if not kept else "")

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Up and down move in the list while one types."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress and event.key() in MOVES:
            QApplication.sendEvent(self.list, event)
            return True
        return False

    def do(self) -> None:
        """Close, and do what is chosen."""
        row = self.list.currentIndex().row()
        if 0 <= row < len(self.shown):
            self.accept()
            self.shown[row].run()
