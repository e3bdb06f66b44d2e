"""The detectors of two steps in the detection recipe: where their regions come from, their losses and their answers."""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from lab.data.selective_search import selective_search
from lab.recipes.vision.detect_config import DetectConfig
from models.vision.regions import CropNet, RegionNet, answers, proposals, region_losses, rpn_losses, windows
from models.vision.single_shot import Detections

Outputs = tuple[Tensor, Tensor, Tensor]
"""Maps, and the scores and box values of proposals, as `RegionNet.forward` gives them."""
Keys = list[tuple[int, bool]]
"""The rows of training pictures, and whether each is mirrored."""


class Regions:
    """Proposes regions as a config wants them, and asks a network about them. `outputs` are what the network gave of the pictures."""

    def __init__(self, config: DetectConfig):
        self.config = config
        self.searched: dict[tuple[int, bool], Tensor] = {}
        """The regions of training pictures that selective search has given."""

    def network(self, classes: int) -> RegionNet | CropNet:
        c = self.config
        if c.method in ("rcnn", "windows"):
            return CropNet(classes, c.anchors, features=c.features, machines=c.method == "rcnn" and c.classifier == "svm")
        return RegionNet(classes, c.anchors, features=c.features, rpn=c.method == "faster", exact=c.pooling == "align")

    def of(self, net: Any, outputs: Outputs, images: Tensor, keys: Keys | None = None) -> list[Detections]:
        """Regions of each picture (B, 3, H, W) uint8 on the processor, with scores where the network gives any."""
        height, width = images.shape[2:]
        if self.config.method == "faster":
            return proposals(net, *outputs, self.config.proposals, height, width)
        if self.config.method == "windows":
            return [without_scores(windows(net.anchors.cpu(), height, width))] * len(images)
        return [without_scores(self.search(image, keys[i] if keys else None)) for i, image in enumerate(images.cpu())]

    def search(self, image: Tensor, key: tuple[int, bool] | None) -> Tensor:
        """The regions (N, 4) that selective search finds in a picture (3, H, W)."""
        if key is None or key not in self.searched:
            boxes = torch.from_numpy(selective_search(np.ascontiguousarray(image.permute(1, 2, 0).numpy()), self.config.proposals))
            if key is None:
                return boxes
            self.searched[key] = boxes
        return self.searched[key]

    def losses(
        self, net: Any, outputs: Outputs, images: Tensor, boxes: Tensor, classes: Tensor, picture: Tensor, keys: Keys, generator: torch.Generator,
    ) -> dict[str, Tensor]:  # fmt: skip
        """The parts of the loss: `class`, `box` (not of windows, which stay as they are), and of Faster R-CNN `rpn_class` and `rpn_box`."""
        maps = outputs[0]
        parts = {}
        if self.config.method == "faster":
            parts = rpn_losses(net, *outputs, boxes, picture, generator)
        regions = [one.boxes for one in self.of(net, outputs, images, keys)]
        parts |= region_losses(net, maps, regions, boxes, classes, picture, generator, self.config.regions)
        if self.config.method == "windows":
            del parts["box"]
        return parts

    def candidates(self, net: Any, outputs: Outputs, images: Tensor, least: float, most: int) -> list[Detections]:
        """The boxes in each picture before their suppression; classes count from 0."""
        regions = [one.boxes for one in self.of(net, outputs, images)]
        height, width = images.shape[2:]
        return answers(net, outputs[0], regions, least, most, height, width, self.config.method != "windows")


def without_scores(boxes: Tensor) -> Detections:
    return Detections(boxes, torch.ones(len(boxes)), torch.zeros(len(boxes), dtype=torch.long))
