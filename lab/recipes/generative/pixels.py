"""Conversions between uint8 images and what networks take and give, and the fixed noise of a seed."""

import base64
import binascii
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from lab.errors import UsageError

NOISE_ROWS = 256


@lru_cache(maxsize=16)
def fixed_noise(seed: int, latent: int) -> Tensor:
    """The noise (256, latent) of a seed, always the same whatever part of it is used."""
    return torch.randn(NOISE_ROWS, latent, generator=torch.Generator().manual_seed(seed))


def enlargement(side: int, wanted: int) -> int:
    """How many times a picture is enlarged, so that its side is about `wanted` pixels."""
    return max(1, round(wanted / side))


def unit_images(images: Tensor, dtype: torch.dtype) -> Tensor:
    """uint8 (B, C, H, W) -> [0, 1]."""
    return images.to(dtype).mul_(1 / 255)


def signed_images(images: Tensor, dtype: torch.dtype = torch.float32) -> Tensor:
    """uint8 (B, C, H, W) -> [-1, 1], channels_last."""
    return images.to(dtype, memory_format=torch.channels_last).mul_(2 / 255).sub_(1)


def to_pixels(images: Tensor) -> np.ndarray:
    """[0, 1] (N, C, H, W) -> uint8 (N, H, W), or (N, H, W, 3) for colour."""
    pixels = images.detach().float().clamp(0, 1).mul(255).round().to(torch.uint8).cpu()
    return pixels[:, 0].numpy() if pixels.shape[1] == 1 else pixels.permute(0, 2, 3, 1).contiguous().numpy()


def given_image(shape: tuple[int, int, int], pixels: str) -> Tensor:
    """(1, C, H, W) in [0, 1] from base64 of C * H * W bytes in the order row, column, channel."""
    channels, height, width = shape
    try:
        array = np.frombuffer(base64.b64decode(pixels, validate=True), np.uint8).reshape(height, width, channels)
    except (binascii.Error, ValueError):
        raise UsageError(f"--pixels must be base64 of {height} x {width} x {channels} bytes.") from None
    return unit_images(torch.from_numpy(array.copy()).permute(2, 0, 1)[None], torch.float32)
