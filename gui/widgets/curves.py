"""Learning curves of one or several runs: raw and smoothed, over steps or time, log scale, read-out, PNG and CSV.

One plot per chosen metric, stacked and tied together along x. Read first: `Curves.refresh`.
"""

import csv
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, Qt, QTimer, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QApplication,
    QCheckBox,
    QComboBox,
    QLabel,
    QMenu,
    QMessageBox,
    QSpinBox,
    QToolButton,
    QVBoxLayout,
    QWidget,
)  # fmt: skip

from gui import theme
from gui.settings import settings
from gui.theme import faint
from gui.widgets.flow_layout import FlowLayout
from gui.widgets.plot import FAINT, Plot, legend
from gui.widgets.save_dialog import ask_save_path
from gui.widgets.saved_note import tell_saved
from gui.widgets.series import POINTS, RunSeries, Series
from lab.answers.bands import Band
from lab.errors import LabError
from lab.making import KEY, Making
from lab.metrics import title
from lab.run import Run
from lab.seed_groups import BandKind, labels, mean_band, seed_groups

FIRST = ("charts/episodic_return", "accuracy/test", "losses/td_loss", "losses/loss")
"""Metrics shown without being asked for, where a run has them and nobody has said better ones (`Curves.first`)."""


@dataclass
class Line:
    """One run among the curves."""

    label: str
    series: RunSeries
    colour: str
    unit: str = "steps"
    run: Run | None = None
    """The run itself, by whose settings it is known which lines differ in nothing but the seed."""


EACH_RUN = "each run"
BANDS: dict[str, BandKind] = {"mean ± deviation": "deviation", "mean, min to max": "range", "mean, quartiles": "quartiles"}


def drop_lines(plot: Plot, key: str) -> None:
    """Take what is drawn of one run out of a plot."""
    for name in [name for name in plot.lines if name.startswith(f"{key}|") and not name.endswith("|group")]:
        plot.drop_line(name)


class Curves(QWidget):
    """Curves of the runs in `lines`. Call `refresh` when their files may have grown."""

    read_out = Signal(str)

    def __init__(
        self,
        empty: str = "No metrics yet. The first appear after a few steps; a game's return appears when an episode ends.",
        parent: QWidget | None = None,
    ):
        super().__init__(parent)
        self.empty = empty
        self.lines: dict[str, Line] = {}
        self.chosen: list[str] = []
        self.plots: dict[str, Plot] = {}
        self.cursors: dict[str, pg.InfiniteLine] = {}
        self.touched = False
        self.means: dict[tuple[str, str], Band] = {}
        """What is drawn of each metric of each group of seeds."""
        self.first: tuple[str, ...] = FIRST
        self.metrics_menu = QMenu(self)
        self.metrics_menu.aboutToShow.connect(self.fill_menu)
        self.metrics_button = QToolButton(text="Metrics", toolTip="Metrics to plot", popupMode=QToolButton.ToolButtonPopupMode.InstantPopup)
        self.metrics_button.setMenu(self.metrics_menu)
        self.axis = QComboBox(toolTip="Quantity on the x axis")
        self.axis.addItems(["steps", "time"])
        self.window_box = QSpinBox(
            minimum=1,
            maximum=100_000,
            value=20,
            prefix="mean of ",
            toolTip="Smoothing: the strong line is the mean of this many points (at most a tenth of all), the faint line is raw. 1 shows raw points only.",
        )
        self.seeds = QComboBox(toolTip="Runs that differ in nothing but the seed: each by itself, or their mean with a band around it")
        self.seeds.addItems([EACH_RUN, *BANDS])
        self.seeds.setCurrentText(str(settings().value("curves/seeds", EACH_RUN)))
        self.seeds.hide()
        self.log = QCheckBox("log", toolTip="Logarithmic y axis")
        self.value_label = QLabel()
        self.value_label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        export = QToolButton(text="Export", toolTip="Save the curves", popupMode=QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(export)
        self.png_action = menu.addAction("Picture (PNG)…", self.ask_png)
        self.csv_action = menu.addAction("Numbers (CSV)…", self.ask_csv)
        self.copy_action = menu.addAction("Copy picture", self.copy)
        self.all_action = menu.addAction("Reset zoom", self.show_all)
        export.setMenu(menu)
        self.tools = FlowLayout(gap=theme.GAP)
        for widget in (self.metrics_button, self.axis, self.window_box, self.seeds, self.log, export):
            self.tools.addWidget(widget)
        self.legend = QLabel(wordWrap=True, toolTip="Runs in the colours of their curves")
        self.legend.hide()
        self.area = QVBoxLayout()
        self.area.setSpacing(theme.THIN)
        self.nothing = QLabel(empty, alignment=Qt.AlignmentFlag.AlignCenter, wordWrap=True)
        faint(self.nothing)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(self.tools)
        layout.addWidget(self.legend)
        layout.addWidget(self.nothing, 1)
        layout.addLayout(self.area, 1)
        layout.addWidget(self.value_label)
        self.again = QTimer(self, singleShot=True, interval=0)
        self.again.timeout.connect(self.draw)
        self.more = QTimer(self, singleShot=True, interval=20)
        self.more.timeout.connect(self.refresh)
        self.axis.currentTextChanged.connect(self.draw)
        self.window_box.valueChanged.connect(self.draw)
        self.log.toggled.connect(self.set_log)
        self.seeds.currentTextChanged.connect(self.group_seeds)

    def add_tool(self, widget: QWidget) -> None:
        """One more control beside the others."""
        self.tools.addWidget(widget)

    # -- what is shown ---------------------------------------------------------------------------------------------

    def show_first(self, metrics: tuple[str, ...]) -> None:
        """Which metrics to plot until somebody chooses: the first two of these that there are, the return before all."""
        self.first = tuple(dict.fromkeys([*FIRST[:1], *metrics, *FIRST]))
        self.draw()

    def set_runs(self, lines: dict[str, Line]) -> None:
        """Show these runs, by key; the lines of others go."""
        for key in [key for key in self.lines if key not in lines]:
            self.remove_run(key)
        for key, line in lines.items():
            self.lines.setdefault(key, line)
        self.refresh()

    def add_run(self, key: str, line: Line) -> None:
        self.lines[key] = line
        self.refresh()

    def remove_run(self, key: str) -> None:
        self.lines.pop(key, None)
        for plot in self.plots.values():
            drop_lines(plot, key)
        self.draw()

    def refresh(self) -> None:
        """Read what the runs' files have gained, and draw it."""
        grown = [line.series.read() for line in self.lines.values()]
        if any(grown) or not self.plots:
            self.draw()
        left = sum(line.series.left for line in self.lines.values())
        if left:
            self.value_label.setText(f"reading: {left / 1e6:,.0f} MB left")
            self.more.start()
        elif self.value_label.text().startswith("reading: "):
            self.value_label.clear()

    def known(self) -> list[str]:
        """Every metric of the runs shown."""
        return list(dict.fromkeys(name for line in self.lines.values() for name in line.series.metrics))

    def choose(self, metrics: list[str]) -> None:
        """Plot these metrics."""
        self.touched = True
        self.chosen = metrics
        self.draw()

    def group_seeds(self, choice: str) -> None:
        settings().setValue("curves/seeds", choice)
        self.draw()

    def groups(self) -> dict[str, list[str]]:
        """The keys of the lines that are drawn as one, by the name of their group."""
        if self.seeds.currentText() == EACH_RUN:
            return {}
        return {label: keys for label, keys in self.seed_groups().items() if len(keys) > 1}

    def seed_groups(self) -> dict[str, list[str]]:
        """The keys of the lines whose runs differ in nothing but the seed, by the name of their group."""
        of_run = {id(line.run): key for key, line in self.lines.items() if line.run is not None}
        groups = seed_groups([line.run for line in self.lines.values() if line.run is not None])
        return {label: [of_run[id(run)] for run in group] for label, group in zip(labels(groups), groups, strict=True)}

    def draw(self) -> None:
        known = self.known()
        self.seeds.setVisible(any(len(keys) > 1 for keys in self.seed_groups().values()))
        if not self.touched:
            wanted = [name for name in self.first if name in known][:2]
            self.chosen = wanted or known[:2]
        self.nothing.setVisible(not any(name in known for name in self.chosen))
        self.nothing.setText(self.empty if not known else "No metrics selected. Choose some under Metrics.")
        for name in [name for name in self.plots if name not in self.chosen]:
            self.drop_plot(name)
        for name in self.chosen:
            if name in known:
                self.draw_metric(name)
        self.put_in_order()
        self.label_axes()
        self.show_legend()

    def draw_metric(self, name: str) -> None:
        plot = self.plots.get(name) or self.new_plot(name)
        grouped = self.groups()
        self.draw_groups(name, plot, grouped)
        together = {key for keys in grouped.values() for key in keys}
        for key, line in self.lines.items():
            series = line.series.metrics.get(name)
            if key in together:
                drop_lines(plot, key)
            if series is None or key in together:
                continue
            window = self.window_of(series)
            x, low, high = self.x_of(series), *self.shown()
            plot.set_line(f"{key}|raw", *series.raw(x, low, high), line.colour, faint=window > 1)
            if window > 1:
                plot.set_line(f"{key}|mean", *series.mean(x, low, high, window), line.colour)
            else:
                plot.drop_line(f"{key}|mean")
            raw = pg.mkColor(line.colour)
            raw.setAlpha(FAINT if window > 1 else 255)  # A line that was drawn alone at first fades when a mean joins it.
            plot.lines[f"{key}|raw"].setPen(pg.mkPen(raw))

    def draw_groups(self, name: str, plot: Plot, grouped: dict[str, list[str]]) -> None:
        """A mean and its band for each group of seeds; what was drawn of other groups goes."""
        for label in [label for label in plot.bands if label not in grouped]:
            plot.drop_line(f"{label}|group")
            plot.drop_band(label)
            self.means.pop((name, label), None)
        for label, keys in grouped.items():
            series = [self.lines[key].series.metrics[name] for key in keys if name in self.lines[key].series.metrics]
            lines = [one.mean(self.x_of(one), *self.shown(), self.window_of(one)) for one in series]
            x, middle, low, high = self.means[name, label] = mean_band(lines, BANDS[self.seeds.currentText()])
            hue = self.lines[keys[0]].colour
            plot.set_line(f"{label}|group", x, middle, hue)
            plot.set_band(label, x, low, high, hue)

    def window_of(self, series: Series) -> int:
        """How many points are averaged: a validation loss has one now and then, and its mean would lag behind by most of the training."""
        return min(self.window_box.value(), max(1, len(series.values) // 10))

    def x_of(self, series: Series) -> np.ndarray:
        return series.seconds if self.axis.currentText() == "time" else series.steps

    def zoomed(self) -> pg.ViewBox | None:
        """Where somebody has chosen a range of x: its plot. A plot that follows another has no range of its own."""
        boxes = [plot.item.getViewBox() for plot in self.plots.values()]
        x = pg.ViewBox.XAxis
        return next((box for box in boxes if box.linkedView(x) is None and box.autoRangeEnabled()[x] is False), None)

    def shown(self) -> tuple[float, float]:
        """The x that is on screen: everything, or where somebody has zoomed."""
        box = self.zoomed()
        return (-np.inf, np.inf) if box is None else tuple(box.viewRange()[0])

    def range_changed(self) -> None:
        """Redraw long lines for what is on screen now."""
        if any(series.count > POINTS for line in self.lines.values() for series in line.series.metrics.values()):
            self.again.start()

    def new_plot(self, name: str) -> Plot:
        plot = Plot("", title(name), self.empty)
        plot.setMinimumHeight(90)
        cursor = pg.InfiniteLine(angle=90, pen=pg.mkPen("#888888", style=Qt.PenStyle.DotLine))
        cursor.hide()
        plot.item.addItem(cursor, ignoreBounds=True)
        plot.item.setLogMode(y=self.log.isChecked())
        plot.keep_left(6)
        plot.scene().sigMouseMoved.connect(lambda position, plot=plot: self.follow_mouse(plot, position))
        plot.installEventFilter(self)
        plot.item.getViewBox().sigXRangeChanged.connect(self.range_changed)
        self.plots[name], self.cursors[name] = plot, cursor
        self.area.addWidget(plot, 1)
        return plot

    def drop_plot(self, name: str) -> None:
        self.means = {key: band for key, band in self.means.items() if key[0] != name}
        plot = self.plots.pop(name)
        self.cursors.pop(name)
        self.area.removeWidget(plot)
        plot.setXLink(None)
        for other in self.plots.values():
            if other.item.getViewBox().linkedView(0) is plot.item.getViewBox():
                other.setXLink(None)
        plot.dispose()

    def put_in_order(self) -> None:
        """The plots in the order of the chosen metrics, tied to the first along x."""
        names = [name for name in self.chosen if name in self.plots]
        x = pg.ViewBox.XAxis
        follows_data = self.zoomed() is None
        if names != list(self.plots):
            self.plots = {name: self.plots[name] for name in names}
            for i, plot in enumerate(self.plots.values()):
                self.area.removeWidget(plot)
                self.area.insertWidget(i, plot, 1)
        first: pg.ViewBox | None = None
        for plot in self.plots.values():
            box = plot.item.getViewBox()
            if box.linkedView(x) is not first:
                # In this order, as a range that is still to be computed would be handed to the other plot.
                box.setXLink(None)
                box.enableAutoRange(x, first is None and follows_data)
                box.setXLink(first)
            elif first is None and follows_data:
                box.enableAutoRange(x, True)
            first = first or box
        self.reach_everything()

    def reach_everything(self) -> None:
        """The plots show the same x: that of all their points, not of the first plot's alone."""
        series = {name: [line.series.metrics[name] for line in self.lines.values() if name in line.series.metrics] for name in self.plots}
        ends = [self.x_of(one)[[0, -1]] for ones in series.values() for one in ones if one.count]
        for name, plot in list(self.plots.items())[:1]:
            level = next((one.values[0] for one in series[name] if one.count), None)
            if level is not None:
                plot.reach(min(end[0] for end in ends), max(end[1] for end in ends), level)
        for plot in list(self.plots.values())[1:]:
            if plot.span is not None:
                plot.span.setData([], [])

    def show_legend(self) -> None:
        """Which colour is which run, where there are several."""
        self.legend.setVisible(len(self.lines) > 1)
        grouped = self.groups()
        group_of = {key: label for label, keys in grouped.items() for key in keys}
        entries = {group_of.get(key, key): (group_of.get(key, line.label), line.colour) for key, line in reversed(self.lines.items())}
        text = legend(reversed(entries.values()))
        if self.legend.text() != text:
            self.legend.setText(text)

    def label_axes(self) -> None:
        unit = next((line.unit for line in self.lines.values()), "steps")
        label = "seconds of training" if self.axis.currentText() == "time" else unit
        for i, (name, plot) in enumerate(self.plots.items()):
            plot.label(label if i == len(self.plots) - 1 else "", title(name))

    def set_log(self, on: bool) -> None:
        for plot in self.plots.values():
            plot.item.setLogMode(y=on)

    def show_all(self) -> None:
        """Undo zooming."""
        for plot in self.plots.values():
            plot.item.enableAutoRange()
        self.draw()

    def fill_menu(self) -> None:
        self.metrics_menu.clear()
        for name in self.known():
            action = QAction(title(name), self.metrics_menu, checkable=True, checked=name in self.chosen)
            action.toggled.connect(lambda on, name=name: self.choose([*self.chosen, name] if on else [n for n in self.chosen if n != name]))
            self.metrics_menu.addAction(action)
        if not self.known():
            self.metrics_menu.addAction("No metrics yet").setEnabled(False)

    # -- read-out --------------------------------------------------------------------------------------------------

    def follow_mouse(self, plot: Plot, position: object) -> None:
        """Put the cursor line at the mouse and say the values there."""
        x = plot.item.getViewBox().mapSceneToView(position).x()
        for cursor in self.cursors.values():
            cursor.setPos(x)
            cursor.show()
        self.value_label.setText(self.values_at(x))
        self.read_out.emit(self.value_label.text())

    def values_at(self, x: float) -> str:
        """The last values at or before `x`, of each run and metric shown."""
        time = self.axis.currentText() == "time"
        parts = []
        together = {key for keys in self.groups().values() for key in keys}
        for name in self.plots:
            for (metric, label), (xs, middle, bottom, top) in self.means.items():
                i = int(np.searchsorted(xs, x, side="right")) - 1
                if metric == name and i >= 0:
                    parts.append(f"{label}: {title(name)} {middle[i]:.4g} ({bottom[i]:.4g} to {top[i]:.4g})")
            for key, line in self.lines.items():
                series = line.series.metrics.get(name)
                if series is None or not series.count or key in together:
                    continue
                i = int(np.searchsorted(series.seconds if time else series.steps, x, side="right")) - 1
                if i >= 0:
                    low = max(0, i + 1 - self.window_box.value())
                    label = f"{line.label}: " if len(self.lines) > 1 else ""
                    parts.append(f"{label}{title(name)} {series.values[low : i + 1].mean():.4g}")
        return f"at {x:,.0f}{' s' if time else ''}:  {'   '.join(parts)}" if parts else ""

    def eventFilter(self, watched: object, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Leave:
            for cursor in self.cursors.values():
                cursor.hide()
            self.value_label.clear()
        return False

    # -- export ----------------------------------------------------------------------------------------------------

    def save_png(self, path: Path) -> None:
        """The plots as they are on screen; of one run alone the picture says how it was made. Raises LabError where the file cannot be written."""
        image, runs = self.grab().toImage(), [line.run for line in self.lines.values()]
        if len(runs) == 1 and runs[0] is not None:
            axis = "time" if self.axis.currentText() == "time" else "step"
            asked = {"metrics": ",".join(self.chosen), "axis": axis}
            image.setText(KEY, Making("curves", asked, runs[0].name, step=runs[0].checkpoint_step() or 0).text())
        if not image.save(str(path)):
            raise LabError(f"Cannot write {path}.")

    def show_made(self, made: Making) -> None:
        """The curves of a saved picture."""
        self.axis.setCurrentText("time" if made.parameters.get("axis") == "time" else "steps")
        self.choose([name for name in str(made.parameters.get("metrics", "")).split(",") if name] or self.chosen)

    def save_csv(self, path: Path) -> None:
        """Every point of the chosen metrics: run, metric, step, seconds, value. Raises LabError where the file cannot be written."""
        try:
            with path.open("w", newline="", encoding="utf-8") as file:
                writer = csv.writer(file)
                writer.writerow(["run", "metric", "step", "seconds", "value"])
                for line in self.lines.values():
                    for name in self.chosen:
                        series = line.series.metrics.get(name)
                        if series is not None:
                            rows = zip(series.steps, series.seconds, series.values, strict=True)
                            writer.writerows([line.label, name, *row] for row in rows)
        except OSError as error:
            raise LabError(f"Cannot write {path} ({error.strerror or error}).") from None

    def copy(self) -> None:
        QApplication.clipboard().setPixmap(self.grab())

    def ask_png(self) -> None:
        self.save_as("curves.png", self.save_png)

    def ask_csv(self) -> None:
        self.save_as("curves.csv", self.save_csv)

    def save_as(self, suggested: str, save: Callable[[Path], None]) -> None:
        path = ask_save_path(self, "Save the curves", suggested, (Path(suggested).suffix,))
        if path is not None:
            try:
                save(path)
            except LabError as error:
                QMessageBox.warning(self, "Not saved", str(error))
            else:
                tell_saved(path)
