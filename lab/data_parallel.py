"""Data parallelism over the cores: a batch is split into shards, and each shard's forward and backward run in a thread of their own.

Networks for small images have small layers, in which two threads mostly wait for each other, while two halves of the batch hardly
meet. It is for networks that treat each image by itself (instance norm; no batch norm, no dropout): then the gradient of the mean
over the batch is the mean of the shards' gradients, weighted by their shares of the images. Random numbers are drawn before the split,
so that no result depends on timing.
"""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from typing import TypeVar

import torch
from torch import Tensor

from lab.cores import run_threads
from models.kernels.flat_layout import views
from models.kernels.flat_parameters import FlatNetwork
from models.processes import group

T = TypeVar("T")

SMALLEST_SHARD = 4
"""Images per shard, at least: with fewer, the operations that every shard repeats outweigh the gain."""

workers: list[ThreadPoolExecutor] = []
"""Worker n, one thread, always runs shard n: what it works on stays in its core's cache from call to call."""
starting = threading.Lock()


def shard_count(count: int, device: torch.device) -> int:
    """How many shards a batch of `count` images is worth: 1 on a GPU, which works on a batch as a whole."""
    return 1 if device.type != "cpu" else max(1, min(run_threads(), count // SMALLEST_SHARD))


def run_shards(work: Callable[..., T], shards: int, *batches: Tensor | None) -> list[T]:
    """`work(shard, share, *pieces)` for each shard of the `batches`, which are all split along their first axis; the results in order.

    `shard` counts from 0, `share` is its share of the images. None stays None. A single shard runs in the calling thread. Several run
    each in its worker, where grad mode and autocast have their defaults: `work` enters what it needs. The first error of a shard is
    raised when all have ended.
    """
    count = next(len(batch) for batch in batches if batch is not None)
    shards = min(shards, count)
    pieces = [[None] * shards if batch is None else batch.tensor_split(shards) for batch in batches]
    calls = [
        (number, len(next(piece for piece in own if piece is not None)) / count, *own)
        for number, own in enumerate(zip(*pieces, strict=True))
    ]
    if shards == 1:
        return [work(*calls[0])]
    mine, threads = torch.get_num_threads(), max(1, run_threads() // shards)
    futures = [worker.submit(with_threads, threads, work, *call) for worker, call in zip(start_workers(shards), calls, strict=True)]
    wait(futures)
    torch.set_num_threads(mine)  # Each thread keeps its own setting, but a new one begins with what was set last, by any.
    return [future.result() for future in futures]


def start_workers(count: int) -> list[ThreadPoolExecutor]:
    """The first `count` workers. An experiment starts its own before `lab.device.keep_freed_memory` makes all later threads share
    one heap, as memory that wanders from core to core is slow."""
    with starting:
        while len(workers) < count:
            workers.append(ThreadPoolExecutor(1, f"shard-{len(workers)}"))
            workers[-1].submit(torch.empty, 4096).result()  # Its first block of memory gives it a heap.
        return workers[:count]


def with_threads(threads: int, work: Callable[..., T], *arguments: object) -> T:
    """Call `work` with that many threads inside of operations, a setting that each thread has for itself."""
    if torch.get_num_threads() != threads:
        torch.set_num_threads(threads)
    return work(*arguments)


class ShardGradients:
    """The flat fp32 gradients (P,) of a network on each of up to `shards` shards of a batch, and their sum, always in the same order."""

    def __init__(self, network: FlatNetwork, shards: int):
        self.network = network
        self.flat = [network.gradient, *(torch.zeros_like(network.gradient) for _ in range(shards - 1))]
        self.views = [network.gradient_views, *(views(flat, network.master) for flat in self.flat[1:])]

    def backward(self, shard: int, loss: Tensor, share: float) -> None:
        """Store the gradient of `share` * `loss` (0-d) as the shard's. `.grad`, which all threads share, is left alone."""
        gradients = torch.autograd.grad(loss, self.network.parameters, loss.new_full((), share * group.share), allow_unused=True)
        kept = [(view, gradient) for view, gradient in zip(self.views[shard], gradients, strict=True) if gradient is not None]
        torch._foreach_copy_([view for view, _ in kept], [gradient for _, gradient in kept])

    def sum(self, shards: int) -> Tensor:
        """The gradient (P,) of the whole batch, overwritten by the next step."""
        for other in self.flat[1:shards]:
            self.flat[0].add_(other)
        return group.add(self.flat[0])


def sum_terms(terms: Sequence[dict[str, Tensor]]) -> dict[str, Tensor]:
    """The loss terms (0-d) of a batch from those of its shards, which are already multiplied by their shares."""
    return {name: torch.stack([shard[name] for shard in terms]).sum() for name in terms[0]}
