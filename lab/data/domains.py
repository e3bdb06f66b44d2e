"""Two domains of images, A and B, on the training device as uint8: in pairs for pix2pix, unpaired for CycleGAN.

Read first: `load_pairs` and `load_unpaired`. A person's own folders are read in `own_domains`, what is drawn in `painted`.
"""

import zipfile
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional as F

from lab.data.domain_names import PAINTABLE
from lab.data.images import LabelledImages, Split, as_channels, load_images
from lab.data.painted import blueprint, paint, smooth
from lab.errors import LabError, UsageError


@dataclass(frozen=True)
class Domains:
    """a (N, 3, S, S) and b (M, 3, S, S) uint8 with the class of each, (N,) and (M,) int64. Where paired, N = M and rows belong together."""

    a: LabelledImages
    b: LabelledImages
    names: tuple[str, str]
    paired: bool

    def to(self, device: torch.device) -> "Domains":
        def moved(part: LabelledImages) -> LabelledImages:
            return LabelledImages(part.images.to(device), part.labels.to(device), part.classes)

        return replace(self, a=moved(self.a), b=moved(self.b))


# -- unpaired ----------------------------------------------------------------------------------------------------------


def load_unpaired(data: str, split: Split, device: torch.device, *, size: int, game: str = "pong", frames: int = 1000) -> Domains:
    """The `split` of two domains without pairs.

    digits, mnist, fashion-mnist: plain against painted, in training of different originals. atari: frames of `game` against others of its
    frames as a blueprint. horse2zebra, folders:A,B: photographs. Raises UsageError for another name, LabError for an empty domain.
    """
    cpu = torch.device("cpu")
    if data in PAINTABLE:
        images = load_images(data, split, cpu, size=size, channels=1)
        originals = load_images(data, split, cpu, channels=1)
        rows = torch.arange(len(images))
        strokes = torch.Generator().manual_seed(0 if split == "train" else 1)
        # Each original is painted several times: colours and grounds are then as many as digits. In training no original is
        # in both domains; of few held-out ones, from which nothing is learned, all are, so that figures vary less.
        few = split == "test" and len(rows) * PAINTINGS[split] <= MOST_PAINTINGS
        plain, unlike = (rows, rows) if few else (rows[0::2], rows[1::2])
        unlike = unlike.repeat(max(1, min(PAINTINGS[split], MOST_PAINTINGS // len(unlike))))
        a = LabelledImages(as_channels(images.images[plain], 3), images.labels[plain], images.classes)
        b = LabelledImages(paint(originals.images[unlike], size, strokes), images.labels[unlike], images.classes)
        return Domains(a, b, (f"plain {data}", f"painted {data}"), False).to(device)
    if data == "atari":
        found = load_images("atari", split, cpu, size=size, channels=3, games=game, frames=frames)
        even, odd = torch.arange(0, len(found), 2), torch.arange(1, len(found), 2)
        a = LabelledImages(found.images[even], found.labels[even], found.classes)
        b = LabelledImages(blueprint(found.images[odd]), found.labels[odd], found.classes)
        return Domains(a, b, (game, f"blueprint of {game}"), False).to(device)
    if data == "horse2zebra":
        from lab.data.downloads import fetched
        from lab.data.own_domains import two_folders

        folder = unpacked(fetched("horse2zebra", "horse2zebra.zip"))
        part = "train" if split == "train" else "test"
        return two_folders(folder / f"{part}A", folder / f"{part}B", size=size, names=("horse", "zebra")).to(device)
    if data.startswith("folders:"):
        from lab.data.own_domains import split_of, two_folders

        first, second = data.removeprefix("folders:").split(",")
        return split_of(two_folders(Path(first), Path(second), size=size), split).to(device)
    raise UsageError(f"There are no unpaired domains called {data!r}: expected {', '.join(PAINTABLE)}, atari, horse2zebra or folders:A,B.")


PAINTINGS, MOST_PAINTINGS = {"train": 16, "test": 4}, 20_000
"""Paintings of one original in each split, fewer where all together would be more than the latter."""


def unpacked(archive: Path) -> Path:
    """The folder beside a zip archive that holds its one folder's files; unpacked once, members that point outside are refused."""
    folder = archive.with_suffix("")
    if folder.is_dir():
        return folder
    temporary = archive.with_suffix(".unpacking")
    try:
        with zipfile.ZipFile(archive) as members:
            for name in members.namelist():
                if not (temporary / name).resolve().is_relative_to(temporary.resolve()):
                    raise LabError(f"{archive} holds {name}, which points outside of its folder. Delete it and try again.")
            members.extractall(temporary)
        inner = temporary / archive.stem
        (inner if inner.is_dir() else temporary).rename(folder)
    except (OSError, zipfile.BadZipFile) as error:
        raise LabError(f"{archive} cannot be unpacked ({error}). Delete it and try again.") from None
    return folder


# -- pairs -------------------------------------------------------------------------------------------------------------


def load_pairs(task: str, data: str, split: Split, device: torch.device, *, size: int, games: str = "pong", frames: int = 1000) -> Domains:
    """The `split` of pairs for `task` made from the images `data`: "outline", "half", "upscale", "colour" or "segment" (atari only);
    or the person's own, "pairs:FOLDER" or "pairs:A,B", for which the task says nothing."""
    cpu = torch.device("cpu")
    if data.startswith("pairs:"):
        from lab.data.own_domains import paired_folders, side_by_side, split_of

        folders = [Path(part) for part in data.removeprefix("pairs:").split(",")]
        own = side_by_side(folders[0], size=size) if len(folders) == 1 else paired_folders(folders[0], folders[1], size=size)
        return split_of(own, split).to(device)
    if task == "segment":
        if data != "atari":
            raise UsageError(f"The task segment needs --data atari: its labels are the colours of a game's sprites; got {data}.")
        from lab.data.segments import segmented

        return segmented(games.split(","), split, size=size, frames=frames).to(device)
    found = load_images(data, split, cpu, size=size, channels=3, games=games, frames=frames)
    given = torch.cat([TASKS[task](part) for part in found.images.split(1024)])
    names = {"outline": ("outline", "picture"), "half": ("left half", "whole"), "upscale": ("small", "large"), "colour": ("grey", "colour")}
    return Domains(LabelledImages(given, found.labels, found.classes), found, names[task], True).to(device)


def outline(images: Tensor) -> Tensor:
    """uint8 (N, 3, H, W) -> the edges alone, white on black: crests of the Sobel slope above a third of the image's steepest."""
    grey = smooth(images.float().mean(1, keepdim=True) / 255, images.shape[-1] / 32)
    kernel = torch.tensor([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]])
    both = torch.stack([kernel, kernel.T])[:, None]
    slope = F.conv2d(F.pad(grey, (1,) * 4, mode="replicate"), both).square().sum(1, keepdim=True).sqrt()
    # A line, not a band: only where the slope is largest across the edge, or nearly so.
    crest = slope >= 0.85 * F.max_pool2d(slope, 3, 1, 1)
    strong = slope > slope.amax((2, 3), keepdim=True) / 3
    return (255 * (crest & strong)).to(torch.uint8).expand(-1, 3, -1, -1).contiguous()


def half(images: Tensor) -> Tensor:
    """The left half; the right one is grey."""
    kept = images.clone()
    kept[..., images.shape[-1] // 2 :] = 128
    return kept


def upscale(images: Tensor) -> Tensor:
    """A quarter of the side (area average), enlarged again bilinearly: what a plain enlargement gives."""
    small = F.interpolate(images.float(), scale_factor=0.25, mode="area")
    return F.interpolate(small, images.shape[2:], mode="bilinear", align_corners=False).round_().clamp_(0, 255).to(torch.uint8)


def grey(images: Tensor) -> Tensor:
    """The luma in all three channels."""
    return as_channels(as_channels(images, 1), 3)


TASKS = {"outline": outline, "half": half, "upscale": upscale, "colour": grey}
"""What makes the given picture from the wanted one: uint8 (N, 3, H, W) -> the same."""
