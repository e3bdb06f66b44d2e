"""One question to a run's source: asked when something changed or the run moves on, never twice at once."""

from collections.abc import Callable
from typing import Any

from gui.widgets.view_frame import Source
from lab.errors import LabError


class Question:
    """Asks the view `name` with the parameters that `parameters()` gives; the answer reaches `done`, a sentence `failed`."""

    def __init__(self, name: str, parameters: Callable[[], dict[str, Any]], done: Callable[[Any], None], failed: Callable[[str], None]):
        self.name, self.parameters, self.done, self.failed = name, parameters, done, failed
        self.source: Source | None = None
        self.waiting = False
        self.stale = True
        self.number = 0

    def set_source(self, source: Source) -> None:
        self.source, self.waiting, self.stale = source, False, True
        self.number += 1

    @property
    def known(self) -> bool:
        """Whether the source answers this view."""
        return self.source is not None and self.name in self.source.specs()

    def tick(self, moving: bool = True) -> None:
        """Ask, if the last answer has come and another one may differ; `moving` off, only if something changed here."""
        if self.source is None or not self.known or self.waiting or not (self.stale or (moving and self.source.moving())):
            return
        self.stale, self.waiting = False, True
        number = self.number

        def done(answer: Any) -> None:
            if number == self.number:
                self.waiting = False
                self.done(answer)

        def failed(error: BaseException) -> None:
            if number == self.number:
                self.waiting = False
                self.failed(str(error) if isinstance(error, LabError) else f"{type(error).__name__}: {error}")

        self.source.ask_view(self.name, done, failed, f"{self.name} {id(self)}", self.parameters())
