"""Views of a localisation: the box that was learned beside the one from CAM, the heat it comes from, and what its threshold does."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from torch import Tensor

from lab.answers import Boxes, Curves, Images, Table
from lab.experiment import view
from lab.parameters import Count, Real
from lab.quality.localisation import box_of_heat, fit, pairwise_iou
from lab.recipes.vision import image_pictures as draw
from lab.recipes.vision.locate_config import LocateConfig
from lab.recipes.vision.scene_data import SceneData, Split
from lab.recipes.vision.segment_views import spread

THRESHOLDS = np.linspace(0.05, 0.9, 18)


@dataclass(frozen=True)
class Located:
    """Of N pictures: classes (N,), probabilities (N,), boxes and boxes from CAM (N, 4) in pixels, CAM maps (N, H, W)."""

    classes: np.ndarray
    probabilities: np.ndarray
    boxes: np.ndarray
    cam_boxes: np.ndarray
    heats: np.ndarray


class LocateViews:
    """The views of a localisation by its answers; `locate` gives those of images by a network."""

    def __init__(self, scenes: SceneData, locate: Callable[[Any, Tensor, float], Located], config: LocateConfig):
        self.scenes, self.locate, self.config = scenes, locate, config
        self.history: list[list[float]] = []
        """Of each validation: the step, accuracy, mean IoU of the boxes and of those from CAM."""

    @view(live=True)
    def located(self, net: Any, image: Any = "test:0", threshold: Real = -1.0) -> Boxes:
        """One picture with the box that was learned, the one from CAM, and the true one where it is known, each with its IoU."""
        pixels, row, name = self.scenes.picture(image)
        answer = self.locate(net, pixels, self.threshold(threshold))
        kind = int(answer.classes[0])
        boxes, classes = [answer.boxes, answer.cam_boxes], [np.array([kind]), np.array([kind])]
        captions = [f"{name}: {self.scenes.classes[kind]} {answer.probabilities[0]:.2f}", "from CAM"]
        if row is not None:
            true = self.scenes(name.partition(":")[0]).boxes[row]  # type: ignore[arg-type]
            captions = [f"{caption}, IoU {pairwise_iou(box, true[:, 1:])[0]:.2f}" for caption, box in zip(captions, boxes, strict=True)]
            boxes.append(true[:, 1:])
            classes.append(true[:, 0].astype(np.int64))
            captions.append("true")
        return self.drawn(np.repeat(draw.shown(pixels), len(boxes), axis=0), boxes, classes, captions, columns=3)

    @view(live=True)
    def boxes(self, net: Any, n: Count = 8, split: Split = "test", threshold: Real = -1.0) -> Boxes:
        """Held-out pictures, each three times: the box that was learned, the one from CAM, the true one; below, class and IoU."""
        scenes = self.scenes(split)
        rows = spread(len(scenes), n)
        answer = self.locate(net, scenes.images[rows], self.threshold(threshold))
        true = np.concatenate([scenes.boxes[row] for row in rows])
        boxes, classes, captions = [], [], []
        for i in range(len(rows)):
            kind, truth = int(answer.classes[i]), true[i : i + 1]
            for box, word in ((answer.boxes[i : i + 1], self.scenes.classes[kind]), (answer.cam_boxes[i : i + 1], "CAM")):
                boxes.append(box)
                classes.append(np.array([kind]))
                captions.append(f"{word} {pairwise_iou(box, truth[:, 1:])[0]:.2f}")
            boxes.append(truth[:, 1:])
            classes.append(truth[:, 0].astype(np.int64))
            captions.append("true")
        return self.drawn(np.repeat(draw.shown(scenes.images[rows]), 3, axis=0), boxes, classes, captions, columns=6)

    @view(live=True)
    def heat_map(self, net: Any, image: Any = "test:0", threshold: Real = -1.0) -> Images:
        """CAM of the predicted class: red is evidence, blue is none. Beside it what is above the threshold, and the box around its largest part."""
        pixels, _, name = self.scenes.picture(image)
        answer = self.locate(net, pixels, self.threshold(threshold))
        heat = answer.heats[0].clip(min=0) / max(float(answer.heats[0].max()), 1e-9)
        picture = draw.shown(pixels)[0]
        scale = max(1, 320 // picture.shape[0])
        large = picture.repeat(scale, 0).repeat(scale, 1)
        above = np.where((heat >= self.threshold(threshold))[..., None], picture, picture // 4)
        boxed = self.drawn(above[None], [answer.cam_boxes], [answer.classes], [], columns=1).drawn()[0]
        return Images(
            np.stack([draw.overlay(large, heat), boxed]),
            [f"{name}: {self.scenes.classes[int(answer.classes[0])]}", "above the threshold"],
            columns=2,
        )

    @view(live=True)
    def thresholds(self, net: Any, split: Split = "validation") -> Curves:
        """How the threshold changes the boxes from CAM: their mean IoU and the share above 0.5; the straight line is the learned boxes' IoU."""
        scenes = self.scenes(split)
        answer = self.locate(net, scenes.images, self.config.cam_threshold)
        true = np.concatenate(scenes.boxes)[:, 1:]
        fits = np.array([fit(np.stack([box_of_heat(heat, t) for heat in answer.heats]), true) for t in THRESHOLDS])
        learned = np.full(len(THRESHOLDS), fit(answer.boxes, true)[0])
        return Curves(
            {
                "CAM: mean IoU": (THRESHOLDS, fits[:, 0]),
                "CAM: share above 0.5": (THRESHOLDS, fits[:, 1]),
                "learned: mean IoU": (THRESHOLDS, learned),
            },
            x_label="share of the map's maximum",
            y_label="share",
        )

    @view(live=True)
    def per_class(self, net: Any, split: Split = "test") -> Table:
        """Of each class: its pictures, accuracy, and mean IoU of the boxes that were learned and of those from CAM."""
        scenes = self.scenes(split)
        answer = self.locate(net, scenes.images, self.config.cam_threshold)
        true = np.concatenate(scenes.boxes)
        learned, weak = pairwise_iou(answer.boxes, true[:, 1:]), pairwise_iou(answer.cam_boxes, true[:, 1:])
        rows = []
        for kind in scenes.things:
            mine = true[:, 0] == kind
            if mine.any():
                right = float((answer.classes[mine] == kind).mean())
                rows.append(
                    [
                        self.scenes.classes[kind],
                        int(mine.sum()),
                        *(round(float(v), 4) for v in (right, learned[mine].mean(), weak[mine].mean())),
                    ]
                )
        return Table(["class", "pictures", "accuracy", "IoU", "IoU of CAM"], rows)

    @view
    def training_curves(self) -> Curves:
        """Accuracy and mean IoU of both kinds of box on the validation windows."""
        rows = np.array(self.history).reshape(-1, 4)
        names = ("accuracy", "IoU", "IoU of CAM")
        return Curves({name: (rows[:, 0], rows[:, i]) for i, name in enumerate(names, start=1)}, y_label="share")

    # -- parts -----------------------------------------------------------------------------------------------------

    def threshold(self, given: float) -> float:
        """The threshold of CAM boxes: the config's where none is given."""
        return given if given > 0 else self.config.cam_threshold

    def drawn(self, pixels: np.ndarray, boxes: list[np.ndarray], classes: list[np.ndarray], captions: list[str], columns: int) -> Boxes:
        return Boxes(
            pixels=pixels, names=list(self.scenes.classes), boxes=boxes, classes=classes, captions=captions, columns=columns,
            scale=max(1, 320 // pixels.shape[2]) if len(pixels) <= 3 else max(1, 144 // pixels.shape[2]),
        )  # fmt: skip
