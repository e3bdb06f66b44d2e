"""Pictures into words: a picture, or the watched game live, what the network writes, and where it looks for each word."""

from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from PySide6.QtWidgets import QComboBox, QFileDialog, QLabel, QPushButton, QScrollArea, QSpinBox, QVBoxLayout, QWidget

from gui import theme
from gui.actions import Action
from gui.atari.watched_frame import watched_frame
from gui.page import Page
from gui.sequences.attention_page import AttentionText
from gui.vision.scenes_page import NO_AGENT, SPLITS
from gui.vision.vision_state import VisionState
from gui.widgets.flow_layout import FlowLayout
from gui.widgets.picture import Picture
from gui.widgets.room import Turning
from gui.widgets.titled import titled
from lab.answers import Images
from lab.data.image_files import IMAGE_FILTER

MENU = "&Captions"
NEXT = Action("next", "Next image", "Show the next picture of the split", lambda page: page.number.stepUp(), "Ctrl+N", MENU)
OPEN = Action("open", "Open image…", "Open an image file, or drop one here", lambda page: page.ask_file(), "Ctrl+I", MENU)
AGENT = Action(
    "agent",
    "Agent's screen",
    "Follow the frames of the game in the Atari panel",
    lambda page: page.agent_button.toggle(),
    "Ctrl+Alt+O",
    MENU,
)


class CaptionsPage(Page):
    """A held-out picture, a file, or the frames of the watched game, with its caption."""

    title: ClassVar[str] = "Captions"
    tip: ClassVar[str] = "What the network writes under a picture, or under the watched game, and where it looks for each word"
    reading: ClassVar[str] = (
        "Hover over a word to see where the network looked before it wrote it; the brighter a place, the more. Below the caption stands the true one, where it is known. On the right, all words in turn."
    )
    needs: ClassVar[tuple[str, ...]] = ("caption",)
    state_class: ClassVar[type[VisionState]] = VisionState
    ACTIONS: ClassVar[tuple[Action, ...]] = (NEXT, OPEN, AGENT)
    state: VisionState

    def __init__(self, state: VisionState, parent: QWidget | None = None):
        super().__init__(state, parent)
        self.split = QComboBox(toolTip="Split of the pictures")
        self.split.addItems(SPLITS)
        self.number = QSpinBox(maximum=10_000_000, toolTip="Index of the picture (Ctrl+N for the next)")
        self.file_button = QPushButton("File…", toolTip=OPEN.tooltip)
        self.agent_button = QPushButton("Watched game", toolTip=AGENT.tooltip, checkable=True)
        self.picture, self.all = Picture("", (160, 160)), Picture("", (160, 160))
        self.words = AttentionText()
        self.words.setToolTip("Hover over a word to see where the network looked; click to pin it")
        self.truth = QLabel(wordWrap=True)
        self.last: Images | None = None
        row = FlowLayout(gap=theme.GAP)
        for widget in (QLabel("Picture"), self.split, self.number, self.file_button, self.agent_button):
            row.addWidget(widget)
        split = Turning((360, 480), (260, 260))
        split.addWidget(titled("Picture", self.picture))
        split.addWidget(titled("Where it looked for each word", self.all))
        scroll = QScrollArea(widgetResizable=True)
        scroll.setWidget(self.words)
        layout = QVBoxLayout(self)
        layout.addLayout(row)
        layout.addWidget(self.problem)
        layout.addWidget(split, 4)
        layout.addWidget(scroll, 1)
        layout.addWidget(self.truth)
        self.asking = self.query("caption", lambda: {"image": state.image}, self.show_answer, self.show_problem, interval=0.5)
        self.split.currentTextChanged.connect(self.pick)
        self.number.valueChanged.connect(self.pick)
        self.file_button.clicked.connect(self.ask_file)
        self.agent_button.toggled.connect(self.follow_agent)
        self.words.hovered.connect(lambda _: self.show_word())
        state.image_changed.connect(self.image_changed)
        self.setAcceptDrops(True)
        self.trail = state.trail(lambda: {"picture": (self.split.currentText(), self.number.value())}, self.set_picked)

    # -- which picture ---------------------------------------------------------------------------------------------

    def pick(self, *_: object) -> None:
        self.agent_button.setChecked(False)
        self.state.show_image(f"{self.split.currentText()}:{self.number.value()}")
        self.trail.note()

    def set_picked(self, picked: dict[str, tuple[str, int]]) -> None:
        split, number = picked["picture"]
        self.split.setCurrentText(split)
        self.number.setValue(number)

    def ask_file(self) -> None:
        name, _ = QFileDialog.getOpenFileName(self, "Open an image", "", IMAGE_FILTER)
        if name:
            self.open_file(Path(name))

    def open_file(self, path: Path) -> None:
        self.agent_button.setChecked(False)
        self.state.show_image(str(path))

    def follow_agent(self, on: bool) -> None:
        if on and watched_frame(self.window()) is None:
            self.agent_button.setChecked(False)
            self.show_problem(NO_AGENT)
        elif not on and not isinstance(self.state.image, str):
            self.state.show_image(f"{self.split.currentText()}:{self.number.value()}")

    def image_changed(self) -> None:
        self.show_problem("")
        self.asking.ask()

    # -- answers ---------------------------------------------------------------------------------------------------

    def show_answer(self, answer: Images) -> None:
        self.last = answer
        self.words.show_weights(answer.captions[1:], np.zeros((0, 0)))
        if not self.words.kept:
            self.words.token = -1
        self.truth.setText(answer.title.partition("   (")[2].rstrip(")").capitalize())
        self.all.show_pixels(answer.picture())
        self.show_word()

    def show_word(self) -> None:
        """The picture as it is, or lit where the network looked for the word under the mouse."""
        if self.last is not None:
            self.picture.show_pixels(self.last.pixels[min(self.words.token + 1, len(self.last.pixels) - 1)])

    def export(self) -> tuple[str, dict[str, Any]] | None:
        return ("caption", {"image": self.state.image}) if isinstance(self.state.image, str) else None

    def tick(self) -> None:
        if self.agent_button.isChecked() and not self.asking.waiting:
            frame = watched_frame(self.window())
            if frame is not None and frame is not self.state.image:
                self.state.show_image(np.ascontiguousarray(frame))
        super().tick()
