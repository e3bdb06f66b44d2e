"""The Pairs page of metric learning: two pictures, and whether the network takes them for the same thing; templates of the classes below."""

from pathlib import Path
from typing import Any, ClassVar

from PySide6.QtWidgets import QComboBox, QLabel, QPushButton, QSpinBox, QTabWidget, QVBoxLayout, QWidget

from gui import theme
from gui.actions import Action
from gui.page import Page
from gui.view_query import PageState
from gui.widgets.answer_view import AnswerView
from gui.widgets.flow_layout import FlowLayout
from gui.widgets.open_dialog import ask_picture

SPLITS = ("test", "validation", "train")
BELOW = {"Templates": "one_shot", "Hardest pairs": "hardest"}
MENU = "&Pairs"
NEXT = Action("next", "Next pair", "Compare the next picture with the first one", lambda page: page.next_pair(), "Ctrl+Alt+N", MENU)
OPEN = Action(
    "open",
    "Open image…",
    "Compare an image file with the first picture; or drop one here",
    lambda page: page.ask_file(),
    "Ctrl+I",
    MENU,
)


class PairsPage(Page):
    """Two pictures of the data, or one and a file, with their distance; below, classes by one template each, and the pairs that are mistaken."""

    title: ClassVar[str] = "Pairs"
    tip: ClassVar[str] = "Two pictures: the same thing or not? And classes by one template each"
    reading: ClassVar[str] = (
        "Distances go from 0 to 2; below the threshold two pictures count as the same thing. Templates: the first row is one training image of each "
        "class, below it pictures with the class of their nearest template."
    )
    needs: ClassVar[tuple[str, ...]] = ("compared", "one_shot")
    ACTIONS: ClassVar[tuple[Action, ...]] = (NEXT, OPEN)

    def __init__(self, state: PageState, parent: QWidget | None = None):
        super().__init__(state, parent)
        self.split = QComboBox(toolTip="Split of both pictures")
        self.split.addItems(SPLITS)
        self.first = QSpinBox(maximum=10_000_000, toolTip="Index of the first picture")
        self.second = QSpinBox(maximum=10_000_000, value=1, toolTip="Index of the second picture (Ctrl+N for the next)")
        self.file_button = QPushButton("File…", toolTip=OPEN.tooltip)
        self.file: Path | None = None
        row = FlowLayout(gap=theme.GAP)
        for widget in (QLabel("Pictures"), self.split, self.first, QLabel("and"), self.second, self.file_button):
            row.addWidget(widget)
        self.answer = AnswerView()
        self.below = QTabWidget(documentMode=True)
        self.answers = {name: AnswerView() for name in BELOW}
        for name, shown in self.answers.items():
            self.below.addTab(shown, name)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, theme.GAP, 0, 0)
        layout.addLayout(row)
        layout.addWidget(self.answer, 2)
        layout.addWidget(self.below, 3)
        layout.addWidget(self.problem)
        self.last: Any = None
        self.asking = self.query("compared", self.parameters, self.show_answer, self.show_problem, interval=0.5)
        for name, view in BELOW.items():
            self.query(view, lambda name=name: self.if_in_front(name), self.answers[name].show_answer, self.show_problem, interval=2.0)
        self.split.currentTextChanged.connect(self.picked)
        self.first.valueChanged.connect(self.refresh)
        self.second.valueChanged.connect(self.picked)
        self.file_button.clicked.connect(self.ask_file)
        self.below.currentChanged.connect(self.refresh)
        self.setAcceptDrops(True)
        self.trail = state.trail(lambda: {"pair": (self.split.currentText(), self.first.value(), self.second.value())}, self.set_pair)
        for box in (self.first, self.second):
            box.valueChanged.connect(lambda _: self.trail.note())
        self.split.currentTextChanged.connect(lambda _: self.trail.note())

    def parameters(self) -> dict[str, Any]:
        split = self.split.currentText()
        return {"image": f"{split}:{self.first.value()}", "other": str(self.file) if self.file else f"{split}:{self.second.value()}"}

    def if_in_front(self, name: str) -> dict[str, Any] | None:
        return {"split": self.split.currentText()} if self.below.tabText(self.below.currentIndex()) == name else None

    def set_pair(self, pair: dict[str, tuple[str, int, int]]) -> None:
        split, first, second = pair["pair"]
        self.split.setCurrentText(split)
        self.first.setValue(first)
        self.second.setValue(second)

    def picked(self, *_: object) -> None:
        self.file = None
        self.refresh()

    def next_pair(self) -> None:
        self.second.setValue(self.second.value() + 1)

    def ask_file(self) -> None:
        path = ask_picture(self)
        if path is not None:
            self.open_file(path)

    def open_file(self, path: Path) -> None:
        self.file = path
        self.refresh()

    def show_answer(self, answer: Any) -> None:
        self.last = answer
        self.show_problem("")
        self.answer.show_answer(answer)

    def export(self) -> tuple[str, dict[str, Any]] | None:
        return "compared", self.parameters()
