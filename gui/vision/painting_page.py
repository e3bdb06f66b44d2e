"""The Painting page of style transfer: the picture as it is painted, between the two that it is made from, and how near each layer is."""

from pathlib import Path
from typing import Any, ClassVar

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QSlider, QSplitter, QVBoxLayout, QWidget

from gui import theme
from gui.page import Page
from gui.view_query import PageState
from gui.widgets.answer_view import AnswerView
from gui.widgets.picture import Picture
from gui.widgets.titled import Strong


class PaintingPage(Page):
    """Content, painting and style side by side; a slider goes back in time; below, each layer's error."""

    title: ClassVar[str] = "Painting"
    tip: ClassVar[str] = "The picture while it is painted, between its content and its style"
    reading: ClassVar[str] = (
        "The slider goes back to earlier steps; at its right end the painting is live. Errors: 0 is as wanted, 1 as far as an empty picture."
    )
    needs: ClassVar[tuple[str, ...]] = ("painting", "time_lapse", "layers")

    def __init__(self, state: PageState, parent: QWidget | None = None):
        super().__init__(state, parent)
        self.pictures = [Picture(tip, (90, 90)) for tip in ("What is painted", "The painting", "In whose manner")]
        self.names = [Strong("Content"), Strong("Painting"), Strong("Style")]
        top = QWidget()
        grid = QGridLayout(top)
        grid.setContentsMargins(0, 0, 0, 0)
        for i, (name, picture) in enumerate(zip(self.names, self.pictures, strict=True)):
            grid.addWidget(name, 0, i)
            grid.addWidget(picture, 1, i)
            grid.setColumnStretch(i, 2 if i == 1 else 1)
        grid.setRowStretch(1, 1)
        self.time = QSlider(Qt.Orientation.Horizontal, toolTip="Steps of the painting; the right end is now")
        self.time.setRange(0, 0)
        self.when = QLabel()
        line = QHBoxLayout()
        line.addWidget(QLabel("First step"))
        line.addWidget(self.time, 1)
        line.addWidget(self.when)
        grid.addLayout(line, 2, 0, 1, 3)
        self.layers = AnswerView()
        split = QSplitter(Qt.Orientation.Vertical, childrenCollapsible=False)
        split.addWidget(top)
        split.addWidget(self.layers)
        split.setSizes([320, 180])
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, theme.GAP, 0, 0)
        layout.addWidget(split, 1)
        layout.addWidget(self.problem)
        self.last: Any = None
        self.steps: list[int] = []
        """At which the pictures of the past were taken."""
        self.now = self.query("painting", dict, self.show_painting, self.show_problem, interval=0.2)
        self.past = self.query("time_lapse", lambda: {"index": self.time.value()}, self.show_past, self.excuse_past, interval=1.0)
        self.query("layers", dict, self.layers.show_answer, self.show_problem, interval=2.0)
        self.time.valueChanged.connect(self.moved)

    @property
    def live(self) -> bool:
        return self.time.value() == self.time.maximum()

    def moved(self, _: int) -> None:
        self.state.touch()
        self.show_when()
        if self.live and self.last is not None:
            self.pictures[1].show_pixels(self.last.pixels[1])
        else:
            self.past.ask()

    def show_painting(self, answer: Any) -> None:
        self.last = answer
        self.show_problem("")
        for i, (name, title) in enumerate(zip(self.names, ("Content", "Painting", "Style"), strict=True)):
            name.setText(title if i == 1 else f"{title}: {Path(answer.captions[i]).name}")
            if i != 1 or self.live:
                self.pictures[i].show_pixels(answer.pixels[i])

    def show_past(self, answer: Any) -> None:
        """A picture of the past, where one is wanted; how many there are, in any case."""
        live = self.live
        self.steps = list(answer.steps)
        self.time.blockSignals(True)
        self.time.setMaximum(len(self.steps))  # One place more than pictures: now.
        if live:
            self.time.setValue(len(self.steps))
        self.time.blockSignals(False)
        self.show_when()
        if not live:
            self.pictures[1].show_pixels(answer.pixels[0])

    def excuse_past(self, sentence: str) -> None:
        if not self.live:
            self.show_problem(sentence)

    def show_when(self) -> None:
        index = self.time.value()
        self.when.setText("now" if self.live or index >= len(self.steps) else f"step {self.steps[index]:,}")

    def export(self) -> tuple[str, dict[str, Any]] | None:
        return ("painting", {}) if self.live else ("time_lapse", {"index": self.time.value()})
