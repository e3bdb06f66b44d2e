"""The dialog for the tags, the note and the star of runs."""

from collections.abc import Callable

from PySide6.QtWidgets import QCheckBox, QDialog, QDialogButtonBox, QFormLayout, QLabel, QLineEdit, QPlainTextEdit, QVBoxLayout, QWidget

from gui.theme import faint
from lab.errors import LabError
from lab.marks import Marks, marks
from lab.run import Run


class MarksDialog(QDialog):
    """Tags (separated by spaces or commas), note and star of `run`; Save hands them to `give`, which may raise LabError."""

    def __init__(self, run: Run, give: Callable[[Marks], object], parent: QWidget | None = None):
        super().__init__(parent)
        self.give = give
        self.setWindowTitle(f"Tags and note of {run.name}")
        before = marks(run)
        self.tags = QLineEdit(" ".join(before.tags), placeholderText="good baseline", toolTip="Words by which the filter finds the run")
        self.note = QPlainTextEdit(before.note, toolTip="What you want to remember of this run")
        self.note.setPlaceholderText("What you want to remember of this run")
        self.note.setTabChangesFocus(True)
        self.note.setMaximumHeight(120)
        self.star = QCheckBox("Star", checked=before.star)
        self.problem = QLabel(wordWrap=True)
        self.problem.setForegroundRole(self.problem.palette().ColorRole.BrightText)
        self.problem.hide()
        hint = QLabel("The filter finds runs by them: tags=good star=yes, or any word of the note.", wordWrap=True)
        faint(hint)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Save | QDialogButtonBox.StandardButton.Cancel)
        buttons.accepted.connect(self.save)
        buttons.rejected.connect(self.reject)
        self.save_button = buttons.button(QDialogButtonBox.StandardButton.Save)
        form = QFormLayout()
        form.addRow("Tags", self.tags)
        form.addRow("Note", self.note)
        form.addRow("", self.star)
        layout = QVBoxLayout(self)
        layout.addLayout(form)
        layout.addWidget(hint)
        layout.addWidget(self.problem)
        layout.addWidget(buttons)
        self.setMinimumWidth(460)

    def save(self) -> None:
        words = dict.fromkeys(self.tags.text().replace(",", " ").split())
        try:
            self.give(Marks(tuple(words), self.note.toPlainText().strip(), self.star.isChecked()))
        except LabError as error:
            self.problem.setText(str(error))
            self.problem.show()
            return
        self.accept()
