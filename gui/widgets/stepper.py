"""Back, forward, and a slider over the steps of a worked example."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSlider, QWidget


class Stepper(QWidget):
    """Back, forward, and a slider over all steps."""

    moved = Signal(int)

    def __init__(self, page: QWidget):
        """The arrow keys step wherever the focus is on `page`."""
        super().__init__(page)
        self.back = QPushButton("Back", toolTip="Previous step (Left)")
        self.next = QPushButton("Next", toolTip="Next step (Right)")
        for button, key in ((self.back, Qt.Key.Key_Left), (self.next, Qt.Key.Key_Right)):
            QShortcut(QKeySequence(key), page, button.click, context=Qt.ShortcutContext.WidgetWithChildrenShortcut)
        self.slider = QSlider(Qt.Orientation.Horizontal, toolTip="Go to any step")
        self.place = QLabel()
        self.back.clicked.connect(lambda: self.slider.setValue(self.slider.value() - 1))
        self.next.clicked.connect(lambda: self.slider.setValue(self.slider.value() + 1))
        self.slider.valueChanged.connect(self.show_place)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        for widget in (self.back, self.next):
            layout.addWidget(widget)
        layout.addWidget(self.slider, 1)
        layout.addWidget(self.place)

    def set_count(self, count: int) -> None:
        self.slider.setRange(0, count - 1)
        self.show_place(self.slider.value())

    def show_place(self, value: int) -> None:
        self.place.setText(f"{value + 1} of {self.slider.maximum() + 1}")
        self.back.setEnabled(value > 0)
        self.next.setEnabled(value < self.slider.maximum())
        self.moved.emit(value)
