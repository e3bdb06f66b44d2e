"""Localisation: a class and a box for pictures of one thing, and boxes from class activation maps that never saw one.

Minimises alpha times cross-entropy plus 1 - alpha times the box's smooth absolute error. Read first: `Locate.step`. Its views are in `locate_views`.
"""

from typing import Any, ClassVar

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional as F

from lab.data.catalogue import shown
from lab.data.image_reader import squared
from lab.data.scenes import Scenes
from lab.data.single_things import single_things
from lab.errors import LabError
from lab.experiment import Metrics
from lab.exported import Exported
from lab.quality.localisation import box_of_heat, fit
from lab.recipes.vision.excite_views import ExciteViews
from lab.recipes.vision.locate_config import LocateConfig
from lab.recipes.vision.locate_views import Located, LocateViews
from lab.recipes.vision.scene_data import SceneData
from lab.recipes.vision.scene_experiment import BATCH, SceneExperiment
from models.eval_mode import eval_mode
from models.vision.localizer import Localizer, corners, shares

SHARP = 0.05
"""Errors of a box, as shares of the side, below which the loss is quadratic."""


class WindowData(SceneData):
    """The splits as windows of one thing each."""

    config: LocateConfig
    things = 1

    def part(self, name: Any) -> Scenes:
        windows = single_things(super().part(name), self.config.side, 0)
        if not len(windows):
            raise LabError(f"No window of the {name} split of {shown(self.config.data)} shows one thing alone; another --window may.")
        return windows

    def fitted(self, image: Image.Image) -> Tensor:
        """A picture's central square, at the size of the windows."""
        if not self.config.side:
            return super().fitted(image)
        return torch.from_numpy(squared(image, self.config.side).copy()).permute(2, 0, 1)[None].to(self.device)


class Locate(SceneExperiment):
    """Trains a classifier with a box on windows of one thing. One step is one mini-batch."""

    headline: ClassVar[tuple[str, ...]] = ("charts/validation_iou", "losses/cross_entropy")
    memory_settings: ClassVar[tuple[str, ...]] = ("batch_size", "features")
    view_parts: ClassVar[dict[str, type]] = {"shown": LocateViews, "exciting": ExciteViews}
    scene_data: ClassVar[type[SceneData]] = WindowData
    randomness = "flip"
    shown: LocateViews

    def __init__(self, config: LocateConfig, device: torch.device):
        super().__init__(config, device)
        self.training: tuple[Tensor, Tensor, Tensor] | None = None
        """Images, classes from 0 and boxes in pixels, on the device from the first step on."""
        self.shown = LocateViews(self.scenes, self.located, config)
        side = config.side or 64
        self.exciting = ExciteViews((3, side, side), self.scenes.classes[1:], device, lambda image: self.scenes.picture(image)[0])

    def network(self) -> Localizer:
        c = self.config
        return Localizer(len(self.scenes.classes) - 1, features=c.features, pooling=c.pooling, detached=c.detached)

    # -- training --------------------------------------------------------------------------------------------------

    def step(self) -> Metrics:
        c = self.config
        batch = self.batch()
        self.net.train()
        metrics = self.descend("step", self.learn, *batch)
        if self.steps % c.validate_every == 0:
            metrics |= self.validate()
        return metrics

    def learn(self, images: Tensor, labels: Tensor, boxes: Tensor) -> dict[str, Tensor]:
        """One step on images (B, 3, S, S), classes (B,) and boxes (B, 4); both losses, and the share of the classes that are right."""
        c = self.config
        answers = self.answers_of(self.net, images)
        scores, given = answers[:, :-4], answers[:, -4:]
        of_class = F.cross_entropy(scores, labels)
        of_box = F.smooth_l1_loss(given, shares(boxes, *images.shape[2:]), beta=SHARP)
        self.update(c.alpha * of_class + (1 - c.alpha) * of_box)
        return {
            "losses/cross_entropy": of_class.detach(), "losses/box": of_box.detach(),
            "charts/train_accuracy": (scores.argmax(1) == labels).float().mean(),
        }  # fmt: skip

    def batch(self) -> tuple[Tensor, Tensor, Tensor]:
        """images (B, 3, H, W) uint8, classes (B,) from 0 and boxes (B, 4) in pixels."""
        if self.training is None:
            scenes = self.scenes("train")
            if self.steps == 0:
                self.net.measure(scenes.images)
            things = torch.from_numpy(np.concatenate(scenes.boxes))  # (N, 5)
            self.training = scenes.images.to(self.device), things[:, 0].long().to(self.device) - 1, things[:, 1:].to(self.device)
        images, labels, boxes = self.training
        rows = self.order.take(self.config.batch_size, len(images)).to(self.device, non_blocking=True)
        pixels, corner = images[rows], boxes[rows]
        if self.config.augment_flip:
            turned = (torch.rand(len(rows), generator=self.augment_rng) < 0.5).to(self.device, non_blocking=True)
            width = pixels.shape[3]
            pixels = torch.where(turned[:, None, None, None], pixels.flip(3), pixels)
            mirrored = torch.stack([width - corner[:, 2], corner[:, 1], width - corner[:, 0], corner[:, 3]], 1)
            corner = torch.where(turned[:, None], mirrored, corner)
        return pixels, labels[rows], corner

    # -- answers and figures ---------------------------------------------------------------------------------------

    @torch.no_grad()
    def located(self, net: Any, images: Tensor, threshold: float) -> Located:
        """Classes, their probabilities, and both kinds of box of images (N, 3, H, W), on the processor."""
        height, width = images.shape[2:]
        classes, probabilities, boxes, cam_boxes, heats = [], [], [], [], []
        with eval_mode(net):
            for part in images.split(8 * BATCH):
                pixels = net.normalise(part.to(self.device)).contiguous(memory_format=torch.channels_last)
                answers = net.net(pixels)
                best = answers[:, :-4].softmax(1).max(1)
                maps = net.net.cams(pixels)[torch.arange(len(part), device=self.device), best.indices]  # (N, h, w)
                large = F.interpolate(maps[:, None], (height, width), mode="bilinear", align_corners=False)[:, 0].cpu().numpy()
                classes.append(best.indices.cpu().numpy() + 1)
                probabilities.append(best.values.cpu().numpy())
                boxes.append(corners(answers[:, -4:], height, width).cpu().numpy())
                cam_boxes.append(np.stack([box_of_heat(one, threshold) for one in large]))
                heats.append(large)
        return Located(*(np.concatenate(parts) for parts in (classes, probabilities, boxes, cam_boxes, heats)))

    def figures(self, split: Any) -> dict[str, float]:
        """Accuracy, and mean IoU and the share above 0.5 of the boxes that were learned and of those from CAM."""
        scenes = self.scenes(split)
        answers = self.located(self.net, scenes.images, self.config.cam_threshold)
        true = np.concatenate(scenes.boxes)
        (iou, half), (cam_iou, cam_half) = fit(answers.boxes, true[:, 1:]), fit(answers.cam_boxes, true[:, 1:])
        return {
            "accuracy": float((answers.classes == true[:, 0]).mean()), "iou": iou, "iou_above_half": half, "cam_iou": cam_iou,
            "cam_iou_above_half": cam_half,
        }  # fmt: skip

    def validate(self) -> Metrics:
        f = self.figures("validation")
        self.shown.history.append([self.steps, f["accuracy"], f["iou"], f["cam_iou"]])
        return {
            "charts/validation_accuracy": [f["accuracy"]],
            "charts/validation_iou": [f["iou"]],
            "charts/validation_cam_iou": [f["cam_iou"]],
        }

    def evaluate(self, **options: Any) -> dict[str, Any]:
        """Accuracy, and how well both kinds of box fit, on windows of the test scenes."""
        scenes = self.scenes("test")
        held_out = "of other episodes" if self.config.data == "atari" else "of the test split"
        return {
            **self.figures("test"), "images": len(scenes), "classes": len(scenes.things),
            "protocol": f"{len(scenes)} windows of one thing, {held_out} of {shown(self.config.data)}; CAM boxes at {self.config.cam_threshold:g} of the maximum",
        }  # fmt: skip

    def exported(self) -> Exported:
        side = self.config.side or 64
        pixels = torch.rand(2, 3, side, side, generator=torch.Generator().manual_seed(0)) * 255
        names = ", ".join(self.scenes.classes[1:])
        about = (
            f"images, float32 (B, 3, {side}, {side}), pixel values from 0 to 255 -> (B, {len(self.scenes.classes) - 1} + 4): scores of {names}; "
            "the box's centre x, y, width and height as shares of the side."
        )
        return Exported(self.net, {"images": pixels}, "scores_and_box", about)
