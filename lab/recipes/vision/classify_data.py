"""What `classify` learns from: the classes and the format of a data set before its images are loaded, the splits, and any one
picture (from the data, a file, drawn, a game's screen) as the network takes it."""

import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from PIL import ImageOps
from torch import Tensor

from lab.data.catalogue import find, native, paths, readable
from lab.data.image_files import class_folder, class_names, listed, sub_folders
from lab.data.image_reader import read_image
from lab.data.image_records import span_in, split_notes
from lab.data.images import LabelledImages, as_channels, resize
from lab.data.load import load_images
from lab.data.record import Record, first_data
from lab.errors import LabError, UsageError
from lab.recipes.vision.classify_config import ClassifyConfig
from models.vision.layer_list import input_shape, read_layers

Split = Literal["test", "validation", "train"]
SMALLEST = 28
"""The side that smaller images are enlarged to for networks with maps."""
FLAT = ("linear", "mlp", "knn", "cnn1d")


@dataclass(frozen=True)
class ImageFormat:
    """The classes by name, and the shape of the images: `own` is the side they have before they are enlarged to `size`."""

    classes: tuple[str, ...]
    channels: int
    own: int
    size: int


def image_format(config: ClassifyConfig, remembered: Record | None = None) -> ImageFormat:
    """The format of the data that a config names, without loading images, with the classes that a stored run remembers.

    Raises LabError where a folder cannot serve.
    """
    first = first_data(remembered, config.data)  # A stored run keeps the form of the data that it began with.
    own, channels = native(first)
    of_folder = find(config.data).origin == "own"
    classes = tuple((remembered or {}).get("classes", ()))
    if not classes:
        classes = folder_classes(paths(config.data)[0]) if of_folder else class_names(config.data, config.games)
    if config.colours != "own":
        channels = 1 if config.colours == "grey" else 3
    listed = input_shape(read_layers(config.layers)) if config.network == "layers" else None
    if listed is not None and len(listed) == 3:  # The list's own input, where no setting says otherwise.
        channels = listed[0] if config.colours == "own" and listed[0] in (1, 3) else channels
    size = config.size or (listed[1] if listed else own if config.network in FLAT else max(own, SMALLEST))
    return ImageFormat(classes, channels, min(own, size) if find(first).size else size, size)


def folder_classes(root: Path) -> tuple[str, ...]:
    """The classes of `root`. Raises LabError where there are fewer than two, or where one has too few images to be learned and tested."""
    folder_images = class_folder(root)
    for folder in sub_folders(root):
        if not folder_images.has_splits and len(folder_images.classes) > 1 and readable(folder.name) not in folder_images.classes:
            raise LabError(f"The class folder {readable(folder)} holds no images: put some in, or take it away.")
    if len(folder_images.classes) < 2:
        raise LabError(
            f"The folder {readable(root)} needs a sub-folder of images for each class, at least two; it has {len(folder_images.classes)}."
        )
    single = [name for name, group in folder_images.files["train"].items() if len(group) < 2 and not folder_images.has_splits]
    if single:
        raise LabError(
            f"The folder {readable(root)} has only one image of {listed(single)}: each class needs at least two, one to learn from and "
            "one for test. Add images, or take the class out."
        )
    return folder_images.classes


class ImageSplits:
    """The splits of a config's data on a device, each loaded when it is first wanted. Any thread may ask."""

    def __init__(self, config: ClassifyConfig, shape: ImageFormat, device: torch.device, remembered: Record | None = None):
        self.config, self.format, self.device, self.remembered = config, shape, device, remembered
        self.lock = threading.Lock()
        self.loaded: dict[str, LabelledImages] = {}

    def split(self, name: Split) -> LabelledImages:
        """Images (N, C, size, size) uint8 with labels. Validation is a seeded draw from the training images."""
        with self.lock:
            if name not in self.loaded:
                if name == "test":
                    self.loaded["test"] = self.load("test")
                else:
                    self.divide()
            return self.loaded[name]

    def load(self, name: Split) -> LabelledImages:
        c, f = self.config, self.format
        loaded = load_images(
            c.data, name, torch.device("cpu"), size=f.own, channels=f.channels, games=c.games, frames=c.frames, player=c.player, seed=0,
            ground=c.ground, remembered=self.remembered,
        )  # fmt: skip
        if name == "test" and len(loaded) == 0:
            raise LabError(f"The test split of {c.data} is empty.")
        self.check_classes(loaded, name)
        images = resize(loaded.images, f.size)
        return LabelledImages(images.to(self.device), loaded.labels.to(self.device), loaded.classes)

    def check_classes(self, images: LabelledImages, name: str) -> None:
        """Raise LabError where a class has no image in this split, or the classes are not those the run was made for."""
        if images.classes != self.format.classes:
            raise LabError(
                f"{self.config.data} has the classes {', '.join(images.classes)}, this run was made for {', '.join(self.format.classes)}."
            )
        missing = sorted(set(range(len(images.classes))) - set(images.labels.tolist()))
        if missing and name != "validation" and self.remembered is None:
            names = ", ".join(images.classes[i] for i in missing)
            more = " Each class needs an image that can be read in every split." if self.own else ""
            raise LabError(f"The {name} split of {self.config.data} has no image of {names}.{more}")

    @property
    def own(self) -> bool:
        return find(self.config.data).origin == "own"

    def held_out_how(self) -> str:
        """How the test images of a person's own folder were chosen, "" for other data."""
        return " ".join(split_notes(class_folder(paths(self.config.data)[0]))) if self.own else ""

    def divide(self) -> None:
        """Load the training images and hold out the validation split."""
        whole = self.load("train")
        if self.own:  # What cannot be evaluated is refused before it trains.
            self.loaded.setdefault("test", self.load("test"))
            given = self.load("validation")
            if len(given):
                self.loaded |= {"train": whole, "validation": given}
                return
        order = torch.randperm(len(whole), generator=torch.Generator().manual_seed(self.config.seed)).to(self.device)
        held = round(self.config.validation * len(whole))
        if self.config.folds:
            order, held = with_fold_first(order, self.config.fold, self.config.folds)
        elif len(whole.labels[order[held:]].unique()) < len(whole.labels.unique()):
            order = with_every_class_last(order, whole.labels)
        if self.config.validation and not held:
            raise LabError(f"--validation {self.config.validation:g} of {len(whole)} images is zero images: raise it, or set it to 0.")
        if held == len(whole):
            raise LabError("No images are left for training: lower --validation.")
        kept = first_of_each(order[held:], whole.labels, self.config.labels) if self.config.labels else order[held:]
        for name, rows in (("validation", order[:held]), ("train", kept)):
            self.loaded[name] = LabelledImages(whole.images[rows].contiguous(), whole.labels[rows], whole.classes)

    # -- single pictures -------------------------------------------------------------------------------------------

    def picture(self, image: Any) -> tuple[Tensor, int | None, str]:
        """One picture (1, C, size, size) uint8 with its label, if known, and a name.

        `image` is "test:17" (or train, validation), the path of an image file, or an array (H, W) or (H, W, 3) uint8 such
        as a drawing or a game's screen. Raises UsageError that says what else was found.
        """
        if isinstance(image, np.ndarray):
            return self.fitted(image), None, "picture"
        text = str(image)
        name, colon, number = text.partition(":")
        if colon and name in ("test", "validation", "train"):
            images = self.split(name)  # type: ignore[arg-type]
            if not len(images):
                raise UsageError(f"--image {text}: the {name} split is empty.")
            if not number.isdigit() or int(number) >= len(images):
                raise UsageError(f"--image {text}: expected {name}:N with N from 0 to {len(images) - 1}.")
            return images.images[int(number)][None], int(images.labels[int(number)]), text
        path = Path(text).expanduser()
        if not path.is_file():
            raise UsageError(f"--image {text}: there is no such file. Give test:N, train:N, validation:N or an image file.")
        image = read_image(path, ground=self.config.ground, span=span_in(self.remembered))
        side = min(image.size)
        return self.fitted(np.asarray(ImageOps.fit(image, (side, side)))), None, readable(path.name)

    def fitted(self, pixels: np.ndarray) -> Tensor:
        """An array (H, W[, 3]) uint8 as the network sees its data: square, then the data's own side, then the network's."""
        if pixels.dtype != np.uint8 or pixels.ndim not in (2, 3) or min(pixels.shape[:2]) == 0:
            raise UsageError(f"An image must be (H, W) or (H, W, 3) uint8, got {pixels.shape} {pixels.dtype}.")
        tensor = torch.from_numpy(np.array(pixels))
        tensor = tensor[None, None] if pixels.ndim == 2 else tensor[..., :3].permute(2, 0, 1)[None]
        tensor = as_channels(tensor, self.format.channels)
        return resize(resize(tensor, self.format.own), self.format.size).to(self.device)


def first_of_each(order: Tensor, labels: Tensor, count: int) -> Tensor:
    """The first `count` of `order` (N,) that are of every class equally often, in that order; fewer where a class has not so many."""
    classes = labels[order].unique()
    each = -(-count // len(classes))
    rank = torch.zeros_like(order)
    for label in classes:
        of_class = labels[order] == label
        rank[of_class] = torch.arange(int(of_class.sum()), device=order.device)
    return order[rank < each][:count]


def with_fold_first(order: Tensor, fold: int, folds: int) -> tuple[Tensor, int]:
    """`order` (N,) with its part `fold` of `folds` equal ones moved to the front, and how many those are. Raises LabError where there are more parts than images."""
    if folds > len(order):
        raise LabError(f"--folds {folds}: there are {len(order)} training images; at most so many parts can be held out in turn.")
    first, last = fold * len(order) // folds, (fold + 1) * len(order) // folds
    return torch.cat([order[first:last], order[:first], order[last:]]), last - first


def with_every_class_last(order: Tensor, labels: Tensor) -> Tensor:
    """`order` (N,) with the first image of every class moved to its end, so that each class is among the last ones."""
    drawn = labels[order].tolist()
    first = {drawn.index(label) for label in set(drawn)}
    rows = [i for i in range(len(order)) if i not in first] + sorted(first)
    return order[torch.tensor(rows, device=order.device)]
