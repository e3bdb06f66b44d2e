"""The time-lapse of a training: pictures of what the network draws, ever further apart, from its first step to now."""

from dataclasses import dataclass, field

import numpy as np

from lab.answers import Images
from lab.checkpoint import Segment

FRAMES = 64
"""The most pictures kept: when there are as many, every second one is dropped and the interval doubles."""


class TimeLapse:
    """Pictures with their steps, compressed. `every` is the present interval; `keep_first` keeps the picture of step 1 for good."""

    def __init__(self, every: int, keep_first: bool):
        self.every, self.keep_first = every, keep_first
        self.pictures: list[tuple[int, Segment]] = []

    def is_due(self, step: int) -> bool:
        return step % self.every == 0 or (self.keep_first and step == 1)

    def add(self, step: int, pixels: np.ndarray) -> None:
        """Keep the picture uint8 of a step, and drop others where there are too many."""
        self.pictures.append((step, Segment(f"lapse-{step:09d}", pixels)))
        if len(self.pictures) >= FRAMES:
            self.every *= 2
            self.pictures = [(step, segment) for step, segment in self.pictures if self.is_due(step)]

    def __len__(self) -> int:
        return len(self.pictures)

    def at(self, index: int) -> tuple[int, Segment]:
        """The step and the picture at an index, the nearest there is."""
        return self.pictures[max(-len(self), min(index, len(self) - 1))]

    def newest(self) -> np.ndarray | None:
        """The last picture as it was added, None before the first."""
        return self.pictures[-1][1].read() if self.pictures else None

    @property
    def steps(self) -> list[int]:
        return [step for step, _ in self.pictures]

    def state(self) -> dict[str, list[object]]:
        return {"steps": list(self.steps), "pictures": [segment for _, segment in self.pictures]}

    def restore(self, state: dict[str, list[Segment]]) -> None:
        self.pictures = list(zip(state["steps"], state["pictures"], strict=True))  # type: ignore[arg-type]


@dataclass(frozen=True)
class Film(Images):
    """One picture of the training, with all of them: `history` (T, H, W[, 3]) uint8 and their `steps`."""

    history: np.ndarray = field(default_factory=lambda: np.zeros((0, 1, 1), np.uint8))
    steps: list[int] = field(default_factory=list)

    def arrays(self) -> dict[str, np.ndarray]:
        return {"pixels": self.history, "steps": np.array(self.steps)}

    def frames(self) -> list[np.ndarray]:
        return [Images(self.history[i : i + 1], [f"step {step:,}"], 1, self.scale).picture() for i, step in enumerate(self.steps)]
