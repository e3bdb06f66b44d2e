"""CUDA graphs: a step captured once and replayed, without the launch overhead of its many small kernels.

Other threads of the process use the GPU meanwhile. Read first: `CapturedStep.capture`; recipes call `CapturedSteps`.
"""

import logging
import threading
from collections.abc import Callable, Hashable, Sequence
from contextlib import suppress

import torch
from torch import Tensor
from torch.utils._python_dispatch import _get_current_dispatch_mode

from models.full_memory import is_out_of_memory
from models.kernels.host_memory import Mark, pinned
from models.processes import group

log = logging.getLogger("lab.cuda_graphs")

CAPTURE = threading.Lock()
"""Held during a capture: CUDA allows the process one at a time, and no synchronisation of the whole device meanwhile."""


class CapturedStep:
    """A function of tensors captured as a CUDA graph and replayed: a small network's step is mostly launch time.

    `step(*inputs)` must read and write only memory that stays in place, and keep no count in Python. It runs a few times before the
    capture, as CUDA requires; the tensors in `keep` are restored after that, and the `generators` that it draws from. Where it cannot be
    captured it is called as it is.

    Inputs from the processor are copied before a replay. With `pinned_inputs` the graph itself fetches them: one launch less, but a call
    waits until the one before is over, so this is for steps of which the host sees the end anyway.
    """

    def __init__(
        self, step: Callable[..., tuple[Tensor, ...]], inputs: Sequence[Tensor], keep: Sequence[Tensor],
        generators: Sequence[torch.Generator] = (), device: torch.device | None = None, pinned_inputs: bool = False,
    ):  # fmt: skip
        self.step, self.generators = step, generators
        device = inputs[0].device if device is None else device
        fetched = pinned_inputs and not any(tensor.is_cuda for tensor in inputs)
        self.given = [pinned(tensor, device) for tensor in inputs] if fetched else []
        self.inputs = [tensor.to(device, copy=True) for tensor in inputs]
        self.over = Mark(device)
        self.outputs: tuple[Tensor, ...] = ()
        self.graph: torch.cuda.CUDAGraph | None = None
        self.fits = False
        """Whether it ran without a capture, which needs the memory once more."""
        # With a history, the copies would keep what autograd adds a parameter's gradients up with on this stream, where a capture may not wait.
        before = [tensor.detach().clone() for tensor in keep]
        states, spare = [generator.get_state() for generator in generators], [generator.clone_state() for generator in generators]
        try:
            self.graph = self.capture()
        except Exception as error:
            if is_out_of_memory(error) and not self.fits:
                raise
            log.warning("The step could not be captured as a CUDA graph (%s): its kernels are launched one by one, which is slower.", error)
            for generator, unused in zip(generators, spare, strict=True):  # Its own state may still wait for the end of the capture.
                generator.graphsafe_set_state(unused)
        else:
            for generator, state in zip(generators, states, strict=True):
                generator.set_state(state)
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
                    self.run()
                side.synchronize()
                self.fits = True
                for generator in self.generators:
                    graph.register_generator_state(generator)
                graph.capture_begin(capture_error_mode="thread_local")
                try:
                    self.outputs = self.run()
                except BaseException:
                    with suppress(Exception):  # It only repeats that the capture failed.
                        graph.capture_end()
                    raise
                graph.capture_end()
            torch.cuda.current_stream().wait_stream(side)
        return graph

    def run(self) -> tuple[Tensor, ...]:
        """What a graph does."""
        for tensor, source in zip(self.inputs, self.given, strict=False):
            tensor.copy_(source, non_blocking=True)
        return self.step(*self.inputs)

    def __call__(self, *inputs: Tensor, lend: bool = False) -> tuple[Tensor, ...]:
        """The outputs; with `lend` the graph's own ones, which the next call overwrites."""
        if self.graph is None:
            return self.step(*inputs)
        if self.given:
            self.over.wait()
        torch._foreach_copy_(self.given or self.inputs, list(inputs), non_blocking=True)
        self.graph.replay()
        if self.given:
            self.over.set()
        return self.outputs if lend else tuple(output.clone() for output in self.outputs)


class CapturedSteps:
    """The parts of a recipe's step, each captured on a GPU when it is first called; elsewhere, and among several processes, just called.

    `keep` gives the tensors that they change, `generators` are those that they draw from; `pinned_inputs` as in `CapturedStep`.
    """

    def __init__(
        self, device: torch.device, keep: Callable[[], Sequence[Tensor]], generators: Sequence[torch.Generator] = (),
        pinned_inputs: bool = False,
    ):  # fmt: skip
        self.device, self.on_gpu, self.keep, self.generators = device, device.type == "cuda", keep, generators
        self.pinned_inputs = pinned_inputs
        self.made: dict[Hashable, tuple[CapturedStep, list[str]]] = {}

    def __call__(
        self, name: Hashable, step: Callable[..., dict[str, Tensor]], *inputs: Tensor, lend: bool = False
    ) -> dict[str, Tensor]:  # fmt: skip
        """`step(*inputs)`, named tensors. What else it depends on is in the `name`, as a replay does what the first call did.
        With `lend` the tensors are overwritten by the next call.

        Inputs may still be on the processor: they are copied for a replay, and a step that is just called moves them itself.
        """
        # A mode that watches each operation would see none of a replay.
        if not self.on_gpu or group.stepping or _get_current_dispatch_mode() is not None:
            return step(*inputs)
        key = (name, *(tuple(tensor.shape) for tensor in inputs))
        if key not in self.made:
            self.made[key] = self.captured(step, inputs)
        captured, names = self.made[key]
        if captured.graph is None:  # A generator that a capture left behind serves no other graph either.
            self.on_gpu = False
            return step(*inputs)
        numbers, *others = captured(*inputs, lend=lend)
        return dict(zip(names, [*numbers.unbind(), *others], strict=True))

    def captured(self, step: Callable[..., dict[str, Tensor]], inputs: Sequence[Tensor]) -> tuple[CapturedStep, list[str]]:
        """The step as one that gives its 0-d tensors as one vector (to be copied at once) and then the others, and the names of all."""
        names: list[str] = []

        def packed(*inputs: Tensor) -> tuple[Tensor, ...]:
            made = step(*inputs)
            numbers = [name for name, value in made.items() if value.dim() == 0]
            names[:] = [*numbers, *(name for name in made if name not in numbers)]
            vector = torch.stack([made[name].float() for name in numbers]) if numbers else inputs[0].new_empty(0)
            return vector, *(made[name] for name in names[len(numbers) :])

        return CapturedStep(packed, inputs, self.keep(), self.generators, self.device, self.pinned_inputs), names
