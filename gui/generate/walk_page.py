"""Interpolation: a walk through two to four anchors, by a slider, by dragging between them, or by itself."""

import time
from typing import Any, ClassVar

import pyqtgraph as pg
from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QLineEdit, QSlider, QSpinBox, QSplitter, QToolButton, QVBoxLayout, QWidget

from gui.actions import Action
from gui.generate.image_grid import mosaic
from gui.generate.latent_page import LatentPage
from gui.generate.latent_state import MOST_ANCHORS, SAMPLES, LatentState
from gui.generate.xy_pad import ROUND, XYPad
from gui.theme import colour, faint
from gui.undo import bring_to_front
from gui.widgets.picture import Picture, to_image
from gui.widgets.plot import Plot

FRAME_MS = 33
TICKS = 1000
STEPS = 32
GROUND = 7
"""The square is shown as so many pictures by so many."""
SPEEDS = {"slow": 12.0, "normal": 6.0, "fast": 3.0}
"""Seconds for one leg of four, so for the whole round: name -> seconds."""
PICK_TWO = "Pick two to four samples on the left, or enter anchors below, to interpolate between them."


PLAY = Action("play", "Play / pause", "Loop through the anchors", lambda page: page.play(), "Ctrl+Space", "&Walk")
MODE = Action("mode", "Spherical / linear", "Switch the interpolation between anchors", lambda page: page.switch_mode(), "Ctrl+L", "&Walk")
SHUFFLE = Action("shuffle", "Other anchors", "Use the next four samples as anchors", lambda page: page.shuffle(), "Ctrl+K", "&Walk")


class WalkPage(LatentPage):
    """The picture follows the slider and the point in the square as they are dragged, also during training."""

    title: ClassVar[str] = "Walk"
    tip: ClassVar[str] = "Interpolate between anchors, or drag within the square that they span"
    reading: ClassVar[str] = (
        "Anchors are samples, 3@0 being sample 3 of seed 0, or test images (image:12). The curve is how far each frame is from the one before: root mean square of the pixels, which go from 0 to 255."
    )
    hint: ClassVar[str] = "Click samples to set anchors 1 to 4."
    needs: ClassVar[tuple[str, ...]] = ("walk", "interpolate")
    ACTIONS: ClassVar[tuple[Action, ...]] = (PLAY, MODE, SHUFFLE)

    def __init__(self, state: LatentState, parent: QWidget | None = None):
        super().__init__(state, parent)
        self.pad = XYPad()
        self.pad.moved.connect(self.dragged)
        self.picture = Picture(PICK_TWO, (140, 130))
        self.slider = QSlider(Qt.Orientation.Horizontal, maximum=TICKS, pageStep=TICKS // 20)
        self.slider.setToolTip("Position along the walk (arrow keys)")
        self.slider.setAccessibleName("Position on the walk")
        self.slider.valueChanged.connect(self.slid)
        self.play_button = QToolButton(text="Play", checkable=True, toolTip=PLAY.tooltip)
        self.play_button.toggled.connect(self.set_playing)
        self.speed = QComboBox(toolTip="Playback speed")
        self.speed.addItems(list(SPEEDS))
        self.speed.setCurrentText("normal")
        self.speed.currentTextChanged.connect(lambda _: self.set_playing(self.state.playing))
        self.mode = QComboBox(
            toolTip="spherical keeps the norm of z, which hardly varies in many dimensions; linear takes the straight line (Ctrl+L)"
        )
        self.mode.addItems(["spherical", "linear"])
        self.mode.currentTextChanged.connect(state.set_mode)
        self.anchors = QLineEdit(
            toolTip="Anchors, separated by commas: 3@0 (sample 3 of seed 0), seed:7, image:12 (test image 12, encoded) or z:NUMBERS"
        )
        self.anchors.editingFinished.connect(self.typed)
        self.length = QSpinBox(minimum=2, maximum=600, value=96, suffix=" frames", singleStep=12)
        self.length.setToolTip("Frames of the film that is saved; File > Film size has how large it is")
        self.plot = Plot("frame", "distance to previous frame (grey levels)", "Distances between frames appear here")
        self.plot.setMinimumHeight(90)
        self.marker = pg.InfiniteLine(pen=pg.mkPen(colour(1), width=1))
        self.plot.item.addItem(self.marker, ignoreBounds=True)
        self.marker.hide()
        self.figures = QLabel(wordWrap=True)
        faint(self.figures)
        self.build()
        self.frame = self.query("square", self.frame_parameters, self.show_frame, self.picture.show_text, interval=0.05)
        self.thumbs = self.query("interpolate", self.thumb_parameters, self.show_thumbs, lambda text: None, interval=0.5)
        self.ground = self.query("square", self.ground_parameters, self.show_ground, lambda text: None, interval=1.0)
        self.distance = self.query("walk_distance", self.distance_parameters, self.show_distance, self.figures.setText, interval=1.0)
        self.code: tuple[float, ...] | None = None
        """The z of the picture."""
        self.on_path = False
        self.marked = 0
        self.started = 0.0
        self.timer = QTimer(self, interval=FRAME_MS, timerType=Qt.TimerType.PreciseTimer)
        self.timer.timeout.connect(self.advance)
        state.picks_changed.connect(self.picks_changed)
        state.mode_changed.connect(self.mode_changed)
        state.walk_wanted.connect(lambda: bring_to_front(self))
        self.picks_changed()

    def build(self) -> None:
        top = QSplitter(Qt.Orientation.Horizontal, childrenCollapsible=False)
        top.addWidget(self.pad)
        top.addWidget(self.picture)
        top.setSizes([300, 300])
        row = QHBoxLayout()
        row.addWidget(self.play_button)
        row.addWidget(self.slider, 1)
        for widget in (self.speed, self.mode):
            row.addWidget(widget)
        second = QHBoxLayout()
        label = QLabel("Anchors")
        label.setBuddy(self.anchors)
        second.addWidget(label)
        second.addWidget(self.anchors, 1)
        second.addWidget(self.length)
        lower = QWidget()
        below = QVBoxLayout(lower)
        below.setContentsMargins(0, 0, 0, 0)
        below.addLayout(row)
        below.addLayout(second)
        below.addWidget(self.plot, 1)
        below.addWidget(self.figures)
        split = QSplitter(Qt.Orientation.Vertical, childrenCollapsible=False)
        split.addWidget(top)
        split.addWidget(lower)
        split.setSizes([330, 220])
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(split)

    # -- what is asked ---------------------------------------------------------------------------------------------

    def names(self, order: Any = None) -> str:
        """The anchors as the views take them, in the given order."""
        anchors = self.state.anchors
        chosen = anchors if order is None else [anchors[i] for i in order]
        return ("; " if any(name.startswith("z:") for name in chosen) else ",").join(chosen)

    def common(self, order: Any = None) -> dict[str, Any] | None:
        if len(self.state.anchors) < 2:
            return None
        return {"anchors": self.names(order), "mode": self.state.mode, "label": self.state.label}

    def walk_order(self) -> tuple[int, ...] | None:
        return ROUND.get(len(self.state.anchors))

    def frame_parameters(self) -> dict[str, Any] | None:
        """Of the picture: on the walk, or free in the square."""
        if self.on_path or len(self.state.anchors) < 3:
            common = self.common(self.walk_order())
            t = self.slider.value() / TICKS if self.on_path else self.pad.u / 2
            self.frame.view = "walk"
            return None if common is None else {**common, "t": t, "loop": True}
        self.frame.view = "square"
        common = self.common()
        return None if common is None else {**common, "u": self.pad.u, "v": self.pad.v}

    def thumb_parameters(self) -> dict[str, Any] | None:
        """A round in as many steps as there are anchors stops at each of them."""
        common = self.common()
        return None if common is None else {**common, "steps": len(self.state.anchors), "loop": True}

    def distance_parameters(self) -> dict[str, Any] | None:
        common = self.common(self.walk_order())
        return None if common is None else {**common, "steps": STEPS, "loop": True}

    def export(self) -> tuple[str, dict[str, Any]] | None:
        common = self.common(self.walk_order())
        return None if common is None else ("interpolate", {**common, "steps": self.length.value(), "loop": True})

    # -- what arrives ----------------------------------------------------------------------------------------------

    def here(self) -> tuple[float, ...] | None:
        return self.code

    def show_frame(self, answer: Any) -> None:
        self.code = tuple(map(float, answer.codes[0]))
        self.picture.show_pixels(answer.pixels[0])

    def show_thumbs(self, answer: Any) -> None:
        if len(answer.pixels) == len(self.state.anchors):
            self.pad.set_corners(len(answer.pixels), [to_image(pixels) for pixels in answer.pixels])

    def ground_parameters(self) -> dict[str, Any] | None:
        common = self.common()
        return None if common is None or len(self.state.anchors) != 4 else {**common, "n": GROUND}

    def show_ground(self, answer: Any) -> None:
        if len(self.state.anchors) == 4:
            self.pad.set_ground(to_image(mosaic(answer.pixels, answer.columns)), answer.columns)

    def show_distance(self, answer: Any) -> None:
        x, y = answer.series["distance"]
        self.plot.set_line("distance", x, y, colour(0))
        self.plot.item.setYRange(0, 1.1 * max(float(y.max()), 1e-6))
        self.figures.setText(f"Distance between frames: {answer.title}. A spike marks a discontinuity in the latent space.")

    # -- the hand --------------------------------------------------------------------------------------------------

    def dragged(self, u: float, v: float) -> None:
        """The point in the square was moved."""
        self.play_button.setChecked(False)
        self.on_path = False
        self.marker.hide()
        self.state.touch()
        self.frame.ask()

    def slid(self, value: int) -> None:
        """The slider moved, by the user or because the walk plays."""
        self.on_path = True
        if not self.state.playing:
            self.state.touch()
        if len(self.pad.corners) >= 2:
            self.pad.set_point(*self.pad.along(value / TICKS))
        self.frame.ask()
        self.marker.show()
        if not self.state.playing or abs(value - self.marked) > TICKS // STEPS:  # Redrawing the plot is expensive.
            self.marked = value
            self.marker.setPos(value / TICKS * STEPS)

    def typed(self) -> None:
        """Anchors were typed."""
        text = self.anchors.text()
        parts = [part.strip() for part in text.split(";" if ";" in text or text.strip().startswith("z:") else ",") if part.strip()]
        if parts != self.state.anchors and len(parts) <= 4:
            self.state.set_anchors(parts)
        elif len(parts) > 4:
            self.figures.setText("Enter at most four anchors.")

    def pick(self, anchor: str) -> None:
        self.state.toggle_anchor(anchor)

    def badges(self) -> dict[str, str]:
        return {anchor: str(i + 1) for i, anchor in enumerate(self.state.anchors)}

    def picks_changed(self) -> None:
        self.anchors.setText(self.names())
        self.pad.set_corners(len(self.state.anchors))
        if len(self.state.anchors) < 2:
            self.play_button.setChecked(False)
            self.picture.show_text(PICK_TWO)
            self.plot.drop_line("distance")
            self.figures.clear()
        for widget in (self.slider, self.play_button):
            widget.setEnabled(len(self.state.anchors) >= 2)
        self.refresh()
        if self.isVisible():
            self.tick()

    def mode_changed(self) -> None:
        self.mode.setCurrentText(self.state.mode)
        self.refresh()

    def tick(self) -> None:
        for question in self.queries:
            if question is not self.frame or not self.state.playing:  # A walk that plays asks for its frames itself.
                question.tick()

    # -- playing ---------------------------------------------------------------------------------------------------

    def demonstrate(self) -> None:
        self.play_button.setChecked(self.play_button.isEnabled())

    def play(self) -> None:
        if self.play_button.isEnabled():
            self.play_button.toggle()

    def switch_mode(self) -> None:
        self.state.set_mode("linear" if self.state.mode == "spherical" else "spherical")

    def shuffle(self) -> None:
        """The four samples after the present anchors."""
        first = max((int(name.partition("@")[0]) for name in self.state.anchors if name.partition("@")[0].isdigit()), default=-1) + 1
        self.state.set_anchors([f"{(first + i) % SAMPLES}@{self.state.seed}" for i in range(MOST_ANCHORS)])

    def set_playing(self, on: bool) -> None:
        self.play_button.setText("Pause" if on else "Play")
        self.state.playing = on
        if on:
            self.started = time.monotonic() - self.slider.value() / TICKS * SPEEDS[self.speed.currentText()]
            self.timer.start()
        else:
            self.timer.stop()

    def advance(self) -> None:
        """One frame further on the round."""
        if not self.isVisible():
            self.play_button.setChecked(False)
            return
        seconds = SPEEDS[self.speed.currentText()]
        self.slider.setValue(round((time.monotonic() - self.started) / seconds % 1.0 * TICKS))

    def shut(self) -> None:
        self.timer.stop()
