"""Pictures of every panel at work, without a screen: `lab gui --shots DIR`. The content is real: networks train meanwhile.

Read first: `take`. Each family's scenes are in its own folder.
"""

import os
import sys
import tempfile
from pathlib import Path
from typing import Any


def take(folder: str) -> int:
    """Save the pictures into `folder`; the exit code."""
    if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")) and sys.platform not in ("darwin", "win32"):
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtCore import QSettings

    from gui.app import application, open_window
    from gui.atari import shots as atari
    from gui.event_loop import until
    from gui.foundations import shots as foundations
    from gui.generate import shots as generate
    from gui.photographer import Photographer
    from gui.sequences import shots as sequences
    from gui.vision import shots as vision

    out = Path(folder)
    out.mkdir(parents=True, exist_ok=True)
    before = os.environ.get("LAB_RUNS")
    with tempfile.TemporaryDirectory() as place:
        os.environ["LAB_RUNS"] = f"{place}/runs"
        QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, place)
        app = application()
        window = open_window(app)
        window.resize(1280, 800)
        photographer = Photographer(app, window, out)
        try:
            for family in (foundations, atari, generate, vision, sequences):
                family.take(photographer)
            take_runs(photographer)
            take_shortcuts(photographer)
        finally:
            window.closing.begin()
            until(lambda: not window.isVisible(), 60)
            os.environ.pop("LAB_RUNS") if before is None else os.environ.update(LAB_RUNS=before)
    return 0


def take_runs(photographer: Any) -> None:
    from gui.event_loop import until

    def show(page: int) -> None:
        panel = photographer.window.go_to("Runs")
        until(lambda: panel.list.table.rowCount() >= 2, 20)
        panel.list.view.selectAll()
        panel.pages.setCurrentIndex(page)

    photographer.scene("runs-curves", lambda: show(0))
    photographer.scene("runs-settings", lambda: show(1))


def take_shortcuts(photographer: Any) -> None:
    from gui.dialogs import ShortcutSheet

    photographer.window.show_shortcuts()
    sheet = photographer.window.findChild(ShortcutSheet)
    photographer.both_themes(sheet, "shortcuts")
    sheet.close()
