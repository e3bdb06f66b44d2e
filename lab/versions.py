"""What a result depends on beside its settings: the versions of the packages, and the commit of the lab's own source."""

import platform
import shutil
import subprocess
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path


def versions() -> dict[str, str]:
    """The versions that a result depends on."""
    numbers = {"python": platform.python_version()}
    for package in ("lab", "torch", "ale-py", "gymnasium", "numpy"):
        try:
            numbers[package] = version(package)
        except PackageNotFoundError:
            numbers[package] = "unknown"
    return numbers


@lru_cache(maxsize=1)
def git_commit() -> str | None:
    """The commit of the lab's own source, where it is a checkout."""
    if shutil.which("git") is None:
        return None
    root = Path(__file__).resolve().parent.parent
    result = subprocess.run(["git", "rev-parse", "HEAD"], cwd=root, capture_output=True, text=True, check=False)
    return result.stdout.strip() or None
