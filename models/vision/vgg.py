"""VGG-11, 13, 16 and 19 (Simonyan & Zisserman 2015, table 1, columns A, B, D, E), with torchvision's state_dict keys."""

from torch import Tensor, nn

from models.fixed_order import AdaptiveAvgPool2d

BLOCKS = {11: (1, 1, 2, 2, 2), 13: (2, 2, 2, 2, 2), 16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}
"""3x3 convolutions before each of the five poolings."""
WIDTHS = (64, 128, 256, 512, 512)


class VGG(nn.Module):
    """Images (B, channels, size, size) -> class scores (B, classes); VGG-16 has 138,357,544 parameters for 1,000 classes.

    Below 64 px the small form is chosen: the last maps are averaged to one value each and the dense layers have 512
    units, as is usual on CIFAR; pooling of maps of odd size rounds up.
    """

    head = "classifier.6"

    def __init__(self, classes: int = 1000, channels: int = 3, size: int = 224, depth: int = 16, batch_norm: bool = False):
        super().__init__()
        small = size < 64
        self.stem = "small form: average of the last maps, dense layers of 512" if small else "7x7 grid, dense layers of 4,096"
        layers: list[nn.Module] = []
        for width, count in zip(WIDTHS, BLOCKS[depth], strict=True):
            for _ in range(count):
                layers.append(nn.Conv2d(channels, width, 3, padding=1))
                layers += [nn.BatchNorm2d(width), nn.ReLU()] if batch_norm else [nn.ReLU()]
                channels = width
            layers.append(nn.MaxPool2d(2, ceil_mode=small))
        self.features = nn.Sequential(*layers)
        self.maps = f"features.{len(layers) - 2}"
        side, hidden = (1, 512) if small else (7, 4096)
        self.avgpool = AdaptiveAvgPool2d(side)
        self.classifier = nn.Sequential(
            nn.Linear(512 * side * side, hidden), nn.ReLU(), nn.Dropout(0.5),
            nn.Linear(hidden, hidden), nn.ReLU(), nn.Dropout(0.5),
            nn.Linear(hidden, classes),
        )  # fmt: skip

    def forward(self, images: Tensor) -> Tensor:
        return self.classifier(self.avgpool(self.features(images)).flatten(1))
