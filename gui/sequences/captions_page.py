"""Pictures into words: a picture, or the watched game live, what the network writes, and where it looks for each word."""

from typing import Any, ClassVar

import numpy as np
from PySide6.QtWidgets import QLabel, QScrollArea, QVBoxLayout, QWidget

from gui.actions import Action
from gui.sequences.attention_page import AttentionText
from gui.vision.picture_page import PicturePage, picture_actions
from gui.vision.vision_state import VisionState
from gui.widgets.picture import Picture
from gui.widgets.room import Turning
from gui.widgets.titled import titled
from lab.answers import Images


class CaptionsPage(PicturePage):
    """A held-out picture, a file, or the frames of the watched game, with its caption."""

    title: ClassVar[str] = "Captions"
    tip: ClassVar[str] = "What the network writes under a picture, or under the watched game, and where it looks for each word"
    reading: ClassVar[str] = (
        "Hover over a word to see where the network looked before it wrote it; the brighter a place, the more. Below the caption stands the true one, where it is known. On the right, all words in turn."
    )
    needs: ClassVar[tuple[str, ...]] = ("caption",)
    ACTIONS: ClassVar[tuple[Action, ...]] = picture_actions("&Captions", "Ctrl+Alt+O")

    def __init__(self, state: VisionState, parent: QWidget | None = None):
        super().__init__(state, parent)
        self.picture, self.all = Picture("", (160, 160)), Picture("", (160, 160))
        self.words = AttentionText()
        self.words.setToolTip("Hover over a word to see where the network looked; click to pin it")
        self.truth = QLabel(wordWrap=True)
        self.last: Images | None = None
        split = Turning((360, 480), (260, 260))
        split.addWidget(titled("Picture", self.picture))
        split.addWidget(titled("Where it looked for each word", self.all))
        scroll = QScrollArea(widgetResizable=True)
        scroll.setWidget(self.words)
        layout = QVBoxLayout(self)
        layout.addLayout(self.picking)
        layout.addWidget(self.problem)
        layout.addWidget(split, 4)
        layout.addWidget(scroll, 1)
        layout.addWidget(self.truth)
        self.asking = self.query("caption", lambda: {"image": state.image}, self.show_answer, self.show_problem, interval=0.5)
        self.words.hovered.connect(lambda _: self.show_word())

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
