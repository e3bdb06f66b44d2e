"""Views of what excites a network: pictures made by gradient ascent on their pixels, from noise (feature visualisation) or from a picture (Deep Dream)."""

from collections.abc import Callable
from typing import Any, Literal

import torch
from torch import Tensor

from lab.answers import Images
from lab.errors import UsageError, unknown
from lab.experiment import view
from lab.parameters import Count, Index, Seed, Share
from lab.recipes.vision import image_pictures as draw
from models.vision import excite
from models.vision.explain import layers_with_maps
from models.vision.surgery import ACTIVATION_TYPES, LAYERS

NOISE = 12.0
"""Deviation of the first pixels around grey, of 255."""
MOST_STEPS = 1024
MOST_HELD = 40.0
"""What squared differences from the picture weigh at most against a dream."""


class ExciteViews:
    """The views of a network of images of `shape` (C, H, W); `outputs` names what its last layer tells apart, `picture` gives single pictures."""

    def __init__(self, shape: tuple[int, int, int], outputs: tuple[str, ...], device: torch.device, picture: Callable[[Any], Tensor]):
        self.shape, self.outputs, self.device, self.picture = shape, outputs, device, picture
        self.layers: list[str] = []

    @view(live=True)
    def excited(
        self, net: Any, layer: str = "", first: Index = 0, n: Count = 4, of: Literal["channel", "unit"] = "channel", steps: Count = 96,
        robust: bool = True, seed: Seed = 0,
    ) -> Images:  # fmt: skip
        """Pictures that excite a channel of a layer, its unit in the middle, or a class: what each looks for, made from noise; below, its activation before and after.

        Without a `layer` the classes are excited. `robust` pictures must excite under small shifts, turns and zooms, else noise will do.
        """
        total = len(self.outputs) if not layer else self.width(net, layer)
        if first >= total:
            raise UsageError(f"--first {first}: {layer or 'the last layer'} has {total}, from 0 to {total - 1}.")
        chosen = torch.arange(first, min(total, first + n), device=self.device)
        rng = torch.Generator().manual_seed(seed)
        noise = torch.randn(1, *self.shape, generator=rng).expand(len(chosen), -1, -1, -1)
        start = (127.5 + NOISE * noise).clamp(0, 255).to(self.device)

        def score(images: Tensor) -> Tensor:
            maps = excite.tapped(net, images, f"net.{layer}") if layer else net(images)
            return excite.channel_score(maps, chosen, of == "unit")

        try:
            pictures = excite.excite(net, score, start, min(steps, MOST_STEPS), rng, robust=robust)
        except ValueError as error:
            raise UsageError(f"{type(net.net).__name__}: {error}.") from None
        with excite.eval_mode(net), torch.no_grad():
            before, after = score(start).tolist(), score(pictures).tolist()
        names = [f"{layer} {i}" if layer else self.outputs[i] for i in chosen.tolist()]
        captions = [f"{name}: {a:.2f} to {b:.2f}" for name, a, b in zip(names, before, after, strict=True)]
        return Images(
            draw.shown(pictures.round().to(torch.uint8)), captions, columns=min(8, len(chosen)), scale=max(1, 144 // self.shape[1])
        )

    @view(live=True)
    def deep_dream(self, net: Any, image: Any = "test:0", layer: str = "", steps: Count = 40, hold: Share = 0.1, seed: Seed = 0) -> Images:
        """Deep Dream: a picture, and the same after whatever a layer saw in it was made stronger; `hold` keeps it near the picture."""
        pixels = self.picture(image).float()
        wanted = layer or self.known(net)[-1]
        self.width(net, wanted)
        rng = torch.Generator().manual_seed(seed)

        def score(images: Tensor) -> Tensor:
            return excite.tapped(net, images, f"net.{wanted}").flatten(1).square().mean(1)

        dreamed = excite.excite(net, score, pixels, min(steps, MOST_STEPS), rng, rate=0.04, robust=False, hold=MOST_HELD * hold)
        both = torch.cat([pixels, dreamed.round()]).to(torch.uint8)
        return Images(draw.shown(both), ["the picture", f"dreamed by {wanted}"], columns=2, scale=max(1, 224 // pixels.shape[2]))

    # -- parts -----------------------------------------------------------------------------------------------------

    def known(self, net: Any) -> list[str]:
        """The layers that have maps, by name. Raises UsageError where there are none."""
        if not self.layers:
            blank = torch.zeros(1, *self.shape, device=self.device)
            self.layers = [name.removeprefix("net.") for name in layers_with_maps(net, blank, (*ACTIVATION_TYPES, *LAYERS))]
        if not self.layers:
            raise UsageError(f"{type(net.net).__name__} has no feature maps.")
        return self.layers

    def width(self, net: Any, layer: str) -> int:
        """How many maps a layer has. Raises UsageError for an unknown one."""
        if layer not in self.known(net):
            raise unknown("layer with maps", layer, self.known(net))
        with excite.eval_mode(net), torch.no_grad():
            return excite.tapped(net, torch.zeros(1, *self.shape, device=self.device), f"net.{layer}").shape[1]
