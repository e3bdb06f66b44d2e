"""Running the event loop from a script: for pictures and benchmarks of the app."""

import time
from collections.abc import Callable

from PySide6.QtCore import QEventLoop, QTimer


def until(condition: Callable[[], bool], seconds: float) -> bool:
    """Run the event loop until `condition` holds; False after `seconds`."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        pause(0.05)
    return condition()


def pause(seconds: float) -> None:
    """Run the event loop for a time."""
    loop = QEventLoop()
    QTimer.singleShot(round(1000 * seconds), loop.quit)
    loop.exec()
