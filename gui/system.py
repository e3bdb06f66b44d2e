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
    """Bytes that torch holds on the GPU; None without one, or before torch is loaded."""
    torch = sys.modules.get("torch")
    if torch is None or not hasattr(torch, "cuda") or not torch.cuda.is_available():
        return None
    return int(torch.cuda.memory_reserved())


def device_text() -> str:
    """The device that a run gets here, in words. Imports torch."""
    from lab.cores import cores
    from lab.device import cpu_name, describe, resolve

    device = resolve("auto")
    return describe(device) if device.type == "cuda" else f"{cpu_name()}, {cores()} core{'s' if cores() != 1 else ''}"


def size_text(count: float) -> str:
    """Bytes for people: 812 MB, 3.2 GB."""
    return f"{count / 2**20:,.0f} MB" if count < 2**30 else f"{count / 2**30:,.1f} GB"


def duration_text(seconds: float) -> str:
    """Seconds for people: 45 s, 12 min, 3 h 05 min."""
    if seconds < 100:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 100 else f"{minutes // 60} h {minutes % 60:02} min"
