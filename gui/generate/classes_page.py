"""Conditional models: the same z across all classes, and a walk from one class to another."""

from typing import Any, ClassVar

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QSlider, QSplitter, QVBoxLayout, QWidget

from gui.generate.image_grid import ImageGrid
from gui.generate.latent_page import LatentPage
from gui.generate.latent_state import LatentState
from gui.widgets.picture import Picture

STEPS = 41
SHOWN = 11


class ClassesPage(LatentPage):
    """A grid with a row for each z and a column for each class; below, one z while the class changes."""

    title: ClassVar[str] = "Classes"
    tip: ClassVar[str] = "Each z across all classes, and interpolation between two classes"
    reading: ClassVar[str] = "Each row is one z, each column a class: what stays the same along a row is the style."
    needs: ClassVar[tuple[str, ...]] = ("classes", "class_interpolation")
    hint: ClassVar[str] = "Click a sample to interpolate between classes with its z."

    def __init__(self, state: LatentState, parent: QWidget | None = None):
        super().__init__(state, parent)
        self.anchor = "0@0"
        self.answer: Any = None
        self.grid = ImageGrid("The grid of classes appears here once the model has loaded.")
        self.grid.setToolTip(
            "Rows are latent codes z, columns are classes: style should be constant along a row. Click to use that z below"
        )
        self.grid.setAccessibleName("Each z across all classes")
        self.grid.picked.connect(self.pick_row)
        self.first, self.second = QComboBox(toolTip="First class"), QComboBox(toolTip="Second class")
        for box, start in ((self.first, 3), (self.second, 8)):
            box.addItems(list(state.class_names))
            box.setCurrentIndex(min(start, len(state.class_names) - 1))
            box.currentIndexChanged.connect(self.ends_changed)
        self.slider = QSlider(Qt.Orientation.Horizontal, maximum=STEPS - 1, value=STEPS // 2)
        self.slider.setToolTip("Weight of each class in the condition (arrow keys)")
        self.slider.setAccessibleName("Class interpolation")
        self.slider.valueChanged.connect(self.draw)
        self.share = QLabel(textFormat=Qt.TextFormat.PlainText)
        self.picture = Picture("The interpolated image appears here.", (110, 110))
        self.strip = ImageGrid("", pickable=False)
        row = QHBoxLayout()
        row.addWidget(QLabel("From class"))
        row.addWidget(self.first)
        row.addWidget(self.slider, 1)
        row.addWidget(QLabel("to"))
        row.addWidget(self.second)
        lower = QWidget()
        below = QVBoxLayout(lower)
        below.setContentsMargins(0, 0, 0, 0)
        below.addLayout(row)
        below.addWidget(self.picture, 3)
        below.addWidget(self.strip, 1)
        below.addWidget(self.share)
        split = QSplitter(Qt.Orientation.Vertical, childrenCollapsible=False)
        split.addWidget(self.grid)
        split.addWidget(lower)
        split.setSizes([330, 260])
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(split)
        self.rows = self.query("classes", lambda: {"n": 8, "seed": 0}, self.show_grid, self.grid.show_text, interval=0.4)
        self.between = self.query("class_interpolation", self.parameters, self.show_between, self.picture.show_text, interval=0.5)

    def parameters(self) -> dict[str, Any]:
        return {"a": self.first.currentIndex(), "b": self.second.currentIndex(), "anchor": self.anchor, "steps": STEPS}

    def export(self) -> tuple[str, dict[str, Any]] | None:
        return "class_interpolation", self.parameters()

    def show_grid(self, answer: Any) -> None:
        self.grid.name([f"z{i}" for i in range(len(answer.pixels) // answer.columns)], list(self.state.class_names))
        self.grid.show_answer(answer)

    def show_between(self, answer: Any) -> None:
        self.answer = answer
        every = max(1, (len(answer.pixels) - 1) // (SHOWN - 1))
        chosen = answer.pixels[::every]
        self.strip.show_images(chosen, len(chosen))
        self.draw()

    def draw(self, *_: object) -> None:
        """The picture at the slider's place, from the newest answer: every place of the slider was decoded."""
        value = self.slider.value()
        share = value / (STEPS - 1)
        a, b = self.first.currentText(), self.second.currentText()
        self.share.setText(f"Condition: {1 - share:.0%} class {a}, {share:.0%} class {b}")
        if self.answer is not None:
            self.picture.show_pixels(self.answer.pixels[min(value, len(self.answer.pixels) - 1)])

    def ends_changed(self, *_: object) -> None:
        self.between.stale = True
        self.draw()

    def pick(self, anchor: str) -> None:
        self.anchor = anchor
        self.between.stale = True

    def pick_row(self, index: int) -> None:
        """A tile of the grid: its z, and its class as the one that is asked for elsewhere."""
        self.anchor = f"{index // len(self.state.class_names)}@0"
        self.state.set_label(index % len(self.state.class_names))
        self.state.marks_changed.emit()
        self.between.stale = True

    def badges(self) -> dict[str, str]:
        return {self.anchor: "z"}
