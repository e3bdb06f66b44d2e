"""Views of an embedding: where pictures lie, distances of pairs, two pictures compared, classes by one template each."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from lab.answers import Curves, Images, Scatter
from lab.errors import UsageError
from lab.experiment import view
from lab.parameters import Count, Seed
from lab.quality.verification import pair_distances, roc, template_rows, verification
from lab.recipes.vision import image_pictures as draw
from lab.recipes.vision.classify_data import ImageSplits, Split

SHOWN = 300
"""Images among which the hardest pairs are looked for."""


class SiameseViews:
    """The views of an embedding; `points` gives those of images by a network."""

    def __init__(self, images: ImageSplits, points: Callable[[Any, Tensor], np.ndarray]):
        self.images, self.points = images, points
        self.history: list[list[float]] = []
        """Of each validation: the step, AUC, one-shot accuracy and equal error rate."""

    @view(live=True)
    def embedding(self, net: Any, n: Count = 800, split: Split = "test") -> Scatter:
        """Pictures where the network puts them, coloured by class; the coordinates are the two directions in which they differ most."""
        data = self.images.split(split)
        rows = torch.linspace(0, len(data) - 1, min(n, len(data))).long()
        points, labels = self.points(net, data.images[rows.to(data.images.device)]), data.labels.cpu()[rows].numpy()
        if points.shape[1] > 2:
            centred = points - points.mean(0)
            points = centred @ np.linalg.svd(centred, full_matrices=False)[2][:2].T
        return Scatter(
            points.astype(np.float32), labels.astype(np.int64), list(self.images.format.classes), "first direction", "second direction"
        )

    @view(live=True)
    def compared(self, net: Any, image: Any = "test:0", other: Any = "test:1") -> Images:
        """Two pictures: the same thing or not? Their distance, from 0 to 2, is below or above that at which both kinds of error are as frequent."""
        pixels, labels, names = [], [], []
        for one in (image, other):
            picture, label, name = self.images.picture(one)
            pixels.append(picture)
            labels.append(label)
            names.append(name)
        a, b = self.points(net, torch.cat(pixels))
        gap, threshold = float(np.linalg.norm(a - b)), self.threshold(net)
        classes = self.images.format.classes
        captions = [name if label is None else f"{name}: {classes[label]}" for name, label in zip(names, labels, strict=True)]
        shown = draw.shown(torch.cat(pixels))
        word = "the same" if gap < threshold else "different"
        return Images(
            shown, captions, columns=2, scale=max(1, 200 // shown.shape[1]), title=f"{word}: distance {gap:.2f}, threshold {threshold:.2f}"
        )

    @view(live=True)
    def one_shot(self, net: Any, n: Count = 20, split: Split = "test", seed: Seed = 0) -> Images:
        """First one template of each class, a random training image; then pictures, each with the class of its nearest template and its distance."""
        train, data = self.images.split("train"), self.images.split(split)
        chosen = template_rows(train.labels.cpu().numpy(), np.random.default_rng(seed))
        templates = train.images[torch.from_numpy(chosen).to(train.images.device)]
        rows = torch.linspace(0, len(data) - 1, min(n, len(data))).long()
        images = data.images[rows.to(data.images.device)]
        gaps = np.linalg.norm(self.points(net, images)[:, None] - self.points(net, templates)[None], axis=2)
        classes, kinds = self.images.format.classes, train.labels.cpu().numpy()[chosen]
        captions = [classes[kind] for kind in kinds]
        for label, row in zip(data.labels.cpu()[rows].tolist(), gaps, strict=True):
            best = int(row.argmin())
            mark = "" if kinds[best] == label else f", is {classes[label]}"
            captions.append(f"{classes[kinds[best]]} {row[best]:.2f}{mark}")
        pixels = draw.shown(torch.cat([templates, images]))
        return Images(pixels, captions, columns=min(10, len(templates)), scale=max(1, 72 // pixels.shape[1]))

    @view(live=True)
    def distances(self, net: Any, split: Split = "test") -> Curves:
        """How often each distance occurs, among pairs of one class and among pairs of two; where the hills do not overlap, no pair is mistaken."""
        gaps, same = self.pairs(net, split)
        edges = np.linspace(0, 2, 61)
        middles = (edges[1:] + edges[:-1]) / 2
        series = {}
        for name, chosen in (("same class", same), ("different classes", ~same)):
            counts, _ = np.histogram(gaps[chosen], edges)
            series[name] = (middles, counts / max(1, counts.sum()))
        return Curves(series, x_label="distance", y_label="share of the pairs", filled=True)

    @view(live=True)
    def roc(self, net: Any, split: Split = "test") -> Curves:
        """Pairs of one class that are recognised over pairs of two that are taken for the same, as the threshold grows: the area below is the AUC."""
        gaps, same = self.pairs(net, split)
        if same.all() or not same.any():
            raise UsageError("ROC needs pairs of one class and pairs of two.")
        false, true, _ = roc(gaps, same)
        return Curves(
            {f"AUC {np.trapezoid(true, false):.4f}": (false, true)},
            x_label="different pairs taken for the same",
            y_label="same pairs recognised",
        )

    @view(live=True)
    def hardest(self, net: Any, n: Count = 8, split: Split = "test") -> Images:
        """Pairs one above the other: on the left the nearest of different classes, on the right the furthest of one class, with their distances."""
        data = self.images.split(split)
        images, labels = data.images[:SHOWN], data.labels[:SHOWN].cpu().numpy()
        gaps, same = pair_distances(self.points(net, images), labels)
        i, j = np.triu_indices(len(labels), 1)
        classes = self.images.format.classes
        half = max(1, n // 2)
        near, far = np.flatnonzero(~same), np.flatnonzero(same)
        chosen = [*near[gaps[near].argsort(kind="stable")[:half]], *far[(-gaps[far]).argsort(kind="stable")[:half]]]
        rows = [int(row) for side in (i, j) for row in side[chosen]]
        captions = [f"{classes[labels[row]]} {gap:.2f}" for row, gap in zip(rows, [*gaps[chosen], *gaps[chosen]], strict=True)]
        pixels = draw.shown(images[torch.tensor(rows, device=images.device)])
        return Images(pixels, captions, columns=len(chosen), scale=max(1, 84 // pixels.shape[1]))

    @view
    def training_curves(self) -> Curves:
        """AUC, one-shot accuracy and equal error rate on the validation images."""
        rows = np.array(self.history).reshape(-1, 4)
        names = ("AUC", "one-shot accuracy", "equal error rate")
        return Curves({name: (rows[:, 0], rows[:, k]) for k, name in enumerate(names, start=1)}, y_label="share")

    # -- parts -----------------------------------------------------------------------------------------------------

    def pairs(self, net: Any, split: Split) -> tuple[np.ndarray, np.ndarray]:
        data = self.images.split(split)
        return pair_distances(self.points(net, data.images), data.labels.cpu().numpy())

    def threshold(self, net: Any) -> float:
        """The distance at which both kinds of error are equally frequent on the validation images."""
        return verification(*self.pairs(net, "validation"))["threshold"]
