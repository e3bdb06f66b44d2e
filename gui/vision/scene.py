"""What the parts of one run's Look page share: who answers, which image is looked at, which class is asked about."""

import time
from typing import Any

from PySide6.QtCore import QObject, Signal

from gui.widgets.view_frame import Source

QUIET_SECONDS = 0.4
"""How long after a stroke everything but its own answer waits: the viewer answers one view at a time."""


class VisionScene(QObject):
    """One classifier as the screen sees it. It answers to what `gui.generate.scene.Question` asks of a scene."""

    source_changed = Signal()
    image_changed = Signal()

    def __init__(self, parent: QObject | None = None):
        super().__init__(parent)
        self.source: Source | None = None
        self.views: frozenset[str] = frozenset()
        self.image: Any = "test:0"
        self.label = ""
        self.hand = self.refreshed = float("-inf")

    def set_source(self, source: Source) -> None:
        """Ask another experiment."""
        self.source = source
        self.views = frozenset(source.specs())
        self.source_changed.emit()

    def moving(self) -> bool:
        return self.source is not None and self.source.moving()

    def show_image(self, image: Any, by_hand: bool = False) -> None:
        """Look at another image: "test:3", a file's path, or an array (H, W[, 3]) uint8."""
        if by_hand:
            self.hand = time.monotonic()
        self.image = image
        self.image_changed.emit()

    @property
    def quiet(self) -> bool:
        return time.monotonic() - self.hand < QUIET_SECONDS
