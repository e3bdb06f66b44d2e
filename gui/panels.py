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

    def panel_class(self) -> "type[Panel]":
        return load(self.path)


PANELS = (
    PanelSpec("Atari", "gui.atari.panel:AtariPanel", "Train agents on Atari games, watch them play, look inside", ("Atari",)),
    PanelSpec("Generate", "gui.generate.panel:GeneratePanel", "Train autoencoders and GANs, explore their latent space", ("Generate",)),
    PanelSpec("Vision", "gui.vision.panel:VisionPanel", "Train image classifiers, draw for them, see what they look at", ("Vision",)),
    PanelSpec(
        "Sequences", "gui.sequences.panel:SequencesPanel", "Train language models, translators, taggers, word vectors", ("Sequences",)
    ),
    PanelSpec("Runs", "gui.runs.panel:RunsPanel", "Every run on disk: compare, resume, rename, delete"),
)
