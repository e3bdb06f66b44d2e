"""What a classifier answers: class probabilities of images, averaged over augmented copies where the config wants it, and whole splits."""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from lab.recipes.vision.classify_config import ClassifyConfig
from lab.recipes.vision.classify_data import ImageSplits, Split
from models.eval_mode import eval_mode
from models.vision.augment import augment


@dataclass(frozen=True)
class Predictions:
    """Probabilities (N, classes) on the CPU for a split, and the true labels (N,)."""

    probabilities: Tensor
    labels: Tensor

    @property
    def guesses(self) -> Tensor:
        return self.probabilities.argmax(1)


class Predictor:
    """Asks networks about the images of a config, in the precision `dtype`."""

    def __init__(self, config: ClassifyConfig, images: ImageSplits, device: torch.device, dtype: torch.dtype):
        self.config, self.images, self.device, self.dtype = config, images, device, dtype
        self.updates = 0
        """How often training has changed the network: fused optimisers do not count it in the tensors."""
        self.of_splits: dict[str, tuple[tuple[int, int, int], Predictions]] = {}

    @torch.no_grad()
    def probabilities(self, net: Any, images: Tensor, batch: int = 512) -> Tensor:
        """Class probabilities (N, classes) float32 of uint8 images (N, C, H, W) or float pixel values."""
        parts = []
        with eval_mode(net):
            for part in images.split(batch):
                with torch.autocast(self.device.type, self.dtype, enabled=self.dtype != torch.float32):
                    scores = net(part)
                parts.append(scores.float().softmax(1))
        return torch.cat(parts)

    def augmented(self, images: Tensor, generator: torch.Generator) -> Tensor:
        """Images (N, C, H, W) uint8 as training sees them: float pixel values of the same shape."""
        c = self.config
        return augment(
            images, generator, shift=c.augment_shift, rotate=c.augment_rotate, scale=c.augment_scale, flip=c.augment_flip,
            warp=c.augment_warp, erase=c.augment_erase, colour=c.augment_colour,
        )  # fmt: skip

    def mean_probabilities(self, net: Any, images: Tensor) -> Tensor:
        """The mean of the class probabilities (N, classes) over each image and its augmented copies, as many as the config says."""
        copies = self.config.test_time_augmentation
        total = self.probabilities(net, images)
        rng = torch.Generator().manual_seed(self.config.seed)
        for _ in range(copies - 1):
            total = total + torch.cat([self.probabilities(net, self.augmented(part, rng)) for part in images.split(1024)])
        return total / copies

    def predictions(self, net: Any, split: Split) -> Predictions:
        """The network's answers to a whole split as `evaluate` counts them, computed again only when its weights have changed."""
        version = id(net), self.updates, sum(tensor._version for tensor in [*net.parameters(), *net.buffers()])
        known = self.of_splits.get(split)
        if known is not None and known[0] == version:
            return known[1]
        data = self.images.split(split)
        predictions = Predictions(self.mean_probabilities(net, data.images).cpu(), data.labels.cpu())
        self.of_splits[split] = version, predictions
        return predictions
