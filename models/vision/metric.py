"""Metric learning: losses that draw embeddings of one class together and push those of others apart.

Read first: `triplet_loss`. Hadsell et al. 2006 (contrastive loss), Schroff et al. 2015 (triplets, semi-hard ones), Hermans et al. 2017
(the hardest of a batch).
"""

from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional as F

Mining = Literal["all", "semi-hard", "hard"]
LEAST = 1e-12
"""Under the root of squared distances: its slope at 0 has no bound."""


def distances(a: Tensor, b: Tensor) -> Tensor:
    """Euclidean distances (N, M) of points (N, D) and (M, D)."""
    squared = a.square().sum(1)[:, None] + b.square().sum(1)[None] - 2 * a @ b.T
    return squared.clamp(min=LEAST).sqrt()


def same_class(labels: Tensor) -> tuple[Tensor, Tensor]:
    """Pairs (N, N) of two different rows of one class, and pairs of two classes."""
    equal = labels[:, None] == labels[None]
    return equal & ~torch.eye(len(labels), dtype=torch.bool, device=labels.device), ~equal


def contrastive_loss(points: Tensor, labels: Tensor, margin: float) -> Tensor:
    """Half the mean of d^2 over pairs of one class plus half the mean of max(0, margin - d)^2 over pairs of two (Hadsell et al. 2006, eq. 4).

    points (N, D), labels (N,). Each kind has the same say, as there are far fewer pairs of one class.
    """
    d = distances(points, points)
    same, different = same_class(labels)
    pull = d[same].square().mean() if same.any() else d.sum() * 0
    push = F.relu(margin - d[different]).square().mean() if different.any() else d.sum() * 0
    return (pull + push) / 2


def triplet_loss(points: Tensor, labels: Tensor, margin: float, mining: Mining) -> tuple[Tensor, Tensor]:
    """The mean of max(0, d(anchor, positive) - d(anchor, negative) + margin) over triplets of a batch, and the share of those above 0.

    points (N, D), labels (N,). `all` takes all triplets with a loss; `semi-hard` for each pair of one class the nearest negative that is
    further away than the positive, or the furthest where none is; `hard` for each anchor its furthest positive and its nearest negative.
    """
    d = distances(points, points)
    same, different = same_class(labels)
    if mining == "hard":
        anchors = same.any(1) & different.any(1)
        furthest = d.masked_fill(~same, -1).amax(1)
        nearest = d.masked_fill(~different, torch.inf).amin(1)
        losses = F.relu(furthest - nearest + margin)[anchors]
    elif mining == "semi-hard":
        # (N, N, N): for anchor i and positive j, the distances to negatives k.
        negatives = d[:, None, :].expand(-1, len(d), -1)
        beyond = different[:, None, :] & (negatives > d[:, :, None])
        nearest = negatives.masked_fill(~beyond, torch.inf).amin(2)
        furthest = d.masked_fill(~different, -1).amax(1)
        chosen = torch.where(nearest.isinf(), furthest[:, None], nearest)
        losses = F.relu(d - chosen + margin)[same & different.any(1)[:, None]]
    else:
        triplets = same[:, :, None] & different[:, None, :]
        losses = F.relu(d[:, :, None] - d[:, None, :] + margin)[triplets]
    active = (losses > 0).float()
    if not len(losses):
        return d.sum() * 0, d.new_zeros(())
    # Triplets that already hold would only thin the mean out.
    return losses.sum() / active.sum().clamp(min=1) if mining == "all" else losses.mean(), active.mean()
