"""The rules of gradient descent, each written out: from a gradient to a step. Settings are those of torch.optim where nothing else is said.

Read first: `Sgd`, `Momentum`, `Adam`. All arrays are of the weights' shape; a rule keeps what it remembers between two steps.
"""

from collections.abc import Callable
from typing import Protocol

import numpy as np


class Rule(Protocol):
    """From the gradient at the weights to what is added to them."""

    def step(self, g: np.ndarray) -> np.ndarray: ...


class Sgd:
    """w <- w - eta g."""

    def __init__(self, rate: float, beta: float = 0.0):
        self.rate = rate

    def step(self, g: np.ndarray) -> np.ndarray:
        return -self.rate * g


class Momentum:
    """v <- beta v + g; w <- w - eta v (Polyak 1964): a ball that rolls."""

    def __init__(self, rate: float, beta: float = 0.9):
        self.rate, self.beta = rate, beta
        self.v: np.ndarray | float = 0.0

    def step(self, g: np.ndarray) -> np.ndarray:
        self.v = self.beta * self.v + g
        return -self.rate * self.v


class Nesterov(Momentum):
    """v <- beta v + g; w <- w - eta (g + beta v) (Nesterov 1983): the gradient of where the ball will be, in the form of Sutskever et al. 2013."""

    def step(self, g: np.ndarray) -> np.ndarray:
        self.v = self.beta * self.v + g
        return -self.rate * (g + self.beta * self.v)


class Rprop:
    """Each weight has a step of its own: x 1.2 while its gradient keeps its sign, x 0.5 where that turns (Riedmiller & Braun 1993)."""

    def __init__(self, rate: float, beta: float = 0.0):
        self.rate = rate
        self.size: np.ndarray | None = None
        self.before: np.ndarray | float = 0.0

    def step(self, g: np.ndarray) -> np.ndarray:
        if self.size is None:
            self.size = np.full_like(g, self.rate)
        turned = self.before * g
        self.size = np.clip(self.size * np.where(turned > 0, 1.2, np.where(turned < 0, 0.5, 1.0)), 1e-6, 50)
        g = np.where(turned < 0, 0.0, g)  # Where the sign turned it waits for a step.
        self.before = g
        return -np.sign(g) * self.size


class Adagrad:
    """s <- s + g^2; w <- w - eta g / sqrt(s) (Duchi et al. 2011): every step is shorter than the one before."""

    def __init__(self, rate: float, beta: float = 0.0):
        self.rate = rate
        self.s: np.ndarray | float = 0.0

    def step(self, g: np.ndarray) -> np.ndarray:
        self.s = self.s + g * g
        return -self.rate * g / (np.sqrt(self.s) + 1e-10)


class RMSprop:
    """s <- 0.99 s + 0.01 g^2; w <- w - eta g / sqrt(s) (Hinton 2012): Adagrad that forgets."""

    def __init__(self, rate: float, beta: float = 0.0):
        self.rate = rate
        self.s: np.ndarray | float = 0.0

    def step(self, g: np.ndarray) -> np.ndarray:
        self.s = 0.99 * self.s + 0.01 * g * g
        return -self.rate * g / (np.sqrt(self.s) + 1e-8)


class Adadelta:
    """d = sqrt(u + e) / sqrt(s + e) g, where s and u are running means of g^2 and d^2; w <- w - eta d (Zeiler 2012): eta is 1."""

    def __init__(self, rate: float = 1.0, beta: float = 0.0):
        self.rate = rate
        self.s: np.ndarray | float = 0.0
        self.u: np.ndarray | float = 0.0

    def step(self, g: np.ndarray) -> np.ndarray:
        self.s = 0.9 * self.s + 0.1 * g * g
        d = np.sqrt(self.u + 1e-6) / np.sqrt(self.s + 1e-6) * g
        self.u = 0.9 * self.u + 0.1 * d * d
        return -self.rate * d


class Adam:
    """m <- beta m + (1 - beta) g; s <- 0.999 s + 0.001 g^2; w <- w - eta m' / sqrt(s'), both as if they had begun full (Kingma & Ba 2015)."""

    def __init__(self, rate: float, beta: float = 0.9):
        self.rate, self.beta, self.t = rate, beta, 0
        self.m: np.ndarray | float = 0.0
        self.s: np.ndarray | float = 0.0

    def step(self, g: np.ndarray) -> np.ndarray:
        self.t += 1
        self.m = self.beta * self.m + (1 - self.beta) * g
        self.s = 0.999 * self.s + 0.001 * g * g
        m, s = self.m / (1 - self.beta**self.t), self.s / (1 - 0.999**self.t)
        return -self.rate * m / (np.sqrt(s) + 1e-8)


RULES: dict[str, Callable[[float, float], Rule]] = {
    "sgd": Sgd, "momentum": Momentum, "nesterov": Nesterov, "rprop": Rprop, "adagrad": Adagrad, "rmsprop": RMSprop, "adadelta": Adadelta,
    "adam": Adam,
}  # fmt: skip
"""By the names of the playground's optimisers."""
