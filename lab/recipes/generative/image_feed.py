"""The images of a generative recipe on its device, and the batches that it trains on."""

from typing import Literal

import torch
from torch import Tensor

from lab.data.catalogue import find
from lab.data.images import LabelledImages
from lab.data.load import load_images
from lab.data.record import Record
from lab.data.splits import Splits
from lab.epochs import EpochOrder
from lab.recipes.generative.generative_config import ImageConfig
from models.processes import group


class ImageFeed:
    """The images of a config on the device, each split loaded at the first call, and the training batches."""

    def __init__(self, config: ImageConfig, device: torch.device, order: torch.Generator, remembered: Record | None = None):
        self.config, self.device, self.remembered = config, device, remembered
        self.shape = config.shape_for(remembered)
        self.class_names = tuple((remembered or {}).get("classes") or config.classes)
        self.order = EpochOrder(order)
        self.images = Splits(self.load)

    def load(self, split: Literal["train", "test"]) -> LabelledImages:
        c = self.config
        return load_images(
            c.data,
            split,
            self.device,
            size=self.shape[1],
            channels=self.shape[0],
            games=c.games,
            frames=c.frames,
            player=c.player,
            ground=c.ground,
            remembered=self.remembered,
        )

    def read_own(self) -> None:
        """Load both splits of a person's own images now; see `Experiment.read_data`."""
        if find(self.config.data).origin == "own":
            for split in ("train", "test"):
                self.images(split)

    def seen(self) -> Tensor | None:
        """The training images (N,) of all classes but the one that is left out; None where all are seen."""
        left_out = getattr(self.config, "left_out", "")
        if not left_out:
            return None
        return (self.images("train").labels != self.class_names.index(left_out)).nonzero()[:, 0]

    def batch(self) -> tuple[Tensor, Tensor]:
        """The next uint8 images (B, C, H, W) and their labels (B,): each image once per epoch; an incomplete last batch is dropped.

        Of several processes each gets its part.
        """
        data, seen = self.images("train"), self.seen()
        rows = self.order.take(self.config.batch_size, len(data) if seen is None else len(seen)).to(self.device, non_blocking=True)
        (rows,) = group.part(rows)
        if seen is not None:
            rows = seen[rows]
        return data.images.index_select(0, rows), data.labels.index_select(0, rows)
