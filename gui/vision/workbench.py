"""The workbench: what there is before a network learns its kernels. Filters on pictures, templates, a transpose convolution by hand,
the calculator of a list of layers, and what moved pixels do to an MLP and a CNN."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QTabWidget, QVBoxLayout, QWidget

from gui.background import Background
from gui.vision.filters_page import FiltersPage
from gui.vision.layers_page import LayersPage
from gui.vision.pixels_page import PixelsPage
from gui.vision.template_page import TemplatePage
from gui.vision.transpose_page import TransposePage


class Workbench(QWidget):
    """Its pages, in the order of the lectures."""

    layers_wanted = Signal(str)
    """A list of layers, to be trained."""

    def __init__(self, background: Background, parent: QWidget | None = None):
        super().__init__(parent)
        self.filters, self.templates = FiltersPage(background), TemplatePage(background)
        self.transpose, self.layers, self.pixels = TransposePage(), LayersPage(), PixelsPage(background)
        self.layers.wanted.connect(self.layers_wanted)
        self.pages = QTabWidget(documentMode=True)
        for page, title, tip in (
            (self.filters, "Filters", "A kernel over a picture, and pooling"),
            (self.templates, "Templates", "Where else the picture looks like a piece of it"),
            (self.transpose, "Transpose convolution", "From 2x2 to 4x4, stamp by stamp"),
            (self.layers, "Layers", "Shapes and parameters of a list of layers"),
            (self.pixels, "Moved pixels", "A digit shifted or permuted, and what an MLP and a CNN say"),
        ):
            self.pages.setTabToolTip(self.pages.addTab(page, title), tip)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.pages)
