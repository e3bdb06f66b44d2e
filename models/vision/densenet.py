"""DenseNet-121 (Huang et al. 2017, table 1, growth rate 32), with torchvision's state_dict keys."""

from collections import OrderedDict

import torch
from torch import Tensor, nn

from models.fixed_order import MaxPool2d

LAYERS = {121: (6, 12, 24, 16)}
GROWTH, BOTTLENECK = 32, 4


class DenseNet(nn.Module):
    """Images (B, channels, size, size) -> class scores (B, classes); 7,978,856 parameters for 1,000 classes.

    Below 64 px the small stem is chosen: 3x3 with stride 1 and no pooling, as in the paper's CIFAR-10 networks.
    """

    head, maps, gap = "classifier", "relu", True

    def __init__(self, classes: int = 1000, channels: int = 3, size: int = 224, depth: int = 121):
        super().__init__()
        small = size < 64
        self.stem = "small stem: 3x3, stride 1, no pooling" if small else "7x7, stride 2, pooling"
        conv0 = nn.Conv2d(channels, 64, 3, 1, 1, bias=False) if small else nn.Conv2d(channels, 64, 7, 2, 3, bias=False)
        self.features = nn.Sequential(
            OrderedDict(conv0=conv0, norm0=nn.BatchNorm2d(64), relu0=nn.ReLU(), pool0=nn.Identity() if small else MaxPool2d(3, 2, 1))
        )
        width = 64
        for i, count in enumerate(LAYERS[depth]):
            block = nn.Sequential(OrderedDict((f"denselayer{j + 1}", DenseLayer(width + j * GROWTH)) for j in range(count)))
            self.features.add_module(f"denseblock{i + 1}", block)
            width += count * GROWTH
            if i + 1 < len(LAYERS[depth]):
                self.features.add_module(f"transition{i + 1}", transition(width, width // 2))
                width //= 2
        self.features.add_module("norm5", nn.BatchNorm2d(width))
        self.relu = nn.ReLU()
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.dropout = nn.Dropout(0.0)
        self.classifier = nn.Linear(width, classes)

    def forward(self, images: Tensor) -> Tensor:
        x = self.relu(self.features(images))
        return self.classifier(self.dropout(self.avgpool(x).flatten(1)))


class DenseLayer(nn.Module):
    """(B, channels, H, W) -> (B, channels + 32, H, W): the input with 32 new maps behind it."""

    def __init__(self, channels: int):
        super().__init__()
        self.norm1 = nn.BatchNorm2d(channels)
        self.relu1 = nn.ReLU()
        self.conv1 = nn.Conv2d(channels, BOTTLENECK * GROWTH, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(BOTTLENECK * GROWTH)
        self.relu2 = nn.ReLU()
        self.conv2 = nn.Conv2d(BOTTLENECK * GROWTH, GROWTH, 3, padding=1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        new = self.conv2(self.relu2(self.norm2(self.conv1(self.relu1(self.norm1(x))))))
        return torch.cat([x, new], 1)


def transition(channels: int, width: int) -> nn.Sequential:
    """Between two blocks: half the maps, half the side."""
    return nn.Sequential(
        OrderedDict(
            norm=nn.BatchNorm2d(channels),
            relu=nn.ReLU(),
            conv=nn.Conv2d(channels, width, 1, bias=False),
            pool=nn.AvgPool2d(2, ceil_mode=True),
        )
    )
