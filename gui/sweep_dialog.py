"""The dialog that starts a sweep from a form: which of its settings to vary, how often, and what they are judged by."""

from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QDoubleSpinBox,
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
from lab.errors import LabError, UsageError
from lab.setting_groups import grouped
from lab.sweep import Sweep, Wish, prepared

ROWS = 3
"""Settings that the dialog varies at most; the command line has no such limit."""
NOTHING = "leave as it is"
HERE = "this machine"


class SweepDialog(QDialog):
    """A sweep of `recipe` around the settings of `config`; `start(sweep, flags)` is called with what was asked for and the flags
    of `lab sweep` that say where its trainings run and how many at once; it may raise LabError.

    `length` is the form's, as `lab.api` takes it.
    """

    def __init__(
        self,
        recipe: str,
        config: Config,
        length: dict[str, Any],
        metrics: tuple[str, ...],
        device: str,
        start: Callable[[Sweep, list[str]], None],
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
        self.where = QComboBox(toolTip="Where the trainings run")
        self.where.addItems([HERE, "a Ray cluster"])
        self.address = QLineEdit(toolTip="The cluster's address; empty for the one that this machine belongs to, or a new one here")
        self.address.setPlaceholderText("HOST:6379")
        self.cpus = QSpinBox(minimum=1, maximum=1024, toolTip="CPUs of each training")
        self.gpus = QDoubleSpinBox(decimals=2, maximum=64, singleStep=0.25, toolTip="GPUs of each training; 0.5 lets two share one")
        self.bring_back = QCheckBox(
            "Bring runs back",
            toolTip="The nodes do not share this machine's runs folder: runs come here through Ray, whenever one has a new checkpoint",
        )
        self.problem = QLabel(wordWrap=True, textFormat=Qt.TextFormat.PlainText)
        self.problem.hide()
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.start_button = buttons.addButton("Start", QDialogButtonBox.ButtonRole.AcceptRole)
        buttons.accepted.connect(self.prepare)
        buttons.rejected.connect(self.reject)
        self.form = form = QFormLayout()
        for label, widget in (
            ("Seeds", self.seeds), ("Settings drawn", self.trials), ("At once", self.jobs), ("Judged by", self.judged_by), ("Prune", self.prune),
            ("Where", self.where), ("Address", self.address), ("CPUs of each", self.cpus), ("GPUs of each", self.gpus), ("", self.bring_back),
        ):  # fmt: skip
            form.addRow(label, widget)
        self.where.currentIndexChanged.connect(lambda _: self.enable())
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
            for widget in (self.address, self.cpus, self.gpus, self.bring_back):
                self.form.setRowVisible(widget, self.on_cluster)

    @property
    def on_cluster(self) -> bool:
        return self.where.currentText() != HERE

    def flags(self) -> list[str]:
        """Where the trainings run and how many at once, as `lab sweep` takes it."""
        flags = ["--jobs", str(self.jobs.value())]
        if not self.on_cluster:
            return flags
        flags += ["--on", "ray", "--cpus", str(self.cpus.value())]
        if self.address.text().strip():
            flags += ["--address", self.address.text().strip()]
        if self.gpus.value():
            flags += ["--gpus", f"{self.gpus.value():g}"]
        return [*flags, "--bring-back"] if self.bring_back.isChecked() else flags

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
        wish, flags = self.wish(), self.flags()
        if self.on_cluster and find_spec("ray") is None:
            self.refuse(UsageError("A Ray cluster needs Ray: pip install 'lab[ray]'."))
            return
        self.start_button.setEnabled(False)
        self.background.submit(lambda: prepared(self.recipe, wish), lambda sweep: self.go(sweep, flags), self.refuse, receiver=self)

    def go(self, sweep: Sweep, flags: list[str]) -> None:
        try:
            self.start(sweep, flags)
        except LabError as error:
            self.refuse(error)
            return
        self.accept()

    def refuse(self, error: BaseException) -> None:
        self.problem.setText(str(error))
        self.problem.show()
        self.enable()
