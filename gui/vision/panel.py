"""The Vision panel: image classifiers on any labelled images, and what is inside them while they learn."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QMenu

from gui.panel import AppContext
from gui.run_tab import RunTab
from gui.training_panel import TrainingPanel
from gui.vision.about import ABOUT
from gui.vision.inspect_page import METHODS, InspectPage
from gui.vision.tab import VisionTab
from gui.vision.worked_examples import WorkedExamples
from lab.data.catalogue import escaped, giving
from lab.run import Run


class VisionPanel(TrainingPanel):
    """Trains the recipes of the family Vision."""

    name = "Vision"
    family = "Vision"
    first_views = ("training_curves", "confusion", "layer_statistics", "filters")
    about_html = ABOUT
    empty_text = (
        "No run is open.\n\nPress Train (Ctrl+R): LeNet-5 learns handwritten digits within a minute. Then draw a digit "
        "and watch the network classify it.\n\nNew to this? See Inspect > Worked examples (Ctrl+J)."
    )

    def __init__(self, context: AppContext):
        super().__init__(context)
        self.resizeDocks([self.settings_dock], [280], Qt.Orientation.Horizontal)
        self.worked_examples: WorkedExamples | None = None
        self.look_menu = self.build_look_menu()

    def tab_class(self, run: Run) -> type[RunTab]:
        return VisionTab

    def choices(self) -> dict[str, tuple[str, ...]]:
        """The data sets in a list; a folder is chosen by its own entry in the menu."""
        if self.recipe_box.currentText() != "classify":
            return {}
        data = str(self.form.values().get("data", "")) if self.form.config_class is not None else ""
        names = tuple(name for name in giving("images") if ":" not in name)
        return {"data": (*names, data) if ":" in data else names}

    def build_look_menu(self) -> QMenu:
        """Look: what the Look page of the run in front can do."""
        menu = QMenu("&Look", self)
        menu.setToolTipsVisible(True)

        def add(text: str, keys: str, tip: str, slot: Callable[[InspectPage], object]) -> None:
            menu.addAction(self.action(text, keys, tip, partial(self.on_page, slot)))

        add("Clear the drawing", "Ctrl+Backspace", "Draw a new image", lambda page: page.canvas.clear())
        add("Next image", "Ctrl+N", "The next image of the data", lambda page: page.next_image())
        add("Image file…", "Ctrl+O", "Look at an image file", lambda page: page.ask_file())
        add("Agent's screen", "Ctrl+L", "Look at what the watched agent sees, or stop", lambda page: page.agent_button.toggle())
        menu.addSeparator()
        for i, name in enumerate(METHODS):
            add(name, f"Ctrl+{i + 1}", f"Show where the network looks by {name}", lambda page, name=name: page.method.setCurrentText(name))  # type: ignore[misc]
        menu.addSeparator()
        for i, (name, tip) in enumerate(
            (
                ("Feature maps", "What the layers answer"),
                ("Worst mistakes", "Click one to open it"),
                ("Compare runs", "Where two runs differ"),
            )
        ):
            add(name, f"Ctrl+Shift+{i + 1}", tip, lambda page, i=i: page.below.setCurrentIndex(i))  # type: ignore[misc]
        menu.addSeparator()
        menu.addAction(
            self.action("Learn from a folder…", "Ctrl+K", "A folder with a sub-folder of images for each class", self.pick_folder)
        )
        menu.addAction(
            self.action(
                "Worked examples…", "Ctrl+J", "Backpropagation and convolution by hand, number by number", self.show_worked_examples
            )
        )
        return menu

    def menus(self) -> list[QMenu]:
        return [*super().menus(), self.look_menu]

    def on_page(self, slot: Callable[[InspectPage], object]) -> None:
        """Do something on the Look page of the run in front."""
        tab = self.current_tab()
        if isinstance(tab, VisionTab) and tab.look.isEnabled():
            tab.faces.setCurrentWidget(tab.look)
            slot(tab.look)
        else:
            self.context.say("Open a classifier's run first: press Train, or open a stored run in Runs.")

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
