"""Trains cases for a few steps, alone or as one of several processes, and keeps what they hold; for tests/lab/test_torchrun.py.

`python two_processes.py FOLDER COUNT CASE...` The processes are forks of this one, which imports everything first and has no thread.
"""

import multiprocessing
import sys
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import distributed

from lab.selfcheck.cases import made
from lab.selfcheck.exactness import differences, stored_and_read
from lab.torchrun import stepped
from models.processes import group

SETTINGS: dict[str, dict[str, Any]] = {
    "vae": {"batch_size": 32, "size": 8},
    "dcgan": {"batch_size": 16, "spectral_norm": False},
    "flow": {"batch_size": 8},
    "classify": {"batch_size": 50, "network": "layers", "layers": "conv 4 3 stride 2, batch norm, dropout 0.3, gap, dense classes", "dropout": -1.0, "patience": 0},
    "gpt": {"batch_size": 4},
    "cyclegan": {"batch_size": 4, "pool": 6},
}  # fmt: skip
"""Cases, and their settings beside those of the self-check: the batch is the whole one."""
STEPS = 5


def train(case: str, folder: Path) -> tuple[list[list[float]], dict[str, torch.Tensor], list[str]]:
    """The losses of each of some steps, the weights after them, and what differs in an experiment that resumed two steps before the end."""
    torch.set_num_threads(1)
    experiment, resumed = (made(case, folder, torch.device("cpu"), **SETTINGS[case]) for _ in range(2))
    losses: list[list[float]] = []
    state: dict[str, Any] = {}
    for step in range(STEPS):
        if step == STEPS - 2:
            state = stored_and_read(experiment, folder / f"{case} {group.rank}")
        metrics = stepped(experiment.step)
        losses.append([float(value) for name, value in metrics.items() if name.startswith("losses/") and not isinstance(value, list)])
    resumed.restore(state)
    for _ in range(2):
        stepped(resumed.step)
    weights = {name: tensor.detach().clone().contiguous() for name, tensor in experiment.serving().state_dict().items()}
    return losses, weights, differences(experiment, resumed)


def main(folder: Path, rank: int, count: int, cases: list[str]) -> None:
    distributed.init_process_group("gloo", init_method=f"file://{folder}/meeting", rank=rank, world_size=count)
    group.join(distributed.get_rank(), distributed.get_world_size())
    for case in cases:
        losses, weights, apart = train(case, folder)
        kept = {f"weights {name}": tensor for name, tensor in weights.items()}
        save_file(
            {**{f"losses {step}": torch.tensor(each) for step, each in enumerate(losses)}, "differences": torch.tensor(len(apart)), **kept},
            folder / f"{case} {group.rank}.safetensors",
        )
    distributed.destroy_process_group()


if __name__ == "__main__":
    base, processes, *wanted = sys.argv[1:]
    fork = multiprocessing.get_context("fork")
    children = [fork.Process(target=main, args=(Path(base), rank, int(processes), wanted)) for rank in range(int(processes))]
    for child in children:
        child.start()
    for child in children:
        child.join()
    sys.exit(int(any(child.exitcode for child in children)))
