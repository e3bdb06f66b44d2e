"""A form for a recipe's config: one row per field, with its bounds, choices, default and description.

What the form makes is what the command line would make: the same config class checks the same values. A field that has no
effect beside the others (`lab.config.only`) is not shown, and is at its default in the config.
"""

import math
import shlex
import weakref
from collections.abc import Callable
from functools import partial
from typing import Any, Literal, get_args, get_origin

from pyqtgraph import SpinBox
from pyqtgraph.parametertree import Parameter, ParameterTree
from PySide6.QtCore import QEvent, QObject, QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QHeaderView, QLabel, QLineEdit, QToolButton, QVBoxLayout, QWidget

from gui.widgets import icons
from lab.config import Config, about, counts, flag, unit_of
from lab.errors import UsageError


class ConfigForm(QWidget):
    """Rows for the fields of `config_class`; `values` are checked by `config()`."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self.config_class: type[Config] | None = None
        self.root: Parameter | None = None
        self.choices: dict[str, tuple[str, ...]] = {}
        self.search = QLineEdit(placeholderText="Search settings", clearButtonEnabled=True)
        self.search.setToolTip("Show the settings whose name or description has these words")
        self.search.textChanged.connect(self.filter)
        self.defaults = QToolButton(text="Defaults", toolTip="Set every setting back to the recipe's default")
        self.defaults.clicked.connect(self.reset)
        self.reset_icon = icons.icon(icons.reset)
        self.tree = ParameterTree(showHeader=False)
        self.tree.setIndentation(0)
        self.tree.setAlternatingRowColors(False)
        self.tree.header().setSectionResizeMode(0, QHeaderView.ResizeMode.ResizeToContents)
        self.tree.header().setSectionResizeMode(1, QHeaderView.ResizeMode.Fixed)
        self.tree.header().setStretchLastSection(False)
        self.tree.header().sectionResized.connect(lambda *_: self.fit())
        self.tree.viewport().installEventFilter(self)
        self.problem = QLabel(wordWrap=True)
        self.problem.setForegroundRole(self.problem.palette().ColorRole.BrightText)
        self.problem.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.problem.hide()
        self.notes: dict[str, str] = {}
        self.note = QLabel(wordWrap=True)
        """What was typed and could not be taken, which pyqtgraph changes without a word."""
        self.note.hide()
        top = QHBoxLayout()
        top.addWidget(self.search, 1)
        top.addWidget(self.defaults)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(top)
        layout.addWidget(self.tree, 1)
        layout.addWidget(self.problem)
        layout.addWidget(self.note)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            self.fit()
        return False

    def fit(self) -> None:
        """The values take what the names leave. Qt stretches a column only where there is a header to see: when a scroll bar came,
        the buttons at the end of the rows lay behind it."""
        header = self.tree.header()
        width = max(self.tree.viewport().width() - header.sectionSize(0), header.minimumSectionSize())
        if header.sectionSize(1) != width:
            header.resizeSection(1, width)

    def set_config(self, config_class: type[Config], choices: dict[str, tuple[str, ...]] | None = None) -> None:
        """Show the fields of another config class. `choices` offers values for a text field, such as the games."""
        self.config_class, self.choices = config_class, choices or {}
        self.notes.clear()
        self.show_notes()
        rows = [self.row(name, field) for name, field in config_class.model_fields.items()]
        if self.root is not None:
            self.root.sigTreeStateChanged.disconnect(self.check)
        self.root = Parameter.create(name="settings", type="group", children=rows)
        self.tree.setParameters(self.root, showTop=False)
        self.root.sigTreeStateChanged.connect(self.check)
        for item in self.items():
            item.defaultBtn.setIcon(self.reset_icon)
            item.defaultBtn.setFlat(True)
            item.defaultBtn.setToolTip("Set this back to its default")
            item.updateDefaultBtn = partial(show_reset, item)
            if isinstance(item.widget, SpinBox):
                # A field that held on to the form in turn would be destroyed with it in an order that crashes Qt.
                item.widget.interpret = partial(typed, weakref.ref(self), item.param.name(), item.widget, item.widget.interpret)
            show_reset(item)
        self.check()

    def row(self, name: str, field: Any) -> dict[str, Any]:
        """The ParameterTree row of one field."""
        default = field.default
        row: dict[str, Any] = {"name": name, "title": name.replace("_", " "), "value": default, "default": default}
        row["tip"] = f"{about(field)}\n{flag(name)}, default {default} {unit_of(field)}".rstrip()
        if name in self.choices:
            return {**row, "type": "list", "limits": list(self.choices[name])}
        if get_origin(field.annotation) is Literal:
            return {**row, "type": "list", "limits": list(get_args(field.annotation))}
        if field.annotation is bool:
            return {**row, "type": "bool"}
        if field.annotation in (int, float):
            number = (
                {"type": "int", "step": 1}
                if field.annotation is int
                else {"type": "float", "dec": True, "step": 0.1, "minStep": 1e-8, "decimals": 6}
            )
            return {**row, **number, "limits": limits(field), "compactHeight": False, "suffix": unit_of(field)}
        return {**row, "type": "str"}

    # -- values ----------------------------------------------------------------------------------------------------

    def values(self) -> dict[str, Any]:
        """The values in the form, unchecked."""
        return {child.name(): child.value() for child in self.root.children()} if self.root is not None else {}

    def counting(self) -> dict[str, Any]:
        """The values of the fields that have an effect, unchecked."""
        assert self.config_class is not None
        values, fields = self.values(), self.config_class.model_fields
        return {name: value for name, value in values.items() if counts(fields[name], values)}

    def set_values(self, values: dict[str, Any]) -> None:
        """Put these values into the form; fields that it does not have are passed over."""
        if self.root is None:
            return
        self.notes.clear()
        self.show_notes()
        with self.root.treeChangeBlocker():
            for child in self.root.children():
                if child.name() in values:
                    child.setValue(values[child.name()])

    def reset(self) -> None:
        """Every field back to its default."""
        if self.root is not None:
            self.notes.clear()
            self.show_notes()
            with self.root.treeChangeBlocker():
                for child in self.root.children():
                    child.setToDefault()

    def config(self) -> Config:
        """The checked config. Raises UsageError that names what is wrong."""
        assert self.config_class is not None
        return self.config_class.parse(self.counting())

    def valid(self) -> bool:
        return not self.problem.text()

    def check(self, *_: Any) -> None:
        """Show the fields that count, and say what is wrong with the values, if anything is."""
        self.filter(self.search.text())
        try:
            self.config()
        except UsageError as error:
            self.problem.setText(str(error))
        else:
            self.problem.clear()
        self.problem.setVisible(bool(self.problem.text()))
        self.changed.emit()

    def take_note(self, name: str, note: str) -> None:
        """Say why what was typed into a field cannot be taken, or no longer."""
        if note:
            self.notes[name] = f"{name.replace('_', ' ')}: {note}."
        else:
            self.notes.pop(name, None)
        self.show_notes()

    def show_notes(self) -> None:
        self.note.setText("\n".join(self.notes.values()))
        self.note.setVisible(bool(self.notes))

    def items(self) -> list[Any]:
        """The rows in the tree."""
        return [item for child in self.root.children() for item in child.items] if self.root is not None else []

    def filter(self, text: str) -> None:
        """Show the rows that count and have every word of `text` in their name or description."""
        if self.root is None:
            return
        words, counting = text.lower().split(), self.counting()
        with QSignalBlocker(self.root):  # What is shown changes no value: nothing to check.
            for child in self.root.children():
                words_of = f"{child.title()} {child.opts.get('tip', '')}".lower()
                wanted = child.name() in counting and all(word in words_of for word in words)
                if child.opts["visible"] != wanted:
                    child.show(wanted)


def typed(form: "weakref.ref[ConfigForm]", name: str, box: SpinBox, own: Callable[[], Any]) -> Any:
    """`interpret`, which tells the form what a field cannot be. What the box itself wrote leaves the note that led to it."""
    found, text, whole = interpret(box, own), box.lineEdit().text(), form()
    if whole is not None and text != box.lastText:
        whole.take_note(name, refusal(found, text, *box.opts["bounds"]))
    return found


def interpret(box: SpinBox, own: Callable[[], Any]) -> Any:
    """What a number field makes of its text: pyqtgraph wants the unit, a person may leave it out. False for no number."""
    found = own()
    if found is not False:
        return found
    try:
        value = float(box.lineEdit().text().replace(",", "."))
    except ValueError:
        return False
    if not math.isfinite(value):
        return False
    return int(value) if box.opts["int"] else value


def refusal(value: Any, text: str, low: float | None, high: float | None) -> str:
    """Why what was typed cannot be taken, "" where it can; `value` is what it means, False where it is no number."""
    if value is False:
        return f"{text!r} is no number"
    if low is not None and value < low:
        return f"at least {low:,g}, not {text}"
    if high is not None and value > high:
        return f"at most {high:,g}, not {text}"
    return ""


def show_reset(item: Any) -> None:
    """Only what was changed can be set back."""
    item.defaultBtn.setVisible(item.param.value() != item.param.defaultValue())


def limits(field: Any) -> tuple[float | None, float | None]:
    """A field's lowest and highest value; the next float beside a bound that is itself excluded."""
    low = high = None
    for rule in field.metadata:
        if getattr(rule, "ge", None) is not None:
            low = rule.ge
        if getattr(rule, "gt", None) is not None:
            low = rule.gt + 1 if field.annotation is int else math.nextafter(rule.gt, math.inf)
        if getattr(rule, "le", None) is not None:
            high = rule.le
        if getattr(rule, "lt", None) is not None:
            high = rule.lt - 1 if field.annotation is int else math.nextafter(rule.lt, -math.inf)
    return low, high


def command_line(recipe: str, config: Config, *, steps: int | None = None, minutes: float | None = None, device: str = "auto") -> str:
    """The `lab train` line that makes this very config: the fields that differ from the recipe's defaults."""
    words = ["lab", "train", recipe]
    for name, field in type(config).model_fields.items():
        value = getattr(config, name)
        if value == field.default:
            continue
        if isinstance(value, bool):
            words.append(flag(name) if value else flag("no-" + name))
        else:
            words += [flag(name), str(value)]
    if steps is not None:
        words += ["--steps", str(steps)]
    if minutes is not None:
        words += ["--minutes", f"{minutes:g}"]
    if device != "auto":
        words += ["--device", device]
    return shlex.join(words)
