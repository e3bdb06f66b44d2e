"""GoogLeNet (Szegedy et al. 2015) as in torchvision: batch norm, and a 3x3 kernel where the paper has its "5x5" branch;
with torchvision's state_dict keys."""

import torch
from torch import Tensor, nn

from models.fixed_order import AdaptiveAvgPool2d, MaxPool2d

INCEPTIONS: dict[str, tuple[int, int, int, int, int, int, int]] = {
    "3a": (192, 64, 96, 128, 16, 32, 32), "3b": (256, 128, 128, 192, 32, 96, 64),
    "4a": (480, 192, 96, 208, 16, 48, 64), "4b": (512, 160, 112, 224, 24, 64, 64), "4c": (512, 128, 128, 256, 24, 64, 64),
    "4d": (512, 112, 144, 288, 32, 64, 64), "4e": (528, 256, 160, 320, 32, 128, 128),
    "5a": (832, 256, 160, 320, 32, 128, 128), "5b": (832, 384, 192, 384, 48, 128, 128),
}  # fmt: skip
"""Table 1 of the paper: channels in, #1x1, #3x3 reduce, #3x3, #5x5 reduce, #5x5, pool projection."""


class GoogLeNet(nn.Module):
    """Images (B, channels, size, size) -> class scores (B, classes); 6,624,904 parameters for 1,000 classes.

    With `auxiliary`, two more heads read the maps of 4a and 4d (13,004,888 parameters); `with_auxiliary` gives their
    scores too, which training adds to the loss with a weight of 0.3. Below 64 px the small stem is chosen: 3x3 with
    stride 1 and no pooling before the first inception.
    """

    head, maps, gap = "fc", "inception5b", True

    def __init__(self, classes: int = 1000, channels: int = 3, size: int = 224, auxiliary: bool = False, five: int = 3):
        """`five` is the side of the kernels in the "5x5" branch: 5 in the paper (7,005,832 parameters), 3 in torchvision."""
        super().__init__()
        small = size < 64
        self.stem = "small stem: 3x3, stride 1, no pooling" if small else "7x7, stride 2, two poolings"
        self.conv1 = BasicConv2d(channels, 64, 3, 1, 1) if small else BasicConv2d(channels, 64, 7, 2, 3)
        self.maxpool1 = nn.Identity() if small else MaxPool2d(3, 2, ceil_mode=True)
        self.conv2 = BasicConv2d(64, 64, 1)
        self.conv3 = BasicConv2d(64, 192, 3, 1, 1)
        self.maxpool2 = nn.Identity() if small else MaxPool2d(3, 2, ceil_mode=True)
        self.inception3a, self.inception3b = Inception(*INCEPTIONS["3a"], five), Inception(*INCEPTIONS["3b"], five)
        self.maxpool3 = MaxPool2d(3, 2, ceil_mode=True)
        self.inception4a, self.inception4b = Inception(*INCEPTIONS["4a"], five), Inception(*INCEPTIONS["4b"], five)
        self.inception4c, self.inception4d = Inception(*INCEPTIONS["4c"], five), Inception(*INCEPTIONS["4d"], five)
        self.inception4e = Inception(*INCEPTIONS["4e"], five)
        self.maxpool4 = nn.MaxPool2d(2, 2, ceil_mode=True)
        self.inception5a, self.inception5b = Inception(*INCEPTIONS["5a"], five), Inception(*INCEPTIONS["5b"], five)
        self.aux1 = AuxiliaryHead(512, classes) if auxiliary else None
        self.aux2 = AuxiliaryHead(528, classes) if auxiliary else None
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.dropout = nn.Dropout(0.2)
        self.fc = nn.Linear(1024, classes)

    def forward(self, images: Tensor) -> Tensor:
        _, _, scores = self.towers(images)
        return scores

    def with_auxiliary(self, images: Tensor) -> tuple[Tensor, ...]:
        """The scores, and those of the auxiliary heads where there are any."""
        at_4a, at_4d, scores = self.towers(images)
        if self.aux1 is None or self.aux2 is None:
            return (scores,)
        return scores, self.aux1(at_4a), self.aux2(at_4d)

    def towers(self, images: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        x = self.maxpool2(self.conv3(self.conv2(self.maxpool1(self.conv1(images)))))
        x = self.maxpool3(self.inception3b(self.inception3a(x)))
        at_4a = self.inception4a(x)
        at_4d = self.inception4d(self.inception4c(self.inception4b(at_4a)))
        x = self.inception5b(self.inception5a(self.maxpool4(self.inception4e(at_4d))))
        return at_4a, at_4d, self.fc(self.dropout(self.avgpool(x).flatten(1)))


class BasicConv2d(nn.Module):
    """Convolution without bias, batch norm, ReLU."""

    def __init__(self, channels: int, width: int, kernel: int, stride: int = 1, padding: int = 0):
        super().__init__()
        self.conv = nn.Conv2d(channels, width, kernel, stride, padding, bias=False)
        self.bn = nn.BatchNorm2d(width, eps=0.001)
        self.relu = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        return self.relu(self.bn(self.conv(x)))


class Inception(nn.Module):
    """Four branches side by side, concatenated: (B, channels, H, W) -> (B, sum of widths, H, W)."""

    def __init__(self, channels: int, one: int, three_in: int, three: int, five_in: int, five: int, pool: int, side: int = 3):
        super().__init__()
        self.branch1 = BasicConv2d(channels, one, 1)
        self.branch2 = nn.Sequential(BasicConv2d(channels, three_in, 1), BasicConv2d(three_in, three, 3, 1, 1))
        self.branch3 = nn.Sequential(BasicConv2d(channels, five_in, 1), BasicConv2d(five_in, five, side, 1, side // 2))
        self.branch4 = nn.Sequential(MaxPool2d(3, 1, 1, ceil_mode=True), BasicConv2d(channels, pool, 1))

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([self.branch1(x), self.branch2(x), self.branch3(x), self.branch4(x)], 1)


class AuxiliaryHead(nn.Module):
    """A small classifier on the maps in the middle, which gives the lower layers a gradient of their own."""

    def __init__(self, channels: int, classes: int):
        super().__init__()
        self.pool = AdaptiveAvgPool2d(4)
        self.conv = BasicConv2d(channels, 128, 1)
        self.fc1 = nn.Linear(2048, 1024)
        self.relu = nn.ReLU()
        self.dropout = nn.Dropout(0.7)
        self.fc2 = nn.Linear(1024, classes)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc2(self.dropout(self.relu(self.fc1(self.conv(self.pool(x)).flatten(1)))))
