"""What the host and a GPU hand each other without waiting: pinned memory, and marks in the GPU's queue."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor


def pinned(tensor: Tensor, device: torch.device) -> Tensor:
    """A copy on the processor that a GPU reads and writes by itself, also in a captured step; ordinary memory for other devices."""
    made = torch.empty(tensor.shape, dtype=tensor.dtype, pin_memory=device.type == "cuda")
    return made.copy_(tensor)


class Mark:
    """A place in what a GPU was given to do; elsewhere nothing is ever behind."""

    def __init__(self, device: torch.device):
        self.event = torch.cuda.Event() if device.type == "cuda" else None

    def set(self) -> None:
        """Put it behind all that was asked for until now."""
        if self.event is not None:
            self.event.record()

    def wait(self) -> None:
        """Until the GPU has come to where it was set last; not for what was asked for since."""
        if self.event is not None:
            self.event.synchronize()


class HostCopy:
    """Float32 numbers of a GPU on the processor. `fill`, which a captured step may do, `mark` behind it, and `read` when they are wanted."""

    def __init__(self, shape: Sequence[int], device: torch.device):
        self.values, self.mark = pinned(torch.zeros(shape), device), Mark(device)

    def fill(self, values: Tensor) -> None:
        self.values.copy_(values, non_blocking=True)

    def read(self) -> np.ndarray:
        self.mark.wait()
        return self.values.numpy().copy()
