import torch
from torch import nn

from lab.early_stopping import EarlyStopping


def net(weight: float) -> nn.Linear:
    made = nn.Linear(1, 1, bias=False).requires_grad_(False)
    made.weight.fill_(weight)
    return made


def test_it_stops_after_the_patience_and_brings_the_best_weights_back() -> None:
    module = net(0)
    stopping = EarlyStopping(module, 2)
    for step, (loss, stops) in enumerate([(3.0, False), (1.0, False), (2.0, False), (1.0, True)]):
        module.weight.fill_(step)
        assert stopping.see(step, loss) == stops
    assert module.weight.item() == stopping.step == 1


def test_without_patience_it_never_stops_and_keeps_no_weights() -> None:
    stopping = EarlyStopping(net(0), 0)
    assert not any(stopping.see(step, float(step)) for step in range(50))
    assert stopping.weights is None


def test_losses_that_are_not_numbers_bring_nothing_back() -> None:
    stopping = EarlyStopping(net(0), 1)
    assert not stopping.see(0, float("nan"))
    assert not stopping.see(1, float("nan"))


def test_a_state_before_the_first_validation_and_one_after_it() -> None:
    one, other = EarlyStopping(net(5), 3), EarlyStopping(net(0), 3)
    other.restore(one.state())
    assert other.state() == {"loss": None, "step": 0, "since": 0, "weights": None}
    one.see(7, 0.5)
    other.restore(one.state())
    assert (other.loss, other.step, other.weights["weight"].item()) == (0.5, 7, 5)
    assert torch.equal(one.weights["weight"], other.weights["weight"])
