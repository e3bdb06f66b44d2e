"""Running the event loop until something has happened: before a page goes that still saves, for pictures and benchmarks of the app."""

import time
from collections.abc import Callable

from PySide6.QtCore import QEventLoop, QTimer

EVERYTHING = QEventLoop.ProcessEventsFlag.AllEvents
NO_INPUT = QEventLoop.ProcessEventsFlag.ExcludeUserInputEvents
"""What the user does waits until the loop has ended."""


def until(condition: Callable[[], bool], seconds: float, events: QEventLoop.ProcessEventsFlag = EVERYTHING) -> bool:
    """Run the event loop until `condition` holds; False after `seconds`."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        pause(0.05, events)
    return condition()


def pause(seconds: float, events: QEventLoop.ProcessEventsFlag = EVERYTHING) -> None:
    """Run the event loop for a time."""
    loop = QEventLoop()
    QTimer.singleShot(round(1000 * seconds), loop.quit)
    loop.exec(events)
