"""What one setting means, under the form: its meaning, what raising or lowering it does, its bounds, and its flag."""

import re
from html import escape
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QLabel, QWidget

from gui import theme
from gui.theme import faint
from lab.config import about, default_of, flag, meaning_and_effect
from lab.flags import bounds


class SettingHelp(QLabel):
    """Shows the help of one setting, as high as its text needs."""

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent, wordWrap=True, textFormat=Qt.TextFormat.RichText)
        self.setObjectName("help of a setting")
        self.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setContentsMargins(theme.THIN, theme.THIN, theme.THIN, theme.THIN)
        faint(self)

    def show_setting(self, name: str, field: Any) -> None:
        self.setText("<br>".join(lines(name, field)))
        self.take_height()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.take_height()

    def take_height(self) -> None:
        """A dock does not ask for the height that a text needs at its width."""
        self.setMinimumHeight(self.heightForWidth(self.width()))


def lines(name: str, field: Any) -> list[str]:
    """The help of a setting as HTML, a line each."""
    meaning, effect = meaning_and_effect(field)
    condition = about(field).removeprefix(field.description).strip()
    facts = f"{flag(name)}, default {default_of(field)}{bounds(field)}"
    bold = f"<b>{escape(name.replace('_', ' '))}</b>: {html(meaning)}"
    return [bold, *(html(part) for part in (effect, condition, facts) if part)]


def html(text: str) -> str:
    """A description, in which `...` is code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text))
