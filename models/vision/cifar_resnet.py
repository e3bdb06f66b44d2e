"""Residual networks for small images, and the same layers without shortcuts (He et al. 2016, section 4.2): 6n + 2 layers, ResNet-20 and 56, plain-20 and 56.

The plain networks show the degradation: 56 layers train worse than 20 without shortcuts, and not for overfitting.
"""

from torch import Tensor, nn
from torch.nn import functional as F

WIDTHS = (16, 32, 64)
"""Filters of the three stages, each on half the side of the one before."""


class CifarResNet(nn.Module):
    """Images (B, channels, size, size) -> class scores (B, classes); 269,722 parameters with 20 layers, ten classes and three channels.

    Shortcuts have no parameters: where the shape changes, every second pixel and zeros for the new maps (option A of the paper).
    """

    head, maps, gap = "fc", "stage3", True

    def __init__(self, classes: int = 10, channels: int = 3, size: int = 32, depth: int = 20, shortcuts: bool = True):
        super().__init__()
        self.stem = f"3x3, stride 1, {'with' if shortcuts else 'no'} shortcuts, the same at every size"
        count = (depth - 2) // 6
        self.conv1, self.bn1, self.relu = nn.Conv2d(channels, WIDTHS[0], 3, 1, 1, bias=False), nn.BatchNorm2d(WIDTHS[0]), nn.ReLU()
        before = WIDTHS[0]
        for i, width in enumerate(WIDTHS):
            blocks = []
            for j in range(count):
                blocks.append(Block(before, width, 2 if i and not j else 1, shortcuts))
                before = width
            self.add_module(f"stage{i + 1}", nn.Sequential(*blocks))
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.dropout = nn.Dropout(0.0)
        self.fc = nn.Linear(WIDTHS[-1], classes)

    def forward(self, images: Tensor) -> Tensor:
        x = self.relu(self.bn1(self.conv1(images)))
        for i in range(len(WIDTHS)):
            x = self.get_submodule(f"stage{i + 1}")(x)
        return self.fc(self.dropout(self.avgpool(x).flatten(1)))


class Block(nn.Module):
    """relu(F(x) + x) with two 3x3 convolutions in F, or relu(F(x))."""

    def __init__(self, before: int, width: int, stride: int, shortcut: bool):
        super().__init__()
        self.stride, self.new, self.shortcut = stride, width - before, shortcut
        self.conv1, self.bn1, self.relu1 = nn.Conv2d(before, width, 3, stride, 1, bias=False), nn.BatchNorm2d(width), nn.ReLU()
        self.conv2, self.bn2, self.relu2 = nn.Conv2d(width, width, 3, 1, 1, bias=False), nn.BatchNorm2d(width), nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        y = self.bn2(self.conv2(self.relu1(self.bn1(self.conv1(x)))))
        if not self.shortcut:
            return self.relu2(y)
        same = x[:, :, :: self.stride, :: self.stride]
        if self.new:  # In the middle of the new maps, as in the authors' code.
            same = F.pad(same, (0, 0, 0, 0, self.new // 2, self.new - self.new // 2))
        return self.relu2(y + same)
