"""CUDA graphs: a step captured once and replayed, without the launch overhead of its many small kernels."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor


class CapturedStep:
    """A function of tensors captured as a CUDA graph and replayed: a small network's step is mostly launch time.

    `step(*inputs)` must read and write only memory that stays in place. It runs a few times before the capture, as CUDA
    requires; the tensors in `keep` are restored after that.
    """

    def __init__(self, step: Callable[..., tuple[Tensor, ...]], inputs: Sequence[Tensor], keep: Sequence[Tensor]):
        self.inputs = [tensor.clone() for tensor in inputs]
        before = [tensor.clone() for tensor in keep]
        side = torch.cuda.Stream()
        side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side):
            for _ in range(3):
                step(*self.inputs)
        torch.cuda.current_stream().wait_stream(side)
        self.graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(self.graph):
            self.outputs = step(*self.inputs)
        with torch.no_grad():
            for tensor, value in zip(keep, before, strict=True):
                tensor.copy_(value)

    def __call__(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        for mine, given in zip(self.inputs, inputs, strict=True):
            mine.copy_(given)
        self.graph.replay()
        return tuple(output.clone() for output in self.outputs)
