"""Forecasting a series: the bytes of the emulator's memory while an agent plays, or the columns of any CSV.

The network predicts the change to the next step; further ahead it goes on from its own predictions.
"""

from functools import cached_property
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from lab.answers import Curves, Table
from lab.data.corpora import file_of
from lab.data.record import Record, of_content
from lab.data.series import columns_of, csv_series, ram_series
from lab.data.text import shown
from lab.errors import LabError
from lab.experiment import Metrics, view
from lab.recipes.sequence.forecast_config import ForecastConfig
from lab.recipes.sequence.sequence_experiment import SequenceExperiment
from models.sequence.tagger import Forecaster


class Forecast(SequenceExperiment):
    """One step is one batch of random windows of the series. Losses are in variances of the series."""

    config: ForecastConfig

    def __init__(self, config: ForecastConfig, device: torch.device):
        super().__init__(config, device)
        c = config
        stored = (self.remembered or {}).get("columns")
        channels = len(stored) if stored else c.channels if file_of(c.data) is None else len(self.read[1])
        self.install(lambda: Forecaster(channels, c.cell, c.hidden, c.layers, c.dropout, c.written))

    @cached_property
    def read(self) -> tuple[np.ndarray, list[str]]:
        """The values (N, C) and names of the series as they are now."""
        c, stored = self.config, (self.remembered or {}).get("columns", [])
        if file_of(c.data) is not None:
            return csv_series(c.data)
        return ram_series(c.game, c.decisions, c.channels, c.player, c.seed, tuple(stored))

    def data_record(self) -> Record:
        values, names = self.read
        _, mean, deviation, _ = self.series
        return {
            "data": self.config.data, **of_content(values, "rows", self.remembered), "columns": names, "mean": mean.tolist(),
            "deviation": deviation.tolist(),
        }  # fmt: skip

    @cached_property
    def series(self) -> tuple[Tensor, Tensor, Tensor, list[str]]:
        """Values (N, C) on the device with mean 0 and variance 1, that mean and deviation (C,), the names.

        Read when first needed: a game has to be played for it. The last fifth is for validation.
        """
        c = self.config
        values, names = self.read
        stored = self.remembered or {}
        if "columns" in stored and names != stored["columns"]:
            values, names = columns_of(values, names, stored["columns"], shown(c.data)), stored["columns"]
        train = values[: self.cut(len(values))]
        if min(len(train), len(values) - len(train)) < c.window + 1:
            raise LabError(
                f"{shown(c.data)} has too few rows ({len(values):,}): --window {c.window} needs at least {5 * (c.window + 1):,}. "
                "Lower --window, or take a longer series."
            )
        if "mean" in stored:
            mean, std = np.array(stored["mean"], values.dtype), np.array(stored["deviation"], values.dtype)
        else:
            mean, std = train.mean(0), train.std(0)
            std = np.where(std > 0, std, 1.0).astype(values.dtype)
        return (*(torch.from_numpy(part).to(self.device) for part in ((values - mean) / std, mean, std)), names)  # type: ignore[return-value]

    @staticmethod
    def cut(length: int) -> int:
        return length * 4 // 5

    def loss(self) -> tuple[Tensor, Metrics]:
        values = self.series[0]
        windows = values[: self.cut(len(values))].unfold(0, self.config.window + 1, 1).transpose(1, 2)  # (N, window + 1, C)
        rows = torch.randint(len(windows), (self.config.batch_size,), generator=self.generator).to(self.device)
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
            "ratio": loss / max(still, 1e-12),
            "rows": len(truth),
            "parameters": self.parameter_count,
        }

    # -- views -----------------------------------------------------------------------------------------------------

    @view(live=True)
    def forecast(self, net: Forecaster, start: int = 0, seen: int = 60, ahead: int = 40, series: int = 0) -> Curves:
        """Truth against forecast in the part that training does not see: the network reads as many steps as seen says, then goes on alone."""
        values, mean, std, names = self.series
        test = values[self.cut(len(values)) :]
        seen, ahead = max(1, min(seen, len(test) - 1)), max(1, min(ahead, 500))
        start = max(0, min(start, len(test) - seen - 1))
        ahead = min(ahead, len(test) - start - seen)
        i = max(0, min(series, len(names) - 1))
        made = net.forecast(test[None, start : start + seen], ahead)[0, :, i] * std[i] + mean[i]
        truth = test[start : start + seen + ahead, i] * std[i] + mean[i]
        x = np.arange(start, start + seen + ahead, dtype=np.float64)
        lines = {"truth": (x, truth.cpu().numpy()), "forecast": (x[seen:], made.cpu().numpy())}
        return Curves(lines, "step", names[i], f"{names[i]}: forecast from step {start + seen}")

    @view(live=True)
    def one_step_ahead(self, net: Forecaster, start: int = 0, length: int = 150, series: int = 0) -> Curves:
        """Truth, and what the network expected one step before."""
        values, mean, std, names = self.series
        test = values[self.cut(len(values)) :]
        start = max(0, min(start, len(test) - 3))
        part = test[start : start + max(2, length)]
        i = max(0, min(series, len(names) - 1))
        out = net(part[None, :-1])[0][0, :, i] * std[i] + mean[i]
        truth = part[1:, i] * std[i] + mean[i]
        x = np.arange(start + 1, start + len(part), dtype=np.float64)
        return Curves({"truth": (x, truth.cpu().numpy()), "one step ahead": (x, out.cpu().numpy())}, "step", names[i])

    @view
    def errors(self) -> Table:
        """The squared error of each series one step ahead, and that of saying "as before"; both in variances."""
        out, truth = self.predicted()
        values, _, _, names = self.series
        before = values[self.cut(len(values)) : -1]
        mine, still = ((a - truth).square().mean(0).tolist() for a in (out, before))
        return Table(["series", "network", "as before"], [list(row) for row in zip(names, mine, still, strict=True)])
