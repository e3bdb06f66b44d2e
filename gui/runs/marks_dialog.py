"""The dialog for the tags, the note and the star of runs."""

from collections.abc import Callable

from PySide6.QtWidgets import QCheckBox, QDialog, QDialogButtonBox, QFormLayout, QLabel, QLineEdit, QPlainTextEdit, QVBoxLayout, QWidget

from gui.theme import faint
from lab.errors import LabError
from lab.marks import marks, tag
from lab.run import Run


class MarksDialog(QDialog):
    """Tags (separated by spaces or commas), note and star of `run`."""

    def __init__(self, run: Run, saved: Callable[[], object], parent: QWidget | None = None):
        super().__init__(parent)
        self.run, self.saved = run, saved
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
        words = self.tags.text().replace(",", " ").split()
        gone = [name for name in marks(self.run).tags if name not in words]
        try:
            tag(self.run, *words, remove=gone, note=self.note.toPlainText(), star=self.star.isChecked())
        except LabError as error:
            self.problem.setText(str(error))
            self.problem.show()
            return
        self.saved()
        self.accept()
