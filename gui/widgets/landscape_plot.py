"""The plane: dots in groups over a coloured surface, arrows and paths."""

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QWidget

from gui.theme import colour
from gui.widgets.plot import Plot
from lab.answers import Landscape

HEAD = 0.3
"""Length of an arrow's head as a share of the arrow."""


class LandscapePlot(Plot):
    """A plot of a `Landscape`; its items are made once and then only moved, thirty times a second if need be."""

    def __init__(self, parent: QWidget | None = None):
        super().__init__("", "", parent=parent, y_on_axis=True)
        self.item.setClipToView(False)
        self.item.setAspectLocked(True)
        self.item.getViewBox().setDefaultPadding(0)
        self.surface = pg.ImageItem(colorMap=pg.colormap.get("PiYG", source="matplotlib"), axisOrder="row-major")
        self.surface.setOpacity(0.6)
        self.paths, self.arrows = (
            pg.PlotCurveItem(pen=pg.mkPen(QColor(128, 128, 128, 150))),
            pg.PlotCurveItem(pen=pg.mkPen(QColor(90, 90, 90))),
        )
        for item in (self.surface, self.paths, self.arrows):
            self.item.addItem(item)
        self.legend = self.add_legend()
        self.groups: dict[str, pg.ScatterPlotItem] = {}
        self.heights: dict[float, str] = {}

    def show_answer(self, answer: Landscape) -> None:
        left, right, bottom, top = answer.extent
        self.surface.setVisible(bool(answer.surface.size))
        if answer.surface.size:
            self.surface.setImage(np.asarray(answer.surface, np.float32))
            self.surface.setRect(QRectF(left, bottom, right - left, top - bottom))
        count, length = answer.paths.shape[:2]
        follows = np.ones((count, length), bool)
        follows[:, -1:] = False  # No line from the end of a path to the beginning of the next.
        self.paths.setData(answer.paths[..., 0].ravel(), answer.paths[..., 1].ravel(), connect=follows.ravel())
        self.arrows.setData(*strokes(answer.arrows), connect="pairs")
        for name in [name for name in self.groups if name not in answer.groups]:
            self.item.removeItem(self.groups.pop(name))
        for i, (name, points) in enumerate(answer.groups.items()):
            if name not in self.groups:
                self.groups[name] = pg.ScatterPlotItem(size=5, pen=None, brush=colour(i), name=name)
                self.item.addItem(self.groups[name])
            self.groups[name].setData(points[:, 0], points[:, 1])
        self.item.setRange(QRectF(left, bottom, right - left, top - bottom))
        if answer.heights != self.heights:
            self.heights = dict(answer.heights)
            self.item.getAxis("left").setTicks([list(self.heights.items())] if self.heights else None)
        self.note.hide()


def strokes(arrows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Arrows (M, 4) x, y, dx, dy as pairs of points: a shaft and the two sides of its head."""
    start, way = arrows[:, :2], arrows[:, 2:]
    end, across = start + way, np.stack([-way[:, 1], way[:, 0]], 1)
    sides = [end - HEAD * way + sign * 0.5 * HEAD * across for sign in (1, -1)]
    points = np.stack([start, end, end, sides[0], end, sides[1]], 1).reshape(-1, 2)
    return points[:, 0], points[:, 1]
