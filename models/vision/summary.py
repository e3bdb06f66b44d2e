"""The layer table of a network: kernel, stride, output shape, parameters, MACs and receptive field of each layer.

It runs a copy of the network on the meta device, which computes shapes only, so that even VGG-19 takes a moment.
"""

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

WINDOWS = {"conv1d", "conv2d", "max_pool1d", "max_pool2d", "avg_pool2d", "_max_pool2d", "max_pool2d_with_indices"}
WHOLE = {"linear", "adaptive_avg_pool1d", "adaptive_avg_pool2d", "adaptive_max_pool2d", "cdist"}
"""Operations after which a value has seen the whole image."""


@dataclass(frozen=True)
class Layer:
    """One layer as it ran. `kernel` and `stride` are "" where it has none; `receptive` is in pixels of the input's side."""

    name: str
    kind: str
    kernel: str
    stride: str
    shape: tuple[int, ...]
    parameters: int
    macs: int
    receptive: int


def layer_table(net: nn.Module, channels: int, size: int) -> list[Layer]:
    """Every leaf module in the order of its call, for one image (channels, size, size); identities are skipped.

    MACs are multiply-adds of convolutions and dense layers. The receptive field is the side of the
    window of input pixels that can reach one value (Araujo et al. 2019), the whole image after dense layers; it is not
    cut off at the image's border before that.
    """
    shadow = copy.deepcopy(net).to("meta").eval()
    image = torch.zeros(1, channels, size, size, device="meta")
    fields = ReceptiveFields(size)
    rows: list[Layer] = []

    def record(name: str) -> Any:
        def hook(module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
            own = sum(p.numel() for p in module.parameters())
            rows.append(
                Layer(
                    name, type(module).__name__, text(getattr(module, "kernel_size", "")), text(getattr(module, "stride", "")),
                    tuple(output.shape[1:]), own, macs(module, output), fields.of(output)[0],
                )
            )  # fmt: skip

        return hook

    for name, module in shadow.named_modules():
        leaf = not any(True for _ in module.children()) or (hasattr(module, "norm") and isinstance(module, nn.Conv2d | nn.Linear))
        if name and leaf and not isinstance(module, nn.Identity):
            module.register_forward_hook(record(name))
    if not rows and not any(True for _ in shadow.children()):  # A network that is one module, such as k nearest neighbours.
        shadow.register_forward_hook(record(type(net).__name__.lower()))
    with torch.no_grad(), fields:
        shadow(image)
    return rows


def macs(module: nn.Module, output: Tensor) -> int:
    """Multiply-adds of a convolution or a dense layer for one image, else 0."""
    if isinstance(module, nn.Conv1d | nn.Conv2d | nn.Linear):
        return output[0].numel() * module.weight[0].numel()
    return 0


def text(value: Any) -> str:
    """A kernel or stride in words: 3x3."""
    if isinstance(value, tuple):
        return "x".join(map(str, value))
    return f"{value}x{value}" if isinstance(value, int) else str(value)


class ReceptiveFields(TorchFunctionMode):
    """Follows every tensor through the forward pass with (side of its receptive field, distance between neighbours)."""

    def __init__(self, size: int):
        super().__init__()
        self.size = size
        self.known: dict[int, tuple[int, int]] = {}
        self.kept: list[Tensor] = []  # A tensor's id is its own only as long as it lives.

    def of(self, tensor: Tensor) -> tuple[int, int]:
        return self.known.get(id(tensor), (1, 1))

    def __torch_function__(self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None) -> Any:
        kwargs = dict(kwargs or {})
        output = func(*args, **kwargs)
        if isinstance(output, Tensor):
            inputs = [t for arg in args for t in (arg if isinstance(arg, list | tuple) else (arg,)) if isinstance(t, Tensor)]
            name = getattr(func, "__name__", "")
            side, jump = max((self.of(t) for t in inputs), default=(1, 1))
            if name in WINDOWS:
                kernel, stride = window(name, args, kwargs)
                side, jump = side + (kernel - 1) * jump, jump * stride
            elif name in WHOLE:
                side = max(self.size, 1)
            self.known[id(output)] = side, jump
            self.kept.append(output)
        return output


def window(name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[int, int]:
    """Kernel and stride of a convolution's or a pooling's call."""
    if name.startswith("conv"):
        kernel, stride = args[1].shape[-1], kwargs.get("stride", args[3] if len(args) > 3 else 1)
    else:
        kernel = kwargs.get("kernel_size", args[1] if len(args) > 1 else 1)
        stride = kwargs.get("stride", args[2] if len(args) > 2 else None) or kernel
    return last(kernel), last(stride)


def last(value: Any) -> int:
    return int(value[-1]) if isinstance(value, tuple | list) else int(value)
