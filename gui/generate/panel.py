"""The Generate panel: the recipes that learn to draw, and the latent space of each run while it trains."""

from typing import ClassVar

from gui.training_panel import TrainingPanel


class GeneratePanel(TrainingPanel):
    """Trains the recipes of the family Generate."""

    name = "Generate"
    family = "Generate"
    whole: ClassVar[bool] = True
    first_recipe = "vae"
    empty_text = (
        "No run is open.\n\nChoose a recipe and data on the left and press Train (Ctrl+R). Samples appear here within seconds, "
        "and you can explore the latent space during training.\n\nvae is the quickest to train; "
        "dcgan gives sharper samples and takes minutes."
    )
