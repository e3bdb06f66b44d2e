"""The state of a session at one moment, for whoever watches it from another thread."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Latest:
    """The state of a session at one moment."""

    status: str = "paused"
    done: int = 0
    target: int | None = None
    unit: str = "steps"
    seconds: float = 0.0
    speed: float = 0.0
    steady: float = 0.0
    """The speed over a longer time, by which the time left is told: it should not jump about."""
    until: float | None = None
    """Seconds of training after which it ends."""
    metrics: dict[str, float] = field(default_factory=dict)
    checkpoint_step: int | None = None
    error: str = ""
    traceback: str = ""

    @property
    def eta(self) -> float | None:
        """Seconds to the end, by the time or at the speed of late, whichever is sooner."""
        known = [self.until - self.seconds] if self.until is not None else []
        if self.target is not None and self.steady > 0:
            known.append((self.target - self.done) / self.steady)
        return max(0.0, min(known)) if known else None

    @property
    def share(self) -> float:
        """How much of the way is done, from 0 to 1; 0 where there is no end."""
        return progress_share(self.done, self.target, self.seconds, self.until)

    @property
    def progress(self) -> str:
        """The same in words: "1,200 of 5,000", "12 of 30 min", "1,200"."""
        return progress_text(self.done, self.target, self.seconds, self.until)

    @property
    def pace(self) -> str:
        """The speed in words, for slow recipes by the step: "310 steps/s", "3.4 steps/s", "2.9 s a step"; "" while unknown."""
        if self.speed <= 0:
            return ""
        if self.speed < 1:
            return f"{1 / self.speed:,.1f} s a {self.unit.removesuffix('s')}"
        return f"{self.speed:,.1f} {self.unit}/s" if self.speed < 10 else f"{self.speed:,.0f} {self.unit}/s"


def progress_share(done: int, target: int | None, seconds: float, until: float | None) -> float:
    shares = [done / target] if target else []
    return min(1.0, max([*shares, *([seconds / until] if until else [])], default=0.0))


def progress_text(done: int, target: int | None, seconds: float, until: float | None) -> str:
    """How far training is: in its own unit where that has an end, else in minutes where those have one."""
    if target or not until:
        return f"{done:,} of {target:,}" if target else f"{done:,}"
    return f"{seconds / 60:.0f} of {until / 60:,.0f} min" if until >= 100 else f"{seconds:.0f} of {until:.0f} s"
