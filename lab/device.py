"""Devices: which one a run gets, which arithmetic suits it, and what to say when its memory is full."""

import ctypes
import os
import platform
import sys
import threading
import traceback
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

import torch
from torch import Tensor

from lab.device_names import checked
from lab.eager_optimizers import leave_out_the_compiler
from lab.errors import LabError, UsageError
from models.full_memory import chain, full_memory
from models.kernels.cuda_graphs import CAPTURE


def resolve(name: str) -> torch.device:
    """The torch device for auto, cpu, cuda, cuda:N or mps. Raises UsageError where it is not here."""
    checked(name)
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    missing = ""
    if name.startswith("cuda"):
        count = torch.cuda.device_count() if torch.cuda.is_available() else 0
        if not count:
            missing = "finds no CUDA device here"
        elif int(name.partition(":")[2] or 0) >= count:
            missing = f"finds {count} CUDA device{'s' if count > 1 else ''} here, the first of which is cuda:0"
    elif name == "mps" and not torch.backends.mps.is_available():
        missing = "finds no GPU of Apple here" if torch.backends.mps.is_built() else "is built without support for Apple's GPUs"
    if missing:
        raise UsageError(f"--device {name}: PyTorch {torch.__version__} {missing}. Use --device cpu or auto.")
    return torch.device(name)


def current(device: torch.device) -> AbstractContextManager[None]:
    """Inside, what the calling thread starts on "the" GPU, such as a CUDA graph, is on this one."""
    return torch.cuda.device(device) if device.type == "cuda" and device.index is not None else nullcontext()


def describe(device: torch.device, threads: int | None = None) -> str:
    """The device in words: the GPU's name, or the processor with its threads (those of the calling thread unless given)."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    if device.type == "mps":
        return "Apple GPU"
    count = threads or torch.get_num_threads()
    return f"{cpu_name()}, {count} thread{'s' if count != 1 else ''}"


def cpu_name() -> str:
    try:
        with open("/proc/cpuinfo") as file:
            return next(line.split(":", 1)[1].strip() for line in file if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def prepare(device: torch.device) -> None:
    """Settings of the whole process for a run on a device.

    On a GPU float32 is IEEE float32, in convolutions and recurrent networks too, where cuDNN's own choice is TF32 with 10 bits of mantissa.
    With LAB_DETERMINISTIC=1 cuDNN may use only algorithms that give the same sums each time, which for some convolutions are far slower.
    """
    leave_out_the_compiler()
    if device.type != "cuda":
        keep_freed_memory()
        return
    torch.backends.cudnn.allow_tf32 = False
    torch.backends.cudnn.deterministic = os.environ.get("LAB_DETERMINISTIC", "") not in ("", "0")
    torch.backends.cudnn.benchmark = False


M_MXFAST, M_TRIM_THRESHOLD, M_MMAP_THRESHOLD, M_ARENA_MAX = 1, -1, -3, -8
"""Settings of glibc's mallopt."""
MADV_HUGEPAGE = 14
HUGE_PAGE = 2 << 20
SOON = 0.5
"""Seconds."""


def keep_freed_memory() -> bool:
    """Let the C library keep large freed blocks, for the whole process; False where it has no such setting (only glibc does).

    Otherwise it returns blocks of some megabytes to the kernel at once, and each new page costs a fault. At most 512 MB stay unused.
    Freed small blocks are merged at once, or each freed tensor would walk through all of them first. Threads that start later
    share one heap, as heaps of their own are not kept.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        return False
    settings = ((M_MXFAST, 0), (M_MMAP_THRESHOLD, 128 << 20), (M_TRIM_THRESHOLD, 512 << 20), (M_ARENA_MAX, 1))
    return all(mallopt(name, value) == 1 for name, value in settings)


def in_huge_pages(tensor: Tensor) -> Tensor:
    """The tensor itself, fresh from `torch.empty`. In main memory on Linux its pages will be of 2 MB where the kernel has them.

    Rows drawn at random from gigabytes otherwise wait for the page table: those of a DQN update from 4 GB came in 170 us in place of 365.
    """
    address, size = tensor.data_ptr(), tensor.nbytes
    start, end = -(-address // HUGE_PAGE) * HUGE_PAGE, (address + size) // HUGE_PAGE * HUGE_PAGE
    if tensor.device.type == "cpu" and sys.platform == "linux" and start < end:
        # Advice: where it can't be followed, nothing changes.
        ctypes.CDLL(None).madvise(ctypes.c_void_p(start), ctypes.c_size_t(end - start), MADV_HUGEPAGE)
    return tensor


def compute_dtype(precision: str, device: torch.device) -> torch.dtype:
    """float32 or bfloat16 for auto, fp32 or bf16: auto takes bf16 where the hardware multiplies it."""
    if precision == "auto":
        if device.type == "cuda":
            return torch.bfloat16 if torch.cuda.is_bf16_supported(including_emulation=False) else torch.float32
        return torch.bfloat16 if device.type == "cpu" and cpu_has_bf16() else torch.float32
    return torch.bfloat16 if precision == "bf16" else torch.float32


def autocast(device: torch.device, dtype: torch.dtype) -> torch.autocast:
    """Inside, networks kept in float32 compute in `dtype` where it is another."""
    return torch.autocast(device.type, dtype, enabled=dtype != torch.float32)


def cpu_has_bf16() -> bool:
    """Whether the processor has AVX-512 bf16 or AMX instructions (elsewhere bf16 is emulated, and slower)."""
    return bool(torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())


def finish(device: torch.device) -> None:
    """Wait until a GPU has done what it was given: the time of a call is that of its launches otherwise."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def out_of_memory(settings: tuple[str, ...], where: str = "cpu") -> LabError:
    """The sentence for a full memory: the processor's or the GPU's."""
    flags = " or ".join("--" + name.replace("_", "-") for name in settings)
    memory = "this machine's memory" if where == "cpu" else f"the GPU's memory{free_text()}"
    return LabError(
        f"Out of memory. Lower {flags}, or close what else uses {memory}." if flags else f"Out of memory. Close what else uses {memory}."
    )


def free_text() -> str:
    try:
        device = torch.device("cuda")
        free, total = free_memory(device), torch.cuda.mem_get_info(device)[1]
    except RuntimeError:  # The driver itself has no memory left.
        return ""
    return f" ({free / 1e9:.1f} GB of {total / 1e9:.1f} free)"


def free_memory(device: torch.device) -> int:
    """The bytes of a GPU's memory that this process could still use: what the driver has, and what PyTorch keeps unused."""
    with CAPTURE:
        free, _ = torch.cuda.mem_get_info(device)
    return free + torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)


def give_back_memory() -> None:
    """Return the GPU memory that nothing uses any more, such as that of an ended run, to other processes."""
    if torch.cuda.is_initialized():
        with CAPTURE:
            torch.cuda.empty_cache()


def give_back_soon() -> None:
    """`give_back_memory` when what is just being freed is gone, off the calling thread."""
    timer = threading.Timer(SOON, give_back_memory)
    timer.daemon = True
    timer.start()


@contextmanager
def memory_explained(settings: tuple[str, ...] = ()) -> Iterator[None]:
    """Raises the sentence for a full memory in place of the errors that say so inside; `settings` are the config's fields to lower."""
    try:
        yield
    except Exception as error:
        where = None if isinstance(error, LabError) else full_memory(error)
        if where is None:
            raise
        for each in chain(error):  # Its frames would keep their tensors alive.
            traceback.clear_frames(each.__traceback__)
        give_back_memory()
        raise out_of_memory(settings, where) from None
