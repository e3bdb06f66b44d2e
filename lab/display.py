"""Progress on stderr: a live bar where it is a terminal, plain lines where it is not. stdout stays free for results."""

import sys
import time
from contextlib import suppress

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from lab.latest import Latest


class Display:
    """Shows a session's progress: done, steps/s, time left, the recipe's headline metrics."""

    def __init__(self, title: str, headline: tuple[str, ...]):
        self.title, self.headline = title, headline
        self.console = Console(stderr=True)
        self.bar: Progress | None = None
        self.printed = 0.0
        if self.console.is_terminal:
            self.bar = Progress(
                TextColumn("{task.description}"), BarColumn(bar_width=24), MofNCompleteColumn(),
                TextColumn("{task.fields[speed]}"), TimeElapsedColumn(), TimeRemainingColumn(), TextColumn("{task.fields[metrics]}"),
                console=self.console, auto_refresh=False,
            )  # fmt: skip
            self.task = self.bar.add_task(title, total=None, speed="", metrics="")
            self.bar.start()

    def update(self, latest: Latest) -> None:
        """Draw `latest`; every ten seconds where there is no terminal. A closed pipe (`| head`) does not stop training."""
        with suppress(OSError):
            self.draw(latest)

    def draw(self, latest: Latest) -> None:
        speed = latest.pace
        metrics = "  ".join(f"{name.split('/')[-1]} {latest.metrics[name]:.4g}" for name in self.headline if name in latest.metrics)
        if self.bar is not None:
            self.bar.update(self.task, completed=latest.done, total=latest.target, speed=speed, metrics=metrics)
            self.bar.refresh()
        elif time.monotonic() - self.printed > 10 or latest.status != "running":
            self.printed = time.monotonic()
            of = f" of {latest.target:,}" if latest.target else ""
            eta = f"  {latest.eta:,.0f} s left" if latest.eta is not None and latest.status == "running" else ""
            print(f"{self.title}: {latest.status} {latest.done:,}{of} {latest.unit}  {speed}{eta}  {metrics}", file=sys.stderr, flush=True)

    def close(self) -> None:
        if self.bar is not None:
            with suppress(OSError):
                self.bar.stop()
