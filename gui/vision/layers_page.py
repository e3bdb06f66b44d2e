"""The calculator: a list of layers is typed, and each one's shape, parameters and receptive field stand beside it."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QHeaderView,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QSpinBox,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)  # fmt: skip

from gui import theme
from gui.theme import faint
from gui.widgets.flow_layout import FlowLayout
from gui.widgets.room import Turning
from gui.widgets.titled import beside, titled
from models.vision.layer_list import NOTES_CNN, calculate, read_layer, read_layers, shape_text, written

COLUMNS = ("Layer", "Output", "Parameters", "Of which fixed", "How they are counted", "Receptive field")
READING = (
    "Convolution: F (k·k·d + 1) for F filters of k·k over d maps; dense: out·(in + 1); batch norm: 4 d, of which 2 d are running statistics "
    "that are not trained; pooling: 0. Also: conv 8 3 stride 2 padding 0 tanh, average 2, gmp, flatten, dropout 0.5, embedding 13000 100, lstm 64."
)


class LayersPage(QWidget):
    """Left the list, right the table; below it the sum, or what cannot be read."""

    wanted = Signal(str)
    """The list, to be trained by `classify`."""

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self.text = QPlainTextEdit("\n".join(NOTES_CNN.split(", ")), toolTip="One layer a line")
        self.text.setAccessibleName("Layers")
        self.text.setFont(theme.code_font())
        self.input = QLineEdit("28x28x1", toolTip="Height x width x channels, where the list has no line `input`")
        self.classes = QSpinBox(minimum=2, maximum=10_000, value=5, toolTip="What `dense classes` stands for")
        self.table = QTableWidget(0, len(COLUMNS))
        self.table.setHorizontalHeaderLabels(COLUMNS)
        self.table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.table.setAccessibleName("Layers as calculated")
        self.table.verticalHeader().hide()
        self.table.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.note = QLabel(wordWrap=True)
        reading = QLabel(READING, wordWrap=True)
        faint(reading)
        self.train_button = QPushButton("Use in the form", toolTip="Put the list into the form of classify, to be trained")
        controls = FlowLayout(gap=theme.WIDE)
        for widget in (beside("Input", self.input), beside("Classes", self.classes), self.train_button):
            controls.addWidget(widget)
        halves = Turning((220, 600), (180, 220))
        halves.addWidget(titled("Layers", self.text))
        halves.addWidget(titled("Calculated", self.table))
        halves.setSizes([220, 600])
        halves.setStretchFactor(0, 0)
        halves.setStretchFactor(1, 1)
        layout = QVBoxLayout(self)
        layout.addLayout(controls)
        layout.addWidget(halves, 1)
        layout.addWidget(self.note)
        layout.addWidget(reading)
        self.text.textChanged.connect(self.compute)
        self.input.textChanged.connect(self.compute)
        self.classes.valueChanged.connect(self.compute)
        self.train_button.clicked.connect(lambda: self.wanted.emit(written(read_layers(self.text.toPlainText()))))
        self.compute()

    def compute(self, *_: object) -> None:
        """Read and count the list; the last table that could be counted stays while somebody types."""
        try:
            layers = read_layers(self.text.toPlainText())
            own = layers[0].kind == "input"
            self.input.setEnabled(not own)
            shape = () if own else read_layer(f"input {self.input.text()}").shape
            rows = calculate(layers, shape, self.classes.value())
        except ValueError as error:
            self.note.setText(f"{str(error)[:1].upper()}{str(error)[1:]}.")
            self.train_button.setEnabled(False)
            return
        self.train_button.setEnabled(True)
        self.table.setRowCount(len(rows))
        for index, row in enumerate(rows):
            fixed = f"{row.fixed:,}" if row.fixed else ""
            seen = f"{row.receptive}x{row.receptive}"
            for column, word in enumerate((row.layer, shape_text(row.shape), f"{row.parameters:,}", fixed, row.formula, seen)):
                item = QTableWidgetItem(word)
                if column in (2, 3):
                    item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                self.table.setItem(index, column, item)
        total, fixed_total = sum(row.parameters for row in rows), sum(row.fixed for row in rows)
        self.note.setText(
            f"{total:,} parameters" + (f", {total - fixed_total:,} of them trained." if fixed_total else ", all of them trained.")
        )
