"""The settings of one run, or the differences between several."""

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHeaderView, QLabel, QTableWidget, QTableWidgetItem, QVBoxLayout, QWidget

from lab.config import about, value_text
from lab.run import Run

MISSING = "—"
MOST = 6
"""The most runs that are compared."""


def differences(runs: list[Run]) -> dict[str, list[Any]]:
    """The settings that differ, each with its value in every run ("—" where a run does not have it)."""
    configs = [{"recipe": run.recipe.name, **run.stored["config"]} for run in runs]
    names = dict.fromkeys(name for config in configs for name in config)
    table = {name: [config.get(name, MISSING) for config in configs] for name in names}
    return {name: values for name, values in table.items() if any(value != values[0] for value in values)}


class Comparison(QWidget):
    """A table of settings: all of one run's, or those in which several runs differ."""

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self.note = QLabel(wordWrap=True, textFormat=Qt.TextFormat.PlainText)
        self.table = QTableWidget()
        self.table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        layout = QVBoxLayout(self)
        layout.addWidget(self.note)
        layout.addWidget(self.table)

    def show_runs(self, selected: list[Run]) -> None:
        runs = selected[:MOST]
        if not runs:
            self.note.setText("Select a run to see its settings, or several to compare them.")
        elif len(runs) == 1:
            self.note.setText(f"All settings of {runs[0].name}. Select a second run to see the differences.")
        one = len(runs) == 1
        rows = {"recipe": [runs[0].recipe.name], **{n: [v] for n, v in runs[0].stored["config"].items()}} if one else differences(runs)
        if len(runs) > 1:
            count = len(rows)
            which = f"The first {MOST} of {len(selected)} runs" if len(selected) > MOST else f"The {len(runs)} runs"
            self.note.setText(
                f"{which} differ in {count} setting{'s' if count != 1 else ''}." if rows else f"{which} have the same settings."
            )
        self.table.setRowCount(len(rows))
        self.table.setColumnCount(len(runs))
        self.table.setHorizontalHeaderLabels([run.name for run in runs])
        self.table.setVerticalHeaderLabels([name.replace("_", " ") for name in rows])
        for i, (name, values) in enumerate(rows.items()):
            for j, value in enumerate(values):
                field = runs[j].recipe.config_class().model_fields.get(name)
                item = QTableWidgetItem(value_text(field, value) if field is not None and value != MISSING else str(value))
                if field is not None:
                    item.setToolTip(about(field))
                    self.table.verticalHeaderItem(i).setToolTip(about(field))
                self.table.setItem(i, j, item)
        self.table.setVisible(bool(rows))
