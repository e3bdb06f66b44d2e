"""Queries of a screen to a run: one view, asked again and again for one receiver, and when to leave the viewer alone.

Read first: `ViewQuery`. Nothing is drawn here.
"""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from gui.undo import History, Trail, differing
from lab.errors import LabError

if TYPE_CHECKING:
    from lab.experiment import ViewSpec
    from lab.run import Run

QUIET_SECONDS = 0.4
"""How long after the user's last move background queries wait: the viewer answers one view at a time."""
WONDER_SECONDS = 0.5
LONGEST = 4.0
"""The longest time between two background queries of a view, in seconds, however expensive it is."""
SHARE = 0.12
"""The largest share of the viewer's time for a background query that does not say more: training needs the cores."""


class ViewSource(Protocol):
    """Who answers views: a session's bridge, or a stored run."""

    def specs(self) -> "dict[str, ViewSpec]": ...

    def moving(self) -> bool: ...

    def ask_view(self, view: str, done: Any, failed: Any, key: str, parameters: dict[str, Any]) -> None: ...


class PageState(QObject):
    """What the pages of one run share: the session, or the stored run, that answers them. Families extend it with what is selected."""

    source_changed = Signal()
    outdated = Signal()
    """Every answer may have changed, though the source is the same."""

    def __init__(self, run: "Run | None" = None, parent: QObject | None = None, history: History | None = None):
        """`history` takes the steps of what is edited. Raises LabError where the run's data are needed and cannot be read."""
        super().__init__(parent)
        self.run = run
        self.history = history if history is not None else History(self)
        self.page_in_front: Callable[[], QWidget | None] = lambda: None
        self.trails: list[Trail] = []
        self.source: ViewSource | None = None
        self.views: frozenset[str] = frozenset()
        self.touched = self.refreshed = float("-inf")
        """When the user last moved something, and when a background query was last sent; seconds of `time.monotonic`."""

    def trail(
        self, read: Callable[[], Any], write: Callable[[Any], None], name: Callable[[Any, Any], str] = differing,
        busy: Callable[[], bool] = lambda: False,
    ) -> Trail:  # fmt: skip
        """Follows what is edited, until the run's tab is closed; as of `gui.undo.Trail`."""
        made = Trail(self.history, read, write, name, lambda: self.page_in_front(), self, busy)
        self.trails.append(made)
        return made

    def set_source(self, source: ViewSource) -> None:
        """Ask another experiment."""
        self.source = source
        self.views = frozenset(source.specs())
        self.source_changed.emit()

    def detach(self) -> None:
        """Ask nobody any more; late answers reach no one, and nothing is left to undo."""
        for trail in self.trails:
            trail.close()
        self.source, self.views = None, frozenset()

    def moving(self) -> bool:
        """Whether answers change by themselves."""
        return self.source is not None and self.source.moving()

    def touch(self) -> None:
        """The user moves something: background queries wait a moment."""
        self.touched = time.monotonic()

    @property
    def quiet(self) -> bool:
        """Whether background queries have to wait."""
        return time.monotonic() - self.touched < QUIET_SECONDS


class OneAnswer:
    """One answer that somebody waits for, such as a file to be written: where another source takes over before it has come, that one
    is asked, and an error is told whatever has changed meanwhile."""

    def __init__(
        self, state: PageState, view: str, parameters: dict[str, Any], take: Callable[[Any], None], on_error: Callable[[str], None]
    ):
        self.state, self.view, self.parameters, self.take, self.on_error = state, view, parameters, take, on_error
        self.over = False
        state.source_changed.connect(self.ask)
        self.ask()

    def ask(self) -> None:
        source = self.state.source
        if self.over:
            return
        if source is None or self.view not in self.state.views:
            self.give_up("The run no longer has what was to be saved.")
            return

        def done(answer: Any) -> None:
            if not self.over and self.state.source is source:
                self.end()
                self.take(answer)

        def failed(error: BaseException) -> None:
            if not self.over and self.state.source is source:
                self.give_up(sentence(error))

        source.ask_view(self.view, done, failed, f"once {id(self)}", self.parameters)

    def give_up(self, sentence: str) -> None:
        self.end()
        self.on_error(sentence)

    def end(self) -> None:
        self.over = True
        self.state.source_changed.disconnect(self.ask)


def sentence(error: BaseException) -> str:
    return str(error) if isinstance(error, LabError) else f"{type(error).__name__}: {error}"


class ViewQuery:
    """One view, asked again and again for one receiver. Only the newest request is ever answered.

    `parameters` gives the view's parameters at the moment of asking, or None where there is nothing to ask;
    `on_answer` takes the answer, `on_error` the sentence of an error. `interval` is in seconds, `share` the largest part of the viewer's time
    that the query takes in the background.
    """

    def __init__(
        self,
        state: PageState,
        view: str,
        parameters: Callable[[], dict[str, Any] | None],
        on_answer: Callable[[Any], None],
        on_error: Callable[[str], None],
        interval: float = 0.25,
        share: float = SHARE,
    ):
        self.state, self.view, self.parameters, self.share = state, view, parameters, share
        self.on_answer, self.on_error, self.interval = on_answer, on_error, interval
        self.sent = self.answered = 0
        self.stale = True
        """Whether something changed since the last request."""
        self.moved = False
        """Whether the run was training when the last request was made."""
        self.asked = float("-inf")
        self.cost = 0.0
        """Seconds from a request to its answer."""
        self.took = float("inf")
        state.source_changed.connect(self.restart)
        state.outdated.connect(self.outdate)

    @property
    def waiting(self) -> bool:
        return self.answered < self.sent

    def waits_long(self) -> bool:
        """Whether an answer takes so long that a person wonders."""
        return self.waiting and time.monotonic() - self.asked > WONDER_SECONDS

    @property
    def settled(self) -> bool:
        """Whether the newest answer is shown and nothing will change it by itself."""
        return self.answered > 0 and not self.waiting and not self.stale and not (self.moved and not self.state.moving())

    def restart(self) -> None:
        """Another source answers from now on."""
        self.answered = self.sent
        self.stale = True

    def outdate(self) -> None:
        """What is shown, or on its way, is out of date."""
        self.stale = True

    def ask(self) -> None:
        """Ask now, in place of a request that still waits."""
        state = self.state
        parameters = self.parameters()
        if state.source is None or self.view not in state.views or parameters is None:
            return
        self.sent += 1
        self.stale = False
        self.moved = state.moving()
        self.asked = time.monotonic()
        serial, source, asked = self.sent, state.source, self.asked

        def done(answer: Any) -> None:
            if state.source is source and serial > self.answered:
                self.answered = serial
                # The first answer may have waited for the data: what one costs is the shorter of the last two.
                self.cost, self.took = min(self.took, time.monotonic() - asked), time.monotonic() - asked
                self.on_answer(answer)

        def failed(error: BaseException) -> None:
            if state.source is source and serial > self.answered:
                self.answered = serial
                if not self.stale:  # Otherwise something has changed since, and the error is out of date.
                    self.on_error(sentence(error))

        source.ask_view(self.view, done, failed, f"query {id(self)}", parameters)

    def tick(self, background: bool = True) -> None:
        """Ask where something changed or training moved on (`background`), unless the user moves something or an answer is on its way."""
        if background and self.moved and not self.state.moving():
            self.stale = True  # Training has paused or ended: what was shown may be a few steps old.
        if self.waiting or self.state.quiet or not (self.stale or (background and self.state.moving())):
            return
        if self.stale or time.monotonic() - self.asked >= max(self.interval, min(self.cost / self.share, LONGEST)):
            self.state.refreshed = time.monotonic()
            self.ask()
