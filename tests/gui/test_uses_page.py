"""The Uses page: anomalies, similar images and clusters by codes."""

from collections.abc import Callable
from typing import Any

from latent_space import LONG, click_tile, show, still
from pytestqt.qtbot import QtBot

from gui.generate.uses_page import CLUSTERS, SIMILAR, SMALLEST


def test_codes_find_anomalies_neighbours_and_clusters(qtbot: QtBot, latent_tab: Callable[..., Any]) -> None:
    tab = latent_tab("autoencoder")
    page = show(tab, "Uses")
    worst, similar, clusters = page.tabs.grids.values()
    qtbot.waitUntil(lambda: worst.count == 32 and len(worst.badges) == 32, timeout=LONG)
    assert error(worst, 0) >= error(worst, 31)
    page.order.setCurrentText(SMALLEST)
    qtbot.waitUntil(lambda: error(worst, 0) <= error(worst, 31), timeout=LONG)
    assert page.export() == ("anomalies", {"n": 32, "last": True})
    tab.browser.kinds.button(1).click()  # Test images.
    qtbot.waitUntil(lambda: tab.browser.images.count > 5, timeout=LONG)
    click_tile(qtbot, tab.browser.images, 5)
    assert page.tabs.front == SIMILAR
    assert page.index.value() == 5
    qtbot.waitUntil(lambda: similar.count == 24, timeout=LONG)
    assert tab.browser.images.badges[5] == "1"
    page.tabs.setCurrentIndex(list(page.tabs.grids).index(CLUSTERS))
    page.groups.setValue(3)
    still(qtbot, page.queries[2])
    qtbot.waitUntil(lambda: clusters.columns == 10 and clusters.count <= 30, timeout=LONG)
    assert clusters.row_names[0].isdigit()


def error(grid: Any, tile: int) -> float:
    """The number in the corner of a tile."""
    return float(grid.badges[tile].split()[1])
