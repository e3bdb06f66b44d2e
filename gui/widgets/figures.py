"""A run's newest figures as a small table: names above, values with their units below, the most telling first."""

from html import escape

from PySide6.QtCore import QEvent, QRect, QSize, Qt
from PySide6.QtGui import QFont, QFontMetrics, QMouseEvent, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui import theme
from lab.metrics import figure_text, title

GAP = 2 * theme.WIDE
"""Pixels between two columns."""
HIDDEN = ("charts/SPS",)
"""Metrics that are said elsewhere."""


class Figures(QWidget):
    """One line of figures, as many as there is room for; a click shows the others too, and the tooltip has all of them.

    It paints only itself: figures change several times a second.
    """

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self.first: tuple[str, ...] = ()
        self.values: dict[str, float] = {}
        self.open = False
        """Whether all are shown, in as many lines as they need."""
        self.lines = 0
        policy = QSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def put_first(self, metrics: tuple[str, ...]) -> None:
        """Show these before others."""
        self.first = metrics
        self.show_values(self.values)

    def show_values(self, metrics: dict[str, float]) -> None:
        """Show the newest values."""
        wanted = [name for name in (*self.first, *metrics) if name in metrics and name not in HIDDEN]
        self.values = {name: metrics[name] for name in dict.fromkeys(wanted)}
        rows = "".join(
            f"<tr><td>{escape(title(name))}&nbsp;&nbsp;</td><td align=right>{figure_text(name, value)}</td></tr>"
            for name, value in self.values.items()
        )
        self.setToolTip(f"<table>{rows}</table>" if rows else "")
        self.setAccessibleName(", ".join(f"{title(name)} {figure_text(name, value)}" for name, value in self.values.items()))
        if len(self.rows(self.width())) != self.lines:
            self.lines = len(self.rows(self.width()))
            self.updateGeometry()
        self.update()

    # -- geometry --------------------------------------------------------------------------------------------------

    def bold(self) -> QFont:
        return theme.sized(self.font(), 1.0, bold=True)

    def column(self, name: str) -> int:
        """The width of a figure's column; a value that grows by a digit does not move the others."""
        value = QFontMetrics(self.bold()).horizontalAdvance("0" * max(6, len(figure_text(name, self.values[name]))))
        return max(self.fontMetrics().horizontalAdvance(title(name)), value) + GAP

    def rows(self, width: int) -> list[list[str]]:
        """The figures that are shown, line by line."""
        rows: list[list[str]] = []
        x = 0
        for name in self.values:
            wide = self.column(name)
            if not rows or x + wide > width:
                if rows and not self.open:
                    break
                rows.append([])
                x = 0
            rows[-1].append(name)
            x += wide
        return rows

    def hidden(self) -> int:
        """How many figures there is no room for."""
        return len(self.values) - sum(map(len, self.rows(self.width())))

    def heightForWidth(self, width: int) -> int:
        lines = max(1, len(self.rows(width)))  # What stands below must not move when the first figures come.
        return lines * (2 * self.fontMetrics().height() + 4)

    def sizeHint(self) -> QSize:
        return QSize(200, self.heightForWidth(max(1, self.width())))

    def minimumSizeHint(self) -> QSize:
        return QSize(0, self.sizeHint().height())

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self.updateGeometry()

    # -- hand and drawing ------------------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if self.open or self.hidden():
            self.open = not self.open
            self.lines = len(self.rows(self.width()))
            self.updateGeometry()
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, high = QPainter(self), self.fontMetrics().height()
        palette, bold = self.palette(), self.bold()
        faint, text = palette.color(QPalette.ColorRole.PlaceholderText), palette.color(QPalette.ColorRole.WindowText)
        x = y = 0
        for line in self.rows(self.width()):
            x = 0
            for name in line:
                wide = self.column(name)
                painter.setFont(self.font())
                painter.setPen(faint)
                painter.drawText(QRect(x, y, wide, high), Qt.AlignmentFlag.AlignLeft, title(name))
                painter.setFont(bold)
                painter.setPen(text)
                painter.drawText(QRect(x, y + high, wide, high), Qt.AlignmentFlag.AlignLeft, figure_text(name, self.values[name]))
                x += wide
            y += 2 * high + 4
        more = f"{self.hidden()} more" if self.hidden() else ""
        painter.setFont(self.font())
        if more and x + self.fontMetrics().horizontalAdvance(more) <= self.width():
            painter.setPen(palette.color(QPalette.ColorRole.Link))
            painter.drawText(QRect(x, y - high - 4, self.width() - x, high), Qt.AlignmentFlag.AlignLeft, more)
        self.setCursor(Qt.CursorShape.PointingHandCursor if more or self.open else Qt.CursorShape.ArrowCursor)
        painter.end()
