"""Every dialog on screens of three sizes, in light and dark, with text at 100 and 150 %: inside the screen, and nothing cut."""

import ast
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from on_screen import faults
from PIL import Image
from PySide6.QtCore import QCoreApplication, QSize
from PySide6.QtWidgets import QApplication, QDialog, QMessageBox
from pytestqt.qtbot import QtBot

import gui
from gui import theme
from gui.atari.game_picker import GamePicker
from gui.dialogs import AboutDialog, ContinueDialog, ErrorDialog, ShortcutSheet
from gui.main_window import MainWindow
from gui.own_pictures import OwnPictures
from gui.palette import CommandPalette, entries
from gui.runs.marks_dialog import MarksDialog
from gui.runs.space import SpaceDialogs
from gui.sweep_dialog import SweepDialog
from gui.vision.convolution_by_hand import ConvolutionByHand
from gui.widgets.points_edit import Canvas
from gui.widgets.room import FRAME
from gui.window_actions import every_action
from lab.errors import UsageError

LONG = 120_000
SIZES = ((1024, 768), (1280, 800), (1920, 1080))
LOOKS = (("light", 100), ("dark", 100), ("light", 150), ("dark", 150))
SENTENCE = (
    "The folder of pictures that this run was trained on is not there any more: put it back, or choose another one under Settings > data."
)


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Two classes of pictures, and one that cannot be read."""
    for kind in ("cats and kittens", "dogs"):
        (tmp_path / "pets" / kind).mkdir(parents=True)
        for i in range(3):
            Image.fromarray(np.full((20, 20, 3), 40 * i, np.uint8)).save(tmp_path / "pets" / kind / f"{i}.png")
    (tmp_path / "pets" / "dogs" / "broken.png").write_bytes(b"no picture")
    return tmp_path / "pets"


def dialogs(window: MainWindow, run: Any, pictures: Path) -> Iterator[QDialog]:
    """One of each, as the app opens them."""
    error = ErrorDialog(SENTENCE, "Traceback (most recent call last):\n  in a file\nOSError: gone", window)
    error.details.setChecked(True)
    yield error
    yield ContinueDialog(run, window)
    yield ShortcutSheet(every_action(), window)
    yield AboutDialog(window)
    yield CommandPalette(list(entries(window)), window)
    yield OwnPictures([pictures], "vae", window.background, window)
    yield GamePicker("pong", window.background, window)
    yield MarksDialog(run, lambda given: None, window)
    sweep = SweepDialog(
        "dqn",
        run.config(),
        {"steps": 100},
        ("charts/episodic_return", "losses/td_loss"),
        "cpu",
        lambda made, flags: None,
        window.background,
        window,
    )
    sweep.where.setCurrentIndex(1)
    sweep.refuse(UsageError(SENTENCE))
    yield sweep
    yield ConvolutionByHand(window)
    yield Canvas("", window)
    SpaceDialogs(window.context, window, lambda: None).ask(
        "Empty trash", "Delete 3 deleted runs for good?", "This frees 1.2 GB and cannot be undone.", lambda: 0, careful=True
    )
    yield window.findChildren(QMessageBox)[-1]


def settle() -> None:
    for _ in range(3):
        QCoreApplication.processEvents()


def wait(qtbot: QtBot, dialog: QDialog) -> None:
    """Until a dialog that reads files shows what it has read."""
    if isinstance(dialog, OwnPictures):
        qtbot.waitUntil(lambda: dialog.look is not None, timeout=LONG)


def test_every_dialog_fits_every_screen(
    qtbot: QtBot, qapp: QApplication, make_window: Callable[..., MainWindow], stored: Callable[..., Any], pictures: Path
) -> None:
    run, window = stored(), make_window()
    wrong: dict[str, str] = {}
    seen = set()
    try:
        for look, percent in LOOKS:
            theme.apply(qapp, look)
            theme.set_text(qapp, percent)
            for dialog in dialogs(window, run, pictures):
                dialog.show()
                wait(qtbot, dialog)
                settle()
                seen.add(type(dialog).__name__)
                for size in SIZES:
                    free = QSize(*size).shrunkBy(FRAME)
                    dialog.resize(dialog.size().boundedTo(free))
                    settle()
                    if dialog.width() > free.width() or dialog.height() > free.height():
                        wrong[f"{type(dialog).__name__} at {percent} %"] = f"{dialog.width()}x{dialog.height()} on {size}"
                    for fault in faults(dialog):
                        wrong.setdefault(f"{type(dialog).__name__}: {fault}", f"on {size} in {look} at {percent} %")
                dialog.close()
                dialog.deleteLater()
    finally:
        theme.set_text(qapp, 100)
        theme.apply(qapp, "light")
    assert not wrong, "\n".join(f"{fault}  [{where}]" for fault, where in wrong.items())
    assert declared() <= seen


def declared() -> set[str]:
    """The names of the app's own dialogs."""
    return {
        node.name
        for path in Path(gui.__file__).parent.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ClassDef) and any(getattr(base, "id", "") == "QDialog" for base in node.bases)
    }
