"""The desktop app's start: `lab` and `lab gui`. torch is loaded after the window shows."""

import gc
import os
import signal
import sys

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from gui import theme
from gui.garbage import Collector
from gui.main_window import TEXT_SIZE, MainWindow
from gui.settings import settings

SWITCH_SECONDS = 0.001
"""How long a busy training thread may keep the interpreter from the window's thread. Python's own 5 ms are felt."""

OFFER_MS = 1500
"""When the tour is offered at the very first start: once something is there to see."""


def application() -> QApplication:
    """The Qt application, made if need be, with the app's style and colours."""
    app = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(app, QApplication)
    app.setApplicationName("lab")
    app.setDesktopFileName("lab")
    app.setStyle("Fusion")
    choice = str(settings().value("theme", "system"))
    theme.apply(app, choice)
    theme.set_text(app, text_size())
    app.styleHints().colorSchemeChanged.connect(lambda _: theme.apply(app, str(settings().value("theme", "system"))))
    return app


def text_size() -> int:
    """The size of text that was chosen, in percent."""
    stored = str(settings().value(TEXT_SIZE, 100))
    return int(stored) if stored.isdecimal() and int(stored) in theme.TEXT_SIZES else 100


def open_window(app: QApplication) -> MainWindow:
    """The main window, shown, with the panel of the last time in front."""
    window = MainWindow()
    collector = Collector(window)
    window.torch_loaded.connect(collector.settle)
    window.destroyed.connect(gc.enable)
    name = str(settings().value("window/panel", "Atari"))
    window.show()
    window.go_to(name if name in window.panel_actions else "Atari")
    # The first paint comes before anything heavy.
    QTimer.singleShot(50, window, window.started)
    return window


def main() -> int:
    """Open the app and run it until it is closed."""
    app = application()
    sys.setswitchinterval(SWITCH_SECONDS)
    window = open_window(app)
    sys.excepthook = window.catch
    QTimer.singleShot(OFFER_MS, window, window.tour.offer)
    # Ctrl-C in the terminal. Python calls a handler between any two of its steps, also in the middle of the handler before it,
    # so this one only leaves word for the event loop, which takes one at a time.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: QTimer.singleShot(0, window, window.closing.interrupted))
    # Python handles signals only when it runs, so a timer lets it.
    pulse = QTimer(interval=200)
    pulse.timeout.connect(lambda: None)
    pulse.start()
    code = app.exec()
    pulse.stop()
    sys.excepthook = sys.__excepthook__
    if window.closing.abandoned:
        # Python would wait for the threads that the person has given up.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(1)
    return code
