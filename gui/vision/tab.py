"""One run of the Vision panel: the transport above, the Look page, and the run's curves and views."""

from typing import ClassVar

from PySide6.QtWidgets import QWidget

from gui.bridge import SessionBridge
from gui.panel import AppContext
from gui.run_tab import RunTab
from gui.view_query import ViewSource
from gui.vision.inspect_page import InspectPage
from gui.vision.vision_state import VisionState
from lab.run import Run


class VisionTab(RunTab):
    """A run's tab with the Look page in front, where its recipe has one."""

    whole: ClassVar[bool] = True

    def __init__(self, run: Run, context: AppContext, hue: str, first_views: tuple[str, ...] = (), parent: QWidget | None = None):
        self.state = VisionState()
        super().__init__(run, context, hue, first_views, parent)
        self.state.setParent(self)
        self.look = InspectPage(self.state, run)
        self.put_in_front((self.look, "Look", "One image and what the network makes of it; draw one"))
        if run.recipe.name != "classify":
            self.faces.setCurrentIndex(1)

    def set_bridge(self, bridge: SessionBridge) -> None:
        super().set_bridge(bridge)
        bridge.ended.connect(self.look.ask_anew)

    def take_source(self, source: ViewSource) -> None:
        super().take_source(source)
        self.state.set_source(source)

    def shut(self) -> None:
        super().shut()
        self.look.shut()
