"""Images with labels, resident on the training device as uint8: every source behind one function, `load_images`.

Sources: `digits` (with scikit-learn), `downloads` (MNIST, Fashion-MNIST, CIFAR-10), `atari_frames`, `folder`.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional as F

from lab.errors import UsageError
from lab.registry import load

log = logging.getLogger("lab.data")

Split = Literal["train", "test"]


@dataclass(frozen=True)
class LabelledImages:
    """images (N, C, H, W) uint8 and labels (N,) int64 on one device; the names of the classes."""

    images: Tensor
    labels: Tensor
    classes: tuple[str, ...] = tuple("0123456789")

    def __len__(self) -> int:
        return len(self.labels)


SOURCES = {
    "digits": "lab.data.digits:read",
    "mnist": "lab.data.downloads:mnist",
    "fashion-mnist": "lab.data.downloads:fashion_mnist",
    "cifar-10": "lab.data.downloads:cifar_10",
}
"""Functions of the split that give LabelledImages on the CPU."""


def load_images(
    data: str,
    split: Split,
    device: torch.device,
    *,
    size: int | None = None,
    channels: int | None = None,
    games: str | Sequence[str] = "pong,breakout,space_invaders,seaquest",
    frames: int = 1000,
    player: Literal["random", "agents"] = "random",
    seed: int = 0,
) -> LabelledImages:
    """The `split` of a data set on `device`, squared to `size` pixels and in 1 or 3 `channels` where these are given.

    `games`, `frames` (a game, of the train split; a fifth of it for test), `player` and `seed` are for "atari" only.
    Raises UsageError for an unknown name, LabError where the data cannot be had.
    """
    if data == "atari":
        from lab.data.atari_frames import atari_frames

        names = games.split(",") if isinstance(games, str) else list(games)
        found = atari_frames(names, split, size=size or 84, channels=channels or 3, frames=frames, player=player, seed=seed)
    elif data.startswith("folder:"):
        from lab.data.folder import folder

        found = folder(data.removeprefix("folder:"), split, size=size or 64, channels=channels or 3)
    elif data in SOURCES:
        found = load(SOURCES[data])(split)
    else:
        from lab.data.sources import IMAGES

        raise UsageError(f"There are no images called {data!r}: expected one of {', '.join(IMAGES)}.")
    images = as_channels(found.images, channels) if channels else found.images
    if size is not None:
        images = resize(images, size)
    return LabelledImages(images.to(device), found.labels.to(device), found.classes)


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
