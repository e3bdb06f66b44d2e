"""The Pairs page: two pictures and their distance, a file beside a picture, templates and the hardest pairs."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from controls import drives
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from gui.main_window import MainWindow
from gui.vision.pairs_page import NEXT, PairsPage
from lab.paths import runs_folder
from lab.run import Run

LONG = 60_000


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from lab.api import train

    folder = tmp_path_factory.mktemp("pairs") / "run"
    return train("siamese", steps=2, device="cpu", run=folder, data="digits", batch_size=20, per_class=2, width=4).path


@pytest.fixture
def page(qtbot: QtBot, make_window: Callable[..., MainWindow], trained: Path) -> Any:
    """The page of a stored run with its first answer."""
    shutil.copytree(trained, runs_folder() / "pairs")
    panel: Any = make_window("Vision").panels["Vision"]
    panel.open_run(Run(runs_folder() / "pairs"))
    made = panel.current_tab().page_tabs.page_of(PairsPage)
    qtbot.waitUntil(lambda: made.last is not None, timeout=LONG)
    return made


def names(page: Any) -> list[str]:
    return [caption.partition(": ")[0] for caption in page.last.captions]


@drives("Pairs > Next pair")
def test_other_pairs_are_compared_and_undone(qtbot: QtBot, page: Any) -> None:
    assert names(page) == ["test:0", "test:1"]
    assert "distance" in page.last.title
    NEXT.run(page)
    qtbot.waitUntil(lambda: names(page) == ["test:0", "test:2"], timeout=LONG)
    page.first.setValue(5)
    qtbot.waitUntil(lambda: names(page) == ["test:5", "test:2"], timeout=LONG)
    page.split.setCurrentText("train")
    qtbot.waitUntil(lambda: names(page) == ["train:5", "train:2"], timeout=LONG)
    assert page.export() == ("compared", {"image": "train:5", "other": "train:2"})


@drives("PairsPage: File", "Pairs > Open image")
def test_a_file_is_compared_until_another_picture_is_chosen(
    qtbot: QtBot, page: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Image.new("L", (40, 40), 200).save(tmp_path / "a.png")
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(tmp_path / "a.png"), ""))
    qtbot.mouseClick(page.file_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: names(page) == ["test:0", "a.png"], timeout=LONG)
    NEXT.run(page)
    qtbot.waitUntil(lambda: names(page) == ["test:0", "test:2"], timeout=LONG)


def test_the_tab_in_front_is_asked(qtbot: QtBot, page: Any) -> None:
    asked = {query.view: query for query in page.queries}
    assert asked["hardest"].parameters() is None
    page.below.setCurrentIndex(1)
    assert asked["hardest"].parameters() == {"split": "test"}
    assert asked["one_shot"].parameters() is None
