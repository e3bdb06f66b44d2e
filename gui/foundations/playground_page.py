"""The playground: a network on points in the plane, of which everything is seen and changed while it learns.

Read first: `PlaygroundPage.change`. The page holds the settings; the sandbox's thread holds the network.
"""

import math
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QComboBox,
    QFileDialog,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from gui import theme
from gui.foundations.controls import Choices, PointsButton
from gui.foundations.foundation_page import LivePage
from gui.foundations.loss_strip import TEST, TRAIN, LossStrip, LossWord
from gui.foundations.network_view import NetworkView, Target
from gui.foundations.surface_view import SurfaceView
from gui.theme import GAP
from gui.widgets.fast_label import FastLabel
from gui.widgets.flow_layout import FlowLayout
from gui.widgets.room import Scroller
from lab.built_in_presets import BUILT_IN, QUICK
from lab.data import drawn_points
from lab.errors import UsageError
from lab.recipes.foundations.playground_config import MOST_LAYERS, MOST_UNITS, PlaygroundConfig, layers_text
from lab.recipes.foundations.settings import INPUT_NAMES

RATES = (0.0001, 0.0003, 0.001, 0.003, 0.01, 0.02, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0)
WEIGHTS = (0.0, 0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.05, 0.1, 0.3, 1.0)
SETS = {
    "spirals": "Two spirals, the hardest", "circles": "A disc in a ring", "xor": "XOR: opposite corners belong together",
    "moons": "Two moons", "gaussians": "Two clouds, which a line separates", "hill": "A value to predict: a hill and a hollow",
    "waves": "A value to predict: waves", "drawn": "Draw your own on the plane", "csv": "A table (CSV): x, y and a class or a number",
}  # fmt: skip
FIRST = "Spirals (as the page opens)"
WIDE_GAP, HIGH_LOSS, LEARNED_LOSS = 2.0, 0.35, 0.1
"""The test loss over the training loss, and the training loss, above which they are spoken of."""
Place = tuple[int, int, int]
"""Layer, unit, source (-1 is the bias): where a weight is."""
UNITS, ACCURACY = 8, 0.97
"""The challenge: at least this test accuracy with no more hidden units."""


class PlaygroundPage(LivePage):
    """Left the points and how it learns, in the middle the network, right what it says."""

    title: ClassVar[str] = "Playground"
    tip: ClassVar[str] = "A small network on points in the plane: see and change every unit and weight while it learns"
    about: ClassVar[str] = (
        "Each small square is a unit and shows where in the plane it is high (blue) or low (orange): <i>h = f(W x + b)</i>. A line is a weight, "
        "as thick as it is large; drag it. Training moves each a little downhill, <i>w &larr; w &minus; &eta; &part;L/&part;w</i>. Paint on the large "
        "square to add points (right button: orange). Rumelhart, Hinton &amp; Williams 1986, "
        '<a href="https://doi.org/10.1038/323533a0">Learning representations by back-propagating errors</a>.'
    )
    challenge: ClassVar[str] = f"separate the spirals ({ACCURACY:.0%} of the test points) with {UNITS} hidden units."
    recipe: ClassVar[str] = "playground"

    def __init__(self, parent: QWidget | None = None):
        self.config: PlaygroundConfig = PlaygroundConfig()
        self.own: list[drawn_points.Point] = []
        self.by_hand: dict[Place, float] = {}
        """The weights that were set by hand since the last restart."""
        self.learned: dict[Place, float] = {}
        """What each of them was before."""
        self.pointed = (-1, -1)
        self.frame: Any = None
        super().__init__(parent)
        self.show_config()

    # -- what it is made of ----------------------------------------------------------------------------------------

    def build(self) -> None:
        self.preset = QComboBox(toolTip="Settings that show something")
        self.preset.setAccessibleName("Preset")
        self.preset.addItem(FIRST)
        for name, preset in BUILT_IN[self.recipe].items():
            if name != QUICK:
                self.preset.addItem(name)
                self.preset.setItemData(self.preset.count() - 1, preset.about, Qt.ItemDataRole.ToolTipRole)
        self.preset.activated.connect(lambda _: self.use_preset(self.preset.currentText()))
        self.network, self.surface, self.losses = NetworkView(), SurfaceView(), LossStrip()
        self.network.weight_edited.connect(self.edit_weight)
        self.network.units_wanted.connect(self.set_units)
        self.network.activation_wanted.connect(self.set_activation)
        self.network.inputs_wanted.connect(self.toggle_input)
        self.network.unit_pointed.connect(self.point)
        self.surface.drawn.connect(self.add_points)
        self.surface.setToolTip("What the network says at each place. Dots are training points, rings test points. Paint to add points")
        middle = QHBoxLayout()
        middle.setSpacing(2 * GAP)
        self.left = Scroller(self.build_settings(), (320, 100))
        middle.addWidget(self.left)
        middle.addLayout(self.build_network(), 5)
        middle.addLayout(self.build_output(), 4)
        self.column.addLayout(self.transport(self.preset))
        self.column.addLayout(middle, 1)

    def build_settings(self) -> QWidget:
        box = QWidget()
        column = QVBoxLayout(box)
        column.setContentsMargins(0, 0, GAP, 0)
        grid = QGridLayout()
        grid.setSpacing(theme.THIN)
        self.sets = QButtonGroup(self)
        for i, (name, tip) in enumerate(SETS.items()):
            button = PointsButton(name, tip)
            self.sets.addButton(button, i)
            grid.addWidget(button, i // 5, i % 5)
            button.clicked.connect(lambda _=False, name=name: self.choose_points(name))
        column.addLayout(grid)
        rows, change = Choices(), self.change
        percent = [share / 100 for share in range(10, 91, 10)]
        self.noise = rows.slider(
            "Noise",
            [n / 50 for n in range(41)],
            0.06,
            "Deviation of the noise on the points",
            lambda v: f"{v:.2f}",
            lambda v: change(noise=v),
            field="noise",
        )
        self.counted = rows.slider(
            "Points",
            [20, 40, 60, 100, 200, 400, 600, 1000, 2000],
            600,
            "Points for training and test together",
            str,
            lambda v: change(count=v),
            field="count",
        )
        self.share = rows.slider(
            "Test",
            percent,
            0.5,
            "Share of the points kept for the test",
            lambda v: f"{v:.0%}",
            lambda v: change(test_share=v),
            field="test_share",
        )
        self.batch = rows.slider(
            "Batch", [1, 2, 4, 8, 16, 32, 64, 128, 256, 0], 32, "Points per step, from one to all",
            lambda v: str(v) if v else "all", lambda v: change(batch_size=v), field="batch_size",
        )  # fmt: skip
        self.dropout = rows.slider(
            "Dropout", [d / 10 for d in range(9)], 0.0, "Share of hidden units left out at each step", lambda v: f"{v:.1f}",
            lambda v: change(dropout=v), field="dropout",
        )  # fmt: skip
        self.rate = rows.choice(
            "Rate η", RATES, 0.01, "Learning rate, the size of a step", lambda v: change(learning_rate=v), field="learning_rate"
        )
        optimisers = ("adam", "sgd", "momentum", "nesterov", "rprop", "adagrad", "rmsprop", "adadelta")
        self.optimizer = rows.choice(
            "Optimiser", optimisers, "adam", "How a gradient becomes a step", lambda v: change(optimizer=v), field="optimizer"
        )
        self.loss = rows.choice(
            "Loss", ("cross-entropy", "hinge", "squared"), "cross-entropy", "Loss of classes", lambda v: change(loss=v), field="loss"
        )
        self.l1 = rows.choice("L1", WEIGHTS, 0.0, "Weight of the sum of |w|: drives weights to 0", lambda v: change(l1=v), field="l1")
        self.l2 = rows.choice("L2", WEIGHTS, 0.001, "Weight of the sum of w²/2: keeps weights small", lambda v: change(l2=v), field="l2")
        starts = ("xavier", "he", "1/n", "small", "large", "zeros")
        self.start = rows.choice(
            "Weights",
            starts,
            "xavier",
            "How weights are drawn; starts again",
            lambda v: change(True, initialisation=v),
            field="initialisation",
        )
        self.norm = QCheckBox("Batch norm", toolTip="Normalise each unit's sum over the batch")
        self.norm.clicked.connect(lambda on: change(batch_norm=on))
        rows.addWidget(self.norm, rows.rowCount(), 0, 1, 3)
        column.addLayout(rows)
        column.addStretch(1)
        return box

    def build_network(self) -> QVBoxLayout:
        self.fewer = QToolButton(text="\N{MINUS SIGN}", toolTip="One hidden layer less")
        self.more = QToolButton(text="+", toolTip="One hidden layer more")
        self.fewer.clicked.connect(lambda: self.set_layers(-1))
        self.more.clicked.connect(lambda: self.set_layers(1))
        self.layer_count = QLabel()
        head = QHBoxLayout()
        head.addStretch(1)
        for widget in (self.fewer, self.layer_count, self.more):
            head.addWidget(widget)
        head.addStretch(1)
        column = QVBoxLayout()
        column.addLayout(head)
        column.addWidget(self.network, 1)
        return column

    def build_output(self) -> QVBoxLayout:
        column = QVBoxLayout()
        self.figures = FastLabel()
        self.figures.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.train_word, self.test_word = LossWord("train", TRAIN), LossWord("test", TEST)
        self.verdict = FastLabel(wrap=True)
        numbers = FlowLayout(gap=2 * GAP)
        numbers.addWidget(self.train_word)
        numbers.addWidget(self.test_word)
        numbers.addWidget(self.figures)
        column.addWidget(self.surface, 5)
        column.addLayout(numbers)
        column.addWidget(self.losses, 2)
        column.addWidget(self.verdict)
        return column

    # -- the experiment, in the sandbox's thread -------------------------------------------------------------------

    def make(self) -> Any:
        import torch

        from lab.recipes.foundations.playground import Playground

        return Playground(self.config, torch.device("cpu"))

    def draw(self, experiment: Any) -> Any:
        from lab.recipes.foundations.playground import frame_of

        return frame_of(experiment)

    # -- what is changed by hand -----------------------------------------------------------------------------------

    def settings(self) -> dict[str, Any]:
        return {**super().settings(), "weight": dict(self.by_hand)}

    def change(self, again: bool = False, weight: dict[Place, float] | None = None, **fields: Any) -> None:
        """Set settings and keep what was learned, as far as it fits; or start `again`. `weight`: all that are to be as set by hand."""
        try:
            config = PlaygroundConfig.parse({**self.config.model_dump(), **fields})
        except UsageError as error:
            self.problem.setText(str(error))
            self.problem.show()
            self.show_config()
            return
        self.config = config
        if again:
            self.by_hand, self.learned = {}, {}
            self.sandbox.do(lambda _: self.make())
        else:
            self.sandbox.do(lambda experiment: experiment.adapted(config))
        if weight is not None:
            self.put_weights(weight)
        self.show_config()
        self.edited.emit()

    def put_weights(self, by_hand: dict[Place, float]) -> None:
        """Undo or redo: set these weights, and give those that were set by hand and no longer are what they had learned."""
        before = self.by_hand
        self.by_hand = dict(by_hand)
        values = {**{place: self.learned[place] for place in before if place in self.learned}, **by_hand}
        for place, value in values.items():
            if value != before.get(place):
                self.set_weight(place, value)

    def restart(self) -> None:
        """Start again from weights of the next seed."""
        self.change(True, seed=self.config.seed + 1)

    def use_preset(self, name: str) -> None:
        """The settings of a preset, and none of those before."""
        fields = BUILT_IN[self.recipe][name].fields if name != FIRST else {}
        self.config = PlaygroundConfig.parse(fields)
        self.change(True)
        self.play_button.setChecked(True)

    def choose_points(self, name: str) -> None:
        if name == "csv":
            path, _ = QFileDialog.getOpenFileName(self, "A table: x, y and a class or a number", "", "Tables (*.csv);;All files (*)")
            if path:
                self.open_table(Path(path))
            self.show_config()
        elif name == "drawn":
            self.own = [(-1.0, 0.0, 0.0), (1.0, 0.0, 1.0)]
            self.change(True, points="drawn", drawn=drawn_points.text(self.own))
        else:
            self.change(True, points=name)

    def open_table(self, path: Path) -> None:
        """Learn the points of a table."""
        self.change(True, points="csv", csv=str(path))

    def add_points(self, points: list[drawn_points.Point]) -> None:
        """The brush has drawn points: they join those that are there."""
        if self.config.points != "drawn":
            if self.frame is None or not self.frame.classes:
                self.own = [(-1.0, 0.0, 0.0), (1.0, 0.0, 1.0)]
            else:
                inside = np.abs(self.frame.points).max(1) <= drawn_points.REACH
                together = zip(self.frame.points[inside].tolist(), self.frame.targets[inside].tolist(), strict=True)
                self.own = [(round(x, 3), round(y, 3), label) for (x, y), label in together]
        self.own = [*self.own, *points]
        self.change(points="drawn", drawn=drawn_points.text(self.own))

    def edit_weight(self, layer: int, unit: int, source: int, value: float) -> None:
        place = (layer, unit, source)
        self.learned.setdefault(place, self.network.value_of(Target("edge", *place)))
        self.by_hand[place] = value
        self.edited.emit()
        self.set_weight(place, value)

    def set_weight(self, place: Place, value: float) -> None:
        self.sandbox.do(lambda experiment: experiment.set_weight(*place, value))

    def set_units(self, layer: int, units: int) -> None:
        layers = self.config.layer_list
        if 1 <= units <= MOST_UNITS:
            layers[layer] = (units, layers[layer][1])
            self.change(layers=layers_text(layers))

    def set_activation(self, layer: int, name: str) -> None:
        layers = self.config.layer_list
        layers[layer] = (layers[layer][0], name)
        self.change(layers=layers_text(layers))

    def set_layers(self, by: int) -> None:
        """One hidden layer more at the end, like the last one, or one less."""
        layers = self.config.layer_list
        layers = layers[:-1] if by < 0 else [*layers, layers[-1] if layers else (4, "tanh")]
        if len(layers) <= MOST_LAYERS:
            self.change(layers=layers_text(layers))

    def toggle_input(self, name: str) -> None:
        before = self.config.input_names
        names = [one for one in INPUT_NAMES if (one in before) != (one == name)]
        if names:
            self.change(inputs=",".join(names))

    # -- what is shown ---------------------------------------------------------------------------------------------

    def show_config(self) -> None:
        """The controls as the settings are."""
        c = self.config
        self.sets.button(list(SETS).index(c.points)).setChecked(True)
        for slider, value in ((self.noise, c.noise), (self.counted, c.count), (self.share, c.test_share), (self.dropout, c.dropout)):
            slider.set_value(value)
        self.batch.setValue(self.batch.values.index(c.batch_size) if c.batch_size in self.batch.values else self.batch.maximum())
        boxes: dict[QComboBox, Any] = {
            self.rate: c.learning_rate, self.optimizer: c.optimizer, self.loss: c.loss, self.l1: c.l1, self.l2: c.l2,
            self.start: c.initialisation,
        }  # fmt: skip
        for box, chosen in boxes.items():
            box.setCurrentIndex(box.findData(chosen))
        self.norm.setChecked(c.batch_norm)
        layers = len(c.layer_list)
        self.layer_count.setText(f"{layers} hidden layer{'s' if layers != 1 else ''}")
        self.fewer.setEnabled(layers > 0)
        self.more.setEnabled(layers < MOST_LAYERS)

    def point(self, column: int, unit: int) -> None:
        self.pointed = (column, unit)
        if self.frame is not None:
            self.show_surface()

    def show_frame(self, frame: Any) -> None:
        if self.frame is not None and (frame.steps < self.frame.steps or frame.config.points != self.frame.config.points):
            self.losses.reset()
        self.frame = frame
        self.network.show_frame(frame)
        targets = frame.targets
        levels = 2 * targets - 1 if frame.classes else targets
        self.surface.show_points(frame.points, levels, frame.tested)
        self.show_surface()
        self.losses.add(frame.steps, frame.train_loss, frame.test_loss)
        self.count.setText(self.pace_text(frame.steps))
        self.train_word.show_loss(frame.train_loss)
        self.test_word.show_loss(frame.test_loss)
        self.figures.setText(f"{frame.test_accuracy:.1%} of test points right" if frame.classes else "")
        self.verdict.setText(verdict(frame))
        units = sum(units for units, _ in frame.config.layer_list)
        known = frame.config.points == "spirals" and frame.config.noise <= 0.1 and frame.config.count >= 200
        self.note_challenge(known and units <= UNITS and frame.test_accuracy >= ACCURACY)

    def show_surface(self) -> None:
        """The output's surface, or that of the unit that is pointed at."""
        frame, (column, unit) = self.frame, self.pointed
        if 0 < column < len(frame.layers) - 1 and unit < len(frame.layers[column]):
            surface = frame.layers[column][unit]
            self.surface.show_surface(surface, max(1.0, float(np.abs(surface).max())), f"layer {column}, unit {unit + 1}")
            return
        output = frame.layers[-1][0]
        if not frame.classes:
            self.surface.show_surface(output, 1.0)
        elif frame.config.loss == "cross-entropy":
            self.surface.show_surface(np.tanh(output / 2), 1.0)  # 2 p - 1
        else:
            self.surface.show_surface(output, 1.0)


def verdict(frame: Any) -> str:
    """What the two losses say."""
    train, test = frame.train_loss, frame.test_loss
    if not (math.isfinite(train) and math.isfinite(test)):
        return "The loss is not finite: the rate is too high. Lower it and restart."
    if frame.steps < 100:
        return "It has just begun."
    if test > WIDE_GAP * train and test > 0.1 + train:
        return "Overfitting: the test loss is far above the training loss. More points, L2 or dropout help."
    if frame.classes and train > HIGH_LOSS and frame.steps > 1500:
        return "Underfitting: even the training loss is high. More units, a layer or a higher rate help."
    if frame.classes and train > LEARNED_LOSS:
        return "It is still learning."
    return "Both losses are close: what it learned holds for points that it has not seen."
