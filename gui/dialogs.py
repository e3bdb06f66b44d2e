"""Small windows: an error with its traceback, the keyboard shortcuts, About."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QApplication,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QDoubleSpinBox,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QSpinBox,
    QTableWidget,
    QTableWidgetItem,
    QToolButton,
    QVBoxLayout,
    QWidget,
)  # fmt: skip

from gui.actions import Action, native, plain
from lab.readable import duration_text
from lab.run import Run

GAME_KEYS = (
    ("While playing (after Take over)", "Arrows or W A S D", "Joystick"),
    ("While playing (after Take over)", "Space", "Fire"),
    ("While playing (after Take over)", "Esc", "Hand back to the agent"),
)


class ErrorDialog(QDialog):
    """An error's sentence; where there is a traceback, it folds out, and can be copied."""

    def __init__(self, sentence: str, trace: str, parent: QWidget | None = None):
        super().__init__(parent)
        self.setWindowTitle("Something went wrong")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.sentence = QLabel(sentence, wordWrap=True, textFormat=Qt.TextFormat.PlainText)
        self.sentence.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.sentence.setMinimumWidth(460)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addWidget(self.sentence)
        if trace:
            self.trace = QPlainTextEdit(trace, readOnly=True)
            self.trace.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
            self.trace.setMinimumSize(620, 220)
            self.trace.hide()
            self.details = QToolButton(text="Details", checkable=True, autoRaise=True, toolTip="Where in the program it happened")
            self.details.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
            self.details.setArrowType(Qt.ArrowType.RightArrow)
            self.details.toggled.connect(self.unfold)
            layout.addWidget(self.details)
            layout.addWidget(self.trace, 1)
            self.copy = QPushButton("Copy traceback")
            self.copy.clicked.connect(lambda: QApplication.clipboard().setText(f"{sentence}\n\n{trace}"))
            buttons.addButton(self.copy, QDialogButtonBox.ButtonRole.ActionRole)
        layout.addWidget(buttons)

    def unfold(self, on: bool) -> None:
        """Show or hide the traceback; the dialog is as high as what it shows."""
        self.details.setArrowType(Qt.ArrowType.DownArrow if on else Qt.ArrowType.RightArrow)
        self.trace.setVisible(on)
        self.adjustSize()


class ContinueDialog(QDialog):
    """How much longer to train a run that has reached its length; `options` has the answer."""

    def __init__(self, run: Run, parent: QWidget | None = None):
        super().__init__(parent)
        self.setWindowTitle("Continue training")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        status = run.status()
        self.done_before: int = status.get("done", 0)
        by_time = status.get("until") is not None
        if by_time:
            sentence = f"{run.name} has finished its {duration_text(status['until'])} of training. How much longer should it train?"
        else:
            sentence = f"{run.name} has finished its {self.done_before:,} {status.get('unit', 'steps')}. How many more should it train?"
        self.sentence = QLabel(sentence, wordWrap=True, textFormat=Qt.TextFormat.PlainText)
        self.sentence.setMinimumWidth(360)
        self.unit = QComboBox(toolTip="Train for a number of steps or minutes")
        self.unit.addItems(["steps", "minutes"])
        self.steps = QSpinBox(minimum=1, maximum=2_000_000_000, groupSeparatorShown=True, singleStep=10_000)
        self.steps.setValue(run.stored.get("steps") or run.recipe.steps)
        self.minutes = QDoubleSpinBox(minimum=0.1, maximum=100_000, value=run.stored.get("minutes") or 30, decimals=1)
        self.unit.currentTextChanged.connect(self.choose_unit)
        self.unit.setCurrentText("minutes" if by_time else "steps")
        self.choose_unit(self.unit.currentText())
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.train = buttons.addButton("Train", QDialogButtonBox.ButtonRole.AcceptRole)
        self.cancel = buttons.button(QDialogButtonBox.StandardButton.Cancel)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        length = QHBoxLayout()
        for widget in (self.unit, self.steps, self.minutes):
            length.addWidget(widget, 0 if widget is self.unit else 1)
        layout = QVBoxLayout(self)
        layout.addWidget(self.sentence)
        layout.addLayout(length)
        layout.addWidget(buttons)

    def choose_unit(self, unit: str) -> None:
        self.steps.setVisible(unit == "steps")
        self.minutes.setVisible(unit == "minutes")

    def options(self) -> dict[str, int | float]:
        """The length as `lab.api.resumed_session` takes it: steps in all, or minutes from now on."""
        if self.unit.currentText() == "steps":
            return {"steps": self.done_before + self.steps.value()}
        return {"minutes": self.minutes.value()}


class ShortcutSheet(QDialog):
    """Every keyboard shortcut of the app, from the actions as they are declared."""

    def __init__(self, groups: dict[str, list[Action]], parent: QWidget | None = None):
        super().__init__(parent)
        self.setWindowTitle("Keyboard shortcuts")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(760, 620)
        rows = [
            (group, native(action.keys), f"{plain(action.text)}: {action.tip}")
            for group, actions in groups.items()
            for action in actions
            if action.keys
        ]
        rows += GAME_KEYS
        self.table = QTableWidget(len(rows), 3)
        self.table.setHorizontalHeaderLabels(["Context", "Shortcut", "Action"])
        self.table.verticalHeader().hide()
        self.table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.table.horizontalHeader().setSectionResizeMode(2, QHeaderView.ResizeMode.Stretch)
        for i, row in enumerate(rows):
            for j, text in enumerate(row):
                self.table.setItem(i, j, QTableWidgetItem(text))
        self.table.resizeColumnToContents(0)
        self.table.resizeColumnToContents(1)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addWidget(self.table)
        layout.addWidget(buttons)


class AboutDialog(QDialog):
    """What this is, with the versions that a result depends on."""

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        from pyqtgraph import __version__ as pyqtgraph
        from PySide6 import __version__ as pyside

        from lab.paths import runs_folder
        from lab.versions import versions

        self.setWindowTitle("About the lab")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        numbers = {**versions(), "PySide6": pyside, "pyqtgraph": pyqtgraph}
        rows = "".join(f"<tr><td>{name}&nbsp;&nbsp;</td><td>{version}</td></tr>" for name, version in numbers.items())
        self.text = QLabel(
            "<h2>Lab</h2><p>Train, watch and take apart the networks of a deep-learning course.<br>"
            f"Everything here is also on the command line: <code>lab --help</code>.</p><table>{rows}</table>"
            f"<p>Runs are stored in {runs_folder().resolve()}</p>"
        )
        self.text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addWidget(self.text)
        layout.addWidget(buttons)
