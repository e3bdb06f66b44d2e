"""What a section of the self-check gets: its device, its time, and a way to say what it has seen."""

import contextlib
import math
import time
import traceback
from collections.abc import Callable, Collection, Iterable, Iterator
from pathlib import Path
from typing import Any

import torch

from lab.errors import LabError


class BrokenDeviceError(Exception):
    """The device answers nothing any more in this process, as after an illegal address: another process must go on."""


class Check:
    """One section at work. `tell` takes its news, dicts that fit in JSON; `finished` are cases that another process has done already."""

    def __init__(
        self, device: torch.device, seconds: float, folder: Path, tell: Callable[[dict[str, Any]], None], finished: Collection[str] = ()
    ):
        self.device, self.folder, self.tell, self.finished = device, folder, tell, finished
        self.deadline = time.monotonic() + seconds
        self.at_work = ""

    @property
    def cuda(self) -> bool:
        return self.device.type == "cuda"

    def seconds_left(self) -> float:
        return self.deadline - time.monotonic()

    def in_time(self, names: Iterable[str]) -> Iterator[str]:
        """The names, as long as there is time; those that are left then are told."""
        waiting = [name for name in names if name not in self.finished]
        while waiting and self.seconds_left() > 0:
            yield waiting.pop(0)
        if waiting:
            self.tell({"unreached": waiting})

    @contextlib.contextmanager
    def case(self, name: str) -> Iterator[dict[str, Any]]:
        """What is seen of one case, told at its end; an error inside is the case's failure. Raises BrokenDeviceError."""
        values: dict[str, Any] = {}
        self.at_work = name
        self.tell({"case": name})
        start = time.monotonic()
        try:
            yield values
        except Exception as error:
            self.fail(short(error))
        values["seconds"] = round(time.monotonic() - start, 2)
        self.tell({"case": name, "values": values})
        self.at_work = ""
        self.finish()

    def fail(self, sentence: str) -> None:
        """Note what is wrong."""
        self.tell({"failure": f"{self.at_work}: {sentence}" if self.at_work else sentence})

    def finish(self) -> None:
        """Wait until the device has done everything. Raises BrokenDeviceError where it cannot."""
        if self.cuda:
            try:
                torch.cuda.synchronize(self.device)
            except RuntimeError as error:
                raise BrokenDeviceError(short(error)) from None


def short(error: BaseException) -> str:
    """The first line of an error, and where in the lab it was raised."""
    message = (str(error).strip().splitlines() or [""])[0][:300]
    if isinstance(error, LabError):
        return message
    root = str(Path(__file__).resolve().parents[2])
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if frame.filename.startswith(root) and "site-packages" not in frame.filename
    ]
    place = f" ({frames[-1].filename.removeprefix(root + '/')}:{frames[-1].lineno})" if frames else ""
    return f"{type(error).__name__}: {message}{place}"


def not_finite(metrics: dict[str, Any]) -> list[str]:
    """The names of the metrics of a step that are NaN or infinite."""
    numbers = {name: value if isinstance(value, list) else [value] for name, value in metrics.items()}
    return [name for name, values in numbers.items() if not all(math.isfinite(float(value)) for value in values)]
