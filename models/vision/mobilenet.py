"""MobileNet: V1 of depthwise separable convolutions (Howard et al. 2017, table 1) and V2 of inverted residuals (Sandler et
al. 2018, table 2). V2 has torchvision's state_dict keys; V1 is not in torchvision."""

from collections import OrderedDict

from torch import Tensor, nn

V1 = ((64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), *((512, 1),) * 5, (1024, 2), (1024, 1))
"""Width and stride of each depthwise separable convolution."""
V2 = ((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1))
"""Expansion t, width c, repeats n, first stride s of each stage."""


class MobileNetV1(nn.Module):
    """Images (B, channels, size, size) -> class scores (B, classes); 4,231,976 parameters for 1,000 classes.

    Below 64 px the small stem is chosen: stride 1 in the first convolution and in the first separable one with stride 2.
    """

    head, maps, gap = "fc", "features", True

    def __init__(self, classes: int = 1000, channels: int = 3, size: int = 224):
        super().__init__()
        small = size < 64
        self.stem = "small stem: 3x3, stride 1; one stride less" if small else "3x3, stride 2"
        layers: list[nn.Module] = [conv_norm(channels, 32, 3, 1 if small else 2)]
        width = 32
        for i, (wider, stride) in enumerate(V1):
            layers.append(
                nn.Sequential(
                    OrderedDict(
                        depthwise=conv_norm(width, width, 3, 1 if small and i == 1 else stride, groups=width),
                        pointwise=conv_norm(width, wider, 1),
                    )
                )
            )
            width = wider
        self.features = nn.Sequential(*layers)
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.dropout = nn.Dropout(0.001)
        self.fc = nn.Linear(width, classes)

    def forward(self, images: Tensor) -> Tensor:
        return self.fc(self.dropout(self.avgpool(self.features(images)).flatten(1)))


class MobileNetV2(nn.Module):
    """Images (B, channels, size, size) -> class scores (B, classes); 3,504,872 parameters for 1,000 classes.

    Below 64 px the small stem is chosen: stride 1 in the first convolution and in the first stage with stride 2.
    """

    head, maps, gap = "classifier.1", "features", True

    def __init__(self, classes: int = 1000, channels: int = 3, size: int = 224):
        super().__init__()
        small = size < 64
        self.stem = "small stem: 3x3, stride 1; one stride less" if small else "3x3, stride 2"
        layers: list[nn.Module] = [conv_norm(channels, 32, 3, 1 if small else 2, relu=nn.ReLU6)]
        width = 32
        for i, (expansion, wider, count, first) in enumerate(V2):
            for j in range(count):
                stride = first if j == 0 and not (small and i == 1) else 1
                layers.append(InvertedResidual(width, wider, stride, expansion))
                width = wider
        layers.append(conv_norm(width, 1280, 1, relu=nn.ReLU6))
        self.features = nn.Sequential(*layers)
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.classifier = nn.Sequential(nn.Dropout(0.2), nn.Linear(1280, classes))

    def forward(self, images: Tensor) -> Tensor:
        return self.classifier(self.avgpool(self.features(images)).flatten(1))


class InvertedResidual(nn.Module):
    """Expand by 1x1, filter each map by 3x3, project by 1x1 without activation; added to the input where shapes agree."""

    def __init__(self, channels: int, width: int, stride: int, expansion: int):
        super().__init__()
        hidden = channels * expansion
        expand = [conv_norm(channels, hidden, 1, relu=nn.ReLU6)] if expansion != 1 else []
        self.conv = nn.Sequential(
            *expand, conv_norm(hidden, hidden, 3, stride, groups=hidden, relu=nn.ReLU6),
            nn.Conv2d(hidden, width, 1, bias=False), nn.BatchNorm2d(width),
        )  # fmt: skip
        self.residual = stride == 1 and channels == width

    def forward(self, x: Tensor) -> Tensor:
        return x + self.conv(x) if self.residual else self.conv(x)


def conv_norm(
    channels: int, width: int, kernel: int, stride: int = 1, groups: int = 1, relu: type[nn.ReLU] | type[nn.ReLU6] = nn.ReLU
) -> nn.Sequential:
    """Convolution without bias, batch norm, activation."""
    conv = nn.Conv2d(channels, width, kernel, stride, (kernel - 1) // 2, groups=groups, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(width), relu())
