"""A form for a recipe's config: one row per field, with its bounds, choices, default and description.

What the form makes is what the command line would make: the same config class checks the same values. A field that has no
effect beside the others (`lab.config.only`) is not listed, and is at its default in the config. The rest is in groups that fold
(`lab.setting_groups`); the setting in front is explained below.
"""

import math
from collections.abc import Iterable
from contextlib import suppress
from functools import partial
from typing import Any, Literal, get_args, get_origin

from PySide6.QtCore import QEvent, QObject, QSize, Qt, Signal
from PySide6.QtGui import QMouseEvent, QResizeEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFormLayout,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QScrollArea,
    QSizePolicy,
    QStyle,
    QStyleOptionToolButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)  # fmt: skip

from gui import theme
from gui.widgets import icons
from gui.widgets.data_edit import LONGEST, DataEdit
from gui.widgets.number_edit import ROOM, NumberEdit
from gui.widgets.points_edit import PointsEdit
from gui.widgets.setting_help import SettingHelp
from lab.config import Config, about, counting, data_kinds, default_of, flag, unit_of, words_of
from lab.errors import UsageError
from lab.flags import bounds
from lab.setting_groups import GROUPS, MAIN, group_of, grouped


class LineEdit(QLineEdit):
    """A line whose short text is never cut; a long one scrolls."""

    def minimumSizeHint(self) -> QSize:
        text = self.fontMetrics().horizontalAdvance(self.text() or self.placeholderText()) + ROOM
        return QSize(min(max(text, 60), LONGEST), super().minimumSizeHint().height())


class Name(QLabel):
    """A setting's name: a click brings the setting to the front."""

    def mousePressEvent(self, event: QMouseEvent) -> None:
        super().mousePressEvent(event)
        self.buddy().setFocus(Qt.FocusReason.MouseFocusReason)


class Fold(QToolButton):
    """The heading of a group of settings, which shows and hides them."""

    def __init__(self, group: str, parent: QWidget | None = None):
        super().__init__(parent, checkable=True, autoRaise=True)
        self.title = group
        self.setObjectName("a group of settings")
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        heading = self.font()
        heading.setBold(True)
        self.setFont(heading)
        self.toggled.connect(self.show_state)
        self.show_state()

    def initStyleOption(self, option: QStyleOptionToolButton) -> None:
        """Open is what the arrow says: a heading does not look pressed."""
        super().initStyleOption(option)
        option.state &= ~QStyle.StateFlag.State_On
        if self.underMouse():
            option.state |= QStyle.StateFlag.State_Raised

    def show_state(self) -> None:
        self.setArrowType(Qt.ArrowType.DownArrow if self.isChecked() else Qt.ArrowType.RightArrow)
        self.setToolTip(f"{'Hide' if self.isChecked() else 'Show'} these settings")

    def show_count(self, count: int, changed: int) -> None:
        """How many settings are in the group, and how many of them are not at their defaults."""
        self.setText(f"{self.title} ({count}{f', {changed} changed' if changed else ''})")


class Setting(QWidget):
    """The value of one field: its editor, and a button that sets it back to its default. `choices` are offered for a text."""

    changed = Signal()
    refused = Signal(str, str)
    """The field's name, and why what was typed cannot be taken; "" once it can."""
    in_front = Signal(str)
    """The field's name: somebody is about to edit it."""

    def __init__(self, name: str, field: Any, choices: tuple[str, ...] = (), parent: QWidget | None = None):
        super().__init__(parent)
        self.name, self.default = name, field.default
        self.title = name.replace("_", " ")
        self.tip = f"{about(field)}\n{flag(name)}, default {default_of(field)}{bounds(field)}"
        self.editor = self.make_editor(field, choices)
        self.editor.setObjectName("a setting")
        self.editor.installEventFilter(self)
        self.reset = icons.IconButton(icons.reset, "Reset", "Reset to the default", self.set_back)
        self.reset.setObjectName("reset a setting")
        policy = self.reset.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self.reset.setSizePolicy(policy)
        self.setToolTip(self.tip)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.THIN)
        row.addWidget(self.editor, 1)
        row.addWidget(self.reset)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.set_value(self.default)

    def make_editor(self, field: Any, choices: tuple[str, ...]) -> QWidget:
        options = list(choices) or (list(get_args(field.annotation)) if get_origin(field.annotation) is Literal else [])
        if options:
            combo = QComboBox(sizeAdjustPolicy=QComboBox.SizeAdjustPolicy.AdjustToContents)
            for option in options:
                combo.addItem(words_of(field).get(option, str(option)), option)
            combo.currentIndexChanged.connect(self.edited)
            return combo
        if data_kinds(field):
            data = DataEdit(data_kinds(field))
            data.changed.connect(self.edited)
            data.refused.connect(lambda why: self.refused.emit(self.name, why))
            return data
        if field.annotation is bool:
            check = QCheckBox()
            check.toggled.connect(self.edited)
            return check
        if field.annotation in (int, float):
            number = NumberEdit(field.annotation is int, *limits(field), unit_of(field), words_of(field))
            number.changed.connect(self.edited)
            number.refused.connect(lambda why: self.refused.emit(self.name, why))
            return number
        if isinstance(field.json_schema_extra, dict) and field.json_schema_extra.get("editor") == "points":
            points = PointsEdit()
            points.editingFinished.connect(self.edited)
            return points
        line = LineEdit(placeholderText=words_of(field).get("", ""))
        line.editingFinished.connect(self.edited)
        return line

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """The wheel scrolls the form, and turns a number only where somebody has clicked into it."""
        if event.type() == QEvent.Type.Wheel and not self.editor.hasFocus():
            event.ignore()
            return True
        if event.type() == QEvent.Type.FocusIn:
            self.in_front.emit(self.name)
        return False

    def value(self) -> Any:
        editor = self.editor
        if isinstance(editor, NumberEdit):
            return editor.value()
        if isinstance(editor, QCheckBox):
            return editor.isChecked()
        if isinstance(editor, QComboBox):
            return editor.currentData()
        assert isinstance(editor, QLineEdit)
        return editor.text()

    def set_value(self, value: Any) -> None:
        """Show another value. Nobody is told."""
        editor = self.editor
        editor.blockSignals(True)
        if isinstance(editor, NumberEdit):
            with suppress(TypeError, ValueError):  # A settings file that somebody wrote in.
                editor.set_value(int(value) if editor.whole else float(value))
        elif isinstance(editor, QCheckBox):
            editor.setChecked(value is True)
        elif isinstance(editor, DataEdit):
            editor.set_value(str(value))
        elif isinstance(editor, QComboBox):
            if editor.findData(value) < 0:
                editor.addItem(str(value), value)  # Such as a folder of somebody's own; the config says what is wrong with it.
            editor.setCurrentIndex(editor.findData(value))
        elif isinstance(editor, QLineEdit):
            editor.setText(str(value))
            editor.setCursorPosition(0)
        editor.blockSignals(False)
        self.show_reset()

    def commit(self) -> None:
        """Take what is typed and not yet confirmed, as when a shortcut starts a run."""
        if isinstance(self.editor, NumberEdit):
            self.editor.take_text()

    def set_back(self) -> None:
        self.set_value(self.default)
        self.refused.emit(self.name, "")
        self.changed.emit()

    def edited(self, *_: object) -> None:
        self.show_reset()
        self.changed.emit()

    def show_reset(self) -> None:
        """Only what was changed can be set back."""
        self.reset.setVisible(self.is_changed())

    def is_changed(self) -> bool:
        return self.value() != self.default


class ConfigForm(QWidget):
    """Rows for the fields of `config_class`; `values` are checked by `config()`."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self.config_class: type[Config] | None = None
        self.choices: dict[str, tuple[str, ...]] = {}
        self.rows: dict[str, Setting] = {}
        self.folds: dict[str, Fold] = {}
        self.open_groups = {MAIN}
        """The groups whose settings are shown."""
        self.in_front = ""
        """The setting that is explained."""
        self.search = QLineEdit(placeholderText="Search settings", clearButtonEnabled=True)
        self.search.setToolTip("Show the settings whose name or description has these words")
        self.search.textChanged.connect(self.filter)
        self.defaults = QToolButton(text="Defaults", toolTip="Reset all settings to the recipe's defaults")
        self.defaults.clicked.connect(self.reset)
        self.scroller = QScrollArea(widgetResizable=True)
        self.scroller.setFrameShape(QFrame.Shape.NoFrame)
        self.scroller.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # Its settings have it, and bring themselves into sight.
        self.scroller.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.scroller.setMinimumHeight(100)
        self.table = QFormLayout()
        self.problem = QLabel(wordWrap=True, textFormat=Qt.TextFormat.PlainText)
        self.problem.setForegroundRole(self.problem.palette().ColorRole.BrightText)
        self.problem.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.problem.hide()
        self.notes: dict[str, str] = {}
        self.beside = 0
        """The width at which every label has room beside its value."""
        self.note = QLabel(wordWrap=True, textFormat=Qt.TextFormat.PlainText)
        """What was typed and could not be taken."""
        self.note.hide()
        self.help = SettingHelp()
        top = QHBoxLayout()
        top.addWidget(self.search, 1)
        top.addWidget(self.defaults)
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(0, 0, 0, 0)
        self.column.addLayout(top)
        self.column.addWidget(self.scroller, 1)
        for text in (self.problem, self.note, self.help):
            self.column.addWidget(text)

    def sizeHint(self) -> QSize:
        return QSize(max(260, self.beside), 400)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.place_labels()

    def set_config(self, config_class: type[Config], choices: dict[str, tuple[str, ...]] | None = None) -> None:
        """Show the fields of another config class. `choices` offers values for a text field, such as the games."""
        self.config_class, self.choices = config_class, choices or {}
        self.notes.clear()
        self.show_notes()
        self.rows = {name: Setting(name, field, self.choices.get(name, ())) for name, field in config_class.model_fields.items()}
        page = QWidget()
        self.table = QFormLayout(page)
        self.table.setContentsMargins(0, 0, theme.GAP, 0)
        self.table.setVerticalSpacing(theme.THIN)
        self.table.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        self.table.setLabelAlignment(Qt.AlignmentFlag.AlignLeft)
        self.folds = {group: Fold(group) for group in grouped(self.rows)}
        for group, names in grouped(self.rows).items():
            fold = self.folds[group]
            self.table.addRow(fold)
            fold.setChecked(group in self.open_groups)
            fold.toggled.connect(partial(self.set_open, group))
            for name in names:
                setting = self.rows[name]
                label = Name(setting.title, toolTip=setting.tip)
                label.setBuddy(setting.editor)
                self.table.addRow(label, setting)
                setting.changed.connect(self.check)
                setting.refused.connect(self.take_note)
                setting.in_front.connect(self.show_help)
        self.scroller.setWidget(page)  # The page before is deleted with its rows.
        self.check()
        self.show_help(next(iter(self.listed())))

    # -- groups and help -------------------------------------------------------------------------------------------

    def set_open(self, group: str, on: bool) -> None:
        """Show or hide the settings of a group."""
        self.open_groups = self.open_groups | {group} if on else self.open_groups - {group}
        self.filter(self.search.text())
        self.keep_width()

    def set_open_groups(self, groups: Iterable[str]) -> None:
        """Show the settings of these groups alone."""
        self.open_groups = set(groups) & set(GROUPS)
        for group, fold in self.folds.items():
            fold.setChecked(group in self.open_groups)

    def bring_to_front(self, name: str) -> None:
        """Show a setting wherever it is folded away, ready to be edited."""
        self.search.clear()
        self.folds[group_of(name)].setChecked(True)
        self.rows[name].editor.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.show_help(name)

    def show_help(self, name: str) -> None:
        """Explain a setting, which stays in sight however long the explanation is."""
        assert self.config_class is not None
        self.in_front = name
        self.help.show_setting(name, self.config_class.model_fields[name])
        self.column.activate()
        if self.rows[name].isVisible():
            self.scroller.ensureWidgetVisible(self.rows[name], 0, 4)

    def keep_width(self) -> None:
        """Stay wide enough for the widest value and the widest label: nothing is cut, and nothing scrolls sideways."""
        listed, shown = self.widths(self.listed()), self.widths(self.shown())
        margins, bar = self.table.contentsMargins(), self.scroller.verticalScrollBar().sizeHint().width()
        free = margins.left() + margins.right() + bar
        self.beside = free + sum(shown) + self.table.horizontalSpacing()
        headings = max(fold.sizeHint().width() for fold in self.folds.values())
        self.scroller.setMinimumWidth(free + max(*listed, headings))
        self.updateGeometry()
        self.place_labels()

    def widths(self, names: list[str]) -> tuple[int, int]:
        """The widths of the widest label and the widest value."""
        rows = [self.rows[name] for name in names]
        labels = max((self.table.labelForField(row).sizeHint().width() for row in rows), default=0)
        return labels, max((row.minimumSizeHint().width() for row in rows), default=0)

    def place_labels(self) -> None:
        """Labels beside their values where there is room for all of them, else above."""
        policy = QFormLayout.RowWrapPolicy
        wanted = policy.DontWrapRows if self.width() >= self.beside else policy.WrapAllRows
        if self.table.rowWrapPolicy() != wanted:
            self.table.setRowWrapPolicy(wanted)

    # -- values ----------------------------------------------------------------------------------------------------

    def values(self) -> dict[str, Any]:
        """The values in the form, unchecked."""
        return {name: setting.value() for name, setting in self.rows.items()}

    def counting(self) -> dict[str, Any]:
        """The values of the fields that have an effect, unchecked."""
        assert self.config_class is not None
        return counting(self.config_class.model_fields, self.values())

    def set_values(self, values: dict[str, Any]) -> None:
        """Put these values into the form; fields that it does not have are passed over."""
        self.notes.clear()
        self.show_notes()
        for name, setting in self.rows.items():
            if name in values:
                setting.set_value(values[name])
        self.check()

    def reset(self) -> None:
        """Every field back to its default."""
        self.set_values(self.default_values())

    def default_values(self) -> dict[str, Any]:
        """The recipe's values of all settings."""
        return {name: setting.default for name, setting in self.rows.items()}

    def config(self) -> Config:
        """The checked config. Raises UsageError that names what is wrong."""
        assert self.config_class is not None
        for setting in self.rows.values():
            setting.commit()
        return self.config_class.parse(self.counting())

    def valid(self) -> bool:
        return not self.problem.text()

    def check(self, *_: Any) -> None:
        """Show the fields that count, and say what is wrong with the values, if anything is."""
        if self.config_class is None:
            return
        self.filter(self.search.text())
        try:
            self.config_class.parse(self.counting())
        except UsageError as error:
            self.problem.setText(str(error))
        else:
            self.problem.clear()
        self.problem.setVisible(bool(self.problem.text()))
        self.keep_width()
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

    def shown(self) -> list[str]:
        """The names of the rows that are shown."""
        return [name for name, setting in self.rows.items() if self.table.isRowVisible(setting)]

    def listed(self) -> list[str]:
        """The names of the settings that have an effect, in the order of the form."""
        counting = self.counting()
        return [name for names in grouped(self.rows).values() for name in names if name in counting]

    def filter(self, text: str) -> None:
        """Show the rows that count and are not folded away; or those that have every word of `text` in their name or description."""
        if self.config_class is None:
            return
        words, listed = text.lower().split(), self.listed()
        for group, names in grouped(self.rows).items():
            members = [name for name in names if name in listed and self.matches(name, words)]
            fold = self.folds[group]
            fold.show_count(len(members), sum(self.rows[name].is_changed() for name in members))
            self.show_row(fold, bool(members))
            for name in names:
                self.show_row(self.rows[name], name in members and (bool(words) or fold.isChecked()))

    def matches(self, name: str, words: list[str]) -> bool:
        searched = f"{self.rows[name].title} {self.rows[name].tip}".lower()
        return all(word in searched for word in words)

    def show_row(self, row: QWidget, on: bool) -> None:
        if self.table.isRowVisible(row) != on:
            self.table.setRowVisible(row, on)


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
