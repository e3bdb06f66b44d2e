"""Where the parameters of a module lie in one flat buffer, and how that is stored. Read first: `views`."""

from itertools import accumulate

import torch
from torch import Tensor, nn

ALIGNED = 8
"""Numbers of bf16 in 16 bytes: on a GPU each parameter begins at a multiple, as cuDNN's tensor cores read no weight that begins elsewhere."""


def flatten_parameters(module: nn.Module) -> Tensor:
    """Make every parameter of `module` a view of one new buffer, which is returned (P,)."""
    parameters = list(module.parameters())
    like = parameters[0] if parameters else torch.empty(0)
    flat = torch.zeros(places(module, like.device)[-1], dtype=like.dtype, device=like.device)
    for parameter, view in zip(parameters, views(flat, module), strict=True):
        view.copy_(parameter.detach())
        parameter.data = view
    return flat


def views(flat: Tensor, module: nn.Module) -> list[Tensor]:
    """Views of `flat` in the shapes of the module's parameters, four-dimensional ones in channels_last order."""
    parts = []
    for start, p in zip(places(module, flat.device), module.parameters(), strict=False):
        part = flat[start : start + p.numel()]
        if p.dim() == 4:
            o, i, h, w = p.shape
            parts.append(part.view(o, h, w, i).permute(0, 3, 1, 2))
        else:
            parts.append(part.view(p.shape))
    return parts


def places(module: nn.Module, device: torch.device) -> list[int]:
    """Where each of the module's parameters begins in a flat buffer on the device, and the buffer's length."""
    gap = spacing(device)
    return list(accumulate((-(-p.numel() // gap) * gap for p in module.parameters()), initial=0))


def spacing(device: torch.device) -> int:
    """What a parameter's place in a flat buffer is a multiple of."""
    return 1 if device.type == "cpu" else ALIGNED


def without_gaps(flat: Tensor, module: nn.Module) -> Tensor:
    """A copy of a flat buffer as it is on a processor, where the parameters stand side by side: what is stored."""
    if spacing(flat.device) == 1:
        return flat.clone()
    return torch.cat([in_memory_order(view) for view in views(flat, module)])


def fill(flat: Tensor, module: nn.Module, values: Tensor) -> None:
    """Fill a flat buffer with what `without_gaps` gave."""
    if spacing(flat.device) == 1:
        flat.copy_(values)
        return
    parts = views(flat, module)
    for view, part in zip(parts, values.to(flat.device).split([view.numel() for view in parts]), strict=True):
        in_memory_order(view).copy_(part)


def in_memory_order(tensor: Tensor) -> Tensor:
    """A tensor's elements as a vector, in the order of `views`: channels_last where there are four dimensions."""
    return (tensor.permute(0, 2, 3, 1) if tensor.dim() == 4 else tensor).reshape(-1)
