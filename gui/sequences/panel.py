"""The Sequences panel: language models, translators, taggers, forecasters and word vectors."""

from pathlib import Path
from typing import ClassVar

from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QToolButton

from gui.actions import Action
from gui.panel import AppContext
from gui.training_panel import TrainingPanel
from gui.widgets.transport import MENU
from lab.config import data_kinds
from lab.data.catalogue import DATA, giving
from lab.run import Run

OPEN_DATA = Action(
    "open_data", "Data from a file…", "Train on a text, TSV or CSV file of your own", lambda panel: panel.pick_file(), "Ctrl+O", MENU,
    separator=True,
)  # fmt: skip


class SequencesPanel(TrainingPanel):
    """Trains the recipes of the family Sequences."""

    name = "Sequences"
    family = "Sequences"
    first_recipe = "gpt"
    ACTIONS: ClassVar[tuple[Action, ...]] = (*(action for action in TrainingPanel.ACTIONS if action.id != OPEN_DATA.id), OPEN_DATA)
    empty_text = (
        "No run is open.\n\nChoose a recipe on the left and press Train (Ctrl+R). During training gpt and char-rnn continue your prompt, "
        "seq2seq translates your sentence and tag highlights your source.\n\ntext-class is the quickest to train; gpt on pydocs "
        "produces words within a minute or two."
    )

    def __init__(self, context: AppContext):
        self.files: list[str] = []
        self.file_button = QToolButton(text=OPEN_DATA.text, toolTip=OPEN_DATA.tooltip)
        super().__init__(context)
        self.file_button.clicked.connect(self.pick_file)
        row = QHBoxLayout()
        row.addWidget(self.file_button)
        row.addStretch(1)
        self.form_layout.insertLayout(2, row)

    # -- the form --------------------------------------------------------------------------------------------------

    def choices(self) -> dict[str, tuple[str, ...]]:
        kinds = data_kinds(self.recipes[self.recipe_box.currentText()].config_class().model_fields["data"])
        return {"data": (*(name for name in giving(*kinds) if DATA[name].origin != "own"), *self.files)}

    def choose_recipe(self, name: str) -> None:
        """Another recipe's settings; the data stays where the new one knows it."""
        self.recipe_box.setCurrentText(name)
        kept = self.form.values().get("data") if self.form.config_class is not None else None
        super().choose_recipe(name)
        if kept is not None and kept not in self.choices()["data"]:
            default = self.recipes[name].config_class().model_fields["data"].default
            self.form.set_values({"data": default})

    def pick_file(self) -> None:
        dialog = QFileDialog(self, "A text, TSV or CSV file")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        if dialog.exec() and dialog.selectedFiles():
            self.use_file(Path(dialog.selectedFiles()[0]))
        dialog.deleteLater()

    def use_file(self, path: Path) -> None:
        """Offer a file as data, and choose it."""
        self.offer_file(f"file:{path}")
        self.form.set_values({"data": f"file:{path}"})

    def offer_file(self, value: str) -> None:
        if value not in self.files:
            self.files.append(value)
            values = self.form.values()
            self.form.set_config(self.recipes[self.recipe_box.currentText()].config_class(), self.choices())
            self.form.set_values(values)

    def clone(self, run: Run) -> None:
        data = str(run.stored["config"].get("data", ""))
        if data.startswith("file:"):
            self.recipe_box.setCurrentText(run.recipe.name)
            self.offer_file(data)
        super().clone(run)
