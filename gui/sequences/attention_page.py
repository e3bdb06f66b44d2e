"""Attention of a GPT: a text whose tokens one hovers over, for any head of any layer."""

from typing import Any, ClassVar

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QMouseEvent, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QScrollArea, QSpinBox, QVBoxLayout, QWidget

from gui import theme
from gui.actions import Action
from gui.generate.image_grid import ImageGrid
from gui.page import Page
from gui.theme import code_font, colour
from gui.view_query import PageState


class AttentionText(QWidget):
    """Tokens in rows; the one under the mouse is framed, and those that it looks at are coloured by how much."""

    hovered = Signal(int)

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self.labels: list[str] = []
        self.weights = np.zeros((0, 0))
        self.token = -1
        self.places: list[QRectF] = []
        self.setMouseTracking(True)
        self.setToolTip("Hover over a token to see what it attends to; click to pin it")
        self.kept = False

    def show_weights(self, labels: list[str], weights: np.ndarray) -> None:
        """`weights` (T, T): row i is where token i looks."""
        self.labels, self.weights = labels, weights
        if not 0 <= self.token < len(labels):
            self.token, self.kept = len(labels) - 1, False
        self.place()
        self.update()

    def letters(self) -> QFont:
        return theme.sized(code_font(), theme.LARGEST)

    def place(self) -> None:
        """Lay the tokens out in rows."""
        metrics = QFontMetricsF(self.letters())
        x, y, high = 6.0, 6.0, metrics.height() + 8
        self.places = []
        for label in self.labels:
            wide = metrics.horizontalAdvance(label) + 7
            if x + wide > max(self.width(), 120) - 6:
                x, y = 6.0, y + high + 3
            self.places.append(QRectF(x, y, wide, high))
            x += wide + 1
        self.setMinimumHeight(int(y + high + 8))

    def sizeHint(self) -> QSize:
        return QSize(500, 160)

    def resizeEvent(self, event: Any) -> None:
        super().resizeEvent(event)
        self.place()

    def token_at(self, point: QPointF) -> int:
        return next((i for i, place in enumerate(self.places) if place.contains(point)), -1)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        token = self.token_at(event.position())
        if token >= 0 and not self.kept and token != self.token:
            self.choose(token)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        token = self.token_at(event.position())
        if token >= 0:
            self.kept = not (self.kept and token == self.token)
            self.choose(token)

    def choose(self, token: int) -> None:
        """Show where a token looks."""
        self.token = token
        self.hovered.emit(token)
        self.update()

    def row(self) -> np.ndarray:
        """Where the chosen token looks (T,)."""
        return self.weights[self.token] if 0 <= self.token < len(self.weights) else np.zeros(len(self.labels))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), self.palette().color(QPalette.ColorRole.Base))
        painter.setFont(self.letters())
        row = self.row()
        most = max(float(row.max(initial=0.0)), 1e-9)
        for i, (label, place) in enumerate(zip(self.labels, self.places, strict=False)):
            shade = QColor(colour(1))
            shade.setAlphaF(0.85 * float(row[i]) / most if i < len(row) else 0.0)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(shade)
            painter.drawRoundedRect(place, 3, 3)
            if i == self.token:
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.setPen(QColor(colour(0)))
                painter.drawRoundedRect(place.adjusted(1, 1, -1, -1), 3, 3)
            role = QPalette.ColorRole.Text if i <= self.token or self.token < 0 else QPalette.ColorRole.PlaceholderText
            painter.setPen(self.palette().color(role))
            painter.drawText(place, Qt.AlignmentFlag.AlignCenter, label)
        painter.end()


HEAD = Action("next_head", "Next head", "Show the attention of the next head", lambda page: page.head.stepUp(), "Ctrl+H", "&Attention")
LAYER = Action("next_layer", "Next layer", "Show the attention of the next layer", lambda page: page.layer.stepUp(), "Ctrl+L", "&Attention")


class AttentionPage(Page):
    """The text, the head that is shown, and all heads as small pictures."""

    title: ClassVar[str] = "Attention"
    tip: ClassVar[str] = "Hover over a token to see what it attends to, in every layer and head"
    reading: ClassVar[str] = (
        "The stronger a token's colour, the more the token in the frame attends to it. Below, a row of pictures for each layer and a column for each head: bright where a token (row) attends to an earlier one (column)."
    )
    needs: ClassVar[tuple[str, ...]] = ("attention", "all_attention")
    ACTIONS: ClassVar[tuple[Action, ...]] = (HEAD, LAYER)

    def __init__(self, state: PageState, parent: QWidget | None = None):
        super().__init__(state, parent)
        self.given = QLineEdit(placeholderText="Your text (empty: a held-out text)")
        self.layer = QSpinBox(minimum=1, maximum=99, value=1, toolTip="Layer; 1 is the first above the embeddings")
        self.head = QSpinBox(minimum=0, maximum=99, value=1, specialValueText="mean", toolTip="Attention head, or the mean over all heads")
        self.text = AttentionText()
        self.sentence = QLabel(wordWrap=True)
        self.all = ImageGrid("The attention of every layer and head appears here.")
        self.all.setToolTip("Click a matrix to show its layer and head (arrow keys and Space)")
        self.all.setAccessibleName("Attention of every layer and head")
        self.all.picked.connect(self.pick)
        row = QHBoxLayout()
        row.addWidget(self.given, 1)
        for label, widget in (("Layer", self.layer), ("Head", self.head)):
            row.addWidget(QLabel(label))
            row.addWidget(widget)
        scroll = QScrollArea(widgetResizable=True)
        scroll.setWidget(self.text)
        layout = QVBoxLayout(self)
        layout.addLayout(row)
        layout.addWidget(self.problem)
        layout.addWidget(scroll, 1)
        layout.addWidget(self.sentence)
        layout.addWidget(self.all, 4)
        self.query("attention", self.wanted, self.show_weights, self.show_problem)
        self.query("all_attention", lambda: {"text": self.given.text()}, self.show_all, self.show_problem)
        self.given.textChanged.connect(self.refresh)
        for number in (self.layer, self.head):
            number.valueChanged.connect(self.refresh)
            number.valueChanged.connect(self.mark)
        self.text.hovered.connect(lambda _: self.describe())

    def wanted(self) -> dict[str, Any]:
        return {"text": self.given.text(), "layer": self.layer.value(), "head": self.head.value()}

    def show_all(self, answer: Any) -> None:
        """A row of matrices for each layer, a column for each head."""
        heads = answer.columns
        self.all.name([f"layer {i + 1}" for i in range(len(answer.pixels) // heads)], [f"head {i + 1}" for i in range(heads)])
        self.all.show_answer(answer)
        self.mark()

    def pick(self, index: int) -> None:
        """A matrix was clicked: show its layer and head."""
        self.layer.setValue(index // self.all.columns + 1)
        self.head.setValue(index % self.all.columns + 1)

    def mark(self) -> None:
        """Mark the matrix, or the layer's matrices, that the text above shows."""
        first, heads = (self.layer.value() - 1) * self.all.columns, self.all.columns
        shown = range(first, first + heads) if self.head.value() == 0 else (first + self.head.value() - 1,)
        self.all.set_badges({i: "\N{BLACK CIRCLE}" for i in shown if i < self.all.count})

    def show_weights(self, answer: Any) -> None:
        self.text.show_weights(list(answer.x_ticks), answer.values)
        self.describe()

    def describe(self) -> None:
        """In words: what the chosen token looks at most."""
        row, labels = self.text.row(), self.text.labels
        if not len(row):
            return
        most = np.argsort(-row)[:3]
        places = ", ".join(
            f"{labels[i]!r} {self.text.token - i} back ({row[i]:.0%})" if i < self.text.token else f"itself ({row[i]:.0%})" for i in most
        )
        self.sentence.setText(f"Token {self.text.token + 1}, {labels[self.text.token]!r}, attends to {places}.")
