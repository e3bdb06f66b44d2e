"""Translating pictures while the model trains: one drawn with the mouse, a file, a held-out image, or what the watched Atari agent sees.

Read first: `TranslatePage`. The other views of these recipes (triptychs, PatchGAN's verdict, losses, the pool, the film) are in the
tab's second page, where every view of a run is.
"""

import base64
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from PySide6.QtCore import QObject, Qt, QTimer
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

from gui.generate.code_bars import CodeBars
from gui.generate.image_grid import ImageGrid
from gui.generate.latent_state import LatentState
from gui.panel import AppContext
from gui.run_tab import RunTab
from gui.theme import faint
from gui.view_query import ViewQuery, ViewSource
from gui.widgets.drawing import Drawing
from gui.widgets.picture import Picture
from lab.answers import Bars
from lab.data.catalogue import escaped
from lab.errors import UsageError
from lab.run import Run

TICK_MS = 50
STROKE = 0.09
"""The width of a drawn stroke as a share of the picture's side."""
IMAGE, DRAWN, LOADED, ATARI = "held-out image", "my drawing", "image file", "Atari (live)"
FIRST_VIEWS = ("triptychs", "results", "verdict", "losses")
NO_AGENT = "No agent is playing. Open the Atari panel (Alt+1) first; the frames of the agent there are translated here."


class TranslateState(LatentState):
    """One run's model as the page sees it: who answers, and when to leave the viewer alone."""

    def __init__(self, run: Run, parent: QObject | None = None):
        QObject.__init__(self, parent)
        config: Any = run.config()
        self.run = run
        self.shape, self.latent, self.class_names = (3, config.size, config.size), getattr(config, "style", 0), ()
        self.source = None
        self.views = frozenset()
        self.anchors, self.label, self.mode, self.playing = [], 0, "", False
        self.touched = self.refreshed = float("-inf")


class TranslatePage(QWidget):
    """Left what is given, right what the newest weights make of it; below, what the style says, and whole cycles."""

    def __init__(self, state: TranslateState, parent: QWidget | None = None):
        super().__init__(parent)
        self.state = state
        self.size_px: int = state.shape[1]
        self.loaded: Path | None = None
        self.live_frame: np.ndarray | None = None
        self.two_ways = state.run.recipe.name.startswith("cyclegan")
        self.kind = QComboBox(toolTip="What to translate")
        self.kind.addItems([IMAGE, DRAWN, LOADED, ATARI])
        self.direction = QComboBox(toolTip="Direction of translation")
        self.direction.addItems(["A → B", "B → A"])
        self.index = QSpinBox(maximum=2**31 - 1, toolTip="Index of the held-out image")
        self.open_button = QToolButton(text="Open…", toolTip="Open an image, or drop one here; its central square is translated")
        self.clear_button = QToolButton(text="Clear", toolTip="Clear the canvas (Delete)")
        self.seed = QSpinBox(maximum=2**31 - 1, toolTip="Seed of the image of B whose style is used")
        self.random_button = QToolButton(text="Next style", toolTip="Use the style of another random image of B")
        self.drawing = Drawing(pen_width(state.run))
        self.given = Picture("The input appears here.", (110, 110))
        self.translated = Picture("The translation appears here.", (110, 110))
        self.style_bars = CodeBars(max(1, state.latent))
        self.style_bars.setToolTip("The style code: drag a bar to see what it encodes")
        self.cycles = ImageGrid("Held-out images, their translations and reconstructions appear here.", pickable=self.two_ways)
        self.note = QLabel(wordWrap=True)
        faint(self.note)
        self.setAcceptDrops(True)
        self.build()
        self.translating = ViewQuery(state, "translate", self.parameters, self.show_translation, self.say, interval=0.1)
        self.styling = ViewQuery(state, "style", self.style_parameters, self.show_style, self.say, interval=1.0)
        self.cycling = ViewQuery(
            state, self.cycle_view, self.cycle_parameters, self.cycles.show_answer, self.cycles.show_text, interval=1.0
        )
        self.drawing.changed.connect(self.drawn)
        self.kind.currentTextChanged.connect(self.kind_changed)
        self.direction.currentIndexChanged.connect(self.direction_changed)
        self.index.valueChanged.connect(self.changed)
        self.open_button.clicked.connect(self.ask_file)
        self.clear_button.clicked.connect(self.drawing.clear)
        self.seed.valueChanged.connect(self.new_style)
        self.random_button.clicked.connect(lambda: self.seed.setValue(self.seed.value() + 1))
        self.style_bars.changed.connect(self.changed)
        self.cycles.picked.connect(self.pick)
        self.new_style()
        self.kind_changed(self.kind.currentText())

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
        self.pictures = QSplitter(childrenCollapsible=False)
        self.pictures.addWidget(self.left)
        self.pictures.addWidget(self.translated)
        self.pictures.setSizes([300, 300])
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(row)
        layout.addWidget(self.pictures, 3)
        layout.addWidget(self.style_bars, 1)
        layout.addWidget(self.note)
        layout.addWidget(self.cycles, 2)
        self.direction.setVisible(self.two_ways)

    # -- what is asked ---------------------------------------------------------------------------------------------

    @property
    def way(self) -> str:
        return "ba" if self.direction.currentIndex() == 1 else "ab"

    @property
    def has_style(self) -> bool:
        return self.two_ways and self.state.latent > 0 and self.way == "ab"

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
        if kind == LOADED:
            return {**asked, "file": str(self.loaded)} if self.loaded else None
        if kind == DRAWN:
            if self.drawing.empty:
                return None
            pixels = np.repeat(self.drawing.pixels(self.size_px, self.size_px)[..., None], 3, axis=-1)
            return {**asked, "pixels": base64.b64encode(pixels.tobytes()).decode()}
        if self.live_frame is None:
            return None
        from lab.recipes.generative.translation import picture_pixels

        return {**asked, "pixels": picture_pixels(self.live_frame, self.size_px)}

    @property
    def cycle_view(self) -> str:
        return "triptychs" if self.two_ways else "results"

    def cycle_parameters(self) -> dict[str, Any]:
        return {"n": 10, "direction": self.way} if self.two_ways else {"n": 10}

    # -- what arrives ----------------------------------------------------------------------------------------------

    def show_translation(self, answer: Any) -> None:
        self.given.show_pixels(answer.pixels[0])
        self.translated.show_pixels(answer.pixels[1])
        if self.kind.currentText() != ATARI:
            self.note.setText(self.hint())

    def say(self, text: str) -> None:
        self.note.setText(text)

    def hint(self) -> str:
        style = " Drag a bar to change the style." if self.has_style else ""
        return {
            IMAGE: "Click an image below to translate it.",
            DRAWN: "The translation follows your drawing.",
            LOADED: "Drop an image file here to translate it.",
            ATARI: "",
        }[self.kind.currentText()] + style

    # -- the hand --------------------------------------------------------------------------------------------------

    def changed(self, *_: object) -> None:
        """Something of the request changed by hand: ask at once."""
        self.state.touch()
        self.translating.ask()

    def drawn(self) -> None:
        self.kind.setCurrentText(DRAWN)
        if self.drawing.empty:
            self.translated.show_text("Draw on the left to see the translation.")
        else:
            self.changed()

    def kind_changed(self, kind: str) -> None:
        self.index.setVisible(kind == IMAGE)
        self.open_button.setVisible(kind == LOADED)
        self.clear_button.setVisible(kind == DRAWN)
        self.left.setCurrentWidget(self.drawing if kind == DRAWN else self.given)
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
        self.kind.setCurrentText(IMAGE)
        self.index.setValue(index % max(1, self.cycles.columns))

    def ask_file(self) -> None:
        dialog = QFileDialog(self, "Open an image to translate")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setNameFilter("Images (*.png *.jpg *.jpeg *.gif *.bmp *.webp *.tif *.tiff)")
        if dialog.exec() and dialog.selectedFiles():
            self.open_file(Path(dialog.selectedFiles()[0]))
        dialog.deleteLater()

    def open_file(self, file: Path) -> None:
        """Translate a picture from disk."""
        self.loaded = file
        self.kind.setCurrentText(LOADED)
        self.changed()

    def dragEnterEvent(self, event: Any) -> None:
        if event.mimeData().hasUrls() and event.mimeData().urls()[0].isLocalFile():
            event.acceptProposedAction()

    def dropEvent(self, event: Any) -> None:
        self.open_file(Path(event.mimeData().urls()[0].toLocalFile()))

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
    config: Any = run.config()
    return 1.2 / config.size if getattr(config, "task", "") == "outline" else STROKE


def watched_frame(window: Any) -> np.ndarray | None:
    """What the Atari panel's agent sees now, (H, W, 3) uint8; None where nobody plays there."""
    panel = getattr(window, "panels", {}).get("Atari")
    player = panel.watch.panes[0].playing if panel is not None else None
    shown = player.latest if player is not None else None
    return shown.frame.pixels if shown is not None else None


def own_data(recipe: str, folder: Path) -> str:
    """The value of `data` for a folder of one's own: its two sub-folders are the domains, in pairs for pix2pix.

    Raises UsageError where CycleGAN finds no two of them.
    """
    parts = sorted(part for part in folder.iterdir() if part.is_dir() and not part.name.startswith("."))
    train = [part for part in parts if part.name in ("trainA", "trainB")]
    parts = train if len(train) == 2 else parts
    two = f"{escaped(parts[0])},{escaped(parts[1])}" if len(parts) == 2 else ""
    if recipe.startswith("pix2pix"):
        return f"pairs:{two}" if two else f"folder:{escaped(folder)}"
    if not two:
        raise UsageError(f"CycleGAN needs two domains: choose a folder that holds two folders of images; {folder} holds {len(parts)}.")
    return f"folders:{two}"


class TranslateTab(RunTab):
    """A run's tab with the translations in front."""

    whole: ClassVar[bool] = True

    def __init__(self, run: Run, context: AppContext, hue: str, first_views: tuple[str, ...] = (), parent: QWidget | None = None):
        self.state = TranslateState(run)
        super().__init__(run, context, hue, FIRST_VIEWS, parent)
        self.state.setParent(self)
        self.page = TranslatePage(self.state)
        self.put_in_front((self.page, "Translate", "A picture of one domain as one of the other"))
        self.clock = QTimer(self, interval=TICK_MS)
        self.clock.setTimerType(Qt.TimerType.CoarseTimer)
        self.clock.timeout.connect(self.tick)
        self.clock.start()

    def tick(self) -> None:
        if self.page.isVisible():
            self.page.tick()

    def take_source(self, source: ViewSource) -> None:
        super().take_source(source)
        self.state.set_source(source)

    def shut(self) -> None:
        super().shut()
        self.clock.stop()


CYCLEGAN = """
<h3>CycleGAN</h3>
<p>Two piles of pictures, A and B, and no pairs. G: A &rarr; B and F: B &rarr; A learn together: a discriminator for each domain
asks that G(a) looks like a picture of B, and the way back must lead to where one came from:</p>
<p align="center"><i>L = (D<sub>B</sub>(G(a)) &minus; 1)<sup>2</sup> + (D<sub>A</sub>(F(b)) &minus; 1)<sup>2</sup>
+ &lambda; (|F(G(a)) &minus; a| + |G(F(b)) &minus; b|) + &frac12; &lambda; (|G(b) &minus; b| + |F(a) &minus; a|)</i></p>
<p>The discriminators are PatchGANs: each score judges one patch (<b>verdict</b>), half of what they see is from a <b>pool</b> of
pictures drawn earlier. A plain digit can be painted in any colour, but a function has one answer: without a <b>style</b> all come out in one
colour family. Here G takes a code as well, an encoder E must find it again in the picture, |E(G(a, s)) &minus; s|, and b &rarr; a &rarr; b
gets its own back. The bars are that code.</p>
<p>Zhu et al. 2017, <a href="https://arxiv.org/abs/1703.10593">Unpaired image-to-image translation</a>; Huang et al. 2018,
<a href="https://arxiv.org/abs/1804.04732">Multimodal unsupervised translation</a>; Odena et al. 2016,
<a href="https://distill.pub/2016/deconv-checkerboard/">Checkerboard artifacts</a>.</p>
"""
PIX2PIX = """
<h3>pix2pix</h3>
<p>Pairs (a, b) are given: an outline and its digit, a half and the whole, grey and colour. A U-Net G draws b from a; its skip connections
carry edges past the narrow middle. D sees a together with the true or the drawn picture, patch by patch:</p>
<p align="center"><i>min<sub>G</sub> max<sub>D</sub> L<sub>GAN</sub>(G, D) + &lambda; |G(a) &minus; b|</i></p>
<p>|G(a) &minus; b| alone would draw the average of what is possible, blurred; D asks for something definite.</p>
<p>Isola et al. 2017, <a href="https://arxiv.org/abs/1611.07004">Image-to-image translation with conditional adversarial networks</a>;
Ronneberger et al. 2015, <a href="https://arxiv.org/abs/1505.04597">U-Net</a>.</p>
"""
