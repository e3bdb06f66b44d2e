"""Pictures drawn one place after the other: how they appear, half pictures completed, and what surprises the network."""

import base64
from typing import Any, ClassVar

import numpy as np
from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QComboBox, QSlider, QSpinBox, QToolButton, QVBoxLayout, QWidget

from gui.actions import Action
from gui.generate.front_tabs import FrontTabs, with_names
from gui.generate.image_grid import ImageGrid
from gui.generate.latent_page import LatentPage
from gui.generate.latent_state import LatentState
from gui.widgets.drawing import Drawing

APPEARING, COMPLETION, SURPRISE = "Appearing", "Completion", "Surprise"
IMAGES, DRAWN = "test images", "my drawing"
TICK = 33
SECONDS = 8
"""How long a film takes."""
FRAMES = 10_000
"""A picture for each place."""
PLAY = Action("play_places", "Play", "Play or pause the places as they appear", lambda page: page.play.click(), "Ctrl+Alt+L", "&Places")


class PlacesPage(LatentPage):
    """A tab for each question, asked while it is in front. The film is played by the page itself."""

    title: ClassVar[str] = "Places"
    tip: ClassVar[str] = "Watch a picture appear place by place, let the network complete one, see what surprises it"
    reading: ClassVar[str] = (
        "Appearing: blue is not drawn yet, orange was drawn last. Completion: the upper part is kept, the rest is drawn given it. Surprise: bright places were unlikely."
    )
    needs: ClassVar[tuple[str, ...]] = ("appearing", "completions")
    ACTIONS: ClassVar[tuple[Action, ...]] = (PLAY,)
    hint: ClassVar[str] = "Click a test image to complete it and those after it."

    def __init__(self, state: LatentState, parent: QWidget | None = None):
        super().__init__(state, parent)
        self.film = np.zeros((0, 1, 1, 3), np.uint8)
        self.counts: list[int] = []
        self.place = QSlider(Qt.Orientation.Horizontal, maximum=0)
        self.place.setToolTip("How many places have been drawn (arrow keys)")
        self.place.setAccessibleName("Places drawn")
        self.place.valueChanged.connect(self.draw)
        self.play = QToolButton(text="Pause", checkable=True, checked=True, toolTip=PLAY.tooltip)
        self.play.toggled.connect(self.played)
        self.pictures = QComboBox(toolTip="How many samples appear together")
        self.pictures.addItems(["1", "4", "9", "16"])
        self.pictures.setCurrentText("9")
        self.pictures.currentTextChanged.connect(self.refresh)
        self.kind = QComboBox(toolTip="What is completed")
        self.kind.addItems([IMAGES, DRAWN])
        self.kind.currentTextChanged.connect(self.kind_changed)
        self.index = QSpinBox(maximum=2**31 - 1, toolTip="Number of the first test image")
        self.index.valueChanged.connect(self.refresh)
        self.kept = QSlider(Qt.Orientation.Horizontal, maximum=100, value=50)
        self.kept.setToolTip("How much of the picture is kept, from the top (arrow keys)")
        self.kept.setAccessibleName("Part that is kept")
        self.kept.valueChanged.connect(self.refresh)
        self.drawing = Drawing(pen=0.14 if state.shape[1] < 16 else 0.09)
        self.drawing.setVisible(False)
        self.drawing.setMinimumHeight(140)
        self.drawing.changed.connect(self.refresh)
        self.tabs = FrontTabs(self)
        self.tabs.add(
            APPEARING, "Samples of the seed on the left, place after place in reading order", "appearing", self.appearing,
            {"Samples": self.pictures, "Places": self.place, "": self.play}, self.show_film,
        )  # fmt: skip
        self.tabs.add(
            COMPLETION, "The image, the part that is kept, and ways in which the network draws the rest", "completions", self.completion,
            {"Complete": self.kind, "from number": self.index, "Keep": self.kept}, with_names,
        )  # fmt: skip
        self.tabs.add(
            SURPRISE, "Test images, and how unlikely each place was; the numbers are nats per image", "surprise",
            lambda: {"first": self.index.value(), "n": 8}, {}, self.show_surprise,
        )  # fmt: skip
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.tabs, 1)
        layout.addWidget(self.drawing)
        self.tabs.currentChanged.connect(self.kind_changed)
        self.timer = QTimer(self, interval=TICK)
        self.timer.timeout.connect(self.advance)

    # -- what is asked ---------------------------------------------------------------------------------------------

    def appearing(self) -> dict[str, Any]:
        return {"n": int(self.pictures.currentText()), "seed": self.state.seed, "frames": FRAMES}

    def completion(self) -> dict[str, Any] | None:
        asked = {"n": 7, "kept": self.kept.value() / 100, "seed": self.state.seed}
        if self.kind.currentText() == IMAGES:
            return {**asked, "first": self.index.value(), "images": 4}
        if self.drawing.empty:
            return None
        channels, height, width = self.state.shape
        pixels = np.repeat(self.drawing.pixels(height, width)[..., None], channels, axis=-1)
        return {**asked, "pixels": base64.b64encode(pixels.tobytes()).decode(), "label": self.state.label}

    def export(self) -> tuple[str, dict[str, Any]] | None:
        """As `lab show` writes it: a film has fewer pictures than the page plays."""
        asked = self.tabs.export()
        if asked is not None:
            asked[1].pop("frames", None)
        return asked

    # -- what arrives ----------------------------------------------------------------------------------------------

    def show_film(self, grid: ImageGrid, answer: Any) -> None:
        """Another film: it goes on where the last one was."""
        first = not len(self.film)
        self.film, self.counts = answer.history, answer.steps
        self.place.setMaximum(len(self.film) - 1)
        if first and self.play.isChecked():
            self.timer.start()
        self.draw()

    def show_surprise(self, grid: ImageGrid, answer: Any) -> None:
        grid.name(["image", "surprise"], list(answer.captions[-answer.columns :]))
        grid.show_answer(answer)

    def draw(self, *_: object) -> None:
        """The film's picture at the slider."""
        if len(self.film):
            now = min(self.place.value(), len(self.film) - 1)
            self.tabs.grids[APPEARING].show_images(self.film[now : now + 1], 1)
            note = self.tabs.notes[APPEARING]
            note.setText(f"{self.counts[now]} of {self.counts[-1]} places drawn.")
            note.setVisible(True)

    # -- the film --------------------------------------------------------------------------------------------------

    def advance(self) -> None:
        """The next picture; from the beginning after the last."""
        if not self.isVisible() or self.tabs.front != APPEARING or not len(self.film):
            return
        last = len(self.film) - 1
        step = max(1, round(last * TICK / 1000 / SECONDS))
        self.place.setValue(0 if self.place.value() >= last else min(last, self.place.value() + step))

    def played(self, playing: bool) -> None:
        self.play.setText("Pause" if playing else "Play")
        self.timer.start() if playing else self.timer.stop()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.timer.stop()

    def tick(self) -> None:
        super().tick()
        if self.play.isChecked() and len(self.film) and not self.timer.isActive():
            self.timer.start()

    # -- the hand --------------------------------------------------------------------------------------------------

    def kind_changed(self, *_: object) -> None:
        drawn = self.kind.currentText() == DRAWN
        self.index.setEnabled(not drawn)
        self.drawing.setVisible(drawn and self.tabs.front == COMPLETION)
        if drawn and self.drawing.empty:
            self.tabs.grids[COMPLETION].show_text("Draw the upper part of a picture below; the network draws the rest.")
        self.refresh()

    def pick(self, anchor: str) -> None:
        if anchor.startswith("image:"):
            self.index.setValue(int(anchor.partition(":")[2]))
            self.state.marks_changed.emit()

    def badges(self) -> dict[str, str]:
        return {f"image:{self.index.value()}": "1"}
