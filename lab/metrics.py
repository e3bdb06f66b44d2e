"""Metrics on disk: `metrics.jsonl`, append-only and the truth, and the same rows as TensorBoard events.

A row is `{"step": ..., "time": seconds of training, name: value, ...}`. A row `{"resumed_at": N}` takes back every
earlier row beyond step N (the run was killed after its last checkpoint). A torn last line is ignored, and so is whatever
else is no such row (`parse`): one damaged file must not hide the other runs.
"""

import json
import math
import os
import socket
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

TITLES = {
    "charts/episodic_return": "return per episode", "charts/episodic_length": "steps per episode", "charts/epsilon": "epsilon",
    "charts/SPS": "steps per second", "losses/td_loss": "TD loss", "losses/q_values": "mean max Q",
    "losses/train": "training loss", "losses/validation": "validation loss",
}  # fmt: skip
"""What people call a metric, where that is not its name in words."""
ABBREVIATIONS = {
    "auc": "AUC", "bleu": "BLEU", "cam": "CAM", "elbo": "ELBO", "frechet": "Fréchet", "iou": "IoU", "kl": "KL", "map": "mAP", "map50": "mAP50", "nll": "NLL", "td": "TD",
}  # fmt: skip


class MetricsWriter:
    """Appends rows to `metrics.jsonl` and to one `events.out.tfevents.*` file of a run folder."""

    def __init__(self, folder: Path):
        self.path = folder / "metrics.jsonl"
        end_torn_line(self.path)
        self.file = self.path.open("a")
        self.folder = folder
        self.events: Any = None

    def write(self, step: int, seconds: float, values: dict[str, float]) -> None:
        """Append one row. A value that is not finite is stored as null."""
        finite = {name: value if math.isfinite(value) else None for name, value in values.items()}
        self.file.write(json.dumps({"step": step, "time": round(seconds, 3), **finite}) + "\n")
        self.file.flush()
        if self.events is None:
            self.events = EventFile(self.folder)
        self.events.write(step, values)

    def resumed_at(self, step: int) -> None:
        """Take back the rows beyond `step`."""
        self.file.write(json.dumps({"resumed_at": step}) + "\n")
        self.file.flush()
        if self.events is None:
            self.events = EventFile(self.folder)
        self.events.restart(step + 1)

    def write_media(self, step: int, texts: dict[str, str], values: dict[str, np.ndarray], pictures: dict[str, np.ndarray]) -> None:
        """Texts, histograms of values and pictures (H, W[, 3]) uint8, for TensorBoard alone."""
        if self.events is None:
            self.events = EventFile(self.folder)
        self.events.write_media(step, texts, values, pictures)

    def close(self) -> None:
        self.file.close()
        if self.events is not None:
            self.events.close()


class EventFile:
    """One TensorBoard event file, written in the caller's thread (SummaryWriter starts a thread of its own)."""

    def __init__(self, folder: Path):
        from tensorboard.compat.proto.event_pb2 import Event, SessionLog
        from tensorboard.compat.proto.summary_pb2 import Summary
        from tensorboard.summary.writer.record_writer import RecordWriter

        self.event, self.session_log, self.summary = Event, SessionLog, Summary
        name = f"events.out.tfevents.{time.time():.6f}.{socket.gethostname()}.{os.getpid()}"
        self.writer = RecordWriter((folder / name).open("wb"))
        self.writer.write(Event(wall_time=time.time(), file_version="brain.Event:2").SerializeToString())

    def write(self, step: int, values: dict[str, float]) -> None:
        entries = [self.summary.Value(tag=name, simple_value=value) for name, value in values.items()]
        event = self.event(wall_time=time.time(), step=step, summary=self.summary(value=entries))
        self.writer.write(event.SerializeToString())
        self.writer.flush()

    def write_media(self, step: int, texts: dict[str, str], values: dict[str, np.ndarray], pictures: dict[str, np.ndarray]) -> None:
        from tensorboard.compat.proto.summary_pb2 import HistogramProto, SummaryMetadata
        from tensorboard.compat.proto.tensor_pb2 import TensorProto
        from tensorboard.compat.proto.tensor_shape_pb2 import TensorShapeProto
        from tensorboard.compat.proto.types_pb2 import DT_STRING

        from lab.event_media import histogram, png

        entries = [self.summary.Value(tag=name, histo=HistogramProto(**histogram(one))) for name, one in values.items()]
        for name, pixels in pictures.items():
            data, height, width = png(pixels)
            image = self.summary.Image(height=height, width=width, colorspace=3, encoded_image_string=data)
            entries.append(self.summary.Value(tag=name, image=image))
        plugin = SummaryMetadata(plugin_data=SummaryMetadata.PluginData(plugin_name="text"))
        for name, text in texts.items():
            shape = TensorShapeProto(dim=[TensorShapeProto.Dim(size=1)])
            tensor = TensorProto(dtype=DT_STRING, string_val=[text.encode()], tensor_shape=shape)
            entries.append(self.summary.Value(tag=name, metadata=plugin, tensor=tensor))
        self.writer.write(self.event(wall_time=time.time(), step=step, summary=self.summary(value=entries)).SerializeToString())
        self.writer.flush()

    def restart(self, step: int) -> None:
        """Let TensorBoard drop what earlier files of the folder say of `step` and later ones."""
        log = self.session_log(status=self.session_log.START)
        self.writer.write(self.event(wall_time=time.time(), step=step, session_log=log).SerializeToString())
        self.writer.flush()

    def close(self) -> None:
        self.writer.close()


def end_torn_line(path: Path) -> None:
    """Cut off a last line that a killed process left without its end, so that the next row starts on its own line."""
    if not path.exists():
        return
    with path.open("rb+") as file:
        data = file.read()
        if data and not data.endswith(b"\n"):
            file.truncate(data.rfind(b"\n") + 1)


def title(metric: str) -> str:
    """A metric's name for people."""
    words = metric.split("/", 1)[-1].split("_")
    return TITLES.get(metric, " ".join(ABBREVIATIONS.get(word, word) for word in words))


def figure_text(metric: str, value: float) -> str:
    """A value as people write it: a share of 1 that is an accuracy in percent."""
    if metric.endswith("accuracy") or metric.startswith("accuracy"):
        return f"{100 * value:.1f} %"
    return f"{value:,.0f}" if abs(value) >= 10_000 else f"{value:.4g}"


def is_number(value: Any) -> bool:
    """Whether this, read from JSON, is a finite number that fits into a float."""
    return type(value) in (int, float) and abs(value) <= sys.float_info.max


def parse(line: str | bytes) -> dict[str, Any] | None:
    """The row in a line: `resumed_at`, or `step` and `time` and metrics, each a number or null. None where there is no such row."""
    try:
        row = json.loads(line)
    except ValueError:
        return None
    if not isinstance(row, dict):
        return None
    needed = ("resumed_at",) if "resumed_at" in row else ("step", "time")
    if not all(is_number(row.get(name)) for name in needed):
        return None
    return {name: value for name, value in row.items() if value is None or is_number(value)}


def read_rows(path: Path) -> list[dict[str, Any]]:
    """The rows that count, in order; broken lines are passed over."""
    rows: list[dict[str, Any]] = []
    if not path.exists():
        return rows
    with path.open(errors="replace") as file:
        for line in file:
            row = parse(line)
            if row is None:
                continue
            if "resumed_at" in row:
                rows = [kept for kept in rows if kept["step"] <= row["resumed_at"]]
            else:
                rows.append(row)
    return rows


def series(rows: list[dict[str, Any]], name: str, axis: str = "step") -> tuple[np.ndarray, np.ndarray]:
    """(steps or seconds, values) of one metric, float64 (N,)."""
    points = [(row[axis], row[name]) for row in rows if row.get(name) is not None]
    array = np.array(points, np.float64).reshape(-1, 2)
    return array[:, 0], array[:, 1]


def names(rows: list[dict[str, Any]]) -> list[str]:
    """Every metric that occurs, in order of first appearance."""
    return list(dict.fromkeys(key for row in rows for key in row if key not in ("step", "time")))
