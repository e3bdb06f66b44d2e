"""Starts the self-check's worker, gathers its news into a report, and starts another where one dies or hangs.

Read first: `selfcheck`. The report is written to its file at every piece of news, so that a killed check keeps what it saw.
"""

import json
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lab.paths import write_atomic

GRACE = 45.0
"""Seconds that a section may take beyond its time, for the case that it is at, before it counts as hung."""
WORKERS = 6
"""Workers that are started at most."""


@dataclass
class Seen:
    """What was seen in one section."""

    limit: float = 0.0
    seconds: float = 0.0
    done: bool = False
    skipped: str = ""
    figures: dict[str, Any] = field(default_factory=dict)
    cases: dict[str, dict[str, Any]] = field(default_factory=dict)
    unreached: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)


@dataclass
class Report:
    """Everything that was seen, by section."""

    device: str
    sections: dict[str, Seen] = field(default_factory=dict)

    @property
    def failures(self) -> list[str]:
        return [f"{name}: {sentence}" for name, seen in self.sections.items() for sentence in seen.failures]

    def data(self) -> dict[str, Any]:
        """As JSON has it."""
        return {
            "ok": not self.failures, "device": self.device, "failures": self.failures, "sections": {name: vars(seen) for name, seen in self.sections.items()},
        }  # fmt: skip


class Overseer:
    """One self-check. `on_news(report)` is called after each piece of news."""

    def __init__(self, device: str, sections: list[str], budget: float, out: Path, on_news: Callable[[Report], None]):
        self.report = Report(device)
        self.waiting, self.out, self.on_news = sections, out, on_news
        self.end = time.monotonic() + budget
        self.section = self.case = ""

    def run(self) -> Report:
        """Do the sections; the report, which is also in the file."""
        for _ in range(WORKERS):
            if not self.waiting:
                break
            self.one_worker()
        for name in self.waiting:
            self.seen(name).skipped = f"{WORKERS} processes were lost before"
        self.write()
        return self.report

    def seen(self, name: str) -> Seen:
        return self.report.sections.setdefault(name, Seen())

    def one_worker(self) -> None:
        """Let a process do the sections that are left, as far as it comes."""
        worker = subprocess.Popen([sys.executable, "-m", "lab.selfcheck.worker"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        finished = {name: list(seen.cases) for name, seen in self.report.sections.items()}
        order = {"device": self.report.device, "sections": self.waiting, "seconds": self.end - time.monotonic(), "finished": finished}
        news: queue.Queue[str] = queue.Queue()
        reader = threading.Thread(target=read, args=(worker.stdout, news), name="self-check reader", daemon=True)
        reader.start()
        hung = False
        try:
            try:
                worker.stdin.write(json.dumps(order) + "\n")  # type: ignore[union-attr]
                worker.stdin.close()  # type: ignore[union-attr]
            except BrokenPipeError:
                pass
            until = time.monotonic() + 180  # Importing takes long on a cold disk.
            while True:
                try:
                    line = news.get(timeout=max(0.1, until - time.monotonic()))
                except queue.Empty:
                    hung = True
                    break
                if not line:
                    break
                values = json.loads(line)
                if "limit" in values:
                    until = time.monotonic() + values["limit"] + GRACE
                self.take(values)
        finally:
            worker.kill()
            code = worker.wait()
            reader.join()
        self.ended(code, hung)

    def take(self, values: dict[str, Any]) -> None:
        """Add a piece of news to the report."""
        match values:
            case {"section": name, "limit": limit}:
                self.section, self.case = name, ""
                self.seen(name).limit = limit
            case {"case": name, "values": values_of_case}:
                self.case = ""
                self.seen(self.section).cases[name] = values_of_case
            case {"case": name}:
                self.case = name
                self.seen(self.section).cases[name] = {}
            case {"failure": sentence}:
                self.seen(self.section).failures.append(sentence)
            case {"unreached": names}:
                self.seen(self.section).unreached = names
            case {"skipped": reason}:
                self.seen(self.section).skipped = reason
                self.waiting.remove(self.section)
            case {"figures": figures, "seconds": seconds}:
                seen = self.seen(self.section)
                seen.figures, seen.done = figures, True
                seen.seconds += seconds
                self.waiting.remove(self.section)
        self.write()
        self.on_news(self.report)

    def ended(self, code: int, hung: bool) -> None:
        """Say why a worker left sections undone; one that had no cases to skip is given up."""
        if not self.waiting:
            return
        name = self.section if self.section in self.waiting else self.waiting[0]
        at = f"{self.case}: " if self.case else ""
        why = (
            f"it took {GRACE:.0f} s more than its time, and was killed"
            if hung
            else f"its process ended with {f'signal {-code}' if code < 0 else f'code {code}'}"
        )
        self.seen(name).failures.append(f"{at}{why}")
        if not self.case:
            self.waiting.remove(name)
        self.section = self.case = ""

    def write(self) -> None:
        write_atomic(self.out, json.dumps(self.report.data(), indent=1))


def read(stream: Any, news: "queue.Queue[str]") -> None:
    """Hand on every line, and an empty one at the end."""
    for line in stream:
        news.put(line)
    news.put("")
