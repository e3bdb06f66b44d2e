"""The small classifier in whose features the quality of generated images is measured (`lab.quality`)."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.fixed_order import adaptive_avg_pool

LARGEST = 32
"""Larger images are first reduced to this size, for speed."""


class Judge(nn.Module):
    """Images in [0, 1] (B, C, H, W) -> class scores (B, classes), over 64 features.

    Three 3x3 convolutions (16, 32, 64 maps) with batch norm and ReLU, pooling by 2 between them while 8 pixels or more are
    left, means over a 4x4 grid, one dense layer to the features, one to the scores.
    """

    features = 64
    scale: Tensor

    def __init__(self, channels: int = 1, classes: int = 10):
        super().__init__()
        self.channels = channels
        self.convolutions = nn.ModuleList(nn.Conv2d(i, o, 3, padding=1, bias=False) for i, o in ((channels, 16), (16, 32), (32, 64)))
        self.norms = nn.ModuleList(nn.BatchNorm2d(o) for o in (16, 32, 64))
        self.to_features, self.to_scores = nn.Linear(4 * 4 * 64, self.features), nn.Linear(self.features, classes)
        self.register_buffer("scale", torch.ones(()))

    def forward(self, images: Tensor) -> Tensor:
        return self.to_scores(F.relu(self.embed(images) / self.scale))

    def embed(self, images: Tensor) -> Tensor:
        """(B, 64) float32: the features before their ReLU, times `scale`, which brings their mean square on real images to 1."""
        x = images.float()
        if x.shape[-1] > LARGEST:
            x = F.interpolate(x, (LARGEST, LARGEST), mode="area")
        for convolution, norm in zip(self.convolutions, self.norms, strict=True):
            x = F.relu(norm(convolution(x)))
            if x.shape[-1] >= 8:
                x = F.max_pool2d(x, 2)
        return self.to_features(adaptive_avg_pool(x, 4).flatten(1)) * self.scale


def rotations(images: Tensor) -> tuple[Tensor, Tensor]:
    """Every image rotated by 0, 90, 180 and 270 degrees (4 B, C, H, W), and which rotation it was (4 B,).

    Without class labels, the features come from predicting the rotation (Gidaris et al. 2018).
    """
    turned = torch.cat([images.rot90(i, (2, 3)) for i in range(4)])
    return turned, torch.arange(4, device=images.device).repeat_interleave(len(images))
