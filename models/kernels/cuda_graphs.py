"""CUDA graphs: a step captured once and replayed, without the launch overhead of its many small kernels.

Other threads of the process use the GPU meanwhile. Read first: `CapturedStep.capture`.
"""

import logging
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress

import torch
from torch import Tensor

from models.full_memory import is_out_of_memory

log = logging.getLogger("lab.cuda_graphs")

CAPTURE = threading.Lock()
"""Held during a capture: CUDA allows the process one at a time, and no synchronisation of the whole device meanwhile."""


class CapturedStep:
    """A function of tensors captured as a CUDA graph and replayed: a small network's step is mostly launch time.

    `step(*inputs)` must read and write only memory that stays in place, and keep no count in Python. It runs a few times before the
    capture, as CUDA requires; the tensors in `keep` are restored after that. Where it cannot be captured it is called as it is.
    """

    def __init__(self, step: Callable[..., tuple[Tensor, ...]], inputs: Sequence[Tensor], keep: Sequence[Tensor]):
        self.step = step
        self.inputs = [tensor.clone() for tensor in inputs]
        self.outputs: tuple[Tensor, ...] = ()
        self.graph: torch.cuda.CUDAGraph | None = None
        before = [tensor.clone() for tensor in keep]
        try:
            self.graph = self.capture()
        except Exception as error:
            if is_out_of_memory(error):
                raise
            log.warning("The step could not be captured as a CUDA graph (%s): its kernels are launched one by one, which is slower.", error)
        with torch.no_grad():
            for tensor, value in zip(keep, before, strict=True):
                tensor.copy_(value)

    def capture(self) -> torch.cuda.CUDAGraph:
        """Warm up and capture on a stream of its own.

        With the error mode "global", PyTorch's default, an allocation or copy in any other thread would be an error there and spoil
        the capture here. `torch.cuda.graph` empties the allocator's cache first, so that the other threads had to allocate just then.
        """
        graph, side = torch.cuda.CUDAGraph(), torch.cuda.Stream()
        with CAPTURE:
            side.wait_stream(torch.cuda.current_stream())
            with torch.cuda.stream(side):
                for _ in range(3):
                    self.step(*self.inputs)
                side.synchronize()
                graph.capture_begin(capture_error_mode="thread_local")
                try:
                    self.outputs = self.step(*self.inputs)
                except BaseException:
                    with suppress(Exception):  # It only repeats that the capture failed.
                        graph.capture_end()
                    raise
                graph.capture_end()
            torch.cuda.current_stream().wait_stream(side)
        return graph

    def __call__(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        if self.graph is None:
            return self.step(*inputs)
        torch._foreach_copy_(self.inputs, list(inputs))
        self.graph.replay()
        return tuple(output.clone() for output in self.outputs)
