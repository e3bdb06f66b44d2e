"""The process in which the sections run: `python -m lab.selfcheck.worker`, a line of JSON on stdin for what to do, one on stdout for each piece of news.

It is a process of its own, as a device may fail it for good, the system may kill it, and it may hang: `lab.selfcheck.overseer` then starts another.
"""

import json
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # Deterministic algorithms ask for it, before CUDA starts.

import torch

from lab import cores
from lab.device import resolve
from lab.selfcheck.cases import write_files
from lab.selfcheck.check import BrokenDeviceError, Check, short
from lab.selfcheck.sections import SECTIONS

BROKEN = 3
"""The exit code where the device answers nothing any more."""


def main() -> int:
    order = json.loads(sys.stdin.readline())
    news = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # What a recipe prints is no news.

    def tell(values: dict[str, Any]) -> None:
        news.write(json.dumps(values, default=str) + "\n")
        news.flush()

    end = time.monotonic() + order["seconds"]
    names: list[str] = order["sections"]
    with tempfile.TemporaryDirectory(prefix="lab-selfcheck-") as folder:
        os.environ["LAB_RUNS"] = str(Path(folder) / "runs")
        write_files(Path(folder))
        device = resolve(order["device"])
        cores.use_threads(cores.threads_for(device))
        if device.type == "cuda" and device.index is not None:
            torch.cuda.set_device(device)
        for i, name in enumerate(names):
            left, share = end - time.monotonic(), SECTIONS[name].share
            seconds = left * share / sum(SECTIONS[other].share for other in names[i:])
            tell({"section": name, "limit": round(seconds, 1)})
            if left <= 0:
                tell({"skipped": "there was no time left"})
                continue
            check = Check(device, seconds, Path(folder), tell, order["finished"].get(name, ()))
            start = time.monotonic()
            figures: dict[str, Any] = {}
            try:
                figures = SECTIONS[name].work(check)
                check.finish()
            except BrokenDeviceError as error:
                tell({"failure": f"the device has failed for good: {error}"})
                return BROKEN
            except Exception as error:
                check.fail(short(error))
            tell({"figures": figures, "seconds": round(time.monotonic() - start, 1)})
    return 0


if __name__ == "__main__":
    sys.exit(main())
