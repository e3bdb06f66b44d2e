"""What an autoencoder's codes are good for beside drawing: anomalies, retrieval, clusters, a tab each."""

from typing import Any, ClassVar

from PySide6.QtWidgets import QComboBox, QSpinBox, QVBoxLayout, QWidget

from gui.generate.front_tabs import FrontTabs
from gui.generate.image_grid import ImageGrid
from gui.generate.latent_page import LatentPage
from gui.generate.latent_state import LatentState

ANOMALIES, SIMILAR, CLUSTERS = "Anomalies", "Similar", "Clusters"
LARGEST, SMALLEST = "largest", "smallest"


class UsesPage(LatentPage):
    """A tab for each use, asked while it is in front."""

    title: ClassVar[str] = "Uses"
    tip: ClassVar[str] = "Rank test images by their reconstruction error, find those with the nearest codes, group the codes"
    reading: ClassVar[str] = (
        "Anomalies: class and squared error of the reconstruction. Similar: the first image, then those with the nearest codes. Clusters: a row is one cluster, its number the images in it."
    )
    needs: ClassVar[tuple[str, ...]] = ("anomalies", "similar", "clusters")
    hint: ClassVar[str] = "Click a test image to find those with the nearest codes."

    def __init__(self, state: LatentState, parent: QWidget | None = None):
        super().__init__(state, parent)
        self.order = QComboBox(toolTip="Which errors come first")
        self.order.addItems([LARGEST, SMALLEST])
        self.order.currentTextChanged.connect(self.refresh)
        self.index = QSpinBox(maximum=2**31 - 1, toolTip="Number of the test image whose neighbours are searched for")
        self.index.valueChanged.connect(self.searched)
        self.groups = QSpinBox(minimum=2, maximum=20, value=10, toolTip="Clusters of k-means. More are smaller and purer")
        self.groups.valueChanged.connect(self.refresh)
        self.tabs = FrontTabs(self)
        self.tabs.add(
            ANOMALIES, "Test images in the order of their reconstruction error: what the network has not seen the like of comes first",
            "anomalies", lambda: {"n": 32, "last": self.order.currentText() == SMALLEST}, {"Errors first": self.order}, with_badges,
        )  # fmt: skip
        self.tabs.add(
            SIMILAR, "Test images whose codes are nearest to that of one of them", "similar",
            lambda: {"index": self.index.value(), "n": 23}, {"Test image": self.index}, with_badges,
        )  # fmt: skip
        self.tabs.add(
            CLUSTERS, "The codes of test images in clusters (k-means), and of each the images nearest to its middle", "clusters",
            lambda: {"k": self.groups.value(), "n": 10}, {"Clusters": self.groups}, with_sizes,
        )  # fmt: skip
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.tabs)
        self.trail = state.trail(self.index.value, self.index.setValue, lambda *_: "image to compare")

    def export(self) -> tuple[str, dict[str, Any]] | None:
        return self.tabs.export()

    def searched(self, *_: object) -> None:
        """Another image is searched for."""
        self.trail.note()
        self.state.marks_changed.emit()
        self.refresh()

    def pick(self, anchor: str) -> None:
        """A test image that is clicked: its neighbours come to the front."""
        if anchor.startswith("image:"):
            self.tabs.setCurrentIndex(list(self.tabs.grids).index(SIMILAR))
            self.index.setValue(int(anchor.partition(":")[2]))

    def badges(self) -> dict[str, str]:
        return {f"image:{self.index.value()}": "1"}


def with_badges(grid: ImageGrid, answer: Any) -> None:
    """Pictures with their captions in their corners."""
    grid.show_answer(answer)
    grid.set_badges(dict(enumerate(answer.captions)))


def with_sizes(grid: ImageGrid, answer: Any) -> None:
    """A row for each cluster, named by its size."""
    grid.name(list(answer.captions[:: answer.columns]), [])
    grid.show_answer(answer)
