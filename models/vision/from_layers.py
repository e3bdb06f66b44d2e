"""The network that a list of layers describes (`layer_list` explains the list)."""

from collections import Counter, OrderedDict

from torch import Tensor, nn

from models.fixed_order import MaxPool2d
from models.vision.layer_list import ListedLayer, calculate, read_layers, shape_text
from models.vision.surgery import ACTIVATIONS

NAMES = {"conv": "conv", "pool": "pool", "average": "pool", "gap": "gap", "gmp": "gmp", "batch norm": "norm", "dropout": "drop",
         "flatten": "flatten", "dense": "fc"}  # fmt: skip


class FromLayers(nn.Module):
    """Images (B, channels, size, size) -> class scores (B, classes), by the layers of a list one after another.

    Modules are named by their kinds, each counted: layers.conv1, layers.act1, layers.fc2. Raises ValueError where the list does not
    fit the images, or does not end with a dense layer of a unit for each class.
    """

    def __init__(self, classes: int = 10, channels: int = 3, size: int = 64, layers: str = ""):
        super().__init__()
        listed = read_layers(layers)
        rows = calculate(listed, (channels, size, size), classes)
        own = listed[0].shape
        if own and own != (channels, size, size):
            raise ValueError(f"the list is for images of {shape_text(own)}, these are {shape_text((channels, size, size))}")
        inner = [layer for layer in listed if layer.kind != "input"]
        if inner[-1].kind != "dense" or rows[-1].shape != (classes,):
            raise ValueError(f"the list must end with `dense classes`, a unit for each of {classes} classes, not with `{rows[-1].layer}`")
        self.channels, self.size = channels, size
        self.stem = f"a list of {len(inner)} layers"
        made: OrderedDict[str, nn.Module] = OrderedDict()
        count: Counter[str] = Counter()
        shape: tuple[int, ...] = (channels, size, size)

        def add(kind: str, module: nn.Module) -> str:
            count[kind] += 1
            made[f"{kind}{count[kind]}"] = module
            return f"layers.{kind}{count[kind]}"

        for layer, row in zip(inner, rows, strict=True):
            if layer.kind not in NAMES:
                raise ValueError(f"{row.layer}: is counted, not built; images have no words")
            name = add(NAMES[layer.kind], module_of(layer, shape, row.shape))
            if layer.kind == "dense":
                self.head = name
            if layer.activation not in ("", "linear"):
                name = add("act", ACTIVATIONS[layer.activation]())
            if layer.kind == "conv":
                self.maps = name
            shape = row.shape
        self.gap = [layer.kind for layer in inner[-2:]] == ["gap", "dense"]
        self.layers = nn.Sequential(made)

    def forward(self, images: Tensor) -> Tensor:
        return self.layers(images)


def module_of(layer: ListedLayer, before: tuple[int, ...], after: tuple[int, ...]) -> nn.Module:
    """The module of a layer between two shapes."""
    match layer.kind:
        case "conv":
            return nn.Conv2d(before[0], layer.units, layer.side, layer.stride, layer.padding)
        case "pool":
            return MaxPool2d(layer.side, layer.stride, layer.padding)
        case "average":
            return nn.AvgPool2d(layer.side, layer.stride, layer.padding)
        case "gap":
            return nn.Sequential(OrderedDict(mean=nn.AdaptiveAvgPool2d(1), flat=nn.Flatten()))
        case "gmp":
            return nn.Sequential(OrderedDict(largest=nn.AdaptiveMaxPool2d(1), flat=nn.Flatten()))
        case "batch norm":
            return nn.BatchNorm2d(before[0]) if len(before) == 3 else nn.BatchNorm1d(before[0])
        case "dropout":
            return nn.Dropout(layer.rate)
        case "dense":
            return nn.Linear(before[0], after[0])
    return nn.Flatten()
