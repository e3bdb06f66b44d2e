"""A widget with its title above it or beside it."""

from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from gui import theme
from gui.widgets.fast_label import FastLabel


class Heading(QLabel):
    """What a group of widgets is about, in the larger letters of `gui.theme.HEADINGS`."""


class Strong(QLabel):
    """What the widgets right below it are, as large as other text."""


class FastHeading(FastLabel):
    """A heading that changes several times a second."""


def titled(title: str, widget: QWidget) -> QWidget:
    box = QWidget()
    layout = QVBoxLayout(box)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.addWidget(Strong(title, wordWrap=True))
    layout.addWidget(widget, 1)
    if widget.sizePolicy().verticalPolicy() == QSizePolicy.Policy.Fixed:
        layout.addStretch()  # Or the title would take the room that the widget does not.
    return box


def beside(title: str, widget: QWidget) -> QWidget:
    """Both as one, so that a row that wraps keeps them together."""
    box = QWidget()
    row = QHBoxLayout(box)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(theme.GAP)
    label = QLabel(title)
    label.setBuddy(widget)
    row.addWidget(label)
    row.addWidget(widget, 1)
    box.setSizePolicy(widget.sizePolicy())
    return box
