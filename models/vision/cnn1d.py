"""A 1-D convolutional network for series (Wang et al. 2017, "Time series classification from scratch", the FCN, here with an
odd first kernel), with global average pooling: it takes any length, and CAM shows which moments support a class."""

from torch import Tensor, nn


class CNN1D(nn.Module):
    """Series (B, channels, length) -> class scores (B, classes). Images (B, channels, H, W) are read row by row as one series."""

    head, maps, gap = "fc", "features", True

    def __init__(self, classes: int = 10, channels: int = 1, size: int = 128):
        super().__init__()
        self.stem = "7 wide, stride 1"
        layers: list[nn.Module] = []
        for width, kernel in ((128, 7), (256, 5), (128, 3)):
            layers += [nn.Conv1d(channels, width, kernel, padding=kernel // 2, bias=False), nn.BatchNorm1d(width), nn.ReLU()]
            channels = width
        self.features = nn.Sequential(*layers)
        self.avgpool = nn.AdaptiveAvgPool1d(1)
        self.dropout = nn.Dropout(0.0)
        self.fc = nn.Linear(channels, classes)

    def forward(self, series: Tensor) -> Tensor:
        return self.fc(self.dropout(self.avgpool(self.features(series.flatten(2))).flatten(1)))
