"""AlexNet (Krizhevsky et al. 2012) in the one-tower form of Krizhevsky 2014, with torchvision's state_dict keys."""

from torch import Tensor, nn
from torch.nn import functional as F

from models.fixed_order import AdaptiveAvgPool2d, MaxPool2d


class AlexNet(nn.Module):
    """Images (B, channels, size, size) -> class scores (B, classes); 61,100,840 parameters for 1,000 classes.

    Below 64 px the small stem is chosen: a 3x3 kernel with stride 2 in place of 11x11 with stride 4, and a dense layer on
    the maps as they are instead of on a 6x6 grid.
    """

    head, maps = "classifier.6", "features.11"

    def __init__(self, classes: int = 1000, channels: int = 3, size: int = 224, response_norm: bool = False):
        """`response_norm` is the paper's local response normalisation after the first two convolutions, which torchvision leaves out."""
        super().__init__()
        small = size < 64
        pad = 1 if small else 0
        self.stem = "small stem: 3x3, stride 2" if small else "11x11, stride 4"
        stem = nn.Conv2d(channels, 64, 3, 2, 1) if small else nn.Conv2d(channels, 64, 11, 4, 2)
        self.features = nn.Sequential(
            stem, NormReLU() if response_norm else nn.ReLU(), MaxPool2d(3, 2, padding=pad),
            nn.Conv2d(64, 192, 5, padding=2), NormReLU() if response_norm else nn.ReLU(), MaxPool2d(3, 2, padding=pad),
            nn.Conv2d(192, 384, 3, padding=1), nn.ReLU(),
            nn.Conv2d(384, 256, 3, padding=1), nn.ReLU(),
            nn.Conv2d(256, 256, 3, padding=1), nn.ReLU(), MaxPool2d(3, 2, padding=pad),
        )  # fmt: skip
        side = 2 if small else 6
        self.avgpool = AdaptiveAvgPool2d(side)
        self.classifier = nn.Sequential(
            nn.Dropout(0.5), nn.Linear(256 * side * side, 4096), nn.ReLU(),
            nn.Dropout(0.5), nn.Linear(4096, 4096), nn.ReLU(),
            nn.Linear(4096, classes),
        )  # fmt: skip

    def forward(self, images: Tensor) -> Tensor:
        return self.classifier(self.avgpool(self.features(images)).flatten(1))


class NormReLU(nn.ReLU):
    """ReLU, then local response normalisation: each value over (2 + 1e-4 * sum of squares of its five neighbouring maps)^0.75 (section 3.3)."""

    def forward(self, maps: Tensor) -> Tensor:
        # PyTorch's alpha is divided by the number of maps.
        return F.local_response_norm(super().forward(maps), 5, alpha=5e-4, beta=0.75, k=2.0)
