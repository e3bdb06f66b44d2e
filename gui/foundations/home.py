"""The pages of Foundations behind a bar of tabs, each made when it is first chosen."""

from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QTabBar, QVBoxLayout, QWidget

from gui.foundations.foundation_page import FoundationPage
from gui.undo import History, Trail, differing
from gui.widgets.room import FrontStack
from lab.registry import load

PAGES = (
    "gui.foundations.playground_page:PlaygroundPage",
    "gui.foundations.neuron_page:NeuronPage",
    "gui.foundations.activations_page:ActivationsPage",
    "gui.foundations.approximation_page:ApproximationPage",
    "gui.foundations.likelihood_page:LikelihoodPage",
    "gui.foundations.descent_page:DescentPage",
    "gui.foundations.backpropagation_page:BackpropagationPage",
    "gui.foundations.validation_page:ValidationPage",
    "gui.foundations.som_page:MapPage",
    "gui.foundations.rbm_page:BoltzmannPage",
)
"""In the order of their tabs; the first comes up when the panel is opened."""


def page_classes() -> list[type[FoundationPage]]:
    return [load(path) for path in PAGES]


def named(before: dict[str, Any], after: dict[str, Any]) -> str:
    """What a step changed, such as "learning rate"."""
    return differing(before, after).replace("_", " ")


class Home(QWidget):
    """The bar and the page in front."""

    run_wanted = Signal(str, dict)

    def __init__(self, history: History, parent: QWidget | None = None):
        """`history` takes what is changed on the pages."""
        super().__init__(parent)
        self.history = history
        self.classes = page_classes()
        self.pages: dict[int, FoundationPage] = {}
        self.bar = QTabBar(documentMode=True, drawBase=False, expanding=False, usesScrollButtons=True)
        for i, kind in enumerate(self.classes):
            self.bar.addTab(kind.title)
            self.bar.setTabToolTip(i, kind.tip)
        self.stack = FrontStack()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.bar)
        column.addWidget(self.stack, 1)
        self.bar.currentChanged.connect(self.go_to)
        self.stack.currentChanged.connect(self.follow)
        self.go_to(0)

    def go_to(self, index: int) -> None:
        """Bring a page to the front."""
        if index not in self.pages:
            page = self.pages[index] = self.classes[index]()
            page.run_wanted.connect(self.run_wanted)
            trail = Trail(
                self.history, page.settings, lambda state: page.change(**state), named, lambda: page, page, gesture=QWidget.mouseGrabber
            )
            page.edited.connect(trail.note)
            self.stack.addWidget(page)
        self.bar.setCurrentIndex(index)
        self.stack.setCurrentWidget(self.pages[index])

    def follow(self, _: int) -> None:
        """A page has come to the front by itself, as undo brings one."""
        shown = next((index for index, page in self.pages.items() if page is self.stack.currentWidget()), None)
        if shown is not None and shown != self.bar.currentIndex():
            self.bar.setCurrentIndex(shown)

    def step(self, by: int) -> None:
        """The page after the one in front, or the one before it."""
        self.go_to((self.bar.currentIndex() + by) % len(self.classes))

    @property
    def front(self) -> FoundationPage:
        """The page in front."""
        return self.pages[self.bar.currentIndex()]

    def page(self, title: str) -> FoundationPage:
        """The page of that title, in front."""
        self.go_to([kind.title for kind in self.classes].index(title))
        return self.front

    def request_shut(self) -> None:
        for page in self.pages.values():
            page.request_shut()

    def busy(self) -> bool:
        return any(page.busy() for page in self.pages.values())

    def shut(self) -> None:
        for page in self.pages.values():
            page.shut()
