"""The form that starts a run: the recipe, its settings, how long to train and on which device."""

import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from PySide6.QtCore import QSettings, QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import (
    QApplication,
    QComboBox,
    QDoubleSpinBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QSpinBox,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from gui import theme
from gui.actions import Action
from gui.preset_menu import PresetButton
from gui.theme import faint
from gui.widgets.config_form import ConfigForm
from gui.widgets.data_edit import DataEdit
from gui.widgets.flow_layout import FlowLayout
from gui.widgets.number_edit import NumberEdit
from gui.widgets.transport import MENU
from lab import device_names
from lab.built_in_presets import Preset
from lab.config import data_kinds
from lab.data.catalogue import check
from lab.flags import command_line, python_line
from lab.registry import Recipe
from lab.run import Run
from lab.setting_groups import MAIN

TRAIN = Action(
    "train",
    "Train",
    "Start a new run with these settings, in the background",
    lambda panel: panel.form.train_button.click(),
    "Ctrl+R",
    MENU,
)
QUEUE = Action(
    "queue", "Add to queue", "Train with these settings once the trainings before have ended",
    lambda panel: panel.form.queue_button.click(), "Ctrl+Alt+R", MENU,
)  # fmt: skip
SWEEP = Action(
    "sweep", "Sweep over settings…", "Try several values of a setting, each with a training of its own, and see which is best",
    lambda panel: panel.ask_sweep(), "Ctrl+Alt+I", MENU,
)  # fmt: skip
COPY_COMMAND = Action(
    "copy_command", "Copy as command line", "Copy the `lab train` line that makes the same run",
    lambda panel: panel.copy_command(), "Ctrl+Shift+C", MENU,
)  # fmt: skip
COPY_PYTHON = Action(
    "copy_python", "Copy as Python", "Copy the Python that makes the same run, for a script or a notebook",
    lambda panel: panel.copy_python(), "Ctrl+Alt+Y", MENU,
)  # fmt: skip
KEPT = ("data", "game", "games", "maze", "columns", "seed")
"""What a preset, or another recipe, leaves as it is where it does not name it."""


class TrainForm(QWidget):
    """Chooses among `recipes`; `choices` are values to offer for text fields."""

    changed = Signal()
    """A setting, or the recipe, is another."""
    recipe_changed = Signal()
    said = Signal(str)
    """What was done with a preset, or why it was not."""
    edited = Signal()
    """Something was changed, the length of the training and the device too."""

    def __init__(self, recipes: dict[str, Recipe], choices: Mapping[str, tuple[str, ...]]):
        super().__init__()
        self.recipes, self.choices = recipes, dict(choices)
        self.given: dict[str, Any] = {}
        """The settings that a run or a preset brought: nobody's own wish."""
        self.brought: dict[str, Any] | None = None
        """All that is set, as a run or the recipe's defaults brought it; None where a preset or the last start did."""
        self.recipe_box = QComboBox(toolTip="The recipe: an algorithm with its defaults")
        for recipe in recipes.values():
            self.recipe_box.addItem(recipe.name)
            self.recipe_box.setItemData(self.recipe_box.count() - 1, recipe.about, Qt.ItemDataRole.ToolTipRole)
        self.presets = PresetButton(lambda: self.recipe.name, self.as_preset)
        self.presets.chosen.connect(self.show_preset)
        self.presets.said.connect(self.said)
        self.recipe_about = QLabel(wordWrap=True)
        faint(self.recipe_about)
        self.fields = ConfigForm()
        self.length_unit = QComboBox(toolTip="Train for a number of steps or minutes")
        self.length_unit.addItems(["steps", "minutes"])
        self.steps = QSpinBox(minimum=1, maximum=2_000_000_000, groupSeparatorShown=True, singleStep=10_000)
        self.minutes = QDoubleSpinBox(minimum=0.1, maximum=100_000, value=30, decimals=1)
        self.minutes.hide()
        self.device = QComboBox(toolTip="Device to train on; auto uses the GPU if there is one")
        self.device.addItems(device_names.choices())
        self.train_button = QPushButton("Train", toolTip=TRAIN.tooltip)
        bold = self.train_button.font()
        bold.setBold(True)
        self.train_button.setFont(bold)  # A default button would look as if it had the keyboard.
        self.queue_button = QPushButton("Queue", toolTip=QUEUE.tooltip)
        self.copy_button = QToolButton(text=COPY_COMMAND.text, toolTip=COPY_COMMAND.tooltip)
        self.python_button = QToolButton(text=COPY_PYTHON.text, toolTip=COPY_PYTHON.tooltip)
        length = FlowLayout(gap=theme.GAP)
        for widget in (self.length_unit, self.steps, self.minutes, self.device):
            length.addWidget(widget)
        for number in (self.steps, self.minutes):
            number.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.column = QVBoxLayout(self)
        top = QHBoxLayout()
        top.addWidget(self.recipe_box, 1)
        top.addWidget(self.presets)
        self.column.addLayout(top)
        self.column.addWidget(self.recipe_about)
        self.column.addWidget(self.fields, 1)
        self.column.addLayout(length)
        start = QHBoxLayout()
        start.addWidget(self.train_button, 1)
        start.addWidget(self.queue_button)
        self.column.addLayout(start)
        copies = FlowLayout(gap=theme.GAP)
        copies.addWidget(self.copy_button)
        copies.addWidget(self.python_button)
        self.column.addLayout(copies)
        self.recipe_box.currentTextChanged.connect(self.show_recipe)
        self.length_unit.currentTextChanged.connect(self.show_length)
        self.fields.changed.connect(self.enable_buttons)
        self.fields.changed.connect(self.changed)
        for told in (
            self.changed, self.recipe_changed, self.length_unit.currentTextChanged, self.steps.valueChanged, self.minutes.valueChanged,
            self.device.currentTextChanged,
        ):  # fmt: skip
            told.connect(lambda *_: self.edited.emit())

    # -- what is set -----------------------------------------------------------------------------------------------

    @property
    def recipe(self) -> Recipe:
        return self.recipes[self.recipe_box.currentText()]

    def length(self) -> dict[str, int | float]:
        """How long to train, as `lab.api` takes it."""
        return {"steps": self.steps.value()} if self.length_unit.currentText() == "steps" else {"minutes": self.minutes.value()}

    def command(self) -> str:
        """The form as a `lab train` line."""
        return command_line(self.recipe.name, self.fields.config(), **self.options())

    def python(self) -> str:
        """The form as Python."""
        return python_line(self.recipe.name, self.fields.config(), **self.options())

    def options(self) -> dict[str, Any]:
        """Length and device, without what is the recipe's default."""
        length = self.length()
        if length.get("steps") == self.recipe.steps:
            length = {}
        return {**length, "device": self.device.currentText()}

    # -- undo ------------------------------------------------------------------------------------------------------

    def state(self) -> dict[str, Any]:
        """All that is set, by name."""
        length = {"length unit": self.length_unit.currentText(), "steps": self.steps.value(), "minutes": self.minutes.value()}
        return {"recipe": self.recipe.name, **length, "device": self.device.currentText(), "settings": self.fields.values()}

    def set_state(self, state: dict[str, Any]) -> None:
        self.recipe_box.setCurrentText(state["recipe"])
        self.fields.set_values(state["settings"])
        self.length_unit.setCurrentText(state["length unit"])
        self.steps.setValue(state["steps"])
        self.minutes.setValue(state["minutes"])
        self.device.setCurrentText(state["device"])

    def stepping(self) -> object:
        """The number whose arrows, or whose wheel, were used last and which still has the focus: its steps are undone together."""
        focus = QApplication.focusWidget()
        if isinstance(focus, NumberEdit):
            return focus if focus.stepped else None
        return focus if focus in (self.steps, self.minutes) else None

    # -- what is shown ---------------------------------------------------------------------------------------------

    def show_recipe(self, name: str) -> None:
        """Show another recipe's settings, keeping the values that were changed from the defaults by hand, and what to learn from."""
        recipe = self.recipes[name]
        changed = self.changed_values() if self.fields.config_class is not None else {}
        kept = {name: value for name, value in changed.items() if name in KEPT or name not in self.given or self.given[name] != value}
        self.given = {}
        self.fields.set_config(recipe.config_class(), self.choices)
        if "data" in kept and not self.learns_from(str(kept["data"])):
            del kept["data"]
        self.fields.set_values(kept)
        self.recipe_about.setText(recipe.about)
        self.steps.setValue(recipe.steps)
        self.recipe_changed.emit()

    def changed_values(self) -> dict[str, object]:
        """The values that are not the recipe's defaults."""
        assert self.fields.config_class is not None
        defaults = self.fields.config_class.model_fields
        return {name: value for name, value in self.fields.values().items() if value != defaults[name].default}

    def learns_from(self, data: str) -> bool:
        """Whether the recipe can be trained on these data."""
        assert self.fields.config_class is not None
        settings = self.fields.config_class.model_fields
        kinds = data_kinds(settings["data"]) if "data" in settings else []
        with suppress(ValueError):
            return not kinds or bool(check(data, *kinds, exists=False))
        return False

    def data_edit(self) -> DataEdit | None:
        """The editor of the data, where the recipe trains on files of one's own."""
        editor = self.fields.rows["data"].editor if "data" in self.fields.rows else None
        return editor if isinstance(editor, DataEdit) and editor.own() else None

    def show_length(self, unit: str) -> None:
        self.steps.setVisible(unit == "steps")
        self.minutes.setVisible(unit == "minutes")

    def enable_buttons(self) -> None:
        self.train_button.setEnabled(self.fields.valid())
        self.queue_button.setEnabled(self.fields.valid())
        self.copy_button.setEnabled(self.fields.valid())
        self.python_button.setEnabled(self.fields.valid())

    def set_length(self, steps: int | None, minutes: float | None) -> None:
        """How long to train; neither leaves it as it is."""
        if minutes:
            self.length_unit.setCurrentText("minutes")
            self.minutes.setValue(minutes)
        elif steps:
            self.length_unit.setCurrentText("steps")
            self.steps.setValue(steps)

    def show_run(self, run: Run) -> None:
        """A run's settings."""
        self.recipe_box.setCurrentText(run.recipe.name)
        self.fields.reset()
        self.fields.set_values(run.config(exists=False).model_dump())
        self.set_length(run.stored.get("steps"), run.stored.get("minutes"))
        self.given, self.brought = self.fields.values(), self.state()

    def untouched(self) -> bool:
        """Whether nobody has changed anything since a run's settings, or the defaults of the first start, were shown."""
        return self.state() == self.brought

    def show_preset(self, preset: Preset) -> None:
        """A preset's settings and length. What to learn from and the seed stay, unless the preset names them."""
        kept = {name: value for name, value in self.changed_values().items() if name in KEPT}
        self.fields.set_values({**self.fields.default_values(), **kept, **preset.fields})
        self.set_length(preset.steps or (None if preset.minutes else self.recipe.steps), preset.minutes)
        self.given, self.brought = dict(preset.fields), None

    def as_preset(self) -> dict[str, Any]:
        """What is set, as `lab.presets.save` takes it."""
        counting = self.fields.counting()
        return {"fields": {name: value for name, value in self.changed_values().items() if name in counting}, **self.length()}

    # -- what is remembered ----------------------------------------------------------------------------------------

    def restore(self, store: QSettings, group: str, first_recipe: str) -> None:
        """The recipe and settings of the last start; `first_recipe` at the very first."""
        name = str(store.value(f"{group}/recipe", first_recipe))
        with QSignalBlocker(self.recipe_box):  # A form of thirty fields takes a while to build: once is enough.
            self.recipe_box.setCurrentText(name if name in self.recipes else next(iter(self.recipes)))
        self.fields.set_open_groups(str(store.value(f"{group}/open", MAIN)).split("|"))
        self.show_recipe(self.recipe_box.currentText())
        values, given = (read_settings(store.value(f"{group}/{part}")) for part in ("values", "given"))
        self.fields.set_values(values)
        self.length_unit.setCurrentText(str(store.value(f"{group}/length", "steps")))
        with suppress(ValueError, OverflowError):  # The recipe's own length, or a settings file that somebody wrote in.
            self.steps.setValue(int(str(store.value(f"{group}/steps", ""))))
        with suppress(ValueError):
            self.minutes.setValue(float(str(store.value(f"{group}/minutes", ""))))
        self.given = given
        self.brought = self.state() if store.value(f"{group}/untouched", not values, type=bool) else None

    def remember(self, store: QSettings, group: str) -> None:
        store.setValue(f"{group}/recipe", self.recipe.name)
        store.setValue(f"{group}/values", json.dumps(self.changed_values()))
        store.setValue(f"{group}/open", "|".join(sorted(self.fields.open_groups)))
        store.setValue(f"{group}/given", json.dumps(self.given))
        store.setValue(f"{group}/untouched", self.untouched())
        store.setValue(f"{group}/length", self.length_unit.currentText())
        store.setValue(f"{group}/minutes", self.minutes.value())
        store.setValue(f"{group}/steps", self.steps.value() if self.steps.value() != self.recipe.steps else "")


def read_settings(stored: object) -> dict[str, Any]:
    """Settings that were remembered; none where somebody wrote in the file."""
    with suppress(ValueError):
        values = json.loads(stored) if isinstance(stored, str) else None
        return values if isinstance(values, dict) else {}
    return {}


def named_setting(before: dict[str, Any], after: dict[str, Any]) -> str:
    """What differs between two states of the form."""
    if before["recipe"] != after["recipe"]:
        return "recipe"
    old, new = ({**state, **state["settings"], "settings": None} for state in (before, after))
    names = [name for name in new if old.get(name) != new[name]]
    return names[0].replace("_", " ") if len(names) == 1 else "settings"
