"""One run of the Vision panel: the transport above, the Look page, and the run's curves and views."""

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QTabWidget, QVBoxLayout, QWidget

from gui.bridge import SessionBridge
from gui.panel import Workbench
from gui.run_tab import RunTab
from gui.stored import StoredViews
from gui.vision.look_pane import LookPane
from gui.vision.scene import VisionScene
from lab.run import Run

if TYPE_CHECKING:
    from lab.experiment import ViewSpec


class VisionTab(RunTab):
    """A run's tab with the Look page in front, where its recipe has one."""

    def __init__(self, run: Run, workbench: Workbench, hue: str, first_views: tuple[str, ...] = (), parent: QWidget | None = None):
        self.scene = VisionScene()
        super().__init__(run, workbench, hue, first_views, parent)
        self.scene.setParent(self)
        self.look = LookPane(self.scene, run)
        self.faces = QTabWidget(documentMode=True)
        layout = self.layout()
        assert isinstance(layout, QVBoxLayout)
        layout.removeWidget(self.split)
        self.faces.setTabToolTip(self.faces.addTab(self.look, "Look"), "One image and what the network makes of it; draw one")
        self.faces.setTabToolTip(self.faces.addTab(self.split, "Curves and views"), "The run's figures, and every view of it")
        layout.addWidget(self.faces, 1)
        if run.recipe.name != "classify":
            self.faces.setCurrentIndex(1)

    def set_bridge(self, bridge: SessionBridge) -> None:
        super().set_bridge(bridge)
        self.scene.set_source(bridge)
        bridge.ended.connect(self.look.ask_anew)

    def stored_source(self) -> StoredViews:
        return StoredViews(self.run, self.workbench.background, whole=True)

    def stored_ready(self, source: StoredViews, specs: "dict[str, ViewSpec]") -> None:
        super().stored_ready(source, specs)
        if self.bridge is None and self.timer.interval():
            self.scene.set_source(source)

    def shut(self) -> None:
        super().shut()
        self.look.shut()
