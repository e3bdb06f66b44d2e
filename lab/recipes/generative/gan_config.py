"""Settings of the dense GAN."""

from pydantic import Field, field_validator

from lab.config import with_defaults
from lab.recipes.generative.generative_config import AdversarialConfig, check_widths


class GANConfig(with_defaults(AdversarialConfig, "GANDefaults", ema=0.998)):  # type: ignore[misc]
    """The generative adversarial network of dense layers (Goodfellow et al. 2014)."""

    g_hidden: str = Field("512,1024", description="Units of G's hidden layers, separated by commas. More can draw more and are slower.")
    d_hidden: str = Field(
        "1024,512", description="Units of D's hidden layers, separated by commas. More can tell more apart and are slower."
    )

    @field_validator("g_hidden", "d_hidden")
    @classmethod
    def some_widths(cls, value: str) -> str:
        return check_widths(value)
