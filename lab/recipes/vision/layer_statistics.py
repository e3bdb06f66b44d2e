"""What activations and gradients do in each layer during training: vanishing gradients and dead units become visible.

Only some steps are recorded, all values stay on the device until somebody looks, and the memory is bounded.
"""

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain
from typing import Any

import torch
from torch import Tensor, nn

from models.vision.surgery import ACTIVATION_TYPES, LAYERS

ACTIVATION_FIGURES = ("mean", "deviation", "dead units")
GRADIENT_FIGURES = ("gradient", "weight")
ROWS = 400


class LayerStatistics:
    """Figures of the recorded steps: of each activation its mean, its deviation and the share of units with the same output for
    the whole batch; of each layer with weights the root mean square of the gradient and of the weights."""

    def __init__(self, net: nn.Module):
        self.net = net
        self.activation_names = [name for name, module in net.named_modules() if isinstance(module, ACTIVATION_TYPES)]
        self.layer_names = [name for name, module in net.named_modules() if isinstance(module, LAYERS)]
        self.activations: deque[tuple[int, Tensor]] = deque(maxlen=ROWS)
        self.gradients: deque[tuple[int, Tensor]] = deque(maxlen=ROWS)
        self.caught: dict[str, Tensor] = {}

    @contextmanager
    def recording(self, on: bool) -> Iterator[None]:
        """Within this context the statistics of every activation are recorded."""
        if not on:
            yield
            return
        self.caught = {}
        modules = dict(self.net.named_modules())
        hooks = [modules[name].register_forward_hook(self.hook(name)) for name in self.activation_names]
        try:
            yield
        finally:
            for hook in hooks:
                hook.remove()

    def hook(self, name: str) -> Any:
        def note(module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
            self.caught[name] = activation_figures(output.detach())

        return note

    @torch.no_grad()
    def take_gradients(self, step: int) -> None:
        """After the backward pass: keep the figures of this step."""
        if self.activation_names and all(name in self.caught for name in self.activation_names):
            self.activations.append((step, torch.stack([self.caught[name] for name in self.activation_names])))
        modules = dict(self.net.named_modules())
        self.gradients.append((step, torch.stack([gradient_figures(modules[name]) for name in self.layer_names])))

    def state(self) -> dict[str, Any]:
        return {
            name: {"steps": [step for step, _ in rows], "values": torch.stack([v for _, v in rows]) if rows else None}
            for name, rows in (("activations", self.activations), ("gradients", self.gradients))
        }

    def restore(self, state: dict[str, Any]) -> None:
        for name, rows in (("activations", self.activations), ("gradients", self.gradients)):
            rows.clear()
            values = state[name]["values"]
            if values is not None:
                place = next(chain(self.net.parameters(), self.net.buffers())).device
                rows.extend(zip(state[name]["steps"], values.to(place).unbind(0), strict=True))


def activation_figures(output: Tensor) -> Tensor:
    """(3,): mean, standard deviation, share of units (channels, or places of a vector) without any change over the batch."""
    values = output.float()
    flat = values.transpose(0, 1).flatten(1)  # (units, all their answers)
    low, high = flat.aminmax(dim=1)
    return torch.stack([values.mean(), values.std(), ((high - low) < 1e-6).float().mean()])


def gradient_figures(module: nn.Module) -> Tensor:
    """(2,): root mean square of the gradient (0 where there is none) and of the weights."""
    weight = module.weight
    assert isinstance(weight, Tensor)
    gradient = weight.grad.float().square().mean().sqrt() if weight.grad is not None else torch.zeros((), device=weight.device)
    return torch.stack([gradient, weight.detach().float().square().mean().sqrt()])
