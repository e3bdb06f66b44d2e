"""What the pages of one run share: who answers, which samples are picked, the class. Nothing is drawn here."""

import time
from typing import Any

from PySide6.QtCore import QObject, Signal

from gui.undo import History
from gui.view_query import PageState
from lab.bookmarks import Bookmark, bookmarks, keep
from lab.run import Run

PLAYING_SECONDS = 1.5
"""While a walk plays, the time between two views that refresh by themselves."""
MOST_ANCHORS = 4
SAMPLES = 64
"""How many samples there are to pick from."""
SMALL = 20
"""Pictures of fewer pixels a side are smoothed unless told otherwise."""


class LatentState(PageState):
    """One run's latent space as the screen sees it."""

    picks_changed = Signal()
    """Other anchors."""
    marks_changed = Signal()
    """Other samples are to be marked."""
    bookmarks_changed = Signal()
    walk_wanted = Signal()
    """The walk between the anchors should be in front."""
    label_changed = Signal()
    mode_changed = Signal()
    smooth_changed = Signal()

    run: Run

    def __init__(self, run: Run, parent: QObject | None = None, history: History | None = None):
        super().__init__(run, parent, history)
        config: Any = run.config(exists=False)
        self.shape: tuple[int, int, int] = config.shape_for(run.stored.get("data"))
        self.latent: int = config.code_length(self.shape)
        self.class_names: tuple[str, ...] = tuple(run.stored.get("data", {}).get("classes", ())) or config.classes
        self.anchors: list[str] = [f"{i}@0" for i in range(MOST_ANCHORS)]
        self.seed = 0
        """Of the samples to pick from."""
        self.label = 0
        self.mode = "spherical"
        self.smooth = self.shape[1] < SMALL
        """Whether enlarged pictures are smoothed: eight sharp pixels are hard to read as a digit."""
        self.bookmarks = bookmarks(run)
        self.playing = False
        """Whether a walk plays: views that refresh by themselves then come one at a time, now and then."""

        self.picking = self.trail(self.picks, self.set_picks)
        for told in (self.picks_changed, self.label_changed, self.mode_changed):
            told.connect(self.picking.note)

        self.keeping = self.trail(lambda: self.bookmarks, self.put_bookmarks, lambda before, after: "bookmarks")
        self.bookmarks_changed.connect(self.keeping.note)

    # -- the model -------------------------------------------------------------------------------------------------

    @property
    def has_encoder(self) -> bool:
        return "reconstruct" in self.views

    @property
    def inverts(self) -> bool:
        """Whether a picture's z is found by optimisation."""
        return "nearest" in self.views

    @property
    def searches(self) -> bool:
        """Whether the code of a real image is searched for: there is no encoder, nor are its places read one by one."""
        return not self.views & {"reconstruct", "completions"}

    @property
    def conditional(self) -> bool:
        return "class_interpolation" in self.views

    @property
    def quiet(self) -> bool:
        """Whether views that refresh by themselves have to wait."""
        return super().quiet or (self.playing and time.monotonic() - self.refreshed < PLAYING_SECONDS)

    # -- what is picked --------------------------------------------------------------------------------------------

    def toggle_anchor(self, anchor: str) -> None:
        """Pick an anchor, or let go of it; a fifth takes the place of the one that was picked first."""
        if anchor in self.anchors:
            self.anchors.remove(anchor)
        else:
            self.anchors = [*self.anchors, anchor][-MOST_ANCHORS:]
        self.picks_changed.emit()

    def picks(self) -> dict[str, Any]:
        """What is picked, by name."""
        return {"anchors": tuple(self.anchors), "class": self.label, "interpolation": self.mode}

    def set_picks(self, picks: dict[str, Any]) -> None:
        if picks["anchors"] != tuple(self.anchors):
            self.set_anchors(list(picks["anchors"]))
        self.set_label(picks["class"])
        self.set_mode(picks["interpolation"])

    def set_anchors(self, anchors: list[str]) -> None:
        self.anchors = list(anchors)
        self.picks_changed.emit()

    def set_bookmarks(self, kept: tuple[Bookmark, ...]) -> None:
        """What was written down as the run's bookmarks."""
        self.bookmarks = kept
        self.bookmarks_changed.emit()

    def put_bookmarks(self, kept: tuple[Bookmark, ...]) -> None:
        keep(self.run, kept)
        self.set_bookmarks(kept)

    def set_label(self, label: int) -> None:
        if label != self.label:
            self.label = label
            self.label_changed.emit()

    def set_smooth(self, smooth: bool) -> None:
        self.smooth = smooth
        self.smooth_changed.emit()

    def set_mode(self, mode: str) -> None:
        if mode != self.mode:
            self.mode = mode
            self.mode_changed.emit()
