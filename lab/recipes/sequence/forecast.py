"""Forecasting a series: the bytes of the emulator's memory while an agent plays, or the columns of any CSV.

The network predicts the change to the next step; further ahead it continues from its own predictions.
"""

import csv
from functools import cached_property
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lab.answers import Curves, Table
from lab.data.catalogue import file_of, shown
from lab.data.record import Record
from lab.data.series import Request, Series, load_series
from lab.errors import LabError
from lab.experiment import Metrics, view
from lab.exported import Exported, sequences
from lab.parameters import Index, Length
from lab.recipes.sequence.forecast_config import ForecastConfig
from lab.recipes.sequence.sequence_experiment import SequenceExperiment
from models.sequence.memoryless import Autoregressive, WindowForecaster
from models.sequence.tagger import Forecaster, forecast


class Forecast(SequenceExperiment):
    """One step is one batch of random windows of the series. Losses are in variances of the series."""

    config: ForecastConfig

    def __init__(self, config: ForecastConfig, device: torch.device):
        super().__init__(config, device)
        c = config
        own = file_of(c.data) is not None
        channels = len(self.loaded.names) if own else len((self.remembered or {}).get("columns", [])) or c.channels
        self.install(
            lambda: (
                WindowForecaster(channels, c.taps, c.hidden, c.dropout)
                if c.model == "window"
                else Forecaster(channels, c.cell, c.hidden, c.layers, c.dropout, c.unfused, c.learned_state)
            )
        )

    @cached_property
    def loaded(self) -> Series:
        """The series as they are now. Read when first needed: a game has to be played for them."""
        c = self.config
        columns = tuple(name.strip() for name in next(csv.reader([c.columns], skipinitialspace=True), ()) if name.strip())
        return load_series(Request(c.data, self.remembered, columns, c.game, c.decisions, c.channels, c.player, c.seed))

    def read_data(self) -> None:
        if file_of(self.config.data) is not None:
            _ = self.series

    def exported(self) -> Exported:
        length, channels = self.config.window, len(self.net.get_parameter("head.bias"))
        values = torch.randn(2, length, channels, generator=torch.Generator().manual_seed(0))
        about = (
            f"values, float32 (B, {length}, {channels}), less the mean and over the deviation that the run's config.json lists under data "
            f"-> the values that follow each, float32 (B, {length}, {channels})."
        )
        return sequences(self.net, {"values": values}, "next_values", about)

    def data_record(self) -> Record:
        """With the mean and deviation by which the network sees the series."""
        _, mean, deviation, _ = self.series
        return {**self.loaded.record, "mean": mean.tolist(), "deviation": deviation.tolist()}

    @cached_property
    def series(self) -> tuple[Tensor, np.ndarray, np.ndarray, list[str]]:
        """Values (N, C) float32 on the device with mean 0 and variance 1, that mean and deviation (C,), the names.

        The last fifth is for validation.
        """
        c, stored = self.config, self.remembered or {}
        values, names = self.loaded.values, self.loaded.names
        train = values[: self.cut(len(values))]
        if min(len(train), len(values) - len(train)) < c.window + 1:
            raise LabError(
                f"{shown(c.data)} has too few rows ({len(values):,}): --window {c.window} needs at least {5 * (c.window + 1):,}. "
                "Lower --window or use a longer series."
                + (
                    f" The file has {values.shape[1]:,} columns: if each line is a series, transpose it."
                    if values.shape[1] > len(values)
                    else ""
                )
            )
        if "mean" in stored:
            mean, std = np.array(stored["mean"], values.dtype), np.array(stored["deviation"], values.dtype)
        else:
            mean, std = mean_and_deviation(train)
        standard = ((values - mean) / std).astype(np.float32)
        return torch.from_numpy(standard).to(self.device), mean, std, names

    def in_own_units(self, values: Tensor, series: int) -> np.ndarray:
        """Standardised values (N,) of one series as they were in the file, (N,) float64."""
        _, mean, std, _ = self.series
        return values.double().cpu().numpy() * float(std[series]) + float(mean[series])

    @staticmethod
    def cut(length: int) -> int:
        return length * 4 // 5

    def loss(self, *_: Tensor) -> tuple[Tensor, Metrics]:
        values = self.series[0]
        windows = values[: self.cut(len(values))].unfold(0, self.config.window + 1, 1).transpose(1, 2)  # (N, window + 1, C)
        rows = torch.randint(len(windows), (self.config.batch_size,), generator=self.generator).to(self.device, non_blocking=True)
        batch = windows[rows].to(self.dtype)
        out, _ = self.compute(batch[:, :-1])
        return F.mse_loss(out.float(), batch[:, 1:].float()), {}

    def validation_loss(self, most: int | None = None) -> Tensor:
        """One step ahead, over the last fifth in one go."""
        out, truth = self.predicted()
        return F.mse_loss(out, truth)

    def predicted(self) -> tuple[Tensor, Tensor]:
        """One step ahead on the last fifth: predictions and truth (N, C)."""
        values = self.series[0]
        test = values[self.cut(len(values)) :]
        out, _ = self.evaluating()(test[None, :-1].to(self.dtype))
        return out[0].float(), test[1:]

    @torch.no_grad()
    def evaluate(self, **options: Any) -> dict[str, Any]:
        out, truth = self.predicted()
        values = self.series[0]
        before = values[self.cut(len(values)) : -1]
        loss, still = float(F.mse_loss(out, truth)), float(F.mse_loss(before, truth))
        return {
            "loss": loss,
            "persistence": still,
            "autoregressive": self.autoregressive_loss,
            "ratio": loss / max(still, 1e-12),
            "rows": len(truth),
            "parameters": self.parameter_count,
        }

    @cached_property
    def autoregressive_loss(self) -> float:
        """One step ahead on the last fifth, by the autoregressive model of `taps` values."""
        return float((self.by_autoregression() - self.series[0][self.cut(len(self.series[0])) + 1 :]).square().mean())

    def by_autoregression(self) -> Tensor:
        """What the autoregressive model predicts one step ahead on the last fifth (N, C); its first windows reach into what it was fitted to."""
        values, taps = self.series[0], min(self.config.taps, self.config.window)
        cut = self.cut(len(values))
        return Autoregressive(values[:cut], taps).predict(values[cut - taps + 1 : -1])

    # -- views -----------------------------------------------------------------------------------------------------

    @view(live=True)
    def forecast(self, net: nn.Module, start: Index = 0, seen: Length = 60, ahead: Length = 40, series: Index = 0) -> Curves:
        """Truth against forecast on validation data: the network reads as many steps as `seen` says, then continues on its own predictions."""
        values, _, _, names = self.series
        test = values[self.cut(len(values)) :]
        seen, ahead = max(1, min(seen, len(test) - 1)), max(1, min(ahead, 500))
        start = max(0, min(start, len(test) - seen - 1))
        ahead = min(ahead, len(test) - start - seen)
        i = max(0, min(series, len(names) - 1))
        made = self.in_own_units(forecast(net, test[None, start : start + seen], ahead)[0, :, i], i)
        truth = self.in_own_units(test[start : start + seen + ahead, i], i)
        x = np.arange(start, start + seen + ahead, dtype=np.float64)
        lines = {"truth": (x, truth), "forecast": (x[seen:], made)}
        return Curves(lines, "step", names[i], f"{names[i]}: forecast from step {start + seen}")

    @view(live=True)
    def one_step_ahead(self, net: nn.Module, start: Index = 0, length: Length = 150, series: Index = 0) -> Curves:
        """Truth, and what the network predicted one step before."""
        values, _, _, names = self.series
        test = values[self.cut(len(values)) :]
        start = max(0, min(start, len(test) - 3))
        part = test[start : start + max(2, length)]
        i = max(0, min(series, len(names) - 1))
        out = self.in_own_units(net(part[None, :-1])[0][0, :, i], i)
        truth = self.in_own_units(part[1:, i], i)
        x = np.arange(start + 1, start + len(part), dtype=np.float64)
        return Curves({"truth": (x, truth), "one step ahead": (x, out)}, "step", names[i])

    @view
    def errors(self) -> Table:
        """The squared error of each series one step ahead, that of the autoregressive model and that of persistence ("same as before"), in variances."""
        out, truth = self.predicted()
        values, _, _, names = self.series
        before = values[self.cut(len(values)) : -1]
        errors = [(a - truth).square().mean(0).tolist() for a in (out, self.by_autoregression(), before)]
        return Table(["series", "network", "autoregressive", "persistence"], [list(row) for row in zip(names, *errors, strict=True)])

    @view
    def columns(self) -> Table:
        """The columns of the data, whether each is used, and why."""
        table = self.loaded.record.get("table") or [{"name": name, "used": True, "why": ""} for name in self.loaded.names]
        return Table(["column", "used", "why"], [[row["name"], "yes" if row["used"] else "no", row["why"]] for row in table])


def mean_and_deviation(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Of each column (N, C), both (C,); a deviation of 1 where a column never changes. Their squares stay within float64."""
    scale = np.abs(values).max(0).astype(np.float64)  # float32 does not reach the bounds below.
    small = (scale > 1e-100) & (scale < 1e100)
    scale = np.where(small | (scale == 0), 1.0, scale).astype(values.dtype)  # Usual values keep every bit of their mean.
    scaled = values / scale
    deviation = scaled.std(0) * scale
    return scaled.mean(0) * scale, np.where((deviation > 0) & (scaled != scaled[0]).any(0), deviation, 1.0).astype(values.dtype)
