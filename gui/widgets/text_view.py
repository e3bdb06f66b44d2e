"""Text; where its characters have kinds, in a colour for each, with the kinds' names above it."""

import html
from itertools import groupby

import numpy as np
from PySide6.QtCore import QEvent
from PySide6.QtGui import QColor, QFont, QPalette, QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QLabel, QPlainTextEdit, QVBoxLayout, QWidget

from gui.theme import code_font, colour, is_dark, readable
from lab.answers import Text


class TextView(QWidget):
    """Kind 0 is pale, kind 2 has the colour of the text, the others have colours that are seen on light and on dark."""

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self.legend = QLabel(wordWrap=True)
        self.text = QPlainTextEdit(readOnly=True, undoRedoEnabled=False)
        self.text.setFont(code_font())
        self.coloured = True
        self.answer: Text | None = None
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.legend)
        layout.addWidget(self.text, 1)

    def show_answer(self, answer: Text) -> None:
        self.answer = answer
        coloured = answer.kinds is not None
        if coloured != self.coloured:
            self.coloured = coloured
            self.text.clear()  # Colours would stay with the text.
            self.text.setFont(code_font() if coloured else QFont())
        if self.text.toPlainText() != answer.text:
            self.text.setPlainText(answer.text)
        self.legend.setVisible(coloured)
        if coloured:
            self.show_kinds(answer)

    def show_kinds(self, answer: Text) -> None:
        words = [f'<span style="color: {self.hue(i).name()}">{html.escape(name)}</span>' for i, name in enumerate(answer.names) if name]
        self.legend.setText(" &nbsp; ".join(words))
        # Formats of the document itself: Qt draws extra selections that begin or end beyond a line's end in part only.
        cursor = QTextCursor(self.text.document())
        cursor.beginEditBlock()
        start = place = 0
        for kind, run in groupby(np.asarray(answer.kinds).tolist()):
            # Qt counts in UTF-16: a character beyond the first 65,536 is two.
            length = len(answer.text[start : (start := start + len(list(run)))].encode("utf-16-le")) // 2
            shape = QTextCharFormat()
            shape.setForeground(self.hue(kind))
            cursor.setPosition(place)
            cursor.setPosition(place := place + length, QTextCursor.MoveMode.KeepAnchor)
            cursor.setCharFormat(shape)
        cursor.endEditBlock()

    def hue(self, kind: int) -> QColor:
        if kind == 0:
            return self.palette().color(QPalette.ColorRole.PlaceholderText)
        return self.palette().color(QPalette.ColorRole.Text) if kind == 2 else readable(colour(kind - 1), is_dark(self.palette()))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and self.answer is not None and self.answer.kinds is not None:
            self.show_kinds(self.answer)
