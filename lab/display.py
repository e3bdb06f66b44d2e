"""Progress on stderr: a live bar where it is a terminal, plain lines where it is not. stdout stays free for results."""

import sys
import time
from contextlib import suppress

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from lab.latest import Latest
from lab.readable import duration_text


class Display:
    """Shows a session's progress: done, steps/s, time left, the recipe's headline metrics."""

    def __init__(self, title: str, headline: tuple[str, ...]):
        self.title, self.headline = title, headline
        self.console = Console(stderr=True)
        self.bar: Progress | None = None
        self.printed = 0.0
        if self.console.is_terminal:
            self.bar = Progress(
                TextColumn("{task.description}"), BarColumn(bar_width=24), TextColumn("{task.fields[done]}"),
                TextColumn("{task.fields[speed]}"), TimeElapsedColumn(), TextColumn("{task.fields[left]}"), TextColumn("{task.fields[metrics]}"),
                console=self.console, auto_refresh=False,
            )  # fmt: skip
            self.task = self.bar.add_task(title, total=1.0, done="", speed="", left="", metrics="")
            self.bar.start()

    def update(self, latest: Latest) -> None:
        """Draw `latest`; every ten seconds where there is no terminal. A closed pipe (`| head`) does not stop training."""
        with suppress(OSError):
            self.draw(latest)

    def draw(self, latest: Latest) -> None:
        training = latest.status == "running"
        speed = latest.pace if training else ""
        left = f"{duration_text(latest.eta)} left" if latest.eta is not None and training else ""
        metrics = "  ".join(f"{name.split('/')[-1]} {latest.metrics[name]:.4g}" for name in self.headline if name in latest.metrics)
        if self.bar is not None:
            self.bar.update(self.task, completed=latest.share, done=latest.progress, speed=speed, left=left, metrics=metrics)
            self.bar.refresh()
        elif time.monotonic() - self.printed > 10 or latest.status != "running":
            self.printed = time.monotonic()
            by_time = latest.until is not None and not latest.target
            done = latest.progress if by_time else f"{latest.progress} {latest.unit}"
            parts = [f"{self.title}: {latest.status} {done}", speed, left, metrics]
            print("  ".join(part for part in parts if part), file=sys.stderr, flush=True)

    def close(self) -> None:
        if self.bar is not None:
            with suppress(OSError):
                self.bar.stop()
