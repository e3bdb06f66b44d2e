"""The Scenes page: held-out pictures, files and the watched game under the network's answer."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from controls import drives
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from gui.main_window import MainWindow
from gui.vision.scenes_page import ScenesPage
from lab.paths import runs_folder
from lab.run import Run

LONG = 60_000
TINY: dict[str, Any] = {"data": "digits", "scenes": 20, "size": 32, "features": 4, "batch_size": 4, "patch": 0, "precision": "fp32"}


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A few steps of each recipe of the page, trained once for all tests, to be copied."""
    from lab.api import train

    folder = tmp_path_factory.mktemp("scenes")
    boxes = {name: value for name, value in TINY.items() if name != "patch"}
    return {
        "segment": train("segment", steps=4, device="cpu", run=folder / "segment", **TINY).path,
        "locate": train("locate", steps=2, device="cpu", run=folder / "locate", window=24, **boxes).path,
        "detect": train("detect", steps=4, device="cpu", run=folder / "detect", **boxes).path,
    }


@pytest.fixture
def page(qtbot: QtBot, make_window: Callable[..., MainWindow], trained: dict[str, Path], request: pytest.FixtureRequest) -> Any:
    """The page of a stored run with its first answer."""
    source = trained[getattr(request, "param", "segment")]
    shutil.copytree(source, runs_folder() / source.name)
    panel: Any = make_window("Vision").panels["Vision"]
    panel.open_run(Run(runs_folder() / source.name))
    made = panel.current_tab().page_tabs.page_of(ScenesPage)
    qtbot.waitUntil(lambda: made.last is not None, timeout=LONG)
    return made


def captions(page: Any) -> list[str]:
    return page.last.captions


def test_a_held_out_picture_stands_beside_the_truth(page: Any) -> None:
    assert captions(page) == ["test:0: predicted", "true"]
    assert page.masks.isVisible()
    assert not page.boxes.isVisible()
    assert len(page.masks.grid.layers) == 2


@drives("Scenes > Next image")
def test_another_picture_is_shown(qtbot: QtBot, page: Any) -> None:
    ScenesPage.ACTIONS[0].run(page)
    qtbot.waitUntil(lambda: captions(page)[0] == "test:1: predicted", timeout=LONG)
    page.split.setCurrentText("train")
    qtbot.waitUntil(lambda: captions(page)[0] == "train:1: predicted", timeout=LONG)


@drives("ScenesPage: File", "Scenes > Open image")
def test_a_file_is_shown_without_truth(qtbot: QtBot, page: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Image.new("RGB", (40, 30), "red").save(tmp_path / "a.png")
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(tmp_path / "a.png"), ""))
    qtbot.mouseClick(page.file_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: captions(page) == ["a.png: predicted"], timeout=LONG)


@drives("ScenesPage: Watched game", "Scenes > Agent's screen")
def test_the_watched_game_is_followed_and_left(qtbot: QtBot, page: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    qtbot.mouseClick(page.agent_button, Qt.MouseButton.LeftButton)
    assert not page.agent_button.isChecked()
    assert "No agent is being watched" in page.note.text()
    screen = np.zeros((210, 160, 3), np.uint8)
    monkeypatch.setattr("gui.vision.picture_page.watched_frame", lambda window: screen)
    qtbot.mouseClick(page.agent_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: captions(page) == ["picture: predicted"], timeout=LONG)
    qtbot.mouseClick(page.agent_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: captions(page)[0] == "test:0: predicted", timeout=LONG)


def test_classes_stay_in_the_legend_of_a_film(page: Any) -> None:
    from lab.answers import Masks

    maps = np.zeros((1, 8, 8), np.int64)
    maps[0, 0, 0] = 1
    answer = Masks(pixels=np.zeros((1, 8, 8), np.uint8), names=["background", "0"], maps=maps, background=0)
    page.masks.show_answer(answer)
    before = dict(page.masks.entries)
    page.masks.show_answer(Masks(pixels=answer.pixels, names=answer.names, maps=0 * maps, background=0))
    assert page.masks.entries == before


@pytest.mark.parametrize("page", ["detect"], indirect=True)
def test_a_detector_shows_boxes_in_place_of_masks(page: Any) -> None:
    assert captions(page) == ["test:0: detected", "true"]
    assert page.boxes.isVisible()
    assert not page.masks.isVisible()
    assert page.boxes.grid.boxes[1]  # The true ones; the detector has learned nothing yet.


@pytest.mark.parametrize("page", ["locate"], indirect=True)
def test_a_localisation_shows_the_learned_box_the_one_from_cam_and_the_true_one(page: Any) -> None:
    assert [caption.partition(",")[0] for caption in captions(page)][1:] == ["from CAM", "true"]
    assert page.boxes.isVisible()
