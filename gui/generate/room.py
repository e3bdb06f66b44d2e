"""The latent space of one run: samples to pick from on the left, and on the right the pages that use them."""

from pathlib import Path
from typing import Any, TypeVar

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QApplication, QFileDialog, QHBoxLayout, QMessageBox, QSplitter, QTabWidget, QVBoxLayout, QWidget

from gui.generate.arithmetic_page import ArithmeticPage
from gui.generate.classes_page import ClassesPage
from gui.generate.code_page import CodePage
from gui.generate.diagnosis_page import DiagnosisPage
from gui.generate.dimensions_page import DimensionsPage
from gui.generate.image_grid import ImageGrid
from gui.generate.latent_state import MOST_ANCHORS, LatentState
from gui.generate.page import Page
from gui.generate.plane_page import PlaneMap, PlanePage
from gui.generate.sample_browser import SAMPLES, SampleBrowser
from gui.generate.walk_page import WalkPage
from gui.generate.xy_pad import XYPad
from gui.view_query import ViewQuery
from gui.widgets import icons
from gui.widgets.picture import Picture, to_image
from lab.errors import LabError

TICK_MS = 50
P = TypeVar("P", bound=Page)
PAGES: tuple[type[Page], ...] = (WalkPage, PlanePage, ArithmeticPage, DimensionsPage, CodePage, ClassesPage, DiagnosisPage)


class Room(QWidget):
    """Holds the palette and the pages of one state; only what can be seen asks."""

    def __init__(self, state: LatentState, parent: QWidget | None = None):
        super().__init__(parent)
        self.state = state
        self.browser = SampleBrowser(state)
        self.pages: list[Page] = [page(state) for page in PAGES]
        self.tabs = QTabWidget(documentMode=True)
        self.save_button = icons.IconButton(
            icons.save, "Save…", "Save what this page shows: PNG, GIF, MP4 or NPZ (Ctrl+Shift+S)", self.ask_save
        )
        self.copy_button = icons.IconButton(icons.copy, "Copy", "Copy the picture of this page (Ctrl+Alt+C)", self.copy)
        corner = QWidget()
        buttons = QHBoxLayout(corner)
        buttons.setContentsMargins(0, 0, 0, 0)
        buttons.addWidget(self.copy_button)
        buttons.addWidget(self.save_button)
        self.tabs.setCornerWidget(corner)
        for page in self.pages:
            self.tabs.addTab(page, page.title)
            self.tabs.setTabToolTip(self.tabs.count() - 1, page.tip)
        split = QSplitter(Qt.Orientation.Horizontal, childrenCollapsible=False)
        split.addWidget(self.browser)
        split.addWidget(self.tabs)
        split.setSizes([280, 640])
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(split)
        self.browser.picked.connect(self.pick)
        self.tabs.currentChanged.connect(lambda _: self.page_changed())
        state.picks_changed.connect(self.mark)
        state.marks_changed.connect(self.mark)
        state.source_changed.connect(self.show_pages)
        state.smooth_changed.connect(self.show_smooth)
        self.saving: ViewQuery | None = None
        self.timer = QTimer(self, interval=TICK_MS)
        self.timer.timeout.connect(self.tick)
        self.timer.start()
        self.page_changed()
        self.show_smooth()

    def show_smooth(self) -> None:
        """Draw pictures as the state says: smoothed, or with sharp pixels."""
        kinds: tuple[type[Any], ...] = (Picture, ImageGrid, XYPad, PlaneMap)
        for kind in kinds:
            for widget in self.findChildren(kind):
                widget.smooth = self.state.smooth
                widget.renew() if isinstance(widget, PlaneMap) else widget.update()

    @property
    def page(self) -> Page | None:
        page = self.tabs.currentWidget()
        return page if isinstance(page, Page) else None

    def show_pages(self) -> None:
        """The pages that this model has."""
        for i, page in enumerate(self.pages):
            if isinstance(page, ClassesPage):
                self.tabs.setTabVisible(i, self.state.conditional)

    def tick(self) -> None:
        if self.isVisible():
            if self.page is not None:
                self.page.tick()
            self.browser.tick()

    def page_changed(self) -> None:
        self.browser.hint.setText(self.page.hint if self.page is not None else "")
        self.mark()

    def pick(self, anchor: str) -> None:
        if self.page is not None:
            self.page.pick(anchor)
        self.mark()

    def mark(self) -> None:
        self.browser.set_marks(self.page.badges() if self.page is not None else {})

    # -- what the menu does ------------------------------------------------------------------------------------------

    def show_kind(self, kind: int) -> None:
        """Samples, real images or the film."""
        button = self.browser.kinds.button(kind)
        if not button.isHidden():
            button.setChecked(True)
            button.setFocus()

    def show_page(self, index: int) -> None:
        if self.tabs.isTabVisible(index):
            self.tabs.setCurrentIndex(index)

    def page_of(self, kind: type[P]) -> P:
        """The page of that class."""
        return next(page for page in self.pages if isinstance(page, kind))

    def play(self) -> None:
        walk = self.page_of(WalkPage)
        if walk.play_button.isEnabled():
            self.tabs.setCurrentWidget(walk)
            walk.play_button.toggle()

    def switch_mode(self) -> None:
        self.state.set_mode("linear" if self.state.mode == "spherical" else "spherical")

    def shuffle(self) -> None:
        """The next four samples of the seed as anchors."""
        seed = self.browser.seed.value()
        first = max((int(name.partition("@")[0]) for name in self.state.anchors if name.partition("@")[0].isdigit()), default=-1) + 1
        self.state.set_anchors([f"{(first + i) % SAMPLES}@{seed}" for i in range(MOST_ANCHORS)])

    def next_seed(self) -> None:
        self.browser.seed.stepUp()

    def undo(self) -> None:
        self.page_of(CodePage).reset()

    def choose_set(self, name: str) -> None:
        page = self.page_of(ArithmeticPage)
        self.tabs.setCurrentWidget(page)
        page.choose(name)

    # -- saving ----------------------------------------------------------------------------------------------------

    def ask_save(self) -> None:
        """Save what the page shows under a name that the user chooses."""
        film = self.page.film() if self.page is not None else None
        if film is None:
            return
        name, _ = QFileDialog.getSaveFileName(self, "Save the view", f"{film[0]}.gif", "GIF, PNG, MP4 or NPZ (*.gif *.png *.mp4 *.npz)")
        if name:
            self.save(Path(name), *film)

    def copy(self) -> None:
        """Put the page's picture on the clipboard."""
        film = self.page.film() if self.page is not None else None
        if film is not None:
            self.saving = ViewQuery(
                self.state, film[0], lambda: film[1], lambda got: QApplication.clipboard().setImage(to_image(got.picture())), self.not_saved
            )
            self.saving.ask()

    def save(self, path: Path, view: str, parameters: dict[str, Any]) -> None:
        """Ask the view once more and write its answer; the ending of the name picks the format."""

        def write(answer: Any) -> None:
            try:
                answer.save(path)
            except (LabError, OSError) as error:
                self.not_saved(str(error))

        self.saving = ViewQuery(self.state, view, lambda: parameters, write, self.not_saved)
        self.saving.ask()

    def not_saved(self, text: str) -> None:
        QMessageBox.warning(self, "Not saved", text)

    def shut(self) -> None:
        """Stop every timer."""
        self.timer.stop()
        self.browser.shut()
        for page in self.pages:
            page.shut()
