"""The queue of trainings on the screen: what waits, and whether it is worked through."""

from PySide6.QtWidgets import QAbstractItemView, QHBoxLayout, QLabel, QListWidget, QListWidgetItem, QPushButton, QVBoxLayout, QWidget

from gui.panel import AppContext
from gui.queue_worker import QueueWorker
from gui.theme import faint
from lab import training_queue
from lab.errors import LabError

NUMBER = 256
"""The role under which an entry has its training's number."""


class QueuePane(QWidget):
    """A list of what waits, with Start / Pause and Remove."""

    def __init__(self, context: AppContext, worker: QueueWorker, parent: QWidget | None = None):
        super().__init__(parent)
        self.context, self.worker = context, worker
        self.note = QLabel(wordWrap=True)
        faint(self.note)
        self.list = QListWidget()
        self.list.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.list.setToolTip("Trainings that wait, the next one first")
        self.start_button = QPushButton("Start", toolTip="Train what waits, one after the other, or let it wait")
        self.remove_button = QPushButton("Remove", toolTip="Take the selected trainings out of the queue")
        self.start_button.clicked.connect(self.toggle)
        self.remove_button.clicked.connect(self.remove)
        buttons = QHBoxLayout()
        buttons.addWidget(self.start_button)
        buttons.addWidget(self.remove_button)
        buttons.addWidget(self.note, 1)
        layout = QVBoxLayout(self)
        layout.addLayout(buttons)
        layout.addWidget(self.list, 1)
        worker.changed.connect(self.show_jobs)
        self.list.itemSelectionChanged.connect(self.enable)
        self.show_jobs()

    def show_jobs(self) -> None:
        chosen = {item.data(NUMBER) for item in self.list.selectedItems()}
        self.list.clear()
        for job in self.worker.jobs:
            item = QListWidgetItem(job.command)
            item.setData(NUMBER, job.number)
            self.list.addItem(item)
            item.setSelected(job.number in chosen)
        self.start_button.setText("Pause" if self.worker.active else "Start")
        self.enable()
        self.note.setText(self.sentence())

    def sentence(self) -> str:
        count, before = len(self.worker.jobs), self.worker.training()
        if not count:
            return "Nothing waits. Queue, beside Train, adds the settings of a form; so does lab queue add."
        waits = f"{count} training{'s' if count > 1 else ''} wait{'' if count > 1 else 's'}"
        if not self.worker.active:
            return f"{waits}. Press Start to train them one after the other."
        return f"{waits} for {before} to end." if before else f"{waits}."

    def enable(self) -> None:
        self.remove_button.setEnabled(bool(self.list.selectedItems()))

    def toggle(self) -> None:
        try:
            self.worker.set_active(not self.worker.active)
        except LabError as error:
            self.context.report(str(error), "")

    def remove(self) -> None:
        for item in self.list.selectedItems():
            try:
                training_queue.remove(item.data(NUMBER))
            except LabError as error:
                self.context.say(str(error))
        self.worker.look()
