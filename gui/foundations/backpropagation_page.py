"""Backpropagation by hand: a small network forward and backward, with its numbers on the edges."""

from typing import Any, ClassVar

from PySide6.QtCore import QEvent, QRegularExpression, Qt, QTimer
from PySide6.QtGui import QHideEvent, QRegularExpressionValidator, QShowEvent
from PySide6.QtWidgets import QComboBox, QDoubleSpinBox, QGridLayout, QLabel, QPushButton, QToolButton, QWidget

from gui.foundations.foundation_page import FoundationPage
from gui.foundations.step_graph import StepGraph
from gui.widgets import icons
from gui.widgets.flow_layout import FlowLayout
from gui.widgets.room import Scroller
from gui.widgets.stepper import Stepper
from gui.widgets.titled import Heading
from lab.errors import UsageError
from lab.recipes.foundations.backpropagation_config import (
    MOST_HIDDEN,
    MOST_UNITS,
    BackpropagationConfig,
    first_weights,
    numbers_text,
    parse_numbers,
)
from models.foundations.backpropagation import BENDS, backpropagation, edges_of, error, nodes_of

SMALL = 0.01
"""The challenge: an error below this."""
NETWORKS = ("2-2-1", "2-3-1", "2-2-2", "3-3-2", "2-3-3-1", "2-2-2-2-1", "4-5-3")
STEP_MS = 1100
"""How long it shows each step while it plays."""
ACROSS, MOST_ROWS = 6, 2
"""Fields in a row, and rows that are seen at once."""


class BackpropagationPage(FoundationPage):
    """A small network with its numbers on the edges, forward and backward, step by step."""

    title: ClassVar[str] = "Backpropagation"
    tip: ClassVar[str] = "Backpropagation by hand: a small network forward and backward, every number of it"
    about: ClassVar[str] = (
        "Forward, each unit adds up what comes in; the error is <i>E = &Sigma;(t &minus; o)&sup2;</i>. Backward, <i>&delta;</i> says how the error changes "
        "with what a unit adds up, and is computed once from the units above it: <i>&delta;<sub>j</sub> = f'(z<sub>j</sub>) &Sigma; &delta;<sub>k</sub> "
        "w<sub>jk</sub></i>. Then <i>&part;E/&part;w<sub>ij</sub> = &delta;<sub>j</sub> h<sub>i</sub></i>, and each weight takes a step, <i>w &larr; w "
        "&minus; &eta; &part;E/&part;w</i>. Rumelhart, Hinton &amp; Williams 1986, "
        '<a href="https://doi.org/10.1038/323533a0">Learning representations by back-propagating errors</a>.'
    )
    challenge: ClassVar[str] = f"bring the error below {SMALL:g}, step by step (Continue from the new weights)."
    recipe: ClassVar[str] = "backpropagation"

    def __init__(self, parent: QWidget | None = None):
        self.config: BackpropagationConfig = BackpropagationConfig()
        self.continued = False
        self.timer = QTimer(interval=STEP_MS)
        self.timer.timeout.connect(self.advance)
        self.spins: dict[str, QDoubleSpinBox] = {}
        super().__init__(parent)
        self.timer.setParent(self)

    def build(self) -> None:
        self.graph = StepGraph()
        self.graph.edge_pressed.connect(self.go_to_field)
        self.heading, self.formula = Heading(), QLabel(wordWrap=True)
        self.formula.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.stepper = Stepper(self)
        self.stepper.moved.connect(self.show_step)
        for button in (self.stepper.back, self.stepper.next):
            button.clicked.connect(self.pause)
        self.stepper.slider.sliderPressed.connect(self.pause)
        self.column.addLayout(self.build_row())
        self.column.addWidget(self.graph, 1)
        self.column.addWidget(self.heading)
        self.column.addWidget(self.formula)
        self.column.addWidget(self.stepper)
        self.numbers = QWidget()
        self.grid = QGridLayout(self.numbers)
        self.grid.setContentsMargins(0, 0, 0, 0)
        self.fields_area = Scroller(self.numbers, (320, 60))
        self.column.addWidget(self.fields_area)
        self.show_settings()

    def build_row(self) -> FlowLayout:
        self.restart_button = icons.IconButton(
            icons.reset, "Restart", "Start again: of 2-2-1 with the lecture's numbers, else with other weights", self.restart
        )
        self.play_button = QToolButton(
            text="Pause", checkable=True, checked=True, toolTip="Go through the steps, or pause", objectName="Pause"
        )
        self.play_button.toggled.connect(self.play)
        self.step_button = QToolButton(text="Step", toolTip="Pause, and take one step")
        self.step_button.clicked.connect(self.step_once)
        self.network = QComboBox(
            toolTip=f"Units of each layer, such as 2-3-1: up to {MOST_HIDDEN} hidden layers of {MOST_UNITS}", editable=True
        )
        self.network.setAccessibleName("Network")
        self.network.addItems(NETWORKS)
        pattern = QRegularExpression(rf"[1-{MOST_UNITS}](-[1-{MOST_UNITS}]){{1,{MOST_HIDDEN + 1}}}")
        self.network.setValidator(QRegularExpressionValidator(pattern, self.network))
        self.network.activated.connect(lambda _: self.change(layers=self.network.currentText()))
        self.activation = QComboBox(toolTip="f of the hidden units; outputs are linear")
        self.activation.setAccessibleName("Activation")
        self.activation.addItems(list(BENDS))
        self.activation.activated.connect(lambda _: self.change(activation=self.activation.currentText()))
        self.keep = QPushButton("Continue from the new weights", toolTip="Start again from the updated weights, rounded")
        self.keep.clicked.connect(self.go_on)
        self.lecture = QPushButton(
            "Reset to lecture", toolTip="2-2-1, inputs 2 and 3, target 1, learning rate 0.05 and the lecture's weights"
        )
        self.lecture.clicked.connect(self.reset)
        self.run_button = QToolButton(
            text="Train as a run", toolTip="Train these settings as a run, which is stored, compared and exported"
        )
        self.run_button.clicked.connect(lambda: self.run_wanted.emit(self.recipe, self.fields()))
        row = FlowLayout()
        for widget in (
            self.restart_button, self.play_button, self.step_button, self.network, self.activation, self.keep, self.lecture, self.run_button,
        ):  # fmt: skip
            row.addWidget(widget)
        return row

    # -- settings --------------------------------------------------------------------------------------------------

    def change(self, **fields: Any) -> None:
        """Set settings; where the network is another, its numbers are filled up and its weights are drawn."""
        values = {**self.config.model_dump(), **fields}
        if values["layers"] != self.config.layers and len(fields) < len(values):
            shape = tuple(int(part) for part in values["layers"].split("-"))
            for name, count, more in (("inputs", shape[0], (2.0, 3.0, -1.0, 1.0, 0.5)), ("targets", shape[-1], (1.0, 0.0, 1.0, 0.0, 1.0))):
                values[name] = numbers_text((*parse_numbers(values[name]), *more[len(parse_numbers(values[name])) :])[:count])
            values["weights"] = ""
        try:
            self.config = self.config.parse(values)
        except UsageError as problem:
            self.problem.setText(str(problem))
            self.problem.show()
            return
        self.problem.hide()
        self.show_settings()
        self.edited.emit()

    def restart(self) -> None:
        self.stepper.slider.setValue(0)
        self.change(weights="", seed=self.config.seed + 1)

    def reset(self) -> None:
        """All as in the lecture."""
        self.stepper.slider.setValue(0)
        self.change(**BackpropagationConfig().model_dump())

    def values(self) -> dict[str, float]:
        """Every number that can be edited, by the name of its field."""
        c = self.config
        nodes = nodes_of(c.shape)
        one = len(c.target_values) == 1
        return {
            **{f"input {i + 1}": value for i, value in enumerate(c.input_values)},
            **{"target" if one else f"target {node}": value for node, value in zip(nodes[-1], c.target_values, strict=True)},
            "learning rate": c.learning_rate, **first_weights(c),
        }  # fmt: skip

    def show_settings(self) -> None:
        """The fields as the settings are, others where the network is another one, and what comes of them."""
        values = self.values()
        self.network.setEditText(self.config.layers)
        self.activation.setCurrentText(self.config.activation)
        if list(values) != list(self.spins):
            self.build_fields(values)
        for name, value in values.items():
            field = self.spins[name]
            field.blockSignals(True)
            field.setValue(value)
            field.blockSignals(False)
        c = self.config
        self.steps = backpropagation(c.shape, c.input_values, c.target_values, first_weights(c), c.learning_rate, c.activation)
        self.graph.show_network(nodes_of(c.shape), edges_of(c.shape))
        self.stepper.set_count(len(self.steps))

    def build_fields(self, values: dict[str, float]) -> None:
        while self.grid.count():
            item = self.grid.takeAt(0)
            assert item is not None
            widget = item.widget()
            assert widget is not None
            widget.hide()
            widget.deleteLater()
        self.spins = {}
        for i, name in enumerate(values):
            field = QDoubleSpinBox(self.numbers, minimum=-10, maximum=10, decimals=2, singleStep=0.01)
            field.setToolTip(f"{name}: edit to recompute")
            field.setAccessibleName(name)
            field.valueChanged.connect(self.read_fields)
            self.spins[name] = field
            self.grid.addWidget(QLabel(name, self.numbers), 2 * (i // ACROSS), i % ACROSS)
            self.grid.addWidget(field, 2 * (i // ACROSS) + 1, i % ACROSS)
        self.numbers.updateGeometry()
        self.give_room()

    def give_room(self) -> None:
        """Room for two rows of fields; those of a larger network scroll: what one looks at is above."""
        rows = min(MOST_ROWS, -(-len(self.spins) // ACROSS))
        row = next(iter(self.spins.values())).sizeHint().height() + self.fontMetrics().height() + 2 * self.grid.verticalSpacing()
        self.fields_area.setFixedHeight(rows * row)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange and hasattr(self, "fields_area"):
            QTimer.singleShot(0, self, self.give_room)  # Once the fields have the new size of text too.

    def read_fields(self, *_: object) -> None:
        """A number was edited."""
        read = {name: field.value() for name, field in self.spins.items()}
        weights = tuple(read[edge] for edge in edges_of(self.config.shape))
        inputs = tuple(value for name, value in read.items() if name.startswith("input"))
        targets = tuple(value for name, value in read.items() if name.startswith("target"))
        rate = max(0.01, read["learning rate"])
        self.pause()
        self.change(inputs=numbers_text(inputs), targets=numbers_text(targets), learning_rate=rate, weights=numbers_text(weights))

    def go_to_field(self, edge: str) -> None:
        """An edge was pressed: its weight can be typed."""
        self.pause()
        self.spins[edge].setFocus(Qt.FocusReason.MouseFocusReason)
        self.spins[edge].selectAll()

    def go_on(self) -> None:
        """Another gradient step from where this one ended."""
        self.continued = True
        self.stepper.slider.setValue(0)
        self.change(weights=numbers_text(tuple(round(weight, 2) for weight in self.steps[-1].weights.values())))

    # -- steps -----------------------------------------------------------------------------------------------------

    def show_step(self, number: int) -> None:
        step = self.steps[number]
        self.heading.setText(step.title)
        self.formula.setText(step.formula)
        self.graph.show_step(step)
        last = self.steps[-1].nodes
        self.note_challenge(self.continued and error(nodes_of(self.config.shape), last, self.config.target_values) < SMALL)

    def advance(self) -> None:
        """The next step; after the last one, on from the new weights, until the error is as good as 0."""
        if self.stepper.next.isEnabled():
            self.stepper.slider.setValue(self.stepper.slider.value() + 1)
        else:
            self.stepper.slider.setValue(0)

    def step_once(self) -> None:
        self.pause()
        self.advance()

    def play(self, on: bool) -> None:
        self.play_button.setText("Pause" if on else "Play")
        if on and self.isVisible():
            self.timer.start()
        else:
            self.timer.stop()

    def pause(self) -> None:
        self.play_button.setChecked(False)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.play(self.play_button.isChecked())

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.timer.stop()

    def shut(self) -> None:
        self.timer.stop()
