"""Two runs side by side, below the Inspect page: one image seen by both networks, and the images that they classify differently."""

from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from gui import theme
from gui.page import Page
from gui.vision.gallery import GalleryView
from gui.vision.probabilities import Probabilities
from gui.vision.vision_state import VisionState
from gui.widgets.picture import Picture
from gui.widgets.room import Turning
from lab.stored_runs import runs


class CompareTab(QWidget):
    """`page` asks for what is seen here; `split` is the part of the data whose images are compared."""

    opened = Signal(str)
    """An image of the data was clicked."""
    picked = Signal(str)
    """A class was clicked."""

    def __init__(self, page: Page, state: VisionState, split: QComboBox):
        super().__init__()
        self.state, self.split = state, split
        self.other = QComboBox(toolTip="Run to compare with, image by image")
        self.other.activated.connect(lambda _: self.other_chosen())
        self.refresh_button = QToolButton(text="Refresh", toolTip="Refresh the list of runs on the same data")
        self.refresh_button.clicked.connect(self.offer_runs)
        self.compared: GalleryView = GalleryView(
            "Both runs predict the same classes.", "Captions: true class, then the prediction of this run | of the other run."
        )
        self.compared.opened.connect(self.opened)
        self.second = Picture("The same image, seen by the other run's network", (110, 80))
        self.second.setToolTip("Grad-CAM of the other run's network for the same image: red is evidence, blue is none")
        self.second_bars = Probabilities()
        self.second_bars.picked.connect(self.picked)
        line = QHBoxLayout()
        line.addWidget(QLabel("Compare with"))
        line.addWidget(self.other, 1)
        line.addWidget(self.refresh_button)
        pair = Turning((150, 190, 300), (120, 120, 160))
        for part in (self.second, self.second_bars, self.compared):
            pair.addWidget(part)
        pair.setSizes([150, 190, 300])
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, theme.GAP, 0, 0)
        layout.addLayout(line)
        layout.addWidget(pair, 1)
        self.apart = page.query("compare", self.compare_parameters, self.compared.show_answer, self.compared.show_note, 2.0)
        self.beside = page.query("second_look", self.second_parameters, self.show_second, self.second.show_text, 0.2)

    def offer_runs(self) -> None:
        """The other runs that learned the same images."""
        before = self.other.currentData()
        self.other.clear()
        data = self.state.run.stored["config"].get("data")
        for run in runs():
            if (
                "inspect" in run.recipe.config_class().pages
                and run.stored["config"].get("data") == data
                and run.path.resolve() != self.state.run.path.resolve()
            ):
                self.other.addItem(run.name, str(run.path))
        self.other.setCurrentIndex(max(0, self.other.findData(before)))
        if not self.other.count():
            self.compared.show_note("No other run was trained on this data set yet. Train a second one.")
        self.apart.stale = True

    def compare_parameters(self) -> dict[str, Any] | None:
        other = self.other.currentData()
        return {"other": other, "split": self.split.currentText()} if other else None

    def other_chosen(self) -> None:
        """Another run to compare with."""
        self.beside.stale = True
        self.apart.ask()
        self.beside.ask()

    def second_parameters(self) -> dict[str, Any] | None:
        other = self.other.currentData()
        return {"image": self.state.image, "label": self.state.label, "other": other} if other else None

    def show_second(self, answer: Any) -> None:
        """What the other network makes of the image, beside what this one does."""
        from lab.recipes.vision.image_pictures import enlarged, overlay

        large = enlarged(answer.image)
        self.second.show_pixels(large if answer.heat is None else overlay(large, answer.heat))
        self.second_bars.show_values(answer.classes, answer.probabilities, answer.chosen, answer.truth)
