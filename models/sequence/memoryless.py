"""Forecasters without a state: they see the last values through a window of `taps`, by a linear map or a small network.

The linear one is the autoregressive model, fitted by least squares in one go; the other learns by gradient descent, as an RNN does.
"""

import torch
from torch import Tensor, nn

from models.dropout import Dropout

RIDGE = 1e-3
"""Added per row to the diagonal of least squares: bytes of a game's memory may be copies of each other."""


def windows(values: Tensor, taps: int) -> Tensor:
    """The last `taps` values at each time, oldest first: (B, T, taps * C) of series (B, T + taps - 1, C)."""
    return values.unfold(1, taps, 1).transpose(2, 3).flatten(2)


class Autoregressive:
    """x_{t+1} = x_t + A (x_{t-taps+1} ... x_t) + b, of all series at once (a vector autoregression)."""

    def __init__(self, values: Tensor, taps: int):
        """Fit to a series (T, C) by least squares."""
        self.taps = taps
        x = windows(values[None, :-1].double(), taps)[0]  # (N, taps * C)
        x = torch.cat([x, x.new_ones(len(x), 1)], 1)
        gram = x.T @ x
        gram.diagonal()[:-1] += RIDGE * len(x)
        change = values[taps:].double() - values[taps - 1 : -1].double()
        self.weight = torch.linalg.solve(gram, x.T @ change)  # (taps * C + 1, C)

    def predict(self, values: Tensor) -> Tensor:
        """What comes after each of the values (T, C) but the first `taps` - 1: (T - taps + 1, C)."""
        x = windows(values[None].double(), self.taps)[0]
        return (values[self.taps - 1 :].double() + x @ self.weight[:-1] + self.weight[-1]).float()


class WindowForecaster(nn.Module):
    """Values (B, T, C) float32 -> the next values (B, T, C), each by one hidden layer from the last `taps` values alone.

    Its state is those values; before the first one it is as if that had always been.
    """

    def __init__(self, channels: int, taps: int, hidden: int, dropout: float = 0.0):
        super().__init__()
        self.taps = taps
        self.hidden = nn.Linear(channels * taps, hidden)
        self.dropout = Dropout(dropout)
        self.head = nn.Linear(hidden, channels)

    def forward(self, values: Tensor, state: tuple[Tensor, ...] | None = None) -> tuple[Tensor, tuple[Tensor, ...]]:
        before = values[:, :1].expand(-1, self.taps - 1, -1) if state is None else state[0]
        seen = torch.cat([before, values], 1)
        out = values + self.head(self.dropout(torch.tanh(self.hidden(windows(seen, self.taps)))))
        return out, (seen[:, seen.shape[1] - self.taps + 1 :],)
