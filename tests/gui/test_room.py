"""Windows fit their screens, and nothing on them is cut, at any size, text and theme."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtCore import QRect, Qt
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from gui.widgets.figures import Figures
from gui.widgets.flow_layout import FlowLayout
from gui.widgets.room import Scroller, inside

SCREEN = {"name": "small", "x": 0, "y": 0, "width": 1024, "height": 768, "logicalDpi": 96, "logicalBaseDpi": 96, "dpr": 1}


@pytest.mark.parametrize(
    ("wanted", "placed"),
    [
        ((10, 50, 500, 400), (10, 50, 500, 400)),
        ((0, 0, 1280, 800), (4, 36, 1016, 728)),
        ((900, 700, 500, 400), (520, 364, 500, 400)),
        ((-3000, -20, 500, 400), (4, 36, 500, 400)),
    ],
)
def test_a_window_with_its_frame_is_put_inside_the_screen(wanted: tuple[int, ...], placed: tuple[int, ...]) -> None:
    assert inside(QRect(*wanted), QRect(0, 0, 1024, 768)).getRect() == placed


def test_a_window_stored_on_a_large_screen_opens_inside_a_small_one_and_lab_watch_fits_there(tmp_path: Path) -> None:
    screen = tmp_path / "screen.json"
    screen.write_text(json.dumps({"screens": [SCREEN]}))
    code = f"""
import json, os
from PySide6.QtCore import QSettings
QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, {str(tmp_path)!r})
from gui.app import application
from gui.main_window import MainWindow
from gui.settings import settings
app = application()
frames = []
window = MainWindow()
frames.append(window.geometry().getRect())
window.setGeometry(1500, 300, 2200, 1300)
settings().setValue("window/geometry", window.saveGeometry())
window = MainWindow()
window.show()
frames.append(window.geometry().getRect())
from gui.watch_window import WatchWindow
from lab.atari.player import Player
from models.q_network import QNetwork
watch = WatchWindow(QNetwork(6), Player("pong"), None, None)
watch.show()
frames.append(watch.geometry().getRect())
print(json.dumps(frames), flush=True)
watch.close()
os._exit(0)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=300,
        env={**os.environ, "QT_QPA_PLATFORM": f"offscreen:configfile={screen}"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    for x, y, width, height in json.loads(done.stdout.splitlines()[-1]):
        assert x >= 0
        assert y >= 0
        assert x + width <= 1024
        assert y + height <= 768


def test_a_row_wraps_and_asks_for_the_height_of_its_lines(qtbot: QtBot) -> None:
    box = QWidget()
    qtbot.addWidget(box)
    row = FlowLayout(box, gap=10)
    parts = [QLabel() for _ in range(3)]
    for part in parts:
        part.setFixedSize(100, 20)
        row.addWidget(part)
    box.resize(320, 20)
    box.show()
    assert [part.pos().toTuple() for part in parts] == [(0, 0), (110, 0), (220, 0)]
    parts[1].hide()
    row.activate()
    assert parts[2].x() == 110
    parts[1].show()
    box.resize(210, 50)
    row.activate()
    assert [part.pos().toTuple() for part in parts] == [(0, 0), (110, 0), (0, 30)]
    assert (row.minimumSize().width(), row.minimumSize().height()) == (100, 50)


def test_what_needs_more_than_it_may_scrolls(qtbot: QtBot) -> None:
    page = QWidget()
    QVBoxLayout(page).addWidget(QLabel(minimumWidth=280, minimumHeight=380))
    scroller = Scroller(page, (200, 500))
    least = page.minimumSizeHint()
    qtbot.addWidget(scroller)
    assert scroller.minimumSizeHint().toTuple() == (200, least.height())
    scroller.resize(200, 450)
    scroller.show()
    qtbot.waitUntil(scroller.horizontalScrollBar().isVisible, timeout=60_000)
    assert page.width() == least.width()
    scroller.resize(400, 450)
    qtbot.waitUntil(lambda: not scroller.horizontalScrollBar().isVisible(), timeout=60_000)
    assert page.width() == 400


def test_what_stands_below_a_runs_figures_does_not_move_when_the_first_come(qtbot: QtBot) -> None:
    column = QWidget()
    qtbot.addWidget(column)
    figures, below = Figures(), QWidget()
    layout = QVBoxLayout(column)
    layout.addWidget(figures)
    layout.addWidget(below, 1)
    column.resize(400, 300)
    column.show()
    before = below.geometry()
    figures.show_values({"losses/cross_entropy": 0.12345})
    layout.activate()
    assert below.geometry() == before


def test_a_runs_figures_are_a_table_with_units_the_most_telling_first_and_a_click_shows_the_rest(qtbot: QtBot) -> None:
    figures = Figures()
    qtbot.addWidget(figures)
    figures.put_first(("charts/validation_accuracy",))
    metrics = {"losses/cross_entropy": 0.12345, "charts/validation_accuracy": 0.875, "charts/SPS": 3.0, "charts/episodes": 12345.0}
    figures.show_values(metrics)
    assert figures.accessibleName() == "validation accuracy 87.5 %, cross entropy 0.1235, episodes 12,345"
    figures.resize(figures.column("charts/validation_accuracy") + 5, 40)
    figures.show()
    one = figures.sizeHint().height()
    assert figures.rows(figures.width()) == [["charts/validation_accuracy"]]
    assert figures.hidden() == 2
    qtbot.mouseClick(figures, Qt.MouseButton.LeftButton)
    assert figures.hidden() == 0
    assert figures.sizeHint().height() == one * len(figures.rows(figures.width())) > one
    qtbot.mouseClick(figures, Qt.MouseButton.LeftButton)
    assert figures.sizeHint().height() == one
