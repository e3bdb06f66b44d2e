"""Pictures for the views of a classifier: tensors to pixels, heat maps over images, galleries with a name for each picture."""

from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
import torch
from PIL import Image, ImageDraw
from torch import Tensor
from torch.nn import functional as F

from lab.answers import Answer, Images
from lab.fonts import draw_text


@dataclass(frozen=True)
class Gallery(Images):
    """Images, each with a name in `specs` that other views take as their image."""

    specs: list[str] = field(default_factory=list)

    def arrays(self) -> dict[str, np.ndarray]:
        return {**super().arrays(), "specs": np.array(self.specs)}


@dataclass(frozen=True)
class Inspection(Answer):
    """One image and what the network makes of it. heat (H, W) in [0, 1] or None, maps (K, h, w) float32."""

    image: np.ndarray
    probabilities: np.ndarray
    classes: tuple[str, ...]
    chosen: int
    truth: int | None
    heat: np.ndarray | None
    maps: np.ndarray
    layers: list[str]
    name: str

    def arrays(self) -> dict[str, np.ndarray]:
        arrays = {"image": self.image, "probabilities": self.probabilities, "classes": np.array(self.classes), "maps": self.maps}
        return arrays if self.heat is None else {**arrays, "heat": self.heat}

    def picture(self) -> np.ndarray:
        """The image, the heat map and the bars of the five likeliest classes; the maps below."""
        image = enlarged(self.image)
        parts = [image, overlay(image, self.heat)] if self.heat is not None else [image]
        top = np.concatenate([*parts, self.bars(image.shape[0])], axis=1)
        if not len(self.maps):
            return top
        side = self.maps.shape[1]
        grid = Images(
            bright(self.maps), columns=max(1, top.shape[1] // (side * max(1, 48 // side) + 2)), scale=max(1, 48 // side)
        ).picture()
        width = max(top.shape[1], grid.shape[1])
        rows = [np.pad(part, ((0, 0), (0, width - part.shape[1]), (0, 0)), constant_values=24) for part in (top, grid)]
        return np.concatenate(rows)

    def bars(self, height: int) -> np.ndarray:
        """(height, 220, 3): the likeliest classes with their probabilities."""
        canvas = Image.new("RGB", (220, height), (24, 24, 24))
        pen = ImageDraw.Draw(canvas)
        for row, i in enumerate(np.argsort(-self.probabilities, kind="stable")[: max(1, (height - 8) // 24)][:8]):
            y, p = 6 + 24 * row, float(self.probabilities[i])
            pen.rectangle((8, y + 13, 8 + round(200 * p), y + 18), fill=(59, 142, 224) if i == self.chosen else (120, 130, 140))
            mark = "  (true)" if self.truth == i else ""
            draw_text(pen, (8, y), f"{self.classes[i]}  {p:.3f}{mark}", (225, 225, 225))
        return np.asarray(canvas)


def shown(images: Tensor) -> np.ndarray:
    """uint8 (N, C, H, W) -> (N, H, W, 3) for the screen; one channel is grey."""
    pixels = images.detach().cpu().permute(0, 2, 3, 1).contiguous().numpy()
    return pixels if pixels.shape[3] == 3 else np.repeat(pixels[..., :1], 3, axis=3)


def enlarged(image: np.ndarray, side: int = 224) -> np.ndarray:
    """(H, W, 3) with every pixel a square, about `side` in all."""
    scale = max(1, side // image.shape[0])
    return image.repeat(scale, axis=0).repeat(scale, axis=1)


def heat(values: Tensor, size: int) -> np.ndarray:
    """A heat map (1, h, w) enlarged to (size, size) and stretched to [0, 1]; all zeros stay zeros."""
    large = F.interpolate(values.detach().float()[:, None], (size, size), mode="bilinear", align_corners=False)[0, 0]
    large = large.clamp(min=0)
    return (large / large.amax().clamp(min=1e-12)).cpu().numpy()


def overlay(image: np.ndarray, values: np.ndarray) -> np.ndarray:
    """`image` (H, W, 3) under colours for `values` (h, w) in [0, 1], blue to red."""
    height, width = image.shape[:2]
    large = F.interpolate(torch.from_numpy(np.ascontiguousarray(values, np.float32))[None, None], (height, width), mode="bilinear")[0, 0]
    colours = turbo()[(255 * large.clamp(0, 1)).round().to(torch.uint8).numpy()]
    return (0.5 * image + 0.5 * colours).astype(np.uint8)


@lru_cache(maxsize=1)
def turbo() -> np.ndarray:
    """(256, 3) uint8."""
    from matplotlib import colormaps

    return (255 * colormaps["turbo"](np.arange(256))[:, :3]).astype(np.uint8)


def bright(maps: np.ndarray) -> np.ndarray:
    """Feature maps (K, h, w) as grey pictures on one scale, from the lowest value of all to the highest."""
    low, high = float(maps.min()), float(maps.max())
    return (255 * (maps - low) / max(high - low, 1e-12)).astype(np.uint8)


def signed(weights: np.ndarray) -> np.ndarray:
    """Weights (K, C, h, w) as pictures in which grey is zero: in colour for three channels, else the channels side by side."""
    pixels = np.clip(127.5 + 127.5 * weights / max(float(np.abs(weights).max()), 1e-12), 0, 255).astype(np.uint8)
    if pixels.shape[1] == 3:
        return pixels.transpose(0, 2, 3, 1)
    return np.concatenate(list(pixels.transpose(1, 0, 2, 3)[:8]), axis=2)
