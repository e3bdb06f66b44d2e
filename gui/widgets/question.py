"""Questions of a screen to a run: one view, asked again and again for one receiver, and when to leave the viewer alone.

Read first: `Question`. Nothing is drawn here.
"""

import time
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, Signal

from gui.widgets.view_frame import Source
from lab.errors import LabError

QUIET_SECONDS = 0.4
"""How long after the hand has moved everything else waits: the viewer answers one view at a time."""
LONGEST = 4.0
"""The longest that a view which refreshes by itself waits, in seconds, however dear it is."""
SHARE = 0.12
"""The most of the viewer's time that one view which refreshes by itself may take: training wants the cores."""


class Asked(QObject):
    """Who answers the questions of one run's pages: the session that trains it, or the stored run."""

    source_changed = Signal()

    def __init__(self, parent: QObject | None = None):
        super().__init__(parent)
        self.source: Source | None = None
        self.views: frozenset[str] = frozenset()
        self.hand = self.refreshed = float("-inf")

    def set_source(self, source: Source) -> None:
        """Ask another experiment."""
        self.source = source
        self.views = frozenset(source.specs())
        self.source_changed.emit()

    def drop(self) -> None:
        """Ask nobody any more; what is still answered reaches no one."""
        self.source, self.views = None, frozenset()

    def moving(self) -> bool:
        """Whether answers change by themselves."""
        return self.source is not None and self.source.moving()

    def touch(self) -> None:
        """The hand moves: what refreshes by itself waits a moment."""
        self.hand = time.monotonic()

    @property
    def quiet(self) -> bool:
        """Whether views that refresh by themselves have to wait."""
        return time.monotonic() - self.hand < QUIET_SECONDS


class Question:
    """One view, asked again and again for one receiver. Only the newest request is ever answered.

    `parameters` gives the view's parameters at the moment of asking, or None where there is nothing to ask;
    `receive` takes the answer, `excuse` the sentence of an error.
    """

    def __init__(
        self,
        scene: Asked,
        view: str,
        parameters: Callable[[], dict[str, Any] | None],
        receive: Callable[[Any], None],
        excuse: Callable[[str], None],
        every: float = 0.25,
    ):
        self.scene, self.view, self.parameters = scene, view, parameters
        self.receive, self.excuse, self.every = receive, excuse, every
        self.sent = self.answered = 0
        self.stale = True
        """Whether something changed since the last request."""
        self.moved = False
        """Whether training went on when the last request was made."""
        self.asked = float("-inf")
        self.cost = 0.0
        """Seconds from a request to its answer."""
        self.took = float("inf")
        scene.source_changed.connect(self.restart)

    @property
    def waiting(self) -> bool:
        return self.answered < self.sent

    @property
    def settled(self) -> bool:
        """Whether the newest answer is shown and nothing will change it by itself."""
        return self.answered > 0 and not self.waiting and not self.stale and not (self.moved and not self.scene.moving())

    def restart(self) -> None:
        """Somebody else answers from now on."""
        self.answered = self.sent
        self.stale = True

    def ask(self) -> None:
        """Ask now, in place of a request that still waits."""
        scene = self.scene
        parameters = self.parameters()
        if scene.source is None or self.view not in scene.views or parameters is None:
            return
        self.sent += 1
        self.stale = False
        self.moved = scene.moving()
        self.asked = time.monotonic()
        serial, source, asked = self.sent, scene.source, self.asked

        def done(answer: Any) -> None:
            if scene.source is source and serial > self.answered:
                self.answered = serial
                # The first answer may have waited for the data: what one costs is the shorter of the last two.
                self.cost, self.took = min(self.took, time.monotonic() - asked), time.monotonic() - asked
                self.receive(answer)

        def failed(error: BaseException) -> None:
            if scene.source is source and serial > self.answered:
                self.answered = serial
                if not self.stale:  # Else something has changed since, and what is wrong with it is no longer news.
                    self.excuse(str(error) if isinstance(error, LabError) else f"{type(error).__name__}: {error}")

        source.ask_view(self.view, done, failed, f"question {id(self)}", parameters)

    def tick(self, by_itself: bool = True) -> None:
        """Ask where something changed or training moved on (`by_itself`), unless the hand moves or an answer is on its way."""
        if by_itself and self.moved and not self.scene.moving():
            self.stale = True  # Training has paused or ended: what was shown may be a few steps old.
        if self.waiting or self.scene.quiet or not (self.stale or (by_itself and self.scene.moving())):
            return
        if self.stale or time.monotonic() - self.asked >= max(self.every, min(self.cost / SHARE, LONGEST)):
            self.scene.refreshed = time.monotonic()
            self.ask()
