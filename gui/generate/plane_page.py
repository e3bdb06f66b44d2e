"""A plane of the latent space as a map: drag the point on it, and see where real images lie."""

from html import escape
from typing import Any, ClassVar

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPalette, QPen, QPixmap, QWheelEvent
from PySide6.QtWidgets import QCheckBox, QComboBox, QDoubleSpinBox, QLabel, QSizePolicy, QSplitter, QVBoxLayout, QWidget

from gui import theme
from gui.generate.image_grid import mosaic
from gui.generate.latent_page import LatentPage
from gui.generate.latent_state import LatentState
from gui.widgets.flow_layout import FlowLayout
from gui.widgets.picture import Picture, to_image

CLASS_COLOURS = ("#4798e7", "#e2780e", "#59a14f", "#e15759", "#b07aa1", "#b8864b", "#d86fb4", "#949494", "#a49516", "#30a2a9")
"""Colours of classes, each distinct from the others on light, on dark and on pictures."""
TILES = 11
DOTS = 500
STEP, LEAP = 0.02, 0.1


def class_colour(label: int) -> str:
    return CLASS_COLOURS[label % len(CLASS_COLOURS)]


class PlaneMap(QWidget):
    """Decoded tiles, dots of encoded images, and a point (x, y) in [-side, side] that is dragged; y grows upwards."""

    moved = Signal(float, float)
    zoomed = Signal(float)
    """The wheel was turned: by what the side should be multiplied."""

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self.text = "The map appears here once the model has loaded."
        self.image: QImage | None = None
        self.tiles = TILES
        self.side: float = 2.5
        self.points = np.zeros((0, 2))
        self.classes = np.zeros(0, np.int64)
        self.show_tiles = self.show_dots = True
        self.smoothed = False
        self.ground: QPixmap | None = None
        self.at_x = self.at_y = 0.0
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setToolTip("Drag the point (arrow keys, with Shift for larger steps; Home for the centre); scroll to zoom")
        self.setAccessibleName("Plane of the latent space")

    def show_map(self, pixels: np.ndarray, columns: int) -> None:
        self.tiles = columns
        self.image = to_image(mosaic(pixels, columns))
        self.renew()

    def show_text(self, text: str) -> None:
        self.image, self.text = None, text
        self.update()

    def show_points(self, points: np.ndarray, classes: np.ndarray) -> None:
        """Dots at points (N, 2) in the plane's coordinates."""
        self.points, self.classes = np.asarray(points), np.asarray(classes)
        self.renew()

    # -- geometry --------------------------------------------------------------------------------------------------

    def sizeHint(self) -> QSize:
        return QSize(340, 340)

    def minimumSizeHint(self) -> QSize:
        return QSize(160, 160)

    def area(self) -> QRectF:
        side = min(self.width(), self.height())
        return QRectF((self.width() - side) / 2, (self.height() - side) / 2, side, side)

    @property
    def edge(self) -> float:
        """The coordinate at the map's edge: the outermost tiles have their middles at `side`."""
        return self.side * self.tiles / (self.tiles - 1)

    def place(self, x: float, y: float) -> QPointF:
        area = self.area()
        return QPointF(area.center().x() + x / self.edge * area.width() / 2, area.center().y() - y / self.edge * area.height() / 2)

    def drag_to(self, x: float, y: float) -> None:
        self.at_x, self.at_y = (min(self.edge, max(-self.edge, value)) for value in (x, y))
        self.update()
        self.moved.emit(self.at_x, self.at_y)

    # -- hand and keys ---------------------------------------------------------------------------------------------

    def go(self, where: QPointF) -> None:
        area = self.area()
        self.drag_to(
            (where.x() - area.center().x()) / (area.width() / 2) * self.edge,
            -(where.y() - area.center().y()) / (area.height() / 2) * self.edge,
        )

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.go(event.position())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton:
            self.go(event.position())

    def wheelEvent(self, event: QWheelEvent) -> None:
        self.zoomed.emit(0.8 if event.angleDelta().y() > 0 else 1.25)
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = self.side * (LEAP if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else STEP)
        moves = {Qt.Key.Key_Left: (-step, 0), Qt.Key.Key_Right: (step, 0), Qt.Key.Key_Up: (0, step), Qt.Key.Key_Down: (0, -step)}
        move = moves.get(Qt.Key(event.key()))
        if move is not None:
            self.drag_to(self.at_x + move[0], self.at_y + move[1])
        elif event.key() == Qt.Key.Key_Home:
            self.drag_to(0, 0)
        elif event.key() in (Qt.Key.Key_Plus, Qt.Key.Key_Minus):
            self.zoomed.emit(0.8 if event.key() == Qt.Key.Key_Plus else 1.25)
        else:
            super().keyPressEvent(event)

    # -- drawing ---------------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        area = self.area()
        if self.image is None:
            painter.setPen(self.palette().color(QPalette.ColorRole.PlaceholderText))
            painter.drawText(self.rect().adjusted(8, 8, -8, -8), Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, self.text)
            painter.end()
            return
        ratio = painter.device().devicePixelRatioF()
        if self.ground is None or self.ground.size() != self.size() * ratio:
            self.ground = self.draw_ground(ratio)
        painter.drawPixmap(0, 0, self.ground)
        painter.setClipRect(area)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(self.palette().color(QPalette.ColorRole.Highlight) if self.hasFocus() else QColor("#ffffff"), 2))
        painter.setBrush(QColor(210, 80, 75, 190))
        painter.drawEllipse(self.place(self.at_x, self.at_y), 8, 8)
        painter.end()

    @property
    def smooth(self) -> bool:
        return self.smoothed

    @smooth.setter
    def smooth(self, on: bool) -> None:
        self.smoothed = on
        self.renew()

    def renew(self) -> None:
        """Redraw the images and the dots; while only the point moves, they are kept."""
        self.ground = None
        self.update()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self.renew()

    def draw_ground(self, ratio: float) -> QPixmap:
        """Everything but the point."""
        assert self.image is not None
        area = self.area()
        ground = QPixmap(self.size() * ratio)
        ground.setDevicePixelRatio(ratio)
        ground.fill(Qt.GlobalColor.transparent)
        painter = QPainter(ground)
        painter.fillRect(area, self.palette().color(QPalette.ColorRole.Base))
        painter.setClipRect(area)
        if self.show_tiles:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, self.smoothed or area.width() < self.image.width())
            painter.drawImage(area, self.image)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.show_dots and len(self.points):
            for (x, y), label in zip(self.points, self.classes, strict=True):
                place = self.place(float(x), float(y))
                painter.setPen(QPen(QColor(0, 0, 0, 200), 2.4))  # A dark ring around a bright one: seen on any picture.
                painter.setBrush(QColor(class_colour(int(label))))
                painter.drawEllipse(place, 3.4, 3.4)
                painter.setPen(QPen(QColor(255, 255, 255, 220), 0.8))
                painter.drawEllipse(place, 3.4, 3.4)
        painter.end()
        return ground


class PlanePage(LatentPage):
    """The whole manifold where z has two dimensions; else a plane through three anchors, or along two principal directions."""

    title: ClassVar[str] = "Plane"
    tip: ClassVar[str] = "A plane through the latent space as a map; encoded test images as dots"
    reading: ClassVar[str] = (
        "x grows to the right and y upwards from the centre of the plane. Each dot is an encoded test image in the colour of its class."
    )
    needs: ClassVar[tuple[str, ...]] = ("plane", "plane_point")
    hint: ClassVar[str] = "Click three samples to define the plane."

    def __init__(self, state: LatentState, parent: QWidget | None = None):
        super().__init__(state, parent)
        self.seen = False
        self.code: tuple[float, ...] | None = None
        """The z of the picture."""
        self.frame = ""
        self.map = PlaneMap()
        self.map.moved.connect(lambda x, y: self.dragged())
        self.picture = Picture("Drag the point on the map to decode it.", (130, 130))
        self.through = QComboBox(toolTip="Which plane to show")
        self.through.addItem("principal directions", "")
        self.through.addItem("anchors 1 to 3", "anchors")
        if state.latent == 2:
            self.through.setItemText(0, "all of z (2-D)")
        self.through.currentIndexChanged.connect(self.plane_changed)
        self.side = QDoubleSpinBox(minimum=0.1, maximum=100, value=2.5, singleStep=0.25, decimals=2, prefix="± ")
        self.side.setToolTip("Extent of the map; along principal directions in standard deviations of the codes")
        self.side.valueChanged.connect(self.side_changed)
        self.map.zoomed.connect(lambda factor: self.side.setValue(self.side.value() * factor))
        self.tiles = QCheckBox("decoded images", checked=True, toolTip="Show the decoded image at each grid point")
        self.dots = QCheckBox(
            "encoded images", checked=True, toolTip="Show test images as dots where the encoder places them, coloured by class"
        )
        for box, name in ((self.tiles, "show_tiles"), (self.dots, "show_dots")):
            box.toggled.connect(lambda on, name=name: self.show_part(name, on))
        self.where = QLabel(wordWrap=True)
        self.legend = QLabel(wordWrap=True, textFormat=Qt.TextFormat.RichText)
        row = FlowLayout(gap=theme.WIDE)
        for widget in (self.through, self.side, self.tiles, self.dots):
            row.addWidget(widget)
        split = QSplitter(Qt.Orientation.Horizontal, childrenCollapsible=False)
        split.addWidget(self.map)
        split.addWidget(self.picture)
        split.setSizes([380, 220])
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(row)
        layout.addWidget(split, 1)
        layout.addWidget(self.legend)
        layout.addWidget(self.where)
        self.point = self.query("plane_point", self.point_parameters, self.show_point, self.picture.show_text, interval=0.05)
        self.mapping = self.query("plane", self.plane_parameters, self.show_map, self.map.show_text, interval=0.5)
        self.framing = self.query("plane_frame", self.frame_parameters, self.take_frame, lambda text: None, interval=0.5)
        self.codes = self.query("codes", self.code_parameters, self.show_codes, self.legend.setText, interval=1.0)
        state.picks_changed.connect(self.picks_changed)
        state.source_changed.connect(self.source_changed)
        self.say_where()

    # -- what is asked and arrives ---------------------------------------------------------------------------------

    def anchors(self) -> str | None:
        """The anchors of the plane; none for the principal directions, None where there are too few."""
        if not self.through.currentData():
            return ""
        names = self.state.anchors[:3]
        if len(names) < 3:
            return None
        return ("; " if any(name.startswith("z:") for name in names) else ",").join(names)

    def plane_parameters(self) -> dict[str, Any] | None:
        anchors = self.anchors()
        if anchors is None:
            return None
        return {"n": TILES, "anchors": anchors, "label": self.state.label, "side": self.side.value()}

    def frame_parameters(self) -> dict[str, Any] | None:
        return None if self.through.currentData() else {"anchors": ""}

    def take_frame(self, answer: Any) -> None:
        """The plane along the principal directions as three anchors: computing it for each picture would slow dragging down."""
        self.frame = "; ".join("z:" + ",".join(f"{row[i]:.6g}" for row in answer.rows) for i in (1, 2, 3))

    def point_parameters(self) -> dict[str, Any] | None:
        anchors = self.anchors()
        if anchors == "":
            anchors = self.frame
        return None if anchors is None else {"x": self.map.at_x, "y": self.map.at_y, "anchors": anchors, "label": self.state.label}

    def code_parameters(self) -> dict[str, Any] | None:
        anchors = self.anchors()
        return None if anchors is None or not self.dots.isChecked() else {"n": DOTS, "anchors": anchors}

    def export(self) -> tuple[str, dict[str, Any]] | None:
        parameters = self.plane_parameters()
        return None if parameters is None else ("plane", parameters)

    def here(self) -> tuple[float, ...] | None:
        return self.code

    def show_point(self, answer: Any) -> None:
        self.code = tuple(map(float, answer.codes[0]))
        self.picture.show_pixels(answer.pixels[0])

    def show_map(self, answer: Any) -> None:
        self.map.show_map(answer.pixels, answer.columns)

    def show_codes(self, answer: Any) -> None:
        self.map.show_points(answer.points, answer.classes)
        names = list(answer.names) if len(answer.names) <= 20 else []
        self.legend.setText(
            "&nbsp; ".join(f'<span style="color:{class_colour(i)}">●</span>&nbsp;{escape(name)}' for i, name in enumerate(names))
        )

    # -- the hand --------------------------------------------------------------------------------------------------

    def dragged(self) -> None:
        self.state.touch()
        self.say_where()
        self.point.ask()

    def say_where(self) -> None:
        x, y = f"{self.map.at_x:+.2f}", f"{self.map.at_y:+.2f}"
        if self.through.currentData():
            self.where.setText(f"z = anchor 1 {x} (anchor 2 - anchor 1) {y} (anchor 3 - anchor 1)")
        else:
            units = "standard deviations" if self.state.has_encoder or self.state.latent == 2 else "unit steps"
            self.where.setText(f"z = centre {x} along direction 1 {y} along direction 2 ({units})")

    def show_part(self, name: str, on: bool) -> None:
        setattr(self.map, name, on)
        self.map.renew()
        self.legend.setVisible(self.dots.isChecked())
        self.codes.stale = True

    def side_changed(self, side: float) -> None:
        self.map.side = float(side)
        self.map.renew()
        self.mapping.stale = True

    def plane_changed(self) -> None:
        """Another plane: through the anchors, or along the principal directions."""
        self.side.setValue(1.5 if self.through.currentData() else 2.5)
        if self.anchors() is None:
            self.map.show_text("Click three samples on the left to define the plane; the first is its centre.")
            self.map.show_points(np.zeros((0, 2)), np.zeros(0, np.int64))
        self.say_where()
        self.refresh()

    def pick(self, anchor: str) -> None:
        self.state.toggle_anchor(anchor)
        self.through.setCurrentIndex(1)

    def picks_changed(self) -> None:
        if self.through.currentData():
            self.plane_changed()

    def badges(self) -> dict[str, str]:
        return {anchor: str(i + 1) for i, anchor in enumerate(self.state.anchors[:3])} if self.through.currentData() else {}

    def source_changed(self) -> None:
        self.frame = ""
        if not self.state.has_encoder and self.state.latent > 2 and not self.seen:
            self.through.setCurrentIndex(1)  # Samples of many dimensions lie far from the middle, through which the other goes.
        self.seen = True
        self.dots.setVisible("codes" in self.state.views)
        self.legend.setVisible("codes" in self.state.views)
        self.say_where()
