"""One run of the Generate panel: transport and warnings above, the latent space, and the run's curves and views."""

from typing import Any, ClassVar

from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from gui.generate.diagnosis_page import DiagnosisPage
from gui.generate.latent_state import LatentState
from gui.generate.room import Room
from gui.panel import AppContext
from gui.run_tab import RunTab
from gui.view_query import ViewQuery, ViewSource
from lab.run import Run


class GenerateTab(RunTab):
    """A run's tab with the latent space in front."""

    whole: ClassVar[bool] = True

    def __init__(self, run: Run, context: AppContext, hue: str, first_views: tuple[str, ...] = (), parent: QWidget | None = None):
        self.state = LatentState(run)
        super().__init__(run, context, hue, first_views, parent)
        self.state.setParent(self)
        self.warning = QLabel(wordWrap=True)
        self.warning.setForegroundRole(self.warning.palette().ColorRole.BrightText)
        self.warning.hide()
        self.room = Room(self.state)
        layout = self.layout()
        assert isinstance(layout, QVBoxLayout)
        layout.addWidget(self.warning)
        self.put_in_front((self.room, "Latent space", "Walk through what the network has learned, while it learns"))
        self.watching = ViewQuery(self.state, "warnings", dict, self.show_warnings, lambda text: None, interval=2.0)
        self.room.timer.timeout.connect(self.look_for_trouble)

    def take_source(self, source: ViewSource) -> None:
        super().take_source(source)
        self.state.set_source(source)

    def look_for_trouble(self) -> None:
        if self.isVisible():
            self.watching.tick()

    def show_warnings(self, answer: Any) -> None:
        """A sentence for each sign of trouble."""
        text = answer.text.strip()
        trouble = bool(text) and not text.startswith("No sign")
        self.warning.setText(text if trouble else "")
        self.warning.setVisible(trouble)
        self.room.page_of(DiagnosisPage).show_warnings(text)

    def shut(self) -> None:
        super().shut()
        self.room.shut()
