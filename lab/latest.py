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
    metrics: dict[str, float] = field(default_factory=dict)
    checkpoint_step: int | None = None
    error: str = ""
    traceback: str = ""

    @property
    def eta(self) -> float | None:
        """Seconds to the target at the current speed."""
        return (self.target - self.done) / self.speed if self.target is not None and self.speed > 0 else None

    @property
    def pace(self) -> str:
        """The speed in words, for slow recipes by the step: "310 steps/s", "3.4 steps/s", "2.9 s a step"; "" while unknown."""
        if self.speed <= 0:
            return ""
        if self.speed < 1:
            return f"{1 / self.speed:,.1f} s a {self.unit.removesuffix('s')}"
        return f"{self.speed:,.1f} {self.unit}/s" if self.speed < 10 else f"{self.speed:,.0f} {self.unit}/s"
