"""k nearest neighbours: no parameters, a memory of labelled images, and the vote of the k nearest (Cover & Hart 1967).

"Training" is storing, so steps, checkpoints and views work as for networks.
"""

import torch
from torch import Tensor, nn


class NearestNeighbours(nn.Module):
    """Images (B, channels, size, size) -> log of the share of votes (B, classes), by Euclidean distance of pixels.

    The memory is a ring of `memory` images; `remember` overwrites the oldest. A class without a vote gets log(1e-3 / k).
    """

    images: Tensor
    labels: Tensor
    count: Tensor

    def __init__(self, classes: int = 10, channels: int = 1, size: int = 28, k: int = 5, memory: int = 10_000):
        super().__init__()
        self.classes, self.k, self.channels, self.size = classes, k, channels, size
        self.stem = "none: pixels are compared as they are"
        self.register_buffer("images", torch.zeros(memory, channels * size * size))
        self.register_buffer("labels", torch.zeros(memory, dtype=torch.long))
        self.register_buffer("count", torch.zeros((), dtype=torch.long))

    @torch.no_grad()
    def remember(self, images: Tensor, labels: Tensor) -> None:
        """Keep images (B, channels, size, size) with labels (B,), of more than there is room for the last ones."""
        self.count += len(labels)
        room = len(self.labels)
        images, labels = images[-room:], labels[-room:]  # A GPU writes to a place that is named twice in any order.
        places = (self.count - len(labels) + torch.arange(len(labels), device=labels.device)) % room
        self.images[places] = images.flatten(1).to(self.images.dtype)
        self.labels[places] = labels

    def forward(self, images: Tensor) -> Tensor:
        distances = torch.cdist(images.flatten(1).float(), self.images)  # (B, memory)
        empty = torch.arange(len(self.labels), device=distances.device) >= self.count
        nearest, where = distances.masked_fill(empty, torch.inf).topk(min(self.k, len(self.labels)), largest=False)  # (B, k)
        votes = torch.zeros(len(images), self.classes, device=distances.device)
        votes.scatter_add_(1, self.labels[where], nearest.isfinite().float())
        share = (votes + 1e-3 / self.k) / (votes.sum(1, keepdim=True) + 1e-3 * self.classes / self.k)
        return share.log()

    def neighbours(self, images: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """The k nearest remembered images (B, k, channels, size, size), their labels and distances (B, k)."""
        distances = torch.cdist(images.flatten(1).float(), self.images)
        empty = torch.arange(len(self.labels), device=distances.device) >= self.count
        nearest, where = distances.masked_fill(empty, torch.inf).topk(min(self.k, len(self.labels)), largest=False)
        return self.images[where].unflatten(2, (self.channels, self.size, self.size)), self.labels[where], nearest
