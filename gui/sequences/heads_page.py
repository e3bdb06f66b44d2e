"""Heads of a GPT switched off one by one, the next token's probabilities at once; and activations put in from another text."""

from functools import partial
from typing import Any, ClassVar

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QHelpEvent, QMouseEvent, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QSizePolicy, QToolTip, QVBoxLayout, QWidget

from gui import theme
from gui.page import Page
from gui.theme import colour
from gui.view_query import PageState
from gui.widgets.answer_view import AnswerView
from gui.widgets.bars import QBars
from gui.widgets.room import Turning
from gui.widgets.titled import titled

BARS = 6
CELL = 56
"""The widest that a head is drawn, in pixels."""


class HeadGrid(QWidget):
    """A row for each layer, a square for each head: the stronger its colour, the more the loss rises without it. A click switches it off or on."""

    toggled = Signal(int, int)
    """Layer and head, from 1."""

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self.effects = np.zeros((1, 1))
        self.off: frozenset[tuple[int, int]] = frozenset()
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def show_effects(self, effects: np.ndarray) -> None:
        """`effects` (layers, heads) in nats per token."""
        self.effects = effects
        self.updateGeometry()
        self.update()

    def show_off(self, off: frozenset[tuple[int, int]]) -> None:
        self.off = off
        self.update()

    @property
    def row(self) -> int:
        return self.fontMetrics().height() + 2 * theme.GAP

    def sizeHint(self) -> QSize:
        layers, heads = self.effects.shape
        return QSize(self.left + CELL * heads, self.row * (layers + 1))

    def minimumSizeHint(self) -> QSize:
        return QSize(self.left + 24 * self.effects.shape[1], self.sizeHint().height())

    @property
    def left(self) -> int:
        """The room of the layers' names."""
        return self.fontMetrics().horizontalAdvance("layer 99") + theme.GAP

    def box(self, layer: int, head: int) -> QRectF:
        """Where a head, counted from 1, is drawn."""
        wide = min(CELL, (self.width() - self.left) / self.effects.shape[1])
        return QRectF(self.left + (head - 1) * wide + 1, layer * self.row + 1, wide - 2, self.row - 2)

    def head_at(self, point: QPointF) -> tuple[int, int] | None:
        layers, heads = self.effects.shape
        every = ((layer, head) for layer in range(1, layers + 1) for head in range(1, heads + 1))
        return next((place for place in every if self.box(*place).contains(point)), None)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        place = self.head_at(event.position())
        if place is not None:
            self.toggled.emit(*place)

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent):
            place = self.head_at(QPointF(event.pos()))
            if place is not None:
                effect = self.effects[place[0] - 1, place[1] - 1]
                text = f"Layer {place[0]}, head {place[1]}: without it the loss on this text changes by {effect:+.3f} nats per token. Click to switch it"
                QToolTip.showText(event.globalPos(), f"{text} {'on' if place in self.off else 'off'}.", self)
            return True
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        text = self.palette().color(QPalette.ColorRole.Text)
        most = max(float(self.effects.max()), 1e-9)
        painter.setPen(text)
        for head in range(1, self.effects.shape[1] + 1):
            painter.drawText(self.box(0, head), Qt.AlignmentFlag.AlignCenter, str(head))
        for layer in range(1, len(self.effects) + 1):
            painter.drawText(
                QRectF(0, layer * self.row, self.left - theme.GAP, self.row),
                Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight,
                f"layer {layer}",
            )
            for head in range(1, self.effects.shape[1] + 1):
                box = self.box(layer, head)
                shade = QColor(colour(0))
                shade.setAlphaF(min(1.0, max(0.05, 0.75 * float(self.effects[layer - 1, head - 1]) / most)))
                is_off = (layer, head) in self.off
                painter.fillRect(box, self.palette().color(QPalette.ColorRole.Base) if is_off else shade)
                painter.setPen(self.palette().color(QPalette.ColorRole.Mid))
                painter.drawRect(box)
                painter.setPen(text)
                if is_off:
                    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, "off")
                elif box.width() > 40:
                    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, f"{self.effects[layer - 1, head - 1]:+.2f}")
        painter.end()


class HeadsPage(Page):
    """A text, the grid of heads, what comes next with all of them and without those that are off, and activation patching."""

    title: ClassVar[str] = "Heads"
    tip: ClassVar[str] = "Switch attention heads off and see what the network says next"
    reading: ClassVar[str] = (
        "A square is the bluer, the more the loss on the text rises, in nats per token, when that head alone is off. Bars are probabilities of the next token, from 0 to 1. Below, the network reads the second text while one vector, of a layer (row) at a token (column), is put in from the first: 1 brings all of the first text's answer back."
    )
    needs: ClassVar[tuple[str, ...]] = ("heads_off", "head_effects", "patching")

    def __init__(self, state: PageState, parent: QWidget | None = None):
        super().__init__(state, parent)
        self.given = QLineEdit(placeholderText="Your text (empty: a held-out text)")
        self.off = QLineEdit(placeholderText="Heads that are off, such as 1.2, 3.1")
        self.off.setToolTip("Heads that are off, as layer.head; or click the squares")
        self.other = QLineEdit(placeholderText="A second text of the same length (empty: one letter changed)")
        self.grid = HeadGrid()
        self.whole, self.without, self.patched = QBars(), QBars(), AnswerView()
        for bars in (self.whole, self.without):
            bars.setToolTip("Probability of each next token; the likeliest in colour")
        row = QHBoxLayout()
        row.addWidget(self.given, 2)
        row.addWidget(QLabel("Off"))
        row.addWidget(self.off, 1)
        split = Turning((240, 300, 300), (160, 200, 200))
        split.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Maximum)
        split.addWidget(titled("Click to switch off", self.grid))
        split.addWidget(titled("Next token, all heads", self.whole))
        split.addWidget(titled("Next token, some off", self.without))
        layout = QVBoxLayout(self)
        layout.addLayout(row)
        layout.addWidget(self.problem)
        layout.addWidget(split)
        layout.addWidget(self.other)
        layout.addWidget(titled("Activation patching: what of the first text's answer each vector brings back", self.patched), 1)
        self.query("head_effects", self.text, lambda answer: self.grid.show_effects(answer.values), self.show_problem)
        self.query("heads_off", self.bars_of, partial(show_bars, self.whole), self.show_problem)
        self.query("heads_off", lambda: {**self.bars_of(), "off": self.off.text()}, partial(show_bars, self.without), self.show_problem)
        self.query("patching", lambda: {**self.text(), "other": self.other.text()}, self.patched.show_answer, self.show_problem)
        for field in (self.given, self.off, self.other):
            field.textChanged.connect(self.refresh)
        self.off.textChanged.connect(lambda _: self.grid.show_off(frozenset(self.named())))
        self.grid.toggled.connect(self.toggle)

    def text(self) -> dict[str, Any]:
        return {"text": self.given.text()}

    def bars_of(self) -> dict[str, Any]:
        return {**self.text(), "count": BARS}

    def named(self) -> list[tuple[int, int]]:
        """The heads in the field, as far as they can be read."""
        pairs = [part.strip().split(".") for part in self.off.text().split(",")]
        return [(int(pair[0]), int(pair[1])) for pair in pairs if len(pair) == 2 and all(number.isdigit() for number in pair)]

    def toggle(self, layer: int, head: int) -> None:
        places = self.named()
        places = [place for place in places if place != (layer, head)] if (layer, head) in places else [*places, (layer, head)]
        self.off.setText(", ".join(f"{of}.{which}" for of, which in sorted(places)))


def show_bars(bars: QBars, answer: Any) -> None:
    """Both pictures have one scale, from 0 to 1."""
    if bars.names != tuple(answer.names):
        bars.reset(tuple(answer.names), colour(0))
    bars.low, bars.high = 0.0, 1.0
    bars.show_values(answer.values, answer.chosen)
