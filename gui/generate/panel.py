"""The Generate panel: the recipes that learn to draw, and the latent space of each run while it trains."""

from pathlib import Path
from typing import ClassVar

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QFileDialog, QHBoxLayout, QLabel, QToolButton, QWidget

from gui.actions import Action
from gui.panel import AppContext
from gui.training_panel import TrainingPanel
from gui.widgets.transport import MENU
from lab.config import data_kinds
from lab.data.catalogue import DATA, escaped, giving
from lab.data.image_files import files_by_class
from lab.errors import LabError, UsageError
from lab.recipes.generative.translation_config import TranslationConfig

OPEN_DATA = Action(
    "open_data", "Images from a folder…", "Train on a folder of your own images", lambda panel: panel.pick_folder(), "Ctrl+O", MENU,
    separator=True,
)  # fmt: skip


class GeneratePanel(TrainingPanel):
    """Trains the recipes of the family Generate."""

    name = "Generate"
    family = "Generate"
    whole: ClassVar[bool] = True
    ACTIONS: ClassVar[tuple[Action, ...]] = (*TrainingPanel.ACTIONS, OPEN_DATA)
    first_recipe = "vae"
    empty_text = (
        "No run is open.\n\nChoose a recipe and data on the left and press Train (Ctrl+R). Samples appear here within seconds, "
        "and you can explore the latent space during training.\n\nvae on digits is the quickest to train; "
        "dcgan gives sharper samples and takes minutes."
    )

    def __init__(self, context: AppContext):
        self.data_row = QWidget()
        self.data_names: list[str] = []
        self.data_box = QComboBox(toolTip="The images to learn from (Ctrl+O for a folder of your own)")
        self.folder_button = QToolButton(text="Folder…", toolTip="Learn from a folder of your own images; sub-folders are classes (Ctrl+O)")
        super().__init__(context)
        row = QHBoxLayout(self.data_row)
        row.setContentsMargins(0, 0, 0, 0)
        label = QLabel("Images")
        label.setBuddy(self.data_box)
        row.addWidget(label)
        row.addWidget(self.data_box, 1)
        row.addWidget(self.folder_button)
        self.form_layout.insertWidget(2, self.data_row)
        self.data_box.activated.connect(self.choose_data)
        self.folder_button.clicked.connect(self.pick_folder)
        self.resizeDocks([self.settings_dock], [270], Qt.Orientation.Horizontal)
        self.show_data()

    # -- the images ------------------------------------------------------------------------------------------------

    def form_changed(self) -> None:
        super().form_changed()
        self.show_data()

    def offered(self) -> dict[str, str]:
        """The data that the recipe of the form learns from, each with a line about it."""
        config_class = self.form.config_class
        field = config_class.model_fields.get("data") if config_class is not None else None
        return giving(*data_kinds(field)) if field is not None else {}

    def show_data(self) -> None:
        """The form's data in the box above it, among what its recipe learns from."""
        data, offered = str(self.form.values().get("data", "")), self.offered()
        self.data_row.setVisible(bool(offered))
        if list(offered) != self.data_names:
            self.data_names = list(offered)
            self.data_box.clear()
            for name, text in offered.items():
                self.data_box.addItem(f"{text[:1].upper()}{text[1:]}…" if DATA[name].prefix else name, name)
                self.data_box.setItemData(self.data_box.count() - 1, text, Qt.ItemDataRole.ToolTipRole)
        if data and offered and self.data_box.findData(data) < 0:
            self.data_box.addItem(data, data)
            self.data_box.setItemData(self.data_box.count() - 1, data, Qt.ItemDataRole.ToolTipRole)
        self.data_box.setCurrentIndex(self.data_box.findData(data))

    def choose_data(self, index: int) -> None:
        """A data set by its name, or folders of one's own, which a dialog asks for."""
        name = str(self.data_box.itemData(index))
        if name not in DATA or not DATA[name].prefix:
            self.form.set_values({"data": name})
            return
        folders: list[Path] = []
        for title in DATA[name].asks:
            folder = self.ask_folder(title)
            if folder is None:
                break
            folders.append(folder)
        else:
            self.use_folders(name.partition(":")[0], folders)
        self.show_data()

    def ask_folder(self, title: str) -> Path | None:
        """The folder that the user chooses; None where the dialog is closed."""
        dialog = QFileDialog(self, title)
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        chosen = Path(dialog.selectedFiles()[0]) if dialog.exec() and dialog.selectedFiles() else None
        dialog.deleteLater()
        return chosen

    def use_folders(self, kind: str, folders: list[Path]) -> None:
        """Learn from folders of one's own: `kind` is folder, folders (unpaired) or pairs."""
        try:
            for folder in folders:
                files_by_class(folder)
        except LabError as error:
            self.context.say(str(error))
            return
        self.form.set_values({"data": f"{kind}:{','.join(map(escaped, folders))}"})

    def pick_folder(self) -> None:
        """Choose a folder of images; for recipes that translate, one that holds the two domains."""
        folder = self.ask_folder("A folder of images; sub-folders are classes")
        if folder is not None:
            self.use_folder(folder)

    def use_folder(self, folder: Path) -> None:
        """Learn from a folder; a recipe that translates takes its two sub-folders as the domains."""
        recipe = self.recipe_box.currentText()
        translates = issubclass(self.recipes[recipe].config_class(), TranslationConfig)
        try:
            paired = "task" in self.recipes[recipe].config_class().model_fields
            self.form.set_values({"data": own_data(paired, folder) if translates else f"folder:{escaped(folder)}"})
        except UsageError as error:
            self.context.say(str(error))


def own_data(paired: bool, folder: Path) -> str:
    """The value of `data` for a folder of one's own: its two sub-folders are the domains; of pairs, one folder is enough.

    Raises UsageError where two domains are needed and it does not hold two folders.
    """
    parts = sorted(part for part in folder.iterdir() if part.is_dir() and not part.name.startswith("."))
    train = [part for part in parts if part.name in ("trainA", "trainB")]
    parts = train if len(train) == 2 else parts
    two = f"{escaped(parts[0])},{escaped(parts[1])}" if len(parts) == 2 else ""
    if paired:
        return f"pairs:{two}" if two else f"folder:{escaped(folder)}"
    if not two:
        raise UsageError(
            f"Unpaired translation needs two domains: choose a folder that holds two folders of images; {folder} holds {len(parts)}."
        )
    return f"folders:{two}"
