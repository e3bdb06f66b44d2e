"""The U-Net that takes a noisy picture, the time and the class (Ho et al. 2020, Dhariwal & Nichol 2021), small.

Cells of 2x2 pixels become the channels of one, so that the largest map is half as wide as the picture. Read first: `DenoisingUNet`.
"""

from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.generative.conditioning import Conditioning

CELL = 2
SMALLEST = 8
"""Maps wider than this are halved."""
WIDEST = 4
"""The widest map has this many times `features` channels."""
GROUPS = 8


class DenoisingUNet(nn.Module):
    """Pictures (B, C, H, W), times (B,) or (B, times) in [0, 1] and classes (see `Conditioning`) -> (B, C, H, W).

    One residual block a level on the way down, two with attention at the bottom, two a level on the way up.
    """

    def __init__(self, channels: int = 1, size: int = 28, features: int = 64, classes: int = 0, times: int = 1):
        super().__init__()
        if size % CELL:
            raise ValueError(f"the size must be even, got {size}")
        self.condition = Conditioning(4 * features, classes, times)
        widths = [min(WIDEST, 2**level) * features for level in range(levels(size))]
        self.stem = nn.Conv2d(channels * CELL**2, features, 3, padding=1)
        self.down, self.shrink = nn.ModuleList(), nn.ModuleList()
        self.up, self.grow = nn.ModuleList(), nn.ModuleList()
        skips, width = [features], features
        for level, out in enumerate(widths):
            self.down.append(ResidualBlock(width, out, 4 * features))
            self.shrink.append(nn.Conv2d(out, out, 3, 2, 1) if level + 1 < len(widths) else nn.Identity())
            skips += [out, out] if level + 1 < len(widths) else [out]
            width = out
        self.middle = nn.ModuleList(ResidualBlock(width, width, 4 * features) for _ in range(2))
        self.attention = Attention(width)
        for level, out in reversed(list(enumerate(widths))):
            self.up.append(
                nn.ModuleList([ResidualBlock(width + skips.pop(), out, 4 * features), ResidualBlock(out + skips.pop(), out, 4 * features)])
            )
            self.grow.append(nn.Conv2d(out, out, 3, padding=1) if level else nn.Identity())
            width = out
        self.norm, self.out = Norm(GROUPS, width), zeroed(nn.Conv2d(width, channels * CELL**2, 3, padding=1))

    def forward(self, x: Tensor, times: Tensor, labels: Tensor | None = None) -> Tensor:
        e = self.condition(times, labels)
        cells = F.pixel_unshuffle(x.to(self.stem.weight.dtype), CELL)
        h = self.stem(cells.contiguous(memory_format=torch.channels_last))  # (B, features, H / 2, W / 2)
        kept = [h]
        for block, shrink in zip(self.down, self.shrink, strict=True):
            h = block(h, e)
            kept.append(h)
            if not isinstance(shrink, nn.Identity):
                h = shrink(h)
                kept.append(h)
        h = self.middle[1](self.attention(self.middle[0](h, e)), e)
        for blocks, grow in zip(self.up, self.grow, strict=True):
            for block in cast(nn.ModuleList, blocks):
                h = block(torch.cat([h, kept.pop()], 1), e)
            if not isinstance(grow, nn.Identity):
                h = grow(F.interpolate(h, size=kept[-1].shape[2:]))
        return F.pixel_shuffle(self.out(F.silu(self.norm(h)).to(h.dtype)), CELL)


class Norm(nn.GroupNorm):
    """Group normalisation (B, C, H, W), on a processor in float32, which its kernel computes in a quarter of the time that it takes for bf16."""

    def forward(self, x: Tensor) -> Tensor:
        if x.is_cuda or x.dtype == torch.float32:
            return super().forward(x)
        weight, bias = (None if p is None else p.float() for p in (self.weight, self.bias))
        return F.group_norm(x.float(), self.num_groups, weight, bias, self.eps)


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions beside a shortcut; time and class scale and shift the maps between them (B, width).

    One norm in place of the usual two: on a processor a norm takes as long as half a convolution.
    """

    def __init__(self, channels: int, maps: int, width: int):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, maps, 3, padding=1)
        self.condition = nn.Linear(width, 2 * maps)
        self.norm, self.conv2 = Norm(GROUPS, maps, affine=False), zeroed(nn.Conv2d(maps, maps, 3, padding=1))
        self.shortcut = nn.Conv2d(channels, maps, 1) if channels != maps else nn.Identity()

    def forward(self, x: Tensor, e: Tensor) -> Tensor:
        h = self.norm(self.conv1(F.silu(x)))
        scale, shift = self.condition(e)[:, :, None, None].chunk(2, 1)
        return self.shortcut(x) + self.conv2(F.silu(torch.addcmul(shift, h, 1 + scale)).to(x.dtype))


class Attention(nn.Module):
    """Each place looks at all others (B, C, H, W), beside a shortcut."""

    def __init__(self, channels: int, heads: int = 4):
        super().__init__()
        self.heads = heads
        self.norm, self.qkv, self.out = (
            Norm(GROUPS, channels),
            nn.Linear(channels, 3 * channels),
            zeroed(nn.Linear(channels, channels)),
        )

    def forward(self, x: Tensor) -> Tensor:
        b, c, height, width = x.shape
        tokens = self.norm(x).to(x.dtype).permute(0, 2, 3, 1).reshape(b, height * width, c)
        return x + self.out(attend(self.qkv(tokens), self.heads)).view(b, height, width, c).permute(0, 3, 1, 2)


def attend(qkv: Tensor, heads: int) -> Tensor:
    """Softmax attention of (B, T, 3 C) -> (B, T, C)."""
    b, t, c = qkv.shape
    q, k, v = qkv.view(b, t, 3, heads, c // 3 // heads).permute(2, 0, 3, 1, 4)  # (B, heads, T, C / heads)
    if qkv.is_cuda:
        seen = F.scaled_dot_product_attention(q, k, v)
    else:  # Of few tokens the gradient of the fused one takes six times as long on a processor.
        seen = ((q * q.shape[-1] ** -0.5) @ k.transpose(2, 3)).softmax(-1) @ v
    return seen.transpose(1, 2).reshape(b, t, c // 3)


def levels(size: int) -> int:
    """How many sizes the maps have: 28 -> 14, 7; 32 -> 16, 8; 64 -> 32, 16, 8."""
    side, count = size // CELL, 1
    while side > SMALLEST and side % 2 == 0:
        side, count = side // 2, count + 1
    return count


def zeroed(layer: nn.Module) -> nn.Module:
    """The layer with weights 0, so that its block does nothing at first."""
    for parameter in layer.parameters():
        nn.init.zeros_(parameter)
    return layer
