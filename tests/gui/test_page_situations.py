"""What people do with pages at the wrong moment, and names with letters that Qt reads as marks."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from latent_space import SETTINGS
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget
from pytestqt.qtbot import QtBot

from gui.actions import ActionSet
from gui.atari.game_picker import letters
from gui.atari.watch import Watch
from gui.generate.latent_state import LatentState
from gui.generate.plane_page import PlanePage
from gui.main_window import MainWindow
from gui.page_tabs import PageTabs
from gui.widgets.dropped_file import dropped_file
from lab.answers import Scatter
from lab.run import Run


@pytest.fixture
def run(qapp: Any) -> Run:
    from lab.api import train

    return train("vae", steps=1, device="cpu", **SETTINGS["vae"])


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What message boxes say; a file dialog would fail the test."""
    sentences: list[str] = []
    monkeypatch.setattr(QMessageBox, "warning", staticmethod(lambda *words: sentences.append(words[-1])))
    monkeypatch.setattr(QFileDialog, "getSaveFileName", staticmethod(lambda *_: pytest.fail("asked for a name")))
    return sentences


def test_saving_a_page_before_its_run_is_loaded_is_refused_before_a_name_is_chosen(qtbot: QtBot, run: Run, said: list[str]) -> None:
    tabs = PageTabs(run, ("walk", "plane"))
    qtbot.addWidget(tabs)
    tabs.ask_save()
    tabs.copy()
    assert said == ["The run is still loading. Try again in a moment."] * 2
    tabs.shut()


def test_saving_a_time_lapse_that_does_not_exist_yet_is_refused(qtbot: QtBot, run: Run, said: list[str]) -> None:
    tabs = PageTabs(run, ("walk",))
    qtbot.addWidget(tabs)
    next(iter(tabs.sidebars.values())).ask_save()  # type: ignore[attr-defined]
    assert "no time-lapse yet" in said[0]
    tabs.shut()


def test_recording_before_an_agent_plays_is_refused(said: list[str]) -> None:
    owner = QWidget()
    watch = Watch(ActionSet("Watch", parent=owner))
    watch.toggle_record()
    assert "No agent is playing yet" in said[0]
    watch.close()
    watch.deleteLater()
    owner.deleteLater()


@pytest.mark.parametrize(("url", "file"), [("https://example.org/a.png", None), ("file:///tmp/a%20$1.png", "/tmp/a $1.png")])
def test_only_files_of_this_machine_are_taken_from_a_drop(url: str, file: str | None) -> None:
    data = QMimeData()
    data.setUrls([QUrl(url)])
    event = QDropEvent(QPointF(5, 5), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
    assert dropped_file(event) == file


def test_a_text_is_no_file() -> None:
    data = QMimeData()
    data.setText("words")
    event = QDropEvent(QPointF(5, 5), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
    assert dropped_file(event) is None


def test_class_names_are_shown_letter_by_letter(qtbot: QtBot, run: Run) -> None:
    page = PlanePage(LatentState(run))
    qtbot.addWidget(page)
    page.show_codes(Scatter(np.zeros((2, 2)), np.array([0, 1]), ["<b>bold", "R&B $x"]))
    assert "&lt;b&gt;bold" in page.legend.text()
    assert "R&amp;B $x" in page.legend.text()


def test_a_run_is_found_by_its_whole_name_in_its_tab(make_window: Callable[..., MainWindow], run: Run) -> None:
    named = run.path.with_name("R&D 鳥 $1")
    run.path.rename(named)
    panel: Any = make_window("Generate").panel("Generate")
    panel.open_run(Run(named))
    assert panel.tabs.tabText(0) == "R&&D 鳥 $1"  # Which Qt draws as R&D.


@pytest.mark.parametrize("typed", ["Ms. Pac-Man", "ms pacman", "MSPACMAN", "ms_pac"])
def test_games_are_found_however_they_are_written(typed: str) -> None:
    assert letters(typed) in letters("ms_pacman")


def test_pages_beyond_the_ninth_are_reached_by_the_keys_for_next_and_previous(qtbot: QtBot, run: Run) -> None:
    tabs = PageTabs(run, ("walk", "plane", "arithmetic", "dimensions", "code", "diagnosis") * 2)
    qtbot.addWidget(tabs)
    tabs.go_to(8)
    for number in (9, 10, 11, 0):
        tabs.step(1)
        assert tabs.bar.currentIndex() == number
        assert tabs.page is not None
        assert tabs.reading.text() == tabs.page.reading != ""
    tabs.step(-1)
    assert tabs.bar.currentIndex() == 11
    tabs.shut()


def test_a_page_is_offered_only_where_the_run_has_its_views(qtbot: QtBot, run: Run) -> None:
    from lab.registry import recipe

    class Source:
        def specs(self) -> Any:
            return recipe("vae").experiment_class().views()

        def moving(self) -> bool:
            return False

        def ask_view(self, *_: Any) -> None:
            """Nothing is answered."""

    tabs = PageTabs(run, ("walk", "classes", "inspect"))
    qtbot.addWidget(tabs)
    tabs.set_source(Source())
    assert tabs.titles() == ["Walk"]
    tabs.shut()
