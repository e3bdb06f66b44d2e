"""The dialog that starts a sweep from a form: which of its settings to vary, how often, and what they are judged by."""

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QGridLayout,
    QLabel,
    QLineEdit,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from gui.background import Background
from gui.theme import faint
from lab.config import Config
from lab.errors import LabError
from lab.setting_groups import grouped
from lab.sweep import Sweep, Wish, prepared

ROWS = 3
"""Settings that the dialog varies at most; the command line has no such limit."""
NOTHING = "leave as it is"


class SweepDialog(QDialog):
    """A sweep of `recipe` around the settings of `config`; `start(sweep, jobs)` is called with what was asked for, and may raise LabError.

    `length` is the form's, as `lab.api` takes it.
    """

    def __init__(
        self,
        recipe: str,
        config: Config,
        length: dict[str, Any],
        metrics: tuple[str, ...],
        device: str,
        start: Callable[[Sweep, int], None],
        background: Background,
        parent: QWidget | None = None,
    ):
        super().__init__(parent)
        self.setWindowTitle(f"Sweep over settings of {recipe}")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.recipe, self.config, self.length, self.device, self.start, self.background = recipe, config, length, device, start, background
        self.names = [name for names in grouped(type(config).model_fields).values() for name in names if name != "seed"]
        hint = QLabel(
            "Each setting below is tried with each of its values, such as 0.001, 0.003, or with values that are drawn from a range, such as "
            "0.0001..0.01. All others stay as they are in the form. Every trial is a run of its own, in a process of its own.",
            wordWrap=True,
        )
        faint(hint)
        self.rows = [self.make_row() for _ in range(ROWS)]
        table = QGridLayout()
        for row, (field, values) in enumerate(self.rows):
            table.addWidget(field, row, 0)
            table.addWidget(values, row, 1)
        table.setColumnStretch(1, 1)
        self.seeds = QSpinBox(minimum=1, maximum=100, toolTip="Trainings of each setting, each with a seed of its own")
        self.trials = QSpinBox(minimum=1, maximum=1000, value=20, toolTip="How many settings are drawn where there is a range")
        self.jobs = QSpinBox(minimum=1, maximum=64, toolTip="Trainings at once, which share the cores")
        self.judged_by = QComboBox(
            editable=True, toolTip="What a setting is judged by: a metric of the training, or a figure of `lab eval`"
        )
        self.judged_by.addItems(metrics)
        self.prune = QComboBox(toolTip="Stop settings early that do worse than others")
        self.prune.addItems(["none", "median", "hyperband"])
        self.problem = QLabel(wordWrap=True, textFormat=Qt.TextFormat.PlainText)
        self.problem.hide()
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.start_button = buttons.addButton("Start", QDialogButtonBox.ButtonRole.AcceptRole)
        buttons.accepted.connect(self.prepare)
        buttons.rejected.connect(self.reject)
        form = QFormLayout()
        for label, widget in (
            ("Seeds", self.seeds), ("Settings drawn", self.trials), ("At once", self.jobs), ("Judged by", self.judged_by), ("Prune", self.prune),
        ):  # fmt: skip
            form.addRow(label, widget)
        layout = QVBoxLayout(self)
        layout.addWidget(hint)
        layout.addLayout(table)
        layout.addLayout(form)
        layout.addWidget(self.problem)
        layout.addStretch()
        layout.addWidget(buttons)
        self.setMinimumWidth(480)
        self.enable()

    def make_row(self) -> tuple[QComboBox, QLineEdit]:
        """A setting, and what to try of it."""
        field, values = QComboBox(toolTip="A setting to vary"), QLineEdit(toolTip="Values between commas, or LOW..HIGH for a range")
        field.addItem(NOTHING)
        field.addItems([name.replace("_", " ") for name in self.names])
        field.setMaxVisibleItems(20)
        values.setPlaceholderText("0.001, 0.003 or 0.0001..0.01")
        field.currentIndexChanged.connect(lambda _: self.enable())
        values.textChanged.connect(lambda _: self.enable())
        return field, values

    def varied(self) -> dict[str, str]:
        """What was filled in: a setting's name and its values."""
        return {
            self.names[field.currentIndex() - 1]: values.text().strip()
            for field, values in self.rows
            if field.currentIndex() > 0 and values.text().strip()
        }

    def enable(self) -> None:
        """Only what has an effect can be set."""
        for field, values in self.rows:
            values.setEnabled(field.currentIndex() > 0)
        if hasattr(self, "start_button"):
            varied = self.varied()
            self.trials.setEnabled(any(".." in values for values in varied.values()))
            self.start_button.setEnabled(bool(varied))

    def wish(self) -> Wish:
        """What is asked for: settings of the form that are not the recipe's defaults hold for all trials."""
        varied = self.varied()
        defaults = {name: field.default for name, field in type(self.config).model_fields.items()}
        shared = {
            name: value for name, value in self.config.model_dump(mode="json").items() if value != defaults[name] and name not in varied
        }
        grid = [f"{name}={values}" for name, values in varied.items() if ".." not in values]
        ranges = [f"{name}={values}" for name, values in varied.items() if ".." in values]
        return Wish(
            grid, ranges, shared, metric=self.judged_by.currentText().strip() or None, prune=self.prune.currentText(),  # type: ignore[arg-type]
            trials=self.trials.value() if ranges else None, seeds=self.seeds.value(), device=self.device, **self.length,
        )  # fmt: skip

    def prepare(self) -> None:
        """Check what is asked for, off the window's thread, then start it."""
        wish, jobs = self.wish(), self.jobs.value()
        self.start_button.setEnabled(False)
        self.background.submit(lambda: prepared(self.recipe, wish), lambda sweep: self.go(sweep, jobs), self.refuse, receiver=self)

    def go(self, sweep: Sweep, jobs: int) -> None:
        try:
            self.start(sweep, jobs)
        except LabError as error:
            self.refuse(error)
            return
        self.accept()

    def refuse(self, error: BaseException) -> None:
        self.problem.setText(str(error))
        self.problem.show()
        self.enable()
