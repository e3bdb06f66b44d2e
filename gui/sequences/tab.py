"""One run of the Sequences panel: its network at work in front, its curves and views behind."""

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QWidget

from gui.panel import AppContext
from gui.run_tab import RunTab
from gui.sequences.attention_page import AttentionPage
from gui.sequences.page import Page
from gui.sequences.tag_page import ClassifyPage, TagPage
from gui.sequences.translate_page import TranslatePage
from gui.sequences.write_page import WritePage
from gui.view_query import ViewSource
from lab.run import Run

PAGES: dict[str, tuple[type[Page], ...]] = {
    "gpt": (WritePage, AttentionPage), "char-rnn": (WritePage,), "seq2seq": (TranslatePage,), "tag": (TagPage,), "text-class": (ClassifyPage,),
}  # fmt: skip
"""What each recipe's network can be used for; the others have their views."""
TICK_MS = 250


class SequencesTab(RunTab):
    """A run's tab with a page for each thing that its network can do."""

    def __init__(self, run: Run, context: AppContext, hue: str, first_views: tuple[str, ...] = (), parent: QWidget | None = None):
        super().__init__(run, context, hue, first_views, parent)
        self.pages = [page() for page in PAGES.get(run.recipe.name, ())]
        self.split.setSizes([200, 440])  # One curve of the loss: the views need the room.
        self.put_in_front(*((page, page.title, page.tip) for page in self.pages))
        self.ticker = QTimer(self, interval=TICK_MS)
        self.ticker.timeout.connect(self.tick)
        if self.pages:
            self.ticker.start()

    def page_of(self, kind: type[Page]) -> Page | None:
        return next((page for page in self.pages if isinstance(page, kind)), None)

    def take_source(self, source: ViewSource) -> None:
        super().take_source(source)
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
