"""Writes a session's checkpoints in a thread of its own, so that training goes on meanwhile."""

import threading
from typing import Any

import torch

from lab import checkpoint
from lab.run import Run


class CheckpointWriter:
    """One write at a time into the folder of `run`."""

    def __init__(self, run: Run):
        self.run = run
        self.thread: threading.Thread | None = None
        self.error: BaseException | None = None
        """What went wrong with the last write, until `finish` raises it."""
        self.written_step: int | None = None

    @property
    def busy(self) -> bool:
        return self.thread is not None and self.thread.is_alive()

    def start(self, done: int, state: dict[str, Any], serving: dict[str, torch.Tensor]) -> None:
        """Write the state as it was after `done` units; neither it nor the weights may change any more."""
        self.thread = threading.Thread(target=self.write, args=(done, state, serving), name="checkpoint writer")
        self.thread.start()

    def write(self, done: int, state: dict[str, Any], serving: dict[str, torch.Tensor]) -> None:
        try:
            written = checkpoint.write(self.run.checkpoints, done, state, serving, self.run.about())
            checkpoint.prune(self.run.checkpoints, keep=2, newest=written)
            self.run.log(f"checkpoint at {done}")
            self.written_step = done
        except BaseException as error:
            self.error = error

    def finish(self) -> None:
        """Wait for the write under way; raise what went wrong with it."""
        if self.thread is not None:
            self.thread.join()
            self.thread = None
        if self.error is not None:
            error, self.error = self.error, None
            raise error
