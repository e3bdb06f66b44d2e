"""The samples of a run, live, to look at and to pick from; test images beside them, and the time-lapse of the whole training."""

from typing import Any, ClassVar, Protocol

import numpy as np
from PySide6.QtCore import QSignalBlocker, Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QLabel,
    QMessageBox,
    QSizePolicy,
    QSlider,
    QSpinBox,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from gui.actions import Action
from gui.generate import bookmarks_pane
from gui.generate.bookmarks_pane import BookmarksPane
from gui.generate.image_grid import ImageGrid, set_smooth
from gui.generate.latent_state import SAMPLES, LatentState
from gui.page import Sidebar
from gui.settings import film_size
from gui.theme import faint
from gui.view_query import ViewQuery
from gui.widgets import icons
from gui.widgets.flow_layout import FlowLayout
from gui.widgets.save_dialog import ask_save_path
from gui.widgets.saved_note import frames_in, tell_saved
from lab.errors import LabError
from lab.saving import ENDINGS

ROWS, IMAGES = 10, 36
SEARCHING = "Searching the latent space for the image…"
LAPSE_MS = 80
NO_LAPSE = "The time-lapse of training appears here after the first steps."


class Picker(Protocol):
    """A page that samples are picked for."""

    hint: ClassVar[str]

    def pick(self, anchor: str) -> None: ...

    def badges(self) -> dict[str, str]: ...

    def here(self) -> tuple[float, ...] | None: ...


def kind_action(index: int, text: str, tip: str) -> Action:
    return Action(f"kind_{index}", text, tip, lambda browser: browser.choose_kind(index), f"Ctrl+{index + 1}", "&Samples")


KINDS = (
    kind_action(0, "Samples", "Show samples from fixed latent codes"),
    kind_action(1, "Real", "Show test images, to encode"),
    kind_action(2, "Time-lapse", "Show the samples over the course of training"),
    Action(
        "kind_3",
        "Bookmarks",
        "Show the points that you kept, to use them on every page",
        lambda browser: browser.choose_kind(3),
        "Ctrl+B",
        bookmarks_pane.MENU,
    ),
)
NEXT_SEED = Action(
    "next_seed", "Next seed", "Show other samples", lambda browser: browser.seed.stepUp(), "Ctrl+N", "&Samples", separator=True
)
SMOOTH = Action(
    "smooth", "Smooth / sharp", "Smooth enlarged images, or show their pixels",
    lambda browser: browser.state.set_smooth(not browser.state.smooth), "Ctrl+M", "&Samples",
)  # fmt: skip
PLAY = Action("play_film", "Play / pause time-lapse", "Play the time-lapse", lambda browser: browser.play_film(), "Ctrl+T", "&Samples")
SAVE = Action(
    "save_film",
    "Save time-lapse…",
    "Save the time-lapse as GIF, MP4, PNG or NPZ",
    lambda browser: browser.ask_save(),
    "Ctrl+Shift+T",
    "&Samples",
)


class SampleBrowser(Sidebar):
    """`picked` tells which sample or test image was clicked, as the anchor that the views understand."""

    ACTIONS: ClassVar[tuple[Action, ...]] = (*KINDS, *bookmarks_pane.ACTIONS, NEXT_SEED, SMOOTH, PLAY, SAVE)
    picked = Signal(str)

    def __init__(self, state: LatentState, parent: QWidget | None = None):
        super().__init__(state, parent)
        self.picker: Picker | None = None
        self.marks: dict[str, str] = {}
        self.answer: Any = None
        self.lapse: Any = None
        self.samples = ImageGrid("Samples appear here once the model has loaded.")
        self.samples.setToolTip("Samples from fixed latent codes. Click to pick (arrow keys and Space)")
        self.samples.setAccessibleName("Samples")
        self.images = ImageGrid("Test images appear here once the data have loaded.")
        self.images.setToolTip("Test images. Click to pick an image's encoding (arrow keys and Space)")
        self.images.setAccessibleName("Test images")
        self.film = ImageGrid(NO_LAPSE, pickable=False)
        self.stack = QStackedWidget()
        self.kept = BookmarksPane(state)
        self.kept.picked.connect(self.picked)
        self.kept.wanted.connect(self.bookmark)
        self.kept.walk_wanted.connect(state.walk_wanted)
        for widget in (self.samples, self.images, self.film, self.kept):
            self.stack.addWidget(widget)
        self.samples.picked.connect(lambda i: self.pick_sample(i))
        self.images.picked.connect(lambda i: self.picked.emit(f"image:{self.first.value() + i}"))
        self.build()
        self.sampling = ViewQuery(state, "samples", self.sample_parameters, self.show_samples, self.samples.show_text, interval=0.3)
        self.testing = ViewQuery(
            state,
            "test_images",
            lambda: {"n": IMAGES, "first": self.first.value()},
            self.show_test_images,
            self.images.show_text,
            interval=600,
        )
        self.lapsing = ViewQuery(state, "time_lapse", dict, self.show_lapse, self.film.show_text, interval=3.0)
        self.timer = QTimer(self, interval=LAPSE_MS)
        self.timer.timeout.connect(self.next_frame)
        state.source_changed.connect(self.source_changed)
        state.label_changed.connect(self.label_changed)
        state.picks_changed.connect(self.mark)
        state.marks_changed.connect(self.mark)
        state.smooth_changed.connect(lambda: set_smooth(self, state.smooth))
        self.picked.connect(self.pick)
        self.source_changed()
        set_smooth(self, state.smooth)

    def build(self) -> None:
        self.kinds = QButtonGroup(self)
        row = FlowLayout()
        for i, action in enumerate(KINDS):
            button = QToolButton(text=action.text, toolTip=action.tooltip, checkable=True, autoRaise=True)
            self.kinds.addButton(button, i)
            row.addWidget(button)
        self.kinds.button(0).setChecked(True)
        self.kinds.idToggled.connect(lambda i, on: self.show_kind(i) if on else None)
        self.seed = QSpinBox(maximum=99_999, prefix="seed ", toolTip="Seed of the latent codes (Ctrl+N for the next)")
        self.seed.valueChanged.connect(self.changed)
        self.seed.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        row.addWidget(self.seed)
        self.first = QSpinBox(maximum=2**31 - 1, singleStep=IMAGES, prefix="from ", toolTip="Number of the first image that is shown")
        self.first.valueChanged.connect(self.other_images)
        self.first.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.first.hide()
        row.addWidget(self.first)
        self.label = QComboBox(toolTip="The class to condition on, here and on every page")
        self.label.addItems(list(self.state.class_names))
        self.label.currentIndexChanged.connect(self.state.set_label)
        self.every_class = QCheckBox("all classes", checked=True, toolTip="Show one column per class instead of the selected class only")
        self.every_class.toggled.connect(self.changed)
        self.class_row = QWidget()
        classes = QHBoxLayout(self.class_row)
        classes.setContentsMargins(0, 0, 0, 0)
        caption = QLabel("Class")
        caption.setBuddy(self.label)
        for widget in (caption, self.label, self.every_class):
            classes.addWidget(widget, 1 if widget is self.label else 0)
        self.slider = QSlider(Qt.Orientation.Horizontal, maximum=0)
        self.slider.setToolTip("Time in training (arrow keys)")
        self.slider.setAccessibleName("Time-lapse")
        self.slider.valueChanged.connect(self.scrub)
        self.play_button = QToolButton(text="Play", checkable=True, toolTip=PLAY.tooltip)
        self.play_button.toggled.connect(self.set_playing)
        self.save_button = icons.IconButton(icons.save, SAVE.text, SAVE.tooltip, self.ask_save)
        self.when = QLabel("Time-lapse of training")
        faint(self.when)
        film = QHBoxLayout()
        film.addWidget(self.play_button)
        film.addWidget(self.slider, 1)
        film.addWidget(self.save_button)
        self.hint = QLabel(wordWrap=True)
        faint(self.hint)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(row)
        layout.addWidget(self.class_row)
        layout.addWidget(self.stack, 1)
        layout.addWidget(self.hint)
        layout.addLayout(film)
        layout.addWidget(self.when)

    # -- what is asked and arrives ---------------------------------------------------------------------------------

    @property
    def by_class(self) -> bool:
        """Whether each class has a column."""
        return self.state.conditional and self.every_class.isChecked()

    def sample_parameters(self) -> dict[str, Any]:
        classes = len(self.state.class_names)
        count = ROWS * classes if self.by_class and classes <= 12 else SAMPLES
        return {"n": count, "seed": self.seed.value(), "label": -1 if self.by_class or not self.state.conditional else self.state.label}

    def tick(self) -> None:
        kind = self.kinds.checkedId()
        if kind == 0:
            self.sampling.tick()
        elif kind == 1:
            self.testing.tick()
        elif kind == 3:
            self.kept.drawing.tick()
        self.hint.setText(SEARCHING if self.searching() else self.picker.hint if self.picker is not None else "")
        self.lapsing.interval = 2.0 if kind == 2 else 6.0
        self.lapsing.tick()

    def searching(self) -> bool:
        """Whether the code of a real image is being searched for, which a model without an encoder takes a second for."""
        real = any(anchor.startswith("image:") for anchor in self.marks)
        return real and self.state.searches and self.page is not None and any(query.waits_long() for query in self.page.queries)

    def changed(self, *_: object) -> None:
        self.state.seed = self.seed.value()
        self.sampling.stale = True
        self.badge()

    def source_changed(self) -> None:
        """Show what this model has."""
        self.class_row.setVisible(self.state.conditional)
        self.kinds.button(1).setVisible("test_images" in self.state.views)
        for widget in (self.slider, self.play_button, self.save_button):
            widget.setEnabled("time_lapse" in self.state.views)
        if self.state.source is not None:
            for tiles in (self.samples, self.images):
                if tiles.image is None:
                    tiles.show_text("Loading the data…")

    def label_changed(self) -> None:
        self.label.setCurrentIndex(self.state.label)
        self.changed()

    def show_samples(self, answer: Any) -> None:
        self.answer = answer
        by_class = self.by_class and answer.columns == len(self.state.class_names)
        self.samples.name([], list(self.state.class_names) if by_class else [])
        self.samples.show_images(answer.pixels, answer.columns if by_class else 0)

    def show_test_images(self, answer: Any) -> None:
        self.images.show_images(answer.pixels)
        self.badge()

    def other_images(self) -> None:
        self.testing.stale = True
        self.badge()

    # -- picking ---------------------------------------------------------------------------------------------------

    def pick_sample(self, index: int) -> None:
        if self.by_class:
            self.state.set_label(index % len(self.state.class_names))
        self.picked.emit(f"{index}@{self.seed.value()}")

    def follow(self, page: Any) -> None:
        """Samples that are picked are for this page from now on."""
        super().follow(page)
        self.picker = page
        self.hint.setText(page.hint)
        self.mark()

    def pick(self, anchor: str) -> None:
        if self.picker is not None:
            self.picker.pick(anchor)
        self.mark()

    def mark(self) -> None:
        """Mark the tiles that the page uses."""
        self.marks = self.picker.badges() if self.picker is not None else {}
        self.badge()

    def badge(self) -> None:
        seed = self.seed.value()
        shown = max(SAMPLES, self.samples.count)
        names = {f"{i}@{seed}": i for i in range(shown)} | {f"seed:{seed}": 0}
        if seed == 0:
            names |= {str(i): i for i in range(shown)}
        self.samples.set_badges({names[anchor]: mark for anchor, mark in self.marks.items() if anchor in names})
        images = {f"image:{self.first.value() + i}": i for i in range(IMAGES)}
        self.images.set_badges({images[anchor]: mark for anchor, mark in self.marks.items() if anchor in images})

    def bookmark(self) -> None:
        """Keep the point that the page in front shows."""
        z = self.picker.here() if self.picker is not None else None
        self.choose_kind(3)
        if z is None:
            self.kept.say("This page shows no single point. Walk, Plane, Arithmetic and Code do.")
        else:
            self.kept.add(z, self.state.label if self.state.conditional else 0)

    # -- the film --------------------------------------------------------------------------------------------------

    def choose_kind(self, kind: int) -> None:
        """Samples, real images or the time-lapse, where this model has them."""
        button = self.kinds.button(kind)
        if not button.isHidden():
            button.setChecked(True)
            button.setFocus()

    def show_kind(self, kind: int) -> None:
        self.stack.setCurrentIndex(kind)
        self.seed.setVisible(kind == 0)
        self.first.setVisible(kind == 1)
        if kind != 2:
            self.play_button.setChecked(False)
        self.tick()

    def show_lapse(self, answer: Any) -> None:
        at_end = self.slider.value() == self.slider.maximum()
        self.lapse = answer
        with QSignalBlocker(self.slider):
            self.slider.setMaximum(len(answer.steps) - 1)
            if at_end and not self.timer.isActive():
                self.slider.setValue(len(answer.steps) - 1)
        self.draw_lapse()

    def scrub(self, value: int) -> None:
        """The slider was moved: show the film at that time."""
        self.kinds.button(2).setChecked(True)
        self.draw_lapse()

    def draw_lapse(self) -> None:
        if self.lapse is not None and len(self.lapse.steps):
            i = min(self.slider.value(), len(self.lapse.steps) - 1)
            self.film.show_images(cut(np.asarray(self.lapse.history[i]), *self.state.shape[1:]))
            self.when.setText(f"Frame {i + 1} of {len(self.lapse.steps)}, step {self.lapse.steps[i]:,}")

    def play_film(self) -> None:
        if self.play_button.isEnabled():
            self.play_button.toggle()

    def set_playing(self, on: bool) -> None:
        self.play_button.setText("Pause" if on else "Play")
        if on:
            self.kinds.button(2).setChecked(True)
            if self.slider.value() == self.slider.maximum():
                self.slider.setValue(0)
            self.timer.start()
        else:
            self.timer.stop()

    def next_frame(self) -> None:
        if not self.isVisible():
            self.play_button.setChecked(False)
        elif self.slider.value() == self.slider.maximum():
            self.slider.setValue(0)
        else:
            self.slider.setValue(self.slider.value() + 1)

    def ask_save(self) -> None:
        """Save the film under a name that the user chooses."""
        if self.lapse is None:
            QMessageBox.warning(self, "Not saved", "There is no time-lapse yet. It starts with the first steps of training.")
            return
        path = ask_save_path(self, "Save the time-lapse", f"{self.state.run.name}.gif", ENDINGS)
        if path is not None:
            try:
                self.lapse.save(path, film_size(path))
            except (LabError, OSError) as error:
                QMessageBox.warning(self, "Not saved", str(error))
            else:
                tell_saved(path, frames_in(self.lapse, path))

    def shut(self) -> None:
        self.timer.stop()


def cut(whole: np.ndarray, height: int, width: int) -> np.ndarray:
    """The pictures (N, height, width[, 3]) that one picture of many, row by row, is made of."""
    rows, columns = whole.shape[0] // height, whole.shape[1] // width
    parts = whole.reshape(rows, height, columns, width, *whole.shape[2:]).swapaxes(1, 2)
    return parts.reshape(rows * columns, height, width, *whole.shape[2:])
