"""The choice of data in a form: the data sets that a recipe can learn from, and one's own through dialogs."""

from pathlib import Path

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QComboBox, QFileDialog, QStyle, QStyleOptionComboBox, QWidget

from lab.data.catalogue import DATA, Kind, escaped, giving, paths
from lab.data.image_files import files_by_class
from lab.errors import LabError

LONGEST = 160
"""Pixels up to which the name of one's own data widens the form."""


class DataEdit(QComboBox):
    """Offers the data sets that give one of `kinds`; `currentData` is the value of the setting."""

    changed = Signal()
    refused = Signal(str)
    """Why files that were chosen cannot be taken; "" once others were."""

    def __init__(self, kinds: list[Kind], parent: QWidget | None = None):
        super().__init__(parent)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.offered = giving(*kinds)
        for name, about in self.offered.items():
            self.add(name, f"{about[:1].upper()}{about[1:]}…" if DATA[name].prefix else name, about)
        self.taken = self.currentIndex()
        self.currentIndexChanged.connect(self.take)

    def add(self, value: str, text: str, tip: str) -> None:
        self.addItem(text, value)
        self.setItemData(self.count() - 1, tip, Qt.ItemDataRole.ToolTipRole)

    def minimumSizeHint(self) -> QSize:
        """The room of the chosen entry, up to a length at which the names of one's own files are cut."""
        option = QStyleOptionComboBox()
        self.initStyleOption(option)
        text = QSize(min(self.fontMetrics().horizontalAdvance(self.currentText()), LONGEST), self.fontMetrics().height())
        return self.style().sizeFromContents(QStyle.ContentsType.CT_ComboBox, option, text, self)

    def showPopup(self) -> None:
        """The entries, none of them cut."""
        self.view().setMinimumWidth(self.view().sizeHintForColumn(0) + self.view().verticalScrollBar().sizeHint().width())
        super().showPopup()

    def own(self) -> list[str]:
        """The entries that ask for one's own files."""
        return [name for name in self.offered if DATA[name].prefix]

    def set_value(self, value: str) -> None:
        """Show this value. Nobody is told."""
        self.blockSignals(True)
        if self.findData(value) < 0:
            self.add(value, names_of(value), value)
        self.setCurrentIndex(self.findData(value))
        self.taken = self.currentIndex()
        self.blockSignals(False)
        self.updateGeometry()

    def take(self, index: int) -> None:
        """Another entry was chosen: a data set, or files of one's own, which dialogs ask for."""
        name = str(self.itemData(index))
        if name in DATA and DATA[name].prefix:
            self.blockSignals(True)
            self.setCurrentIndex(self.taken)
            self.blockSignals(False)
            self.ask(name)
        else:
            self.taken = index
            self.updateGeometry()
            self.refused.emit("")
            self.changed.emit()

    def ask(self, name: str) -> None:
        """Ask for each path of an entry for one's own data; nothing changes where a dialog is closed."""
        chosen: list[Path] = []
        for title in DATA[name].asks:
            path = self.ask_path(title, DATA[name].prefix == "file:")
            if path is None:
                return
            chosen.append(path)
            pair = two_folders(path) if len(DATA[name].asks) == 2 and len(chosen) == 1 else None
            if pair is not None:
                chosen = pair
                break
        self.take_paths(DATA[name].prefix, chosen)

    def ask_path(self, title: str, file: bool) -> Path | None:
        """The file or folder that the user chooses; None where the dialog is closed."""
        dialog = QFileDialog(self.window(), title)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile if file else QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly, not file)
        chosen = Path(dialog.selectedFiles()[0]) if dialog.exec() and dialog.selectedFiles() else None
        dialog.deleteLater()
        return chosen

    def take_paths(self, prefix: str, chosen: list[Path]) -> None:
        """Use one's own files or folders; folders without images are refused."""
        try:
            for path in chosen:
                if prefix != "file:":
                    files_by_class(path)
        except LabError as error:
            self.refused.emit(str(error).rstrip("."))
            return
        self.set_value(prefix + ",".join(map(escaped, chosen)))
        self.refused.emit("")
        self.changed.emit()


def two_folders(folder: Path) -> list[Path] | None:
    """The two domains in a folder that holds nothing else, or that holds trainA and trainB, as published data sets do."""
    parts = sorted(part for part in folder.iterdir() if part.is_dir() and not part.name.startswith("."))
    train = [part for part in parts if part.name in ("trainA", "trainB")]
    parts = train if len(train) == 2 else parts
    return parts if len(parts) == 2 else None


def names_of(value: str) -> str:
    """One's own data in a word or two: the names of the files or folders, without the way to them."""
    return " and ".join(path.name or str(path) for path in paths(value)) if ":" in value else value
