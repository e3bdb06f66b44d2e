"""Snapshots: a copy of the serving weights that a viewer reads during training; neither waits for the other."""

import copy
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn


class Snapshot:
    """Two copies of a module. The trainer fills the back one and offers it; a viewer swaps it in when it next looks.

    The trainer never waits: it skips a copy while the viewer swaps. Nothing is copied unless a view was requested lately; the first
    viewer after a while calls `request` and waits for `current`, as the copies may be old.
    """

    def __init__(self, module: nn.Module, rate: float = 30.0, idle: float = 2.0):
        """At most `rate` copies a second; none if there was no request for `idle` seconds. Call outside inference_mode."""
        self.slots = [frozen_copy(module), frozen_copy(module)]
        self.front = 0
        self.fresh = False
        self.version = 0
        self.lock = threading.Lock()
        self.reading = threading.Lock()
        self.interval, self.idle = 1.0 / rate, idle
        self.copied = self.requested = -1e9
        self.current = threading.Event()
        """Clear while the weights have changed since the last copy without a request: the next step after a request makes one."""
        self.current.set()

    def publish(self, module: nn.Module, force: bool = False) -> None:
        """Copy the trainer's module into the back slot, if it is due (or forced)."""
        now = time.monotonic()
        if not force and now - self.requested > self.idle:
            self.current.clear()
            return
        if not force and now - self.copied < self.interval:
            return
        if not self.lock.acquire(blocking=force):
            return
        try:
            copy_weights(module, self.slots[1 - self.front])
            self.fresh, self.copied = True, now
            self.version += 1
            self.current.set()
        finally:
            self.lock.release()

    def request(self) -> None:
        """Ask for copies to be made from now on."""
        self.requested = time.monotonic()

    @contextmanager
    def read(self) -> Iterator[nn.Module]:
        """The newest copy, unchanged until the block ends; one reader at a time."""
        self.request()
        with self.reading:
            with self.lock:
                if self.fresh:
                    self.front, self.fresh = 1 - self.front, False
            yield self.slots[self.front]


def frozen_copy(module: nn.Module) -> nn.Module:
    """A deep copy in eval mode, without gradients."""
    return copy.deepcopy(module).eval().requires_grad_(False)


@torch.no_grad()
def copy_weights(source: nn.Module, target: nn.Module) -> None:
    """Copy parameters and buffers in place."""
    parameters: list[torch.Tensor] = list(source.parameters())
    if parameters:  # A table or nearest neighbours have buffers alone, and `_foreach_copy_` takes no empty list.
        torch._foreach_copy_(list(target.parameters()), parameters)
    for mine, theirs in zip(target.buffers(), source.buffers(), strict=True):
        mine.copy_(theirs)
