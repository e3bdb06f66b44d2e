"""The self-organising map: a net unfolds over colours, digits or points."""

from typing import Any, ClassVar

import numpy as np
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout

from gui.foundations.controls import Choices
from gui.foundations.mosaic_view import MosaicView
from gui.foundations.recipe_page import RecipePage
from gui.foundations.surface_view import SurfaceView
from gui.theme import ACCENT, COLOURS, is_dark
from gui.widgets.fast_label import FastLabel
from gui.widgets.titled import titled
from lab.data.drawn_points import REACH

GOAL = 0.03


class MapPage(RecipePage):
    """Left the settings, in the middle the map, right where its units are among the data."""

    title: ClassVar[str] = "Self-organising map"
    tip: ClassVar[str] = "A net of units unfolds over colours, digits or points: what is alike comes to lie side by side"
    about: ClassVar[str] = (
        "An example x is shown, the nearest unit wins, and it and its neighbours on the grid move towards it: <i>w &larr; w + &eta; exp(&minus;d<sup>2</sup> / "
        "2&sigma;<sup>2</sup>) (x &minus; w)</i>. Rate and radius shrink, so the net unfolds first and fits its corners then. What is alike ends up side by side, "
        'and no label was seen. Kohonen 1982, <a href="https://doi.org/10.1007/BF00337288">Self-organized formation of topologically correct feature maps</a>.'
    )
    challenge: ClassVar[str] = (
        f"unfold the net over the square without folds (at most {GOAL:.0%} of the points) once the radius has shrunk."
    )
    recipe: ClassVar[str] = "som"
    drawing: ClassVar[str] = "lab.recipes.foundations.som:frame_of"

    def build(self) -> None:
        self.mosaic = MosaicView("What each unit of the grid stands for")
        self.ridges = MosaicView("How far each unit is from its neighbours: bright ridges are borders between kinds")
        self.plane = SurfaceView()
        self.plane.brush = False
        self.plane.overlay = self.paint_net
        self.plane.setToolTip(
            "Where the units are among the data (of colours: red to the right, green upwards); lines join neighbours on the grid"
        )
        self.said = FastLabel(wrap=True)
        rows, change = Choices(), self.change
        self.rows = rows
        rows.choice(
            "Over",
            ("colours", "digits", "square", "ring"),
            "colours",
            "What the net unfolds over",
            lambda v: change(samples=v),
            field="samples",
        )
        rows.slider("Rows", list(range(2, 33)), 12, "Rows of the grid", str, lambda v: change(rows=v), field="rows")
        rows.slider("Columns", list(range(2, 33)), 16, "Columns of the grid", str, lambda v: change(columns=v), field="columns")
        rows.choice("Rate η", (0.05, 0.1, 0.3, 0.5, 1.0), 0.5, "Eta at first", lambda v: change(learning_rate=v), field="learning_rate")
        rows.choice(
            "Radius \N{GREEK SMALL LETTER SIGMA}",
            (0.6, 1.0, 2.0, 4.0, 6.0, 10.0),
            6.0,
            "Sigma at first",
            lambda v: change(radius=v),
            field="radius",
        )
        steps = (300, 1000, 3000, 10000, 30000)
        rows.choice(
            "Shrink over",
            steps,
            3000,
            "Examples over which rate and radius fall",
            lambda v: change(schedule_steps=v),
            field="schedule_steps",
        )
        left = QVBoxLayout()
        left.addLayout(rows)
        left.addWidget(self.said)
        left.addWidget(titled("Borders", self.ridges), 1)
        row = QHBoxLayout()
        row.addLayout(left, 2)
        row.addWidget(titled("The map", self.mosaic), 4)
        row.addWidget(titled("The net among the data", self.plane), 4)
        self.column.addLayout(self.transport())
        self.column.addLayout(row, 1)

    def show_frame(self, frame: Any) -> None:
        if self.frame is None or frame.samples != self.frame.samples:
            dots = (frame.examples[:300, :2] * 2 - 1) * REACH * 0.92
            hidden = frame.samples == "digits"
            self.plane.show_points(
                dots[:0] if hidden else dots, np.ones(0 if hidden else len(dots)), np.zeros(len(dots), bool)[: 0 if hidden else None]
            )
        self.frame = frame
        self.mosaic.show_pixels(frame.mosaic)
        ridges = frame.borders / max(float(frame.borders.max()), 1e-9)
        self.ridges.show_pixels((255 * ridges).astype(np.uint8))
        self.plane.show_surface(np.zeros((2, 2)), 1.0, "two of 64 directions" if frame.samples == "digits" else "")
        self.count.setText(self.pace_text(frame.steps).replace("steps", "examples"))
        said = f"Radius \N{GREEK SMALL LETTER SIGMA} = {frame.radius:.2f}\nDistance {frame.distance:.3f}\nFolds {frame.folds:.1%}"
        self.said.setText(said)
        self.note_challenge(frame.samples == "square" and frame.folds <= GOAL and frame.steps >= 1000 and frame.radius < 1)

    def paint_net(self, painter: QPainter, plane: SurfaceView) -> None:
        """Lines between neighbours on the grid, at the units' places."""
        if self.frame is None:
            return
        units = self.frame.units[..., :2]
        if self.frame.samples == "digits":
            flat = self.frame.units.reshape(-1, 64) - self.frame.units.reshape(-1, 64).mean(0)
            directions = np.linalg.svd(flat, full_matrices=False)[2][:2]
            spread = flat @ directions.T
            units = (0.5 + 0.5 * spread / max(float(np.abs(spread).max()), 1e-9)).reshape(*self.frame.units.shape[:2], 2)
        places = (units * 2 - 1) * REACH * 0.92
        painter.setPen(QPen(QColor(ACCENT[is_dark(self.palette())]), 1.3))
        for line in [*places, *places.swapaxes(0, 1)]:
            painter.drawPolyline(QPolygonF([plane.place(x, y) for x, y in line.tolist()]))
        painter.setPen(QPen(QColor(COLOURS[0]).darker(130), 0.6))
        colours = self.frame.units.reshape(-1, self.frame.units.shape[-1])
        for i, (x, y) in enumerate(places.reshape(-1, 2).tolist()):
            painter.setBrush(QColor.fromRgbF(*map(float, np.clip(colours[i], 0, 1))) if colours.shape[1] == 3 else QColor(COLOURS[0]))
            painter.drawEllipse(plane.place(x, y), 3.2, 3.2)
