"""The Vision panel: image classifiers on any labelled images, and what is inside them while they learn."""

from pathlib import Path
from typing import ClassVar

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog

from gui.actions import Action
from gui.panel import AppContext
from gui.training_panel import TrainingPanel
from gui.vision.worked_examples import WorkedExamples
from gui.widgets.transport import MENU
from lab.data.catalogue import escaped, giving

OPEN_DATA = Action(
    "open_data", "Images from a folder…", "Train on a folder with one sub-folder of images per class", lambda panel: panel.pick_folder(),
    "Ctrl+O", MENU, separator=True,
)  # fmt: skip
EXAMPLES = Action(
    "examples", "Worked examples…", "Backpropagation and convolution step by step, with numbers",
    lambda panel: panel.show_worked_examples(), "Ctrl+J", MENU,
)  # fmt: skip


class VisionPanel(TrainingPanel):
    """Trains the recipes of the family Vision."""

    name = "Vision"
    family = "Vision"
    whole: ClassVar[bool] = True
    ACTIONS: ClassVar[tuple[Action, ...]] = (*TrainingPanel.ACTIONS, OPEN_DATA, EXAMPLES)
    empty_text = (
        "No run is open.\n\nPress Train (Ctrl+R): LeNet-5 learns handwritten digits within a minute. Then draw a digit "
        "and watch the network classify it.\n\nNew to this? See Training > Worked examples (Ctrl+J)."
    )

    def __init__(self, context: AppContext):
        super().__init__(context)
        self.resizeDocks([self.settings_dock], [280], Qt.Orientation.Horizontal)
        self.worked_examples: WorkedExamples | None = None

    def choices(self) -> dict[str, tuple[str, ...]]:
        """The data sets in a list; a folder is chosen by its own entry in the menu."""
        if self.recipe_box.currentText() != "classify":
            return {}
        data = str(self.form.values().get("data", "")) if self.form.config_class is not None else ""
        names = tuple(name for name in giving("images") if ":" not in name)
        return {"data": (*names, data) if ":" in data else names}

    def pick_folder(self) -> None:
        """Choose a folder with a class in each sub-folder."""
        name = QFileDialog.getExistingDirectory(self, "A folder with a sub-folder of images for each class")
        if name:
            self.use_folder(name)

    def use_folder(self, name: str) -> None:
        """Put a folder into the form."""
        self.recipe_box.setCurrentText("classify")
        values = {**self.form.values(), "data": f"folder:{escaped(Path(name))}"}
        names = tuple(known for known in giving("images") if ":" not in known)
        self.form.set_config(self.recipes["classify"].config_class(), {"data": (*names, values["data"])})
        self.form.set_values(values)

    def show_worked_examples(self) -> None:
        """Open the worked examples in a window of their own."""
        if self.worked_examples is None:
            self.worked_examples = WorkedExamples(self)
        self.worked_examples.show()
        self.worked_examples.raise_()

    def shut(self) -> None:
        super().shut()
        if self.worked_examples is not None:
            self.worked_examples.close()
            self.worked_examples = None
