"""The engine: configs, experiments, sessions, runs on disk, views, metrics and the command line.

From Python: `import lab; run = lab.train("dqn-fast", steps=10_000); run.show("curves").save("curves.png")`.
The names below are loaded when they are first used, so that `import lab` is quick and imports no torch.
"""

import importlib
import os
from typing import Any

LAZY = {
    "train": "lab.api", "resume": "lab.api", "suite": "lab.api", "Run": "lab.run", "runs": "lab.stored_runs", "find": "lab.stored_runs",
    "export_agent": "lab.stored_runs", "import_agent": "lab.stored_runs", "tag": "lab.marks", "Config": "lab.config", "Experiment": "lab.experiment", "view": "lab.experiment", "Session": "lab.session",
    "LabError": "lab.errors", "UsageError": "lab.errors",
}  # fmt: skip

__all__ = list(LAZY)

# cuBLAS reads it at its first product: with this workspace its sums are the same each time, in recurrent networks too.
os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")


def __getattr__(name: str) -> Any:
    if name not in LAZY:
        raise AttributeError(f"module 'lab' has no attribute {name!r}")
    return getattr(importlib.import_module(LAZY[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *LAZY])
