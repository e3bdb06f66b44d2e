"""The button beside the recipe: its presets, those of the lab and one's own, which are saved, renamed and deleted here."""

from collections.abc import Callable
from functools import partial
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QInputDialog, QMenu, QToolButton, QWidget

from lab import presets
from lab.built_in_presets import BUILT_IN, Preset
from lab.errors import LabError


class PresetButton(QToolButton):
    """A menu of the presets of `recipe()`; `present()` are the settings and the length in the form, as a preset keeps them."""

    chosen = Signal(object)
    """A `Preset`."""
    said = Signal(str)
    """What was done, or why it was not."""

    def __init__(self, recipe: Callable[[], str], present: Callable[[], dict[str, Any]], parent: QWidget | None = None):
        super().__init__(parent, text="Presets", toolTip="Settings under a name: those of the lab, and your own")
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.recipe, self.present = recipe, present
        menu = QMenu(self)
        menu.setToolTipsVisible(True)
        menu.aboutToShow.connect(self.fill)
        self.setMenu(menu)

    def fill(self) -> None:
        """The entries as of now."""
        menu, known = self.menu(), self.known()
        menu.clear()
        own = [name for name in known if name not in BUILT_IN.get(self.recipe(), {})]
        for name, preset in known.items():
            menu.addAction(shown(name), partial(self.choose, name, preset)).setToolTip(preset.about)
        if menu.actions():
            menu.addSeparator()
        menu.addAction("Save as…", self.save).setToolTip("Keep these settings, and how long to train, under a name")
        for title, act in (("Rename", self.rename), ("Delete", self.delete)):
            below = menu.addMenu(title)
            below.setEnabled(bool(own))
            for name in own:
                below.addAction(shown(name), partial(act, name))

    def known(self) -> dict[str, Preset]:
        """The recipe's presets by name; where one's own cannot be read, that is said."""
        try:
            return presets.presets(self.recipe())
        except LabError as error:
            self.said.emit(str(error))
            return BUILT_IN.get(self.recipe(), {})

    def choose(self, name: str, preset: Preset) -> None:
        self.chosen.emit(preset)
        self.said.emit(f"{self.recipe()}, {name}. {preset.about}")

    def save(self) -> None:
        name, agreed = QInputDialog.getText(self, "Save preset", "Name of these settings:")
        if agreed:
            self.attempt(f"Saved the preset {name.strip()}", lambda: presets.save(self.recipe(), name, **self.present()))

    def rename(self, name: str) -> None:
        new, agreed = QInputDialog.getText(self, "Rename preset", f"New name of {name}:", text=name)
        if agreed:
            self.attempt(f"Renamed the preset to {new.strip()}", lambda: presets.rename(self.recipe(), name, new))

    def delete(self, name: str) -> None:
        self.attempt(f"Deleted the preset {name}", lambda: presets.delete(self.recipe(), name))

    def attempt(self, done: str, act: Callable[[], None]) -> None:
        try:
            act()
        except LabError as error:
            self.said.emit(str(error))
        else:
            self.said.emit(f"{done}.")


def shown(name: str) -> str:
    """A name as a menu shows it."""
    return name.replace("&", "&&")
