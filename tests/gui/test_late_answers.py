"""Answers that come when the tab that asked for them is closed reach nobody."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import shiboken6
from controls import press
from latent_space import SETTINGS
from PySide6.QtCore import QCoreApplication, QEvent
from pytestqt.qtbot import QtBot

from gui.main_window import MainWindow
from gui.stored_views import StoredViews
from lab.api import train
from lab.errors import LabError
from lab.experiment import ViewSpec
from lab.run import Run

LONG = 60_000
RECIPES: dict[str, tuple[str, dict[str, Any]]] = {
    "Generate": ("vae", SETTINGS["vae"]),
    "Vision": ("classify", {"data": "digits", "batch_size": 32}),
    "Sequences": ("seq2seq", {"data": "numbers", "pairs": 150, "hidden": 8, "width": 8, "batch_size": 4}),
}


class Late:
    """Keeps the queries of a run's pages instead of answering them."""

    def __init__(self, run: Run):
        self.views: dict[str, ViewSpec] = run.recipe.experiment_class().views()
        self.answers: list[Callable[[], None]] = []

    def specs(self) -> dict[str, ViewSpec]:
        return self.views

    def moving(self) -> bool:
        return False

    def ask_view(self, view: str, done: Any, failed: Any, key: str, parameters: dict[str, Any]) -> None:
        if key.startswith("query"):
            self.answers += [lambda: failed(LabError("too late")), lambda: done("no view at all")]


@pytest.fixture(params=list(RECIPES))
def opened(request: pytest.FixtureRequest, make_window: Callable[..., MainWindow], tmp_path: Path) -> tuple[MainWindow, Any, Any]:
    """The window, the panel and the tab of a stored run that was just opened."""
    recipe, fields = RECIPES[request.param]
    window = make_window(request.param)
    window.open_run(train(recipe, steps=1, device="cpu", run=tmp_path / "runs" / "a-run", **fields))
    panel: Any = window.panels[request.param]
    return window, panel, panel.current_tab()


def close(qtbot: QtBot, window: MainWindow, panel: Any, tab: Any) -> None:
    """Close the tab in front; its widgets are gone."""
    press(qtbot, window, panel.session_menu, "Close tab")
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    assert not shiboken6.isValid(tab)


def test_no_answer_reaches_a_closed_tab(qtbot: QtBot, opened: tuple[MainWindow, Any, Any]) -> None:
    window, panel, tab = opened
    source = Late(tab.run)
    qtbot.waitUntil(lambda: tab.views.source is not None, timeout=LONG)
    tab.take_source(source)
    qtbot.waitUntil(lambda: bool(source.answers), timeout=LONG)
    close(qtbot, window, panel, tab)
    for answer in source.answers:
        answer()


def test_a_tab_may_be_closed_before_its_run_can_answer(qtbot: QtBot, opened: tuple[MainWindow, Any, Any]) -> None:
    window, panel, tab = opened
    close(qtbot, window, panel, tab)
    tab.stored_ready(StoredViews(tab.run, window.background))
