"""How fluid the panels are while they train, without a screen: parts of `lab bench vision`, `sequences` and `generate`, and
`lab bench dream` and `foundations`.

Read first: `bench_vision`. A stroke's time goes from the mouse's event to the end of the painting that shows what came of it.
"""

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from gui.bench import heartbeat, opened, own_place, start_session

STROKES = 60
DREAM = {"frames": 2_000}
"""Of the dream that trains: its defaults, from play that is there within seconds."""
KEY_MS = 150
"""How long a key is held in a dream."""
FRAME_SECONDS = 1 / 60
FRAMES_WARM, FRAMES_SECONDS = 1.0, 4.0
"""How long a page moves before its pictures are counted, and how long they are."""
WARM_SECONDS = 5.0
"""How long a run trains before the heartbeat is listened to."""


def bench_vision(device: str = "auto") -> dict[str, float]:
    """The heartbeat while LeNet-5 trains on the digits and the Inspect page follows it; milliseconds from a stroke of the pen to
    the probabilities, feature maps and Grad-CAM on the screen, while it trains and with the stored run."""
    with own_place(), opened() as window:
        from gui.event_loop import pause, until
        from gui.vision.inspect_page import InspectPage

        panel: Any = window.go_to("Vision")

        def page() -> Any:
            return panel.current_tab().page_tabs.page_of(InspectPage)

        bridge = start_session(window, panel, device, "classify", {})
        until(lambda: panel.current_tab() is not None and page().last is not None, 60)
        pause(WARM_SECONDS)
        beats = heartbeat(pause)
        training = strokes(page())
        bridge.session.stop()
        until(lambda: not bridge.running, 60)
        run = bridge.run
        panel.close_tab(panel.tabs.currentIndex())
        until(lambda: not window.sessions.retiring, 60)
        panel.open_run(run)
        until(lambda: panel.current_tab() is not None and page().last is not None, 60)
        stored = strokes(page())
        return {
            "stroke_ms": middle(stored), "stroke_p95_ms": late(stored), "stroke_training_ms": middle(training),
            "stroke_training_p95_ms": late(training), **beats,
        }  # fmt: skip


def bench_sequences(device: str = "auto") -> dict[str, float]:
    """The heartbeat while `gpt` trains and the Generate page regenerates its text; how many texts it wrote meanwhile."""
    with own_place(), opened() as window:
        from gui.event_loop import pause, until
        from gui.sequences.text_generation_page import TextGenerationPage

        panel: Any = window.go_to("Sequences")
        bridge = start_session(window, panel, device, "gpt", {})
        page = panel.current_tab().page_tabs.page_of(TextGenerationPage)
        until(lambda: len(page.output.toPlainText()) > page.length.value() // 2, 120)
        pause(WARM_SECONDS)
        written = page.writing.answered
        beats = heartbeat(pause)
        texts = page.writing.answered - written
        bridge.session.stop()
        until(lambda: not bridge.running, 60)
        return {"texts_written": texts, **beats}


def bench_dream(device: str = "auto") -> dict[str, float]:
    """The heartbeat while a dream trains and one plays in it beside the game by keys; frames of both a second; then seconds from
    opening the dream of Pong that comes with the lab to its first frame."""
    with own_place(), opened() as window:
        from PySide6.QtCore import QEvent, Qt, QTimer
        from PySide6.QtGui import QKeyEvent
        from PySide6.QtWidgets import QApplication

        from gui.atari.dream_page import DreamPage
        from gui.event_loop import pause, until
        from gui.examples import open_example

        panel: Any = window.go_to("Atari")
        bridge = start_session(window, panel, device, "dream", DREAM)

        def front() -> Any:
            return panel.current_tab() and panel.current_tab().page_tabs.page

        until(lambda: isinstance(front(), DreamPage), 60)
        page = front()
        until(lambda: page.drawn is not None, 300)  # The play is there, and a first step is learned.
        page.toggle_hand()
        keys = [Qt.Key.Key_Up, Qt.Key.Key_Down]

        def turn() -> None:
            """Let go of the key that is held, and press the other."""
            QApplication.sendEvent(page, QKeyEvent(QEvent.Type.KeyRelease, keys[0], Qt.KeyboardModifier.NoModifier))
            keys.reverse()
            QApplication.sendEvent(page, QKeyEvent(QEvent.Type.KeyPress, keys[0], Qt.KeyboardModifier.NoModifier))

        timer = QTimer(interval=KEY_MS)
        timer.timeout.connect(turn)
        timer.start()
        pause(WARM_SECONDS)
        beats = heartbeat(pause)
        timer.stop()
        rate = page.playing.rate
        bridge.session.stop()
        until(lambda: not bridge.running, 60)
        begin = time.perf_counter()
        open_example(panel, "pong-dream")
        until(lambda: isinstance(front(), DreamPage) and front() is not page and front().drawn is not None, 60)
        return {"frames_per_s": round(rate, 1), "first_frame_s": round(time.perf_counter() - begin, 2), **beats}


def bench_foundations(device: str = "auto") -> dict[str, Any]:
    """Of the panel and each page: seconds from choosing it to its first picture, pictures a second, and the processor's milliseconds for each of
    them in the window's thread, everything that the window does meanwhile included; the heartbeat over all pages."""
    with own_place(), opened() as window:
        from gui.event_loop import pause, until

        window.torch_loaded.connect(lambda: ready.append(True))
        ready: list[bool] = []
        until(lambda: bool(ready), 120)
        pause(WARM_SECONDS)  # One comes from another panel, in which an agent has begun to play.
        begin = time.perf_counter()
        home: Any = window.go_to("Foundations").home
        until(lambda: home.front.shown > 0, 60)
        first = {"panel": time.perf_counter() - begin}
        rates, costs, beats = {}, {}, {}
        for kind in home.classes:
            begin = time.perf_counter()
            page = home.page(kind.title)
            until(lambda page=page: getattr(page, "shown", 1) > 0, 60)  # type: ignore[misc]
            first[kind.title] = time.perf_counter() - begin
            if not hasattr(page, "shown"):
                continue  # It moves a step a second.
            rates[kind.title], costs[kind.title], beats[kind.title] = pictures(lambda page=page: page.shown, pause)  # type: ignore[misc]
        return {
            "first_s": {name: round(value, 2) for name, value in first.items()},
            "pictures_per_s": rates,
            "picture_ms": costs,
            "heartbeat_p99_ms": max(beat["heartbeat_p99_ms"] for beat in beats.values()),
            "heartbeat_max_ms": max(beat["heartbeat_max_ms"] for beat in beats.values()),
            "heartbeat_of_each_ms": {name: [beat["heartbeat_p99_ms"], beat["heartbeat_max_ms"]] for name, beat in beats.items()},
        }  # fmt: skip


def bench_generate(device: str = "auto") -> dict[str, Any]:
    """Pictures a second of the toys' page Landscape while they train, and the processor's milliseconds for each as in `bench_foundations`;
    the heartbeat meanwhile."""
    rates, costs, beats = {}, {}, {}
    with own_place(), opened() as window:
        from gui.event_loop import pause, until

        panel: Any = window.go_to("Generate")
        for recipe in ("toy-gan", "toy-flow"):
            bridge = start_session(window, panel, device, recipe, {})
            query = panel.current_tab().page_tabs.page.landscape
            until(lambda query=query: query.answered > 0, 60)  # type: ignore[misc]
            rates[recipe], costs[recipe], beats[recipe] = pictures(lambda query=query: query.answered, pause)  # type: ignore[misc]
            bridge.session.stop()
            until(lambda bridge=bridge: not bridge.running, 60)  # type: ignore[misc]
    return {
        "landscape_pictures_per_s": rates, "landscape_picture_ms": costs,
        "landscape_heartbeat_p99_ms": {name: beat["heartbeat_p99_ms"] for name, beat in beats.items()},
    }  # fmt: skip


def pictures(shown: Callable[[], int], pause: Callable[[float], None]) -> tuple[float, float, dict[str, float]]:
    """Pictures a second of what has `shown()` of them, milliseconds of the window's thread for each, and the heartbeat meanwhile."""
    pause(FRAMES_WARM)
    before, spent, begin = shown(), time.thread_time(), time.perf_counter()
    beats = heartbeat(pause, FRAMES_SECONDS)
    count = shown() - before
    rate, cost = count / (time.perf_counter() - begin), 1000 * (time.thread_time() - spent) / max(1, count)
    return round(rate, 1), round(cost, 1), beats


def strokes(page: Any, count: int = STROKES) -> list[float]:
    """Milliseconds of each of `count` movements of the pen over the Inspect page, each made when the one before is painted."""
    from PySide6.QtCore import QEvent, QEventLoop, QObject, QPointF, Qt, QTimer
    from PySide6.QtGui import QMouseEvent
    from PySide6.QtWidgets import QApplication

    from gui.event_loop import pause, until

    parts = {page.bars, page.overlay, page.maps}
    answered: list[Any] = []

    class Watcher(QObject):
        """Notes when all `parts` have been painted after the answer came."""

        def __init__(self) -> None:
            super().__init__()
            self.painted: set[Any] = set()
            self.end = 0.0

        def eventFilter(self, watched: QObject, event: QEvent) -> bool:
            if event.type() == QEvent.Type.Paint and answered and not self.end:
                self.painted.add(watched)
                if self.painted == parts:
                    QTimer.singleShot(0, self.finish)  # Runs when this round of painting is over.
            return False

        def finish(self) -> None:
            self.end = self.end or time.perf_counter()

    watcher = Watcher()
    for part in parts:
        part.installEventFilter(watcher)
    on_answer = page.look.on_answer

    def received(answer: Any) -> None:
        on_answer(answer)
        if answer.name == "picture" and page.look.answered == page.look.sent:
            answered.append(answer)

    page.look.on_answer = received
    area = page.canvas.area()
    turns = np.linspace(0, 4 * np.pi, count + 5)
    milliseconds = []
    kind, button = QEvent.Type.MouseButtonPress, Qt.MouseButton.LeftButton
    for i, turn in enumerate(turns):
        radius = 0.1 + 0.25 * i / len(turns)
        place = QPointF(area.center().x() + radius * area.width() * np.cos(turn), area.center().y() + radius * area.height() * np.sin(turn))
        answered.clear()
        watcher.painted, watcher.end = set(), 0.0
        begin = time.perf_counter()
        event = QMouseEvent(
            kind, place, page.canvas.mapToGlobal(place), button, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
        )  # fmt: skip
        QApplication.sendEvent(page.canvas, event)
        while not watcher.end and time.perf_counter() - begin < 10:
            QApplication.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)
        milliseconds.append(1000 * (watcher.end - begin) if watcher.end else float("inf"))
        kind, button = QEvent.Type.MouseMove, Qt.MouseButton.NoButton
        pause(max(0.0, FRAME_SECONDS - (time.perf_counter() - begin)))
    page.look.on_answer = on_answer
    until(lambda: not page.look.waiting, 10)
    for part in parts:
        part.removeEventFilter(watcher)
    return milliseconds[5:]


def middle(values: list[float]) -> float:
    return round(float(np.median(values)), 1)


def late(values: list[float]) -> float:
    return round(float(np.percentile(values, 95)), 1)
