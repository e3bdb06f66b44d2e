"""The labelled scenes of a config on a device: its splits, random patches of them for training, and single pictures from anywhere."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional as F

from lab.data.catalogue import readable
from lab.data.image_reader import read_image, squared
from lab.data.image_records import span_in
from lab.data.record import Record
from lab.data.scenes import Scenes, load_scenes
from lab.data.splits import Splits
from lab.errors import LabError, UsageError
from lab.recipes.vision.scene_config import SceneConfig

Split = Literal["train", "validation", "test"]
VALIDATION = 10
"""Every tenth training scene is held out for validation."""
DEFAULT_SIZE = {"pairs": 128}


class SceneData:
    """The splits, each loaded when it is first wanted. Any thread may ask."""

    things = 0
    """The most things of a composed scene; 0 as the data set likes it."""

    def __init__(self, config: SceneConfig, device: torch.device, remembered: Record | None):
        self.config, self.device, self.remembered = config, device, remembered
        self.whole = Splits(self.load)
        self.parts = Splits(self.part)
        record = remembered if remembered and "classes" in remembered else config.data_record(None)
        self.record: Record = record
        self.classes: tuple[str, ...] = tuple(record["classes"])

    def load(self, name: Any) -> Scenes:
        c = self.config
        frames = c.frames if c.data == "atari" else c.scenes
        loaded = load_scenes(
            c.data, name, games=c.games if c.data == "atari" else "", frames=frames, player=c.player, size=c.size or None, seed=0, ground=c.ground,
            remembered=self.record, things=self.things,
        )  # fmt: skip
        if not len(loaded):
            raise LabError(f"The {name} split of {c.data} holds no scenes.")
        if loaded.classes != self.classes:
            raise LabError(f"{c.data} has the classes {', '.join(loaded.classes)}, this run was made for {', '.join(self.classes)}.")
        return loaded

    def part(self, name: Any) -> Scenes:
        if name == "test":
            return self.whole("test")
        everything = self.whole("train")
        held = [i for i in range(len(everything)) if i % VALIDATION == VALIDATION - 1] or [0]
        kept = [i for i in range(len(everything)) if i % VALIDATION != VALIDATION - 1]
        return everything.rows(held if name == "validation" else kept)

    def __call__(self, name: Split) -> Scenes:
        return self.parts(name)

    # -- single pictures -------------------------------------------------------------------------------------------

    def picture(self, image: Any) -> tuple[Tensor, int | None, str]:
        """One picture (1, 3, H, W) uint8, its row in the split it is from, and a name; `image` as in `one_picture`."""
        return one_picture(image, lambda name: self(name).images, self.fitted, self.device, self.config.ground, self.remembered)

    def fitted(self, image: Image.Image) -> Tensor:
        """A picture as the network's scenes are: a game's frame at its own size, others as squares of the data's side."""
        if self.config.data == "atari":
            from lab.data.game_things import HEIGHT, WIDTH, sized

            at_width = image if image.width == WIDTH else image.resize((WIDTH, HEIGHT), Image.Resampling.BOX)
            pixels = sized(np.asarray(at_width)[None])[0]
        else:
            own = self.config.size or (DEFAULT_SIZE["pairs"] if self.config.data.startswith("pairs:") else 64)
            pixels = squared(image, own)
        return torch.from_numpy(pixels.copy()).permute(2, 0, 1)[None].to(self.device)


def one_picture(
    image: Any, images_of: Callable[[Split], Tensor], fitted: Callable[[Image.Image], Tensor], device: torch.device, ground: str,
    remembered: Record | None,
) -> tuple[Tensor, int | None, str]:  # fmt: skip
    """One picture (1, 3, H, W) uint8, its row in the split it is from, and a name.

    `image` is "test:17" (or train, validation), the path of a file, or an array (H, W) or (H, W, 3) uint8 such as a game's screen; of the
    last two `fitted` makes what the network takes. Raises UsageError that says what else was found.
    """
    if isinstance(image, np.ndarray):
        if image.dtype != np.uint8 or image.ndim not in (2, 3) or min(image.shape[:2]) == 0:
            raise UsageError(f"An image must be (H, W) or (H, W, 3) uint8, got {image.shape} {image.dtype}.")
        colours = np.repeat(image[..., None], 3, axis=2) if image.ndim == 2 else image[..., :3]
        return fitted(Image.fromarray(np.ascontiguousarray(colours))), None, "picture"
    text = str(image)
    name, colon, number = text.partition(":")
    if colon and name in ("test", "validation", "train"):
        images = images_of(name)  # type: ignore[arg-type]
        if not number.isdigit() or int(number) >= len(images):
            raise UsageError(f"--image {text}: expected {name}:N with N from 0 to {len(images) - 1}.")
        return images[int(number)][None].to(device), int(number), text
    path = Path(text).expanduser()
    if not path.is_file():
        raise UsageError(f"--image {text}: there is no such file. Give test:N, train:N, validation:N or an image file.")
    return fitted(read_image(path, ground=ground, span=span_in(remembered))), None, readable(path.name)


def patches(parts: list[Tensor], side: int, generator: torch.Generator) -> list[Tensor]:
    """The same random square of each row in all of `parts` (B, C, H, W); whole rows where `side` is 0 or no smaller than they are."""
    count, _, height, width = parts[0].shape
    high, wide = (min(side, height), min(side, width)) if side else (height, width)
    if (high, wide) == (height, width):
        return parts
    draws = torch.rand(count, 2, generator=generator)
    tops, lefts = (draws[:, 0] * (height - high + 1)).long().tolist(), (draws[:, 1] * (width - wide + 1)).long().tolist()
    return [
        torch.stack([row[:, y : y + high, x : x + wide] for row, y, x in zip(part, tops, lefts, strict=True)]) for part in parts
    ]  # fmt: skip


def distorted(parts: list[Tensor], generator: torch.Generator, flip: bool, warp: float) -> list[Tensor]:
    """Images (B, 3, H, W), and maps (B, 1, H, W) of theirs, each mirrored or not and bent in the same smooth way; labels are never mixed."""
    images = parts[0]
    count, _, height, width = images.shape
    if flip:
        turned = (torch.rand(count, generator=generator) < 0.5).to(images.device, non_blocking=True)[:, None, None, None]
        parts = [torch.where(turned, part.flip(3), part) for part in parts]
    if not warp:
        return parts
    still = F.affine_grid(
        torch.eye(2, 3).expand(count, 2, 3).to(images.device, non_blocking=True), [count, 1, height, width], align_corners=False
    )
    bends = torch.rand(count, 2, 4, 4, generator=generator).to(images.device, non_blocking=True) * 2 - 1
    grid = still + 2 * warp * F.interpolate(bends, (height, width), mode="bicubic", align_corners=True).permute(0, 2, 3, 1)
    bent = []
    for i, part in enumerate(parts):
        mode = "nearest" if i else "bilinear"
        moved = F.grid_sample(part.float(), grid, mode=mode, padding_mode="reflection", align_corners=False)
        bent.append(moved.round().clamp(0, 255).to(part.dtype))
    return bent
