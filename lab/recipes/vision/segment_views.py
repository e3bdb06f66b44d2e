"""Views of a segmentation: the classes over the picture, where they are wrong, and how sure the network is."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from lab.answers import Curves, Images, Masks, Table
from lab.errors import UsageError, unknown
from lab.experiment import view
from lab.parameters import Count, Index, Share
from lab.quality.segmentation import class_table, of_classes, pixel_counts
from lab.recipes.vision import image_pictures as draw
from lab.recipes.vision.scene_data import SceneData, Split
from models.vision.fcn import FCN, STRIDE, shift_and_stitch
from models.vision.unet import padded

WRONG = (230, 40, 60)
"""The colour of pixels in a wrong class."""


class SegmentViews:
    """The views of a segmentation by its answers; `predicted` gives the map of each image by a network."""

    def __init__(self, scenes: SceneData, predicted: Callable[[Any, Tensor], Tensor]):
        self.scenes, self.predicted = scenes, predicted
        self.history: list[list[float]] = []
        """Of each validation: the step, mean IoU, pixel accuracy and Dice."""

    @view(live=True)
    def segmented(self, net: Any, image: Any = "test:0", opacity: Share = 0.6) -> Masks:
        """One picture under the network's classes and, where it is known, under the true ones; the legend names the colours."""
        pixels, row, name = self.scenes.picture(image)
        maps = [self.predicted(net, pixels)[0]]
        captions = [f"{name}: predicted"]
        if row is not None:
            maps.append(self.scenes(name.partition(":")[0]).maps[row])  # type: ignore[arg-type]
            captions.append("true")
        picture = draw.shown(pixels)
        return Masks(
            pixels=np.repeat(picture, len(maps), axis=0), names=list(self.scenes.classes), maps=torch.stack(maps).numpy().astype(np.int64),
            captions=captions, opacity=opacity, background=0, columns=2, scale=max(1, 320 // picture.shape[1]),
        )  # fmt: skip

    @view(live=True)
    def overlay(self, net: Any, n: Count = 8, split: Split = "test", opacity: Share = 0.6) -> Masks:
        """Held-out scenes under the classes that the network gives their pixels; the legend names the colours."""
        scenes = self.scenes(split)
        rows = spread(len(scenes), n)
        images = scenes.images[rows]
        return Masks(
            pixels=draw.shown(images), names=list(scenes.classes), maps=self.predicted(net, images).numpy().astype(np.int64),
            captions=[f"{split}:{row}" for row in rows], opacity=opacity, background=0, columns=min(8, len(rows)),
        )  # fmt: skip

    @view(live=True)
    def errors(self, net: Any, n: Count = 8, split: Split = "test") -> Images:
        """Held-out scenes in grey, red where a pixel is in a wrong class; below, the share of wrong pixels."""
        scenes = self.scenes(split)
        rows = spread(len(scenes), n)
        images, maps = scenes.images[rows], scenes.maps[rows]
        wrong = ((self.predicted(net, images) != maps) & (maps < len(scenes.classes))).numpy()
        grey = draw.shown(images).mean(3, keepdims=True).repeat(3, 3).astype(np.uint8) // 2 + 40
        grey[wrong] = WRONG
        captions = [f"{split}:{row}  {share:.2%}" for row, share in zip(rows, wrong.mean((1, 2)).tolist(), strict=True)]
        return Images(grey, captions, columns=min(8, len(rows)))

    @view(live=True)
    def per_class(self, net: Any, split: Split = "test") -> Table:
        """Of each class: its pixels, intersection over union, Dice, recall, and the class it is most often mistaken for."""
        return class_table(self.counts_of(net, split), self.scenes.classes)

    @view(live=True)
    def per_game(self, net: Any, split: Split = "test") -> Table:
        """Intersection over union of each class (columns) in each game (rows); - where a class does not occur."""
        scenes = self.scenes(split)
        if scenes.groups is None:
            raise UsageError("These scenes are of no games; `per_class` has their figures.")
        predicted, rows = self.predicted(net, scenes.images), []
        for i, game in enumerate(scenes.group_names):
            of_game = scenes.groups == i
            iou, _ = of_classes(pixel_counts(scenes.maps[of_game], predicted[of_game], len(scenes.classes)))
            occurs = np.bincount(scenes.maps[of_game].flatten().numpy(), minlength=256)[: len(iou)] > 0
            mean = round(float(iou[occurs].mean()), 3)
            rows.append([game, mean, *(round(float(value), 3) if there else "-" for value, there in zip(iou, occurs, strict=True))])
        return Table(["game", "mean", *scenes.classes], rows)

    @view(live=True)
    def heat_map(self, net: Any, image: Any = "test:0", label: str = "", step: Index = 0) -> Images:
        """How likely the network thinks a class at each place: red is sure, blue is sure that it is not.

        Of an FCN also the coarse map before any enlargement; with a `step` below 32 the stitched map of pictures shifted by so many pixels.
        """
        pixels, _, _ = self.scenes.picture(image)
        names = self.scenes.classes
        if label and label not in names:
            raise unknown("class", label, names, see="lab show RUN per_class")
        inputs = net.normalise(pixels)
        probabilities = net.net(inputs).softmax(1)[0]
        chosen = names.index(label) if label else int(probabilities[1:].amax((1, 2)).argmax()) + 1
        maps, captions = [probabilities[chosen]], [f"{names[chosen]}"]
        if isinstance(net.net, FCN):
            whole = padded(inputs, STRIDE)
            if step:
                try:
                    stitched = shift_and_stitch(net.net, whole, step)
                except ValueError as error:
                    raise UsageError(f"--step: {error}.") from None
                maps.append(stitched.softmax(1)[0, chosen])
                captions.append(f"stitched from {(STRIDE // step) ** 2} shifts")
            else:
                maps.append(net.net.coarse(whole).softmax(1)[0, chosen])
                captions.append("coarse map")
        picture = draw.enlarged(draw.shown(pixels)[0], 320)
        return Images(np.stack([draw.overlay(picture, one.float().cpu().numpy()) for one in maps]), captions, columns=2)

    @view
    def training_curves(self) -> Curves:
        """Mean IoU, pixel accuracy and Dice on the validation scenes: pixel accuracy is high from the start where most is background."""
        rows = np.array(self.history).reshape(-1, 4)
        return Curves(
            {name: (rows[:, 0], rows[:, i]) for i, name in enumerate(("mean IoU", "pixel accuracy", "Dice"), start=1)}, y_label="share"
        )

    def counts_of(self, net: Any, split: Split) -> np.ndarray:
        """Pixels of a split by true class (row) and given class (column)."""
        scenes = self.scenes(split)
        return pixel_counts(scenes.maps, self.predicted(net, scenes.images), len(scenes.classes))


def spread(count: int, n: int) -> list[int]:
    """At most `n` of `count` rows, evenly apart, so that every game is among them."""
    n = min(n, count)
    return [int((i + 0.5) * count / n) for i in range(n)]
