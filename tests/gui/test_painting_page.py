"""The Painting page: content, painting and style; the slider goes back in time."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from gui.main_window import MainWindow
from gui.vision.painting_page import PaintingPage
from lab.paths import runs_folder
from lab.run import Run

LONG = 60_000


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from lab.api import train

    return train("style", steps=12, device="cpu", run=tmp_path_factory.mktemp("painting") / "run", size=32).path


@pytest.fixture
def page(qtbot: QtBot, make_window: Callable[..., MainWindow], trained: Path) -> Any:
    """The page of a stored run that has pictures of the steps 1, 5 and 10, with its answers."""
    shutil.copytree(trained, runs_folder() / "painting")
    panel: Any = make_window("Vision").panels["Vision"]
    panel.open_run(Run(runs_folder() / "painting"))
    made: Any = panel.current_tab().page_tabs.page_of(PaintingPage)
    qtbot.waitUntil(lambda: made.last is not None and made.steps == [1, 5, 10], timeout=LONG)
    return made


def test_the_painting_stands_between_the_two_that_it_is_made_from(page: Any) -> None:
    assert [name.text() for name in page.names] == ["Content: temple", "Painting", "Style: flower"]
    assert [picture.image is not None for picture in page.pictures] == [True, True, True]
    assert page.when.text() == "now"
    assert page.export() == ("painting", {})


def test_the_slider_goes_back_in_time_and_comes_back(qtbot: QtBot, page: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[np.ndarray] = []
    monkeypatch.setattr(page.pictures[1], "show_pixels", shown.append)
    page.time.setValue(1)
    assert page.when.text() == "step 5"
    assert page.export() == ("time_lapse", {"index": 1})
    qtbot.waitUntil(lambda: bool(shown), timeout=LONG)
    assert (shown[-1] != page.last.pixels[1]).any()
    page.time.setValue(3)
    assert page.when.text() == "now"
    np.testing.assert_array_equal(shown[-1], page.last.pixels[1])
