"""What the tests of the Generate panel share: tiny models, and a hand on the pages of the latent space."""

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QMenu
from pytestqt.qtbot import QtBot

from gui.actions import plain
from gui.generate.image_grid import ImageGrid

LONG = 60_000
LEFT = Qt.MouseButton.LeftButton
TINY = {"data": "digits", "size": 8, "hidden": "16", "latent": 4, "batch_size": 32}
SETTINGS: dict[str, dict[str, Any]] = {
    "autoencoder": TINY, "vae": TINY, "cvae": TINY,
    "gan": {"data": "digits", "size": 8, "g_hidden": "16", "d_hidden": "16", "latent": 6, "batch_size": 16},
    "pixelcnn": {"data": "digits", "size": 8, "features": 4, "layers": 2, "batch_size": 8},
    "vqvae": {"data": "digits", "size": 8, "features": 4, "entries": 8, "entry_width": 4, "prior_features": 4, "prior_layers": 2, "batch_size": 8},
    "stylegan": {"data": "digits", "size": 8, "features": 8, "d_features": 8, "latent": 6, "batch_size": 8},
}  # fmt: skip
"""Settings of each recipe that train in no time."""


def show(tab: Any, title: str) -> Any:
    """Bring a page of the latent space to the front by its tab."""
    page = next(page for page in tab.page_tabs.pages if page.title == title)
    tab.page_tabs.setCurrentWidget(page)
    return page


def menu_of(panel: Any, title: str) -> QMenu:
    """A menu of the panel, or of its pages, by its title."""
    return next(menu for menu in panel.menus() if plain(menu.title()) == title)


def click_tile(qtbot: QtBot, tiles: ImageGrid, index: int) -> None:
    qtbot.mouseClick(tiles, LEFT, pos=tiles.tile(index).center().toPoint())


def pixels(picture: Any) -> bytes:
    """What a picture shows, in grey."""
    return grey(picture.image) if picture.image is not None else b""


def grey(image: QImage) -> bytes:
    converted = image.convertToFormat(QImage.Format.Format_Grayscale8)  # It must outlive the look at its bytes.
    return bytes(converted.constBits())


def still(qtbot: QtBot, query: Any) -> None:
    """Wait until everything asked is answered."""
    qtbot.waitUntil(lambda: query.settled, timeout=LONG)
