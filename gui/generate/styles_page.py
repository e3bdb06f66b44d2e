"""Styles of a style-based generator: mixed, drawn towards their mean, from coarse to fine, and what noise changes."""

from functools import partial
from typing import Any, ClassVar, get_args

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QButtonGroup, QComboBox, QSlider, QSpinBox, QToolButton, QVBoxLayout, QWidget

from gui.actions import Action
from gui.generate.front_tabs import FrontTabs, with_names
from gui.generate.image_grid import ImageGrid
from gui.generate.latent_page import LatentPage
from gui.generate.latent_state import LatentState
from gui.undo import differing
from lab.parameters import Sides

MIXING, TRUNCATION, PATH, SIDES, NOISE = "Mixing", "Truncation", "Truncation path", "Coarse to fine", "Noise"
ROWS, COLUMNS = "rows", "columns"
MOST = {ROWS: 5, COLUMNS: 8}
"""Samples that are mixed at most; one more takes the place of the first."""


def clicks(name: str, keys: str) -> Action:
    return Action(
        f"mix_{name}", f"Clicks set {name}", f"Clicked samples become {name} of the grid", lambda page: page.choose(name), keys, "&Styles"
    )


CLICKS = {ROWS: clicks(ROWS, "Ctrl+Alt+A"), COLUMNS: clicks(COLUMNS, "Ctrl+Alt+D")}


class StylesPage(LatentPage):
    """A tab for each question about styles, asked while it is in front."""

    title: ClassVar[str] = "Styles"
    tip: ClassVar[str] = "Mix the styles of samples, draw them towards the mean, see each side's part and what noise changes"
    reading: ClassVar[str] = (
        "Mixing: a picture has the styles of the sample to its left, but at the chosen sides those of the sample above it. Truncation: "
        "psi 0 is the mean style, 1 the samples as they are."
    )
    needs: ClassVar[tuple[str, ...]] = ("style_mixing", "truncation")
    ACTIONS: ClassVar[tuple[Action, ...]] = tuple(CLICKS.values())
    hint: ClassVar[str] = "Click samples to mix them: choose on the right whether they become rows or columns."

    def __init__(self, state: LatentState, parent: QWidget | None = None):
        super().__init__(state, parent)
        self.chosen: dict[str, list[str]] = {ROWS: [f"{i}@0" for i in range(4)], COLUMNS: [f"{i}@0" for i in range(4, 11)]}
        self.active = ROWS
        self.group = QButtonGroup(self)
        self.buttons = {name: QToolButton(text=f"Pick {name}", checkable=True, toolTip=action.tooltip) for name, action in CLICKS.items()}
        for name, button in self.buttons.items():
            self.group.addButton(button)
            button.clicked.connect(partial(self.choose, name))
        self.buttons[ROWS].setChecked(True)
        self.sides = QComboBox(toolTip="Where the column's styles take the place of the row's")
        self.sides.addItems(get_args(Sides))
        self.sides.currentIndexChanged.connect(self.refresh)
        self.psi = QSlider(Qt.Orientation.Horizontal, minimum=-100, maximum=150, value=70)
        self.psi.setToolTip("psi: how far from the mean style (arrow keys); 0 is the mean, 1 as drawn, below 0 the opposite")
        self.psi.setAccessibleName("Truncation psi")
        self.psi.valueChanged.connect(self.psi_moved)
        self.noises = QSpinBox(minimum=2, maximum=23, value=13, toolTip="How many different noises")
        self.noises.valueChanged.connect(self.refresh)
        self.tabs = FrontTabs(self)
        self.tabs.add(
            MIXING, "Rows give the styles, columns replace them at the chosen sides", "style_mixing", self.mixing,
            {"Columns give the styles of": self.sides, "": self.buttons[ROWS], " ": self.buttons[COLUMNS]}, ImageGrid.show_answer,
        )  # fmt: skip
        self.tabs.add(
            TRUNCATION, "Samples nearer to the mean style, or further from it", "truncation",
            lambda: {"psi": self.psi.value() / 100, "n": 36, "seed": self.state.seed}, {"psi": self.psi}, ImageGrid.show_answer,
        )  # fmt: skip
        self.tabs.add(
            PATH, "From the opposite of each row's style through the mean (0) to the style (1) and beyond", "truncation_path",
            self.rows, {}, with_names,
        )  # fmt: skip
        self.tabs.add(
            SIDES, "The picture after each side of the generator, and what the last one added", "layers", self.rows, {}, with_names
        )
        self.tabs.add(
            NOISE, "The first row's sample with different noise, and where the pictures differ", "noise_effect",
            lambda: {"anchor": self.chosen[ROWS][0], "n": self.noises.value(), "seed": self.state.seed}, {"Noises": self.noises},
            lambda grid, answer: grid.show_answer(answer),
        )  # fmt: skip
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.tabs)
        self.trail = state.trail(
            lambda: {name: tuple(members) for name, members in self.chosen.items()}, self.put, lambda a, b: f"mixed {differing(a, b)}"
        )

    # -- what is asked ---------------------------------------------------------------------------------------------

    def mixing(self) -> dict[str, Any]:
        return {**{name: ",".join(members) for name, members in self.chosen.items()}, "sides": self.sides.currentText()}

    def rows(self) -> dict[str, Any]:
        return {"anchors": ",".join(self.chosen[ROWS])}

    def export(self) -> tuple[str, dict[str, Any]] | None:
        return self.tabs.export()

    # -- the hand --------------------------------------------------------------------------------------------------

    def psi_moved(self, *_: object) -> None:
        self.state.touch()
        query = self.queries[1]
        query.stale = not self.isVisible()
        if self.isVisible():
            query.ask()

    def choose(self, name: str, *_: object) -> None:
        """Samples that are clicked become rows, or columns, from now on."""
        self.active = name
        self.buttons[name].setChecked(True)

    def pick(self, anchor: str) -> None:
        members = self.chosen[self.active]
        if anchor not in members:
            members[:] = [*members, anchor][-MOST[self.active] :]
        elif len(members) > 1:
            members.remove(anchor)
        self.trail.note()
        self.changed()

    def put(self, chosen: dict[str, tuple[str, ...]]) -> None:
        self.chosen = {name: list(members) for name, members in chosen.items()}
        self.changed()

    def changed(self) -> None:
        self.state.marks_changed.emit()
        self.refresh()

    def badges(self) -> dict[str, str]:
        marks: dict[str, str] = {}
        for name, members in self.chosen.items():
            for i, anchor in enumerate(members):
                marks[anchor] = marks.get(anchor, "") + f"{name[0]}{i + 1}"
        return marks
