"""A network with its input normalisation: the scale to [0, 1] and the mean and deviation of its training images."""

import torch
from torch import Tensor, nn

IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
"""Mean and deviation of ImageNet's channels, which published weights expect."""


class ImageClassifier(nn.Module):
    """uint8 images (B, C, H, W) -> class scores (B, classes) of `net`, which sees (pixel / 255 - mean) / std."""

    mean: Tensor
    std: Tensor

    def __init__(self, net: nn.Module, channels: int):
        super().__init__()
        self.net = net
        self.register_buffer("mean", torch.full((channels,), 0.5))
        self.register_buffer("std", torch.full((channels,), 0.25))

    def normalise(self, images: Tensor) -> Tensor:
        """float32 (B, C, H, W) of uint8, or of floats that are pixels in [0, 255]."""
        scale, shift = 1 / (255 * self.std), -self.mean / self.std
        return torch.addcmul(shift[:, None, None], images.float(), scale[:, None, None])

    def forward(self, images: Tensor) -> Tensor:
        return self.net(self.normalise(images))

    @torch.no_grad()
    def measure(self, images: Tensor) -> None:
        """Take mean and deviation from training images (N, C, H, W) uint8."""
        sample = images[:: max(1, len(images) // 10_000)].float() / 255
        self.mean.copy_(sample.mean((0, 2, 3)))
        self.std.copy_(sample.std((0, 2, 3)).clamp(min=1e-2))
