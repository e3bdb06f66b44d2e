"""LeNet-5 (LeCun et al. 1998, "Gradient-based learning applied to document recognition", fig. 2), with ReLU and max pooling
in place of the original's scaled tanh and trainable subsampling, and with C3 connected to all maps of S2."""

from collections import OrderedDict

from torch import Tensor, nn


class LeNet5(nn.Module):
    """Images (B, channels, size, size) -> class scores (B, classes); 61,706 parameters for ten classes and one channel.

    The paper's input is 32x32; one of 28x28 is padded by 2, which gives the same. Below 28 px the small stem is chosen:
    3x3 kernels with padding, so that only the pooling shrinks the maps.
    """

    head, maps = "classifier.fc3", "features.act2"

    def __init__(self, classes: int = 10, channels: int = 1, size: int = 32):
        super().__init__()
        small = size < 28
        self.stem = "small stem: 3x3 kernels with padding" if small else f"5x5 kernels, padding {2 if size < 32 else 0}"
        kernel, first, second = (3, 1, 1) if small else (5, 2 if size < 32 else 0, 0)
        self.features = nn.Sequential(
            OrderedDict(
                conv1=nn.Conv2d(channels, 6, kernel, padding=first),
                act1=nn.ReLU(),
                pool1=nn.MaxPool2d(2, ceil_mode=True),
                conv2=nn.Conv2d(6, 16, kernel, padding=second),
                act2=nn.ReLU(),
                pool2=nn.MaxPool2d(2, ceil_mode=True),
            )
        )
        side = grid(size, kernel, first, second)
        self.classifier = nn.Sequential(
            OrderedDict(
                fc1=nn.Linear(16 * side * side, 120),
                act3=nn.ReLU(),
                drop1=nn.Dropout(0.0),
                fc2=nn.Linear(120, 84),
                act4=nn.ReLU(),
                drop2=nn.Dropout(0.0),
                fc3=nn.Linear(84, classes),
            )
        )

    def forward(self, images: Tensor) -> Tensor:
        return self.classifier(self.features(images).flatten(1))


def grid(size: int, kernel: int, first: int, second: int) -> int:
    """The side of the last maps."""
    side = -(-(size + 2 * first - kernel + 1) // 2)
    return -(-(side + 2 * second - kernel + 1) // 2)
