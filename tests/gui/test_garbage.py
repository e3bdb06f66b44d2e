"""Garbage is collected in the window's thread."""

import gc
import threading
import weakref

from pytestqt.qtbot import QtBot

from gui.garbage import Collector


class Node:
    """Refers to itself, so only the collector can free it; it remembers the thread that did."""

    freed_in: list[threading.Thread] = []

    def __init__(self) -> None:
        self.me = self

    def __del__(self) -> None:
        self.freed_in.append(threading.current_thread())


def test_what_a_busy_thread_lets_go_is_freed_in_the_windows_thread(qtbot: QtBot) -> None:
    collector = Collector()
    node = weakref.ref(Node())
    Node.freed_in.clear()

    def allocate() -> None:
        for _ in range(20):
            _ = [[] for _ in range(2_000)]

    thread = threading.Thread(target=allocate)
    thread.start()
    thread.join()
    assert node() is not None
    keep = [[] for _ in range(gc.get_threshold()[0] + 1)]
    qtbot.waitUntil(lambda: node() is None, timeout=20_000)
    assert Node.freed_in == [threading.main_thread()]
    assert keep
    collector.timer.stop()
