"""Which panels there are. A new panel is one line in `PANELS` and a class that extends `Panel`."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lab.registry import load

if TYPE_CHECKING:
    from gui.panel import Panel


@dataclass(frozen=True)
class PanelSpec:
    """A panel's name in the bar, its class and what it is for. `families` are the recipes' whose runs it opens."""

    name: str
    path: str
    about: str
    families: tuple[str, ...] = ()
    icon: str = "chart"
    """Which of `gui/widgets/icons.py` stands above its name in the bar."""

    def panel_class(self) -> "type[Panel]":
        return load(self.path)


PANELS = (
    PanelSpec("Atari", "gui.atari.panel:AtariPanel", "Train agents on Atari games, watch them play, look inside", ("Atari",), "joystick"),
    PanelSpec(
        "Generate", "gui.generate.panel:GeneratePanel", "Train autoencoders and GANs, explore their latent space", ("Generate",), "sparkle"
    ),
    PanelSpec(
        "Vision", "gui.vision.panel:VisionPanel", "Train image classifiers, draw for them, see what they look at", ("Vision",), "eye"
    ),
    PanelSpec(
        "Sequences",
        "gui.sequences.panel:SequencesPanel",
        "Train language models, translators, taggers, word vectors",
        ("Sequences",),
        "lines",
    ),
    PanelSpec(
        "Foundations",
        "gui.foundations.panel:FoundationsPanel",
        "One neuron, small networks and what makes them learn: pages that run by themselves",
        ("Foundations",),
        "neuron",
    ),
    PanelSpec("Runs", "gui.runs.panel:RunsPanel", "Every run on disk: compare, resume, rename, delete"),
)
