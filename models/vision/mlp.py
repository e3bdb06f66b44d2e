"""The multi-layer perceptron on pixels: dense layers with an activation between them."""

from collections.abc import Sequence

from torch import Tensor, nn


class MLP(nn.Module):
    """Images (B, channels, size, size) -> class scores (B, classes). 784-128-10 has 101,770 parameters."""

    def __init__(self, classes: int = 10, channels: int = 1, size: int = 28, hidden: Sequence[int] = (128,)):
        super().__init__()
        self.channels, self.size = channels, size
        self.stem = "none: pixels go straight into a dense layer"
        layers: list[nn.Module] = []
        width = channels * size * size
        for units in hidden:
            layers += [nn.Linear(width, units), nn.ReLU(), nn.Dropout(0.0)]
            width = units
        self.layers = nn.Sequential(*layers, nn.Linear(width, classes))
        self.head = f"layers.{len(layers)}"

    def forward(self, images: Tensor) -> Tensor:
        return self.layers(images.flatten(1))
