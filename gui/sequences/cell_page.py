"""The inside of one recurrent unit as a diagram, with the numbers of a step at their places; it steps through a text of one's own."""

from typing import Any, ClassVar

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, QTimer
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QSlider, QSpinBox, QToolButton, QVBoxLayout, QWidget

from gui import theme
from gui.actions import Action
from gui.page import Page
from gui.sequences.phrases_page import HIGH, LOW
from gui.view_query import PageState
from gui.widgets.answer_view import AnswerView
from gui.widgets.titled import titled

STEP_MS = 700
Place = tuple[float, float]
"""From (0, 0) at the top left to (1, 1)."""

RNN: dict[str, Place] = {"h before": (0.1, 0.4), "hidden h": (0.9, 0.4), "tanh": (0.5, 0.4), "token": (0.5, 0.88)}
PLACES: dict[str, dict[str, Place]] = {
    "rnn": RNN,
    "relu": {**{name: place for name, place in RNN.items() if name != "tanh"}, "max(0, ·)": (0.5, 0.4)},
    "lstm": {
        "c before": (0.0, 0.1), "f · c": (0.22, 0.1), "+": (0.52, 0.1), "cell c": (1.0, 0.1), "forget f": (0.22, 0.64), "input i": (0.42, 0.64),
        "candidate g": (0.62, 0.64), "output o": (0.82, 0.64), "i · g": (0.52, 0.36), "tanh c": (0.74, 0.28), "hidden h": (1.0, 0.36), "h before": (0.0, 0.94),
        "token": (0.22, 0.94),
    },
    "gru": {
        "h before": (0.07, 0.1), "z · h": (0.45, 0.1), "+": (0.75, 0.1), "hidden h": (0.93, 0.1), "reset r": (0.25, 0.62), "update z": (0.45, 0.62),
        "candidate n": (0.75, 0.62), "(1 - z) · n": (0.75, 0.36), "token": (0.45, 0.9),
    },
}  # fmt: skip
"""Where each quantity of a cell stands; + and the names of functions have no number."""
LINES: dict[str, tuple[tuple[str, str], ...]] = {
    "rnn": (("h before", "tanh"), ("token", "tanh"), ("tanh", "hidden h")),
    "relu": (("h before", "max(0, ·)"), ("token", "max(0, ·)"), ("max(0, ·)", "hidden h")),
    "lstm": (
        ("c before", "f · c"), ("f · c", "+"), ("+", "cell c"), ("forget f", "f · c"), ("input i", "i · g"), ("candidate g", "i · g"), ("i · g", "+"),
        ("+", "tanh c"), ("tanh c", "hidden h"), ("output o", "hidden h"), ("h before", "forget f"), ("h before", "input i"),
        ("h before", "candidate g"), ("h before", "output o"), ("token", "forget f"), ("token", "input i"), ("token", "candidate g"), ("token", "output o"),
    ),
    "gru": (
        ("h before", "z · h"), ("z · h", "+"), ("+", "hidden h"), ("update z", "z · h"), ("update z", "(1 - z) · n"), ("candidate n", "(1 - z) · n"),
        ("(1 - z) · n", "+"), ("reset r", "candidate n"), ("h before", "reset r"), ("h before", "update z"), ("token", "reset r"), ("token", "update z"),
        ("token", "candidate n"),
    ),
}  # fmt: skip
EQUATIONS = {
    "rnn": "h = tanh(W x + U h + b)",
    "relu": "h = max(0, W x + U h + b), where U begins as the identity: what is in h stays, the constant error carousel",
    "lstm": "c = f · c + i · g,  h = o · tanh c;  f, i, o = sigmoid(W x + U h + b),  g = tanh(W x + U h + b)",
    "gru": "h = z · h + (1 - z) · n,  n = tanh(W x + b + r · (U h + b')): the reset gate after the product, as in PyTorch. Where a text has h = (1 - z) · h + z · n, its z is 1 - z here",
    "gru-before": "h = z · h + (1 - z) · n,  n = tanh(W x + U (r · h) + b): the reset gate before the product, as in Cho et al. 2014. Where a text has h = (1 - z) · h + z · n, its z is 1 - z here",
}


class CellDiagram(QWidget):
    """The quantities of one step in boxes, the stronger in colour the larger: blue above zero, red below."""

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self.kind = "lstm"
        self.token = ""
        self.values: dict[str, float] = {}

    def show_step(self, kind: str, token: str, values: dict[str, float]) -> None:
        self.kind, self.token, self.values = kind.partition("-")[0], token, values
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(640, 330)

    def minimumSizeHint(self) -> QSize:
        return QSize(420, 230)

    @property
    def box(self) -> tuple[float, float]:
        """The width and height of a quantity's box."""
        metrics = self.fontMetrics()
        return metrics.horizontalAdvance("candidate g") + 2 * theme.GAP, 2 * metrics.height() + theme.GAP

    def rect_of(self, name: str) -> QRectF:
        x, y = PLACES[self.kind][name]
        wide, high = (
            self.box
            if name in self.values or name == "token"
            else (self.fontMetrics().horizontalAdvance(name) + 2 * theme.GAP, self.box[1] / 2)
        )
        room = QRectF(self.box[0] / 2, self.box[1] / 2, self.width() - self.box[0] - 2, self.height() - self.box[1] - 2)
        return QRectF(room.x() + x * room.width() - wide / 2, room.y() + y * room.height() - high / 2, wide, high)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        text, faint, ground = (
            self.palette().color(role) for role in (QPalette.ColorRole.Text, QPalette.ColorRole.Mid, QPalette.ColorRole.Base)
        )
        painter.setPen(QPen(faint, 1))
        for start, end in LINES[self.kind]:
            self.arrow(painter, self.rect_of(start).center(), self.rect_of(end))
        for name in PLACES[self.kind]:
            place = self.rect_of(name)
            painter.setPen(QPen(faint, 1))
            painter.setBrush(ground)
            painter.drawRoundedRect(place, 5, 5)
            if name in self.values:
                value = self.values[name]
                shade = QColor(HIGH if value > 0 else LOW)
                shade.setAlphaF(0.7 * min(1.0, abs(value)))
                painter.setBrush(shade)
                painter.drawRoundedRect(place, 5, 5)
            painter.setPen(text)
            number = f"\n{self.values[name]:.3f}" if name in self.values else f"\n{self.token}" if name == "token" else ""
            painter.drawText(place, Qt.AlignmentFlag.AlignCenter, name + number)
        painter.end()

    @staticmethod
    def arrow(painter: QPainter, start: QPointF, target: QRectF) -> None:
        """A line to the edge of `target`, with a dot where it arrives."""
        end = target.center()
        dx, dy = end.x() - start.x(), end.y() - start.y()
        share = min(target.width() / 2 / abs(dx) if dx else 9.0, target.height() / 2 / abs(dy) if dy else 9.0, 1.0)
        tip = QPointF(end.x() - share * dx, end.y() - share * dy)
        painter.drawLine(start, tip)
        painter.setBrush(painter.pen().color())
        painter.drawEllipse(tip, 3, 3)


NEXT = Action("cell_next", "Next token of the cell", "Let the cell read the next token", lambda page: page.advance(), "Ctrl+Alt+M", "&Cell")
PLAY = Action("cell_play", "Read on", "Let the cell read token after token", lambda page: page.play.toggle(), "Ctrl+Alt+U", "&Cell")


class CellPage(Page):
    """A text, the unit, the diagram of one step and every quantity over the whole text."""

    title: ClassVar[str] = "Cell"
    tip: ClassVar[str] = "Follow the numbers through one unit's cell, token by token"
    reading: ClassVar[str] = (
        "Each box is a quantity of one unit in one step, from the state before (left) to the state after (right): blue above zero, red below, stronger where larger; gates go from 0, closed, to 1, open. Below, the same quantities (rows) over the whole text (columns)."
    )
    needs: ClassVar[tuple[str, ...]] = ("cell",)
    ACTIONS: ClassVar[tuple[Action, ...]] = (NEXT, PLAY)

    def __init__(self, state: PageState, parent: QWidget | None = None):
        super().__init__(state, parent)
        self.given = QLineEdit(placeholderText="Your text (empty: a held-out text)")
        self.layer = QSpinBox(minimum=1, maximum=99, toolTip="Layer; 1 is the first above the embeddings")
        self.unit = QSpinBox(
            minimum=0, maximum=99_999, specialValueText="liveliest", toolTip="Unit, counted from 1, or the one that changes most"
        )
        self.place = QSlider(Qt.Orientation.Horizontal, toolTip="The token that is read")
        self.play = QToolButton(text="Read on", checkable=True, toolTip=PLAY.tooltip)
        self.diagram, self.whole = CellDiagram(), AnswerView()
        self.equation = QLabel(wordWrap=True)
        self.answer: Any = None
        self.timer = QTimer(self, interval=STEP_MS)
        self.timer.timeout.connect(self.advance)
        row = QHBoxLayout()
        row.addWidget(self.given, 1)
        for label, box in (("Layer", self.layer), ("Unit", self.unit)):
            row.addWidget(QLabel(label))
            row.addWidget(box)
            box.valueChanged.connect(self.refresh)
        below = QHBoxLayout()
        below.addWidget(self.play)
        below.addWidget(self.place, 1)
        layout = QVBoxLayout(self)
        layout.addLayout(row)
        layout.addWidget(self.problem)
        layout.addWidget(self.equation)
        layout.addWidget(self.diagram, 3)
        layout.addLayout(below)
        layout.addWidget(titled("Over the whole text", self.whole), 2)
        self.query("cell", self.wanted, self.show_cell, self.show_problem)
        self.given.textChanged.connect(self.refresh)
        self.place.valueChanged.connect(self.show_step)
        self.play.toggled.connect(lambda on: self.timer.start() if on else self.timer.stop())

    def wanted(self) -> dict[str, Any]:
        return {"text": self.given.text(), "layer": self.layer.value(), "unit": self.unit.value()}

    def show_cell(self, answer: Any) -> None:
        first = self.answer is None
        self.answer = answer
        self.place.setMaximum(answer.values.shape[1] - 1)
        if first:
            self.place.setValue(answer.values.shape[1] // 2)
        self.whole.show_answer(answer)
        self.show_step()

    @property
    def kind(self) -> str:
        return str(self.answer.title.partition(",")[0])

    def show_step(self, *_: object) -> None:
        if self.answer is None:
            return
        at = self.place.value()
        values = np.asarray(self.answer.values)[:, at].tolist()
        self.equation.setText(f"{EQUATIONS[self.kind]}.  Token {at + 1} of {len(self.answer.x_ticks)}")
        self.diagram.show_step(self.kind, self.answer.x_ticks[at], dict(zip(self.answer.y_ticks, values, strict=True)))

    def advance(self) -> None:
        """Read the next token; after the last one, the first."""
        self.place.setValue((self.place.value() + 1) % (self.place.maximum() + 1))

    def demonstrate(self) -> None:
        self.play.setChecked(True)

    def export(self) -> tuple[str, dict[str, Any]]:
        return "cell", self.wanted()

    def shut(self) -> None:
        self.timer.stop()
