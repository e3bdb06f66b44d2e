"""A network as a list of layers, and the calculator of it: the shape, the parameters and the receptive field after each.

A list has one layer a line, or layers separated by commas; `#` begins a comment:

    input 64x64x3        height x width x channels, or the number of words; may be left out
    conv 8 3             filters, side of the kernel; then `stride 2`, `padding 0`, an activation (relu unless it says otherwise)
    batch norm
    pool 2               the largest of 2x2; `average 2` their mean; `stride 1`
    gap                  global average pooling; `gmp` the largest
    dropout 0.5
    flatten
    dense 64             units, activation
    dense classes        the last: as many units as there are classes, no activation
    embedding 13000 100  words, dimensions; `lstm 64`: units. Counted, not built

This room computes with whole numbers alone and imports no PyTorch; `from_layers` builds the network.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

ACTIVATIONS = ("relu", "leaky_relu", "elu", "softplus", "sigmoid", "tanh", "linear")
NUMBERS = {"conv": (2, 2), "pool": (1, 1), "average": (1, 1), "dropout": (1, 1), "dense": (1, 1), "embedding": (2, 2), "lstm": (1, 1)}
"""How many numbers stand after the word, at least and at most; none after the others."""
WORDS = (*NUMBERS, "input", "batch norm", "gap", "gmp", "flatten")
MOST = 1_000_000
NOTES_CNN = "input 64x64x3, conv 8 3, pool 2, conv 16 3, pool 2, conv 16 3, pool 2, conv 24 5, pool 2, conv 24 5, gap, dense 64, dense 16, dense classes"
"""A Keras exercise: 30,485 parameters with five classes. It names filters and no kernels: of 3x3 and 5x5, the smaller first, only these give that number."""


@dataclass(frozen=True)
class ListedLayer:
    """One layer of a list. `units` are filters, units or words; `side` is a kernel's, or the dimensions of an embedding."""

    kind: str
    units: int = 0
    side: int = 0
    stride: int = 1
    padding: int = 0
    activation: str = ""
    rate: float = 0.0
    shape: tuple[int, ...] = ()
    """Of an input: (channels, height, width) or (words,)."""
    classes: bool = False
    """Whether `units` is to be the number of classes."""


@dataclass(frozen=True)
class Calculated:
    """One layer as calculated: its output's shape (channels, height, width), (units,) or (words, units); `formula` gives `parameters`,
    of which `fixed` are not trained; `receptive` is the side in pixels of what one value sees."""

    layer: str
    shape: tuple[int, ...]
    parameters: int
    fixed: int
    formula: str
    receptive: int


def read_layers(text: str) -> list[ListedLayer]:
    """The layers of a list. Raises ValueError that quotes the layer that cannot be read."""
    lines = [part.strip() for line in text.splitlines() for part in line.split("#")[0].split(",")]
    layers = [read_layer(line) for line in lines if line]
    if not any(layer.kind != "input" for layer in layers):
        raise ValueError("there is no layer; try: conv 8 3, pool 2, gap, dense classes")
    if any(layer.kind == "input" for layer in layers[1:]):
        raise ValueError("input stands once, in the first place")
    return layers


def read_layer(line: str) -> ListedLayer:
    """One layer of one line."""
    words = line.lower().replace("batchnorm", "batch norm").replace("batch_norm", "batch norm").split()
    kind = " ".join(words[:2]) if words[:2] == ["batch", "norm"] else words[0]
    if kind not in WORDS:
        raise ValueError(f"{line!r}: there is no layer {words[0]!r}; there are {', '.join(WORDS)}")
    rest = words[len(kind.split()) :]
    if kind == "input":
        return ListedLayer(kind, shape=read_shape(line, rest))
    options, activation, numbers = {"stride": 0, "padding": -1}, "", []
    while rest:
        word = rest.pop(0)
        if word in options and kind in ("conv", "pool", "average") and rest:
            options[word] = whole(line, rest.pop(0), least=0 if word == "padding" else 1)
        elif word in ACTIVATIONS and kind in ("conv", "dense"):
            activation = word
        else:
            numbers.append(word)
    low, high = NUMBERS.get(kind, (0, 0))
    if not low <= len(numbers) <= high:
        wanted = f"{low} number{'s' if low > 1 else ''}" if low else "no number"
        raise ValueError(f"{line!r}: {kind} takes {wanted}, got {' '.join(numbers) or 'none'}")
    if kind == "dropout":
        return ListedLayer(kind, rate=fraction(line, numbers[0]))
    if kind == "dense" and numbers == ["classes"]:
        return ListedLayer(kind, activation=activation or "linear", classes=True)
    values = [whole(line, number) for number in numbers]
    if kind == "conv":
        padding = options["padding"] if options["padding"] >= 0 else (values[1] - 1) // 2
        return ListedLayer(kind, values[0], values[1], options["stride"] or 1, padding, activation or "relu")
    if kind in ("pool", "average"):
        padding = max(options["padding"], 0)
        if 2 * padding > values[0]:
            raise ValueError(f"{line!r}: the padding of a pooling is at most half its side")
        return ListedLayer(kind, 0, values[0], options["stride"] or values[0], padding)
    if kind == "dense":
        return ListedLayer(kind, values[0], activation=activation or "relu")
    return ListedLayer(kind, units=values[0] if values else 0, side=values[1] if len(values) > 1 else 0)


def whole(line: str, word: str, least: int = 1) -> int:
    if not word.isdigit() or not least <= int(word) <= MOST:
        raise ValueError(f"{line!r}: {word!r} must be a whole number from {least} to {MOST:,}")
    return int(word)


def fraction(line: str, word: str) -> float:
    try:
        rate = float(word)
    except ValueError:
        rate = -1.0
    if not 0 <= rate < 1:
        raise ValueError(f"{line!r}: a dropout rate is at least 0 and below 1")
    return rate


def read_shape(line: str, words: Sequence[str]) -> tuple[int, ...]:
    """`64x64x3` as (3, 64, 64), `200` as (200,)."""
    parts = [whole(line, part) for part in "".join(words).split("x")]
    if len(parts) not in (1, 3):
        raise ValueError(f"{line!r}: an input is height x width x channels, such as 64x64x3, or a number of words")
    return (parts[2], parts[0], parts[1]) if len(parts) == 3 else (parts[0],)


def written(layers: Sequence[ListedLayer]) -> str:
    """The list on one line, as `read_layers` reads it."""
    return ", ".join(map(spelled, layers))


def spelled(layer: ListedLayer) -> str:
    match layer.kind:
        case "input":
            return "input " + "x".join(map(str, (*layer.shape[1:], layer.shape[0]) if len(layer.shape) == 3 else layer.shape))
        case "conv":
            stride = f" stride {layer.stride}" if layer.stride > 1 else ""
            padding = f" padding {layer.padding}" if layer.padding != (layer.side - 1) // 2 else ""
            return f"conv {layer.units} {layer.side}{stride}{padding}" + (f" {layer.activation}" if layer.activation != "relu" else "")
        case "pool" | "average":
            stride = f" stride {layer.stride}" if layer.stride != layer.side else ""
            return f"{layer.kind} {layer.side}{stride}" + (f" padding {layer.padding}" if layer.padding else "")
        case "dropout":
            return f"dropout {layer.rate:g}"
        case "dense":
            usual = "linear" if layer.classes else "relu"
            units = "classes" if layer.classes else str(layer.units)
            return f"dense {units}" + (f" {layer.activation}" if layer.activation != usual else "")
        case "embedding":
            return f"embedding {layer.units} {layer.side}"
        case "lstm":
            return f"lstm {layer.units}"
    return layer.kind


def input_shape(layers: Sequence[ListedLayer]) -> tuple[int, ...] | None:
    """The shape that the list itself begins with, None where it says none."""
    return layers[0].shape if layers[0].kind == "input" else None


def calculate(layers: Sequence[ListedLayer], shape: tuple[int, ...], classes: int = 10) -> list[Calculated]:
    """Every layer after the input, for an input (channels, height, width) or (words,). Raises ValueError where one does not fit.

    Dense layers see the whole image; a receptive field is not cut off at the image's border before that (Araujo et al. 2019).
    """
    shape = input_shape(layers) or shape
    rows: list[Calculated] = []
    whole_image = max(shape[1:], default=shape[0])
    receptive, jump = 1, 1
    inner = [layer for layer in layers if layer.kind != "input"]
    for index, layer in enumerate(inner):
        name, maps = spelled(layer), len(shape) == 3
        parameters, fixed, formula = 0, 0, "0"
        match layer.kind:
            case "conv" | "pool" | "average":
                needs(maps, name, shape, "height and width")
                sides = [(side + 2 * layer.padding - layer.side) // layer.stride + 1 for side in shape[1:]]
                if min(sides) < 1:
                    raise ValueError(f"{name}: a window of {layer.side}x{layer.side} does not fit into {shape_text(shape)}")
                if layer.kind == "conv":
                    parameters = layer.units * (layer.side**2 * shape[0] + 1)
                    formula = f"{layer.units} · ({layer.side}·{layer.side}·{shape[0]} + 1)"
                shape = (layer.units if layer.kind == "conv" else shape[0], *sides)
                receptive, jump = receptive + (layer.side - 1) * jump, jump * layer.stride
            case "gap" | "gmp":
                needs(maps, name, shape, "height and width")
                shape, receptive = shape[:1], whole_image
            case "batch norm":
                parameters, fixed, formula = 4 * channels(shape), 2 * channels(shape), f"4 · {channels(shape)}, half of it statistics"
            case "flatten":
                shape = (prod(shape),)
            case "dense":
                needs(len(shape) == 1, name, shape, "flatten or gap before it")
                units = classes if layer.classes else layer.units
                parameters, formula = units * (shape[0] + 1), f"{units:,} · ({shape[0]:,} + 1)"
                shape, receptive = (units,), whole_image
            case "embedding":
                needs(len(shape) == 1 and index == 0, name, shape, "a number of words")
                parameters, formula = layer.units * layer.side, f"{layer.units:,} · {layer.side}"
                shape = (shape[0], layer.side)
            case "lstm":
                needs(len(shape) == 2, name, shape, "a row for each word")
                parameters = 4 * layer.units * (shape[1] + layer.units + 1)
                formula = f"4 · {layer.units} · ({shape[1]} + {layer.units} + 1)"
                follows = inner[index + 1].kind if index + 1 < len(inner) else ""
                shape = (shape[0], layer.units) if follows == "lstm" else (layer.units,)
                receptive = whole_image
        rows.append(Calculated(name, shape, parameters, fixed, formula, receptive))
    return rows


def channels(shape: tuple[int, ...]) -> int:
    """How many values batch norm tells apart: the maps, or the units."""
    return shape[0] if len(shape) == 3 else shape[-1]


def needs(fits: bool, name: str, shape: tuple[int, ...], what: str) -> None:
    if not fits:
        raise ValueError(f"{name}: needs {what}, got {shape_text(shape)}")


def shape_text(shape: tuple[int, ...]) -> str:
    """A shape in Keras's order, as it is typed: 64x64x3."""
    return "x".join(map(str, (*shape[1:], shape[0]) if len(shape) == 3 else shape))
