"""Early stopping: training ends when the validation loss has not fallen for a while, and the best weights come back."""

import math
from typing import Any

from torch import nn

from lab.state import copied, state_of


class EarlyStopping:
    """Remembers the step of the lowest validation loss and, where `patience` is above 0, the weights of `net` there.

    After `patience` validations without a lower loss `see` says to stop, and the best weights are back in `net`.
    """

    def __init__(self, net: nn.Module, patience: int):
        self.net, self.patience = net, patience
        self.loss, self.step, self.since = math.inf, 0, 0
        self.weights: dict[str, Any] | None = None

    def see(self, step: int, loss: float) -> bool:
        """Take in the validation loss after `step` steps; whether training should stop."""
        if loss < self.loss:
            self.loss, self.step, self.since = loss, step, 0
            self.weights = state_of(self.net) if self.patience else None
        else:
            self.since += 1
        if self.weights is not None and self.ended:
            self.net.load_state_dict(self.weights)
        return self.ended

    @property
    def ended(self) -> bool:
        """Whether it has stopped the training."""
        return bool(self.patience) and self.since >= self.patience and self.weights is not None

    def state(self) -> dict[str, Any]:
        loss = None if math.isinf(self.loss) else self.loss
        return {"loss": loss, "step": self.step, "since": self.since, "weights": copied(self.weights)}

    def restore(self, state: dict[str, Any]) -> None:
        self.loss = math.inf if state["loss"] is None else state["loss"]
        self.step, self.since, self.weights = state["step"], state["since"], copied(state["weights"])
