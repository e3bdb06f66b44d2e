"""One's own pictures dropped on the window: looked at, then trained on; real pictures as anchors, also of a GAN."""

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from controls import drives, pick
from latent_space import LEFT, LONG, SETTINGS, click_tile, show, still
from PIL import Image
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QFileDialog, QWidget
from pytestqt.qtbot import QtBot

import lab
from gui.main_window import MainWindow
from gui.own_pictures import OwnPictures
from lab.making import read


@pytest.fixture
def pets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LAB_DATA", str(tmp_path / "cache"))
    for name, hue in (("cats", "red"), ("dogs", "blue")):
        (tmp_path / "pets" / name).mkdir(parents=True)
        for i in range(4):
            Image.new("RGB", (9, 8 + i), hue).save(tmp_path / "pets" / name / f"{i}.png")
    (tmp_path / "pets" / "cats" / "broken.png").write_bytes(b"no picture")
    return tmp_path / "pets"


def drop(widget: QWidget, *paths: Path) -> bool:
    """Drag files over a widget and let them go, as Qt delivers it: to the innermost that accepts them. Whether any did."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    place, none = widget.rect().center(), Qt.KeyboardModifier.NoModifier
    target: QWidget | None = widget
    while target is not None:
        enter = QDragEnterEvent(
            target.mapFrom(widget, place) if target is widget else QPoint(5, 5),
            Qt.DropAction.CopyAction,
            data,
            Qt.MouseButton.LeftButton,
            none,
        )
        enter.ignore()
        if target.acceptDrops():
            QApplication.sendEvent(target, enter)
            if enter.isAccepted():
                QApplication.sendEvent(target, QDropEvent(QPointF(place), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, none))
                return True
        target = None if target.isWindow() else target.parentWidget()
    return False


def dialog_of(qtbot: QtBot, window: MainWindow) -> Any:
    qtbot.waitUntil(lambda: window.findChild(OwnPictures) is not None, timeout=LONG)
    dialog: Any = window.findChild(OwnPictures)
    qtbot.waitUntil(lambda: not dialog.timer.isActive(), timeout=LONG)
    return dialog


@drives("OwnPictures: Use these pictures", "OwnPictures: Cancel")
def test_a_folder_dropped_on_a_form_is_looked_at_and_goes_into_it(qtbot: QtBot, make_window: Callable[..., MainWindow], pets: Path) -> None:
    window = make_window("Generate")
    panel: Any = window.panels["Generate"]
    assert drop(panel.form, pets)
    dialog = dialog_of(qtbot, window)
    assert dialog.sentence.text().startswith("8 pictures, 1 unreadable: broken.png is not an image")
    assert "2 classes: cats (4), dogs (4)" in dialog.sentence.text()
    assert dialog.name.text() == "<b>pets</b>"
    assert dialog.grid.count == 8
    dialog.recipe.setCurrentText("dcgan")
    qtbot.mouseClick(dialog.use, LEFT)
    assert panel.form.recipe.name == "dcgan"
    assert panel.form.fields.values()["data"] == f"folder:{pets}"
    assert panel.form.fields.rows["data"].editor.currentText() == "pets"
    assert panel.form.fields.valid()
    drop(window.menuBar(), pets)
    qtbot.mouseClick(dialog_of(qtbot, window).buttons.button(dialog.buttons.StandardButton.Cancel), LEFT)


def test_a_zip_goes_into_the_form_of_the_panel_whose_recipe_was_chosen(
    qtbot: QtBot, make_window: Callable[..., MainWindow], pets: Path, tmp_path: Path
) -> None:
    archive = tmp_path / "animals.zip"
    with zipfile.ZipFile(archive, "w") as members:
        for path in pets.rglob("*.png"):
            members.write(path, path.relative_to(pets))
    window = make_window("Runs")
    assert drop(window, archive)
    dialog = dialog_of(qtbot, window)
    assert dialog.name.text() == "<b>animals</b>"
    qtbot.mouseClick(dialog.use, LEFT)
    panel: Any = window.stack.currentWidget()
    assert (panel.name, panel.form.recipe.name) == ("Generate", "vae")
    assert panel.form.fields.values()["data"].endswith("/animals")


def test_what_holds_no_picture_is_said_and_cannot_be_used(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    drop(window, tmp_path / "empty")
    dialog = dialog_of(qtbot, window)
    assert "holds no images" in dialog.sentence.text()
    assert not dialog.use.isEnabled()
    dialog.close()


@drives("File > Your own pictures")
def test_a_folder_is_chosen_without_a_mouse(qtbot: QtBot, window: MainWindow, pets: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", staticmethod(lambda *_: str(pets)))
    pick(qtbot, window.action_set["pictures"])
    dialog = dialog_of(qtbot, window)
    assert dialog.look.count == 8
    dialog.close()


def test_a_real_picture_is_an_anchor_of_a_gan(qtbot: QtBot, latent_tab: Callable[..., Any]) -> None:
    tab = latent_tab("gan")
    walk = show(tab, "Walk")
    tab.browser.choose_kind(1)
    still(qtbot, tab.browser.testing)
    tab.browser.first.setValue(40)
    still(qtbot, tab.browser.testing)
    click_tile(qtbot, tab.browser.images, 2)
    assert tab.state.anchors[-1] == "image:42"
    assert tab.browser.images.badges[2] == "4"
    tab.browser.tick()
    still(qtbot, walk.frame)
    assert walk.picture.image is not None
    assert walk.code is not None
    qtbot.waitUntil(lambda: tab.browser.hint.text() == walk.hint, timeout=LONG)


def test_a_picture_that_the_lab_saved_opens_its_run_at_its_view(
    qtbot: QtBot, make_window: Callable[..., MainWindow], tmp_path: Path
) -> None:
    run = lab.train("vae", steps=2, device="cpu", **SETTINGS["vae"])
    picture = run.show("samples", n=6, seed=9).save(tmp_path / "grid.png")
    window = make_window("Atari")
    assert drop(window, picture)
    panel: Any = window.panel("Generate")
    tab = panel.current_tab()
    assert tab.run.path == run.path
    qtbot.waitUntil(lambda: any(frame.answer is not None and frame.spec.name == "samples" for frame in tab.views.frames), timeout=LONG)
    frame = next(frame for frame in tab.views.frames if frame.spec.name == "samples")
    qtbot.waitUntil(lambda: len(frame.answer.pixels) == 6, timeout=LONG)
    frame.save(tmp_path / "again.png")
    assert read(tmp_path / "again.png") == read(picture)
