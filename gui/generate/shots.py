"""The Generate panel's pictures: a VAE and a conditional VAE learn digits, and one walks through what they know."""

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest

if TYPE_CHECKING:
    from gui.shots import Photographer

STEPS = {"vae": 3000, "cvae": 4000, "gan": 4000}
SECONDS = 240


def take(photographer: "Photographer") -> None:
    """Train three models and take every page of the panel."""
    from gui.shots import pause, until

    window = photographer.window
    panel: Any = window.go_to("Generate")
    photographer.scene("generate-first-start", lambda: None)

    def train(recipe: str, **values: Any) -> Any:
        count = len(window.sessions.bridges)
        panel.recipe_box.setCurrentText(recipe)
        panel.form.reset()
        panel.form.set_values(values)
        panel.steps.setValue(STEPS[recipe])
        panel.train_button.click()
        until(lambda: len(window.sessions.bridges) > count, 120)
        until(lambda: not window.sessions.bridges[-1].running, SECONDS)
        tab = panel.current_tab()
        until(lambda: tab.room.palette_box.samples.image is not None, 60)
        return tab

    def page(tab: Any, title: str) -> Any:
        index = next(i for i, page in enumerate(tab.room.pages) if page.title == title)
        tab.room.tabs.setCurrentIndex(index)
        found = tab.room.pages[index]
        asked = [q for q in found.questions if q.view in tab.scene.views and q.parameters() is not None]
        until(lambda: all(question.settled for question in asked), 30)
        return found

    def walk() -> None:
        vae.scene.set_anchors([f"image:{i}" for i in range(4)])
        found = page(vae, "Walk")
        area = found.pad.area()
        QTest.mousePress(found.pad, Qt.MouseButton.LeftButton, pos=area.center().toPoint())
        for i in range(10):
            QTest.mouseMove(found.pad, QPointF(area.center().x() + 0.02 * i * area.width(), area.center().y()).toPoint())
            pause(0.05)
        QTest.mouseRelease(found.pad, Qt.MouseButton.LeftButton)

    def code() -> None:
        found = page(vae, "Code")
        found.bars.set_value(int(abs(found.bars.values).argmax()), -2.0)
        found.bars_dragged()

    def film() -> None:
        page(vae, "Dimensions")
        box = vae.room.palette_box
        box.kinds.button(2).setChecked(True)
        box.slider.setValue(box.slider.maximum() // 4)

    def diagnosis() -> None:
        found = page(gan, "Diagnosis")
        found.buttons["class_share"].click()
        until(lambda: found.buttons["class_share"].isEnabled(), 120)

    vae = train("vae", size=16, latent=10)
    photographer.scene("generate-walk", walk)
    photographer.scene("generate-plane", lambda: page(vae, "Plane"))
    photographer.scene("generate-arithmetic", lambda: page(vae, "Arithmetic"))
    photographer.scene("generate-code", code)
    photographer.scene("generate-film", film)
    cvae = train("cvae", size=16, latent=10)
    photographer.scene("generate-classes", lambda: page(cvae, "Classes"))
    gan = train("gan")
    photographer.scene("generate-diagnosis", diagnosis)
    photographer.scene("generate-about", panel.about_dock.raise_)
    panel.settings_dock.raise_()
