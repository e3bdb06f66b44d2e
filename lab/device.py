"""Devices: which one a run gets, which arithmetic suits it, and what to say when its memory is full."""

import ctypes
import platform
import sys

import torch
from torch import Tensor

from lab.errors import LabError, UsageError


def resolve(name: str) -> torch.device:
    """The torch device for auto, cpu or cuda. Raises UsageError where there is no CUDA device."""
    if name not in ("auto", "cpu", "cuda"):
        raise UsageError(f"--device must be auto, cpu or cuda, got {name!r}.")
    if name == "cuda" and not torch.cuda.is_available():
        raise UsageError(f"--device cuda: PyTorch {torch.__version__} finds no CUDA device here. Use --device cpu or auto.")
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    return torch.device(name)


def describe(device: torch.device, threads: int | None = None) -> str:
    """The device in words: the GPU's name, or the processor with its threads (those of the calling thread unless given)."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    count = threads or torch.get_num_threads()
    return f"{cpu_name()}, {count} thread{'s' if count != 1 else ''}"


def cpu_name() -> str:
    try:
        with open("/proc/cpuinfo") as file:
            return next(line.split(":", 1)[1].strip() for line in file if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


M_MXFAST, M_TRIM_THRESHOLD, M_MMAP_THRESHOLD, M_ARENA_MAX = 1, -1, -3, -8
"""Settings of glibc's mallopt."""
MADV_HUGEPAGE = 14
HUGE_PAGE = 2 << 20


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
        return torch.bfloat16 if cpu_has_bf16() else torch.float32
    return torch.bfloat16 if precision == "bf16" else torch.float32


def autocast(device: torch.device, dtype: torch.dtype) -> torch.autocast:
    """Inside, networks kept in float32 compute in `dtype` where it is another."""
    return torch.autocast(device.type, dtype, enabled=dtype != torch.float32)


def cpu_has_bf16() -> bool:
    """Whether the processor has AVX-512 bf16 or AMX instructions (elsewhere bf16 is emulated, and slower)."""
    return bool(torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())


def is_out_of_memory(error: BaseException) -> bool:
    if isinstance(error, MemoryError | torch.cuda.OutOfMemoryError):
        return True
    text = str(error)
    return isinstance(error, RuntimeError) and ("can't allocate memory" in text or "not enough memory" in text)


def out_of_memory(settings: tuple[str, ...]) -> LabError:
    """The sentence for a full memory."""
    flags = " or ".join("--" + name.replace("_", "-") for name in settings)
    return LabError(f"Out of memory. Lower {flags}, or close what else uses this machine's memory.")
