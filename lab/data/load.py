"""Image data by name, on the training device: labelled images, two domains, or pairs. Loaders are found in `lab.data.catalogue`."""

from dataclasses import replace
from typing import Any

import torch

from lab.data import catalogue
from lab.data.images import Domains, LabelledImages, Request, Split, as_channels, resize
from lab.data.pair_tasks import TASKS
from lab.registry import load


def load_images(data: str, split: Split, device: torch.device, *, games: str = "", **settings: Any) -> LabelledImages:
    """The `split` of a data set on `device`, squared to `size` pixels and in 1 or 3 `channels` where these are given.

    `games` (separated by commas), `frames`, `player` and `seed` are for "atari" only; see `Request`.
    Raises UsageError for an unknown name, LabError where the data cannot be had.
    """
    catalogue.check_there(data)
    request = requested(data, split, games, **settings)
    loaded = load(catalogue.loader(data, "images"))(request)
    images = as_channels(loaded.images, request.channels) if request.channels else loaded.images
    if request.size is not None:
        images = resize(images, request.size)
    return LabelledImages(images, loaded.labels, loaded.classes).to(device)


def load_domains(data: str, split: Split, device: torch.device, *, size: int, games: str = "", **settings: Any) -> Domains:
    """The `split` of two domains without pairs, (N, 3, size, size) each. Raises UsageError for an unknown name, LabError for an empty domain."""
    catalogue.check_there(data)
    loaded = load(catalogue.loader(data, "image domains"))(requested(data, split, games, size=size, **settings))
    return loaded.to(device)


def load_image_pairs(task: str, data: str, split: Split, device: torch.device, *, size: int, games: str = "", **settings: Any) -> Domains:
    """The `split` of pairs, (N, 3, size, size) each: the data's own pairs, for which the task says nothing; its label maps and images
    for the task "segment"; or pairs that another task of `TASKS` makes of its images."""
    catalogue.check_there(data)
    request = requested(data, split, games, size=size, channels=3, **settings)
    gives = catalogue.find(data).gives
    if "image pairs" in gives or task == "segment":
        kind: catalogue.Kind = "image pairs" if "image pairs" in gives else "label maps"
        return load(catalogue.loader(data, kind))(request).to(device)
    make, names = TASKS[task]
    originals = load_images(data, split, torch.device("cpu"), games=games, size=size, channels=3, **settings)
    given = torch.cat([make(part) for part in originals.images.split(1024)])
    return Domains(LabelledImages(given, originals.labels, originals.classes), originals, names, True).to(device)


def requested(data: str, split: Split, games: str, **settings: Any) -> Request:
    request = Request(data, split, **settings)
    return replace(request, games=tuple(games.split(","))) if games else request
