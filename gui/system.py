"""What the status bar says of this machine."""

import resource
import sys
from pathlib import Path


def process_memory() -> int:
    """Resident bytes of this process."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()
    except OSError:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak if sys.platform == "darwin" else peak * 1024


def gpu_memory() -> int | None:
    """Bytes that torch holds on the GPU; None before a run uses one: to ask for it would load the driver, in the window's thread."""
    torch = sys.modules.get("torch")
    if torch is None or not hasattr(torch, "cuda") or not torch.cuda.is_initialized():
        return None
    return int(torch.cuda.memory_reserved())


def device_text() -> str:
    """The device that a run gets here, in words. Imports torch."""
    from lab.cores import cores
    from lab.device import cpu_name, describe, resolve

    device = resolve("auto")
    return describe(device) if device.type == "cuda" else f"{cpu_name()}, {cores()} core{'s' if cores() != 1 else ''}"
