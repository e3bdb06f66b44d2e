"""Views of a detector: boxes with scores, non-maximum suppression before and after, anchors, precision over recall."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch

from lab.answers import Boxes, Curves, Table
from lab.experiment import view
from lab.parameters import Choice, Count, Real, Share
from lab.quality.detection import PictureBoxes, average_precision, matches, overlaps, per_class, precision_recall
from lab.recipes.vision import image_pictures as draw
from lab.recipes.vision.detect_config import DetectConfig
from lab.recipes.vision.scene_data import SceneData, Split
from lab.recipes.vision.segment_views import spread
from models.vision.boxes import suppression as suppression_steps
from models.vision.single_shot import Detections

COUNTED = 0.01
"""The least score of boxes in the figures."""


class DetectViews:
    """The views of a detector by its answers; `detect` gives the detections of images by a network, `regions` what it looks at first."""

    def __init__(
        self, scenes: SceneData, detect: Callable[..., list[Detections]], regions: Callable[..., list[Detections]], config: DetectConfig
    ):  # fmt: skip
        self.scenes, self.detect, self.regions, self.config = scenes, detect, regions, config
        self.history: list[list[float]] = []
        """Of each validation: the step, mAP50 and mAP."""

    @view(live=True)
    def detected(self, net: Any, image: Any = "test:0", least: Real = -1.0) -> Boxes:
        """One picture with the detector's boxes, classes and scores, and beside it the true boxes where they are known."""
        pixels, row, name = self.scenes.picture(image)
        answers = [self.detect(net, pixels, self.least(least))[0]]
        captions = [f"{name}: detected"]
        if row is not None:
            true = self.scenes(name.partition(":")[0]).boxes[row]  # type: ignore[arg-type]
            answers.append(as_detections(true))
            captions.append("true")
        return self.drawn(np.repeat(draw.shown(pixels), len(answers), axis=0), answers, captions, columns=2)

    @view(live=True)
    def detections(self, net: Any, n: Count = 4, split: Split = "test", least: Real = -1.0) -> Boxes:
        """Held-out scenes with the detector's boxes, classes and scores; the legend names the colours."""
        scenes = self.scenes(split)
        rows = spread(len(scenes), n)
        answers = self.detect(net, scenes.images[rows], self.least(least))
        return self.drawn(draw.shown(scenes.images[rows]), answers, [f"{split}:{row}" for row in rows], columns=4)

    @view(live=True)
    def suppression(self, net: Any, image: Any = "test:0", overlap: Share = 0.5, least: Share = 0.1, step: Choice = -1) -> Boxes:
        """Non-maximum suppression: on the left all boxes, on the right those that stay after so many steps (-1 for all).

        A step keeps the box of the highest score that is left and removes those of its class that overlap it by more than `overlap`.
        """
        pixels, _, _ = self.scenes.picture(image)
        before = self.detect(net, pixels, least, suppress=False)[0]
        steps = suppression_steps(before.boxes, before.scores, before.classes, overlap)
        done = steps if step < 0 else steps[:step]
        gone = {row for one in done for row in one.removed}
        after = before.rows(torch.tensor([row for row in range(len(before.boxes)) if row not in gone], dtype=torch.long))
        captions = [f"{len(before.boxes)} boxes", f"{len(after.boxes)} after {len(done)} of {len(steps)} steps"]
        return self.drawn(np.repeat(draw.shown(pixels), 2, axis=0), [before, after], captions, columns=2)

    @view(live=True)
    def proposals(self, net: Any, image: Any = "test:0", n: Count = 30) -> Boxes:
        """Of a detector of two steps: the first regions that it reads, and how many there are; of a region proposal network with their scores.

        Of a held-out picture also the share of true boxes that some region overlaps by a half: what no region holds is never found.
        """
        pixels, row, name = self.scenes.picture(image)
        regions = self.regions(net, pixels)[0]
        caption = f"{min(n, len(regions.boxes))} of {len(regions.boxes)} regions"
        if row is not None:
            true = self.scenes(name.partition(":")[0]).boxes[row]  # type: ignore[arg-type]
            if len(true):
                held = float((overlaps(true[:, 1:], regions.boxes.numpy()).max(1) >= 0.5).mean())
                caption += f", recall {held:.0%}"
        answer = self.drawn(draw.shown(pixels), [regions.rows(torch.arange(min(n, len(regions.boxes))))], [caption], columns=1)
        return replace(answer, names=["region"])

    @view(live=True)
    def anchors(self, net: Any, image: Any = "test:0") -> Boxes:
        """The anchors, one beside the other in a picture: shapes that boxes begin with, medians of groups of the training boxes."""
        pixels, _, _ = self.scenes.picture(image)
        left, rows = 4.0, []
        for width, height in net.net.anchors.tolist():
            rows.append([left, 20.0, left + width, 20.0 + height])
            left += width + 4
        return Boxes(
            pixels=draw.shown(pixels), names=[f"{w:g}x{h:g}" for w, h in net.net.anchors.tolist()], boxes=[np.array(rows)],
            classes=[np.arange(len(rows))], captions=["anchors, width x height in pixels"], columns=1, scale=self.scale(pixels.shape[3]),
        )  # fmt: skip

    @view(live=True)
    def precision_recall(self, net: Any, split: Split = "test", overlap: Share = 0.5) -> Curves:
        """Precision over recall of each class, detections by falling score: the area under a line is its average precision."""
        detected, true = self.answers(net, split, COUNTED)
        series = {}
        for kind in self.scenes(split).things:
            _, right, total = matches(detected, true, kind, overlap)
            if total:
                precision, recall = precision_recall(right, total)
                series[f"{self.scenes.classes[kind]} {average_precision(right, total):.3f}"] = (recall, precision)
        return Curves(series, x_label="recall", y_label="precision")

    @view(live=True)
    def per_class(self, net: Any, split: Split = "test") -> Table:
        """Of each class: its true boxes, average precision at an overlap of 0.5, and the mean over overlaps from 0.5 to 0.95."""
        detected, true = self.answers(net, split, COUNTED)
        things = self.scenes(split).things
        table = per_class(detected, true, things)
        rows = []
        for kind, precisions in zip(things, table, strict=True):
            count = sum(int((truth.classes == kind).sum()) for truth in true)
            figures = [round(float(precisions[0]), 4), round(float(precisions.mean()), 4)] if count else ["-", "-"]
            rows.append([self.scenes.classes[kind], count, *figures])
        title = f"mAP50 {np.nanmean(table[:, 0]):.4f}, mAP {np.nanmean(table):.4f}" if not np.isnan(table).all() else ""
        return Table(["class", "boxes", "AP50", "AP"], rows, title)

    @view
    def training_curves(self) -> Curves:
        """mAP50 and mAP on the validation scenes."""
        rows = np.array(self.history).reshape(-1, 3)
        return Curves({name: (rows[:, 0], rows[:, i]) for i, name in enumerate(("mAP50", "mAP"), start=1)}, y_label="share")

    # -- parts -----------------------------------------------------------------------------------------------------

    def least(self, given: float) -> float:
        """The least score that is shown: the config's where none is given."""
        return given if given >= 0 else self.config.least_score

    def answers(self, net: Any, split: Split, least: float) -> tuple[list[PictureBoxes], list[PictureBoxes]]:
        """Detections and truth of a whole split."""
        scenes = self.scenes(split)
        answers = self.detect(net, scenes.images, least)
        detected = [PictureBoxes(one.boxes.numpy(), one.classes.numpy(), one.scores.numpy()) for one in answers]
        return detected, [PictureBoxes(boxes[:, 1:], boxes[:, 0].astype(np.int64)) for boxes in scenes.boxes]

    def drawn(self, pixels: np.ndarray, answers: Sequence[Detections], captions: list[str], columns: int) -> Boxes:
        return Boxes(
            pixels=pixels, names=list(self.scenes.classes), boxes=[one.boxes.numpy() for one in answers],
            classes=[one.classes.numpy() for one in answers], scores=[one.scores.numpy() for one in answers],
            captions=captions, columns=columns, scale=self.scale(pixels.shape[2]),
        )  # fmt: skip

    def scale(self, width: int) -> int:
        return max(1, 320 // width)


def as_detections(boxes: np.ndarray) -> Detections:
    """True boxes (M, 5) as detections with score 1."""
    corners = torch.from_numpy(boxes[:, 1:].copy())
    return Detections(corners, torch.ones(len(corners)), torch.from_numpy(boxes[:, 0]).long())
