"""Small windows: an error with its traceback, the keyboard shortcuts, About."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import (
    QApplication,
    QDialog,
    QDialogButtonBox,
    QHeaderView,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)  # fmt: skip

GAME_KEYS = (
    ("While you play (after Take over)", "Arrows or W A S D", "Joystick"),
    ("While you play (after Take over)", "Space", "Fire"),
    ("While you play (after Take over)", "Esc", "Hand back to the agent"),
)


class ErrorDialog(QDialog):
    """An error's sentence; its traceback to read and copy where there is one."""

    def __init__(self, sentence: str, trace: str, parent: QWidget | None = None):
        super().__init__(parent)
        self.setWindowTitle("Something went wrong")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.sentence = QLabel(sentence, wordWrap=True)
        self.sentence.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.sentence.setMinimumWidth(460)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addWidget(self.sentence)
        if trace:
            self.trace = QPlainTextEdit(trace, readOnly=True)
            self.trace.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
            self.trace.setMinimumSize(620, 220)
            layout.addWidget(self.trace, 1)
            self.copy = QPushButton("Copy traceback")
            self.copy.clicked.connect(lambda: QApplication.clipboard().setText(f"{sentence}\n\n{trace}"))
            buttons.addButton(self.copy, QDialogButtonBox.ButtonRole.ActionRole)
        layout.addWidget(buttons)


class ShortcutSheet(QDialog):
    """Every keyboard shortcut of the app, from the actions themselves."""

    def __init__(self, groups: dict[str, list[QAction]], parent: QWidget | None = None):
        super().__init__(parent)
        self.setWindowTitle("Keyboard shortcuts")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(760, 620)
        rows = [
            (group, action.shortcut().toString(QKeySequence.SequenceFormat.NativeText), f"{plain(action.text())}: {tip(action)}")
            for group, actions in groups.items()
            for action in actions
            if not action.shortcut().isEmpty()
        ]
        rows += GAME_KEYS
        self.table = QTableWidget(len(rows), 3)
        self.table.setHorizontalHeaderLabels(["Where", "Keys", "What"])
        self.table.verticalHeader().hide()
        self.table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.table.horizontalHeader().setSectionResizeMode(2, QHeaderView.ResizeMode.Stretch)
        for i, row in enumerate(rows):
            for j, text in enumerate(row):
                self.table.setItem(i, j, QTableWidgetItem(text))
        self.table.resizeColumnToContents(0)
        self.table.resizeColumnToContents(1)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addWidget(self.table)
        layout.addWidget(buttons)


def plain(text: str) -> str:
    return text.replace("&", "")


def tip(action: QAction) -> str:
    """What an action does, without the shortcut at the end of its tooltip."""
    text = action.statusTip() or action.toolTip()
    return text.split(" (")[0] if text != plain(action.text()) else "shows or hides it"


class AboutDialog(QDialog):
    """What this is, with the versions that a result depends on."""

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        from pyqtgraph import __version__ as pyqtgraph
        from PySide6 import __version__ as pyside

        from lab.run import home, versions

        self.setWindowTitle("About the lab")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        found = {**versions(), "PySide6": pyside, "pyqtgraph": pyqtgraph}
        rows = "".join(f"<tr><td>{name}&nbsp;&nbsp;</td><td>{version}</td></tr>" for name, version in found.items())
        self.text = QLabel(
            "<h2>Lab</h2><p>Train, watch and take apart the networks of a deep-learning course.<br>"
            f"Everything here is also on the command line: <code>lab --help</code>.</p><table>{rows}</table>"
            f"<p>Runs are kept in {home().resolve()}</p>"
        )
        self.text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addWidget(self.text)
        layout.addWidget(buttons)
