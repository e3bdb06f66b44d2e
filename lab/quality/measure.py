"""Distances between generated and real images in the judge's features, and the balance of classes. Read first: `quality`.

Frechet distance (Heusel et al. 2017) and kernel distance (Binkowski et al. 2018) by torchmetrics, density and coverage
(Naeem et al. 2020) here. The usual features are those of Inception; ours are the judge's, so figures compare within a
data set of this lab only. Every figure has its floor beside it: the same for real images that were not in the reference.
"""

from typing import Any

import torch
from torch import Tensor, nn

from lab.data.images import LabelledImages
from lab.quality.judge import judge

NEIGHBOURS = 5
MOST = 1000
SUBSETS = 20


def quality(images: Tensor, labels: Tensor | None, train: LabelledImages, test: LabelledImages, name: str) -> dict[str, Any]:
    """Figures of generated images in [0, 1] (N, C, H, W), asked for by `labels` (N,) where the model is conditional.

    The reference is up to 1,000 test images; as many samples are measured against it, and for the floor as many train images.
    """
    judged = judge(name, train, test)
    count = min(MOST, len(test), len(train), len(images))
    picks = [torch.randperm(n, generator=torch.Generator().manual_seed(0))[:count] for n in (len(test), len(train), len(images))]
    reference, _ = judged.look(test.images[picks[0].to(test.images.device)].float() / 255)
    real, _ = judged.look(train.images[picks[1].to(test.images.device)].float() / 255)
    fake, predicted = judged.look(images)
    some = fake[picks[2].to(fake.device)]
    figures: dict[str, Any] = {**distances(reference, some)}
    for key, value in distances(reference, real).items():
        figures[f"{key}_floor"] = value
    if judged.task == "classes":
        shares = class_shares(predicted, train.labels, len(train.classes))
        figures["class_share_min"], figures["class_share_max"] = float(shares.min()), float(shares.max())
        figures["class_shares"] = {name: round(share, 3) for name, share in zip(train.classes, shares.tolist(), strict=True)}
        if labels is not None:
            figures["conditional_accuracy"] = float((predicted == labels).float().mean())
    return {**figures, "judge": f"{judged.task}, 64 features", "judge_accuracy": judged.accuracy, "samples": len(images), "compared": count}


def distances(reference: Tensor, features: Tensor) -> dict[str, float]:
    """Frechet and kernel distance, density and coverage of features (N, D) against those of the reference (N, D)."""
    density, coverage = density_and_coverage(reference, features)
    return {
        "frechet_distance": frechet_distance(reference, features), "kernel_distance": kernel_distance(reference, features),
        "density": density, "coverage": coverage,
    }  # fmt: skip


class Given(nn.Module):
    """The identity: features are computed once, for all measures."""

    def __init__(self, size: int):
        super().__init__()
        self.num_features = size

    def forward(self, features: Tensor) -> Tensor:
        return features


def frechet_distance(reference: Tensor, features: Tensor) -> float:
    """|m1 - m2|^2 + tr(C1 + C2 - 2 (C1 C2)^(1/2)) of the two means and covariances.

    On the processor: a GPU takes far longer for the eigenvalues of a matrix that is not symmetric.
    """
    from torchmetrics.image.fid import FrechetInceptionDistance

    metric = FrechetInceptionDistance(feature=Given(features.shape[1]), normalize=True)
    metric.update(reference.cpu(), real=True)
    metric.update(features.cpu(), real=False)
    return float(metric.compute())


def kernel_distance(reference: Tensor, features: Tensor) -> float:
    """The squared maximum mean discrepancy with the kernel (x.y / D + 1)^3, without bias: the mean over random halves."""
    from torchmetrics.image.kid import poly_mmd

    generator = torch.Generator().manual_seed(0)
    size = max(2, min(len(reference), len(features)) // 2)
    estimates = []
    for _ in range(SUBSETS):
        mine, theirs = (
            points[torch.randperm(len(points), generator=generator)[:size].to(points.device)] for points in (reference, features)
        )
        estimates.append(float(poly_mmd(mine.double(), theirs.double())))
    return sum(estimates) / len(estimates)


def density_and_coverage(reference: Tensor, features: Tensor, k: int = NEIGHBOURS) -> tuple[float, float]:
    """Each reference point has a ball that reaches its k-th nearest neighbour (Naeem et al. 2020, eq. 6 and 7).

    Density: in how many balls a sample lies on average, divided by k. Coverage: the share of balls with a sample in them.
    """
    k = min(k, len(reference) - 1)
    radii = torch.cdist(reference, reference).kthvalue(k + 1, dim=1).values  # The nearest is the point itself.
    inside = torch.cdist(reference, features) < radii[:, None]  # (reference, samples)
    return float(inside.float().sum() / (k * len(features))), float(inside.any(1).float().mean())


def class_shares(predicted: Tensor, labels: Tensor, classes: int) -> Tensor:
    """Each class's share of the samples divided by its share of the data (classes,): 1 is as often as in the data."""
    drawn = predicted.bincount(minlength=classes)[:classes] / len(predicted)
    there = labels.bincount(minlength=classes)[:classes] / len(labels)
    return (drawn / there.clamp(min=1e-9)).cpu()
