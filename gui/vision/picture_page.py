"""What pages share that look at one picture: of a split of the data, a file, or the frames of the watched game."""

from pathlib import Path
from typing import ClassVar

import numpy as np
from PySide6.QtWidgets import QComboBox, QLabel, QPushButton, QSpinBox, QWidget

from gui import theme
from gui.actions import Action
from gui.atari.watched_frame import watched_frame
from gui.page import Page
from gui.view_query import PageState, ViewQuery
from gui.vision.vision_state import VisionState
from gui.widgets.flow_layout import FlowLayout
from gui.widgets.open_dialog import ask_picture

SPLITS = ("test", "validation", "train")
NO_AGENT = "No agent is being watched. Choose one in the Atari panel (Alt+1) first."


def picture_actions(menu: str, agent_keys: str) -> tuple[Action, ...]:
    """Next, open and follow, in the page's `menu`; each page of a panel follows by keys of its own."""
    return (
        Action("next", "Next image", "Show the next picture of the split", lambda page: page.number.stepUp(), "Ctrl+N", menu),
        Action("open", "Open image…", "Open an image file, or drop one here", lambda page: page.ask_file(), "Ctrl+I", menu),
        Action(
            "agent", "Agent's screen", "Follow the frames of the game in the Atari panel",
            lambda page: page.agent_button.toggle(), agent_keys, menu,
        ),
    )  # fmt: skip


class PicturePage(Page):
    """The controls that choose the state's image are in `picking`; a page asks about it by `asking`."""

    state_class: ClassVar[type[PageState]] = VisionState
    ACTIONS: ClassVar[tuple[Action, ...]]
    state: VisionState
    asking: ViewQuery

    def __init__(self, state: VisionState, parent: QWidget | None = None):
        super().__init__(state, parent)
        _, opens, follows = self.ACTIONS
        self.split = QComboBox(toolTip="Split of the pictures")
        self.split.addItems(SPLITS)
        self.number = QSpinBox(maximum=10_000_000, toolTip="Index of the picture (Ctrl+N for the next)")
        self.file_button = QPushButton("File…", toolTip=opens.tooltip)
        self.agent_button = QPushButton("Watched game", toolTip=follows.tooltip, checkable=True)
        self.picking = FlowLayout(gap=theme.GAP)
        for widget in (QLabel("Picture"), self.split, self.number, self.file_button, self.agent_button):
            self.picking.addWidget(widget)
        self.split.currentTextChanged.connect(self.pick)
        self.number.valueChanged.connect(self.pick)
        self.file_button.clicked.connect(self.ask_file)
        self.agent_button.toggled.connect(self.follow_agent)
        state.image_changed.connect(self.image_changed)
        self.setAcceptDrops(True)
        self.trail = state.trail(lambda: {"picture": (self.split.currentText(), self.number.value())}, self.set_picked)

    def tell(self, sentence: str) -> None:
        """Say why there is no picture; "" takes it back."""
        self.show_problem(sentence)

    def pick(self, *_: object) -> None:
        self.agent_button.setChecked(False)
        self.state.show_image(f"{self.split.currentText()}:{self.number.value()}")
        self.trail.note()

    def set_picked(self, picked: dict[str, tuple[str, int]]) -> None:
        split, number = picked["picture"]
        self.split.setCurrentText(split)
        self.number.setValue(number)

    def ask_file(self) -> None:
        path = ask_picture(self)
        if path is not None:
            self.open_file(path)

    def open_file(self, path: Path) -> None:
        self.agent_button.setChecked(False)
        self.state.show_image(str(path))

    def follow_agent(self, on: bool) -> None:
        if on and watched_frame(self.window()) is None:
            self.agent_button.setChecked(False)
            self.tell(NO_AGENT)
        elif not on and not isinstance(self.state.image, str):
            self.state.show_image(f"{self.split.currentText()}:{self.number.value()}")

    def image_changed(self) -> None:
        self.tell("")
        self.asking.ask()

    def tick(self) -> None:
        if self.agent_button.isChecked() and not self.asking.waiting:
            frame = watched_frame(self.window())
            if frame is not None and frame is not self.state.image:
                self.state.show_image(np.ascontiguousarray(frame))
        super().tick()
