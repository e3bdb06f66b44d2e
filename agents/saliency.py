"""Saliency: which pixels move an agent's decision (Simonyan et al. 2014)."""

import cv2
import numpy as np
import torch
from torch import nn

from lab.atari.games import STACK
from models.kernels.pixel_blocks import space_to_depth


def saliency(net: nn.Module, stack: np.ndarray) -> np.ndarray:
    """How strongly each pixel moves the chosen action's Q value: (84, 84) float32 in [0, 1].

    The absolute gradient of max_a Q(s, a) with respect to the pixels (Simonyan et al. 2014), its largest value over the
    four frames, smoothed over 5x5 pixels, and scaled to a maximum of 1.
    """
    parameter = next(net.parameters())
    with torch.enable_grad():
        blocks = space_to_depth(torch.from_numpy(stack)[None]).to(parameter.device, parameter.dtype).requires_grad_()
        q = net(blocks)
        (gradient,) = torch.autograd.grad(q.max(), blocks)
    blocks_of = gradient[0].float().abs().cpu().numpy().reshape(STACK, 4, 4, 21, 21)  # frame, y % 4, x % 4, y, x
    pixels = blocks_of.transpose(0, 3, 1, 4, 2).reshape(STACK, 84, 84).max(0)
    smooth = cv2.GaussianBlur(pixels, (5, 5), 0)
    return (smooth / max(float(smooth.max()), 1e-12)).astype(np.float32)
