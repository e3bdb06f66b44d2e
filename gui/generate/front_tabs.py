"""Tabs within a page, one view each, which is asked only while its tab is in front."""

from collections.abc import Callable
from typing import Any

from PySide6.QtWidgets import QHBoxLayout, QLabel, QSlider, QTabWidget, QVBoxLayout, QWidget

from gui import theme
from gui.generate.image_grid import ImageGrid
from gui.page import Page

Parameters = Callable[[], dict[str, Any] | None]


class FrontTabs(QTabWidget):
    """The tabs of `page`; each shows pictures in a grid, with its own settings above."""

    def __init__(self, page: Page):
        super().__init__(documentMode=True)
        self.page = page
        self.grids: dict[str, ImageGrid] = {}
        self.notes: dict[str, QLabel] = {}
        self.asked: dict[str, tuple[str, Parameters]] = {}
        self.currentChanged.connect(lambda _: self.page.refresh())

    def add(self, name: str, tip: str, view: str, parameters: Parameters, settings: dict[str, QWidget], show: Callable[[ImageGrid, Any], None]) -> None:  # fmt: skip
        """A tab whose answers `show` puts into its grid, below `settings` by their labels."""
        grid, note = ImageGrid(f"{name}: drawn while this tab is in front.", pickable=False), QLabel(wordWrap=True)
        grid.setToolTip(tip)
        holder = QWidget()
        column = QVBoxLayout(holder)
        column.setContentsMargins(0, theme.GAP, 0, 0)
        if settings:
            row = QHBoxLayout()
            for text, widget in settings.items():
                label = QLabel(text)
                label.setBuddy(widget)
                row.addWidget(label)
                row.addWidget(widget, 4 if isinstance(widget, QSlider) else 0)
            row.addStretch(1)
            column.addLayout(row)
        column.addWidget(grid, 1)
        column.addWidget(note)
        self.grids[name], self.notes[name], self.asked[name] = grid, note, (view, parameters)
        self.setTabToolTip(self.addTab(holder, name), tip)

        def arrived(answer: Any) -> None:
            note.setText(f"{answer.title}." if answer.title else "")
            note.setVisible(bool(answer.title))
            show(grid, answer)

        self.page.query(view, lambda: parameters() if self.front == name else None, arrived, grid.show_text, interval=0.5)

    @property
    def front(self) -> str:
        return self.tabText(self.currentIndex())

    def export(self) -> tuple[str, dict[str, Any]] | None:
        """The view in front and its parameters; None where they are not complete."""
        view, read = self.asked[self.front]
        parameters = read()
        return None if parameters is None else (view, parameters)


def with_names(grid: ImageGrid, answer: Any) -> None:
    """Pictures with the names of their columns, which are the captions of the first row."""
    grid.name([], list(answer.captions[: answer.columns]))
    grid.show_answer(answer)
