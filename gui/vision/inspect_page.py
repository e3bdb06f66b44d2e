"""The Inspect page: one image, drawn or from any source, and the network's response to it, live.

Read first: `InspectPage.stroke`. Every stroke asks the view `look`, whose answer holds all that moves: the probabilities, the
Grad-CAM and the feature maps. Slower maps are asked for when the hand rests.
"""

from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import (
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QSpinBox,
    QSplitter,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)  # fmt: skip

from gui import theme
from gui.actions import Action
from gui.atari.watched_frame import watched_frame
from gui.page import Page
from gui.theme import faint
from gui.view_query import PageState
from gui.vision.compare_tab import CompareTab
from gui.vision.confusion_tab import ConfusionTab
from gui.vision.gallery import GalleryView
from gui.vision.picture_page import NO_AGENT
from gui.vision.probabilities import Probabilities
from gui.vision.vision_state import VisionState
from gui.widgets.drawing import Drawing
from gui.widgets.flow_layout import FlowLayout
from gui.widgets.open_dialog import ask_picture
from gui.widgets.picture import Picture
from gui.widgets.room import Turning
from gui.widgets.titled import Strong

DRAWN = 112
"""Side of the drawing as it is handed over, in pixels: a multiple of what networks see."""
SPLITS = ("test", "validation", "train")
SLIDE_MS = 2000
METHODS = {
    "Grad-CAM": "grad_cam", "CAM": "cam", "Augmented Grad-CAM": "augmented_grad_cam", "RISE": "rise", "Occlusion": "occlusion",
    "Integrated gradients": "integrated_gradients", "Attention": "attention_maps",
}  # fmt: skip
"""The views that answer; Grad-CAM's picture comes with `look`, at each stroke, and only its figures come from a view of its own."""

MENU = "&Inspect"


def method_action(name: str, index: int) -> Action:
    tip = f"Show the evidence for a class by {name}"
    return Action(name, name, tip, lambda page: page.method.setCurrentText(name), f"Ctrl+{index + 1}", MENU, separator=index == 0)


def below_action(index: int, text: str, tip: str) -> Action:
    return Action(text, text, tip, lambda page: page.below.setCurrentIndex(index), f"Ctrl+Alt+{6 + index}", MENU, separator=index == 0)


CLEAR = Action("clear", "Clear drawing", "Clear the canvas", lambda page: page.canvas.clear(), "Ctrl+Backspace", MENU)
NEXT = Action("next", "Next image", "Show the next image of the data set", lambda page: page.next_image(), "Ctrl+N", MENU)
OPEN = Action("open", "Open image…", "Open an image file, or drop one here", lambda page: page.ask_file(), "Ctrl+I", MENU)
SLIDESHOW = Action(
    "slideshow",
    "Slideshow",
    "Show one image of the data set after another",
    lambda page: page.slideshow_button.toggle(),
    "Ctrl+Space",
    MENU,
)
AGENT = Action(
    "agent", "Agent's screen", "Follow the frames of the agent playing in the Atari panel",
    lambda page: page.agent_button.toggle(), "Ctrl+L", MENU,
)  # fmt: skip
BELOW = (
    below_action(0, "Feature maps", "Activations of a layer for this image"),
    below_action(1, "Worst errors", "Misclassified images, most confident first"),
    below_action(2, "Compare runs", "This image seen by another run's network, and images that the two classify differently"),
    below_action(3, "Confusion", "True and predicted classes; click a cell to see its images"),
)


class InspectPage(Page):
    """Draw, open or pick an image; see probabilities, heat map, feature maps, errors, and where two runs differ."""

    title: ClassVar[str] = "Inspect"
    tip: ClassVar[str] = "One image and the network's response to it; draw one"
    reading: ClassVar[str] = (
        "Over the image, red is evidence for the class and blue is none. Bars are the probabilities of the classes. Maps are bright where a unit is active."
    )
    needs: ClassVar[tuple[str, ...]] = ("look",)
    state_class: ClassVar[type[PageState]] = VisionState
    ACTIONS: ClassVar[tuple[Action, ...]] = (
        CLEAR,
        NEXT,
        OPEN,
        SLIDESHOW,
        AGENT,
        *(method_action(name, i) for i, name in enumerate(METHODS)),
        *BELOW,
    )
    state: VisionState

    def __init__(self, state: VisionState, parent: QWidget | None = None):
        super().__init__(state, parent)
        self.classes: tuple[str, ...] = ()
        self.last: Any = None
        self.build_source()
        self.build_answers()
        self.lay_out()
        state.source_changed.connect(self.source_changed)
        state.image_changed.connect(self.image_changed)
        self.look = self.query("look", self.look_parameters, self.show_look, self.excuse, interval=0.2)
        self.heat = self.query(
            "grad_cam", lambda: {"image": state.image, "label": state.label}, self.show_heat, self.excuse_heat, interval=1.0
        )
        self.wrong = self.query(
            "mistakes", lambda: {"split": self.split.currentText()}, self.mistakes.show_answer, self.mistakes.show_note, 1.0
        )
        self.setAcceptDrops(True)
        self.trail = state.trail(
            self.image_state, self.set_image, busy=lambda: self.canvas.last is not None or self.slideshow_button.isChecked()
        )
        self.canvas.settled.connect(self.trail.note)

    # -- parts -----------------------------------------------------------------------------------------------------

    def build_source(self) -> None:
        """Where the image comes from."""
        self.canvas = Drawing()
        self.canvas.hint = "Draw here, large and centred"
        self.canvas.changed.connect(self.stroke)
        self.clear_button = QPushButton("Clear", toolTip=CLEAR.tooltip)
        self.clear_button.clicked.connect(self.canvas.clear)
        self.file_button = QPushButton("File…", toolTip=OPEN.tooltip)
        self.file_button.clicked.connect(self.ask_file)
        self.slideshow_button = QPushButton("Slideshow", toolTip=SLIDESHOW.tooltip, checkable=True)
        self.slideshow_button.toggled.connect(self.play_slideshow)
        self.slideshow = QTimer(self, interval=SLIDE_MS)
        self.slideshow.timeout.connect(self.next_slide)
        self.agent_button = QPushButton("Agent's screen", toolTip=AGENT.tooltip, checkable=True)
        self.agent_button.toggled.connect(self.follow_agent)
        self.split = QComboBox(toolTip="Split of the data set")
        self.split.addItems(SPLITS)
        self.split.currentTextChanged.connect(self.pick_from_data)
        self.number = QSpinBox(minimum=0, maximum=10_000_000, toolTip="Index of the image (Ctrl+N for the next)")
        self.number.valueChanged.connect(self.pick_from_data)

    def build_answers(self) -> None:
        """What there is to see."""
        self.method = QComboBox(toolTip="Attribution method")
        self.method.addItems(list(METHODS))
        self.method.currentTextChanged.connect(self.method_changed)
        self.label = QComboBox(toolTip="Class to explain")
        self.label.addItem("predicted class", "")
        self.label.activated.connect(lambda _: self.choose_label(str(self.label.currentData())))
        self.seen = Picture("The network's input", (110, 110))
        self.overlay = Picture("Heat map of the evidence for a class", (110, 110))
        self.trust = QLabel(wordWrap=True, textFormat=Qt.TextFormat.PlainText)
        self.trust.setToolTip(
            "Deletion and insertion: the mean probability of the class while pixels give way to grey, and while they come back on it, the reddest first. "
            "A map that found the evidence has a low deletion and a high insertion."
        )
        faint(self.trust)
        self.bars = Probabilities()
        self.bars.picked.connect(self.choose_label)
        self.says = QLabel(wordWrap=True)
        self.says.setTextFormat(Qt.TextFormat.PlainText)
        self.layer = QComboBox(toolTip="Layer whose feature maps to show", sizeAdjustPolicy=QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.layer.activated.connect(lambda _: self.look.ask())
        self.maps = Picture("Feature maps of the layer", (120, 80))
        self.mistakes = GalleryView(
            "No misclassified images in this split.",
            "Captions: true class -> predicted class, with its probability as in the evaluation (the mean over views of the image).",
        )
        self.mistakes.opened.connect(self.open_spec)
        self.compare = CompareTab(self, self.state, self.split)
        self.compare.opened.connect(self.open_spec)
        self.compare.picked.connect(self.choose_label)
        self.confusion = ConfusionTab(self, self.split)
        self.confusion.opened.connect(self.open_spec)

    def lay_out(self) -> None:
        source = QWidget()
        column = QVBoxLayout(source)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.canvas, 1)
        buttons = FlowLayout(gap=theme.GAP)
        for widget in (self.clear_button, self.file_button, self.slideshow_button, self.agent_button, self.split, self.number):
            widget.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            buttons.addWidget(widget)
        column.addLayout(buttons)
        pictures = QWidget()
        grid = QGridLayout(pictures)
        grid.setContentsMargins(0, 0, 0, 0)
        shown: tuple[tuple[str, QWidget, QComboBox | None], ...] = (
            ("Input", self.seen, None),
            ("Heat map", self.overlay, self.method),
        )
        for i, (title, widget, control) in enumerate(shown):
            head = FlowLayout(gap=theme.GAP)
            head.addWidget(Strong(title))
            if control is not None:
                head.addWidget(control)
            grid.addLayout(head, 0, i)
            grid.addWidget(widget, 1, i)
            grid.setColumnStretch(i, 1)
        grid.addWidget(self.trust, 2, 0, 1, 2)
        grid.setRowStretch(1, 1)
        answers = QWidget()
        right = QVBoxLayout(answers)
        right.setContentsMargins(0, 0, 0, 0)
        asked = FlowLayout(gap=theme.GAP)
        asked.addWidget(Strong("Evidence for"))
        asked.addWidget(self.label)
        right.addLayout(asked)
        right.addWidget(self.bars)
        right.addWidget(self.says)
        right.addStretch(1)
        top = Turning((230, 340, 220), (200, 200, 160))
        for part in (source, pictures, answers):
            top.addWidget(part)
        top.setSizes([230, 340, 220])
        self.below = QTabWidget(documentMode=True)
        maps = QWidget()
        inside = QVBoxLayout(maps)
        inside.setContentsMargins(0, theme.GAP, 0, 0)
        line = QHBoxLayout()
        line.addWidget(QLabel("Layer"))
        line.addWidget(self.layer)
        line.addStretch(1)
        inside.addLayout(line)
        inside.addWidget(self.maps, 1)
        pages: tuple[tuple[QWidget, str, str], ...] = (
            (maps, "Feature maps", "Activations of a layer for this image"),
            (self.mistakes, "Worst errors", "Misclassified images, most confident first"),
            (self.compare, "Compare runs", BELOW[2].tip),
            (self.confusion, "Confusion", BELOW[3].tip),
        )
        for widget, title, tip in pages:
            self.below.setTabToolTip(self.below.addTab(widget, title), tip)
        split = QSplitter(Qt.Orientation.Vertical, childrenCollapsible=False)
        split.addWidget(top)
        split.addWidget(self.below)
        split.setSizes([290, 230])
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, theme.GAP, 0, 0)
        layout.addWidget(split)

    # -- which image -----------------------------------------------------------------------------------------------

    def stroke(self) -> None:
        """The drawing changed: ask at once, in place of what still waits."""
        self.agent_button.setChecked(False)
        self.state.show_image(self.canvas.pixels(DRAWN, DRAWN), by_hand=True)

    def image_state(self) -> dict[str, Any]:
        """Which image is shown, by name; "" for the one that is drawn."""
        return {"drawing": self.canvas.state(), "image": self.state.image if isinstance(self.state.image, str) else ""}

    def set_image(self, state: dict[str, Any]) -> None:
        self.canvas.set_state(state["drawing"])
        image = state["image"]
        if image.partition(":")[0] in SPLITS:
            self.open_spec(image)
        elif image:
            self.open_file(Path(image))
        else:
            self.stroke()

    def pick_from_data(self, *_: object) -> None:
        self.trail.note()
        self.agent_button.setChecked(False)
        for query in (self.wrong, self.compare.apart, self.confusion.counts, self.confusion.cells):
            query.stale = True
        self.state.show_image(f"{self.split.currentText()}:{self.number.value()}")

    def demonstrate(self) -> None:
        self.slideshow_button.setChecked(True)

    def play_slideshow(self, on: bool) -> None:
        self.slideshow.start() if on else self.slideshow.stop()

    def next_slide(self) -> None:
        """The next image, once the last one is shown."""
        if self.isVisible() and not self.look.waiting:
            self.next_image()
            self.trail.forget()  # Nobody's hand did that.

    def next_image(self) -> None:
        self.number.setValue(self.number.value() + 1)

    def open_spec(self, spec: str) -> None:
        """Look at an image of the data by its name, such as test:17."""
        split, _, number = spec.partition(":")
        for widget in (self.split, self.number):
            widget.blockSignals(True)
        self.split.setCurrentText(split)
        self.number.setValue(int(number))
        for widget in (self.split, self.number):
            widget.blockSignals(False)
        self.agent_button.setChecked(False)
        self.state.show_image(spec)
        self.trail.note()

    def ask_file(self) -> None:
        path = ask_picture(self)
        if path is not None:
            self.open_file(path)

    def open_file(self, path: Path) -> None:
        """Look at an image from disk, no longer at the agent's screen."""
        self.agent_button.setChecked(False)
        self.state.show_image(str(path))
        self.trail.note()

    def follow_agent(self, on: bool) -> None:
        if on and watched_frame(self.window()) is None:
            self.agent_button.setChecked(False)
            self.excuse(NO_AGENT)

    def image_changed(self) -> None:
        if not isinstance(self.state.image, str) or self.state.image != f"{self.split.currentText()}:{self.number.value()}":
            self.slideshow_button.setChecked(False)  # Somebody draws, or opens an image.
        self.heat.stale = self.compare.beside.stale = True
        self.look.ask()
        if self.below.currentIndex() == 2:
            self.compare.beside.ask()

    # -- which class, which method ---------------------------------------------------------------------------------

    def choose_label(self, label: str) -> None:
        """Ask about a class; what the network says where it is empty."""
        self.state.label = label
        self.label.setCurrentIndex(max(0, self.label.findData(label)))
        self.heat.stale = self.compare.beside.stale = True
        self.look.ask()

    def method_changed(self, name: str) -> None:
        self.heat.view = METHODS[name]
        self.heat.restart()
        self.trust.clear()
        if name == "Grad-CAM":
            self.show_overlay()
        else:
            self.overlay.show_text(f"Computing {name}…")
        self.heat.ask()

    # -- answers ---------------------------------------------------------------------------------------------------

    def look_parameters(self) -> dict[str, Any]:
        return {"image": self.state.image, "label": self.state.label, "layer": self.layer.currentText()}

    def show_look(self, answer: Any) -> None:
        self.last = answer
        if answer.classes != self.classes:
            self.classes = answer.classes
            self.label.clear()
            self.label.addItem("predicted class", "")
            for name in answer.classes:
                self.label.addItem(name, name)
            self.label.setCurrentIndex(max(0, self.label.findData(self.state.label)))
        if [self.layer.itemText(i) for i in range(self.layer.count())] != answer.layers:
            self.layer.clear()
            self.layer.addItems(answer.layers)
            self.layer.setCurrentIndex(max(0, next((i for i, name in enumerate(answer.layers) if "act" in name or "relu" in name), 0)))
        self.seen.show_pixels(answer.image)
        self.bars.show_values(answer.classes, answer.probabilities, answer.chosen, answer.truth)
        said = answer.classes[int(answer.probabilities.argmax())]
        truth = f", true class {answer.classes[answer.truth]}" if answer.truth is not None else ""
        sure = float(answer.probabilities.max())
        split, _, number = answer.name.partition(":")
        name = f"{split.capitalize()} image {number}" if number.isdecimal() else answer.name
        self.says.setText(f"{name}: predicted {said} ({sure:.1%}){truth}")
        if self.method.currentText() == "Grad-CAM":
            self.show_overlay()
        self.show_maps()

    def show_overlay(self) -> None:
        if self.last is None:
            return
        if self.last.heat is None:
            self.overlay.show_text("Grad-CAM needs feature maps, which this network lacks. RISE and occlusion work with any network.")
            return
        from lab.recipes.vision.image_pictures import enlarged, overlay

        self.overlay.show_pixels(overlay(enlarged(self.last.image), self.last.heat))

    def show_maps(self) -> None:
        if not len(self.last.maps):
            self.maps.show_text("This network has no feature maps.")
            return
        from lab.answers import Images
        from lab.recipes.vision.image_pictures import bright

        count, height, width = self.last.maps.shape
        ratio = max(0.2, self.maps.width() / max(1, self.maps.height()))
        columns = max(1, min(count, round((count * ratio * height / width) ** 0.5 + 0.49)))
        self.maps.show_pixels(Images(bright(self.last.maps), columns=columns, scale=max(1, 32 // height)).picture())

    def show_heat(self, answer: Any) -> None:
        self.trust.setText(f"{answer.captions[-1]}; {answer.captions[0]}")
        if self.method.currentText() != "Grad-CAM":
            self.overlay.show_pixels(answer.pixels[-1])

    def excuse(self, sentence: str) -> None:
        self.says.setText(sentence)

    def excuse_heat(self, sentence: str) -> None:
        self.trust.clear()
        if self.method.currentText() != "Grad-CAM":
            self.overlay.show_text(sentence)

    # -- time ------------------------------------------------------------------------------------------------------

    def source_changed(self) -> None:
        config: Any = self.state.run.config(exists=False)
        self.canvas.pen = 0.15 if getattr(config, "data", "") == "digits" else 0.09
        self.compare.offer_runs()

    def shut(self) -> None:
        self.slideshow.stop()

    def tick(self) -> None:
        """Ask what is out of date, of what is in front."""
        if self.agent_button.isChecked():
            frame = watched_frame(self.window())
            if frame is not None and not self.look.waiting:
                self.state.show_image(np.ascontiguousarray(frame))
        self.look.tick()
        self.heat.tick()
        if self.below.currentIndex() == 1:
            self.wrong.tick()
        elif self.below.currentIndex() == 2:
            self.compare.apart.tick()
            self.compare.beside.tick()
        elif self.below.currentIndex() == 3:
            self.confusion.counts.tick()
            self.confusion.cells.tick()
