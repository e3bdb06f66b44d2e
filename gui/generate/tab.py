"""One run of the Generate panel: transport and warnings above, the latent space, and the run's curves and views."""

from typing import TYPE_CHECKING, Any

from PySide6.QtWidgets import QLabel, QTabWidget, QVBoxLayout, QWidget

from gui.bridge import SessionBridge
from gui.generate.diagnosis_page import DiagnosisPage
from gui.generate.room import Room
from gui.generate.scene import Scene
from gui.panel import Workbench
from gui.run_tab import RunTab
from gui.stored import StoredViews
from gui.widgets.question import Question
from lab.run import Run

if TYPE_CHECKING:
    from lab.experiment import ViewSpec


class GenerateTab(RunTab):
    """A run's tab with the latent space in front."""

    def __init__(self, run: Run, workbench: Workbench, hue: str, first_views: tuple[str, ...] = (), parent: QWidget | None = None):
        self.scene = Scene(run)
        super().__init__(run, workbench, hue, first_views, parent)
        self.scene.setParent(self)
        self.warning = QLabel(wordWrap=True)
        self.warning.setForegroundRole(self.warning.palette().ColorRole.BrightText)
        self.warning.hide()
        self.room = Room(self.scene)
        self.faces = QTabWidget(documentMode=True, tabPosition=QTabWidget.TabPosition.North)
        layout = self.layout()
        assert isinstance(layout, QVBoxLayout)
        layout.removeWidget(self.split)
        self.faces.addTab(self.room, "Latent space")
        self.faces.addTab(self.split, "Curves and views")
        layout.addWidget(self.warning)
        layout.addWidget(self.faces, 1)
        self.watching = Question(self.scene, "warnings", dict, self.show_warnings, lambda text: None, every=2.0)
        self.room.timer.timeout.connect(self.look_for_trouble)

    def set_bridge(self, bridge: SessionBridge) -> None:
        super().set_bridge(bridge)
        self.scene.set_source(bridge)

    def stored_source(self) -> StoredViews:
        return StoredViews(self.run, self.workbench.background, whole=True)

    def stored_ready(self, source: StoredViews, specs: "dict[str, ViewSpec]") -> None:
        super().stored_ready(source, specs)
        if self.bridge is None and self.timer.interval():
            self.scene.set_source(source)

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
