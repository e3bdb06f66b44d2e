"""Fully convolutional networks for segmentation: FCN-32s, 16s and 8s (Long et al. 2015), over a small backbone of five poolings.

A classifier whose dense layers are 1x1 convolutions gives a coarse map of scores for a picture of any size. FCN-32s enlarges it 32 times;
FCN-16s first adds scores from the fourth pooling, FCN-8s from the third as well. Each is trained from the one before it, whose
weights it takes over by name; its new score layer starts from zero, so that it begins as the network before it.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.fixed_order import bilinear
from models.vision.surgery import initialise
from models.vision.unet import conv_norm_relu, padded
from models.vision.upsampling import bilinear_kernel

STRIDE = 32
"""Pixels of the picture to one of the coarse map."""


class FCN(nn.Module):
    """(B, channels, H, W) -> class scores (B, classes, H, W), of pictures of any size."""

    head = "score"

    def __init__(self, classes: int, channels: int = 3, features: int = 16, stride: int = 8):
        """`stride` is 32, 16 or 8: how far the last map of scores is enlarged at once."""
        super().__init__()
        if stride not in (8, 16, 32):
            raise ValueError(f"stride must be 8, 16 or 32, got {stride}")
        self.stride = stride
        widths = [features, 2 * features, 4 * features, 8 * features, 8 * features]
        self.stages = nn.ModuleList(
            nn.Sequential(*conv_norm_relu(a, b), *conv_norm_relu(b, b), nn.MaxPool2d(2))
            for a, b in zip([channels, *widths[:-1]], widths, strict=True)
        )
        self.score = nn.Conv2d(widths[4], classes, 1)
        if stride <= 16:
            self.score_pool4 = nn.Conv2d(widths[3], classes, 1)
            self.up2 = nn.ConvTranspose2d(classes, classes, 4, 2, 1, groups=classes, bias=False)
        if stride == 8:
            self.score_pool3 = nn.Conv2d(widths[2], classes, 1)
            self.up_pool4 = nn.ConvTranspose2d(classes, classes, 4, 2, 1, groups=classes, bias=False)

    @torch.no_grad()
    def initialise(self, generator: torch.Generator) -> None:
        """He's initialisation, drawn from `generator`; bilinear enlargement; the skips' scores 0."""
        initialise(self, "he", generator)
        for module in self.modules():
            if isinstance(module, nn.ConvTranspose2d):
                module.weight.copy_(bilinear_kernel(2).expand_as(module.weight))
        for skip in (getattr(self, name, None) for name in ("score_pool3", "score_pool4")):
            if skip is not None:
                skip.weight.zero_()
                skip.bias.zero_()

    def coarse(self, images: Tensor) -> Tensor:
        """The heat maps of the classes (B, classes, H / 32, W / 32) before any enlargement; H and W are multiples of 32."""
        for stage in self.stages:
            images = stage(images)
        return self.score(images)

    def forward(self, images: Tensor) -> Tensor:
        height, width = images.shape[2:]
        maps, pooled = padded(images, STRIDE), []
        for stage in self.stages:
            maps = stage(maps)
            pooled.append(maps)
        scores = self.score(maps)
        if self.stride <= 16:
            scores = self.up2(scores) + self.score_pool4(pooled[3])  # Added, where a U-Net concatenates.
        if self.stride == 8:
            scores = self.up_pool4(scores) + self.score_pool3(pooled[2])
        return bilinear(scores, self.stride)[:, :, :height, :width]


def shift_and_stitch(net: FCN, images: Tensor, step: int = 8) -> Tensor:
    """Coarse scores of the picture shifted by every multiple of `step` below 32, interleaved to (B, classes, H / step, W / step).

    With step 1 these are the 32^2 heat maps that give an answer for each pixel without any upsampling (Sermanet et al. 2014).
    H and W are multiples of 32. Raises ValueError for a `step` that does not divide 32.
    """
    if STRIDE % step:
        raise ValueError(f"the step must divide {STRIDE}, got {step}")
    shifts = STRIDE // step
    b, _, h, w = images.shape
    large = F.pad(images, (STRIDE // 2 - step // 2, STRIDE // 2, STRIDE // 2 - step // 2, STRIDE // 2), mode="replicate")
    rows = []
    for y in range(0, STRIDE, step):
        rows.append([net.coarse(large[:, :, y : y + h, x : x + w]) for x in range(0, STRIDE, step)])
    maps = torch.stack([torch.stack(row, -1) for row in rows], -2)  # (B, classes, H / 32, W / 32, shifts, shifts)
    classes = maps.shape[1]
    return maps.permute(0, 1, 2, 4, 3, 5).reshape(b, classes, h // STRIDE * shifts, w // STRIDE * shifts)
