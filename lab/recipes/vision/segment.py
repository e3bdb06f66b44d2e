"""Semantic segmentation: a U-Net or an FCN learns the class of every pixel of labelled scenes.

Minimises the mean over pixels of w(x) times cross-entropy. Read first: `Segment.step`. Its views are in `segment_views`.
"""

import logging
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

import models
from lab.data.border_weights import border_weights, class_weights
from lab.data.scenes import IGNORED, Scenes
from lab.errors import LabError
from lab.experiment import Metrics
from lab.exported import Exported
from lab.quality.segmentation import figures, pixel_counts
from lab.recipes.vision.excite_views import ExciteViews
from lab.recipes.vision.scene_data import distorted, patches
from lab.recipes.vision.scene_experiment import BATCH, SceneExperiment
from lab.recipes.vision.segment_config import SegmentConfig
from lab.recipes.vision.segment_views import SegmentViews
from lab.weights import read_weights, weights_file
from models.eval_mode import eval_mode
from models.vision.classifier import ImageClassifier

log = logging.getLogger("lab.segment")

SETTLED = 0.5
"""The share of the schedule after which batch norm keeps its running statistics and trains with them, as it will answer: those of a batch tell
which games are in it, and a network that has learned to use that takes a ball for a shield where they are gone."""
FIRST, LAST = 0.1, 0.02
"""Momentum of batch norm's running statistics, see `momentum`."""
SIDE = 64
"""Of the pictures that excite a class."""


class Segment(SceneExperiment):
    """Trains a network on labelled scenes. One step is one mini-batch of patches, each from another scene."""

    headline: ClassVar[tuple[str, ...]] = ("charts/validation_iou", "losses/cross_entropy")
    memory_settings: ClassVar[tuple[str, ...]] = ("batch_size", "patch", "features")
    view_parts: ClassVar[dict[str, type]] = {"shown": SegmentViews, "exciting": ExciteViews}
    randomness = "patches"
    shown: SegmentViews

    def __init__(self, config: SegmentConfig, device: torch.device):
        super().__init__(config, device)
        self.weighted: tuple[Tensor, Tensor, Tensor, Tensor] | None = None
        """Images, maps, borders and the classes' weights, on the device from the first step on."""
        self.norms = [module for module in self.net.modules() if isinstance(module, nn.BatchNorm2d)]
        self.shown = SegmentViews(self.scenes, self.predicted)
        self.exciting = ExciteViews((3, SIDE, SIDE), self.scenes.classes, device, lambda image: self.scenes.picture(image)[0])

    def network(self) -> Any:
        c = self.config
        settings: dict[str, Any] = {"classes": len(self.scenes.classes), "features": c.features}
        if c.network == "unet":
            settings |= {"depth": c.depth, "upsampling": c.upsampling}
        return models.build(c.network, **settings)

    def build(self) -> ImageClassifier:
        """The network, its weights those of a file where the config names one."""
        made = super().build()
        if self.config.weights:
            file = weights_file(self.config.weights)
            take_weights(made, read_weights(file), file)
        return made

    # -- training --------------------------------------------------------------------------------------------------

    def step(self) -> Metrics:
        c = self.config
        batch = self.batch()
        share, learns = momentum(self.steps), self.steps < SETTLED * c.schedule_steps
        self.net.train()
        for norm in self.norms:
            norm.momentum = share
            norm.train(learns)
        # While the momentum falls, each step is another one.
        metrics = self.descend((share, learns) if share in (FIRST, LAST) else None, self.learn, *batch)
        if self.steps % c.validate_every == 0:
            metrics |= self.validate()
        return metrics

    def learn(self, images: Tensor, maps: Tensor, weights: Tensor) -> dict[str, Tensor]:
        """One step on a batch; its loss, and the share of the labelled pixels that are right."""
        scores = self.scores(self.net, images)  # (B, classes, h, w)
        loss = weighted_cross_entropy(scores, maps, weights)
        self.update(loss)
        labelled = maps != IGNORED
        right = (scores.detach().argmax(1) == maps) & labelled
        return {"losses/cross_entropy": loss.detach(), "charts/pixel_accuracy": right.sum() / labelled.sum().clamp(min=1)}

    def batch(self) -> tuple[Tensor, Tensor, Tensor]:
        """Patches: images (B, 3, h, w) uint8, labels (B, h, w) int64 and weights (B, h, w) float32."""
        c = self.config
        images, maps, borders, of_classes = self.training_data()
        rows = self.order.take(c.batch_size, len(images)).to(self.device, non_blocking=True)
        cut = patches([images[rows], maps[rows][:, None], borders[rows][:, None]], c.patch, self.augment_rng)
        pixels, labels, near = distorted(cut, self.augment_rng, c.augment_flip, c.augment_warp)
        labels = labels[:, 0].long()
        return pixels, labels, of_classes[labels.clamp(max=len(of_classes) - 1)] + c.border_weight * near[:, 0].float() / 255

    def training_data(self) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        if self.weighted is None:
            scenes, c = self.scenes("train"), self.config
            if self.steps == 0 and not c.weights:
                self.net.measure(scenes.images)
            log.info("%d training scenes with %d classes: %s", len(scenes), len(scenes.classes), ", ".join(scenes.classes))
            borders = torch.zeros(scenes.maps.shape, dtype=torch.uint8)
            if c.border_weight:
                for i, one in enumerate(scenes.maps.numpy()):
                    borders[i] = torch.from_numpy(np.rint(255 * border_weights(one, c.border_sigma, scenes.things)).astype(np.uint8))
            of_classes = class_weights(scenes.maps, len(scenes.classes), c.class_balance)
            self.weighted = tuple(part.to(self.device) for part in (scenes.images, scenes.maps, borders, of_classes))  # type: ignore[assignment]
            assert self.weighted is not None
        return self.weighted

    def scores(self, net: ImageClassifier, images: Tensor) -> Tensor:
        """Class scores (B, classes, H, W) float32."""
        return self.answers_of(net, images).float()

    # -- figures ---------------------------------------------------------------------------------------------------

    @torch.no_grad()
    def predicted(self, net: Any, images: Tensor) -> Tensor:
        """The class of each pixel (N, H, W) uint8 of images (N, 3, H, W) on any device, on the processor."""
        with eval_mode(net):
            return torch.cat([self.scores(net, part.to(self.device)).argmax(1).to(torch.uint8).cpu() for part in images.split(BATCH)])

    def validate(self) -> Metrics:
        """Mean IoU on the held-out training scenes."""
        scenes = self.scenes("validation")
        counts = pixel_counts(scenes.maps, self.predicted(self.net, scenes.images), len(scenes.classes))
        f = figures(counts)
        self.shown.history.append([self.steps, f["mean_iou"], f["pixel_accuracy"], f["dice"]])
        return {"charts/validation_iou": [f["mean_iou"]]}

    def evaluate(self, **options: Any) -> dict[str, Any]:
        """Mean IoU, pixel accuracy and Dice on the test scenes, and the IoU of each class."""
        scenes: Scenes = self.scenes("test")
        counts = self.shown.counts_of(self.net, "test")
        return {
            **figures(counts), "images": len(scenes), "classes": len(scenes.classes),
            "protocol": self.protocol(len(scenes), "means over the classes"),
        }  # fmt: skip

    # -- the rest of the contract ----------------------------------------------------------------------------------

    def exported(self) -> Exported:
        pixels = torch.rand(2, 3, 64, 64, generator=torch.Generator().manual_seed(0)) * 255
        names = ", ".join(self.scenes.classes)
        about = f"images, float32 (B, 3, H, W), pixel values from 0 to 255 -> scores (B, {len(self.scenes.classes)}, H, W) of {names}."
        return Exported(self.net, {"images": pixels}, "scores", about)


def momentum(step: int) -> float:
    """What batch norm's running statistics take of each batch: a tenth at first, and from step 500 a fiftieth.

    A batch is patches of some games, so that the statistics of the last ten are those of their games: mean IoU went up and down by 0.05.
    """
    return max(LAST, min(FIRST, 10 / (step + 1)))


def weighted_cross_entropy(scores: Tensor, maps: Tensor, weights: Tensor) -> Tensor:
    """The mean over the labelled pixels of weight (B, H, W) times cross-entropy; scores (B, classes, H, W), maps (B, H, W) int64."""
    loss = F.cross_entropy(scores, maps, ignore_index=IGNORED, reduction="none")
    return (loss * weights).sum() / (maps != IGNORED).sum().clamp(min=1)


def take_weights(net: ImageClassifier, weights: dict[str, Tensor], path: Path) -> None:
    """Fill the network with weights of the same names and shapes; what only it has, such as an FCN's new skip, stays as it began.

    Raises LabError where the backbone is not among them.
    """
    expected = net.state_dict()
    fitting = {name: value for name, value in weights.items() if name in expected and expected[name].shape == value.shape}
    backbone = [name for name in expected if name.startswith(("net.stages.", "net.down."))]
    missing = [name for name in backbone if name not in fitting]
    if missing:
        raise LabError(
            f"{path.name} holds weights of another network: {missing[0]} is missing or of another shape ({len(missing)} of {len(backbone)}). "
            "Give those of a run with the same --features, an FCN for an FCN."
        )
    net.load_state_dict(fitting, strict=False)
    log.info("%d of %d tensors are taken from %s", len(fitting), len(expected), path.name)
