"""The Foundations panel's pictures: every page once it has something to show."""

from typing import Any

from gui.event_loop import pause, until
from gui.photographer import Photographer

NAMES = {
    "Playground": "playground", "One neuron": "neuron", "Activations": "activations", "Approximation": "approximation",
    "Likelihood": "likelihood", "Descent": "descent", "Backpropagation": "backpropagation", "Validation": "validation",
    "Self-organising map": "map", "Boltzmann machine": "boltzmann",
}  # fmt: skip
"""Of each page by its title: the name of its pictures."""
SECONDS = 12.0
"""How long a page moves before its picture is taken."""


def take(photographer: Photographer) -> None:
    """Take every page, light and dark."""
    home: Any = photographer.window.go_to("Foundations").home  # type: ignore[attr-defined]
    for kind in home.classes:
        page = home.page(kind.title)
        arrange(page)
        pause(SECONDS)
        page.press("play")  # Both pictures show the same moment.
        photographer.scene(f"foundations-{NAMES[kind.title]}", lambda: None)


def arrange(page: Any) -> None:
    """Bring a page into a state that shows what it is for."""
    until(lambda: getattr(page, "shown", 1) > 0, 60)
    match page.title:
        case "Descent":
            page.choose("A small model")
        case "Likelihood":
            page.choose("A coin")
            page.change(prior=100.0)
        case "Backpropagation":
            page.stepper.slider.setValue(13)
            page.pause()
        case "Activations":
            page.change(depth=20)
