"""The Generate panel: the recipes that learn to draw, and the latent space of each run while it trains."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import QComboBox, QFileDialog, QHBoxLayout, QLabel, QMenu, QToolButton, QWidget

from gui.generate.about import about
from gui.generate.latent_state import LatentState
from gui.generate.room import PAGES, Room
from gui.generate.tab import GenerateTab
from gui.generate.translate_page import TranslateTab, own_data
from gui.panel import AppContext
from gui.run_tab import RunTab
from gui.training_panel import TrainingPanel
from lab.config import data_kinds
from lab.data.catalogue import DATA, escaped, giving
from lab.data.image_files import files_by_class
from lab.errors import LabError, UsageError
from lab.recipes.generative.generative_config import ImageConfig
from lab.recipes.generative.translation_config import TranslationConfig
from lab.run import Run


class GeneratePanel(TrainingPanel):
    """Trains the recipes of the family Generate."""

    name = "Generate"
    family = "Generate"
    first_views = ("samples", "reconstructions", "scores", "elbo")
    first_recipe = "vae"
    empty_text = (
        "No run is open.\n\nChoose a recipe and the images on the left and press Train (Ctrl+R). Within seconds samples appear here, "
        "and you can walk through the latent space while it trains.\n\nvae on digits is the quickest to see something; "
        "dcgan draws sharper and takes minutes."
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
        self.tabs.currentChanged.connect(lambda _: self.show_about())
        self.resizeDocks([self.settings_dock], [270], Qt.Orientation.Horizontal)
        self.latent_menu = self.build_latent_menu()
        self.show_about()
        self.show_data()

    def build_latent_menu(self) -> QMenu:
        """Latent: what the room of the run in front can do."""
        menu = QMenu("&Latent", self)
        menu.setToolTipsVisible(True)

        def add(text: str, keys: str, tip: str, slot: Callable[[Room], object]) -> None:
            menu.addAction(self.action(text, keys, tip, partial(self.in_room, slot)))

        for i, (text, tip) in enumerate(
            (
                ("Samples", "Show what the model draws"),
                ("Real images", "Show test images, to encode"),
                ("Film", "Show the training as a film"),
            )
        ):
            add(text, f"Ctrl+{i + 1}", tip, lambda room, i=i: room.show_kind(i))  # type: ignore[misc]
        menu.addSeparator()
        for i, page in enumerate(PAGES):
            add(page.title, f"Ctrl+Shift+{i + 1}", page.tip, lambda room, i=i: room.show_page(i))  # type: ignore[misc]
        menu.addSeparator()
        add("Play or pause the walk", "Ctrl+Space", "Walk round and round by itself", lambda room: room.play())
        add("Spherical or linear", "Ctrl+L", "The other way of walking between anchors", lambda room: room.switch_mode())
        add(
            "Smooth or sharp",
            "Ctrl+M",
            "Smooth enlarged pictures, or show their pixels",
            lambda room: room.state.set_smooth(not room.state.smooth),
        )
        add("Other anchors", "Ctrl+K", "Four other samples of this seed as anchors", lambda room: room.shuffle())
        add("Next seed", "Ctrl+N", "Samples from other z", lambda room: room.next_seed())
        add("Undo changes of the bars", "Ctrl+Backspace", "Put the code back as it was before it was dragged", lambda room: room.undo())
        add("Set A", "Ctrl+Shift+8", "Clicked samples go into set A of the arithmetic", lambda room: room.choose_set("A"))
        add("Set B", "Ctrl+Shift+9", "Clicked samples go into set B of the arithmetic", lambda room: room.choose_set("B"))
        add("Set C", "Ctrl+Shift+0", "Clicked samples go into set C of the arithmetic", lambda room: room.choose_set("C"))
        menu.addSeparator()
        add("Play or pause the film", "Ctrl+T", "The samples over the whole training", lambda room: room.browser.play_button.toggle())
        add("Save the film…", "Ctrl+Shift+T", "The training as GIF, MP4 or NPZ", lambda room: room.browser.ask_save())
        add("Copy this page's picture", "Ctrl+Alt+C", "Copy what the page shows", lambda room: room.copy())
        add("Save this page…", "Ctrl+Shift+S", "What the page shows as GIF, PNG, MP4 or NPZ", lambda room: room.ask_save())
        self.session_menu.addSeparator()
        self.session_menu.addAction(
            self.action("Images from a folder…", "Ctrl+O", "Learn from a folder of your own images", self.pick_folder)
        )
        return menu

    def menus(self) -> list[QMenu]:
        return [*super().menus(), self.latent_menu]

    def in_room(self, slot: Callable[[Room], object]) -> None:
        """Do something in the latent space of the run in front."""
        tab = self.current_tab()
        if isinstance(tab, GenerateTab):
            tab.faces.setCurrentWidget(tab.room)
            slot(tab.room)
        else:
            self.context.say("Open a run first: press Train, or open a stored one in Runs.")

    def tab_class(self, run: Run) -> type[RunTab]:
        """Recipes that translate images have no latent space: their runs show translations."""
        config = run.recipe.config_class()
        if issubclass(config, TranslationConfig):
            return TranslateTab
        if not issubclass(config, ImageConfig):
            return RunTab
        try:
            LatentState(run)
        except LabError as error:  # Such as a folder of images that is no longer there.
            self.context.report(str(error), "")
            return RunTab
        return GenerateTab

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
            self.form.set_values({"data": own_data(recipe, folder) if translates else f"folder:{escaped(folder)}"})
        except UsageError as error:
            self.context.say(str(error))

    # -- what one is looking at ------------------------------------------------------------------------------------

    def choose_recipe(self, name: str) -> None:
        super().choose_recipe(name)
        self.show_about()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "latent_menu"):
            self.about_label.clear()  # Links keep the colour of the palette in which they were written.
            self.show_about()

    def show_about(self) -> None:
        """Explain the recipe of the run in front, or of the form where there is none."""
        if hasattr(self, "about_label"):
            run = self.current_run()
            recipe = run.recipe if run is not None else self.recipes[self.recipe_box.currentText()]
            self.about_label.setText(about(recipe.name, recipe.about))
