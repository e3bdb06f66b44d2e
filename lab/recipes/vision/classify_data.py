"""What `classify` learns from: the classes and the form of a data set before its images are loaded, the splits, and any one
picture (from the data, a file, drawn, a game's screen) in the form the network wants."""

import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor

from lab.data.catalogue import class_names, native, paths
from lab.data.image_files import files_by_class
from lab.data.images import LabelledImages, as_channels, resize
from lab.data.load import load_images
from lab.errors import LabError, UsageError
from lab.recipes.vision.classify_config import ClassifyConfig

Split = Literal["test", "validation", "train"]
SMALLEST = 28
"""The side that smaller images are enlarged to for networks with maps."""
FLAT = ("linear", "mlp", "knn", "cnn1d")


@dataclass(frozen=True)
class Form:
    """The classes by name, and the shape of the images: `own` is the side they have before they are enlarged to `size`."""

    classes: tuple[str, ...]
    channels: int
    own: int
    size: int


def form(config: ClassifyConfig) -> Form:
    """The form of the data that a config names, without loading images. Raises LabError where a folder cannot serve."""
    own, channels = native(config.data)
    of_folder = config.data.startswith("folder:")
    classes = folder_classes(paths(config.data)[0]) if of_folder else class_names(config.data, config.games)
    if config.colours != "own":
        channels = 1 if config.colours == "grey" else 3
    size = config.size or (own if config.network in FLAT else max(own, SMALLEST))
    return Form(classes, channels, size if of_folder or config.data == "atari" else min(own, size), size)


def folder_classes(root: Path) -> tuple[str, ...]:
    """The sub-folders of `root`. Raises LabError where there are fewer than two, or one holds no image."""
    found = files_by_class(root)
    folders = sorted(path for path in root.iterdir() if path.is_dir() and not path.name.startswith("."))
    for folder in folders:
        if not found.get(folder.name):
            raise LabError(f"The class folder {folder} holds no images: put some in, or take it away.")
    if len(folders) < 2:
        raise LabError(f"The folder {root} needs a sub-folder of images for each class, at least two; it has {len(folders)}.")
    return tuple(found)


class Images:
    """The splits of a config's data on a device, each loaded when it is first wanted. Any thread may ask."""

    def __init__(self, config: ClassifyConfig, shape: Form, device: torch.device):
        self.config, self.form, self.device = config, shape, device
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

    def load(self, name: Literal["train", "test"]) -> LabelledImages:
        c, f = self.config, self.form
        found = load_images(
            c.data, name, torch.device("cpu"), size=f.own, channels=f.channels, games=c.games, frames=c.frames, player=c.player, seed=0
        )
        if name == "test" and len(found) == 0:
            raise LabError(f"The test split of {c.data} is empty.")
        self.check_classes(found, name)
        images = resize(found.images, f.size)
        return LabelledImages(images.to(self.device), found.labels.to(self.device), found.classes)

    def check_classes(self, found: LabelledImages, name: str) -> None:
        """Raise LabError where a class has no image in this split, or the classes are not those the run was made for."""
        if found.classes != self.form.classes:
            raise LabError(
                f"{self.config.data} has the classes {', '.join(found.classes)}, this run was made for {', '.join(self.form.classes)}."
            )
        missing = sorted(set(range(len(found.classes))) - set(found.labels.tolist()))
        if missing:
            names = ", ".join(found.classes[i] for i in missing)
            more = " Each class needs at least ten images, as every tenth is for test." if self.config.data.startswith("folder:") else ""
            raise LabError(f"The {name} split of {self.config.data} has no image of {names}.{more}")

    def divide(self) -> None:
        """Load the training images and hold out the validation split."""
        found = self.load("train")
        order = torch.randperm(len(found), generator=torch.Generator().manual_seed(self.config.seed)).to(self.device)
        held = round(self.config.validation * len(found))
        if self.config.validation and not held:
            raise LabError(f"--validation {self.config.validation:g} of {len(found)} images is none: raise it, or set it to 0.")
        if held == len(found):
            raise LabError("No image is left to learn from: lower --validation.")
        for name, rows in (("validation", order[:held]), ("train", order[held:])):
            self.loaded[name] = LabelledImages(found.images[rows].contiguous(), found.labels[rows], found.classes)

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
            found = self.split(name)  # type: ignore[arg-type]
            if not number.isdigit() or int(number) >= len(found):
                raise UsageError(f"--image {text}: expected {name}:N with N from 0 to {len(found) - 1}.")
            return found.images[int(number)][None], int(found.labels[int(number)]), text
        return self.fitted(read_picture(Path(text).expanduser())), None, Path(text).name

    def fitted(self, pixels: np.ndarray) -> Tensor:
        """An array (H, W[, 3]) uint8 as the network sees its data: square, then the data's own side, then the network's."""
        if pixels.dtype != np.uint8 or pixels.ndim not in (2, 3) or min(pixels.shape[:2]) == 0:
            raise UsageError(f"An image must be (H, W) or (H, W, 3) uint8, got {pixels.shape} {pixels.dtype}.")
        tensor = torch.from_numpy(np.array(pixels))
        tensor = tensor[None, None] if pixels.ndim == 2 else tensor[..., :3].permute(2, 0, 1)[None]
        tensor = as_channels(tensor, self.form.channels)
        return resize(resize(tensor, self.form.own), self.form.size).to(self.device)


def read_picture(path: Path) -> np.ndarray:
    """(H, W, 3) uint8 of an image file, cut to its central square. Raises UsageError where it is none."""
    from PIL import Image, ImageOps, UnidentifiedImageError

    from lab.data.image_folder import FORMATS

    if not path.is_file():
        raise UsageError(f"--image {path}: there is no such file. Give test:N, train:N, validation:N or an image file.")
    try:
        with Image.open(path, formats=FORMATS) as image:
            upright = ImageOps.exif_transpose(image).convert("RGB")
            side = min(upright.size)
            return np.asarray(ImageOps.fit(upright, (side, side)))
    except (OSError, ValueError, SyntaxError, UnidentifiedImageError, Image.DecompressionBombError) as error:
        raise UsageError(f"--image {path}: this is no image that can be read ({error}).") from None
