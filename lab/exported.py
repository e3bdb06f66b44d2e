"""A trained network as one function of tensors, for other programs: what `Experiment.exported` gives and `lab.export` writes."""

import copy
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from models.generative.conv import DownConv, ImageToPixel, PixelToImage, UpConv
from models.sequence.cells import UnrolledLayer
from models.sequence.recurrent import Recurrent


@dataclass(frozen=True)
class Exported:
    """`module` called with `inputs`, tensors by name with two examples each, gives one tensor, called `output`."""

    module: nn.Module
    inputs: dict[str, Tensor]
    output: str
    about: str
    """What goes in and what comes out: shapes, types, ranges."""


class Decoder(nn.Module):
    """Codes (B, latent), and classes (B,) where the network has some, to images in [0, 1]."""

    def __init__(self, net: Any):
        super().__init__()
        self.net = net

    def forward(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        return self.net.decode(z) if labels is None else self.net.decode(z, labels)


class FirstOutput(nn.Module):
    """A network of one input or two whose first output is wanted, without the states and caches that come with it."""

    def __init__(self, net: nn.Module):
        super().__init__()
        self.net = net

    def forward(self, first: Tensor, second: Tensor | None = None) -> Tensor:
        out = self.net(first) if second is None else self.net(first, second)
        return out[0] if isinstance(out, tuple) else out


def unrolled(net: nn.Module) -> nn.Module:
    """A copy whose recurrent layers take sequences of their own lengths step by step: packed sequences do not carry over."""
    copied = copy.deepcopy(net)
    for module in copied.modules():
        if isinstance(module, Recurrent):
            for i, layer in enumerate(module.layers):
                if isinstance(layer, nn.RNNBase):
                    steps = UnrolledLayer(module.kind, layer.input_size, layer.hidden_size, layer.bidirectional)
                    steps.load_state_dict(layer.state_dict())
                    module.layers[i] = steps
    return copied


def sequences(net: nn.Module, inputs: dict[str, Tensor], output: str, about: str) -> Exported:
    """A network for sequences of the lengths that its examples have."""
    return Exported(FirstOutput(unrolled(net)), inputs, output, about)


def tokens(vocabulary: int, length: int, padded: bool = False) -> Tensor:
    """Two examples (2, length) int64, from 1 on; where 0 is padding, the second ends with some."""
    drawn = torch.randint(1, max(2, vocabulary), (2, length), generator=torch.Generator().manual_seed(0))
    if padded:
        drawn[1, (2 * length + 2) // 3 :] = 0
    return drawn


def plain(net: nn.Module) -> nn.Module:
    """A copy whose convolutions are PyTorch's own: what the fast kernels do with memory does not carry over to other batch sizes."""
    copied = copy.deepcopy(net)
    for module in copied.modules():
        if isinstance(module, UpConv | PixelToImage):
            module.forward = partial(nn.ConvTranspose2d.forward, module)  # type: ignore[method-assign]
        elif isinstance(module, DownConv | ImageToPixel):
            module.forward = partial(nn.Conv2d.forward, module)  # type: ignore[method-assign]
    return copied


def decoder(net: Any, latent: int, shape: tuple[int, ...]) -> Exported:
    """The side of a generative network that draws."""
    classes = int(getattr(net, "classes", 0) or 0)
    inputs = {"z": torch.randn(2, latent, generator=torch.Generator().manual_seed(0))}
    about = f"z, float32 (B, {latent}), standard normal"
    if classes:
        inputs["labels"] = torch.tensor([0, classes - 1])
        about += f", and labels, int64 (B,), from 0 to {classes - 1}"
    return Exported(Decoder(plain(net)), inputs, "images", f"{about} -> images, float32 (B, {', '.join(map(str, shape))}), from 0 to 1.")
