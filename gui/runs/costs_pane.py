"""What accuracy costs: a dot for each image classifier, its validation accuracy over the size of its network."""

from collections.abc import Callable
from typing import Any

from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from gui.background import Background
from gui.theme import faint
from gui.widgets.scatter_plot import ScatterPlot
from lab.errors import LabError
from lab.run import Run


class CostsPane(QWidget):
    """Dots of the selected runs where several are selected, else of all in the table."""

    def __init__(self, background: Background, listed: Callable[[], list[Run]]):
        super().__init__()
        self.background, self.listed = background, listed
        self.chosen: list[Run] = []
        self.reading = self.stale = False
        self.setToolTip("Accuracy of image classifiers over the size of their networks")
        self.over = QComboBox(toolTip="What stands along the axis: how much there is to learn, or how much to compute for one image")
        self.over.addItem("Parameters", "parameters")
        self.over.addItem("Operations", "operations")
        self.over.activated.connect(lambda _: self.refresh())
        self.note = QLabel(wordWrap=True)
        faint(self.note)
        self.plot = ScatterPlot()
        top = QHBoxLayout()
        top.addWidget(self.over)
        top.addWidget(self.note, 1)
        layout = QVBoxLayout(self)
        layout.addLayout(top)
        layout.addWidget(self.plot, 1)

    def show_runs(self, chosen: list[Run]) -> None:
        """Show these where they are several, else all."""
        self.chosen = chosen if len(chosen) > 1 else []
        if self.isVisible():
            self.refresh()

    def showEvent(self, event: Any) -> None:
        super().showEvent(event)
        self.refresh()

    def refresh(self) -> None:
        """Read the runs' figures, off this thread; once more where something else was wanted meanwhile."""
        if self.reading:
            self.stale = True
            return
        self.reading, self.stale = True, False
        runs, over = self.chosen or self.listed(), str(self.over.currentData())
        self.background.submit(lambda: answer(runs, over), self.show_answer, self.excuse, receiver=self)

    def show_answer(self, shown: Any) -> None:
        self.reading = False
        self.plot.show()
        self.plot.show_answer(shown)
        which = "The selected runs" if self.chosen else "All image classifiers of the table"
        self.note.setText(f"{which}: {len(shown.points)}. A network above and to the left of another is better and cheaper.")
        self.again()

    def excuse(self, error: BaseException) -> None:
        self.reading = False
        self.plot.hide()
        self.note.setText(str(error) if isinstance(error, LabError) else f"{type(error).__name__}: {error}")
        self.again()

    def again(self) -> None:
        if self.stale:
            self.refresh()


def answer(runs: list[Run], over: str) -> Any:
    from lab.recipes.vision.costs import costs  # With torch, for which the first window need not wait.

    return costs(runs, over)
