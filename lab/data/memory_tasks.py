"""Generated sequences of bits to be remembered, whose answer is known: copy, repeat copy and sort (Graves et al. 2014, section 4).

First the sequence is shown, then a mark, and from the next step on the answer is wanted while the input is blank. Read first: `MemoryTask`.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass

import torch
from torch import Tensor

REPEATS = 10.0
"""The number of repeats is shown divided by this."""


@dataclass(frozen=True)
class MemoryTask(ABC):
    """Vectors of `bits` random bits. Two channels more are for the mark and for a number that belongs to the task."""

    bits: int = 8

    @property
    def inputs(self) -> int:
        return self.bits + 2

    @property
    def outputs(self) -> int:
        return self.bits

    def sequences(self, length: int, rows: int, generator: torch.Generator) -> Tensor:
        """(rows, length, bits) of 0 and 1."""
        return torch.randint(2, (rows, length, self.bits), generator=generator).float()

    def shown(self, sequence: Tensor, steps: int) -> Tensor:
        """(B, length + 1 + steps, inputs): the sequence, the mark, and `steps` blank steps for the answer."""
        rows, length, _ = sequence.shape
        x = torch.zeros(rows, length + 1 + steps, self.inputs)
        x[:, :length, : self.bits] = sequence
        x[:, length, self.bits] = 1
        return x

    @abstractmethod
    def draw(self, length: int, rows: int, generator: torch.Generator, repeats: int = 1) -> tuple[Tensor, Tensor]:
        """Inputs (rows, T, inputs), and the answer (rows, A, outputs) wanted in their last A steps."""


class Copy(MemoryTask):
    """The answer is the sequence."""

    def draw(self, length: int, rows: int, generator: torch.Generator, repeats: int = 1) -> tuple[Tensor, Tensor]:
        sequence = self.sequences(length, rows, generator)
        return self.shown(sequence, length), sequence


class RepeatCopy(MemoryTask):
    """The answer is the sequence `repeats` times, then a mark in a channel of its own; how often is shown with the mark of the input."""

    @property
    def outputs(self) -> int:
        return self.bits + 1

    def draw(self, length: int, rows: int, generator: torch.Generator, repeats: int = 1) -> tuple[Tensor, Tensor]:
        sequence = self.sequences(length, rows, generator)
        x = self.shown(sequence, length * repeats + 1)
        x[:, length, self.bits + 1] = repeats / REPEATS
        answer = torch.zeros(rows, length * repeats + 1, self.outputs)
        answer[:, :-1, : self.bits] = sequence.repeat(1, repeats, 1)
        answer[:, -1, -1] = 1
        return x, answer


class Sort(MemoryTask):
    """Each vector has a priority between -1 and 1; the answer are the vectors from the highest priority to the lowest."""

    def draw(self, length: int, rows: int, generator: torch.Generator, repeats: int = 1) -> tuple[Tensor, Tensor]:
        sequence = self.sequences(length, rows, generator)
        priority = torch.rand(rows, length, generator=generator) * 2 - 1
        x = self.shown(sequence, length)
        x[:, :length, self.bits + 1] = priority
        order = priority.argsort(1, descending=True)[..., None].expand_as(sequence)
        return x, sequence.gather(1, order)
