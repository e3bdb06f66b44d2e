"""Labelled images and pairs of image domains, as uint8 tensors; and what is done to every one of them: channels and size.

A data set's loader takes a `Request` and gives `LabelledImages` or `Domains`; `lab.data.load` finds the loader by name.
"""

from dataclasses import dataclass, replace
from typing import Any, Literal

import torch
from torch import Tensor
from torch.nn import functional as F

Split = Literal["train", "validation", "test"]
"""Only one's own folders have a validation part, which may be empty; other data are divided by who trains."""


@dataclass(frozen=True)
class Request:
    """What is wanted of an image data set; each loader heeds what concerns it."""

    data: str
    split: Split
    size: int | None = None
    channels: int | None = None
    games: tuple[str, ...] = ("pong", "breakout", "space_invaders", "seaquest")
    frames: int = 1000
    """Frames of each game in the train split; a fifth of it for test."""
    player: Literal["random", "agents"] = "random"
    seed: int = 0
    things: int = 0
    """The most things of a composed scene; 0 as the data set likes it."""
    ground: str = "white"
    """What lies behind transparent parts of one's own images, see `lab.data.image_reader.GROUNDS`."""
    remembered: dict[str, Any] | None = None
    """What a stored run remembers of its data, see `lab.data.record`."""


@dataclass(frozen=True)
class LabelledImages:
    """images (N, C, H, W) uint8 and labels (N,) int64 on one device; the names of the classes."""

    images: Tensor
    labels: Tensor
    classes: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.labels)

    def to(self, device: torch.device) -> "LabelledImages":
        return replace(self, images=self.images.to(device), labels=self.labels.to(device))

    def rows(self, index: Tensor | slice) -> "LabelledImages":
        """The images at `index`, with their labels."""
        return replace(self, images=self.images[index], labels=self.labels[index])


@dataclass(frozen=True)
class Domains:
    """a (N, 3, S, S) and b (M, 3, S, S) uint8 with the class of each, (N,) and (M,) int64. Where paired, N = M and rows belong together."""

    a: LabelledImages
    b: LabelledImages
    names: tuple[str, str]
    paired: bool

    def to(self, device: torch.device) -> "Domains":
        return replace(self, a=self.a.to(device), b=self.b.to(device))


def as_channels(images: Tensor, channels: int) -> Tensor:
    """uint8 (N, C, H, W) -> (N, channels, H, W): grey by the luma weights of ITU-R BT.601, colour by repeating."""
    if images.shape[1] == channels:
        return images
    if channels == 3:
        return images.expand(-1, 3, -1, -1).contiguous()
    weights = torch.tensor([0.299, 0.587, 0.114])[:, None, None]
    return torch.cat([(part.float() * weights).sum(1, keepdim=True).round_().to(torch.uint8) for part in images.split(2048)])


def resize(images: Tensor, size: int) -> Tensor:
    """uint8 (N, C, H, W) -> (N, C, size, size): area averages where it shrinks, bilinear where it grows."""
    if images.shape[2:] == (size, size):
        return images
    shrinks = min(images.shape[2:]) >= size

    def one(part: Tensor) -> Tensor:
        if shrinks:
            grown = F.interpolate(part.float(), (size, size), mode="area")
        else:
            grown = F.interpolate(part.float(), (size, size), mode="bilinear", align_corners=False, antialias=False)
        return grown.round_().clamp_(0, 255).to(torch.uint8)

    return torch.cat([one(part) for part in images.split(2048)])
