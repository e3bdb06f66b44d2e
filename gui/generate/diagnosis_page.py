"""Is the training healthy? D's scores, the terms of the ELBO, gradient norms, classes and coverage of the samples."""

import time
from collections.abc import Callable
from typing import Any, ClassVar

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QSplitter, QTabWidget, QToolButton, QVBoxLayout, QWidget

from gui.generate.latent_page import LatentPage
from gui.generate.latent_state import LatentState
from gui.theme import colour
from gui.view_query import ViewQuery
from gui.widgets.answer_view import AnswerView
from gui.widgets.plot import Plot, legend
from gui.widgets.series import RunSeries
from lab.metrics import title as metric_title

DRAWN = {"scores": 1.0, "elbo": 2.0}
"""Views that are drawn by themselves, and how often."""
MEASURED = {
    "class_share": ("Count classes", "Classify the samples with the lab's own classifier"),
    "measured_quality": ("Measure quality", "Frechet and kernel distance, density and coverage on the classifier's features"),
}
"""Views that are asked by a button: the classifier is trained at the first, which stops training for a moment."""
READ_SECONDS = 0.5
CURVES: dict[str, tuple[str, ...]] = {
    "gradient norm": ("charts/g_gradient_norm", "charts/d_gradient_norm"),
    "D's accuracy": ("charts/d_real_accuracy", "charts/d_fake_accuracy"),
    "nats per image": ("losses/reconstruction", "losses/kl"),
    "penalty, Wasserstein estimate": ("losses/gradient_penalty", "charts/wasserstein"),
    "error": ("losses/reconstruction",),
}
"""Plots of the run's metrics, each drawn where the run has all of its lines and no earlier plot has them."""


class DiagnosisPage(LatentPage):
    """Plots side by side, and above them the plain sentences."""

    title: ClassVar[str] = "Diagnosis"
    tip: ClassVar[str] = (
        "Training health: D's scores and accuracy, gradient norms, ELBO terms, class balance and coverage of the samples, warnings"
    )
    reading: ClassVar[str] = (
        "Below the plots are training steps. Scores of real and generated images that overlap are a good sign; so are equal shares of the classes, at 1."
    )
    hint: ClassVar[str] = "Check the samples: are they diverse, and are all classes present?"

    def __init__(self, state: LatentState, parent: QWidget | None = None):
        super().__init__(state, parent)
        self.series = RunSeries(state.run.path)
        self.plots: dict[str, Plot] = {}
        self.answers: dict[str, AnswerView] = {}
        self.read = float("-inf")
        self.warning = QLabel(wordWrap=True)
        self.warning.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.plot_row, self.view_row = (QSplitter(Qt.Orientation.Horizontal, childrenCollapsible=False) for _ in range(2))
        self.measures = QTabWidget(documentMode=True)
        split = QSplitter(Qt.Orientation.Vertical, childrenCollapsible=False)
        split.addWidget(self.plot_row)
        split.addWidget(self.view_row)
        split.setSizes([300, 300])
        self.plot_row.setMinimumHeight(150)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.warning)
        layout.addWidget(split, 1)
        self.buttons: dict[str, QToolButton] = {}
        self.asked: dict[str, ViewQuery] = {}
        self.query("warnings", dict, lambda answer: self.warning.setText(answer.text), self.warning.setText, interval=2.0)
        state.source_changed.connect(self.source_changed)

    def source_changed(self) -> None:
        """Places for the views that this model has."""
        for view, every in DRAWN.items():
            if view in self.state.views and view not in self.answers:
                self.place(view, every)
        for view, (text, tip) in MEASURED.items():
            if view in self.state.views and view not in self.answers:
                self.place_measured(view, text, tip)
        self.view_row.addWidget(self.measures)
        self.view_row.setVisible(bool(self.answers))

    def place(self, view: str, every: float) -> None:
        """A view that is drawn by itself, with its sentence above it."""
        box = QWidget()
        column = QVBoxLayout(box)
        column.setContentsMargins(0, 0, 0, 0)
        sentence = QLabel(wordWrap=True)
        answer = self.answers[view] = AnswerView()
        column.addWidget(sentence)
        column.addWidget(answer, 1)
        self.view_row.addWidget(box)

        def show(got: Any) -> None:
            sentence.setText(f"{got.title}." if got.title else "")
            answer.show_answer(got)

        self.query(view, dict, show, answer.show_note, interval=every)

    def place_measured(self, view: str, text: str, tip: str) -> None:
        """A view with a button that asks it."""
        box = QWidget()
        column = QVBoxLayout(box)
        column.setContentsMargins(0, 0, 0, 0)
        button = QToolButton(text=text, toolTip=f"{tip}. The first use trains the classifier, which pauses training briefly.")
        answer = self.answers[view] = AnswerView()
        answer.show_note(f"{text}: {tip[0].lower()}{tip[1:]}. The first use trains a classifier, which takes up to a minute.")
        column.addWidget(button)
        column.addWidget(answer, 1)
        self.measures.addTab(box, view.removeprefix("measured_").replace("_", " "))

        def ended(show: Callable[[Any], None], what: Any) -> None:
            button.setEnabled(True)
            show(what)

        def press() -> None:
            button.setEnabled(False)
            answer.show_note("Measuring…")
            self.asked[view].ask()

        self.asked[view] = ViewQuery(
            self.state, view, dict, lambda got: ended(answer.show_answer, got), lambda text: ended(answer.show_note, text)
        )
        button.clicked.connect(press)
        self.buttons[view] = button

    def tick(self) -> None:
        super().tick()
        now = time.monotonic()
        if now - self.read > READ_SECONDS:
            self.read = now
            self.draw_curves()

    def draw_curves(self) -> None:
        """The run's metrics, where new ones were written."""
        if not self.series.read():
            return
        taken: set[str] = set()
        for name, metrics in CURVES.items():
            if not set(metrics) <= set(self.series.metrics) or taken & set(metrics):
                continue
            taken |= set(metrics)
            if name not in self.plots:
                self.add_plot(name, metrics)
            for i, metric in enumerate(metrics):
                line = self.series.metrics[metric]
                self.plots[name].set_line(metric_title(metric), line.steps, line.values, colour(i))

    def add_plot(self, name: str, metrics: tuple[str, ...]) -> None:
        """One more plot, with its name and those of its lines above it."""
        lines = legend((metric_title(metric), colour(i)) for i, metric in enumerate(metrics))
        box = QWidget()
        column = QVBoxLayout(box)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(QLabel(" &nbsp; ".join([name, lines] if len(metrics) > 1 else [name]), wordWrap=True))
        self.plots[name] = Plot("steps", "", "No points yet")
        column.addWidget(self.plots[name], 1)
        self.plot_row.addWidget(box)

    def export(self) -> tuple[str, dict[str, Any]] | None:
        return next(((view, {}) for view in DRAWN if view in self.state.views), None)
