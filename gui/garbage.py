"""Garbage is collected in the window's thread alone.

Python frees objects that refer to each other in whichever thread happens to allocate next. While a session trains that is mostly
the session's, and a widget that is destroyed there takes Qt's own bookkeeping with it. So automatic collection is off while a window
is open, and a timer collects what has come together.
"""

import gc

from PySide6.QtCore import QObject, QTimer

INTERVAL_MS = 200


class Collector(QObject):
    """Collects garbage by the interpreter's own thresholds, in the thread that made it."""

    def __init__(self, parent: QObject | None = None):
        super().__init__(parent)
        self.timer = QTimer(self, interval=INTERVAL_MS)
        self.timer.timeout.connect(self.collect)
        gc.disable()
        self.timer.start()

    def collect(self) -> None:
        """Collect each generation that is due, the youngest first."""
        for generation, threshold in enumerate(gc.get_threshold()):
            if gc.get_count()[generation] > threshold > 0:
                gc.collect(generation)

    def settle(self) -> None:
        """What is there now stays for good: later collections need not look through it (torch alone is half a million objects)."""
        gc.collect()
        gc.freeze()
