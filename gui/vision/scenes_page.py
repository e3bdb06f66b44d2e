"""The Scenes page of segmentation and detection: one picture, or the watched game live, with what the network finds in it."""

from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from PySide6.QtWidgets import QComboBox, QFileDialog, QLabel, QPushButton, QSpinBox, QVBoxLayout, QWidget

from gui import theme
from gui.actions import Action
from gui.atari.watched_frame import watched_frame
from gui.page import Page
from gui.theme import faint
from gui.view_query import PageState
from gui.vision.vision_state import VisionState
from gui.widgets.annotated import AnnotatedView, BoxesView, MasksView
from gui.widgets.flow_layout import FlowLayout
from lab.data.image_files import IMAGE_FILTER

SPLITS = ("test", "validation", "train")
NO_AGENT = "No agent is being watched. Choose one in the Atari panel (Alt+1) first."
MENU = "&Scenes"
NEXT = Action("next", "Next image", "Show the next picture of the split", lambda page: page.next_image(), "Ctrl+N", MENU)
OPEN = Action("open", "Open image…", "Open an image file, or drop one here", lambda page: page.ask_file(), "Ctrl+I", MENU)
AGENT = Action(
    "agent", "Agent's screen", "Follow the frames of the game in the Atari panel", lambda page: page.agent_button.toggle(), "Ctrl+L", MENU
)


class ScenesPage(Page):
    """A held-out picture, a file, or the frames of the watched game; with masks or boxes, whichever the recipe gives."""

    title: ClassVar[str] = "Scenes"
    tip: ClassVar[str] = "What the network finds in a picture, or live in the watched game"
    reading: ClassVar[str] = "Colours are classes, named below; click one to hide it. Beside a held-out picture stands the truth."
    state_class: ClassVar[type[PageState]] = VisionState
    ACTIONS: ClassVar[tuple[Action, ...]] = (NEXT, OPEN, AGENT)
    state: VisionState

    def __init__(self, state: VisionState, parent: QWidget | None = None):
        super().__init__(state, parent)
        self.split = QComboBox(toolTip="Split of the scenes")
        self.split.addItems(SPLITS)
        self.number = QSpinBox(maximum=10_000_000, toolTip="Index of the picture (Ctrl+N for the next)")
        self.file_button = QPushButton("File…", toolTip=OPEN.tooltip)
        self.agent_button = QPushButton("Watched game", toolTip=AGENT.tooltip, checkable=True)
        self.masks, self.boxes = MasksView(), BoxesView()
        for shown in (self.masks, self.boxes):
            shown.steady = True
        self.note = QLabel(wordWrap=True)
        faint(self.note)
        row = FlowLayout(gap=theme.GAP)
        for widget in (QLabel("Picture"), self.split, self.number, self.file_button, self.agent_button):
            row.addWidget(widget)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, theme.GAP, 0, 0)
        layout.addLayout(row)
        layout.addWidget(self.masks, 1)
        layout.addWidget(self.boxes, 1)
        layout.addWidget(self.note)
        self.boxes.hide()
        self.last: Any = None
        self.asking = self.query("segmented", lambda: {"image": state.image}, self.show_answer, self.note.setText, interval=0.5)
        self.split.currentTextChanged.connect(self.pick)
        self.number.valueChanged.connect(self.pick)
        self.file_button.clicked.connect(self.ask_file)
        self.agent_button.toggled.connect(self.follow_agent)
        state.source_changed.connect(self.source_changed)
        state.image_changed.connect(self.image_changed)
        self.setAcceptDrops(True)
        self.trail = state.trail(lambda: {"picture": (self.split.currentText(), self.number.value())}, self.set_picked)

    @property
    def view(self) -> AnnotatedView:
        """What shows the answers of this recipe."""
        return self.masks if self.asking.view == "segmented" else self.boxes

    def source_changed(self) -> None:
        self.asking.view = next((name for name in ("detected", "located") if name in self.state.views), "segmented")
        for shown in (self.masks, self.boxes):
            shown.setVisible(shown is self.view)

    # -- which picture ---------------------------------------------------------------------------------------------

    def pick(self, *_: object) -> None:
        self.agent_button.setChecked(False)
        self.state.show_image(f"{self.split.currentText()}:{self.number.value()}")
        self.trail.note()

    def set_picked(self, picked: dict[str, tuple[str, int]]) -> None:
        split, number = picked["picture"]
        self.split.setCurrentText(split)
        self.number.setValue(number)

    def next_image(self) -> None:
        self.number.setValue(self.number.value() + 1)

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
            self.note.setText(NO_AGENT)
        elif not on and not isinstance(self.state.image, str):
            self.state.show_image(f"{self.split.currentText()}:{self.number.value()}")

    def image_changed(self) -> None:
        self.note.setText("")
        self.asking.ask()

    # -- answers ---------------------------------------------------------------------------------------------------

    def show_answer(self, answer: Any) -> None:
        self.last = answer
        self.view.show_answer(answer)  # type: ignore[attr-defined]

    def export(self) -> tuple[str, dict[str, Any]] | None:
        return (self.asking.view, {"image": self.state.image}) if isinstance(self.state.image, str) else None

    def tick(self) -> None:
        if self.agent_button.isChecked() and not self.asking.waiting:
            frame = watched_frame(self.window())
            if frame is not None and frame is not self.state.image:
                self.state.show_image(np.ascontiguousarray(frame))
        self.asking.tick()
