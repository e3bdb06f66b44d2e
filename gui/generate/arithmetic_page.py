"""Arithmetic: the average of set A minus the average of set B plus that of C (Radford et al. 2016, sec. 6.3.2)."""

from functools import partial
from typing import Any, ClassVar

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QButtonGroup, QGridLayout, QLabel, QLineEdit, QToolButton, QVBoxLayout, QWidget

from gui.actions import Action
from gui.generate.image_grid import BADGE_COLOURS
from gui.generate.latent_page import LatentPage
from gui.generate.latent_state import LatentState
from gui.theme import faint
from gui.undo import differing
from gui.widgets.icons import dot
from gui.widgets.picture import Picture
from gui.widgets.titled import Strong

SIGNS = {"A": "", "B": "\N{MINUS SIGN}", "C": "+"}
EMPTY = "Select A, B or C above and click samples on the left. Each set needs at least one."


def set_action(name: str, index: int) -> Action:
    keys = f"Ctrl+{4 + index}"  # Ctrl+1 to 3 choose what the samples to the left show.
    return Action(f"set_{name}", f"Set {name}", f"Add clicked samples to set {name}", lambda page: page.choose(name), keys, "&Arithmetic")


SET_ACTIONS = {name: set_action(name, index) for index, name in enumerate(SIGNS)}


class ArithmeticPage(LatentPage):
    """Three sets of samples; the averages of their z, and A - B + C, decoded."""

    title: ClassVar[str] = "Arithmetic"
    tip: ClassVar[str] = "Mean of set A minus mean of set B plus mean of set C"
    reading: ClassVar[str] = (
        "3@0 is sample 3 of seed 0, image:12 is test image 12. The last picture is drawn from A - B + C; before it, the mean of each set."
    )
    needs: ClassVar[tuple[str, ...]] = ("arithmetic",)
    ACTIONS: ClassVar[tuple[Action, ...]] = tuple(SET_ACTIONS.values())
    hint: ClassVar[str] = "Select a set (A, B or C), then click samples to add or remove them."

    def __init__(self, state: LatentState, parent: QWidget | None = None):
        super().__init__(state, parent)
        self.sets: dict[str, list[str]] = {"A": ["0@0", "1@0", "2@0"], "B": ["3@0", "4@0", "5@0"], "C": ["6@0"]}
        self.code: tuple[float, ...] | None = None
        """The z of the result."""
        self.active = "A"
        self.group = QButtonGroup(self)
        self.buttons: dict[str, QToolButton] = {}
        self.lines: dict[str, QLineEdit] = {}
        self.pictures = {name: Picture("", (80, 80)) for name in ("A", "B", "C", "result")}
        grid = QGridLayout()
        for column, name in enumerate(self.sets):
            button = QToolButton(text=f"{SIGNS[name]} {name}".strip(), checkable=True)
            button.setToolTip(SET_ACTIONS[name].tooltip)
            button.setMinimumWidth(56)
            button.setIcon(dot(BADGE_COLOURS[name]))
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
            font = button.font()
            font.setBold(True)
            button.setFont(font)
            button.clicked.connect(partial(self.choose, name))
            self.group.addButton(button)
            clear = QToolButton(text="Clear", toolTip=f"Clear set {name}", autoRaise=True)
            clear.clicked.connect(partial(self.clear, name))
            line = QLineEdit(toolTip=f"Samples of set {name}, separated by commas: 3@0 (sample 3 of seed 0), image:12 (test image 12)")
            line.editingFinished.connect(partial(self.typed, name))
            self.buttons[name], self.lines[name] = button, line
            grid.addWidget(button, 0, 2 * column)
            grid.addWidget(clear, 0, 2 * column + 1, Qt.AlignmentFlag.AlignRight)
            grid.addWidget(line, 1, 2 * column, 1, 2)
            grid.addWidget(self.pictures[name], 2, 2 * column, 1, 2)
        self.buttons["A"].setChecked(True)
        result = Strong("A \N{MINUS SIGN} B + C")
        result.setAlignment(Qt.AlignmentFlag.AlignCenter)
        grid.addWidget(result, 3, 0, 1, 6)
        grid.addWidget(self.pictures["result"], 4, 0, 1, 6)
        grid.setRowStretch(2, 2)
        grid.setRowStretch(4, 3)
        self.note = QLabel(
            "Adds to C what the samples of A share and those of B lack. It works best in a smooth latent space and with several "
            "samples per set, so that their individual features average out.",
            wordWrap=True,
        )
        faint(self.note)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(grid, 1)
        layout.addWidget(self.note)
        self.result = self.query("arithmetic", self.parameters, self.show_result, self.excuse, interval=0.2)
        self.trail = state.trail(
            lambda: {name: tuple(members) for name, members in self.sets.items()}, self.put_sets,
            lambda before, after: f"set {differing(before, after)}",
        )  # fmt: skip
        self.show_sets()

    def parameters(self) -> dict[str, Any] | None:
        if not all(self.sets.values()):
            return None
        return {**{name.lower(): ",".join(members) for name, members in self.sets.items()}, "label": self.state.label}

    def export(self) -> tuple[str, dict[str, Any]] | None:
        parameters = self.parameters()
        return None if parameters is None else ("arithmetic", parameters)

    def here(self) -> tuple[float, ...] | None:
        return self.code if all(self.sets.values()) else None

    def show_result(self, answer: Any) -> None:
        self.code = tuple(map(float, answer.codes[-1]))
        for name, pixels in zip(self.pictures, answer.pixels, strict=True):
            self.pictures[name].show_pixels(pixels)

    def excuse(self, text: str) -> None:
        self.pictures["result"].show_text(text)

    # -- the sets --------------------------------------------------------------------------------------------------

    def choose(self, name: str, *_: object) -> None:
        """Samples that are clicked go into this set from now on."""
        self.active = name
        self.buttons[name].setChecked(True)

    def pick(self, anchor: str) -> None:
        members = self.sets[self.active]
        members.remove(anchor) if anchor in members else members.append(anchor)
        self.show_sets()

    def clear(self, name: str, *_: object) -> None:
        self.sets[name] = []
        self.choose(name)
        self.show_sets()

    def typed(self, name: str) -> None:
        members = [part.strip() for part in self.lines[name].text().split(",") if part.strip()]
        if members != self.sets[name]:
            self.sets[name] = members
            self.show_sets()

    def put_sets(self, sets: dict[str, tuple[str, ...]]) -> None:
        self.sets = {name: list(members) for name, members in sets.items()}
        self.show_sets()

    def show_sets(self) -> None:
        self.trail.note()
        for name, members in self.sets.items():
            self.lines[name].setText(",".join(members))
            if not members:
                self.pictures[name].show_text(f"Set {name} is empty: click samples.")
        if not all(self.sets.values()):
            self.excuse(EMPTY)
        self.refresh()
        self.state.marks_changed.emit()
        if self.isVisible():
            self.tick()

    def badges(self) -> dict[str, str]:
        marks: dict[str, str] = {}
        for name, members in self.sets.items():
            for anchor in members:
                marks[anchor] = marks.get(anchor, "") + name
        return marks
