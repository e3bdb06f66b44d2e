"""A batch in parts, one for each core: forward and backward of each part run in a thread of their own.

Networks for small images have small layers: two threads inside of each one mostly wait for each other (CycleGAN at 32 pixels
gained a fifth from a second core), while two halves of the batch hardly meet. It is for networks that treat each image alone
(instance norm; not batch norm, and no dropout): then the gradient of the mean over the batch is the mean of those of its
parts, each weighted with its share of the images. Random numbers are drawn before, so that no result depends on timing.
"""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from typing import TypeVar

import torch
from torch import Tensor

from lab.device import cores
from models.kernels.flat_parameters import FlatNetwork, views

T = TypeVar("T")

SMALLEST = 4
"""A part has at least as many images: with fewer, what each part does anew (the weights' own operations) outweighs the gain."""

workers: list[ThreadPoolExecutor] = []
"""Worker n, one thread, runs part n of whoever asks: what it works on stays in its core's cache from call to call."""
starting = threading.Lock()


def parts_of(count: int, device: torch.device) -> int:
    """Into how many parts a batch of `count` images is worth splitting: 1 on a GPU, which works on a batch as a whole."""
    return 1 if device.type != "cpu" else max(1, min(cores(), count // SMALLEST))


def in_parts(work: Callable[..., T], parts: int, *batches: Tensor | None) -> list[T]:
    """`work(part, share, *pieces)` for each part of the `batches`, which are split alike along their first axis; the results in order.

    `part` counts from 0, `share` is the part's share of the images. None stays None. One part runs in the calling thread. More run each
    in its worker, where grad mode and autocast are as at the start of a thread: `work` enters what it needs. The first error
    of a part is raised when all have ended.
    """
    count = next(len(batch) for batch in batches if batch is not None)
    parts = min(parts, count)
    pieces = [[None] * parts if batch is None else batch.tensor_split(parts) for batch in batches]
    calls = [
        (number, len(next(piece for piece in own if piece is not None)) / count, *own)
        for number, own in enumerate(zip(*pieces, strict=True))
    ]
    if parts == 1:
        return [work(*calls[0])]
    mine, threads = torch.get_num_threads(), max(1, cores() // parts)
    futures = [worker.submit(with_threads, threads, work, *call) for worker, call in zip(started(parts), calls, strict=True)]
    wait(futures)
    torch.set_num_threads(mine)  # Each thread keeps its own setting, but a new one begins with what was set last, by any.
    return [future.result() for future in futures]


def started(count: int) -> list[ThreadPoolExecutor]:
    """The first `count` workers. An experiment starts its own before `lab.device.keep_freed_memory` lets all later threads share
    one heap: blocks that wander from core to core cost CycleGAN's step a fifth of its time (62 against 76 to 82 images/s)."""
    with starting:
        while len(workers) < count:
            workers.append(ThreadPoolExecutor(1, f"part-{len(workers)}"))
            workers[-1].submit(torch.empty, 4096).result()  # Its first block of memory gives it a heap.
        return workers[:count]


def with_threads(threads: int, work: Callable[..., T], *arguments: object) -> T:
    """Call `work` with that many threads inside of operations, a setting that each thread has for itself."""
    if torch.get_num_threads() != threads:
        torch.set_num_threads(threads)
    return work(*arguments)


class PartGradients:
    """The flat fp32 gradients (P,) of a network on each of up to `parts` parts of a batch, and their sum, always in the same order."""

    def __init__(self, network: FlatNetwork, parts: int):
        self.network = network
        self.flat = [network.gradient, *(torch.zeros_like(network.gradient) for _ in range(parts - 1))]
        self.views = [network.gradient_views, *(views(flat, network.master) for flat in self.flat[1:])]

    def backward(self, part: int, loss: Tensor, share: float) -> None:
        """Keep the gradient of `share` * `loss` (0-d) as that of the part. Parameters have one `.grad` for all threads: it is left alone."""
        found = torch.autograd.grad(loss, self.network.parameters, loss.new_full((), share), allow_unused=True)
        kept = [(view, gradient) for view, gradient in zip(self.views[part], found, strict=True) if gradient is not None]
        torch._foreach_copy_([view for view, _ in kept], [gradient for _, gradient in kept])

    def sum(self, parts: int) -> Tensor:
        """The gradient (P,) of the whole batch, overwritten by the next step."""
        for other in self.flat[1:parts]:
            self.flat[0].add_(other)
        return self.flat[0]


def sums(terms: Sequence[dict[str, Tensor]]) -> dict[str, Tensor]:
    """The terms (0-d) of a batch from those of its parts, each multiplied with its share."""
    return {name: torch.stack([part[name] for part in terms]).sum() for name in terms[0]}
