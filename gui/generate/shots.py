"""The Generate panel's pictures: a VAE and a conditional VAE learn digits, and one walks through what they know; CycleGAN and pix2pix
learn to translate, a drawn digit and what the Atari panel's agent sees among others."""

import math
from typing import Any

from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest

from gui.event_loop import pause, until
from gui.generate.latent_state import LatentState
from gui.generate.sample_browser import SampleBrowser
from gui.photographer import Photographer
from lab import registry

STEPS = {"cyclegan": 400, "pix2pix": 1500, "flow": 1500, "vqvae": 2500, "stylegan": 600}
"""Shorter than the recipes' own lengths, for time; what is not here trains as long as by default."""
SECONDS = 400


def take(photographer: Photographer) -> None:
    """Train three models and take every page of the panel."""
    window = photographer.window
    panel: Any = window.go_to("Generate")
    photographer.scene("generate-first-start", lambda: None)

    def train(recipe: str, samples: bool = True) -> Any:
        """The tab of a run with the recipe's defaults, once its samples are there."""
        photographer.train_in("Generate", recipe, {}, steps_of(recipe), SECONDS)
        tab = panel.current_tab()
        if samples:
            until(lambda: tab.page_tabs.sidebars[SampleBrowser].samples.image is not None, 60)
        return tab

    def page(tab: Any, title: str) -> Any:
        shown = next(page for page in tab.page_tabs.pages if page.title == title)
        tab.page_tabs.setCurrentWidget(shown)
        asked = [q for q in shown.queries if q.view in shown.state.views and q.parameters() is not None]
        until(lambda: all(question.settled for question in asked), 30)
        return shown

    def walk() -> None:
        vae.page_tabs.states[LatentState].set_anchors([f"image:{i}" for i in range(4)])
        shown = page(vae, "Walk")
        area = shown.pad.area()
        QTest.mousePress(shown.pad, Qt.MouseButton.LeftButton, pos=area.center().toPoint())
        for i in range(10):
            QTest.mouseMove(
                shown.pad, QPointF(area.center().x() + 0.03 * i * area.width(), area.center().y() + 0.03 * i * area.height()).toPoint()
            )
            pause(0.05)
        QTest.mouseRelease(shown.pad, Qt.MouseButton.LeftButton)

    def plane() -> None:
        page(vae, "Plane").map.drag_to(0.0, 1.6)

    def arithmetic() -> None:
        """What nines have and fours lack is added to another four."""
        labels = vae.bridge.session.experiment.feed.images("test").labels.tolist()
        nines, fours = ([f"image:{i}" for i, label in enumerate(labels) if label == wanted] for wanted in (9, 4))
        vae.page_tabs.sidebars[SampleBrowser].kinds.button(1).click()
        shown = page(vae, "Arithmetic")
        shown.sets.update(A=nines[:6], B=fours[:6], C=fours[6:7])
        shown.show_sets()
        until(lambda: shown.result.settled, 30)

    def code() -> None:
        vae.page_tabs.sidebars[SampleBrowser].kinds.button(0).click()
        shown = page(vae, "Code")
        shown.bars.set_value(int(abs(shown.bars.values).argmax()), -2.0)
        shown.bars_dragged()

    def film() -> None:
        page(vae, "Dimensions")
        box = vae.page_tabs.sidebars[SampleBrowser]
        box.kinds.button(2).setChecked(True)
        box.slider.setValue(box.slider.maximum() // 4)

    def clusters() -> None:
        shown = page(vae, "Uses")
        shown.tabs.setCurrentIndex(2)
        until(lambda: shown.tabs.grids["Clusters"].image is not None, 60)

    def places() -> None:
        """Nine samples, of which three fifths of the places are drawn."""
        shown = page(vqvae, "Places")
        shown.play.setChecked(False)
        shown.place.setValue(3 * shown.place.maximum() // 5)

    def diagnosis() -> None:
        shown = page(gan, "Diagnosis")
        shown.buttons["class_share"].click()
        until(lambda: shown.buttons["class_share"].isEnabled(), 120)

    vae = train("vae")
    photographer.scene("generate-walk", walk)
    photographer.scene("generate-plane", plane)
    photographer.scene("generate-arithmetic", arithmetic)
    photographer.scene("generate-code", code)
    photographer.scene("generate-uses", clusters)
    photographer.scene("generate-film", film)
    cvae = train("cvae")
    photographer.scene("generate-classes", lambda: page(cvae, "Classes"))
    gan = train("gan")
    photographer.scene("generate-diagnosis", diagnosis)
    photographer.scene("generate-directions", lambda: page(gan, "Directions"))
    toy = train("toy-gan", False)
    photographer.scene("generate-landscape", lambda: page(toy, "Landscape"))
    flow = train("flow")
    photographer.scene("generate-denoising", lambda: page(flow, "Denoising"))
    vqvae = train("vqvae")
    photographer.scene("generate-codes", lambda: page(vqvae, "Codes"))
    photographer.scene("generate-places", places)
    stylegan = train("stylegan")
    photographer.scene("generate-styles", lambda: page(stylegan, "Styles"))
    photographer.scene("generate-about", panel.about_dock.raise_)
    panel.settings_dock.raise_()
    translate(photographer, panel)


def steps_of(recipe: str) -> int:
    return STEPS.get(recipe, registry.recipe(recipe).steps)


def translate(photographer: Photographer, panel: Any) -> None:
    """The Translate page: painted digits in a style, an outline and holes drawn with the mouse, and the game that is being watched."""
    from gui.generate.image_translation_page import ATARI, DRAWN, HOLES

    def page(recipe: str, **fields: Any) -> Any:
        photographer.train_in("Generate", recipe, fields, steps_of(recipe), SECONDS)
        shown = panel.current_tab().page_tabs.page
        until(lambda: shown.translated.image is not None and shown.cycles.count > 0, 60)
        return shown

    def draw() -> None:
        """A zero as an outline: two rings."""
        outline.kind.setCurrentText(DRAWN)
        canvas = outline.drawing
        until(canvas.isVisible, 30)
        centre, side = canvas.rect().center(), min(canvas.width(), canvas.height())
        for wide, high in ((0.28, 0.47), (0.12, 0.3)):
            ring = [2 * math.pi * i / 24 for i in range(25)]
            points = [QPointF(centre.x() + wide * side * math.cos(t), centre.y() + high * side * math.sin(t)).toPoint() for t in ring]
            QTest.mousePress(canvas, Qt.MouseButton.LeftButton, pos=points[0])
            for point in points[1:]:
                QTest.mouseMove(canvas, point)
            QTest.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=points[-1])
        until(lambda: not outline.translating.waiting and outline.translated.image is not None, 30)

    def cover() -> None:
        """A hole across the middle of a digit."""
        holes.kind.setCurrentText(HOLES)
        holes.index.setValue(2)
        canvas = holes.holes
        until(lambda: canvas.isVisible() and canvas.ground is not None, 30)
        centre, side = canvas.area().center(), canvas.area().width()
        QTest.mousePress(canvas, Qt.MouseButton.LeftButton, pos=QPointF(centre.x() - side / 5, centre.y() - side / 8).toPoint())
        QTest.mouseMove(canvas, QPointF(centre.x() + side / 5, centre.y() + side / 8).toPoint())
        QTest.mouseRelease(canvas, Qt.MouseButton.LeftButton)
        until(lambda: holes.translating.settled, 30)

    def live() -> None:
        atari: Any = photographer.window.go_to("Atari")
        wall, watch = atari.wall.view, atari.watch
        until(lambda: bool(wall.agents), 60)
        wall.choose(next(i for i, agent in enumerate(wall.agents) if agent.game == "pong"))
        until(lambda: watch.panes[0].playing is not None and watch.panes[0].playing.latest is not None, 60)
        photographer.window.go_to("Generate")
        game.kind.setCurrentText(ATARI)
        until(lambda: game.live_frame is not None and game.given.image is not None, 60)

    page("cyclegan")
    photographer.scene("generate-translate", lambda: None)
    outline = page("pix2pix")
    photographer.scene("generate-translate-drawn", draw)
    holes = page("pix2pix", task="holes")
    photographer.scene("generate-translate-holes", cover)
    game = page("cyclegan", data="atari", game="pong", style=0)
    photographer.scene("generate-translate-live", live)
