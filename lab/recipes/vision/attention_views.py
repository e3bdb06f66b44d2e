"""The view of a vision transformer's attention: which patches its class token looks at."""

import math
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from lab.answers import Images
from lab.errors import UsageError
from lab.experiment import view
from lab.parameters import Index
from lab.recipes.vision import image_pictures as draw
from lab.recipes.vision.image_views import ImageViews
from models.eval_mode import eval_mode
from models.sequence.vit import ViT, attention_rollout


class AttentionViews:
    """The views of a ViT by the parts of `image_views`."""

    def __init__(self, image_views: ImageViews):
        self.of_images = image_views

    @view(live=True)
    def attention_maps(self, net: Any, image: Any = "test:0", label: str = "", layer: Index = 0) -> Images:
        """Where the class token of a vision transformer looks: each head of a layer (0 is the last), and the rollout through all layers.

        Red patches get most, blue ones least. Attention is of no class: `label` only says whose probability the deletion and insertion are.
        """
        if not isinstance(net.net, ViT):
            raise UsageError(f"{type(net.net).__name__} has no attention; this view needs --network vit.")
        of = self.of_images
        pixels, _, _ = of.images.picture(image)
        chosen = of.label_of(label, net, pixels)
        with eval_mode(net), torch.no_grad():
            layers = [weights.float() for weights in net.net.attention(net.normalise(pixels))]
        if layer > len(layers):
            raise UsageError(f"--layer {layer}: this network has {len(layers)} layers, from 1; 0 is the last.")
        heads = layers[layer - 1][0, :, 0, 1:]  # (heads, patches)
        ends = of.overlaid(net, pixels, chosen, squares(attention_rollout(layers), of.format.size), "rollout")
        picture = ends.pixels[0]
        of_heads = [draw.overlay(picture, draw.heat(squares(head[None], of.format.size), of.format.size)) for head in heads]
        names = [f"layer {layer or len(layers)}, head {i + 1}" for i in range(len(heads))]
        return Images(np.stack([picture, *of_heads, ends.pixels[1]]), [ends.captions[0], *names, ends.captions[1]], columns=3)


def squares(shares: Tensor, size: int) -> Tensor:
    """Values of patches (1, patches), row by row, as squares of a picture (1, size, size)."""
    side = math.isqrt(shares.shape[1])
    return F.interpolate(shares.view(1, 1, side, side), (size, size), mode="nearest")[:, 0]
