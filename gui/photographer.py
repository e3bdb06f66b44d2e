"""Brings the window into states and saves pictures of it, light and dark, at 1280x800 and at 2560x1440 with a scale of 2."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QPoint
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QApplication, QWidget

from gui import theme
from gui.event_loop import pause, until
from gui.main_window import MainWindow
from gui.training_panel import TrainingPanel

SIZES = {"1280x800": (1280, 800, 1), "2560x1440": (1280, 720, 2)}
"""Name -> width and height in the window's own units, and the scale of the screen."""


class Photographer:
    """Drives the window through scenes and saves their pictures into the folder `out`."""

    def __init__(self, app: QApplication, window: MainWindow, out: Path):
        self.app, self.window, self.out = app, window, out

    def train_in(self, name: str, recipe: str, fields: dict[str, Any], steps: int, seconds: float) -> Any:
        """Train through the form of the panel `name` for `steps` steps or `seconds` seconds, whichever comes first; the session's bridge."""
        sessions, panel = self.window.sessions, self.window.go_to(name)
        assert isinstance(panel, TrainingPanel)
        count = len(sessions.bridges)
        panel.form.recipe_box.setCurrentText(recipe)
        panel.form.fields.reset()
        panel.form.fields.set_values(fields)
        panel.form.steps.setValue(steps)
        panel.form.train_button.click()
        until(lambda: len(sessions.bridges) > count, 120)
        bridge = sessions.bridges[-1]
        until(lambda: not bridge.running, seconds)
        bridge.session.stop()  # A run that keeps training would slow down all later scenes.
        until(lambda: not bridge.running, 60)
        return bridge

    def scene(self, name: str, arrange: Callable[[], None]) -> None:
        """Take one state of the window in both themes and all sizes."""
        arrange()
        for chosen in ("light", "dark"):
            self.theme(chosen)
            for size, (width, height, scale) in SIZES.items():
                self.window.resize(width, height)
                pause(1.5)
                self.save(self.window, f"{name}-{chosen}-{size}", scale)

    def both_themes(self, widget: QWidget, name: str) -> None:
        """Take a dialog in both themes, at a scale of 2."""
        for chosen in ("light", "dark"):
            self.theme(chosen)
            self.save(widget, f"{name}-{chosen}", 2)

    def theme(self, name: str) -> None:
        theme.apply(self.app, name)
        pause(0.2)

    def save(self, widget: QWidget, name: str, scale: int) -> None:
        pixmap = QPixmap(widget.size() * scale)
        pixmap.setDevicePixelRatio(scale)
        widget.render(pixmap, QPoint())
        pixmap.save(str(self.out / f"{name}.png"))
