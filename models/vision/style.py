"""Neural style transfer (Gatys et al. 2016): the maps of a network hold what is where, their correlations how it is painted.

Read first: `gram`. `FilterBank` are the features that need no trained network: random filters at several scales, enough for textures
(Ustyuzhaninov et al. 2017).
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

SCALES = (1, 2, 4, 8)
"""By how much the picture is reduced before the filters of each level."""
SIDE = 7


class StopEarly(Exception):  # noqa: N818 - it is no error
    """Nothing more of a network is wanted."""


def taps(net: nn.Module, images: Tensor, layers: Sequence[str]) -> list[Tensor]:
    """The outputs of the modules `layers`, with their graph; what comes after the last of them does not run."""
    caught: dict[str, Tensor] = {}

    def catch(name: str, output: Tensor) -> None:
        caught[name] = output
        if len(caught) == len(set(layers)):
            raise StopEarly

    hooks = [net.get_submodule(name).register_forward_hook(lambda m, i, o, name=name: catch(name, o)) for name in set(layers)]
    try:
        net(images)
    except StopEarly:
        pass
    finally:
        for hook in hooks:
            hook.remove()
    return [caught[name] for name in layers]


def gram(maps: Tensor) -> Tensor:
    """How often maps are active together, wherever: G_kl = mean over places of A^k A^l; (B, K, h, w) -> (B, K, K)."""
    flat = maps.flatten(2)
    return flat @ flat.transpose(1, 2) / flat.shape[2]


def relative_error(a: Tensor, b: Tensor) -> Tensor:
    """|a - b|^2 / |b|^2: 1 where a is 0, so that layers of all sizes have the same say."""
    return (a - b).square().sum() / b.square().sum().clamp(min=1e-12)


class FilterBank(nn.Module):
    """Random filters, each of mean 0 and length 1, with ReLU, on a picture (B, 3, H, W) and on smaller copies of it: the modules scale1, scale2, scale4, scale8."""

    def __init__(self, filters: int = 32):
        super().__init__()
        for scale in SCALES:
            self.add_module(
                f"scale{scale}",
                nn.Sequential(nn.AvgPool2d(scale), nn.Conv2d(3, filters, SIDE, padding=SIDE // 2, bias=False), nn.ReLU()),
            )

    @torch.no_grad()
    def initialise(self, generator: torch.Generator) -> None:
        """Draw the filters from `generator`."""
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                drawn = torch.randn(module.weight.shape, generator=generator)
                flat = (drawn - drawn.mean((1, 2, 3), keepdim=True)).flatten(1)
                module.weight.copy_(F.normalize(flat).view_as(drawn))

    def forward(self, images: Tensor) -> list[Tensor]:
        return [module(images) for module in self.children()]
