"""The Q network of an agent as one function of frames, for other programs."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lab.exported import Exported


class FramesToValues(nn.Module):
    """Frames (B, 4, 84, 84) uint8 to Q values (B, actions), without the tricks on bytes that other programs do not have."""

    def __init__(self, net: nn.Module):
        super().__init__()
        self.net = net

    def forward(self, frames: Tensor) -> Tensor:
        return self.net(F.pixel_unshuffle(frames.float(), 4))


def q_values(net: nn.Module, actions: int) -> Exported:
    pixels = torch.randint(0, 256, (2, 4, 84, 84), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    about = f"the last four grey frames, uint8 (B, 4, 84, 84), oldest first -> Q values (B, {actions}); the largest is the action to take."
    return Exported(FramesToValues(net), {"frames": pixels}, "values", about)
