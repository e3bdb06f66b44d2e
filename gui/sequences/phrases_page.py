"""Every part of a sentence in the colour of what the network makes of it, as a pyramid over the words."""

from typing import Any, ClassVar

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QHelpEvent, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QLabel, QLineEdit, QToolTip, QVBoxLayout, QWidget

from gui import theme
from gui.page import Page
from gui.view_query import PageState

LOW, HIGH = QColor("#c8553d"), QColor("#2f7fb8")
"""The least and the greatest value; between them the colour of the ground."""


class Pyramid(QWidget):
    """Row r from below holds the phrases of r + 1 words; the words stand under them."""

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self.words: list[str] = []
        self.values = np.zeros((0, 0))
        self.bounds = (0.0, 1.0)

    def show_phrases(self, words: list[str], values: np.ndarray, bounds: tuple[float, float]) -> None:
        """`values` (T, T): row r, column i is the phrase of r + 1 words from word i on; NaN where there is none."""
        self.words, self.values, self.bounds = words, values, bounds
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(600, 320)

    def minimumSizeHint(self) -> QSize:
        return QSize(160, 120)

    def box(self, length: int, start: int) -> QRectF:
        """Where the phrase of `length` words from word `start` on is drawn."""
        count = max(1, len(self.words))
        room = self.fontMetrics().height() + 2 * theme.GAP
        wide, high = self.width() / count, max(1.0, (self.height() - room) / count)
        return QRectF((start + (length - 1) / 2) * wide + 1, (count - length) * high + 1, wide - 2, high - 2)

    def shade(self, value: float) -> QColor:
        low, high = self.bounds
        place = 2 * (value - low) / max(high - low, 1e-9) - 1  # -1 to 1
        made = QColor(HIGH if place > 0 else LOW)
        made.setAlphaF(min(1.0, abs(place)))
        return made

    def phrase_at(self, point: QPointF) -> tuple[int, int] | None:
        """(length, start) of the phrase under a point."""
        count = len(self.words)
        places = ((length, start) for length in range(1, count + 1) for start in range(count - length + 1))
        return next((place for place in places if self.box(*place).contains(point)), None)

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent):
            place = self.phrase_at(QPointF(event.pos()))
            if place is not None:
                length, start = place
                text = f"{' '.join(self.words[start : start + length])}: {self.values[length - 1, start]:.2f}"
                QToolTip.showText(event.globalPos(), text, self)
            return True
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), self.palette().color(QPalette.ColorRole.Base))
        text = self.palette().color(QPalette.ColorRole.Text)
        count = len(self.words)
        for length in range(1, count + 1):
            for start in range(count - length + 1):
                box, value = self.box(length, start), float(self.values[length - 1, start])
                painter.setPen(self.palette().color(QPalette.ColorRole.Mid))
                painter.setBrush(self.shade(value))
                painter.drawRoundedRect(box, 3, 3)
                if box.width() > 36 and box.height() > self.fontMetrics().height():
                    strong = self.shade(value).alphaF() > 0.6
                    painter.setPen(QColor("white") if strong else text)
                    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, f"{value:.1f}" if self.bounds[1] > 1 else f"{value:.2f}")
        painter.setPen(text)
        for i, word in enumerate(self.words):
            box = self.box(1, i)
            room = QRectF(box.left(), box.bottom(), box.width(), self.height() - box.bottom())
            painter.drawText(
                room, Qt.AlignmentFlag.AlignCenter, self.fontMetrics().elidedText(word, Qt.TextElideMode.ElideRight, int(box.width()))
            )
        painter.end()


class PhrasesPage(Page):
    """A sentence in, every part of it in colour out."""

    title: ClassVar[str] = "Phrases"
    tip: ClassVar[str] = "See what the network makes of every part of your own sentence"
    reading: ClassVar[str] = (
        "The words, or letters, stand below; a box above them is the phrase of those under it, the topmost the whole text. Blue is high, red is low: where not or but stands, the colour turns."
    )
    needs: ClassVar[tuple[str, ...]] = ("phrases",)

    def __init__(self, state: PageState, parent: QWidget | None = None):
        super().__init__(state, parent)
        self.given = QLineEdit(placeholderText="Your sentence (empty: an example)")
        self.pyramid = Pyramid()
        self.mean = QLabel(wordWrap=True)
        layout = QVBoxLayout(self)
        layout.addWidget(self.given)
        layout.addWidget(self.problem)
        layout.addWidget(self.pyramid, 1)
        layout.addWidget(self.mean)
        self.query("phrases", self.wanted, self.show_phrases, self.show_problem)
        self.given.textChanged.connect(self.refresh)

    def wanted(self) -> dict[str, Any]:
        return {"sentence": self.given.text()}

    def show_phrases(self, answer: Any) -> None:
        top = 1.0 if answer.of.startswith("probability") else 5.0
        self.pyramid.show_phrases(list(answer.x_ticks), answer.values, (0.0, 1.0) if top == 1.0 else (1.0, top))
        self.mean.setText(f"{answer.of[:1].upper()}{answer.of[1:]}. {answer.title}")
