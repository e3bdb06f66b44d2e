"""From noise to picture: a slider over time, the way of one z, numbers of evaluations and guidance side by side, the error by time."""

from typing import Any, ClassVar

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSlider, QSpinBox, QSplitter, QTabWidget, QVBoxLayout, QWidget

from gui.generate.image_grid import ImageGrid
from gui.generate.latent_page import LatentPage
from gui.generate.latent_state import LatentState
from gui.theme import faint
from gui.widgets.answer_view import AnswerView

SHOWN = 10
"""Test images under the slider."""
PATH, EVALUATIONS, GUIDANCE, LOSS = "Path", "Evaluations", "Guidance", "Error by time"


class DenoisingPage(LatentPage):
    """Above, real images at one time of the way; below, a tab for each of the other questions, asked while it is in front."""

    title: ClassVar[str] = "Denoising"
    tip: ClassVar[str] = "From noise to image: any time of the way, the number of evaluations, guidance, the error by time"
    reading: ClassVar[str] = (
        "Above: test images, the same mixed with noise (at time 0 all noise, at 1 none), and the clean images that the network expects behind it. "
        "Below: a z on its way to an image, left to right."
    )
    needs: ClassVar[tuple[str, ...]] = ("denoised", "denoising_path")
    hint: ClassVar[str] = "Click a sample to see its way from noise."

    def __init__(self, state: LatentState, parent: QWidget | None = None):
        super().__init__(state, parent)
        self.anchor = "0@0"
        self.slider = QSlider(Qt.Orientation.Horizontal, maximum=100, value=40)
        self.slider.setToolTip("Time: 0 is noise alone, 1 the image (arrow keys)")
        self.slider.setAccessibleName("Time of the way from noise to image")
        self.slider.valueChanged.connect(self.moved)
        self.time = QLabel()
        self.time.setMinimumWidth(self.time.fontMetrics().horizontalAdvance("t = 0.00") + 4)
        self.grid = ImageGrid("Noisy images and what the network makes of them appear here.", pickable=False)
        self.grid.setToolTip("Top: test images. Middle: mixed with noise. Bottom: the clean images that the network expects behind them")
        self.sentence = QLabel(wordWrap=True)
        faint(self.sentence)
        self.tabs = QTabWidget(documentMode=True)
        self.grids = {
            name: ImageGrid(f"{name}: drawn while this tab is in front.", pickable=False) for name in (PATH, EVALUATIONS, GUIDANCE)
        }
        self.steps = QSpinBox(minimum=1, maximum=50, value=8, toolTip="Network evaluations on the way")
        self.steps.valueChanged.connect(self.tab_changed)
        self.errors = AnswerView()
        self.build()
        self.denoised = self.query("denoised", self.time_parameters, self.show_denoised, self.grid.show_text, interval=0.3)
        for view, name in (("denoising_path", PATH), ("evaluations", EVALUATIONS), ("guidance", GUIDANCE)):
            self.ask_in_front(view, name)
        self.query("loss_by_time", lambda: self.if_in_front(LOSS, {}), self.errors.show_answer, self.errors.show_note, interval=2.0)
        self.tabs.currentChanged.connect(self.tab_changed)
        self.moved()

    def build(self) -> None:
        row = QHBoxLayout()
        row.addWidget(QLabel("Noise"))
        row.addWidget(self.slider, 1)
        row.addWidget(QLabel("image"))
        row.addWidget(self.time)
        upper = QWidget()
        above = QVBoxLayout(upper)
        above.setContentsMargins(0, 0, 0, 0)
        above.addLayout(row)
        above.addWidget(self.grid, 1)
        above.addWidget(self.sentence)
        way = QWidget()
        column, settings = QVBoxLayout(way), QHBoxLayout()
        column.setContentsMargins(0, 0, 0, 0)
        label = QLabel("Evaluations")
        label.setBuddy(self.steps)
        settings.addWidget(label)
        settings.addWidget(self.steps)
        settings.addStretch(1)
        column.addLayout(settings)
        column.addWidget(self.grids[PATH], 1)
        tips = {
            PATH: "The picked z at each step, and below it the clean image that the network expects",
            EVALUATIONS: "The same z drawn with more and more evaluations of the network",
            GUIDANCE: "The same z with no class, with the class as learned, and with the class exaggerated",
        }
        for name, widget in ((PATH, way), (EVALUATIONS, self.grids[EVALUATIONS]), (GUIDANCE, self.grids[GUIDANCE])):
            self.tabs.setTabToolTip(self.tabs.addTab(widget, name), tips[name])
            self.grids[name].setToolTip(tips[name])
        self.tabs.setTabToolTip(self.tabs.addTab(self.errors, LOSS), "The squared error of the expected clean image at each time")
        split = QSplitter(Qt.Orientation.Vertical, childrenCollapsible=False)
        split.addWidget(upper)
        split.addWidget(self.tabs)
        split.setSizes([260, 330])
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(split)

    def ask_in_front(self, view: str, name: str) -> None:
        grid = self.grids[name]

        def show(answer: Any) -> None:
            captions = list(answer.captions)
            if name == PATH:
                grid.name(["on the way", "expected"], captions[: answer.columns])
            else:
                grid.name([caption.removesuffix(" evaluations").removesuffix(" evaluation") for caption in captions if caption], [])
            grid.show_answer(answer)

        self.query(view, lambda: self.if_in_front(name, self.parameters_of(name)), show, grid.show_text, interval=0.8)

    def parameters_of(self, name: str) -> dict[str, Any]:
        if name == PATH:
            return {"anchor": self.anchor, "evaluations": self.steps.value(), "label": self.state.label}
        return {"n": SHOWN, "seed": self.state.seed}

    def if_in_front(self, name: str, parameters: dict[str, Any]) -> dict[str, Any] | None:
        return parameters if self.tabs.tabText(self.tabs.currentIndex()) == name else None

    def time_parameters(self) -> dict[str, Any]:
        return {"t": self.slider.value() / 100, "n": SHOWN, "seed": self.state.seed}

    def export(self) -> tuple[str, dict[str, Any]] | None:
        views = {PATH: "denoising_path", EVALUATIONS: "evaluations", GUIDANCE: "guidance"}
        name = self.tabs.tabText(self.tabs.currentIndex())
        return (views[name], self.parameters_of(name)) if name in views else ("loss_by_time", {})

    def show_denoised(self, answer: Any) -> None:
        self.grid.name(["image", "noisy", "expected"], [])
        self.grid.show_answer(answer)
        self.sentence.setText(f"{answer.title}.")

    def moved(self, *_: object) -> None:
        self.time.setText(f"t = {self.slider.value() / 100:.2f}")
        self.state.touch()
        if self.isVisible():
            self.denoised.ask()
        self.denoised.stale = not self.isVisible()

    def tab_changed(self, *_: object) -> None:
        for query in self.queries:
            query.stale = query.stale or query is not self.denoised
        if self.isVisible():
            self.tick()

    def pick(self, anchor: str) -> None:
        self.anchor = anchor
        self.tab_changed()

    def badges(self) -> dict[str, str]:
        return {self.anchor: "z"}
