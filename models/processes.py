"""Several processes that train one network: each works on its part of every batch, and their gradients are summed.

All of them draw the random numbers of the whole batch, of which each uses its part: they hold the same weights, generators and counters
at any time, and train as one process would. Outside a step that they take together, and where there is one process, everything
here hands back what it is given. What starts them: `lab.torchrun`.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, distributed, nn


class Group:
    """The processes of this training. There is one, `group`, of a single process until `join`."""

    def __init__(self) -> None:
        self.rank, self.count = 0, 1
        self.stepping = False
        self.total, self.rows = 0, slice(None)
        """Rows of the whole batch, and those of this process."""

    def join(self, rank: int, count: int) -> None:
        self.rank, self.count = rank, count

    @property
    def leads(self) -> bool:
        """Whether this process does what only one has to."""
        return self.rank == 0

    @contextmanager
    def step(self) -> Iterator[None]:
        """All processes take a step inside."""
        self.stepping = self.count > 1
        try:
            yield
        finally:
            self.stepping = False

    def part(self, *batches: Tensor) -> tuple[Tensor, ...]:
        """This process's rows of whole batches (N, ...), as equal parts as can be. Raises ValueError where there are too few."""
        if not self.stepping:
            return batches
        self.total = len(batches[0])
        if self.total < self.count:
            raise ValueError(f"a batch of {self.total} cannot be split among {self.count} processes")
        self.rows = slice(self.total * self.rank // self.count, self.total * (self.rank + 1) // self.count)
        return tuple(batch[self.rows] for batch in batches)

    def drawn(self, count: int, draw: Callable[[int], Tensor]) -> Tensor:
        """`draw(count)` (count, ...); this process's part of what it draws for the whole batch where `count` are its rows."""
        if not self.stepping:
            return draw(count)
        if count != self.rows.stop - self.rows.start:
            raise ValueError(f"{count} random rows were asked for, but a part has {self.rows.stop - self.rows.start}")
        return draw(self.total)[self.rows]

    @property
    def share(self) -> float:
        """This process's share of the batch."""
        return (self.rows.stop - self.rows.start) / self.total if self.stepping else 1.0

    def add(self, values: Tensor) -> Tensor:
        """Replace values by their sum over the processes; they themselves."""
        if self.stepping:
            distributed.all_reduce(values)
        return values

    def add_gradients(self, parameters: Sequence[nn.Parameter]) -> None:
        """Sum the gradients of parameters over the processes, as one flat tensor."""
        if not self.stepping:
            return
        gradients = [p.grad for p in parameters if p.grad is not None]
        flat = self.add(torch.cat([gradient.reshape(-1) for gradient in gradients]))
        for gradient, values in zip(gradients, flat.split([gradient.numel() for gradient in gradients]), strict=True):
            gradient.copy_(values.view(gradient.shape))

    def mean(self, values: Tensor) -> Tensor:
        """The means over the whole batch, from those over this process's part."""
        return self.add(self.share * values) if self.stepping else values

    def whole(self, part: Tensor) -> Tensor:
        """The whole batch (N, ...), from the part of each process."""
        if not self.stepping:
            return part
        whole = part.new_zeros((self.total, *part.shape[1:]))
        whole[self.rows] = part
        return self.add(whole)


group = Group()


class Sum(torch.autograd.Function):
    """The sum of a tensor over the processes, differentiable as often as one likes: each one's gradient is the sum of all gradients."""

    @staticmethod
    def forward(ctx: Any, values: Tensor) -> Tensor:
        return group.add(values.clone())

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        return Sum.apply(gradients[0].contiguous())


class WholeBatchNorm1d(nn.BatchNorm1d):
    """Batch norm by the mean and variance of the whole batch."""

    def forward(self, x: Tensor) -> Tensor:
        return normalised(self, x) if self.training and group.stepping else super().forward(x)


class WholeBatchNorm2d(nn.BatchNorm2d):
    """The same for images."""

    def forward(self, x: Tensor) -> Tensor:
        return normalised(self, x) if self.training and group.stepping else super().forward(x)


KINDS: dict[type[nn.Module], type[nn.Module]] = {nn.BatchNorm1d: WholeBatchNorm1d, nn.BatchNorm2d: WholeBatchNorm2d}


def normalise_whole_batches(net: nn.Module) -> None:
    """Let every batch norm of a network take its statistics over the whole batch; its weights and their names stay."""
    for module in net.modules():
        if type(module) in KINDS:
            module.__class__ = KINDS[type(module)]


def normalised(norm: Any, x: Tensor) -> Tensor:
    """What batch norm in training makes of this process's part x (B, C, ...), by statistics over all parts; updates its averages."""
    over = [0, *range(2, x.dim())]
    shape = [1, -1, *[1] * (x.dim() - 2)]
    values = x.float()
    count = x.numel() / x.shape[1] / group.share
    mean = Sum.apply(values.sum(over)) / count  # (C,)
    centred = values - mean.view(shape)
    variance = Sum.apply(centred.square().sum(over)) / count
    if norm.track_running_stats:
        with torch.no_grad():
            norm.num_batches_tracked.add_(1)
            momentum = norm.momentum if norm.momentum is not None else 1 / float(norm.num_batches_tracked)
            norm.running_mean.lerp_(mean, momentum)
            norm.running_var.lerp_(variance * count / (count - 1), momentum)
    result = centred * torch.rsqrt(variance + norm.eps).view(shape)
    if norm.affine:
        result = result * norm.weight.view(shape) + norm.bias.view(shape)
    return result.to(x.dtype)
