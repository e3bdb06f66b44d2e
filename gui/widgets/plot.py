"""A pyqtgraph plot that follows the palette, labels its axes and says why it is empty."""

import math
from collections.abc import Iterable
from html import escape

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent
from PySide6.QtGui import QFontMetrics, QPalette
from PySide6.QtWidgets import QWidget

from gui.widgets.dismantle import dismantle

pg.setConfigOptions(antialias=False, imageAxisOrder="row-major")


SPREAD = 0.25
"""The share of a short plot's width and height that the words in its corner take."""


LETTER = 16
"""The height of letters, in pixels, up to which pyqtgraph's ticks keep apart."""
TICK = 14
"""Pixels beside the numbers of an axis."""
BAND = 45
"""How opaque, of 255, the band around a mean is."""
FAINT = 90
"""How opaque, of 255, the raw line behind a smoothed one is."""
LEGEND_ALPHA = 190
"""How opaque a legend's ground is, of 255: its names can be read over any colour, and points below it are still seen."""


class ApartAxis(pg.AxisItem):
    """Numbers that stay apart where the axis is short: pyqtgraph draws its coarsest ticks, however close to each other they are."""

    def tickValues(self, low: float, high: float, size: float) -> list[tuple[float | None, list[float]]]:
        levels = super().tickValues(low, high, size)
        if not levels or levels[0][0] is None or size <= 0 or high <= low:
            return levels
        spacing, values = levels[0]
        every = math.ceil(self.letters() * (high - low) / (spacing * size))
        if every <= 1:
            return levels
        kept = [value for value in values if round(value / spacing) % every == 0] or values[:1]
        return [(spacing * every, kept)]

    def letters(self) -> int:
        """The height of the numbers, in pixels."""
        return QFontMetrics(self.style["tickFont"] or self.font()).height()


class Plot(pg.PlotWidget):
    """Lines by name. `set_line` makes a line once and then only gives it new data.

    What y is stands level in an upper corner, as it would be cut off along a short axis; `y_on_axis` puts it there.
    """

    def __init__(self, x_label: str, y_label: str, empty: str = "", parent: QWidget | None = None, y_on_axis: bool = False):
        super().__init__(parent, enableMenu=False, axisItems={"left": ApartAxis("left")})
        self.x_label, self.y_label, self.y_on_axis = x_label, y_label, y_on_axis
        self.lines: dict[str, pg.PlotDataItem] = {}
        self.bands: dict[str, tuple[pg.PlotDataItem, pg.PlotDataItem, pg.FillBetweenItem]] = {}
        self.span: pg.PlotDataItem | None = None
        self.left_letters = 0
        self.centralLayout = None  # Qt has destroyed it when the plot took its place.
        self.item = self.getPlotItem()
        self.item.setDownsampling(auto=True, mode="peak")
        self.item.setClipToView(True)
        self.item.showGrid(x=True, y=True, alpha=0.2)
        self.item.hideButtons()
        menu = self.item.ctrlMenu
        menu.setParent(self, menu.windowFlags())  # pyqtgraph leaves it without an owner.
        self.note = pg.TextItem(empty, anchor=(0.5, 0.5))
        self.item.getViewBox().addItem(self.note, ignoreBounds=True)
        self.heading = pg.LabelItem(justify="left")
        self.heading.setParentItem(self.item.getViewBox())
        self.heading_right = True
        self.move_heading(False)
        self.item.getViewBox().sigRangeChanged.connect(self.place_note)
        self.item.getViewBox().sigRangeChanged.connect(self.place_heading)
        self.follow_palette()

    def set_line(self, name: str, x: np.ndarray, y: np.ndarray, hue: str, *, faint: bool = False, filled: bool = False) -> None:
        """Give the line `name` its points, in the colour `hue`; `filled` draws steps over a ground, as a histogram."""
        line = self.lines.get(name)
        if line is None:
            colour = pg.mkColor(hue)
            if faint:
                colour.setAlpha(FAINT)
            ground = {"fillLevel": 0.0, "fillBrush": (colour.red(), colour.green(), colour.blue(), 70)} if filled else {}
            dots = {} if filled else {"symbolBrush": colour, "symbolPen": None}  # Naming a brush switches dots on.
            line = self.item.plot(pen=pg.mkPen(colour, width=1), name=name, skipFiniteCheck=False, **dots, **ground)
            if not filled:
                line.setDownsampling(auto=True, method="peak")
                line.setClipToView(True)
            self.lines[name] = line
        if filled:
            half = 0.5 * (x[1] - x[0]) if len(x) > 1 else 0.5
            line.setData(np.append(x - half, x[-1:] + half), y, stepMode="center")
        else:
            line.setData(x, y)
            # A single point, or several at one step, draw no line; show dots.
            line.setSymbol("o" if len(x) and x[0] == x[-1] else None)
        self.note.setVisible(not any(line.xData is not None and len(line.xData) for line in self.lines.values()))

    def set_band(self, name: str, x: np.ndarray, low: np.ndarray, high: np.ndarray, hue: str) -> None:
        """Shade the ground between `low` and `high` in the colour `hue`."""
        if name not in self.bands:
            colour = pg.mkColor(hue)
            colour.setAlpha(BAND)
            edges = [self.item.plot(pen=pg.mkPen(0, 0, 0, 0), skipFiniteCheck=False) for _ in range(2)]
            ground = pg.FillBetweenItem(*edges, brush=pg.mkBrush(colour))
            self.item.addItem(ground, ignoreBounds=True)  # Its edges have them; it would count where it was before it had points.
            self.bands[name] = (edges[0], edges[1], ground)
        for edge, y in zip(self.bands[name], (low, high), strict=False):
            edge.setData(x, y)

    def drop_band(self, name: str) -> None:
        for item in self.bands.pop(name, ()):
            self.item.removeItem(item)

    def reach(self, low: float, high: float, level: float) -> None:
        """Show x from `low` to `high` at least, though no line goes so far: the plots tied to this one may."""
        if self.span is None:
            self.span = self.item.plot(pen=pg.mkPen(0, 0, 0, 0), skipFiniteCheck=False)
        self.span.setData([low, high], [level, level])

    def drop_line(self, name: str) -> None:
        line = self.lines.pop(name, None)
        if line is not None:
            self.item.removeItem(line)
        self.note.setVisible(not any(line.xData is not None and len(line.xData) for line in self.lines.values()))

    def dispose(self) -> None:
        """Go away, with all items."""
        dismantle(self)
        self.hide()
        self.deleteLater()

    def keep_left(self, letters: int) -> None:
        """Leave room for numbers of so many letters at the left: plots above one another begin at the same place. 0: as much as they need."""
        self.left_letters = letters
        if letters:
            self.item.getAxis("left").setWidth(self.fontMetrics().horizontalAdvance("0" * letters) + TICK)

    def label(self, x_label: str, y_label: str) -> None:
        self.x_label, self.y_label = x_label, y_label
        self.follow_palette()

    def place_note(self) -> None:
        (x0, x1), (y0, y1) = self.item.getViewBox().viewRange()
        self.note.setPos((x0 + x1) / 2, (y0 + y1) / 2)

    def place_heading(self) -> None:
        """Put it into the upper corner that the lines leave free: a return ends high, a loss begins there."""
        (x0, x1), (y0, y1) = self.item.getViewBox().viewRange()
        wide = SPREAD * (x1 - x0)
        highest = [y0, y0]
        for line in self.lines.values():
            x, y = line.getData()
            if x is not None and 1 < len(x) == len(y):
                for i, (low, high) in enumerate(((x0, x0 + wide), (x1 - wide, x1))):
                    crossed = np.interp([low, (low + high) / 2, high], x, y)  # Few points may lie far apart.
                    highest[i] = np.fmax.reduce([*crossed, *y[(x >= low) & (x <= high)]], initial=highest[i])
        taken = [high > y1 - SPREAD * (y1 - y0) for high in highest]
        if taken[self.heading_right] and not taken[not self.heading_right]:  # Else it stays: a rolling plot would toss it about.
            self.move_heading(not self.heading_right)

    def move_heading(self, right: bool) -> None:
        if right != self.heading_right:
            self.heading_right = right
            self.heading.anchor(itemPos=(float(right), 0), parentPos=(float(right), 0), offset=(-4 if right else 4, -2))

    def add_legend(self) -> pg.LegendItem:
        """The legend in the corner, which names items that have a name."""
        made = self.item.addLegend(offset=(-4, 4))
        self.follow_palette()
        return made

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.FontChange) and hasattr(self, "note"):
            self.follow_palette()

    def follow_palette(self) -> None:
        """Take ground, axes and text from the widget's palette and font."""
        palette, size = self.palette(), f"{self.font().pointSizeF():g}pt"
        text = palette.color(QPalette.ColorRole.Text)
        self.setBackground(palette.color(QPalette.ColorRole.Base))
        for side, label in (("bottom", self.x_label), ("left", self.y_label if self.y_on_axis else "")):
            axis = self.item.getAxis(side)
            axis.setPen(pg.mkPen(palette.color(QPalette.ColorRole.Mid)))
            axis.setTextPen(pg.mkPen(text))
            axis.setTickFont(self.font())
            axis.setTickDensity(min(1.0, LETTER / self.fontMetrics().height()))
            # Ranges that no value is in: numbers as they are, not in thousandths.
            axis.setLabel(label, siPrefixEnableRanges=((-2.0, -1.0),), color=text.name(), **{"font-size": size})
        self.keep_left(self.left_letters)
        self.heading.setText("" if self.y_on_axis else self.y_label, color=text.name(), size=size)
        if (legend := self.item.legend) is not None:
            ground = palette.color(QPalette.ColorRole.Base)
            ground.setAlpha(LEGEND_ALPHA)
            legend.setBrush(pg.mkBrush(ground))
            legend.setLabelTextColor(text)
            legend.setLabelTextSize(size)
            for _, name in legend.items:
                name.setText(name.text)  # The colour shows when the text is set.
        self.note.setFont(self.font())
        self.note.setColor(palette.color(QPalette.ColorRole.PlaceholderText))
        self.place_note()


def legend(entries: Iterable[tuple[str, str]]) -> str:
    """Rich text that says which colour is which line, for (name, colour) pairs: on the plot itself it would hide lines."""
    named = ((escape(name).replace(" ", "&nbsp;"), hue) for name, hue in entries)  # A name is not broken in two.
    return " &nbsp; ".join(f'<span style="color:{hue}">&#9632;</span>&nbsp;{name}' for name, hue in named)
