"""Finds what of a window cannot be read: widgets that reach out of their parent, that are smaller than they need, or whose text is cut."""

from collections.abc import Iterator

from PySide6.QtCore import QCoreApplication, QEvent, QRect
from PySide6.QtGui import Qt, QTextDocument
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractScrollArea,
    QAbstractSpinBox,
    QComboBox,
    QLabel,
    QProgressBar,
    QScrollArea,
    QSplitter,
    QStyle,
    QStyleOptionComboBox,
    QTabBar,
    QToolButton,
    QWidget,
)  # fmt: skip

from gui.widgets.fast_label import FastLabel

LEVELS = 8
"""Layouts inside each other that one change of a text may go through."""
SLACK = 1
"""Pixels that rounding may take."""


def faults(root: QWidget) -> list[str]:
    """What is wrong with the visible widgets below `root`, a line each."""
    # A text that a timer has just changed, of the status bar say, has its room once the layouts that it asked for have had their turn.
    for _ in range(LEVELS):
        QCoreApplication.sendPostedEvents(None, QEvent.Type.LayoutRequest.value)
    return [f"{describe(widget)}: {fault}" for widget in visible(root) for fault in faults_of(widget)]


def visible(root: QWidget) -> Iterator[QWidget]:
    """The widgets below `root` that are shown, without those of pyqtgraph's and Qt's own insides."""
    for widget in root.findChildren(QWidget):
        if widget.isVisibleTo(root) and not widget.isWindow() and not widget.visibleRegion().isEmpty() | hidden_by_scrolling(widget):
            yield widget


def hidden_by_scrolling(widget: QWidget) -> bool:
    """Whether the widget is in a scroll area, where it may be out of sight and is found by scrolling."""
    parent = widget.parentWidget()
    while parent is not None and not parent.isWindow():
        if isinstance(parent, QAbstractScrollArea):
            return True
        parent = parent.parentWidget()
    return False


def faults_of(widget: QWidget) -> Iterator[str]:
    parent = widget.parentWidget()
    scrolled = parent is not None and isinstance(parent.parentWidget(), QAbstractScrollArea)
    if (
        parent is not None
        and not scrolled
        and not isinstance(parent, QTabBar)
        and not parent.rect().adjusted(-SLACK, -SLACK, SLACK, SLACK).contains(widget.geometry())
    ):
        yield f"lies at {box(widget.geometry())} outside {describe(parent)} {box(parent.rect())}"
    least = widget.minimumSizeHint()
    placed = (parent is not None and parent.layout() is not None) or isinstance(parent, QSplitter)
    if placed and (least.width() > widget.width() + SLACK or least.height() > widget.height() + SLACK):
        yield f"is {widget.width()}x{widget.height()}, needs {least.width()}x{least.height()}"
    if isinstance(widget, QAbstractScrollArea) and not scrolls_by_nature(widget) and widget.horizontalScrollBar().maximum() > 0:
        yield "scrolls sideways"  # Or is cut, where the bar is always off.
    yield from cut_text(widget)


def scrolls_by_nature(area: QAbstractScrollArea) -> bool:
    """Tables and texts are as wide as their content."""
    return not isinstance(area, QScrollArea)


def cut_text(widget: QWidget) -> Iterator[str]:
    """Where the text of a widget does not fit into it."""
    if isinstance(widget, QLabel) and widget.text():
        wanted = widget.sizeHint()
        if widget.wordWrap():
            if widget.heightForWidth(widget.width()) > widget.height() + SLACK:
                yield f"text cut: needs {widget.heightForWidth(widget.width())} of {widget.height()} in height at {widget.width()}"
            document = QTextDocument()
            document.setDefaultFont(widget.font())
            document.setHtml(widget.text()) if Qt.mightBeRichText(widget.text()) else document.setPlainText(widget.text())
            longest = max((widget.fontMetrics().horizontalAdvance(word) for word in document.toPlainText().split()), default=0)
            if longest > widget.width() + SLACK:
                yield f"a word is cut: needs {longest} of {widget.width()}"
        elif wanted.width() > widget.width() + SLACK or wanted.height() > widget.height() + SLACK:
            yield f"text cut: needs {wanted.width()}x{wanted.height()} of {widget.width()}x{widget.height()}"
    elif isinstance(widget, FastLabel) and widget.text():
        if widget.needed(widget.width()) > widget.height() + SLACK:
            yield f"text cut: needs {widget.needed(widget.width())} of {widget.height()} in height"
        elif not widget.wrap and widget.fontMetrics().horizontalAdvance(widget.text()) > widget.width() + SLACK:
            yield f"text cut: needs {widget.fontMetrics().horizontalAdvance(widget.text())} of {widget.width()}"
    elif isinstance(widget, QToolButton) and type(widget).__name__ == "QToolBarExtension":
        yield "the tool bar does not fit"
    elif isinstance(widget, QAbstractButton) and widget.text() and not widget.accessibleName():
        wanted = widget.sizeHint()
        if wanted.width() > widget.width() + SLACK or wanted.height() > widget.height() + SLACK:
            yield f"text cut: needs {wanted.width()}x{wanted.height()} of {widget.width()}x{widget.height()}"
    elif isinstance(widget, QComboBox):
        option = QStyleOptionComboBox()
        widget.initStyleOption(option)
        field = widget.style().subControlRect(QStyle.ComplexControl.CC_ComboBox, option, QStyle.SubControl.SC_ComboBoxEditField, widget)
        wanted_width = widget.fontMetrics().horizontalAdvance(widget.currentText())
        if wanted_width > field.width() + SLACK:
            yield f"text cut: needs {wanted_width} of {field.width()}"
    elif isinstance(widget, QAbstractSpinBox):
        line = widget.lineEdit()
        if widget.fontMetrics().horizontalAdvance(widget.text()) > line.width() + SLACK:
            yield f"text cut: needs {widget.fontMetrics().horizontalAdvance(widget.text())} of {line.width()}"
    elif isinstance(widget, QProgressBar) and widget.isTextVisible():
        if widget.fontMetrics().horizontalAdvance(widget.text()) > widget.width():
            yield "text cut"
    elif isinstance(widget, QTabBar):
        for i in range(widget.count()):
            inside = widget.rect().adjusted(-SLACK, -SLACK, SLACK, SLACK).contains(widget.tabRect(i))
            if not inside and (i == widget.currentIndex() or not widget.usesScrollButtons()):
                yield f"tab {widget.tabText(i)!r} is out of sight"
            if (
                widget.isTabVisible(i)
                and widget.fontMetrics().horizontalAdvance(widget.tabText(i).replace("&&", "&")) > widget.tabRect(i).width()
            ):
                yield f"tab {widget.tabText(i)!r} is cut"


def describe(widget: QWidget) -> str:
    """Class, text and place of a widget."""
    text = ""
    for attribute in ("text", "currentText", "title", "windowTitle"):
        if hasattr(widget, attribute):
            value = getattr(widget, attribute)
            text = str(value() if callable(value) else value)[:40]
            break
    names = []
    parent = widget.parentWidget()
    while parent is not None and not parent.isWindow():
        if type(parent).__module__.startswith("gui."):
            names.append(type(parent).__name__)
        parent = parent.parentWidget()
    return f"{type(widget).__name__} {text!r} in {' < '.join(names[:3])}"


def box(rect: QRect) -> str:
    return f"{rect.width()}x{rect.height()}+{rect.x()}+{rect.y()}"
