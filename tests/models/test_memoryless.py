"""Forecasters without a state: the autoregressive model finds a series' own rule, a window sees its taps and nothing else."""

import math

import numpy as np
import pytest
import torch

from models.sequence.memoryless import Autoregressive, WindowForecaster, windows
from models.sequence.tagger import forecast


def test_windows_by_hand() -> None:
    series = torch.tensor([[[1.0, 10.0], [2.0, 20.0], [3.0, 30.0]]])
    assert windows(series, 2).tolist() == [[[1, 10, 2, 20], [2, 20, 3, 30]]]


def test_the_autoregressive_model_finds_the_rule_of_a_sine() -> None:
    """x_{t+1} = 2 cos(w) x_t - x_{t-1}: two taps are enough, whatever the phase."""
    x = torch.tensor([[math.sin(0.3 * t)] for t in range(400)])
    model = Autoregressive(x[:300], 2)
    assert float((model.predict(x[300:-1]) - x[302:]).abs().max()) < 0.02
    rule = model.weight[:2, 0] + torch.tensor([0.0, 1.0])  # The weights are of the change.
    assert rule.tolist() == pytest.approx([-1.0, 2 * math.cos(0.3)], abs=0.05)


def test_least_squares_equals_numpys() -> None:
    values = torch.randn(60, 2, generator=torch.Generator().manual_seed(0)).cumsum(0)
    x = np.array([[*values[t - 1].tolist(), *values[t].tolist(), 1.0] for t in range(1, 59)])
    expected, *_ = np.linalg.lstsq(x, np.array((values[2:] - values[1:-1]).tolist()), rcond=None)
    np.testing.assert_allclose(Autoregressive(values, 2).weight.numpy(), expected, atol=2e-2)


def test_a_window_forecaster_does_not_see_past_its_taps() -> None:
    net = WindowForecaster(1, 3, 5).eval()
    values = torch.randn(1, 9, 1, generator=torch.Generator().manual_seed(0))
    changed = values.clone()
    changed[:, 5] += 1.0
    differs = (net(values)[0] != net(changed)[0])[0, :, 0].tolist()
    assert differs == [False] * 5 + [True] * 3 + [False]


def test_a_window_forecaster_goes_on_from_its_state() -> None:
    net = WindowForecaster(2, 3, 5).eval()
    values = torch.randn(1, 8, 2, generator=torch.Generator().manual_seed(0))
    whole = net(values)[0]
    first, state = net(values[:, :5])
    rest, _ = net(values[:, 5:], state)
    torch.testing.assert_close(torch.cat([first, rest], 1), whole)
    steps = forecast(net, values, 2)
    torch.testing.assert_close(steps[:, 1], net(torch.cat([values, steps[:, :1]], 1))[0][:, -1])
