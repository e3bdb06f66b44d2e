"""The wall: all agents play at once, each with its name, its score and the human's mark. One widget paints them all.

The bar under a picture goes from random play's score to random + 1.5 (human - random); the human's place is marked. Read first: `WallView`.
"""

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPoint, QRect, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QCloseEvent,
    QColor,
    QFocusEvent,
    QFont,
    QFontMetrics,
    QHelpEvent,
    QHideEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QPixmap,
    QResizeEvent,
    QShowEvent,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QVBoxLayout, QWidget

from gui import theme
from gui.atari.wall_thread import Shown, WallThread
from gui.atari.weight_sources import whose
from gui.theme import colour, faint, is_dark
from gui.widgets.fast_label import FastLabel

if TYPE_CHECKING:
    from agents.wall import Grid, WallAgent

DRAW_MS = 16
BAR = 4
SCALE_END = 1.5
GREEN = {False: "#1d7a3c", True: "#63c681"}
"""Of the words of an agent at the human's level, on a light and on a dark ground."""
MOVES = {Qt.Key.Key_Left: (-1, 0), Qt.Key.Key_Right: (1, 0), Qt.Key.Key_Up: (0, -1), Qt.Key.Key_Down: (0, 1)}
WAITS = "Does not press FIRE yet"
LOADING = "Loading the agents…"
EMPTY = "No agent can play yet.\nChoose a game on the left and press Train: after its first games your agent plays here."


class WallView(QWidget):
    """Paints the agents of a `WallThread`, which plays while this can be seen. `chosen` is the one clicked, or taken with Enter."""

    chosen = Signal(object)
    failed = Signal(str, str)

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self.agents: list[WallAgent] = []
        self.words = LOADING
        """What is written where no agent plays."""
        self.settings: dict[str, float] = {}
        self.thread_: WallThread | None = None
        self.retired: list[WallThread] = []
        self.drawn: tuple[Shown, ...] = ()
        self.current, self.hovered = 0, -1
        self.layout_: Grid | None = None
        self.captions: dict[int, tuple[object, QPixmap]] = {}
        """By place: the words below its picture, and what they were drawn from."""
        self.scores: list[str] = []
        """By place: the agent's mean and the human's in words."""
        self.drawings = 0
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.timer = QTimer(self, interval=DRAW_MS)
        self.timer.setTimerType(Qt.TimerType.PreciseTimer)
        self.timer.timeout.connect(self.draw)

    def minimumSizeHint(self) -> QSize:
        return QSize(200, 160)

    def sizeHint(self) -> QSize:
        return QSize(900, 640)

    # -- who plays -------------------------------------------------------------------------------------------------

    def set_agents(self, agents: "list[WallAgent]", **settings: float) -> None:
        """Show these agents, from the start of their games. Those that play already keep playing where nothing has changed."""
        self.words = EMPTY
        if agents_key(agents) == agents_key(self.agents) and self.thread_ is not None:
            return
        front = self.agents[self.current].run.path if self.agents else None
        self.agents, self.settings = agents, settings
        self.captions.clear()
        self.current = next((i for i, agent in enumerate(agents) if agent.run.path == front), 0)
        self.hovered = -1
        self.end_thread()
        self.arrange()
        self.set_playing()
        self.update()

    def set_playing(self) -> None:
        """Play while this can be seen; else pause."""
        on = self.isVisible() and not self.window().isMinimized()
        if on and self.thread_ is None and self.agents:
            self.thread_ = WallThread(self.agents, **self.settings)  # type: ignore[arg-type]
            self.arrange()
            self.thread_.start()
        if self.thread_ is not None and self.thread_.wanted != on:
            self.thread_.set_wanted(on)

    def end_thread(self) -> None:
        if self.thread_ is not None:
            self.thread_.stop()
            self.retired = [*(thread for thread in self.retired if thread.is_alive()), self.thread_]
        self.thread_, self.drawn = None, ()

    def shut(self) -> None:
        """End the thread, for good."""
        self.timer.stop()
        self.end_thread()
        for thread in self.retired:
            thread.join(10)
        self.retired.clear()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.timer.start()
        self.set_playing()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.timer.stop()
        self.set_playing()

    def closeEvent(self, event: QCloseEvent) -> None:
        self.shut()
        super().closeEvent(event)

    # -- drawing ---------------------------------------------------------------------------------------------------

    def draw(self) -> None:
        """Show what is new."""
        self.set_playing()
        thread = self.thread_
        if thread is None:
            return
        if thread.error is not None:
            self.failed.emit(*thread.error)
            self.end_thread()
        elif thread.latest is not self.drawn:
            self.drawn = thread.latest
            self.update()

    def fonts(self) -> tuple[QFont, QFont]:
        """Of the first and of the second line."""
        return theme.sized(self.font(), 1.0, bold=True), theme.sized(self.font(), theme.SMALL)

    def arrange(self) -> None:
        """Find the rows and columns at which the pictures are largest."""
        if not self.agents:
            self.layout_ = None
            return
        from agents.wall import grid, words_alike

        first, second = map(QFontMetrics, self.fonts())
        self.layout_ = grid(len(self.agents), self.width(), self.height(), BAR + 6 + first.height() + second.height())
        room = self.layout_.picture[0]
        self.scores = words_alike(self.agents, lambda words: second.horizontalAdvance(words) <= room)
        if self.thread_ is not None:
            scale = self.devicePixelRatioF()
            width, height = self.layout_.picture
            self.thread_.size = max(1, round(width * scale)), max(1, round(height * scale))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.arrange()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self.arrange()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), self.palette().color(QPalette.ColorRole.Base))
        if self.layout_ is None:
            painter.setPen(self.palette().color(QPalette.ColorRole.PlaceholderText))
            painter.drawText(self.rect().adjusted(24, 24, -24, -24), Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, self.words)
        else:
            for i, agent in enumerate(self.agents):
                self.paint_place(painter, i, agent, self.drawn[i] if i < len(self.drawn) else None)
        painter.end()
        self.drawings += 1

    def paint_place(self, painter: QPainter, index: int, agent: "WallAgent", shown: Shown | None) -> None:
        assert self.layout_ is not None
        x, y, width, height = self.layout_.rectangle(index)
        place = QRect(x, y, width, height)
        painter.fillRect(place, Qt.GlobalColor.black)
        picture = shown.picture if shown is not None else None
        if picture is not None:
            image = QImage(picture.data, picture.shape[1], picture.shape[0], picture.strides[0], QImage.Format.Format_RGB32)
            scale = self.devicePixelRatioF()
            size = QRectF(0, 0, picture.shape[1] / scale, picture.shape[0] / scale)
            size.moveCenter(QRectF(place).center())
            painter.drawImage(size, image)
            if shown is not None and shown.waits_for_fire:
                self.paint_banner(painter, place, WAITS)
        else:
            painter.setFont(self.font())
            painter.setPen(QColor("#9aa1aa"))
            words = shown.problem if shown is not None and shown.problem else "Loading…"
            painter.drawText(place.adjusted(6, 6, -6, -6), Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, words)
        self.paint_bar(painter, agent, shown, QRect(x, y + height, width, BAR))
        self.paint_caption(painter, index, agent, shown, QRect(x, y + height + BAR + 2, width, self.layout_.caption - BAR - 2))
        focused = index == self.current and self.hasFocus()
        if focused or index == self.hovered:
            painter.setPen(self.palette().color(QPalette.ColorRole.Highlight))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            for outset in range(3 if focused else 1):
                painter.drawRect(place.adjusted(-1 - outset, -1 - outset, outset, outset))

    def paint_banner(self, painter: QPainter, place: QRect, words: str) -> None:
        """A line of words over the top of a picture."""
        painter.setFont(self.fonts()[1])
        height = painter.fontMetrics().height() + theme.GAP
        strip = QRect(place.x(), place.y(), place.width(), height)
        painter.fillRect(strip, Qt.GlobalColor.black)
        painter.setPen(Qt.GlobalColor.white)
        painter.drawText(
            strip, Qt.AlignmentFlag.AlignCenter, painter.fontMetrics().elidedText(words, Qt.TextElideMode.ElideRight, place.width())
        )

    def paint_bar(self, painter: QPainter, agent: "WallAgent", shown: Shown | None, bar: QRect) -> None:
        """How far the score of this game is from random play's to the human's, which is marked."""
        if agent.human is None:
            return
        painter.fillRect(bar, self.palette().color(QPalette.ColorRole.Mid))
        live = agent.on_scale(shown.score) if shown is not None and shown.picture is not None else 0.0
        length = round(bar.width() * min(max(live, 0.0), SCALE_END) / SCALE_END)
        painter.fillRect(QRect(bar.x(), bar.y(), length, bar.height()), QColor(colour(2) if live >= 1 else colour(0)))
        mark = bar.x() + round(bar.width() / SCALE_END)
        painter.fillRect(QRect(mark - 1, bar.y() - 1, 2, bar.height() + 2), self.palette().color(QPalette.ColorRole.Text))

    def paint_caption(self, painter: QPainter, index: int, agent: "WallAgent", shown: Shown | None, area: QRect) -> None:
        """The words below a picture, which are drawn anew where they have changed: text takes longer than all else here."""
        from agents.wall import short

        score = short(shown.score) if shown is not None and shown.picture is not None else ""
        ratio = self.devicePixelRatioF()
        drawn_from = (id(agent), score, self.scores[index], area.size(), ratio, self.font().key(), self.palette().cacheKey())
        before, pixmap = self.captions.get(index, (None, QPixmap()))
        if before != drawn_from:
            pixmap = QPixmap(area.size() * ratio)
            pixmap.setDevicePixelRatio(ratio)
            pixmap.fill(self.palette().color(QPalette.ColorRole.Base))
            pen = QPainter(pixmap)
            self.paint_words(pen, agent, score, self.scores[index], QRect(QPoint(), area.size()))
            pen.end()
            self.captions[index] = drawn_from, pixmap
        painter.drawPixmap(area.topLeft(), pixmap)

    def paint_words(self, painter: QPainter, agent: "WallAgent", score: str, words: str, area: QRect) -> None:
        """Name and score of this game; below, the agent's mean and the human's, green where it is the human's or more."""
        first, second = self.fonts()
        metrics = QFontMetrics(first)
        line = QRect(area.x(), area.y(), area.width(), metrics.height())
        painter.setFont(first)
        painter.setPen(self.palette().color(QPalette.ColorRole.Text))
        painter.drawText(line, Qt.AlignmentFlag.AlignRight, score)
        room = area.width() - metrics.horizontalAdvance(score) - 6
        painter.drawText(line, Qt.AlignmentFlag.AlignLeft, metrics.elidedText(agent.title, Qt.TextElideMode.ElideRight, room))
        painter.setFont(second)
        ground = QPalette.ColorRole.PlaceholderText
        painter.setPen(QColor(GREEN[is_dark(self.palette())]) if agent.at_human_level else self.palette().color(ground))
        below = QRect(area.x(), line.bottom() + 1, area.width(), area.bottom() - line.bottom())
        painter.drawText(
            below, Qt.AlignmentFlag.AlignLeft, QFontMetrics(second).elidedText(words, Qt.TextElideMode.ElideRight, area.width())
        )

    # -- choosing --------------------------------------------------------------------------------------------------

    def index_at(self, x: float, y: float) -> int:
        """The place at a point, -1 where there is none."""
        if self.layout_ is None:
            return -1
        for i in range(len(self.agents)):
            left, top, width, height = self.layout_.rectangle(i)
            if left <= x < left + width and top <= y < top + height + self.layout_.caption:
                return i
        return -1

    def choose(self, index: int) -> None:
        """Take the agent at this place."""
        if 0 <= index < len(self.agents):
            self.current = index
            self.update()
            self.chosen.emit(self.agents[index])

    def current_agent(self) -> "WallAgent | None":
        return self.agents[self.current] if self.agents else None

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.choose(self.index_at(event.position().x(), event.position().y()))
        super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        index = self.index_at(event.position().x(), event.position().y())
        if index != self.hovered:
            self.hovered = index
            self.setCursor(Qt.CursorShape.PointingHandCursor if index >= 0 else Qt.CursorShape.ArrowCursor)
            self.update()

    def leaveEvent(self, event: QEvent) -> None:
        self.hovered = -1
        self.update()
        super().leaveEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        if self.layout_ is not None and key in MOVES and event.modifiers() in (
            Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.KeypadModifier
        ):  # fmt: skip
            across, down = MOVES[key]
            place = self.current + across + down * self.layout_.columns
            if 0 <= place < len(self.agents):
                self.current = place
            elif down > 0 and self.current // self.layout_.columns < self.layout_.rows - 1:
                self.current = len(self.agents) - 1  # The last row is shorter.
            self.update()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space) and event.modifiers() in (
            Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.KeypadModifier
        ):  # fmt: skip
            self.choose(self.current)
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            index = self.index_at(event.pos().x(), event.pos().y())
            QToolTip.showText(event.globalPos(), self.tip(index) if index >= 0 else "", self)
            return True
        return super().event(event)

    def tip(self, index: int) -> str:
        """What is known of the agent at a place."""
        agent = self.agents[index]
        shown = self.drawn[index] if index < len(self.drawn) else None
        origin = f"your run {agent.run.name}" if agent.own else whose(agent.run)
        lines = [f"{agent.title}: {agent.run.recipe.name}, {origin}", agent.about()]
        if shown is not None and shown.last_score is not None:
            lines.append(f"Last game here: {shown.last_score:,g}, game {shown.episodes + 1} now")
        if shown is not None and shown.waits_for_fire:
            lines.append(f"{WAITS}: the game stands still until it does")
        if shown is not None and shown.problem:
            lines.append(shown.problem)
        return "\n".join([*lines, "Click or press Enter to watch it large, with its values, and to take over"])


class WallPage(QWidget):
    """The wall below a line that says what it is."""

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self.view = WallView()
        self.words = FastLabel("", wrap=True)
        faint(self.words)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(theme.WIDE, theme.GAP, theme.WIDE, theme.GAP)
        layout.setSpacing(theme.GAP)
        layout.addWidget(self.words)
        layout.addWidget(self.view, 1)
        self.setFocusProxy(self.view)

    def set_agents(self, agents: "list[WallAgent]", **settings: float) -> None:
        self.view.set_agents(agents, **settings)
        self.words.setText(in_words(agents))


def in_words(agents: "list[WallAgent]") -> str:
    """How many play, and how many of them at the human's level."""
    if not agents:
        return ""
    level = sum(agent.at_human_level for agent in agents)
    who = f"{len(agents)} agents play" if len(agents) > 1 else "One agent plays"
    return f"{who}, {level} at the human score (the mark on the bar) or above. Click one to watch it large."


def agents_key(agents: "list[WallAgent]") -> list[object]:
    """What tells one list of agents from another: a run that has trained further is another agent."""
    return [(agent.run.path, agent.mark) for agent in agents]
