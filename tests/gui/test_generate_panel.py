"""The Generate panel: whose tab a run gets, the images to learn from, the text about the recipe."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from latent_space import LONG, SETTINGS
from PIL import Image
from pytestqt.qtbot import QtBot

from gui.main_window import MainWindow


def test_each_recipe_has_the_pages_of_its_config(qtbot: QtBot, make_window: Callable[..., MainWindow]) -> None:
    from lab.api import train

    panel: Any = make_window("Generate").panel("Generate")
    for recipe, titles in (
        ("vae", ["Walk", "Plane", "Arithmetic", "Dimensions", "Directions", "Code", "Uses", "Diagnosis"]),
        ("pix2pix", ["Translate"]),
    ):
        fields = SETTINGS.get(recipe, {"size": 16, "features": 4, "d_features": 4, "patch_layers": 1})
        panel.open_run(train(recipe, steps=1, device="cpu", **fields))
        assert panel.current_tab().page_tabs.titles() == [*titles, "Curves and views"]


def test_a_run_whose_images_are_gone_still_opens(qtbot: QtBot, make_window: Callable[..., MainWindow], tmp_path: Path) -> None:
    from lab.api import new_session

    folder = tmp_path / "pictures"
    folder.mkdir()
    Image.new("L", (8, 8)).save(folder / "one.png")
    session = new_session("vae", {**SETTINGS["vae"], "data": f"folder:{folder}", "size": 8}, steps=1, device="cpu")
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
    for recipe in (
        "autoencoder",
        "vae",
        "cvae",
        "gan",
        "dcgan",
        "cgan",
        "wgan-gp",
        "r3gan",
        "stylegan",
        "pixelcnn",
        "vqvae",
        "flow",
        "ddpm",
        "meanflow",
        "toy-gan",
        "toy-flow",
    ):
        panel.form.recipe_box.setCurrentText(recipe)
        text = panel.about_label.text()
        assert "href" in text
        assert 'align="center"' in text.split("The latent space")[0], recipe
