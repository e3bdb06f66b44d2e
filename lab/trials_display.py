"""The trials of a suite or a sweep on stderr: one live line each where it is a terminal, else a line whenever one of them begins or ends."""

import sys
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

from rich.console import Console
from rich.live import Live
from rich.table import Table

from lab.trials import State

DRAW_SECONDS = 0.25
COLOURS = {"training": "cyan", "evaluating": "cyan", "finished": "green", "failed": "red", "stopped": "yellow", "pruned": "yellow"}


class TrialsDisplay:
    """Shows how far each trial is. `metrics` are those that a line has, the most telling first; `label` is what it is called there."""

    def __init__(
        self,
        title: str,
        metrics: tuple[str, ...],
        console: Console | None = None,
        label: Callable[[State], str] = lambda state: state.trial.name,
    ):
        self.title, self.metrics, self.label = title, metrics, label
        self.console = console or Console(stderr=True)
        self.live = Live(console=self.console, auto_refresh=False) if self.console.is_terminal else None
        self.said: dict[str, str] = {}
        self.drawn = 0.0
        if self.live is not None:
            self.live.start()

    def update(self, states: list[State]) -> None:
        """Draw the states. A closed pipe does not stop the trials."""
        with suppress(OSError):
            if self.live is None:
                self.say(states)
            elif time.monotonic() - self.drawn > DRAW_SECONDS or not any(state.at_work for state in states):
                self.drawn = time.monotonic()
                self.live.update(self.table(states), refresh=True)

    def say(self, states: list[State]) -> None:
        """A line for each trial whose status is another than before."""
        for state in states:
            if self.said.get(state.trial.name, "waiting") != state.status and state.status != "starting":
                print(f"{self.label(state)}: {state.status}{details(state, self.metrics)}", file=sys.stderr, flush=True)
                self.said[state.trial.name] = state.status

    def table(self, states: list[State]) -> Table:
        """What stands on the screen: those at work, failed or finished last, as many as it has lines for."""
        finished = sum(state.status == "finished" for state in states)
        table = Table(title=f"{self.title}: {finished} of {len(states)} finished", title_justify="left", box=None, pad_edge=False)
        for name in ("trial", "status", "progress", "speed", "time", *(name.split("/")[-1] for name in self.metrics), ""):
            table.add_column(
                name, justify="left" if name in ("trial", "status", "") else "right", overflow="fold" if not name else "ellipsis"
            )
        room = max(4, self.console.height - 4)
        shown = states if len(states) <= room else sorted(states, key=lambda state: not state.at_work)[:room]
        for state in shown:
            of = f" of {state.target:,}" if state.target else ""
            speed = f"{state.speed:,.0f} {state.unit}/s" if state.status == "training" and state.speed else ""
            took = str(timedelta(seconds=round(state.seconds))) if state.seconds else ""
            values = [f"{state.metrics[name]:.4g}" if state.metrics.get(name) is not None else "" for name in self.metrics]
            status = f"[{COLOURS[state.status]}]{state.status}[/]" if state.status in COLOURS else state.status
            progress = f"{state.done:,}{of}" if state.done or state.at_work else ""
            table.add_row(self.label(state), status, progress, speed, took, *values, state.reason)
        if len(shown) < len(states):
            table.caption = f"{len(states) - len(shown)} more are waiting or finished"
        return table

    def close(self) -> None:
        if self.live is not None:
            with suppress(OSError):
                self.live.stop()


def details(state: State, metrics: tuple[str, ...]) -> str:
    """What a plain line says after the status."""
    if state.reason:
        return f": {state.reason}"
    if not state.done:
        return ""
    values = "".join(f", {name.split('/')[-1]} {state.metrics[name]:.4g}" for name in metrics if state.metrics.get(name) is not None)
    return f" at {state.done:,} {state.unit} after {state.seconds:,.0f} s{values}"
