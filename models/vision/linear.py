"""The linear classifier: scores = W x + b. Each row of W, seen as an image, is the template of its class."""

from torch import Tensor, nn


class LinearClassifier(nn.Module):
    """Images (B, channels, size, size) -> class scores (B, classes)."""

    head, stem = "fc", "none: pixels go straight into a dense layer"

    def __init__(self, classes: int = 10, channels: int = 1, size: int = 8):
        super().__init__()
        self.channels, self.size = channels, size
        self.fc = nn.Linear(channels * size * size, classes)

    def forward(self, images: Tensor) -> Tensor:
        return self.fc(images.flatten(1))

    def templates(self) -> Tensor:
        """W as pictures (classes, channels, size, size)."""
        return self.fc.weight.view(-1, self.channels, self.size, self.size)
