"""Nothing outlives its tree, table, scene or layout on Python's side: Shiboken would hand it out for a new object at its address."""

import gc
import weakref
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import shiboken6
from PySide6.QtCore import QCoreApplication, QEvent, QObject
from pytestqt.qtbot import QtBot

from gui.background import Background
from gui.bridge import Sessions
from gui.main_window import MainWindow
from gui.panel import AppContext
from gui.panels import PANELS
from gui.queue_worker import QueueWorker
from gui.widgets.dismantle import dismantle
from gui.widgets.plot import Plot
from lab.run import Run

LONG = 60_000


def destroyed_items() -> Counter[str]:
    """Objects that are no QObjects, that Python holds and Qt has destroyed, by their class."""
    items = [
        weakref.ref(thing) for thing in gc.get_objects() if isinstance(thing, shiboken6.Shiboken.Object) and not isinstance(thing, QObject)
    ]
    gone = [item for item in (ref() for ref in items) if item is not None and not shiboken6.isValid(item)]
    return Counter(type(item).__name__ for item in gone)


def let_go(*widgets: Any) -> None:
    """Destroy widgets as the app does, and collect nothing: what is left is held by somebody."""
    for widget in widgets:
        widget.deleteLater()
    for _ in range(3):
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
        QCoreApplication.processEvents()


@pytest.fixture
def context(qtbot: QtBot) -> Iterator[AppContext]:
    background = Background()
    sessions = Sessions(background)
    queue = QueueWorker(sessions, lambda job: None)
    made = AppContext(background, sessions, lambda text: None, lambda text, trace: None, lambda run: None, queue)
    yield made
    background.close()


@pytest.mark.parametrize("name", [spec.name for spec in PANELS])
def test_a_closed_panel_leaves_no_item_that_qt_has_destroyed(qtbot: QtBot, context: AppContext, name: str) -> None:
    assert not destroyed_items()
    panel = next(spec for spec in PANELS if spec.name == name).panel_class()(context)
    panel.show()
    qtbot.waitExposed(panel)
    panel.close()
    let_go(panel)
    assert not destroyed_items()
    qtbot.waitUntil(lambda: not context.background.pending, timeout=LONG)


def test_the_tab_of_a_stored_run_leaves_none(qtbot: QtBot, context: AppContext, stored: Callable[..., Run]) -> None:
    panel: Any = PANELS[0].panel_class()(context)
    panel.resize(1000, 700)
    panel.show()
    panel.open_run(stored())
    tab = panel.current_tab()
    qtbot.waitUntil(lambda: bool(tab.views.frames) and all(frame.answer is not None for frame in tab.views.frames), timeout=LONG)
    for name, switch in tab.views.switches.items():
        if not switch.isChecked():
            switch.click()
            qtbot.waitUntil(lambda name=name: any(f.spec.name == name and f.answer is not None for f in tab.views.frames), timeout=LONG)
    panel.close_tab(panel.tabs.currentIndex())
    let_go()
    assert not destroyed_items()
    panel.close()
    let_go(panel)
    assert not destroyed_items()


@pytest.mark.parametrize("taken_out", [True, False])
def test_items_in_a_circle_outlive_a_plot_unless_they_are_taken_out(qtbot: QtBot, taken_out: bool) -> None:
    plot: Any = Plot("x", "y")
    plot.show()
    rectangle = plot.item.getViewBox().background
    plot.item.getViewBox().circle = rectangle
    if taken_out:
        dismantle(plot)
    plot.hide()
    let_go(plot)
    assert shiboken6.isValid(rectangle) is taken_out
    del plot, rectangle
    gc.collect()
    assert not destroyed_items()


def test_panels_open_and_close_during_a_training_and_after_it(qtbot: QtBot, window: MainWindow, train: Callable[..., Any]) -> None:
    bridge = train(window)
    qtbot.waitUntil(lambda: bridge.latest.done > 20, timeout=LONG)
    for running in (True, False):
        assert bridge.running is running
        for spec in PANELS * 2:
            panel = spec.panel_class()(window.context)
            panel.show()
            QCoreApplication.processEvents()
            panel.close()
            let_go(panel)
            assert not destroyed_items()
        if running:
            done = bridge.latest.done
            qtbot.waitUntil(lambda done=done: bridge.latest.done > done, timeout=LONG)
            bridge.session.stop()
            qtbot.waitUntil(lambda: not bridge.running, timeout=LONG)


def test_a_late_result_reaches_no_destroyed_receiver(qtbot: QtBot, context: AppContext) -> None:
    told: list[object] = []

    class Receiver(QObject):
        def take(self, result: object) -> None:
            told.append(result)

    kept, gone, named = Receiver(), Receiver(), Receiver()
    context.background.submit(lambda: 1, kept.take)
    context.background.submit(lambda: 2, gone.take)
    context.background.submit(lambda: 3, told.append, receiver=named)
    let_go(gone, named)
    qtbot.waitUntil(lambda: not context.background.pending, timeout=LONG)
    assert told == [1]
    let_go(kept)
