"""A GPU that is none: what a training step would do on one, found out on a processor.

    python tests/fake_gpu.py FOLDER CASE ...
prints one JSON document: for each case of `lab.selfcheck.cases` the kernels of its second step, the places where the host would wait for the
GPU, the mistakes: operands on two devices, random numbers of another device's generator; and what goes wrong in its evaluation.

PyTorch's FakeTensorMode computes shapes and devices, here those of a device "gpu" that is registered as PrivateUse1; tensors on the processor
are real. Read first: `Watch`. It patches PyTorch for the whole process.
"""

import collections
import contextlib
import json
import sys
import warnings
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np
import torch
from torch import Tensor, nn
from torch._subclasses.fake_tensor import (
    DataDependentOutputException,
    DynamicOutputShapeException,
    FakeTensor,
    FakeTensorMode,
    unset_fake_temporarily,
)
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_flatten, tree_map
from torch.utils.backend_registration import _setup_privateuseone_for_python_backend

from lab.errors import LabError
from lab.selfcheck.check import short

ROOT = f"{Path(__file__).resolve().parents[1]}/"
HERE = str(Path(__file__).resolve())
COPIES = {"_to_copy", "copy_"}
VIEWS = {
    "view", "_unsafe_view", "as_strided", "permute", "transpose", "t", "expand", "slice", "select", "split", "unsqueeze", "squeeze", "detach",
    "alias", "unbind", "chunk", "unfold", "reshape", "split_with_sizes", "_reshape_alias", "diagonal", "empty", "empty_like", "new_empty",
    "empty_strided", "new_empty_strided", "_local_scalar_dense", "device", "lift_fresh", "is_same_size", "sym_size", "resize_", "set_", "detach_",
}  # fmt: skip
"""Operations that start no kernel."""


class Backend:
    """What PyTorch asks the module of a device."""

    is_available = is_initialized = staticmethod(lambda: True)
    init = _lazy_init = staticmethod(lambda: None)
    device_count = staticmethod(lambda: 1)
    current_device = staticmethod(lambda: 0)
    get_amp_supported_dtype = staticmethod(lambda: [torch.bfloat16, torch.float16])
    _is_in_bad_fork = staticmethod(lambda: False)
    manual_seed_all = staticmethod(lambda seed: None)


RealGenerator = torch.Generator
KINDS: dict[int, str] = {}
"""The kind of device of a generator, by its first seed."""


class Generator(RealGenerator):
    """One of the processor's that says that it is the GPU's where it was made for it."""

    def __new__(cls, device: Any = "cpu") -> "Generator":
        return RealGenerator.__new__(cls, "cpu")

    def __init__(self, device: Any = "cpu"):
        self.kind = torch.device(device).type

    @property
    def device(self) -> torch.device:
        return torch.device(self.kind)

    def manual_seed(self, seed: int) -> "Generator":
        KINDS[int(seed)] = self.kind
        super().manual_seed(seed)
        return self


class Watch(TorchDispatchMode):
    """Sees every operation: counts kernels, notes where the host would wait, and what no GPU would do."""

    def __init__(self) -> None:
        super().__init__()
        self.reset()

    def reset(self) -> None:
        self.kernels = 0
        self.waits: collections.Counter[str] = collections.Counter()
        self.mistakes: collections.Counter[str] = collections.Counter()

    def __torch_dispatch__(
        self, func: Any, types: Sequence[type], args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        kwargs = dict(kwargs or {})
        name = func._schema.name.split("::")[1]
        tensors = [value for value in tree_flatten((args, kwargs))[0] if isinstance(value, Tensor)]
        generator = next((value for value in (*args, *kwargs.values()) if isinstance(value, RealGenerator)), None)
        kind = "cpu" if generator is None else KINDS.get(generator.initial_seed(), "cpu")
        target = torch.device(kwargs["device"]).type if kwargs.get("device") is not None else None
        if target != "gpu" and not any(tensor.device.type == "gpu" for tensor in tensors):
            if kind == "gpu":
                self.mistakes[f"{name} on the processor with the GPU's generator at {place()}"] += 1
            with unset_fake_temporarily():
                return func(*args, **kwargs)
        early = self.without_values(name, args, tensors)
        if early is not None:
            return early[0]
        made = func(*args, **kwargs)
        if not func._schema.is_mutable:
            made = tree_map(real, made)
        first = made[0] if isinstance(made, list | tuple) and made else made
        on = first.device.type if isinstance(first, Tensor) else None
        if any(argument.name == "generator" for argument in func._schema.arguments) and on == "gpu" and kind != "gpu":
            self.mistakes[f"{name} on the GPU without its generator at {place()}"] += 1
        if name in COPIES:
            source = tensors[-1] if name == "copy_" else tensors[0]
            waits = not (kwargs.get("non_blocking") or (name == "copy_" and len(args) > 2 and args[2])) or on == "cpu"
            if source.device.type != on and waits:
                self.waits[f"{source.device.type} to {on} at {place()}"] += 1
        elif len({tensor.device.type for tensor in tensors if tensor.dim()}) > 1:
            self.mistakes[f"{name} of two devices at {place()}"] += 1
        self.kernels += name not in VIEWS
        return made

    def without_values(self, name: str, args: tuple[Any, ...], tensors: list[Tensor]) -> tuple[Any] | None:
        """The result of an operation whose result depends on values, in a tuple; fake tensors have none."""
        if name.startswith("_fused_"):  # It has no fake form.
            self.kernels += 1
            if len({tensor.device.type for tensor in tensors}) > 1:
                self.mistakes[f"{name} of two devices at {place()}"] += 1
            return (None,)
        if name == "_local_scalar_dense":
            self.waits[f"a number at {place()}"] += 1
            return (0.5 if tensors[0].is_floating_point() else 0,)
        if name == "_unique2":
            self.waits[f"{name} at {place()}"] += 1
            return (tuple(torch.arange(10, device=tensors[0].device) for _ in range(3)),)
        if name in ("nonzero", "equal", "masked_select"):
            raise NotImplementedError(f"{name} at {place()}: what comes out depends on values")
        return None


def place() -> str:
    """The line of the lab that asked for the operation."""
    frame: Any = sys._getframe(1)
    while frame is not None:
        file = frame.f_code.co_filename
        if file.startswith(ROOT) and ".venv" not in file and file != HERE:
            return f"{file.removeprefix(ROOT)}:{frame.f_lineno}"
        frame = frame.f_back
    return "?"


def real(value: Any) -> Any:
    """A tensor that comes from the GPU to the processor has values again, here always the same ones."""
    if isinstance(value, FakeTensor) and value.device.type == "cpu":
        with unset_fake_temporarily():
            made = torch.empty_strided(tuple(value.shape), tuple(value.stride()), dtype=value.dtype)
            return made.fill_(0.5 if value.dtype.is_floating_point else 1)
    return value


def moved(module: nn.Module, *args: Any, **kwargs: Any) -> nn.Module:
    """`nn.Module.to` by new parameters, as a fake tensor's memory cannot be exchanged; also where a module keeps them in a tuple."""
    device, dtype, _, layout = torch._C._nn._parse_to(*args, **kwargs)

    def converted(tensor: Tensor) -> Tensor:
        tensor = tensor.detach()
        tensor = tensor if device is None else tensor.to(device)
        tensor = tensor.to(dtype) if dtype is not None and tensor.is_floating_point() else tensor
        return tensor.contiguous(memory_format=layout) if layout is not None and tensor.dim() == 4 else tensor

    with torch.no_grad():
        old = {id(parameter): parameter for parameter in module.parameters()}
        new = {key: nn.Parameter(converted(parameter), parameter.requires_grad) for key, parameter in old.items()}
        for part in module.modules():
            part._parameters.update({name: new[id(p)] for name, p in part._parameters.items() if p is not None})
            part._buffers.update({name: converted(buffer) for name, buffer in part._buffers.items() if buffer is not None})
            for name, value in vars(part).items():
                if isinstance(value, tuple) and any(id(member) in new for member in value):
                    part.__dict__[name] = tuple(new.get(id(member), member) for member in value)
            if hasattr(part, "_flat_weights_names"):
                part._flat_weights = [getattr(part, name) for name in part._flat_weights_names]
    return module


def copied(tensor: FakeTensor, memo: dict[int, Any]) -> Tensor:
    if id(tensor) not in memo:
        clone = tensor.detach().clone()
        memo[id(tensor)] = nn.Parameter(clone, tensor.requires_grad) if isinstance(tensor, nn.Parameter) else clone
    return memo[id(tensor)]


def patch_torch(watch: Watch) -> None:
    _setup_privateuseone_for_python_backend("gpu", backend_module=Backend())
    FakeTensorMode.avoid_device_init = property(lambda mode: True)
    torch.Generator = Generator
    nn.Module.to = moved
    FakeTensor.__deepcopy__ = copied
    torch.inference_mode = lambda mode=True: torch.no_grad() if mode else contextlib.nullcontext()
    torch.autocast = lambda *args, **kwargs: contextlib.nullcontext()
    tensor, numpy = torch.tensor, Tensor.numpy

    def made(data: Any, *args: Any, device: Any = None, **kwargs: Any) -> Tensor:
        there = tensor(data, *args, **kwargs)
        if device is None or torch.device(device).type == "cpu":
            return there
        watch.waits[f"cpu to gpu at {place()}"] += 1
        return torch.zeros(there.shape, dtype=there.dtype, device=device)

    def array(value: Tensor, *args: Any, **kwargs: Any) -> np.ndarray:
        if value.device.type == "gpu":
            raise TypeError(f"numpy() of a tensor on the GPU at {place()}")
        return numpy(value, *args, **kwargs)

    torch.tensor, Tensor.numpy = made, array
    Tensor.is_cuda = property(lambda value: value.device.type == "gpu")


def patch_lab() -> None:
    """What asks a real device of its own."""
    import agents.dqn
    import agents.pqn
    import agents.replay
    import lab.device

    def compute_dtype(precision: str, device: torch.device) -> torch.dtype:
        return torch.float32 if precision == "fp32" else torch.bfloat16

    lab.device.compute_dtype = agents.dqn.compute_dtype = agents.pqn.compute_dtype = compute_dtype
    agents.dqn.DQN.replay_device = lambda self: self.device
    agents.replay.in_huge_pages = lambda tensor: tensor


@contextlib.contextmanager
def on_gpu() -> Iterator[Watch]:
    warnings.filterwarnings("ignore")
    watch = Watch()
    patch_torch(watch)
    patch_lab()
    with FakeTensorMode(allow_non_fake_inputs=True), watch:
        yield watch


def evaluated(experiment: Any) -> str:
    """What goes wrong in an evaluation; nothing where it comes to where the next shape depends on values, which are not there."""
    try:
        experiment.evaluate()
    except (NotImplementedError, DynamicOutputShapeException, DataDependentOutputException, LabError):
        return ""
    except Exception as error:
        return short(error)
    return ""


def main(folder: Path, names: list[str]) -> dict[str, Any]:
    from lab import registry
    from lab.selfcheck.cases import advance, cases, made, write_files

    write_files(folder)
    seen = {}
    with on_gpu() as watch:
        for name in names:
            agent = registry.recipe(cases()[name][0]).is_agent
            experiment = made(name, folder, torch.device("gpu"))
            try:
                advance(experiment, 16 if agent else 1)
                mistakes = watch.mistakes.copy()
                watch.reset()
                advance(experiment, 4 if agent else 1)
                seen[name] = {"kernels": watch.kernels, "waits": watch.waits, "mistakes": mistakes + watch.mistakes}
                watch.reset()
                # Agents would play, and samples are judged by a classifier that has to be trained first.
                judged = ".generative." in registry.recipe(cases()[name][0]).experiment_path
                seen[name]["evaluation"] = "" if agent or judged else evaluated(experiment)
            finally:
                experiment.close()
    return seen


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]), sys.argv[2:])))
