"""What every page of the latent space has: what a click on a sample means to it, and the sample browser to its left."""

from typing import ClassVar

from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QWidget

from gui.generate.image_grid import set_smooth
from gui.generate.latent_state import LatentState
from gui.generate.sample_browser import SampleBrowser
from gui.page import Page, Sidebar
from gui.view_query import PageState


class LatentPage(Page):
    """A page that shows what codes z decode to."""

    state_class: ClassVar[type[PageState]] = LatentState
    sidebar: ClassVar[type[Sidebar] | None] = SampleBrowser
    hint: ClassVar[str] = ""
    """What clicking a sample does here."""

    def __init__(self, state: LatentState, parent: QWidget | None = None):
        super().__init__(state, parent)
        state.label_changed.connect(self.refresh)
        state.source_changed.connect(self.refresh)
        state.smooth_changed.connect(lambda: set_smooth(self, state.smooth))

    def showEvent(self, event: QShowEvent) -> None:
        set_smooth(self, self.state.smooth)
        super().showEvent(event)

    def pick(self, anchor: str) -> None:
        """A sample or a test image was clicked."""

    def here(self) -> tuple[float, ...] | None:
        """The z of the picture that the page shows; None where it shows none, or too many."""
        return None

    def badges(self) -> dict[str, str]:
        """The mark of each anchor that this page uses."""
        return {}
