"""Pictures of every panel at work, without a screen: `lab gui --shots DIR`. The content is real: an agent trains meanwhile.

Read first: `take`. Each scene is a function that brings the window into a state; it is taken light and dark, at 1280x800
and at 2560x1440 with a scale of 2.
"""

import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QEventLoop, QPoint, QTimer
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QApplication, QWidget

from gui.main_window import MainWindow
from gui.training_panel import TrainingPanel
from lab import registry

SIZES = {"1280x800": (1280, 800, 1), "2560x1440": (1280, 720, 2)}
"""Name -> width and height in the window's own units, and the scale of the screen."""
SETTINGS = {"learning_starts": 500, "replay_capacity": 20_000, "epsilon_steps": 4000, "batch_size": 16, "hidden_units": 128}
"""Of the runs that train for the pictures: small, so that there is something to see within a minute or two."""
TRAIN_SECONDS = 100


def take(folder: str) -> int:
    """Save the pictures into `folder`; the exit code."""
    if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")) and sys.platform not in ("darwin", "win32"):
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtCore import QSettings

    from gui.app import application, open_window

    out = Path(folder)
    out.mkdir(parents=True, exist_ok=True)
    before = os.environ.get("LAB_RUNS")
    with tempfile.TemporaryDirectory() as place:
        os.environ["LAB_RUNS"] = f"{place}/runs"
        QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, place)
        app = application()
        window = open_window(app)
        try:
            Photographer(app, window, out).work()
        finally:
            window.begin_close()
            until(lambda: not window.isVisible(), 60)
            os.environ.pop("LAB_RUNS") if before is None else os.environ.update(LAB_RUNS=before)
    return 0


class Photographer:
    """Drives the window through its scenes."""

    def __init__(self, app: QApplication, window: MainWindow, out: Path):
        self.app, self.window, self.out = app, window, out
        self.atari: Any = window.panel("Atari")

    def work(self) -> None:
        self.window.resize(1280, 800)
        until(lambda: self.playing(), 60)
        pause(4)
        self.scene("atari-first-start", lambda: None)
        self.train("breakout", 2400)
        until(lambda: not self.window.sessions.running(), TRAIN_SECONDS)
        self.window.sessions.bridges[-1].session.stop()
        self.train("pong", 100_000)
        bridge = self.window.sessions.bridges[-1]
        until(lambda: bridge.latest.done >= 8000, TRAIN_SECONDS)
        self.scene("atari-training", self.training)
        self.scene("atari-views", self.views)
        self.scene("atari-two-agents", self.two_agents)
        self.scene("atari-about", self.about)
        self.atari.watch.compare.setChecked(False)
        self.atari.settings_dock.raise_()
        self.picker()
        registry.load("gui.generate.shots:take")(self)
        registry.load("gui.vision.shots:take")(self)
        registry.load("gui.sequences.shots:take")(self)
        self.scene("runs-curves", lambda: self.runs(0))
        self.scene("runs-settings", lambda: self.runs(1))
        self.sheet()

    def playing(self) -> bool:
        pane = self.atari.watch.panes[0]
        return pane.playing is not None and pane.playing.latest is not None

    def train(self, game: str, steps: int) -> None:
        count = len(self.window.sessions.bridges)
        self.atari.form.reset()
        self.atari.form.set_values({**SETTINGS, "game": game})
        self.atari.steps.setValue(steps)
        self.atari.train_button.click()
        until(lambda: len(self.window.sessions.bridges) > count, 120)

    def train_in(self, name: str, recipe: str, fields: dict[str, Any], steps: int, seconds: float) -> Any:
        """Train through the form of the panel `name` for `steps` steps or `seconds` seconds, whichever comes first; the session's bridge."""
        sessions, panel = self.window.sessions, self.window.go_to(name)
        assert isinstance(panel, TrainingPanel)
        count = len(sessions.bridges)
        panel.recipe_box.setCurrentText(recipe)
        panel.form.reset()
        panel.form.set_values(fields)
        panel.steps.setValue(steps)
        panel.train_button.click()
        until(lambda: len(sessions.bridges) > count, 120)
        bridge = sessions.bridges[-1]
        until(lambda: not bridge.running, seconds)
        bridge.session.stop()  # What goes on training would slow down all that comes after it.
        until(lambda: not bridge.running, 60)
        return bridge

    # -- scenes ----------------------------------------------------------------------------------------------------

    def training(self) -> None:
        self.window.go_to("Atari")
        self.atari.watch.saliency.setChecked(True)

    def views(self) -> None:
        views = self.atari.current_tab().views
        for frame in list(views.frames):
            views.take_away(frame)
        for view in ("replay_memory", "priorities"):
            views.switches[view].click()

    def two_agents(self) -> None:
        self.atari.watch.compare.setChecked(True)

    def about(self) -> None:
        self.atari.about_dock.raise_()

    def runs(self, page: int) -> None:
        panel: Any = self.window.go_to("Runs")
        until(lambda: panel.table.rowCount() >= 2, 20)
        panel.view.selectAll()
        panel.pages.setCurrentIndex(page)

    def picker(self) -> None:
        from gui.atari.game_picker import GamePicker

        picker = GamePicker("breakout", self.window.background, self.window)
        picker.show()
        until(lambda: len(picker.pictures) > 40, 60)
        for theme in ("light", "dark"):
            self.theme(theme)
            self.save(picker, f"atari-games-{theme}", 2)
        picker.reject()
        picker.deleteLater()

    def sheet(self) -> None:
        from gui.dialogs import ShortcutSheet

        self.window.show_shortcuts()
        sheet = self.window.findChild(ShortcutSheet)
        assert isinstance(sheet, ShortcutSheet)
        for theme in ("light", "dark"):
            self.theme(theme)
            self.save(sheet, f"shortcuts-{theme}", 2)
        sheet.close()

    # -- taking ----------------------------------------------------------------------------------------------------

    def scene(self, name: str, arrange: Callable[[], None]) -> None:
        """Take one state of the window in both themes and all sizes."""
        arrange()
        for theme in ("light", "dark"):
            self.theme(theme)
            for size, (width, height, scale) in SIZES.items():
                self.window.resize(width, height)
                pause(1.5)
                self.save(self.window, f"{name}-{theme}-{size}", scale)

    def theme(self, name: str) -> None:
        from gui import theme

        theme.apply(self.app, name)
        pause(0.2)

    def save(self, widget: QWidget, name: str, scale: int) -> None:
        pixmap = QPixmap(widget.size() * scale)
        pixmap.setDevicePixelRatio(scale)
        widget.render(pixmap, QPoint())
        pixmap.save(str(self.out / f"{name}.png"))


def until(condition: Callable[[], bool], seconds: float) -> bool:
    """Run the event loop until `condition` holds; False after `seconds`."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        pause(0.05)
    return condition()


def pause(seconds: float) -> None:
    """Run the event loop for a time."""
    loop = QEventLoop()
    QTimer.singleShot(round(1000 * seconds), loop.quit)
    loop.exec()
