"""Trains `dqn` in processes that are killed, resumes it until it ends, and prints what it ended with.

`python killing.py FOLDER PLAN...` prints one JSON list: a digest of the final checkpoint and how often the run was resumed.
A plan is `none`, `EVENT:N` (SIGKILL at the N-th step, fsync or rename of the training) or `time:SECONDS`. Each process is
a fork of this one, which imports everything first and has no thread.
"""

import hashlib
import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import ale_py.registration
import ale_py.vector_env  # noqa: F401
import tensorboard.summary.writer.record_writer  # noqa: F401

import lab.api
import lab.cli
import lab.commands.resume
import lab.commands.train
import lab.display
import lab.session
from agents.dqn import DQN

FLAGS = {
    "envs": 2, "replay-capacity": 400, "learning-starts": 32, "batch-size": 4, "hidden-units": 16, "noop-max": 3,
    "precision": "fp32", "target-interval": 5, "epsilon-steps": 60, "n-step": 2, "steps": 120,
}  # fmt: skip
DQN.checkpoint_every = 16
DQN.log_every = 16


def arm(plan: str) -> None:
    """Have this process killed as `plan` says."""
    event, _, count = plan.partition(":")
    if event == "time":
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_REAL, float(count))
        return
    left = int(count)

    def counted(original: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(*arguments: Any, **options: Any) -> Any:
            nonlocal left
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return original(*arguments, **options)

        return wrapped

    owner: Any = {"step": DQN, "fsync": os, "rename": Path}[event]
    setattr(owner, event, counted(getattr(owner, event)))


def child(arguments: list[str], plan: str) -> int:
    """Run `lab` with `arguments` in a fork; its wait status."""
    pid = os.fork()
    if pid == 0:
        code = 70  # A child never returns into the loop below, whatever happens in it.
        try:
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            if plan != "none":
                arm(plan)
            code = lab.cli.main(arguments)
        finally:
            os._exit(code)
    return os.waitpid(pid, 0)[1]


def digest(folder: Path) -> str:
    """What the newest checkpoint holds, except for the seconds that it took."""
    newest = max((folder / "checkpoints").glob("step-*"))
    tree = json.loads((newest / "state.json").read_text())
    del tree["session"]
    parts = [newest.name.encode(), json.dumps(tree).encode(), (newest / "state.safetensors").read_bytes()]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def trained(folder: Path, plan: str) -> dict[str, Any]:
    """Train with the plan's kill, then resume to the end."""
    train = ["train", "dqn", "--run", str(folder), *(text for name, value in FLAGS.items() for text in (f"--{name}", str(value)))]
    status, resumed = child(train, plan), 0
    while status != 0 and resumed < 3:
        killed = os.WIFSIGNALED(status)
        assert killed or resumed, f"{plan}: exit status {status} where a kill was expected"
        if (folder / "config.json").exists():
            status = child(["resume", str(folder)], "none")
            if os.WEXITSTATUS(status) == 2:  # It was killed after its last checkpoint: nothing is left to do.
                status = 0
        else:
            status = child(train, "none")
        resumed += 1
    return {"plan": plan, "digest": digest(folder), "resumed": resumed}


if __name__ == "__main__":
    base = Path(sys.argv[1])
    print(json.dumps([trained(base / f"run{i}", plan) for i, plan in enumerate(sys.argv[2:])]))
