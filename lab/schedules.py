"""How a rate changes in training, as functions of the step (from 0)."""

import math


def warmup(step: int, steps: int) -> float:
    """The share of the full rate while it rises linearly over `steps`; 1 afterwards and where `steps` is 0."""
    return min(1.0, (step + 1) / max(1, steps))


def linear(step: int, steps: int, start: float, end: float) -> float:
    """From `start` to `end` over `steps`, and `end` from there."""
    return start + min(1.0, step / steps) * (end - start)


def cosine(share: float) -> float:
    """From 1 to 0 along half a cosine, as `share` goes from 0 to 1 (Loshchilov & Hutter 2017)."""
    return 0.5 * (1 + math.cos(math.pi * share))


def decay(kind: str, step: int, steps: int) -> float:
    """The share of the rate that is left in `step`: constant, step (/10 at 50 % and again at 75 %), cosine or linear over `steps`."""
    share = min(1.0, step / steps)
    match kind:
        case "constant":
            return 1.0
        case "step":
            return 0.1 ** ((share >= 0.5) + (share >= 0.75))
        case "cosine":
            return cosine(share)
        case "linear":
            return 1 - share
    raise ValueError(f"there is no schedule {kind!r}")


def constant_then_linear(step: int, constant: int, decay: int) -> float:
    """The share of the rate: 1 for `constant` steps, then linearly to 0 over `decay` steps; always 1 where `decay` is 0."""
    if decay == 0:
        return 1.0
    return min(1.0, max(0.0, 1 - (step - constant) / decay))


def warmup_cosine(step: int, rate: float, warmup: int, steps: int, end: float) -> float:
    """The rate: linearly up to `rate` over `warmup` steps, along a cosine down to `end` * `rate` at step `steps`, constant from there."""
    if step < warmup:
        return rate * (step + 1) / (warmup + 1)
    share = min(1.0, (step - warmup) / max(1, steps - warmup))
    return rate * (end + (1 - end) * 0.5 * (1 + math.cos(math.pi * share)))
