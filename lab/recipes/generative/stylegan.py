"""StyleGAN (Karras et al. 2019; 2020): the style of each layer is mapped from z. Its training is `adversarial.py`, with R1.

Some images get the styles of two z, the second from a random layer on (style mixing), so that layers don't rely on each other.
"""

from typing import ClassVar

import torch
from torch import Tensor, nn

from lab.recipes.generative.adversarial import Adversarial
from lab.recipes.generative.style_views import StyleViews
from lab.recipes.generative.stylegan_config import StyleGANConfig
from models.generative.r3gan import R3Discriminator
from models.generative.stylegan import StyleGenerator


class StyleGAN(Adversarial):
    """One step is k steps of D and one of G."""

    view_parts: ClassVar[dict[str, type]] = {**Adversarial.view_parts, "styles": StyleViews}

    def __init__(self, config: StyleGANConfig, device: torch.device):
        self.config: StyleGANConfig = config
        super().__init__(config, device)
        self.styles = StyleViews(self.latent)

    def build(self) -> tuple[nn.Module, nn.Module]:
        c, (channels, size, _) = self.config, self.feed.shape
        g = StyleGenerator(c.latent, channels, size, c.features, c.mapping_layers, equalised=c.equalised)
        return g, R3Discriminator(channels, size, c.d_features)

    def generated(self, count: int, labels: Tensor | None) -> Tensor:
        g: StyleGenerator = self.g.master  # type: ignore[assignment]
        w = g.styles(self.normal(count, g.latent))
        if self.config.mixing:
            w = torch.where(self.second_from(count, len(g.layers))[..., None], g.styles(self.normal(count, g.latent)), w)
        noise = [self.normal(count, *getattr(g, f"noise_{i}").shape[1:]) for i in range(len(g.layers))]
        return g.synthesise(w, noise)

    def second_from(self, count: int, layers: int) -> Tensor:
        """(B, layers) bool: which layers take the second style, those from a random one on, in the share `mixing` of the images."""
        draw = torch.rand(2, count, 1, generator=self.seeds.noise, device=self.device)
        first = 1 + (draw[0] * (layers - 1)).long()
        return (torch.arange(layers, device=self.device) >= first) & (draw[1] < self.config.mixing)
