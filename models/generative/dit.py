"""The diffusion transformer (Peebles & Xie 2023): patches are tokens; time and class set the norms' scale and shift and the gates."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.generative.conditioning import Conditioning
from models.generative.denoising_unet import attend, zeroed

PATCH = 4


class DiT(nn.Module):
    """Pictures (B, C, H, W), times (B,) or (B, times) in [0, 1] and classes (see `Conditioning`) -> (B, C, H, W)."""

    def __init__(
        self, channels: int = 1, size: int = 28, width: int = 192, depth: int = 6, heads: int = 4, classes: int = 0, times: int = 1
    ):
        super().__init__()
        if size % PATCH:
            raise ValueError(f"the size must be a multiple of {PATCH}, got {size}")
        self.condition = Conditioning(width, classes, times)
        self.place = nn.Parameter(0.02 * torch.randn((size // PATCH) ** 2, width))
        self.first = nn.Linear(channels * PATCH**2, width)
        self.blocks = nn.ModuleList(Block(width, heads) for _ in range(depth))
        self.norm = nn.LayerNorm(width, elementwise_affine=False)
        self.modulation, self.last = zeroed(nn.Linear(width, 2 * width)), zeroed(nn.Linear(width, channels * PATCH**2))

    def forward(self, x: Tensor, times: Tensor, labels: Tensor | None = None) -> Tensor:
        e = self.condition(times, labels)
        patches = F.pixel_unshuffle(x.to(self.first.weight.dtype), PATCH)  # (B, C * PATCH^2, h, w)
        h = self.first(patches.flatten(2).transpose(1, 2)) + self.place  # (B, T, width)
        for block in self.blocks:
            h = block(h, e)
        scale, shift = self.modulation(e)[:, None].chunk(2, 2)
        patches = self.last(self.norm(h) * (1 + scale) + shift).transpose(1, 2).reshape(patches.shape)
        return F.pixel_shuffle(patches, PATCH)


class Block(nn.Module):
    """Attention, then two dense layers, each beside a shortcut through a gate that is closed at first (adaLN-Zero)."""

    def __init__(self, width: int, heads: int):
        super().__init__()
        self.heads = heads
        self.norm = nn.LayerNorm(width, elementwise_affine=False)
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.mlp = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(approximate="tanh"), nn.Linear(4 * width, width))
        self.modulation = zeroed(nn.Linear(width, 6 * width))

    def forward(self, x: Tensor, e: Tensor) -> Tensor:
        scale1, shift1, gate1, scale2, shift2, gate2 = self.modulation(e)[:, None].chunk(6, 2)
        x = x + gate1 * self.out(attend(self.qkv(self.norm(x) * (1 + scale1) + shift1), self.heads))
        return x + gate2 * self.mlp(self.norm(x) * (1 + scale2) + shift2)
