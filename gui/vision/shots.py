"""The Vision panel's pictures: a classifier learns, a digit is drawn for it, its mistakes and insides are shown."""

from typing import Any

from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest

from gui.event_loop import pause, until
from gui.photographer import Photographer
from gui.vision.inspect_page import InspectPage

THREE = ((0.34, 0.24), (0.5, 0.17), (0.64, 0.26), (0.62, 0.4), (0.48, 0.48), (0.64, 0.56), (0.66, 0.72), (0.52, 0.82), (0.34, 0.75))
"""A stroke that makes a 3, as shares of the canvas."""
STEPS, SECONDS = 1200, 40.0
"""How long a classifier learns for the pictures: whichever comes first."""


def take(photographer: Photographer, data: str = "mnist-5k") -> None:
    """Train two classifiers and take every page of the panel."""
    for seed in (1, 0):
        photographer.train_in("Vision", "classify", {"data": data, "seed": seed, "schedule_steps": STEPS}, STEPS, SECONDS)
    panel: Any = photographer.window.go_to("Vision")
    tab = panel.current_tab()
    page: Any = tab.page_tabs.page_of(InspectPage)
    until(lambda: page.last is not None, 60)

    def draw() -> None:
        area = page.canvas.area()
        places = [QPointF(area.left() + x * area.width(), area.top() + y * area.height()).toPoint() for x, y in THREE]
        page.canvas.clear()
        QTest.mousePress(page.canvas, Qt.MouseButton.LeftButton, pos=places[0])
        for place in places[1:]:
            QTest.mouseMove(page.canvas, place)
            pause(0.1)
        QTest.mouseRelease(page.canvas, Qt.MouseButton.LeftButton, pos=places[-1])
        until(lambda: not page.look.waiting, 20)

    def mistakes() -> None:
        page.below.setCurrentIndex(1)
        until(lambda: page.mistakes.list.count() > 0, 60)
        page.open_spec(page.mistakes.specs[0])
        page.method.setCurrentText("RISE")
        until(lambda: page.overlay.image is not None, 60)

    def compare() -> None:
        page.method.setCurrentText("Grad-CAM")
        page.below.setCurrentIndex(2)
        page.compare.offer_runs()
        until(lambda: page.compare.compared.list.count() > 0, 60)
        page.open_spec(page.compare.compared.specs[0])

    def confusion() -> None:
        page.below.setCurrentIndex(3)
        until(lambda: page.confusion.matrix.answer is not None, 60)
        counts = {
            (row[0], name): count for row in page.confusion.matrix.answer.rows for name, count in zip(page.classes, row[1:], strict=True)
        }
        page.confusion.show_cell(*max((cell for cell in counts if cell[0] != cell[1]), key=lambda cell: counts[cell]))
        until(lambda: page.confusion.cells.settled, 60)

    def views() -> None:
        tab.page_tabs.setCurrentWidget(tab.split)
        until(lambda: all(frame.answer is not None for frame in tab.views.frames), 60)

    photographer.scene("vision-draw", draw)
    photographer.scene("vision-mistakes", mistakes)
    photographer.scene("vision-compare", compare)
    photographer.scene("vision-confusion", confusion)
    photographer.scene("vision-views", views)
    panel.show_convolution_by_hand()
    dialog = panel.convolution_by_hand
    dialog.kernel.stepper.slider.setValue(4)
    for theme in ("light", "dark"):
        photographer.theme(theme)
        photographer.save(dialog, f"vision-convolution-{theme}", 2)
    dialog.close()
    panel.show_workbench()
    bench = panel.workbench
    until(lambda: bench.filters.result is not None and bench.templates.map is not None, 20)
    for index, name in enumerate(("filters", "templates", "transpose", "layers", "pixels")):

        def show(index: int = index) -> None:
            bench.pages.setCurrentIndex(index)
            until(lambda: not bench.pixels.newest.waiting, 60)

        photographer.scene(f"vision-{name}", show)
