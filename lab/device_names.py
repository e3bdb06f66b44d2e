"""The names of devices: what `--device` takes, told without loading PyTorch."""

import platform
import re
import sys
from pathlib import Path

from lab.errors import UsageError

PATTERN = re.compile(r"auto|cpu|mps|cuda(:\d{1,3})?")
DRIVER = Path("/proc/driver/nvidia/gpus")
"""Where Linux's driver of NVIDIA has a folder for each GPU."""


def checked(name: str) -> str:
    """The name of a device, there or not. Raises UsageError for anything else."""
    if PATTERN.fullmatch(name) is None:
        raise UsageError(f"--device must be auto, cpu, cuda, cuda:N for the GPU number N from 0 on, or mps, got {name!r}.")
    return name


def choices() -> list[str]:
    """The devices that a form offers here: the second GPU and those after it, and Apple's, only where they are."""
    count = len(list(DRIVER.glob("*")))
    apple = sys.platform == "darwin" and platform.machine() == "arm64"
    return ["auto", "cpu", "cuda", *(f"cuda:{i}" for i in range(1, count)), *(["mps"] if apple else [])]
