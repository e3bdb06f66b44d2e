"""The example runs of a panel: small finished runs that come with the lab, so that there is something to look at before one trains.

Read first: `example_actions`. A panel whose tabs are all closed offers them on its `EmptyPage`.
"""

from functools import partial
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from gui import theme
from gui.actions import Action, numbered
from lab import registry
from lab.run import Run

MENU = "&Training/Example runs"


def example_actions(family: str) -> tuple[Action, ...]:
    """An action for each example run of a family; it opens the run in the family's panel."""
    return tuple(
        Action(
            f"example.{name}", name, f"Open {registry.example_about(path)}", partial(open_example, name=name), numbered("Ctrl+Alt", i), MENU
        )
        for i, (name, path) in enumerate(registry.examples(family).items())
    )


def open_example(panel: Any, name: str) -> None:
    panel.open_run(Run(registry.examples(panel.family)[name]))


class EmptyPage(QWidget):
    """What a panel shows while no run is open: what to do, and its example runs to open."""

    def __init__(self, text: str, actions: list[Any]):
        """`actions` are the QActions of the examples."""
        super().__init__()
        self.text = QLabel(text, alignment=Qt.AlignmentFlag.AlignCenter, wordWrap=True)
        self.buttons = [QPushButton(f"Open {action.text()}", toolTip=action.toolTip(), objectName="open example") for action in actions]
        row = QHBoxLayout()
        row.addStretch(1)
        for button, action in zip(self.buttons, actions, strict=True):
            button.clicked.connect(action.trigger)
            row.addWidget(button)
        row.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8 * theme.WIDE, 0, 8 * theme.WIDE, 0)
        layout.addStretch(1)
        layout.addWidget(self.text)
        layout.addSpacing(16)
        layout.addLayout(row)
        layout.addStretch(1)
