"""The Generate panel by clicks, drags and keys: training, walking, the plane, sets, bars, classes, the film, stored runs."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from controls import drives, press
from PIL import Image
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication, QFileDialog
from pytestqt.qtbot import QtBot

from gui.generate.tab import GenerateTab
from gui.generate.tiles import Tiles
from gui.main_window import MainWindow
from lab import registry

LONG = 60_000
LEFT = Qt.MouseButton.LeftButton
VAE = {"size": 8, "hidden": "16", "latent": 4, "batch_size": 32}
CVAE = VAE
GAN = {"size": 8, "g_hidden": "16", "d_hidden": "16", "latent": 6, "batch_size": 16}


@pytest.fixture
def open_tab(qtbot: QtBot, make_window: Callable[..., MainWindow]) -> Callable[..., Any]:
    """Trains a tiny model through the form and the Train button; the run's tab once its samples are shown."""

    def start(recipe: str = "vae", steps: int = 4, **values: Any) -> Any:
        window = make_window("Generate")
        panel: Any = window.panel("Generate")
        panel.recipe_box.setCurrentText(recipe)
        panel.form.reset()
        panel.form.set_values({**{"vae": VAE, "cvae": CVAE, "gan": GAN, "autoencoder": VAE}[recipe], **values})
        panel.steps.setValue(steps)
        qtbot.mouseClick(panel.train_button, LEFT)
        qtbot.waitUntil(lambda: panel.current_tab() is not None, timeout=LONG)
        tab = panel.current_tab()
        qtbot.waitUntil(lambda: tab.room.palette_box.samples.image is not None, timeout=LONG)
        tab.window_, tab.panel_ = window, panel
        return tab

    return start


def show(tab: Any, title: str) -> Any:
    """Bring a page of the latent space to the front by its tab."""
    index = next(i for i, page in enumerate(tab.room.pages) if page.title == title)
    tab.room.tabs.setCurrentIndex(index)
    return tab.room.pages[index]


def click_tile(qtbot: QtBot, tiles: Tiles, index: int) -> None:
    qtbot.mouseClick(tiles, LEFT, pos=tiles.tile(index).center().toPoint())


def pixels(picture: Any) -> bytes:
    """What a picture shows."""
    return bytes(picture.image.constBits()) if picture.image is not None else b""


def still(qtbot: QtBot, question: Any) -> None:
    """Wait until everything asked is answered."""
    qtbot.waitUntil(lambda: question.settled, timeout=LONG)


# -- training and samples ----------------------------------------------------------------------------------------------


def test_training_shows_samples_that_change(qtbot: QtBot, open_tab: Callable[..., Any]) -> None:
    tab = open_tab(steps=1_000_000)
    first = bytes(tab.room.palette_box.samples.image.constBits())
    qtbot.waitUntil(lambda: bytes(tab.room.palette_box.samples.image.constBits()) != first, timeout=LONG)
    assert tab.room.palette_box.samples.count == 64


def test_the_last_weights_are_shown_when_training_ends(qtbot: QtBot, open_tab: Callable[..., Any]) -> None:
    tab = open_tab(steps=30)
    qtbot.waitUntil(lambda: not tab.bridge.running, timeout=LONG)
    walk = show(tab, "Walk")
    still(qtbot, walk.frame)
    experiment = tab.bridge.session.experiment
    wanted = experiment.answer("square", experiment.serving(), {**walk.common(), "u": 0.5, "v": 0.5})
    assert pixels(walk.picture) == wanted.pixels[0].tobytes()


def test_another_seed_gives_other_samples(qtbot: QtBot, open_tab: Callable[..., Any]) -> None:
    tab = open_tab()
    box = tab.room.palette_box
    still(qtbot, box.sampling)
    before = bytes(box.samples.image.constBits())
    qtbot.keyClick(box.seed, Qt.Key.Key_Up)
    qtbot.waitUntil(lambda: bytes(box.samples.image.constBits()) != before, timeout=LONG)


# -- the walk ----------------------------------------------------------------------------------------------------------


def test_dragging_in_the_square_changes_the_picture_while_it_trains(qtbot: QtBot, open_tab: Callable[..., Any]) -> None:
    tab = open_tab(steps=1_000_000)
    walk = show(tab, "Walk")
    still(qtbot, walk.frame)
    area = walk.pad.area()
    done = tab.bridge.session.experiment.progress().done
    qtbot.mousePress(walk.pad, LEFT, pos=area.center().toPoint())
    for i in range(20):
        qtbot.mouseMove(walk.pad, QPoint(int(area.left() + i * area.width() / 20), int(area.bottom()) - 2))
    qtbot.mouseRelease(walk.pad, LEFT)
    assert walk.pad.v > 0.95
    asked = walk.frame.sent
    qtbot.waitUntil(lambda: walk.frame.answered >= asked, timeout=LONG)
    qtbot.waitUntil(lambda: tab.bridge.session.experiment.progress().done > done, timeout=LONG)


def test_the_corners_of_the_square_are_the_anchors(qtbot: QtBot, open_tab: Callable[..., Any]) -> None:
    tab = open_tab()
    walk = show(tab, "Walk")
    still(qtbot, walk.thumbs)
    for i, corner in enumerate(((0, 0), (1, 0), (0, 1), (1, 1))):
        walk.pad.drag_to(*corner)
        still(qtbot, walk.frame)
        assert pixels(walk.picture) == bytes(walk.pad.corners[i].constBits())


def test_the_square_is_shown_as_pictures(qtbot: QtBot, open_tab: Callable[..., Any]) -> None:
    tab = open_tab()
    walk = show(tab, "Walk")
    still(qtbot, walk.thumbs)
    still(qtbot, walk.ground)
    assert walk.pad.ground_tiles == 7
    last = walk.pad.ground.copy(6 * 8, 6 * 8, 8, 8)
    assert last == walk.pad.corners[3]
    tab.scene.toggle_anchor("0@0")
    assert walk.pad.ground is None


def test_small_pictures_are_smoothed_until_told_otherwise(open_tab: Callable[..., Any]) -> None:
    tab = open_tab()
    walk = show(tab, "Walk")
    assert walk.picture.smooth
    next(a for a in tab.panel_.latent_menu.actions() if a.text() == "Smooth or sharp").trigger()
    assert not walk.picture.smooth
    assert not tab.room.palette_box.samples.smooth


def test_clicking_samples_sets_and_lets_go_of_anchors(qtbot: QtBot, open_tab: Callable[..., Any]) -> None:
    tab = open_tab()
    walk = show(tab, "Walk")
    samples = tab.room.palette_box.samples
    click_tile(qtbot, samples, 9)
    assert tab.scene.anchors == ["1@0", "2@0", "3@0", "9@0"]
    assert samples.badges == {1: "1", 2: "2", 3: "3", 9: "4"}
    click_tile(qtbot, samples, 2)
    assert tab.scene.anchors == ["1@0", "3@0", "9@0"]
    assert len(walk.pad.corners) == 3
    for index in (1, 3, 9):
        click_tile(qtbot, samples, index)
    assert tab.scene.anchors == []
    assert not walk.slider.isEnabled()
    assert "Pick two" in walk.picture.text


def test_samples_are_picked_with_keys(qtbot: QtBot, open_tab: Callable[..., Any]) -> None:
    tab = open_tab()
    samples = tab.room.palette_box.samples
    tab.scene.set_anchors([])
    samples.chosen = 0
    qtbot.keyClick(samples, Qt.Key.Key_Right)
    qtbot.keyClick(samples, Qt.Key.Key_Space)
    qtbot.keyClick(samples, Qt.Key.Key_Down)
    qtbot.keyClick(samples, Qt.Key.Key_Return)
    assert tab.scene.anchors == ["1@0", f"{1 + samples.columns}@0"]


def test_real_images_are_picked_as_anchors(qtbot: QtBot, open_tab: Callable[..., Any]) -> None:
    tab = open_tab()
    show(tab, "Walk")
    box = tab.room.palette_box
    qtbot.mouseClick(box.kinds.button(1), LEFT)
    qtbot.waitUntil(lambda: box.images.image is not None, timeout=LONG)
    tab.scene.set_anchors([])
    click_tile(qtbot, box.images, 4)
    click_tile(qtbot, box.images, 7)
    assert tab.scene.anchors == ["image:4", "image:7"]
    walk = tab.room.page
    qtbot.waitUntil(lambda: walk.frame.answered > 0 and walk.picture.image is not None, timeout=LONG)


def test_anchors_can_be_typed_and_a_wrong_one_is_explained(qtbot: QtBot, open_tab: Callable[..., Any]) -> None:
    tab = open_tab()
    walk = show(tab, "Walk")
    walk.anchors.clear()
    qtbot.keyClicks(walk.anchors, "seed:4, 7")
    qtbot.keyClick(walk.anchors, Qt.Key.Key_Return)
    assert tab.scene.anchors == ["seed:4", "7"]
    walk.anchors.clear()
    qtbot.keyClicks(walk.anchors, "nothing, 7")
    qtbot.keyClick(walk.anchors, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: "no anchor" in walk.picture.text, timeout=LONG)


def test_the_slider_walks_the_edge_and_the_plot_follows(qtbot: QtBot, open_tab: Callable[..., Any]) -> None:
    tab = open_tab()
    walk = show(tab, "Walk")
    still(qtbot, walk.thumbs)
    walk.slider.setValue(500)  # Half way around: the anchor across.
    still(qtbot, walk.frame)
    assert (walk.pad.u, walk.pad.v) == (1.0, 1.0)
    assert pixels(walk.picture) == bytes(walk.pad.corners[3].constBits())
    still(qtbot, walk.distance)
    assert len(walk.plot.lines["distance"].xData) == 32
    assert walk.marker.value() == 16
    assert "times the mean" in walk.figures.text()


def test_the_walk_plays_and_stops_when_the_hand_takes_over(qtbot: QtBot, open_tab: Callable[..., Any]) -> None:
    tab = open_tab(steps=1_000_000)
    walk = show(tab, "Walk")
    qtbot.mouseClick(walk.play_button, LEFT)
    sent = walk.frame.sent
    qtbot.waitUntil(lambda: walk.frame.sent > sent + 5, timeout=LONG)
    qtbot.mouseClick(walk.pad, LEFT, pos=walk.pad.area().center().toPoint())
    assert not walk.timer.isActive()
    assert not tab.scene.playing


def test_linear_and_spherical_differ(qtbot: QtBot, open_tab: Callable[..., Any]) -> None:
    tab = open_tab()
    tab.scene.set_anchors(["0@0", "1@0"])
    walk = show(tab, "Walk")
    walk.slider.setValue(250)
    still(qtbot, walk.frame)
    assert walk.frame_parameters()["mode"] == "spherical"
    action = next(a for a in tab.panel_.latent_menu.actions() if a.text() == "Spherical or linear")
    action.trigger()
    assert walk.mode.currentText() == "linear"
    assert walk.frame_parameters()["mode"] == "linear"


# -- the other pages ---------------------------------------------------------------------------------------------------


def test_the_plane_shows_dots_and_follows_the_hand(qtbot: QtBot, open_tab: Callable[..., Any]) -> None:
    tab = open_tab()
    page = show(tab, "Plane")
    qtbot.waitUntil(lambda: page.map.image is not None and len(page.map.points) > 100, timeout=LONG)
    still(qtbot, page.point)
    area = page.map.area()
    qtbot.mousePress(page.map, LEFT, pos=area.center().toPoint())
    qtbot.mouseMove(page.map, QPoint(int(area.right()) - 3, int(area.top()) + 3))
    qtbot.mouseRelease(page.map, LEFT)
    assert page.map.at_x > 2
    assert page.map.at_y > 2
    asked = page.point.sent
    qtbot.waitUntil(lambda: page.point.answered >= asked, timeout=LONG)
    qtbot.keyClick(page.map, Qt.Key.Key_Home)
    assert (page.map.at_x, page.map.at_y) == (0, 0)


def test_the_point_on_the_map_is_what_its_plane_decodes_to(qtbot: QtBot, open_tab: Callable[..., Any]) -> None:
    tab = open_tab()
    page = show(tab, "Plane")
    still(qtbot, page.framing)
    assert page.frame.count("z:") == 3
    page.map.drag_to(0.5, -1.0)
    still(qtbot, page.point)
    experiment = tab.bridge.session.experiment
    wanted = experiment.answer("plane_point", experiment.serving(), {"x": 0.5, "y": -1.0})
    shown = np.frombuffer(pixels(page.picture), np.uint8).astype(int)
    assert np.abs(shown - wanted.pixels[0].astype(int).ravel()).max() <= 1


def test_the_plane_goes_through_three_picked_samples(qtbot: QtBot, open_tab: Callable[..., Any]) -> None:
    tab = open_tab()
    page = show(tab, "Plane")
    tab.scene.set_anchors([])
    samples = tab.room.palette_box.samples
    for index in (5, 6):
        click_tile(qtbot, samples, index)
    assert page.plane_parameters() is None
    assert "Click three" in page.map.text
    click_tile(qtbot, samples, 7)
    assert page.plane_parameters()["anchors"] == "5@0,6@0,7@0"
    qtbot.waitUntil(lambda: page.map.image is not None, timeout=LONG)


def test_sets_are_filled_by_clicks_and_the_result_follows(qtbot: QtBot, open_tab: Callable[..., Any]) -> None:
    tab = open_tab()
    page = show(tab, "Arithmetic")
    still(qtbot, page.result)
    qtbot.mouseClick(page.buttons["C"], LEFT)
    click_tile(qtbot, tab.room.palette_box.samples, 20)
    assert page.sets["C"] == ["6@0", "20@0"]
    assert tab.room.palette_box.samples.badges[20] == "C"
    click_tile(qtbot, tab.room.palette_box.samples, 6)
    assert page.parameters()["c"] == "20@0"
    still(qtbot, page.result)
    assert page.pictures["result"].image is not None
    page.clear("A")
    assert "at least one" in page.pictures["result"].text


def test_traversals_mark_active_units(qtbot: QtBot, open_tab: Callable[..., Any]) -> None:
    tab = open_tab()
    page = show(tab, "Dimensions")
    qtbot.waitUntil(lambda: page.tiles.image is not None, timeout=LONG)
    assert len(page.tiles.row_names) == 4
    assert "active" in page.title_label.text()
    qtbot.keyClicks(page.dims, "2,0")
    qtbot.keyClick(page.dims, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: [name.rstrip("*") for name in page.tiles.row_names] == ["z2", "z0"], timeout=LONG)


def test_dragged_bars_decode_at_once_and_can_be_put_back(qtbot: QtBot, open_tab: Callable[..., Any]) -> None:
    tab = open_tab()
    page = show(tab, "Code")
    still(qtbot, page.coding)
    still(qtbot, page.decoding)
    code, before = page.bars.values.copy(), pixels(page.decoded)
    bar = page.bars.bar(1)
    qtbot.mousePress(page.bars, LEFT, pos=QPoint(int(bar.center().x()), int(bar.top()) + 2))
    qtbot.mouseRelease(page.bars, LEFT)
    assert page.bars.values[1] == pytest.approx(page.bars.scale, rel=0.1)
    asked = page.decoding.sent
    qtbot.waitUntil(lambda: page.decoding.answered >= asked, timeout=LONG)
    assert pixels(page.decoded) != before
    qtbot.mouseClick(page.back_button, LEFT)
    assert np.array_equal(page.bars.values, code)
    asked = page.decoding.sent
    qtbot.waitUntil(lambda: page.decoding.answered >= asked, timeout=LONG)
    assert pixels(page.decoded) == before


def test_a_drawing_is_encoded_and_reconstructed(qtbot: QtBot, open_tab: Callable[..., Any]) -> None:
    tab = open_tab("autoencoder")
    page = show(tab, "Code")
    page.kind.setCurrentText("my drawing")
    assert "Draw" in page.triple.text
    area = page.drawing.area()
    qtbot.mousePress(page.drawing, LEFT, pos=QPoint(int(area.center().x()), int(area.top()) + 10))
    qtbot.mouseMove(page.drawing, QPoint(int(area.center().x()), int(area.bottom()) - 10))
    qtbot.mouseRelease(page.drawing, LEFT)
    qtbot.waitUntil(lambda: page.triple.image is not None and page.triple.count == 3, timeout=LONG)
    drawn = page.drawing.pixels(8, 8)
    assert drawn[:, 3:5].mean() > 100 > drawn[:, 0].mean()
    asked = page.reconstruct.sent
    qtbot.waitUntil(lambda: page.reconstruct.answered >= asked, timeout=LONG)
    assert page.triple.column_names[:2] == ["image", "reconstruction"]


def test_conditional_models_have_classes(qtbot: QtBot, open_tab: Callable[..., Any]) -> None:
    tab = open_tab("cvae")
    page = show(tab, "Classes")
    qtbot.waitUntil(lambda: page.grid.image is not None and page.answer is not None, timeout=LONG)
    assert page.grid.column_names == list("0123456789")
    page.slider.setValue(0)
    first = pixels(page.picture)
    page.slider.setValue(page.slider.maximum())
    assert pixels(page.picture) != first
    assert "100% class 8" in page.share.text()
    click_tile(qtbot, page.grid, 27)  # The third z as a 7.
    assert page.anchor == "2@0"
    assert tab.scene.label == 7
    assert tab.room.palette_box.label.currentText() == "7"


def test_a_clicked_sample_brings_its_class(qtbot: QtBot, open_tab: Callable[..., Any]) -> None:
    tab = open_tab("cvae")
    qtbot.waitUntil(lambda: tab.room.palette_box.samples.columns == 10, timeout=LONG)
    click_tile(qtbot, tab.room.palette_box.samples, 14)
    assert tab.scene.label == 4
    assert tab.room.pages[0].frame_parameters()["label"] == 4


def test_a_gan_has_scores_and_no_real_images(qtbot: QtBot, open_tab: Callable[..., Any]) -> None:
    tab = open_tab("gan", steps=120)
    assert tab.room.palette_box.kinds.button(1).isHidden()
    page = show(tab, "Diagnosis")
    answer = page.answers["scores"]
    qtbot.waitUntil(lambda: "real" in str(answer.curves) or bool(answer.curves), timeout=LONG)
    qtbot.waitUntil(lambda: {"gradient norm", "D's accuracy"} <= set(page.plots), timeout=LONG)
    assert show(tab, "Plane").plane_parameters()["anchors"] == "0@0,1@0,2@0"
    code = show(tab, "Code")
    qtbot.waitUntil(lambda: code.decoded.image is not None, timeout=LONG)
    assert [code.kind.itemText(i) for i in range(code.kind.count())] == ["sample"]


def test_warnings_stand_above_everything(open_tab: Callable[..., Any]) -> None:
    from lab.views import Text

    tab = open_tab()
    tab.room.timer.stop()
    tab.show_warnings(Text("Posterior collapse: z carries 0.01 nats."))
    assert tab.warning.isVisible()
    assert "collapse" in tab.warning.text()
    tab.show_warnings(Text("No sign of trouble."))
    assert not tab.warning.isVisible()


# -- the film, saving, stored runs -------------------------------------------------------------------------------------


def test_the_film_of_the_training_scrubs_plays_and_is_saved(
    qtbot: QtBot, open_tab: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tab = open_tab(steps=60)
    box = tab.room.palette_box
    qtbot.waitUntil(lambda: not tab.bridge.running, timeout=LONG)
    qtbot.mouseClick(box.kinds.button(2), LEFT)
    box.lapsing.stale = True
    frames = len(tab.bridge.session.experiment.lapse)
    assert frames > 4
    qtbot.waitUntil(lambda: box.slider.maximum() == frames - 1, timeout=LONG)
    box.slider.setValue(0)
    assert "step 1" in box.when.text()
    first = pixels(box.film)
    qtbot.mouseClick(box.play_button, LEFT)
    qtbot.waitUntil(lambda: box.slider.value() > 2, timeout=LONG)
    assert pixels(box.film) != first
    qtbot.mouseClick(box.play_button, LEFT)
    path = tmp_path / "film.gif"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", staticmethod(lambda *_: (str(path), "")))
    qtbot.mouseClick(box.save_button, LEFT)
    assert path.read_bytes()[:3] == b"GIF"


def test_a_page_is_saved_as_gif(qtbot: QtBot, open_tab: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tab = open_tab()
    show(tab, "Walk")
    path = tmp_path / "walk.gif"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", staticmethod(lambda *_: (str(path), "")))
    qtbot.mouseClick(tab.room.save_button, LEFT)
    qtbot.waitUntil(lambda: path.exists() and path.stat().st_size > 0, timeout=LONG)


def test_a_page_is_copied(qtbot: QtBot, open_tab: Callable[..., Any]) -> None:
    tab = open_tab()
    show(tab, "Plane")
    QApplication.clipboard().clear()
    qtbot.mouseClick(tab.room.copy_button, LEFT)
    qtbot.waitUntil(lambda: not QApplication.clipboard().image().isNull(), timeout=LONG)


def test_a_stored_run_has_its_latent_space_and_its_film(qtbot: QtBot, make_window: Callable[..., MainWindow]) -> None:
    from lab.api import train

    run = train("vae", steps=24, device="cpu", **VAE)
    window = make_window("Generate")
    panel: Any = window.panel("Generate")
    panel.open_run(run)
    tab = panel.current_tab()
    qtbot.waitUntil(lambda: tab.room.palette_box.samples.image is not None, timeout=LONG)
    qtbot.waitUntil(lambda: tab.room.palette_box.slider.maximum() > 1, timeout=LONG)
    last = tab.room.palette_box.slider.maximum() + 1
    assert f"{last} of {last}" in tab.room.palette_box.when.text()
    walk = show(tab, "Walk")
    still(qtbot, walk.frame)
    before = pixels(walk.picture)
    walk.pad.drag_to(0, 0)
    qtbot.waitUntil(lambda: pixels(walk.picture) != before, timeout=LONG)


# -- the panel ---------------------------------------------------------------------------------------------------------


def test_only_recipes_with_a_latent_space_have_its_tab(make_window: Callable[..., MainWindow]) -> None:
    panel: Any = make_window("Generate").panel("Generate")

    def kind(recipe: str) -> Any:
        found = registry.recipe(recipe)
        return panel.tab_class(SimpleNamespace(recipe=found, config=found.config_class()))

    assert not issubclass(kind("cyclegan"), GenerateTab)
    assert kind("cvae") is GenerateTab


def test_a_run_whose_images_are_gone_still_opens(qtbot: QtBot, make_window: Callable[..., MainWindow], tmp_path: Path) -> None:
    from lab.api import new_session

    folder = tmp_path / "pictures"
    folder.mkdir()
    Image.new("L", (8, 8)).save(folder / "one.png")
    session = new_session("vae", {**VAE, "data": f"folder:{folder}", "size": 8}, steps=1, device="cpu")
    session.close()
    (folder / "one.png").unlink()
    window = make_window("Generate")
    panel: Any = window.panel("Generate")
    panel.open_run(session.run_folder)
    assert panel.current_tab() is not None
    dialog: Any = window.errors[0]
    assert "pictures" in dialog.sentence.text()
    dialog.close()
    qtbot.waitUntil(lambda: not window.background.pending, timeout=LONG)


def test_the_text_follows_the_recipe(make_window: Callable[..., MainWindow]) -> None:
    panel: Any = make_window("Generate").panel("Generate")
    for recipe in ("autoencoder", "vae", "cvae", "gan", "dcgan", "cgan", "wgan-gp"):
        panel.recipe_box.setCurrentText(recipe)
        text = panel.about_label.text()
        assert "href" in text
        assert 'align="center"' in text.split("The latent space")[0], recipe


def test_a_folder_of_images_goes_into_the_form(make_window: Callable[..., MainWindow], tmp_path: Path) -> None:
    panel: Any = make_window("Generate").panel("Generate")
    panel.use_folder(tmp_path)
    assert panel.form.values()["data"] == f"folder:{tmp_path}"
    assert panel.data_box.currentText() == f"folder:{tmp_path}"
    panel.data_box.setCurrentIndex(panel.data_box.findText("digits"))
    panel.data_box.activated.emit(panel.data_box.currentIndex())
    assert panel.form.values()["data"] == "digits"


# -- the menu ----------------------------------------------------------------------------------------------------------


@drives(
    "Latent > Samples", "Latent > Real images", "Latent > Film", "Latent > Walk", "Latent > Plane", "Latent > Arithmetic",
    "Latent > Dimensions", "Latent > Code", "Latent > Classes", "Latent > Diagnosis", "Latent > Set A", "Latent > Set B", "Latent > Set C",
    "Latent > Next seed",
)  # fmt: skip
def test_keys_go_to_every_page_and_kind(qtbot: QtBot, open_tab: Callable[..., Any]) -> None:
    tab = open_tab("cvae")
    box, menu = tab.room.palette_box, tab.panel_.latent_menu
    for kind, text in ((2, "Film"), (1, "Real images"), (0, "Samples")):
        press(qtbot, tab.window_, menu, text)
        assert box.kinds.checkedId() == kind
    for text in ("Plane", "Arithmetic", "Dimensions", "Code", "Classes", "Diagnosis", "Walk"):
        press(qtbot, tab.window_, menu, text)
        assert tab.room.page.title == text
    page = show(tab, "Arithmetic")
    for name in ("B", "C", "A"):
        press(qtbot, tab.window_, menu, f"Set {name}")
        assert page.buttons[name].isChecked()
    seed = box.seed.value()
    press(qtbot, tab.window_, menu, "Next seed")
    assert box.seed.value() == seed + 1


@drives(
    "Latent > Play or pause the walk", "Latent > Spherical or linear", "Latent > Smooth or sharp", "Latent > Other anchors",
    "Latent > Undo changes of the bars", "Latent > Play or pause the film",
)  # fmt: skip
def test_keys_play_switch_and_undo(qtbot: QtBot, open_tab: Callable[..., Any]) -> None:
    tab = open_tab()
    scene, menu = tab.scene, tab.panel_.latent_menu
    walk = show(tab, "Walk")
    press(qtbot, tab.window_, menu, "Play or pause the walk")
    assert walk.timer.isActive()
    press(qtbot, tab.window_, menu, "Play or pause the walk")
    assert not walk.timer.isActive()
    press(qtbot, tab.window_, menu, "Spherical or linear")
    assert walk.mode.currentText() == "linear"
    anchors, smooth = list(scene.anchors), scene.smooth
    press(qtbot, tab.window_, menu, "Other anchors")
    assert list(scene.anchors) != anchors
    press(qtbot, tab.window_, menu, "Smooth or sharp")
    assert scene.smooth != smooth
    page = show(tab, "Code")
    still(qtbot, page.coding)
    code = page.bars.values.copy()
    bar = page.bars.bar(1)
    qtbot.mouseClick(page.bars, LEFT, pos=QPoint(int(bar.center().x()), int(bar.top()) + 2))
    assert not np.array_equal(page.bars.values, code)
    press(qtbot, tab.window_, menu, "Undo changes of the bars")
    assert np.array_equal(page.bars.values, code)
    press(qtbot, tab.window_, menu, "Film")
    button = tab.room.palette_box.play_button
    press(qtbot, tab.window_, menu, "Play or pause the film")
    assert button.isChecked()
    press(qtbot, tab.window_, menu, "Play or pause the film")
    assert not button.isChecked()


@drives("Latent > Save the film", "Latent > Copy this page's picture", "Latent > Save this page")
def test_keys_copy_and_save(qtbot: QtBot, open_tab: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tab = open_tab(steps=30)
    menu, box = tab.panel_.latent_menu, tab.room.palette_box
    qtbot.waitUntil(lambda: not tab.bridge.running, timeout=LONG)
    show(tab, "Plane")
    QApplication.clipboard().clear()
    press(qtbot, tab.window_, menu, "Copy this page's picture")
    qtbot.waitUntil(lambda: not QApplication.clipboard().image().isNull(), timeout=LONG)
    path = tmp_path / "page.png"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", staticmethod(lambda *_: (str(path), "")))
    press(qtbot, tab.window_, menu, "Save this page")
    qtbot.waitUntil(lambda: path.exists() and path.stat().st_size > 0, timeout=LONG)
    press(qtbot, tab.window_, menu, "Film")
    box.lapsing.stale = True
    qtbot.waitUntil(lambda: box.slider.maximum() > 2, timeout=LONG)
    path = tmp_path / "film.gif"
    press(qtbot, tab.window_, menu, "Save the film")
    assert path.read_bytes()[:3] == b"GIF"


@drives("GeneratePanel: Folder", "Training > Images from a folder")
def test_a_folder_is_chosen_by_click_and_by_key(
    qtbot: QtBot, make_window: Callable[..., MainWindow], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = make_window("Generate")
    panel: Any = window.panel("Generate")
    chosen = [tmp_path / "a", tmp_path / "b"]
    monkeypatch.setattr(QFileDialog, "exec", lambda self: True)
    monkeypatch.setattr(QFileDialog, "selectedFiles", lambda self: [str(chosen[0])])
    qtbot.mouseClick(panel.folder_button, LEFT)
    assert panel.form.values()["data"] == f"folder:{chosen[0]}"
    monkeypatch.setattr(QFileDialog, "selectedFiles", lambda self: [str(chosen[1])])
    press(qtbot, window, panel.session_menu, "Images from a folder")
    assert panel.form.values()["data"] == f"folder:{chosen[1]}"
