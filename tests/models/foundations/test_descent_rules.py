"""The rules as written out take the steps of torch.optim."""

import numpy as np
import pytest
import torch

from models.foundations.descent import RULES, Adam, Momentum, Rprop

TORCH = {
    "sgd": lambda w: torch.optim.SGD([w], 0.1),
    "momentum": lambda w: torch.optim.SGD([w], 0.1, momentum=0.9),
    "nesterov": lambda w: torch.optim.SGD([w], 0.1, momentum=0.9, nesterov=True),
    "rprop": lambda w: torch.optim.Rprop([w], 0.1),
    "adagrad": lambda w: torch.optim.Adagrad([w], 0.1),
    "rmsprop": lambda w: torch.optim.RMSprop([w], 0.1),
    "adadelta": lambda w: torch.optim.Adadelta([w], 0.1),
    "adam": lambda w: torch.optim.Adam([w], 0.1),
}  # fmt: skip


@pytest.mark.parametrize("name", RULES)
def test_a_rule_steps_as_torch_does(name: str) -> None:
    w = torch.tensor([-2.0, 1.5], dtype=torch.float64, requires_grad=True)
    mine, rule, optimiser = w.detach().numpy().copy(), RULES[name](0.1, 0.9), TORCH[name](w)
    for _ in range(60):
        optimiser.zero_grad()
        (w[0] ** 2 / 20 + w[1] ** 2).backward()
        optimiser.step()
        mine = mine + rule.step(np.array([mine[0] / 10, 2 * mine[1]]))
        assert mine == pytest.approx(w.detach().numpy(), abs=1e-9)


def test_steps_by_hand() -> None:
    g = np.array([1.0, -2.0])
    momentum, rprop = Momentum(0.1, 0.5), Rprop(0.1)
    assert [momentum.step(g)[0], momentum.step(g)[0]] == pytest.approx([-0.1, -0.15])
    steps = [rprop.step(one)[0] for one in (g, g, -g, -g)]
    assert steps == pytest.approx([-0.1, -0.12, 0.0, 0.06])
    assert Adam(0.1).step(g) == pytest.approx([-0.1, 0.1])  # The first step of Adam is the rate, whatever the gradient.
