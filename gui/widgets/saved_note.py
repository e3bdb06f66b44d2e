"""What was saved and where: a sentence in the window's status bar, with a button that shows the folder."""

from pathlib import Path

from PySide6.QtCore import QTimer, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QApplication, QHBoxLayout, QLabel, QToolButton, QWidget

from gui import theme
from lab.answers import Answer

SHOWN_MS = 20_000


class SavedNote(QWidget):
    """Hidden unless something was saved in the last seconds."""

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self.path = Path()
        self.sentence = QLabel()
        self.button = QToolButton(text="Show in folder", autoRaise=True)
        self.button.clicked.connect(lambda: QDesktopServices.openUrl(QUrl.fromLocalFile(str(self.path.parent))))
        row = QHBoxLayout(self)
        row.setContentsMargins(theme.GAP, 0, 0, 0)
        row.addWidget(self.sentence)
        row.addWidget(self.button)
        row.addStretch(1)
        self.timer = QTimer(self, singleShot=True, interval=SHOWN_MS)
        self.timer.timeout.connect(self.hide)
        self.hide()

    def show_saved(self, path: Path, frames: int) -> None:
        self.path = path.resolve()
        name = path.name if len(path.name) < 40 else f"{path.name[:24]}…{path.name[-12:]}"
        self.sentence.setText(f"Saved {name} ({frames} frames)" if frames > 1 else f"Saved {name}")
        self.sentence.setToolTip(str(self.path))
        self.button.setToolTip(f"Open {self.path.parent}")
        self.show()
        self.timer.start()


def frames_in(answer: Answer, path: Path) -> int:
    """How many pictures an answer has in a file of that name: a film has several."""
    return len(answer.frames()) if path.suffix.lower() in (".gif", ".mp4") else 1


def tell_saved(path: Path, frames: int = 1) -> None:
    """Say in the app's window that a file was written; what saved it may be in a window of its own."""
    for window in QApplication.topLevelWidgets():
        if hasattr(window, "show_saved"):
            window.show_saved(path, frames)
