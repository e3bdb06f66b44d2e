"""Texts that change several times a second."""

import pytest
from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QApplication, QLabel, QVBoxLayout, QWidget

from gui.widgets.fast_label import FastLabel


class Column(QWidget):
    """A window 200 pixels wide with `line` at its top, which counts how often it is asked to lay itself out."""

    def __init__(self, line: QWidget):
        super().__init__()
        self.requests = 0
        layout = QVBoxLayout(self)
        layout.addWidget(line)
        layout.addStretch(1)
        self.resize(200, 300)
        self.show()
        QApplication.processEvents()
        self.requests = 0

    def event(self, event: QEvent) -> bool:
        self.requests += event.type() == QEvent.Type.LayoutRequest
        return super().event(event)


@pytest.mark.parametrize(("kind", "asked"), [(FastLabel, False), (QLabel, True)])
def test_a_text_of_the_same_length_lays_nothing_out(qtbot, kind, asked):
    line = kind("120 steps/s")
    window = Column(line)
    qtbot.addWidget(window)
    before = line.grab().toImage()
    line.setText("121 steps/s")
    QApplication.processEvents()
    assert (window.requests > 0) == asked
    assert line.grab().toImage() != before


def test_a_longer_text_gets_more_lines(qtbot):
    line = FastLabel("short", wrap=True)
    window = Column(line)
    qtbot.addWidget(window)
    before = line.height()
    line.setText("loss 0.25   " * 20)
    QApplication.processEvents()
    assert line.height() >= 5 * before


def test_a_longer_line_gets_more_room(qtbot):
    line = FastLabel("1")
    window = Column(line)
    qtbot.addWidget(window)
    line.setText("a line of text that two hundred pixels do not hold by far")
    QApplication.processEvents()
    assert line.width() == window.width() - 2 * window.layout().contentsMargins().left() > 200


def test_it_tells_screen_readers_what_it_says(qtbot):
    line = FastLabel("1")
    qtbot.addWidget(line)
    line.setText("2 frames/s")
    assert line.accessibleName() == line.text() == "2 frames/s"
