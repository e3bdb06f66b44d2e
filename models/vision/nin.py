"""Network in Network (Lin et al. 2014): 1x1 convolutions after each convolution, and global average pooling in place of
dense layers, so that each class has a map of its own. Small images take the paper's CIFAR-10 form."""

from torch import Tensor, nn

from models.fixed_order import MaxPool2d


class NiN(nn.Module):
    """Images (B, channels, size, size) -> class scores (B, classes): the mean of the class's map."""

    head = "features.classes"
    gap = True

    def __init__(self, classes: int = 1000, channels: int = 3, size: int = 224):
        super().__init__()
        small = size < 64
        self.stem = "small stem: 5x5, stride 1 (the paper's CIFAR-10 form)" if small else "11x11, stride 4"
        self.features = nn.Sequential()
        if small:
            self.mlpconv(1, channels, (192, 160, 96), 5, padding=2)
            self.rest(1, MaxPool2d(3, 2, ceil_mode=True))
            self.mlpconv(2, 96, (192, 192, 192), 5, padding=2)
            self.rest(2, nn.AvgPool2d(3, 2, ceil_mode=True))
            self.mlpconv(3, 192, (192, 192), 3, padding=1)
            last = 192
        else:
            self.mlpconv(1, channels, (96, 96, 96), 11, stride=4)
            self.rest(1, MaxPool2d(3, 2), drop=False)
            self.mlpconv(2, 96, (256, 256, 256), 5, padding=2)
            self.rest(2, MaxPool2d(3, 2), drop=False)
            self.mlpconv(3, 256, (384, 384, 384), 3, padding=1)
            self.rest(3, MaxPool2d(3, 2, ceil_mode=True))
            self.mlpconv(4, 384, (1024, 1024), 3, padding=1)
            last = 1024
        self.maps = next(name for name in reversed([f"features.{n}" for n, _ in self.features.named_children()]) if "act" in name)
        self.features.add_module("classes", nn.Conv2d(last, classes, 1))
        self.avgpool = nn.AdaptiveAvgPool2d(1)

    def mlpconv(self, block: int, channels: int, widths: tuple[int, ...], kernel: int, stride: int = 1, padding: int = 0) -> None:
        """A spatial convolution and the 1x1 convolutions that make it a small network at each place."""
        for i, width in enumerate(widths):
            conv = nn.Conv2d(channels, width, kernel, stride, padding) if i == 0 else nn.Conv2d(channels, width, 1)
            self.features.add_module(f"conv{block}_{i + 1}", conv)
            self.features.add_module(f"act{block}_{i + 1}", nn.ReLU())
            channels = width

    def rest(self, block: int, pool: nn.Module, drop: bool = True) -> None:
        self.features.add_module(f"pool{block}", pool)
        if drop:
            self.features.add_module(f"drop{block}", nn.Dropout(0.5))

    def forward(self, images: Tensor) -> Tensor:
        return self.avgpool(self.features(images)).flatten(1)
