"""The Scenes page of segmentation and detection: one picture, or the watched game live, with what the network finds in it."""

from typing import Any, ClassVar

from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from gui import theme
from gui.actions import Action
from gui.theme import faint
from gui.vision.picture_page import PicturePage, picture_actions
from gui.vision.vision_state import VisionState
from gui.widgets.annotated import AnnotatedView, BoxesView, MasksView


class ScenesPage(PicturePage):
    """A held-out picture, a file, or the frames of the watched game; with masks or boxes, whichever the recipe gives."""

    title: ClassVar[str] = "Scenes"
    tip: ClassVar[str] = "What the network finds in a picture, or live in the watched game"
    reading: ClassVar[str] = "Colours are classes, named below; click one to hide it. Beside a held-out picture stands the truth."
    ACTIONS: ClassVar[tuple[Action, ...]] = picture_actions("&Scenes", "Ctrl+L")

    def __init__(self, state: VisionState, parent: QWidget | None = None):
        super().__init__(state, parent)
        self.masks, self.boxes = MasksView(), BoxesView()
        for shown in (self.masks, self.boxes):
            shown.steady = True
        self.note = QLabel(wordWrap=True)
        faint(self.note)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, theme.GAP, 0, 0)
        layout.addLayout(self.picking)
        layout.addWidget(self.masks, 1)
        layout.addWidget(self.boxes, 1)
        layout.addWidget(self.note)
        self.boxes.hide()
        self.last: Any = None
        self.asking = self.query("segmented", lambda: {"image": state.image}, self.show_answer, self.note.setText, interval=0.5)
        state.source_changed.connect(self.source_changed)

    @property
    def view(self) -> AnnotatedView:
        """What shows the answers of this recipe."""
        return self.masks if self.asking.view == "segmented" else self.boxes

    def source_changed(self) -> None:
        self.asking.view = next((name for name in ("detected", "located") if name in self.state.views), "segmented")
        for shown in (self.masks, self.boxes):
            shown.setVisible(shown is self.view)

    def tell(self, sentence: str) -> None:
        self.note.setText(sentence)

    # -- answers ---------------------------------------------------------------------------------------------------

    def show_answer(self, answer: Any) -> None:
        self.last = answer
        self.view.show_answer(answer)  # type: ignore[attr-defined]

    def export(self) -> tuple[str, dict[str, Any]] | None:
        return (self.asking.view, {"image": self.state.image}) if isinstance(self.state.image, str) else None
