"""The trunk of IMPALA (Espeholt et al. 2018), wider and with a maximum pool at the end, as Beyond the Rainbow has it (Clark et al. 2024)."""

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.fixed_order import AdaptiveMaxPool2d, MaxPool2d

POOL = 6
MAPS = (16, 32, 32)
SQUARINGS = 6


class ImpalaTrunk(nn.Module):
    """Frames (B, 4, 84, 84) of 0 to 255 -> features (B, 36 * 32 * `width`).

    Three stages of a 3x3 convolution, a 3x3 maximum pool of stride 2 and two residual blocks, with 16, 32 and 32 times `width` maps; then
    the maximum over 6x6 parts. With `spectral`, the weights in residual blocks are divided by their largest singular value.
    """

    def __init__(self, width: int = 2, spectral: bool = False):
        super().__init__()
        maps = [4, *(width * m for m in MAPS)]
        self.stage1, self.stage2, self.stage3 = (Stage(i, o, spectral) for i, o in pairwise(maps))
        self.largest = AdaptiveMaxPool2d(POOL)
        self.features = POOL * POOL * maps[-1]

    def forward(self, frames: Tensor) -> Tensor:
        x = self.stage3(self.stage2(self.stage1(frames * (1 / 255))))
        return self.largest(F.relu(x)).flatten(1)

    def first_maps(self, frames: Tensor) -> Tensor:
        """The first convolution's maps (B, 16 * width, 84, 84)."""
        return F.relu(self.stage1.conv(frames * (1 / 255)))

    def filters(self) -> Tensor:
        """The first convolution's weights (16 * width, 4, 3, 3)."""
        return self.stage1.conv.weight


class Stage(nn.Module):
    """(B, I, H, W) -> (B, O, H / 2, W / 2), rounded up."""

    def __init__(self, inputs: int, outputs: int, spectral: bool):
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, 3, padding=1)
        self.pool = MaxPool2d(3, stride=2, padding=1)
        self.residual1, self.residual2 = ResidualBlock(outputs, spectral), ResidualBlock(outputs, spectral)

    def forward(self, x: Tensor) -> Tensor:
        return self.residual2(self.residual1(self.pool(self.conv(x))))


class ResidualBlock(nn.Module):
    """x + conv(relu(conv(relu(x)))), both convolutions 3x3."""

    def __init__(self, maps: int, spectral: bool):
        super().__init__()
        self.conv1, self.conv2 = (nn.Conv2d(maps, maps, 3, padding=1) for _ in range(2))
        self.spectral = spectral

    def forward(self, x: Tensor) -> Tensor:
        return x + self.convolved(F.relu(self.convolved(F.relu(x), self.conv1)), self.conv2)

    def convolved(self, x: Tensor, conv: nn.Conv2d) -> Tensor:
        weight = conv.weight / spectral_norm(conv.weight).to(conv.weight.dtype) if self.spectral else conv.weight
        return F.conv2d(x, weight, conv.bias, padding=1)


def spectral_norm(weight: Tensor) -> Tensor:
    """The largest singular value of a weight (O, ...) as a matrix (O, I), a 0-d float32 tensor (Miyato et al. 2018).

    The power iteration starts afresh each time, on W W^T squared six times: no vector has to be kept from step to step. The singular
    vectors count as constants in the gradient, as in the paper.
    """
    matrix = weight.flatten(1).float()
    with torch.no_grad():
        power = matrix @ matrix.t()  # (O, O)
        for _ in range(SQUARINGS):
            power = power @ power / power.norm().clamp(min=1e-30).square()
        left = F.normalize(power @ power.new_ones(len(power)), dim=0, eps=1e-12)
        right = F.normalize(matrix.t() @ left, dim=0, eps=1e-12)
    return left @ (matrix @ right)
