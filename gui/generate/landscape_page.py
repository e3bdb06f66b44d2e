"""The toys' page: the plane with real and generated points, live."""

from typing import Any, ClassVar

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSlider, QSplitter, QToolButton, QVBoxLayout, QWidget

from gui.page import Page
from gui.theme import faint
from gui.view_query import PageState
from gui.widgets.answer_view import AnswerView
from gui.widgets.landscape_plot import LandscapePlot
from gui.widgets.titled import titled

FRAME = 0.029
"""Seconds between two pictures: thirty a second, and a little more for the ticks that a busy window drops."""
EVALUATIONS = 20
"""Steps in which a flow's ways are drawn: as smooth to the eye as fifty, and less than half the work."""
PLAY_MS, PLAY_STEP = 40, 2


class LandscapePage(Page):
    """Left the plane, right the distributions along x; for a flow, a slider over the time of the way."""

    title: ClassVar[str] = "Landscape"
    tip: ClassVar[str] = "Real and generated points in the plane, what D thinks of each place, or the ways of a flow"
    reading: ClassVar[str] = (
        "Dots are real and generated points, x to the right and y upwards (of a flow on a line, time upwards). Of a GAN the ground is green where D takes points for real, and "
        "arrows show where it sends generated ones."
    )
    needs: ClassVar[tuple[str, ...]] = ("landscape",)
    tick_ms: ClassVar[int] = 10

    def __init__(self, state: PageState, parent: QWidget | None = None):
        super().__init__(state, parent)
        self.plane, self.densities = LandscapePlot(), AnswerView()
        self.plane.setToolTip("Real and generated points. GAN: green where D takes points for real, arrows where it sends generated ones")
        self.sentence = QLabel(wordWrap=True)
        faint(self.sentence)
        self.slider = QSlider(Qt.Orientation.Horizontal, maximum=100, value=100)
        self.slider.setToolTip("Time of the way: 0 is noise, 1 the generated points (arrow keys)")
        self.slider.setAccessibleName("Time of the way from noise")
        self.slider.valueChanged.connect(self.moved)
        self.play = QToolButton(text="Play", checkable=True, toolTip="Let the points move from noise again and again")
        self.play.toggled.connect(self.toggled)
        self.timer = QTimer(self, interval=PLAY_MS)
        self.timer.timeout.connect(self.advance)
        self.bar = QWidget()
        row = QHBoxLayout(self.bar)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.play)
        row.addWidget(QLabel("Noise"))
        row.addWidget(self.slider, 1)
        row.addWidget(QLabel("points"))
        split = QSplitter(childrenCollapsible=False)
        split.addWidget(self.plane)
        split.addWidget(titled("Along x", self.densities))
        split.setSizes([560, 340])
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.bar)
        layout.addWidget(split, 1)
        layout.addWidget(self.sentence)
        layout.addWidget(self.problem)
        self.landscape = self.query("landscape", self.parameters, self.show_landscape, self.show_problem, interval=FRAME, share=1.0)
        self.query("densities", self.moment, self.densities.show_answer, self.densities.show_note, interval=0.5)
        state.source_changed.connect(self.source_changed)
        self.source_changed()

    @property
    def has_time(self) -> bool:
        """Whether the points have a way that can be stopped."""
        specs = self.state.source.specs() if self.state.source is not None else {}
        return "landscape" in specs and "t" in specs["landscape"].parameters

    def source_changed(self) -> None:
        self.bar.setVisible(self.has_time)

    def parameters(self) -> dict[str, Any]:
        return {**self.moment(), "evaluations": EVALUATIONS} if self.has_time else {}

    def moment(self) -> dict[str, Any]:
        """The time of the way, where there is one."""
        return {"t": self.slider.value() / 100} if self.has_time else {}

    def export(self) -> tuple[str, dict[str, Any]] | None:
        return "landscape", self.parameters()

    def show_landscape(self, answer: Any) -> None:
        self.plane.show_answer(answer)
        self.sentence.setText(f"{answer.title}.")

    def moved(self, *_: object) -> None:
        self.state.touch()
        if self.isVisible():
            self.landscape.ask()

    def toggled(self, on: bool) -> None:
        if on:
            self.timer.start()
        else:
            self.timer.stop()

    def advance(self) -> None:
        """The next moment, back to noise after the last."""
        if self.isVisible() and not self.landscape.waiting:
            self.slider.setValue((self.slider.value() + PLAY_STEP) % (self.slider.maximum() + PLAY_STEP))

    def shut(self) -> None:
        self.timer.stop()
