"""The sections of the self-check, in the order in which they are done."""

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch

from lab.device import describe
from lab.selfcheck.check import Check
from lab.selfcheck.memory import check_memory
from lab.selfcheck.processor import check_against_processor
from lab.selfcheck.recipes import check_deterministic, check_recipes
from lab.selfcheck.sessions import check_sessions, check_snapshots
from lab.selfcheck.speed import check_speed


@dataclass(frozen=True)
class Section:
    """What it does, and its share of the time: that of the sections to come is what is left."""

    work: Callable[[Check], dict[str, Any]]
    share: float


def machine(check: Check) -> dict[str, Any]:
    """What everything below was seen on."""
    figures: dict[str, Any] = {
        "device": describe(check.device), "torch": torch.__version__, "python": sys.version.split()[0], "cores": os.cpu_count(),
    }  # fmt: skip
    if check.cuda:
        free, total = torch.cuda.mem_get_info(check.device)
        figures |= {
            "free_gb": round(free / 1e9, 1), "total_gb": round(total / 1e9, 1), "cuda": torch.version.cuda,
            "cudnn": torch.backends.cudnn.version(), "cudnn_deterministic": torch.backends.cudnn.deterministic,
            "tf32_convolutions": torch.backends.cudnn.allow_tf32, "cublas_workspace": os.environ.get("CUBLAS_WORKSPACE_CONFIG"),
        }  # fmt: skip
    return figures


SECTIONS = {
    "machine": Section(machine, 1),
    "recipes": Section(check_recipes, 38),
    "sessions": Section(check_sessions, 9),
    "snapshots": Section(check_snapshots, 2),
    "memory": Section(check_memory, 7),
    "processor": Section(check_against_processor, 16),
    "speed": Section(check_speed, 11),
    "deterministic": Section(check_deterministic, 13),
}
ABOUT = {
    "machine": "what it is",
    "recipes": "every recipe: steps, exact resume, views, evaluation, shown on a processor",
    "sessions": "sessions side by side, looked at while they train",
    "snapshots": "a look never sees weights of two steps",
    "memory": "a full memory ends one session with a sentence, and no other",
    "processor": "the first losses are those of a processor, in true fp32",
    "speed": "benches and paces; figures only",
    "deterministic": "exact resume under deterministic algorithms",
}
