"""Transitions as tensors: what a network gave for the actions taken, and a batch of them in one row of numbers for a GPU."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from agents.replay import Batch


def chosen(outputs: Tensor, actions: Tensor) -> Tensor:
    """The outputs (B, ...) for actions (B,), of (B, A, ...)."""
    return outputs.gather(1, places(actions, outputs)).squeeze(1)


def spread(slope: Tensor, actions: Tensor, outputs: Tensor) -> Tensor:
    """The inverse: slope (B, ...) in the places of the actions (B,), 0 elsewhere, as outputs (B, A, ...)."""
    return torch.zeros_like(outputs).scatter_(1, places(actions, outputs), slope[:, None])


def places(actions: Tensor, outputs: Tensor) -> Tensor:
    """The index (B, 1, ...) of the outputs (B, A, ...) for actions (B,)."""
    return actions.view(-1, *[1] * (outputs.dim() - 1)).expand(-1, 1, *outputs.shape[2:])


def packed(batch: Batch, rates: Sequence[float]) -> np.ndarray:
    """A batch and the rates of its steps as one row of int32: numbers of 4 bytes, of which the later ones are floats."""
    whole = (batch.rows, batch.next_rows, batch.actions)
    floats = np.concatenate([batch.returns, batch.discounts, batch.weights, np.array(rates, np.float32)], dtype=np.float32)
    return np.concatenate([*(array.ravel() for array in whole), floats.view(np.int32)], dtype=np.int32)


def unpacked(numbers: Tensor, count: int, size: int) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, tuple[Tensor, ...]]:
    """What `packed` put together for `count` steps on `size` transitions each: rows and next rows (count * size, 4), actions, returns,
    discounts and weights (count * size,), and the rates (0-d)."""
    n = count * size
    rows, next_rows, actions, others = numbers.split([4 * n, 4 * n, n, 3 * n + count])
    returns, discounts, weights, rates = others.view(torch.float32).split([n, n, n, count])
    return rows.view(n, 4), next_rows.view(n, 4), actions.long(), returns, discounts, weights, rates.unbind()
