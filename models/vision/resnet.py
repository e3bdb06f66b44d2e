"""ResNet-18, 34, 50, 101 and 152 (He et al. 2016, table 1), with torchvision's state_dict keys. As there, the bottleneck has
its stride in the 3x3 convolution."""

from torch import Tensor, nn

from models.fixed_order import MaxPool2d

LAYERS = {18: (2, 2, 2, 2), 34: (3, 4, 6, 3), 50: (3, 4, 6, 3), 101: (3, 4, 23, 3), 152: (3, 8, 36, 3)}


class ResNet(nn.Module):
    """Images (B, channels, size, size) -> class scores (B, classes); ResNet-18 has 11,689,512 parameters for 1,000 classes.

    Below 64 px the small stem is chosen: 3x3 with stride 1 and no pooling (section 4.2 of the paper, CIFAR-10).
    """

    head, maps, gap = "fc", "layer4", True
    layer1: nn.Module
    layer2: nn.Module
    layer3: nn.Module
    layer4: nn.Module

    def __init__(self, classes: int = 1000, channels: int = 3, size: int = 224, depth: int = 18):
        super().__init__()
        small = size < 64
        self.stem = "small stem: 3x3, stride 1, no pooling" if small else "7x7, stride 2, pooling"
        block: type[BasicBlock] | type[Bottleneck] = BasicBlock if depth < 50 else Bottleneck
        self.conv1 = nn.Conv2d(channels, 64, 3, 1, 1, bias=False) if small else nn.Conv2d(channels, 64, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.relu = nn.ReLU()
        self.maxpool = nn.Identity() if small else MaxPool2d(3, 2, 1)
        width = 64
        for i, count in enumerate(LAYERS[depth]):
            blocks: list[nn.Module] = []
            for j in range(count):
                blocks.append(block(width, 64 * 2**i, stride=2 if i and not j else 1))
                width = 64 * 2**i * block.expansion
            self.add_module(f"layer{i + 1}", nn.Sequential(*blocks))
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.dropout = nn.Dropout(0.0)
        self.fc = nn.Linear(width, classes)

    def forward(self, images: Tensor) -> Tensor:
        x = self.maxpool(self.relu(self.bn1(self.conv1(images))))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return self.fc(self.dropout(self.avgpool(x).flatten(1)))


class BasicBlock(nn.Module):
    """relu(F(x) + x) with two 3x3 convolutions in F (fig. 2)."""

    expansion = 1

    def __init__(self, channels: int, width: int, stride: int):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, width, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.relu1 = nn.ReLU()
        self.conv2 = nn.Conv2d(width, width, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.relu2 = nn.ReLU()
        self.downsample = shortcut(channels, width, stride)

    def forward(self, x: Tensor) -> Tensor:
        y = self.bn2(self.conv2(self.relu1(self.bn1(self.conv1(x)))))
        return self.relu2(y + (x if self.downsample is None else self.downsample(x)))


class Bottleneck(nn.Module):
    """relu(F(x) + x) with 1x1, 3x3, 1x1 in F (fig. 5)."""

    expansion = 4

    def __init__(self, channels: int, width: int, stride: int):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.relu1 = nn.ReLU()
        self.conv2 = nn.Conv2d(width, width, 3, stride, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.relu2 = nn.ReLU()
        self.conv3 = nn.Conv2d(width, 4 * width, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(4 * width)
        self.relu3 = nn.ReLU()
        self.downsample = shortcut(channels, 4 * width, stride)

    def forward(self, x: Tensor) -> Tensor:
        y = self.relu1(self.bn1(self.conv1(x)))
        y = self.bn3(self.conv3(self.relu2(self.bn2(self.conv2(y)))))
        return self.relu3(y + (x if self.downsample is None else self.downsample(x)))


def shortcut(channels: int, width: int, stride: int) -> nn.Sequential | None:
    """The projection of the identity path, where the shape changes."""
    if stride == 1 and channels == width:
        return None
    return nn.Sequential(nn.Conv2d(channels, width, 1, stride, bias=False), nn.BatchNorm2d(width))
