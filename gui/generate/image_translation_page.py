"""Translating images while the model trains: one drawn with the mouse, a file, a held-out image, or the frames of the watched Atari agent."""

import base64
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from PySide6.QtCore import QObject
from PySide6.QtWidgets import (
    QComboBox,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QSpinBox,
    QSplitter,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)  # fmt: skip

from gui.atari.watched_frame import watched_frame
from gui.generate.code_bars import CodeBars
from gui.generate.image_grid import ImageGrid
from gui.page import Page
from gui.theme import faint
from gui.undo import History
from gui.view_query import PageState
from gui.widgets.drawing import Drawing
from gui.widgets.picture import Picture
from gui.widgets.titled import titled
from lab.answers import Bars
from lab.data.image_files import IMAGE_FILTER
from lab.run import Run

STROKE = 0.09
"""The width of a drawn stroke as a share of the picture's side."""
IMAGE, DRAWN, LOADED, ATARI = "held-out image", "my drawing", "image file", "Atari (live)"
HOLES = "my holes"
"""Offered by a network that fills holes: they are drawn over a held-out target."""
HOLE_WIDTH = 1 / 8
"""The width of a drawn hole as a share of the side, as in training."""
NO_AGENT = "No agent is playing. Open the Atari panel (Alt+1) first; the frames of the agent there are translated here."


class ImageTranslationState(PageState):
    """One run's translator as the screen sees it."""

    run: Run

    def __init__(self, run: Run, parent: QObject | None = None, history: History | None = None):
        super().__init__(run, parent, history)
        config: Any = run.config(exists=False)
        self.side: int = config.size
        """Height and width of the images, in pixels."""
        self.style: int = getattr(config, "style", 0)
        """Dimensions of the style code; 0 where there is none."""
        self.fills = getattr(config, "task", "") == "holes" and not config.data.startswith("pairs:")
        """Whether the network fills holes."""


class ImageTranslationPage(Page):
    """On the left the input, on the right its translation by the newest weights; below, the style code, and whole cycles."""

    title: ClassVar[str] = "Translate"
    tip: ClassVar[str] = "Translate an image of one domain to the other"
    reading: ClassVar[str] = "Below: held-out images, their translations, and the way back or the target. A bar is one number of the style."
    needs: ClassVar[tuple[str, ...]] = ("translate",)
    state_class: ClassVar[type[PageState]] = ImageTranslationState
    state: ImageTranslationState

    def __init__(self, state: ImageTranslationState, parent: QWidget | None = None):
        super().__init__(state, parent)
        self.loaded: Path | None = None
        self.live_frame: np.ndarray | None = None
        self.two_ways = False
        """Whether the model also translates from B to A."""
        self.kind = QComboBox(toolTip="What to translate")
        self.kind.addItems([IMAGE, HOLES, DRAWN, LOADED, ATARI] if state.fills else [IMAGE, DRAWN, LOADED, ATARI])
        self.direction = QComboBox(toolTip="Direction of translation")
        self.direction.addItems(["A → B", "B → A"])
        self.index = QSpinBox(maximum=2**31 - 1, toolTip="Index of the held-out image")
        self.open_button = QToolButton(text="Open…", toolTip="Open an image, or drop one here; its central square is translated")
        self.clear_button = QToolButton(text="Clear", toolTip="Clear the canvas (Delete)")
        self.seed = QSpinBox(maximum=2**31 - 1, toolTip="Seed of the image of B whose style is used")
        self.random_button = QToolButton(text="Next style", toolTip="Use the style of another random image of B")
        self.drawing = Drawing(pen_width(state.run))
        self.holes = Drawing(HOLE_WIDTH)
        self.holes.setAccessibleName("Holes")
        self.given = Picture("The input appears here.", (110, 110))
        self.translated = Picture("The translation appears here.", (110, 110))
        self.style_bars = CodeBars(max(1, state.style))
        self.style_bars.setToolTip("The style code: drag a bar to see what it encodes")
        self.cycles = ImageGrid("Held-out images, their translations and reconstructions appear here.")
        self.note = QLabel(wordWrap=True)
        faint(self.note)
        self.setAcceptDrops(True)
        self.build()
        self.translating = self.query("translate", self.parameters, self.show_translation, self.note.setText, interval=0.1)
        self.styling = self.query("style", self.style_parameters, self.show_style, self.note.setText, interval=1.0)
        self.cycling = self.query("results", self.cycle_parameters, self.show_cycles, self.cycles.show_text, interval=1.0)
        self.drawing.changed.connect(self.drawn)
        self.holes.changed.connect(self.changed)
        self.kind.currentTextChanged.connect(self.kind_changed)
        self.direction.currentIndexChanged.connect(self.direction_changed)
        self.index.valueChanged.connect(self.changed)
        self.open_button.clicked.connect(self.ask_file)
        self.clear_button.clicked.connect(lambda: self.canvas.clear())
        self.seed.valueChanged.connect(self.new_style)
        self.random_button.clicked.connect(lambda: self.seed.setValue(self.seed.value() + 1))
        self.style_bars.changed.connect(self.changed)
        self.cycles.picked.connect(self.pick)
        state.source_changed.connect(self.source_changed)
        self.new_style()
        self.kind_changed(self.kind.currentText())
        self.trail = state.trail(
            self.given_state, self.set_given, busy=lambda: self.canvas.last is not None or self.style_bars.last is not None
        )
        for told in (
            self.drawing.settled, self.holes.settled, self.style_bars.settled, self.kind.currentTextChanged, self.direction.currentIndexChanged,
            self.index.valueChanged, self.seed.valueChanged,
        ):  # fmt: skip
            told.connect(self.trail.note)

    def build(self) -> None:
        row = QHBoxLayout()
        for widget in (QLabel("Translate"), self.kind, self.index, self.open_button, self.clear_button, self.direction):
            row.addWidget(widget)
        row.addStretch(1)
        self.style_row = QWidget()
        style = QHBoxLayout(self.style_row)
        style.setContentsMargins(0, 0, 0, 0)
        for widget in (QLabel("Style"), self.seed, self.random_button):
            style.addWidget(widget)
        row.addWidget(self.style_row)
        self.left = QStackedWidget()
        self.left.addWidget(self.given)
        self.left.addWidget(self.drawing)
        self.left.addWidget(self.holes)
        self.pictures = QSplitter(childrenCollapsible=False)
        for caption, picture in (("Input", self.left), ("Translation", self.translated)):
            self.pictures.addWidget(titled(caption, picture))
        self.pictures.setSizes([300, 300])
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(row)
        layout.addWidget(self.pictures, 3)
        layout.addWidget(self.style_bars, 1)
        layout.addWidget(self.note)
        layout.addWidget(self.cycles, 2)
        self.direction.hide()

    # -- what is asked ---------------------------------------------------------------------------------------------

    @property
    def way(self) -> str:
        return "ba" if self.direction.currentIndex() == 1 else "ab"

    @property
    def canvas(self) -> Drawing:
        """What is drawn on, or would be."""
        return self.holes if self.kind.currentText() == HOLES else self.drawing

    @property
    def has_style(self) -> bool:
        return self.two_ways and self.state.style > 0 and self.way == "ab"

    def parameters(self) -> dict[str, Any] | None:
        """The picture that is given, its direction and style; None where there is none yet."""
        kind = self.kind.currentText()
        asked: dict[str, Any] = {}
        if self.two_ways:
            asked["direction"] = self.way
        if self.has_style:
            asked["style"] = ",".join(f"{value:.5g}" for value in self.style_bars.values)
        if kind == IMAGE:
            return {**asked, "index": self.index.value()}
        if kind == HOLES:
            holes = self.holes.pixels(self.state.side, self.state.side)
            return {"index": self.index.value(), "holes": base64.b64encode(holes.tobytes()).decode()}
        if kind == LOADED:
            return {**asked, "file": str(self.loaded)} if self.loaded else None
        if kind == DRAWN:
            if self.drawing.empty:
                return None
            pixels = np.repeat(self.drawing.pixels(self.state.side, self.state.side)[..., None], 3, axis=-1)
            return {**asked, "pixels": base64.b64encode(pixels.tobytes()).decode()}
        if self.live_frame is None:
            return None
        from lab.recipes.generative.image_translation import picture_pixels

        return {**asked, "pixels": picture_pixels(self.live_frame, self.state.side)}

    def source_changed(self) -> None:
        """Offer what this model can do."""
        assert self.state.source is not None
        self.two_ways = "direction" in self.state.source.specs()["translate"].parameters
        self.cycling.view = "triptychs" if "triptychs" in self.state.views else "results"
        self.direction.setVisible(self.two_ways)
        self.new_style()

    def cycle_parameters(self) -> dict[str, Any]:
        return {"n": 10, "direction": self.way} if self.two_ways else {"n": 10}

    def given_state(self) -> dict[str, Any]:
        """What is translated and how, by name."""
        return {
            "drawing": self.drawing.state(), "holes": self.holes.state(), "image": (self.kind.currentText(), self.index.value(), self.loaded),
            "direction": self.direction.currentIndex(), "seed of the style": self.seed.value(), "style": self.style_bars.state(),
        }  # fmt: skip

    def set_given(self, given: dict[str, Any]) -> None:
        self.drawing.set_state(given["drawing"])
        self.holes.set_state(given["holes"])
        kind, index, self.loaded = given["image"]
        self.index.setValue(index)
        self.kind.setCurrentText(kind)
        self.direction.setCurrentIndex(given["direction"])
        self.seed.setValue(given["seed of the style"])
        self.style_bars.set_state(given["style"])
        self.changed()

    # -- what arrives ----------------------------------------------------------------------------------------------

    def show_translation(self, answer: Any) -> None:
        self.given.show_pixels(answer.pixels[0])
        self.translated.show_pixels(answer.pixels[1])
        if len(answer.pixels) > 2:  # The target, which the holes are drawn over.
            from lab.data.pair_tasks import HOLE

            self.holes.show_ground(answer.pixels[2], HOLE)
        if self.kind.currentText() != ATARI:
            self.note.setText(self.hint())

    def show_cycles(self, answer: Any) -> None:
        """Rows of held-out images, with what each row is to their left."""
        a, b = ("B", "A") if self.way == "ba" else ("A", "B")
        self.cycles.name([a, f"{a} → {b}", f"{a} → {b} → {a}"] if self.two_ways else ["input", "generated", "target"], [])
        self.cycles.show_answer(answer)

    def hint(self) -> str:
        style = " Drag a bar to change the style." if self.has_style else ""
        return {
            IMAGE: "Click an image below to translate it.",
            DRAWN: "The translation follows your drawing.",
            HOLES: "Draw over the picture: what you cover is filled in. The right button uncovers it again.",
            LOADED: "Drop an image file here to translate it.",
            ATARI: "",
        }[self.kind.currentText()] + style

    # -- the hand --------------------------------------------------------------------------------------------------

    def changed(self, *_: object) -> None:
        """The user changed the request: ask at once."""
        self.state.touch()
        self.translating.ask()

    def drawn(self) -> None:
        self.kind.setCurrentText(DRAWN)
        if self.drawing.empty:
            self.translated.show_text("Draw on the left to see the translation.")
        else:
            self.changed()

    def kind_changed(self, kind: str) -> None:
        self.translating.view = "fill" if kind == HOLES else "translate"
        self.index.setVisible(kind in (IMAGE, HOLES))
        self.open_button.setVisible(kind == LOADED)
        self.clear_button.setVisible(kind in (DRAWN, HOLES))
        self.left.setCurrentWidget(self.canvas if kind in (DRAWN, HOLES) else self.given)
        self.note.setText(self.hint())
        if kind == DRAWN and self.drawing.empty:
            self.translated.show_text("Draw on the left to see the translation.")
        elif kind == LOADED and self.loaded is None:
            self.given.show_text("Open an image, or drop one here.")
            self.translated.show_text("")
        elif kind == ATARI:
            self.live_frame = None
        self.changed()

    def direction_changed(self, *_: object) -> None:
        self.style_row.setVisible(self.has_style)
        self.style_bars.setVisible(self.has_style)
        self.cycling.stale = True
        self.changed()

    def new_style(self, *_: object) -> None:
        """Ask for the style of the picture that the seed draws; what the hand did to the bars is over."""
        self.style_bars.set_values(self.style_bars.values)
        self.style_row.setVisible(self.has_style)
        self.style_bars.setVisible(self.has_style)
        self.styling.stale = True
        self.styling.ask()

    def style_parameters(self) -> dict[str, Any] | None:
        """While nobody has moved a bar, the bars show what the encoder reads off the picture by now."""
        return {"seed": self.seed.value()} if self.has_style and not self.style_bars.edited else None

    def show_style(self, answer: Bars) -> None:
        if not self.style_bars.edited:
            self.style_bars.set_values(np.round(answer.values, 3))
            self.changed()

    def pick(self, index: int) -> None:
        """A picture of the cycles: the held-out image of its column."""
        if self.kind.currentText() != HOLES:
            self.kind.setCurrentText(IMAGE)
        self.index.setValue(index % max(1, self.cycles.columns))

    def ask_file(self) -> None:
        dialog = QFileDialog(self, "Open an image to translate")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setNameFilter(IMAGE_FILTER)
        if dialog.exec() and dialog.selectedFiles():
            self.open_file(Path(dialog.selectedFiles()[0]))
        dialog.deleteLater()

    def open_file(self, path: Path) -> None:
        """Translate a picture from disk."""
        self.loaded = path
        self.kind.setCurrentText(LOADED)
        self.trail.note()
        self.changed()

    # -- the clock -------------------------------------------------------------------------------------------------

    def tick(self) -> None:
        """Ask again where training went on; for Atari, with each new frame, as soon as the last one is answered."""
        self.cycling.tick()
        self.styling.tick()
        if self.kind.currentText() != ATARI:
            self.translating.tick()
            return
        frame = watched_frame(self.window())
        if frame is None:
            self.note.setText(NO_AGENT)
        elif frame is not self.live_frame and not self.translating.waiting:
            self.live_frame = frame
            self.note.setText("")
            self.translating.ask()


def pen_width(run: Run) -> float:
    """The width of the pen as a share of the picture's side: outlines are lines of about a pixel, digits have strokes."""
    config: Any = run.config(exists=False)
    return 1.2 / config.size if getattr(config, "task", "") == "outline" else STROKE
