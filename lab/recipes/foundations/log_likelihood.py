"""Likelihoods of one parameter, and the losses that they are. Imports no torch: the page computes them.

Four questions. The mean of a Gaussian and a line through 0 with Gaussian noise give the squared error; a coin (Bernoulli) and two classes
give the cross-entropy. A prior turns the maximum of the likelihood (ML) into that of the posterior (MAP): squared weights in the loss (L2)
are a Gaussian prior with gamma = sigma^2 / sigma_w^2. Read first: `log_likelihood`, `estimates`.
"""

from dataclasses import dataclass

import numpy as np

from lab.recipes.foundations.likelihood_config import RANGES, LikelihoodConfig


def observe(problem: LikelihoodConfig) -> tuple[np.ndarray, np.ndarray]:
    """All observations: x (count,) and y (count,). The Gaussian's and the coin's are y; their x counts them."""
    random = np.random.default_rng(problem.seed)
    n = problem.count
    match problem.kind:
        case "gaussian":
            return np.arange(n, dtype=float), problem.parameter + problem.sigma * random.standard_normal(n)
        case "coin":
            return np.arange(n, dtype=float), (random.random(n) < problem.parameter).astype(float)
        case "line":
            x = random.uniform(-2, 2, n)
            return x, problem.parameter * x + problem.sigma * random.standard_normal(n)
        case "classes":
            x = random.uniform(-2.5, 2.5, n)
            return x, (random.random(n) < sigmoid(problem.parameter * x)).astype(float)
    raise ValueError(f"no problem {problem.kind!r}")


def sigmoid(z: np.ndarray) -> np.ndarray:
    return 0.5 * (1 + np.tanh(z / 2))


def log_likelihood(problem: LikelihoodConfig, x: np.ndarray, y: np.ndarray, parameter: np.ndarray) -> np.ndarray:
    """log p(observations | parameter) for each of (P,) parameters, from observations (N,).

    Gaussian: -N/2 log(2 pi sigma^2) - sum (y - m)^2 / (2 sigma^2), where m is mu or w x. Bernoulli: sum t log p + (1 - t) log(1 - p),
    where p is theta or sigmoid(w x).
    """
    if problem.kind in ("gaussian", "line"):
        inputs = np.ones_like(y) if problem.kind == "gaussian" else x
        squares = (y @ y) - 2 * parameter * (inputs @ y) + parameter**2 * (inputs @ inputs)  # sum (y - parameter * inputs)^2
        return -len(y) / 2 * np.log(2 * np.pi * problem.sigma**2) - squares / (2 * problem.sigma**2)
    if problem.kind == "coin":
        heads = y.sum()
        with np.errstate(divide="ignore", invalid="ignore"):  # 0 log 0 is 0.
            of_heads = np.where(heads > 0, heads * np.log(parameter), 0.0)
            of_tails = np.where(len(y) > heads, (len(y) - heads) * np.log1p(-parameter), 0.0)
        return of_heads + of_tails
    margins = np.outer(parameter, x * (2 * y - 1))  # (P, N): positive where the class is right
    return -np.logaddexp(0, -margins).sum(1)


def log_prior(problem: LikelihoodConfig, parameter: np.ndarray) -> np.ndarray:
    """log p(parameter) (P,), up to a constant."""
    if problem.kind == "coin":
        with np.errstate(divide="ignore"):
            return problem.prior / 2 * (np.log(parameter) + np.log1p(-parameter)) if problem.prior else np.zeros_like(parameter)
    variance = 1.0 if problem.kind == "classes" else problem.sigma**2
    return -problem.prior * parameter**2 / (2 * variance)


def loss(problem: LikelihoodConfig, x: np.ndarray, y: np.ndarray, parameter: np.ndarray) -> np.ndarray:
    """The loss that training would use (P,), the mean over observations: squared error, or cross-entropy in nats."""
    log = log_likelihood(problem, x, y, parameter)
    if problem.kind in ("gaussian", "line"):
        return -2 * problem.sigma**2 * (log / len(y) + np.log(2 * np.pi * problem.sigma**2) / 2)
    return -log / len(y)


def estimates(problem: LikelihoodConfig, x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """The parameter of the largest likelihood (ML) and of the largest posterior (MAP)."""
    gamma = problem.prior
    if problem.kind == "gaussian":
        return float(y.mean()), float(y.sum() / (len(y) + gamma))
    if problem.kind == "coin":
        return float(y.mean()), float((y.sum() + gamma / 2) / (len(y) + gamma))
    if problem.kind == "line":
        return float(x @ y / (x @ x)), float(x @ y / (x @ x + gamma))
    return steepest(x, y, 0.0), steepest(x, y, gamma)


def steepest(x: np.ndarray, y: np.ndarray, gamma: float) -> float:
    """Where sum x (t - sigmoid(w x)) - gamma w, which falls with w, is 0; the end of the range where a weight that grows is always better."""
    low, high = RANGES["classes"]
    for _ in range(50):
        w = (low + high) / 2
        low, high = (w, high) if x @ (y - sigmoid(w * x)) - gamma * w > 0 else (low, w)
    return (low + high) / 2


@dataclass(frozen=True)
class Seen:
    """The observations so far, and over a grid of parameters (P,) what they say."""

    problem: LikelihoodConfig
    x: np.ndarray
    y: np.ndarray
    grid: np.ndarray
    likelihood: np.ndarray
    """(P,) as a share of its maximum."""
    prior: np.ndarray
    posterior: np.ndarray
    loss: np.ndarray
    ml: float
    map: float
    history: np.ndarray
    """(3, T) how many observations there were, and the two estimates then."""


def share(log: np.ndarray) -> np.ndarray:
    """exp(log) (P,) as a share of its largest value."""
    return np.exp(log - log.max())
