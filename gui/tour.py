"""A tour of the app in five steps: a frame around a real part of the window, and a few words beside it.

Read first: `STEPS`, then `Tour`. Return and the arrow keys go through it, Escape leaves it at any time.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, Qt
from PySide6.QtGui import QKeySequence, QPainter, QPaintEvent, QPalette, QPen, QShortcut
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from gui import theme
from gui.settings import settings
from gui.theme import faint

SEEN = "tour/seen"
"""The setting that says that the tour need not be offered again."""
WIDTH = 330
GAP = theme.WIDE + theme.GAP
"""Pixels between what is shown and the words, and between these and the window's edge."""


@dataclass(frozen=True)
class Step:
    """What is said, and what is shown: `find` gets the window, brings the part to the front, and returns it."""

    title: str
    text: str
    find: Callable[[Any], QWidget]


def wall(window: Any) -> QWidget:
    panel = window.go_to("Atari")
    panel.show_wall()
    return panel.wall


def form(window: Any) -> QWidget:
    panel = window.go_to("Generate")
    panel.settings_dock.show()
    panel.settings_dock.raise_()
    return panel.form


def run_in_front(window: Any) -> QWidget:
    panel = window.go_to("Generate")
    tab = panel.current_tab()
    return panel.stack if tab is None else tab.page_tabs


STEPS = (
    Step(
        "Six panels", "Five train networks of a kind each, and Runs keeps every run. Alt+1 to Alt+6 switch between them.", lambda w: w.bar
    ),
    Step("Agents that play", "These come with the lab. Click one to watch it large, with what it sees and expects.", wall),
    Step(
        "Train your own",
        "Choose a recipe and its settings, then press Train (Ctrl+R). It trains in the background, and you can go on using the app.",
        form,
    ),
    Step(
        "Look inside",
        "A run has pages: each asks the network something, also while it trains. This one walks through what a network can draw.",
        run_in_front,
    ),
    Step(
        "Find anything",
        "Ctrl+Shift+P finds every action, setting, recipe and run by its name; F1 lists the shortcuts. The tour stays under Help.",
        lambda w: w.menuBar(),
    ),
)
OFFER = Step("New here?", "A tour of five steps shows what there is. You can leave it at any time with Escape.", lambda w: w.statusBar())


class Mark(QWidget):
    """A frame around what is shown. It lets the mouse through."""

    def __init__(self, parent: QWidget):
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(self.palette().highlight().color(), 3))
        painter.drawRoundedRect(self.rect().adjusted(2, 2, -2, -2), 6, 6)
        painter.end()


class Callout(QFrame):
    """The words of a step, and the buttons that go on, back and away."""

    def __init__(self, tour: "Tour", parent: QWidget):
        super().__init__(parent)
        self.setFrameShape(QFrame.Shape.Box)
        self.setAutoFillBackground(True)
        self.setBackgroundRole(QPalette.ColorRole.ToolTipBase)  # Apart from what it lies over.
        self.setFixedWidth(WIDTH)
        self.title = QLabel()
        bold = self.title.font()
        bold.setBold(True)
        self.title.setFont(bold)
        self.text = QLabel(wordWrap=True)
        self.count = QLabel()
        faint(self.count)
        self.leave = QPushButton("Leave", toolTip="Leave the tour (Esc)", objectName="leave")
        self.back = QPushButton("Back", toolTip="The step before (Left)", objectName="back")
        self.next = QPushButton("Next", toolTip="The next step (Right, Return)", objectName="next")
        self.leave.clicked.connect(tour.leave)
        self.back.clicked.connect(tour.back)
        self.next.clicked.connect(tour.forward)
        for key, go in ((Qt.Key.Key_Right, tour.forward), (Qt.Key.Key_Left, tour.back)):
            QShortcut(QKeySequence(key), self, go, context=Qt.ShortcutContext.WidgetWithChildrenShortcut)
        row = QHBoxLayout()
        row.addWidget(self.count)
        row.addStretch(1)
        for button in (self.leave, self.back, self.next):
            button.setAutoDefault(True)  # Return presses the one that has the focus.
            row.addWidget(button)
        layout = QVBoxLayout(self)
        layout.addWidget(self.title)
        layout.addWidget(self.text)
        layout.addLayout(row)


class Tour(QObject):
    """Goes through `STEPS` in `window`; before that it may be offered, once."""

    def __init__(self, window: Any):
        super().__init__(window)
        self.window = window
        self.index = -1
        """The step that is shown; -1 while the tour is only offered."""
        self.target: QWidget | None = None
        self.mark = Mark(window)
        self.callout = Callout(self, window)
        self.escape = QShortcut(QKeySequence(Qt.Key.Key_Escape), window)
        self.escape.activated.connect(self.leave)
        for part in (self.mark, self.callout):
            part.hide()
        self.escape.setEnabled(False)
        window.installEventFilter(self)

    @property
    def running(self) -> bool:
        """Whether it is offered or a step is shown."""
        return not self.callout.isHidden()

    def offer(self) -> None:
        """Ask whether to start, unless that was asked before."""
        if not settings().value(SEEN, False, type=bool) and not self.running:
            self.index = -1
            self.present(OFFER, "", "No, thanks", "Start")

    def start(self) -> None:
        self.show(0)

    def forward(self) -> None:
        self.show(self.index + 1) if self.index + 1 < len(STEPS) else self.leave()

    def back(self) -> None:
        if self.index > 0:
            self.show(self.index - 1)

    def show(self, index: int) -> None:
        """Show a step."""
        self.index = index
        self.present(STEPS[index], f"{index + 1} of {len(STEPS)}", "Leave", "Next" if index + 1 < len(STEPS) else "Done")

    def present(self, step: Step, count: str, leave: str, forward: str) -> None:
        self.target = step.find(self.window)
        for label, text in (
            (self.callout.title, step.title), (self.callout.text, step.text), (self.callout.count, count),
            (self.callout.leave, leave), (self.callout.next, forward),
        ):  # fmt: skip
            label.setText(text)
        self.callout.back.setVisible(self.index > 0)
        self.mark.setVisible(self.index >= 0)
        self.callout.show()
        self.escape.setEnabled(True)
        self.place()
        self.callout.next.setFocus()

    def leave(self) -> None:
        """Hide it, and remember that it was seen."""
        settings().setValue(SEEN, True)
        self.target = None
        self.escape.setEnabled(False)
        for part in (self.mark, self.callout):
            part.hide()

    # -- where -----------------------------------------------------------------------------------------------------

    def place(self) -> None:
        """Put the frame around what is shown, and the words where there is room beside it."""
        if self.target is None:
            return
        around = QRect(self.target.mapTo(self.window, QPoint(0, 0)), self.target.size())
        self.mark.setGeometry(around.adjusted(-3, -3, 3, 3).intersected(self.window.rect()))
        self.callout.ensurePolished()
        self.callout.setFixedHeight(self.callout.heightForWidth(WIDTH))
        self.callout.move(beside(around, self.callout.size().width(), self.callout.height(), self.window.rect()))
        self.mark.raise_()
        self.callout.raise_()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.Resize, QEvent.Type.LayoutRequest) and self.running:
            self.place()
        return False


def beside(around: QRect, width: int, height: int, inside: QRect) -> QPoint:
    """Where a box of this size stands beside a part of the window: to its right, left, below or above, else in its lower right corner."""
    y = max(GAP, min(around.top() + GAP, inside.bottom() - height - GAP))
    x = max(GAP, min(around.left() + GAP, inside.right() - width - GAP))
    if around.right() + GAP + width + GAP <= inside.right():
        return QPoint(around.right() + GAP, y)
    if around.left() - GAP - width >= inside.left() + GAP:
        return QPoint(around.left() - GAP - width, y)
    if around.bottom() + GAP + height + GAP <= inside.bottom():
        return QPoint(x, around.bottom() + GAP)
    if around.top() - GAP - height >= inside.top() + GAP:
        return QPoint(x, around.top() - GAP - height)
    return QPoint(around.right() - width - GAP, around.bottom() - height - GAP)
