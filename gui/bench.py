"""How fluid the app is while it trains, without a screen: `lab bench gui`.

Read first: `bench_gui`. The heartbeat is a 16 ms timer in the window's thread: what delays it, delays every click.
"""

import gc
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

WALL = 12
"""Agents that play at once."""
SETTINGS = {"learning_starts": 1000, "replay_capacity": 50_000}
"""Of the run that trains: the published network and batches, learning from the start."""
STRETCH_SECONDS, STRETCHES = 5.0, 12
HEARTBEAT_SECONDS = 30.0
WATCH_SECONDS = 10.0
PANELS, SESSIONS, FIRST = 1000, 100, 100


def bench_gui(device: str = "auto") -> dict[str, Any]:
    """The heartbeat while `dqn` trains and an agent is watched, the app's training speed against the headless one, the
    frame rates of the wall and of a watched agent alone, and what many opened and closed panels and sessions leave behind."""
    with own_place():
        from gui.event_loop import pause, until

        with opened() as window:
            panel: Any = window.panel("Atari")
            on_the_wall = wall(panel, pause, until)
            panel.watch_dock.show()
            until(lambda: panel.watch.panes[0].playing is not None and panel.watch.panes[0].playing.latest is not None, 60)
            thread = panel.watch.panes[0].playing
            ticks, start = thread.ticks, time.monotonic()
            pause(WATCH_SECONDS)
            watch_fps = (thread.ticks - ticks) / (time.monotonic() - start)
            panel.watch.shut()
            panel.watch.timer.start()
            bridge = start_session(window, panel, device, "dqn", SETTINGS)
            panel.watch.panes[0].stop()  # The new run's agent began to play: measure the speed with nobody playing.
            app, headless = speeds(bridge, device, pause)
            panel.watch_current()
            pause(2)
            beats = heartbeat(pause)
            bridge.session.stop()
            until(lambda: not bridge.running, 60)
        return {
            "window_start_s": round(window_start(), 2),
            **beats,
            **on_the_wall,
            "app_speed_ratio": round(float(np.mean(app) / np.mean(headless)), 3),
            "watch_fps": round(watch_fps, 1),
            "app_sps": [round(speed, 1) for speed in app],
            "headless_sps": [round(speed, 1) for speed in headless],
            "curves_10m_ms": round(curves(pause), 1),
            **leaks(pause),
        }


@contextmanager
def own_place() -> Iterator[None]:
    """No screen where there is none, and runs and settings in a folder that goes away again."""
    if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtCore import QSettings

    before = os.environ.get("LAB_RUNS")
    with tempfile.TemporaryDirectory() as place:
        os.environ["LAB_RUNS"] = f"{place}/runs"
        QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, place)
        try:
            yield
        finally:
            os.environ.pop("LAB_RUNS") if before is None else os.environ.update(LAB_RUNS=before)


@contextmanager
def opened() -> Iterator[Any]:
    """The app's window with its interpreter's settings; closed in order at the end."""
    from gui.app import SWITCH_SECONDS, application, open_window
    from gui.event_loop import until

    app = application()
    switch = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH_SECONDS)
    window = open_window(app)
    window.resize(1280, 800)
    try:
        yield window
    finally:
        window.closing.begin()
        until(lambda: not window.isVisible(), 60)
        window.deleteLater()
        sys.setswitchinterval(switch)


def window_start() -> float:
    """Seconds from the start of a `lab gui` of its own until its window shows; the middle of three."""
    code = (
        "import os; from gui.app import application, open_window; from gui.main_window import MainWindow\n"
        "MainWindow.started = lambda self: os._exit(0 if self.isVisible() else 1)\n"
        "app = application(); window = open_window(app); app.exec()"
    )
    seconds = []
    for _ in range(3):
        start = time.monotonic()
        subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)  # It ends before settings are written.
        seconds.append(time.monotonic() - start)
    return sorted(seconds)[1]


def curves(pause: Callable[[float], None]) -> float:
    """Milliseconds to draw curves of ten million points, raw and smoothed, as they grow or are moved; the 95th percentile."""
    from gui.widgets.curves import Curves, Line
    from gui.widgets.series import RunSeries, Series

    series, count = Series(), 10_000_000
    series.data = np.empty((4, count + 100))
    series.data[0] = np.arange(count + 100)
    series.data[1] = series.data[0] / 100
    series.data[2] = np.random.Generator(np.random.PCG64(0)).normal(size=count + 100).cumsum()
    series.data[3] = series.data[2].cumsum()
    series.count = count
    run = RunSeries(Path("none"))
    run.metrics["losses/loss"] = series
    shown = Curves()
    shown.resize(900, 500)
    shown.show()
    shown.add_run("run", Line("run", run, "#3b8ee0"))
    pause(0.5)
    box = shown.plots["losses/loss"].item.getViewBox()
    seconds = []
    for i in range(40):
        start = time.perf_counter()
        if i < 20:
            series.add(count + i, (count + i) / 100, 0.0)
            shown.draw()
        else:
            box.setRange(xRange=(count * i / 100, count * (i + 40) / 100), padding=0)
        pause(0)
        shown.grab()
        seconds.append(time.perf_counter() - start)
    shown.close()
    shown.deleteLater()
    return 1000 * float(np.percentile(seconds, 95))


def new_session(device: str) -> Any:
    from lab.api import new_session

    return new_session("dqn", dict(SETTINGS), steps=10_000_000, device=device)


def speeds(bridge: Any, device: str, pause: Callable[[float], None]) -> tuple[list[float], list[float]]:
    """Steps per second of the app's session and of a headless one, stretch by stretch in turns: a machine's own speed drifts.

    The headless one is in a process of its own, with no Qt; each is paused while the other trains.
    """
    from gui.event_loop import until

    app, headless = [], []
    code = f"from gui.bench import train_headless; train_headless({device!r})"
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            warm(bridge.session, pause)
            for _ in range(STRETCHES):
                bridge.session.pause()
                until(lambda: bridge.latest.status == "paused", 60)
                process.stdin.write("train\n")
                process.stdin.flush()
                headless.append(float(process.stdout.readline()))
                bridge.session.resume()
                app.append(speed(bridge.session, pause))
        finally:
            process.stdin.close()
    return app, headless


def train_headless(device: str) -> None:
    """Train a stretch for each line of the standard input, and print its steps per second."""
    session = new_session(device)
    session.start()
    for _ in sys.stdin:
        session.resume()
        warm(session, time.sleep)
        print(speed(session, time.sleep), flush=True)
        session.pause()
        while session.latest.status == "running":
            time.sleep(0.01)
    session.close()


def warm(session: Any, wait: Callable[[float], None]) -> None:
    """Wait until updates have begun."""
    while session.experiment.progress().done < SETTINGS["learning_starts"] + 500 and session.error is None:
        wait(0.1)


def speed(session: Any, wait: Callable[[float], None]) -> float:
    """Steps per second, a moment after a pause."""
    wait(0.5)
    done, start = session.experiment.progress().done, time.monotonic()
    wait(STRETCH_SECONDS)
    return (session.experiment.progress().done - done) / (time.monotonic() - start)


def start_session(window: Any, panel: Any, device: str, recipe: str, fields: dict[str, Any]) -> Any:
    """Press Train, as a person would."""
    from gui.event_loop import until

    count = len(window.sessions.bridges)
    panel.form.recipe_box.setCurrentText(recipe)
    panel.form.fields.reset()
    panel.form.fields.set_values(fields)
    panel.form.steps.setValue(10_000_000)
    panel.form.device.setCurrentText(device)
    panel.form.train_button.click()
    until(lambda: len(window.sessions.bridges) > count, 60)
    return window.sessions.bridges[-1]


def wall(panel: Any, pause: Callable[[float], None], until: Any) -> dict[str, float]:
    """Pictures a second of `WALL` agents that play at once (the shipped ones, again and again where there are fewer), the processor
    time of one picture in the wall's own thread, and the heartbeat meanwhile."""
    from agents.wall import wall_agents

    view = panel.wall.view
    until(lambda: view.thread_ is not None, 60)
    panel.wall.set_agents((wall_agents() * WALL)[:WALL])
    until(lambda: view.thread_ is not None and view.thread_.ticks > 60, 120)
    thread = view.thread_
    drawings, ticks, busy, start = view.drawings, thread.ticks, thread.busy, time.monotonic()
    beats = heartbeat(pause)
    seconds = time.monotonic() - start
    panel.wall.set_agents([])
    return {
        "wall_fps": round((view.drawings - drawings) / seconds, 1),
        "wall_cpu_ms": round(1000 * (thread.busy - busy) / (thread.ticks - ticks), 2),
        **{f"wall_{name}": value for name, value in beats.items()},
    }


def heartbeat(pause: Callable[[float], None], seconds: float = HEARTBEAT_SECONDS) -> dict[str, float]:
    """The 99th percentile and the longest of the intervals of a 16 ms timer."""
    from PySide6.QtCore import Qt, QTimer

    beats: list[float] = []
    timer = QTimer(interval=16)
    timer.setTimerType(Qt.TimerType.PreciseTimer)
    timer.timeout.connect(lambda: beats.append(time.perf_counter()))
    timer.start()
    begin = time.perf_counter()
    pause(seconds)
    timer.stop()
    if len(beats) < 2:  # The window stood still all the time.
        beats = [begin, time.perf_counter()]
    intervals = 1000 * np.diff(beats)
    return {"heartbeat_p99_ms": round(float(np.percentile(intervals, 99)), 1), "heartbeat_max_ms": round(float(intervals.max()), 1)}


def leaks(pause: Callable[[float], None]) -> dict[str, Any]:
    """What is left after `PANELS` opened and closed panels and `SESSIONS` started and stopped sessions."""
    from gui.background import Background
    from gui.bridge import Sessions
    from gui.event_loop import until
    from gui.garbage import Collector
    from gui.panel import AppContext
    from gui.panels import PANELS as SPECS
    from gui.queue_worker import QueueWorker

    collector = Collector()  # As in the app: rows and widgets that a worker's thread collects take Qt's bookkeeping with them.
    background = Background()
    sessions = Sessions(background)
    queue = QueueWorker(sessions, lambda job: None)
    bench = AppContext(background, sessions, lambda text: None, lambda text, trace: None, lambda run: None, queue)
    meeting = threading.Barrier(background.workers)
    for _ in range(background.workers):  # The pool's threads come as they are needed: have them all before anything is counted.
        background.submit(meeting.wait, lambda place: None)
    counts: dict[str, tuple[int, int, int]] = {}
    memory: dict[str, int] = {}
    for i in range(PANELS):
        panel = SPECS[i % len(SPECS)].panel_class()(bench)
        panel.show()
        pause(0)
        panel.close()
        panel.deleteLater()
        if i + 1 in (FIRST, PANELS):
            until(lambda: not background.pending, 30)
            counts[f"panels {i + 1}"], memory[f"panels {i + 1}"] = left(pause), resident()
    tiny = {"envs": 1, "learning_starts": 8, "replay_capacity": 200, "batch_size": 2, "hidden_units": 4}
    for i in range(SESSIONS):
        sessions.start("dqn-fast", tiny, lambda bridge: None, lambda error: None, steps=1_000_000, device="cpu")
        until(lambda: bool(sessions.bridges), 60)
        sessions.close_one(sessions.bridges[-1])
        until(lambda: not sessions.retiring, 60)
        if i + 1 in (10, SESSIONS):
            counts[f"sessions {i + 1}"], memory[f"sessions {i + 1}"] = left(pause), resident()
    background.close()
    collector.timer.stop()
    gc.enable()
    first, last = counts[f"panels {FIRST}"], counts[f"sessions {SESSIONS}"]
    names = ("leaked_threads", "leaked_timers", "leaked_widgets")
    return {
        **{name: after - before for name, before, after in zip(names, first, last, strict=True)},
        "panels_memory_ratio": round(memory[f"panels {PANELS}"] / memory[f"panels {FIRST}"], 3),
        "sessions_memory_ratio": round(memory[f"sessions {SESSIONS}"] / memory["sessions 10"], 3),
    }


def left(pause: Callable[[float], None]) -> tuple[int, int, int]:
    """How many threads, active timers and top-level widgets there are, once everything has settled."""
    from PySide6.QtCore import QCoreApplication, QEvent, QTimer
    from PySide6.QtWidgets import QApplication
    from shiboken6 import isValid

    pause(0.5)
    for _ in range(2):
        gc.collect()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    timers = [thing for thing in gc.get_objects() if type(thing) is QTimer]
    active = [timer for timer in timers if isValid(timer) and timer.isActive()]
    return threading.active_count(), len(active), len(QApplication.topLevelWidgets())


def resident() -> int:
    from gui.system import process_memory

    return process_memory()
