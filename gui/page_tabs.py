"""The pages of a run side by side in tabs, with what several of them share: their state, and a sidebar to the left."""

from pathlib import Path
from typing import Any, TypeVar

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QApplication, QHBoxLayout, QLabel, QMessageBox, QTabBar, QVBoxLayout, QWidget

from gui.actions import Action
from gui.event_loop import NO_INPUT, until
from gui.page import Page, Sidebar
from gui.pages import page_class
from gui.settings import film_size
from gui.theme import faint
from gui.undo import History
from gui.view_query import OneAnswer, PageState, ViewSource
from gui.widgets import icons
from gui.widgets.picture import to_image
from gui.widgets.room import FrontStack, Scroller, Turning
from gui.widgets.save_dialog import ask_save_path
from gui.widgets.saved_note import frames_in, tell_saved
from lab.errors import LabError
from lab.run import Run
from lab.saving import ENDINGS

SAVE_SECONDS = 60.0
"""How long what closes waits for a file that is being written."""
PAGE_MENU = "&Page"
LEAST = (470, 330)
"""The most pixels that a page may ask for: one that needs more scrolls in a small window."""
COPY = Action(
    "copy_page", "Copy page", "Copy the image of this page", lambda panel: panel.in_pages("copy"), "Ctrl+Alt+C", PAGE_MENU, separator=True
)
SAVE = Action(
    "save_page", "Save page…", "Save this page as PNG, GIF, MP4 or NPZ", lambda panel: panel.in_pages("ask_save"), "Ctrl+Shift+S", PAGE_MENU
)
P = TypeVar("P", bound=Page)


class PageTabs(QWidget):
    """The pages that `run`'s recipe asks for, and further widgets. Only what is visible asks the run for views.

    Raises LabError where a page's state needs data that cannot be read.
    """

    page_changed = Signal()
    """Another page, or none, is in front."""

    def __init__(self, run: Run, names: tuple[str, ...], parent: QWidget | None = None, history: History | None = None):
        """`history` takes what is edited on the pages."""
        super().__init__(parent)
        self.run, self.history = run, history
        self.presenting = False
        self.state = PageState(run, self, history)
        self.states: dict[type[PageState], PageState] = {PageState: self.state}
        self.sidebars: dict[type[Sidebar], Sidebar] = {}
        self.pages: list[Page] = []
        self.bar = QTabBar(documentMode=True, drawBase=False, usesScrollButtons=True, expanding=False)
        self.copy_button = icons.IconButton(icons.copy, "Copy", COPY.tooltip, self.copy)
        self.save_button = icons.IconButton(icons.save, "Save…", SAVE.tooltip, self.ask_save)
        self.stack = FrontStack()
        self.split = Turning((280, 640), (240, 400))
        self.split.addWidget(self.stack)
        self.reading = QLabel(wordWrap=True)
        faint(self.reading)
        self.head = QWidget()
        top = QHBoxLayout(self.head)
        top.setContentsMargins(0, 0, 0, 0)
        top.addWidget(self.bar, 1)
        top.addWidget(self.copy_button)
        top.addWidget(self.save_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.head)
        self.scroller = Scroller(self.split, LEAST)
        layout.addWidget(self.scroller, 1)
        layout.addWidget(self.reading)
        self.saves: list[OneAnswer] = []
        """What is being saved or copied."""
        self.timer = QTimer(self, interval=Page.tick_ms, timerType=Qt.TimerType.PreciseTimer)
        self.timer.timeout.connect(self.tick)
        self.bar.currentChanged.connect(self.show_page)
        self.stack.currentChanged.connect(self.bar.setCurrentIndex)
        for name in names:
            self.add_page(page_class(name))
        if self.pages:
            self.timer.start()

    def add_page(self, kind: type[Page]) -> None:
        """Make a page, with its state and sidebar unless an earlier one has them."""
        if kind.state_class not in self.states:
            self.states[kind.state_class] = kind.state_class(self.run, self, self.history)
            self.states[kind.state_class].page_in_front = self.stack.currentWidget
        state = self.states[kind.state_class]
        if kind.sidebar is not None and kind.sidebar not in self.sidebars:
            sidebar = self.sidebars[kind.sidebar] = kind.sidebar(state)
            sidebar.hide()
            self.split.insertWidget(self.split.indexOf(self.stack), sidebar)
            self.split.setSizes([280] * len(self.sidebars) + [640])
        page = kind(state)
        self.pages.append(page)
        self.add_tab(page, page.title, page.tip)

    def add_tab(self, widget: QWidget, title: str, tip: str) -> None:
        """One more tab, behind the others."""
        self.stack.addWidget(widget)
        self.bar.setTabToolTip(self.bar.addTab(title), tip)
        self.show_head()

    def show_head(self) -> None:
        self.head.setVisible(len(self.visible_tabs()) > 1 and not self.presenting)

    def present(self, on: bool) -> None:
        """Show the page in front alone, without tabs and sidebar, or everything again."""
        self.presenting = on
        self.show_head()
        self.show_page(self.bar.currentIndex())

    # -- which page ------------------------------------------------------------------------------------------------

    @property
    def page(self) -> Page | None:
        """The page in front."""
        page = self.stack.currentWidget()
        return page if isinstance(page, Page) else None

    def page_of(self, kind: type[P]) -> P | None:
        """The page of that class, where this run is offered one."""
        return next((page for page in self.pages if isinstance(page, kind) and self.bar.isTabVisible(self.stack.indexOf(page))), None)

    def setCurrentWidget(self, widget: QWidget) -> None:
        self.bar.setCurrentIndex(self.stack.indexOf(widget))

    def visible_tabs(self) -> list[int]:
        return [i for i in range(self.bar.count()) if self.bar.isTabVisible(i)]

    def titles(self) -> list[str]:
        """Of the tabs that are offered."""
        return [self.bar.tabText(i) for i in self.visible_tabs()]

    def go_to(self, number: int) -> None:
        """Show the tab at this place among those offered, counted from 0, if there is one."""
        shown = self.visible_tabs()
        if number < len(shown):
            self.bar.setCurrentIndex(shown[number])

    def step(self, by: int) -> None:
        """Show the next (1) or the previous (-1) tab."""
        shown = self.visible_tabs()
        self.bar.setCurrentIndex(shown[(shown.index(self.bar.currentIndex()) + by) % len(shown)])

    def show_page(self, index: int) -> None:
        self.stack.setCurrentIndex(index)
        page = self.page
        for kind, sidebar in self.sidebars.items():
            sidebar.setVisible(page is not None and page.sidebar is kind and not self.presenting)
            if page is not None and page.sidebar is kind:
                sidebar.follow(page)
        for button in (self.copy_button, self.save_button):
            button.setVisible(page is not None and type(page).export is not Page.export)
        self.timer.setInterval(page.tick_ms if page is not None else Page.tick_ms)
        self.reading.setText(page.reading if page is not None else "")
        self.reading.setVisible(bool(self.reading.text()))
        self.page_changed.emit()
        self.split.turn()

    def need(self) -> int:
        """The width at which the sidebar stands beside the page."""
        return self.split.need() + self.scroller.verticalScrollBar().sizeHint().width()

    # -- who answers -----------------------------------------------------------------------------------------------

    def set_source(self, source: ViewSource) -> None:
        """Ask `source` from now on, and offer the pages whose views it has."""
        views = set(source.specs())
        for page in self.pages:
            self.bar.setTabVisible(self.stack.indexOf(page), set(page.needs) <= views)
        self.show_head()
        for state in self.states.values():
            state.set_source(source)
        self.tick()
        self.page_changed.emit()

    def outdate(self) -> None:
        """Training has ended: what was asked before its last step is out of date."""
        for state in self.states.values():
            state.outdated.emit()
        self.tick()

    def tick(self) -> None:
        """Let what is visible ask again."""
        if not self.isVisible() or self.page is None:
            return
        self.page.tick()
        if self.page.sidebar is not None:
            self.sidebars[self.page.sidebar].tick()

    # -- saving ----------------------------------------------------------------------------------------------------

    def ready_to_export(self) -> tuple[str, dict[str, Any]] | None:
        """What the page would save; where it cannot be asked for yet, that is said before a name is chosen."""
        export = self.page.export() if self.page is not None else None
        if export is not None and export[0] not in self.state.views:
            self.not_saved("The run is still loading. Try again in a moment.")
            return None
        return export

    def copy(self) -> None:
        """Put the page's image on the clipboard."""
        export = self.ready_to_export()
        if export is not None:
            self.ask_once(*export, lambda answer: QApplication.clipboard().setImage(to_image(answer.picture())))

    def ask_save(self) -> None:
        """Save what the page shows under a name that the user chooses."""
        export = self.ready_to_export()
        if export is not None:
            path = ask_save_path(self, "Save the page", f"{export[0]}.gif", ENDINGS)
            if path is not None:
                self.save(path, *export)

    def save(self, path: Path, view: str, parameters: dict[str, Any]) -> None:
        """Ask the view once more and write its answer; the file's ending decides the format."""

        def write(answer: Any) -> None:
            try:
                answer.save(path, film_size(path))
            except (LabError, OSError) as error:
                self.not_saved(str(error))
            else:
                tell_saved(path, frames_in(answer, path))

        self.ask_once(view, parameters, write)

    def ask_once(self, view: str, parameters: dict[str, Any], take: Any) -> None:
        self.saves = [one for one in self.saves if not one.over]
        self.saves.append(OneAnswer(self.state, view, parameters, take, self.not_saved))

    def finish_saves(self) -> None:
        """Wait for what is being saved, before the page goes; say so where it takes too long."""
        until(lambda: all(one.over for one in self.saves), SAVE_SECONDS, NO_INPUT)
        for one in self.saves:
            if not one.over:
                one.give_up(f"The answer did not come within {SAVE_SECONDS:.0f} seconds.")

    def not_saved(self, sentence: str) -> None:
        QMessageBox.warning(self, "Not saved", sentence)

    def shut(self) -> None:
        """Stop timers, and take no answer any more."""
        self.timer.stop()
        for state in self.states.values():
            state.detach()
        parts: list[Page | Sidebar] = [*self.pages, *self.sidebars.values()]
        for part in parts:
            part.shut()
