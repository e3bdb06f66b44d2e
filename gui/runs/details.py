"""What is shown of the selected runs: their curves over one another, their settings, the log of the first."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtWidgets import QLabel, QPlainTextEdit, QTabWidget

from gui.background import Background
from gui.runs.compare import Comparison
from gui.runs.costs_pane import CostsPane
from gui.theme import COLOURS, colour
from gui.widgets.curves import Curves, Line
from gui.widgets.series import RunSeries
from lab.run import Run

MOST = 16
"""The most runs whose curves are overlaid."""


class RunDetails(QTabWidget):
    """A tab each for curves, settings, log and what accuracy costs."""

    def __init__(self, background: Background, listed: Callable[[], list[Run]]) -> None:
        """`listed` gives the runs of the table."""
        super().__init__(documentMode=True)
        self.run: Run | None = None
        """Whose log is shown."""
        self.curves = Curves("Select runs above to compare their curves.")
        self.cut = QLabel()
        self.curves.add_tool(self.cut)
        self.settings = Comparison()
        self.log = QPlainTextEdit(readOnly=True)
        self.log.setPlaceholderText("Select a run to read its log.")
        self.logged = (Path(), "")
        """Whose log is shown, and its text."""
        self.addTab(self.curves, "Curves")
        self.addTab(self.settings, "Settings")
        self.addTab(self.log, "Log")
        self.costs = CostsPane(background, listed)
        self.setTabToolTip(self.addTab(self.costs, "Costs"), self.costs.toolTip())

    def show_runs(self, chosen: list[Run]) -> None:
        """Show other runs."""
        self.run = next(iter(chosen), None)
        self.curves.set_runs(self.lines(chosen[:MOST]))
        self.cut.setText(f"the first {MOST} of {len(chosen)} runs" if len(chosen) > MOST else "")
        self.settings.show_runs(chosen)
        self.costs.show_runs(chosen)
        self.show_log()

    def refresh(self) -> None:
        """Take in what was added to their files."""
        self.curves.refresh()
        self.show_log()
        if self.currentWidget() is self.costs:
            self.costs.refresh()

    def lines(self, runs: list[Run]) -> dict[str, Line]:
        """A line for each run: the one that it has, or a new one. None has another's colour while there is one to spare."""
        lines: dict[str, Line] = {}
        for run in sorted(runs, key=lambda run: str(run.path) not in self.curves.lines):  # What is drawn keeps its colour.
            key, taken = str(run.path), [line.colour for line in lines.values()]
            free = min(map(colour, range(len(COLOURS))), key=taken.count)
            line = self.curves.lines.get(key)
            if line is not None and taken.count(line.colour) > taken.count(free):
                self.curves.remove_run(key)  # It had to share a colour: it is redrawn in one of its own.
                line = None
            lines[key] = line or Line(run.name, RunSeries(run.path), free, run.status().get("unit", "steps"), run)
        return lines

    def show_log(self) -> None:
        """The end of the first selected run's log. It follows what is added, unless somebody has scrolled up to read."""
        logged = (self.run.path, log_text(self.run)) if self.run is not None else (Path(), "")
        if logged == self.logged:
            return
        bar = self.log.verticalScrollBar()
        at_end, place = logged[0] != self.logged[0] or bar.value() == bar.maximum(), bar.value()
        self.logged = logged
        self.log.setPlainText(logged[1])
        bar.setValue(bar.maximum() if at_end else place)


def log_text(run: Run) -> str:
    """The end of a run's log."""
    try:
        return (run.path / "log.txt").read_text(encoding="utf-8", errors="replace")[-20_000:]
    except OSError:
        return ""
