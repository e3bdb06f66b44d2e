"""One run of the Sequences panel: its network at work in front, its curves and views behind."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QTabWidget, QVBoxLayout, QWidget

from gui.bridge import SessionBridge
from gui.panel import Workbench
from gui.run_tab import RunTab
from gui.sequences.attention_page import AttentionPage
from gui.sequences.page import Page
from gui.sequences.tag_page import ClassifyPage, TagPage
from gui.sequences.translate_page import TranslatePage
from gui.sequences.write_page import WritePage
from gui.stored import StoredViews
from gui.widgets.view_frame import Source
from lab.run import Run

if TYPE_CHECKING:
    from lab.experiment import ViewSpec

PAGES: dict[str, tuple[type[Page], ...]] = {
    "gpt": (WritePage, AttentionPage), "char-rnn": (WritePage,), "seq2seq": (TranslatePage,), "tag": (TagPage,), "text-class": (ClassifyPage,),
}  # fmt: skip
"""What each recipe's network can be used for; the others have their views."""
TICK_MS = 250


class SequencesTab(RunTab):
    """A run's tab with a page for each thing that its network can do."""

    def __init__(self, run: Run, workbench: Workbench, hue: str, first_views: tuple[str, ...] = (), parent: QWidget | None = None):
        super().__init__(run, workbench, hue, first_views, parent)
        self.pages = [page() for page in PAGES.get(run.recipe.name, ())]
        self.faces = QTabWidget(documentMode=True)
        layout = self.layout()
        assert isinstance(layout, QVBoxLayout)
        layout.removeWidget(self.split)
        for page in self.pages:
            self.faces.setTabToolTip(self.faces.addTab(page, page.title), page.tip)
        self.faces.addTab(self.split, "Curves and views")
        self.faces.tabBar().setVisible(bool(self.pages))
        layout.addWidget(self.faces, 1)
        self.ticker = QTimer(self, interval=TICK_MS)
        self.ticker.timeout.connect(self.tick)
        if self.pages:
            self.ticker.start()

    def page_of(self, kind: type[Page]) -> Page | None:
        return next((page for page in self.pages if isinstance(page, kind)), None)

    def set_bridge(self, bridge: SessionBridge) -> None:
        super().set_bridge(bridge)
        self.give_source(bridge)

    def stored_ready(self, source: StoredViews, specs: "dict[str, ViewSpec]") -> None:
        super().stored_ready(source, specs)
        if self.bridge is None and self.timer.interval():
            self.give_source(source)

    def give_source(self, source: Source) -> None:
        for page in self.pages:
            page.set_source(source)

    def tick(self) -> None:
        for page in self.pages:
            page.tick()

    def shut(self) -> None:
        super().shut()
        self.ticker.stop()
        for page in self.pages:
            page.shut()
