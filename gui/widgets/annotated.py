"""Pictures with named boxes or under class maps: a grid that fills its widget, a legend that switches classes, and a slider.

Read first: `AnnotatedView`. Boxes and labels are drawn at the screen's own resolution, so that they can be read on pictures of 32 pixels.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from PySide6.QtCore import QEvent, QPoint, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QHelpEvent, QIcon, QImage, QPainter, QPaintEvent, QPalette, QPen, QPixmap
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QSlider, QToolButton, QToolTip, QVBoxLayout, QWidget

from gui import theme
from gui.widgets.flow_layout import FlowLayout
from gui.widgets.picture import to_image
from lab.answers import Boxes, Masks, class_colour
from lab.answers.images import Annotated, class_name, enlarged, ink_on

"""Pixels between two pictures."""
SMALL = 64
"""Pictures of fewer pixels a side keep sharp pixels when they are enlarged."""


@dataclass
class Box:
    """One box: its corners in pixels of its picture, its class, and what stands at it."""

    corners: tuple[float, float, float, float]
    kind: int
    label: str


class AnnotatedGrid(QWidget):
    """Pictures in as many columns as make them largest, with layers, boxes and captions on them."""

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self.images: list[QImage] = []
        self.layers: list[QImage] = []
        self.opacity = 1.0
        self.boxes: list[list[Box]] = []
        self.captions: list[str] = []
        self.tips: list[np.ndarray] = []
        self.names: Sequence[str] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def sizeHint(self) -> QSize:
        return QSize(320, 240)

    def minimumSizeHint(self) -> QSize:
        return QSize(160, 120)

    def caption_height(self) -> int:
        lines = max((caption.count("\n") + 1 for caption in self.captions), default=0)
        return lines * self.fontMetrics().lineSpacing() if any(self.captions) else 0

    def cells(self) -> list[QRectF]:
        """Where each picture lies."""
        count = len(self.images)
        if not count:
            return []
        high, wide, below = self.images[0].height(), self.images[0].width(), self.caption_height()
        best, columns = 0.0, 1
        for across in range(1, count + 1):
            rows = -(-count // across)
            scale = min(
                (self.width() - theme.GAP * (across - 1)) / (across * wide),
                (self.height() - rows * below - theme.GAP * (rows - 1)) / (rows * high),
            )
            if scale > best:
                best, columns = scale, across
        if best <= 0:
            return []
        rows, w, h = -(-count // columns), best * wide, best * high
        left = (self.width() - columns * w - theme.GAP * (columns - 1)) / 2
        top = max(0.0, (self.height() - rows * (h + below) - theme.GAP * (rows - 1)) / 2)
        return [QRectF(left + i % columns * (w + theme.GAP), top + i // columns * (h + below + theme.GAP), w, h) for i in range(count)]

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        ink = self.palette().color(QPalette.ColorRole.Text)
        for i, cell in enumerate(self.cells()):
            image = self.images[i]
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, max(image.width(), image.height()) >= SMALL)
            painter.drawImage(cell, image)
            if i < len(self.layers):
                painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)
                painter.setOpacity(self.opacity)
                painter.drawImage(cell, self.layers[i])
                painter.setOpacity(1.0)
            if i < len(self.boxes):
                self.draw_boxes(painter, cell, image, self.boxes[i])
            if i < len(self.captions):
                where = QRectF(cell.left(), cell.bottom(), cell.width(), self.caption_height())
                painter.setPen(ink)
                text = "\n".join(
                    painter.fontMetrics().elidedText(line, Qt.TextElideMode.ElideRight, int(cell.width()))
                    for line in self.captions[i].split("\n")
                )
                painter.drawText(where, Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop, text)
        painter.end()

    def draw_boxes(self, painter: QPainter, cell: QRectF, image: QImage, boxes: list[Box]) -> None:
        """Frames first and labels over them, inside of the picture."""
        scale = cell.width() / image.width()
        metrics = painter.fontMetrics()
        placed = [(place(box, cell, scale), box) for box in boxes]
        for where, box in placed:
            painter.setPen(QPen(QColor(*class_colour(box.kind)), 2))
            painter.drawRect(where)
        for where, box in placed:
            wide, high = metrics.horizontalAdvance(box.label) + 6, metrics.height()
            if wide > cell.width():
                continue  # The legend and the tooltip say it.
            left = min(max(where.left() - 1, cell.left()), cell.right() - wide)
            top = where.top() - high if where.top() - high >= cell.top() else where.top()
            label = QRectF(left, top, wide, high)
            painter.fillRect(label, QColor(*class_colour(box.kind)))
            painter.setPen(QColor(*ink_on(class_colour(box.kind))))
            painter.drawText(label, Qt.AlignmentFlag.AlignCenter, box.label)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            text = self.tip_at(event.pos())
            QToolTip.showText(event.globalPos(), text, self) if text else QToolTip.hideText()
            return True
        return super().event(event)

    def tip_at(self, pos: QPoint) -> str:
        """What lies under the mouse: the class of the pixel, or the smallest box around it."""
        for i, cell in enumerate(self.cells()):
            if not cell.contains(pos):
                continue
            scale = cell.width() / self.images[i].width()
            if i < len(self.boxes):
                around = [box for box in self.boxes[i] if place(box, cell, scale).contains(pos)]
                area = {id(box): place(box, cell, scale).width() * place(box, cell, scale).height() for box in around}
                return min(around, key=lambda box: area[id(box)]).label if around else ""
            if i < len(self.tips):
                y, x = int((pos.y() - cell.top()) / scale), int((pos.x() - cell.left()) / scale)
                kind = int(self.tips[i][min(y, self.tips[i].shape[0] - 1), min(x, self.tips[i].shape[1] - 1)])
                return class_name(self.names, kind) if 0 <= kind < len(self.names) else "not labelled"
        return ""


def place(box: Box, cell: QRectF, scale: float) -> QRectF:
    """A box on the screen, inside of its picture."""
    x0, y0, x1, y1 = (scale * value for value in box.corners)
    where = QRectF(cell.left() + x0, cell.top() + y0, max(x1 - x0, 2.0), max(y1 - y0, 2.0))
    return where.intersected(cell.adjusted(1, 1, -1, -1))


class AnnotatedView(QWidget):
    """The grid, the legend below it, and a slider for what the kind of answer has: opacity, or the lowest score."""

    slider_name = ""
    slider_tip = ""

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self.answer: Annotated | None = None
        self.steady = False
        """Whether classes stay in the legend while they do not occur: in a film it would else change all the time."""
        self.hidden: set[int] = set()
        """Classes that are switched off."""
        self.entries: dict[int, QToolButton] = {}
        self.listed: list[tuple[int, str]] = []
        self.grid = AnnotatedGrid()
        self.legend = QWidget()
        self.legend_layout = FlowLayout(self.legend, gap=theme.THIN)
        self.slider = QSlider(Qt.Orientation.Horizontal, minimum=0, maximum=100, toolTip=self.slider_tip)
        self.slider.setMaximumWidth(160)
        self.slider.valueChanged.connect(self.slid)
        self.value = QLabel()
        self.slider_row = QWidget()
        row = QHBoxLayout(self.slider_row)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(QLabel(self.slider_name))
        row.addWidget(self.slider, 1)
        row.addWidget(self.value)
        row.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.grid, 1)
        layout.addWidget(self.legend)
        layout.addWidget(self.slider_row)

    def show_base(self, answer: Annotated) -> None:
        """What both kinds have: pictures, captions and legend."""
        self.answer = answer
        self.grid.images = [to_image(picture) for picture in enlarged(answer.pixels, 1)]
        self.grid.captions, self.grid.names = answer.captions, answer.names
        self.show_legend(answer)

    def show_legend(self, answer: Annotated) -> None:
        """A switch for each class that occurs or is switched off."""
        before = {kind for kind, name in self.listed if class_name(answer.names, kind) == name} if self.steady else set()
        shown = sorted({*answer.shown_classes(), *self.hidden, *before}) if answer.legend else []
        listed = [(kind, class_name(answer.names, kind)) for kind in shown]
        if listed == self.listed:
            return
        self.listed = listed
        while self.legend_layout.takeAt(0) is not None:
            pass
        for button in self.entries.values():
            button.hide()
            button.deleteLater()
        self.entries = {}
        for kind, name in listed:
            square = QPixmap(10, 10)
            square.fill(QColor(*class_colour(kind)))
            button = QToolButton(text=name.replace("&", "&&"), checkable=True, checked=kind not in self.hidden, autoRaise=True)
            button.setObjectName("class")
            button.setToolTip(f"Show or hide {name}")
            button.setIcon(QIcon(square))
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
            button.toggled.connect(lambda on, kind=kind: self.switch(kind, on))
            self.entries[kind] = button
            self.legend_layout.addWidget(button)
        self.legend.setVisible(bool(listed))

    def switch(self, kind: int, on: bool) -> None:
        """Show a class, or hide it."""
        self.hidden.discard(kind) if on else self.hidden.add(kind)
        self.draw()

    def slid(self, value: int) -> None:
        raise NotImplementedError

    def draw(self) -> None:
        """Redraw the answer with the classes and the slider as they are."""
        raise NotImplementedError


class MasksView(AnnotatedView):
    """Pictures under class maps. The opacity begins with the answer's own and is the user's from the first touch."""

    slider_name = "opacity"
    slider_tip = "How much the class map covers the picture"

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self.touched = False

    def show_answer(self, answer: Masks) -> None:
        self.show_base(answer)
        if not self.touched:
            self.slider.blockSignals(True)
            self.slider.setValue(round(100 * answer.opacity))
            self.slider.blockSignals(False)
            self.show_opacity()
        self.draw()

    def slid(self, value: int) -> None:
        self.touched = True
        self.show_opacity()

    def show_opacity(self) -> None:
        self.grid.opacity = self.slider.value() / 100
        self.value.setText(f"{self.slider.value()} %")
        self.grid.update()

    def draw(self) -> None:
        answer = self.answer
        assert isinstance(answer, Masks)
        colours = np.zeros((len(answer.names) + 1, 4), np.uint8)  # The last is for pixels that have no class.
        for kind in answer.shown_classes():
            if kind not in self.hidden:
                colours[kind] = (*class_colour(kind), 255)
        maps = np.where((answer.maps >= 0) & (answer.maps < len(answer.names)), answer.maps, len(answer.names))
        self.grid.layers = [to_image(colours[one]) for one in maps]
        self.grid.tips = list(answer.maps)
        self.grid.update()

    def as_shown(self, answer: Masks) -> Masks:
        maps = np.where(np.isin(answer.maps, list(self.hidden)), -1, answer.maps)
        return replace(answer, maps=maps, opacity=self.grid.opacity if self.touched else answer.opacity)


class BoxesView(AnnotatedView):
    """Pictures with named boxes; where these have scores, a slider leaves out those below it."""

    slider_name = "score at least"
    slider_tip = "Hide boxes with a lower score"

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self.slid(0)

    def show_answer(self, answer: Boxes) -> None:
        self.show_base(answer)
        self.slider_row.setVisible(answer.scores is not None)
        self.draw()

    def slid(self, value: int) -> None:
        self.value.setText(f"{value / 100:.2f}")
        if self.answer is not None:
            self.draw()

    def draw(self) -> None:
        answer = self.answer
        assert isinstance(answer, Boxes)
        shown = self.as_shown(answer)
        self.grid.boxes = [
            [
                Box(tuple(map(float, corners)), int(kind), label)  # type: ignore[arg-type]
                for corners, kind, label in zip(np.reshape(shown.boxes[i], (-1, 4)), shown.classes[i], shown.labels(i), strict=True)
            ]
            for i in range(len(shown.boxes))
        ]
        self.grid.update()

    def as_shown(self, answer: Boxes) -> Boxes:
        kept = [~np.isin(np.asarray(kinds, np.int64), list(self.hidden)) for kinds in answer.classes]
        if answer.scores is not None:
            kept = [keep & (np.asarray(scores) >= self.slider.value() / 100) for keep, scores in zip(kept, answer.scores, strict=True)]
        return replace(
            answer,
            boxes=[np.reshape(boxes, (-1, 4))[keep] for boxes, keep in zip(answer.boxes, kept, strict=True)],
            classes=[np.asarray(kinds, np.int64)[keep] for kinds, keep in zip(answer.classes, kept, strict=True)],
            scores=None if answer.scores is None else [np.asarray(s)[keep] for s, keep in zip(answer.scores, kept, strict=True)],
        )
