"""The neural Turing machine (Graves et al. 2014), or an LSTM or a transformer, on sequences of bits that have to be remembered.

Each batch has sequences of one length, drawn anew; figures are of lengths up to that of training, and of twice that length.
"""

from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lab.answers import Curves, Images
from lab.data import catalogue
from lab.data.memory_tasks import MemoryTask, RepeatCopy
from lab.experiment import Metrics, view
from lab.parameters import Index, Seed
from lab.recipes.sequence.ntm_config import NTMConfig
from lab.recipes.sequence.sequence_experiment import SequenceExperiment
from lab.registry import load
from models.sequence.ntm import NTM, Trace
from models.sequence.transducers import LSTMTransducer, TransformerTransducer

HIDDEN = {"ntm": 64, "lstm": 128, "transformer": 64}
HEADS = 4
SHORT = 3
"""The longest sequence of the first batch, where they grow."""
TEST_ROWS = 64
"""Sequences of each length that figures are of."""


class NTMRecipe(SequenceExperiment):
    """One step is one batch of sequences of one length."""

    headline: ClassVar[tuple[str, ...]] = ("losses/train", "charts/wrong_bits", "charts/wrong_bits_double_length")

    config: NTMConfig

    def __init__(self, config: NTMConfig, device: torch.device):
        super().__init__(config, device)
        self.task: MemoryTask = load(catalogue.loader(config.data, "bit sequences"))(config.bits)
        self.install(self.network)

    def network(self) -> nn.Module:
        c = self.config
        inputs, outputs, hidden = self.task.inputs, self.task.outputs, c.hidden or HIDDEN[c.network]
        if c.network == "lstm":
            return LSTMTransducer(inputs, outputs, hidden, c.layers, c.dropout)
        if c.network == "transformer":
            return TransformerTransducer(inputs, outputs, -(-hidden // HEADS) * HEADS, c.layers, HEADS, c.dropout)
        return NTM(inputs, outputs, c.locations, c.width, hidden, c.read_heads, c.write_heads, c.controller)

    @property
    def repeats(self) -> int:
        """Most repeats in training."""
        return self.config.repeats if isinstance(self.task, RepeatCopy) else 1

    def longest(self) -> int:
        """The longest sequence of the next batch."""
        c = self.config
        grown = SHORT + (c.length - SHORT) * self.steps // c.growing_steps if c.growing_steps else c.length
        return max(1, min(c.length, grown))

    def drawn(self, length: int, repeats: int, rows: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Inputs (rows, T, inputs) and answers (rows, A, outputs) on the device."""
        x, answer = self.task.draw(length, rows, generator, repeats)
        return x.to(self.device, non_blocking=True), answer.to(self.device, non_blocking=True)

    def loss(self, *_: Tensor) -> tuple[Tensor, Metrics]:
        c = self.config
        length = int(torch.randint(1, self.longest() + 1, (), generator=self.generator))
        repeats = int(torch.randint(1, self.repeats + 1, (), generator=self.generator))
        x, answer = self.drawn(length, repeats, c.batch_size, self.generator)
        logits = self.logits(self.compute, x, answer)
        return F.binary_cross_entropy_with_logits(logits, answer), {"charts/wrong_bits": wrong_bits(logits.detach(), answer)}

    def logits(self, net: nn.Module, x: Tensor, answer: Tensor) -> Tensor:
        """(B, A, outputs) of the steps in which the answer is wanted."""
        return net(x.to(next(net.parameters()).dtype))[:, -answer.shape[1] :].float()

    def tested(self, net: nn.Module, length: int, repeats: int) -> tuple[Tensor, Tensor]:
        """Loss and share of wrong bits, 0-d, of sequences of one length that training does not see."""
        generator = torch.Generator().manual_seed(self.config.seed + 2**31)
        x, answer = self.drawn(length, repeats, TEST_ROWS, generator)
        logits = self.logits(net, x, answer)
        return F.binary_cross_entropy_with_logits(logits, answer), wrong_bits(logits, answer)

    def tested_as_trained(self, most: int | None = None) -> tuple[Tensor, Tensor]:
        """The means over the lengths of training, at most `most` of them."""
        net, longest = self.evaluating(), self.config.length
        lengths = sorted({round(n) for n in np.linspace(1, longest, min(longest, most or longest)).tolist()})
        losses, wrong = zip(*(self.tested(net, length, self.repeats) for length in lengths), strict=True)
        return torch.stack(losses).mean(), torch.stack(wrong).mean()

    def validation_loss(self, most: int | None = None) -> Tensor:
        return self.tested_as_trained(most)[0]

    def step(self) -> Metrics:
        metrics = super().step()
        if "losses/validation" in metrics:
            with torch.no_grad():
                metrics["charts/wrong_bits_double_length"] = self.tested(self.compute, 2 * self.config.length, self.repeats)[1]
        return metrics

    @torch.no_grad()
    def evaluate(self, **options: Any) -> dict[str, Any]:
        """Wrong bits are a share: 0.5 is guessing."""
        loss, wrong = self.tested_as_trained()
        double = self.tested(self.evaluating(), 2 * self.config.length, self.repeats)[1]
        return {
            "loss": float(loss),
            "wrong_bits": float(wrong),
            "wrong_bits_double_length": float(double),
            "trained_length": self.config.length,
            "parameters": self.parameter_count,
        }

    # -- views -----------------------------------------------------------------------------------------------------

    def one(self, length: int, repeats: int, seed: int) -> tuple[Tensor, Tensor]:
        """One sequence and its answer; length and repeats of 0 are the longest of training."""
        repeats = (repeats or self.repeats) if isinstance(self.task, RepeatCopy) else 1
        return self.drawn(min(length or self.config.length, LONGEST), min(repeats, 50), 1, torch.Generator().manual_seed(seed))

    @view(live=True)
    def answered(self, net: nn.Module, length: Index = 0, repeats: Index = 0, seed: Seed = 0) -> Images:
        """A sequence (a column is a step, a row a bit), the answer that is wanted, the network's, and where it is wrong. A length of 0 is the longest of training."""
        x, answer = self.one(length, repeats, seed)
        made = net(x)[0, -answer.shape[1] :].float().sigmoid()
        shown, wanted, outputs = x[0].T, torch.zeros(x.shape[1], self.task.inputs), torch.zeros(x.shape[1], self.task.inputs)
        wanted[-len(made) :, : made.shape[1]], outputs[-len(made) :, : made.shape[1]] = answer[0].cpu(), made.cpu()
        wrong = ((outputs > 0.5) != (wanted > 0.5)).float()
        pixels = np.stack([grey(part) for part in (shown.cpu(), wanted.T, outputs.T, wrong.T)])
        share = float(wrong.sum()) / answer.numel()
        return Images(
            pixels, ["input", "wanted", "output", f"wrong: {share:.1%} of the bits"], columns=1, scale=self.scale(x),
            title=f"{self.config.data}, {int((x[0, :, self.task.bits] == 1).nonzero()[0])} vectors",
        )  # fmt: skip

    @view(live=True)
    def memory(self, net: nn.Module, length: Index = 0, repeats: Index = 0, seed: Seed = 0) -> Images:
        """Where the heads write and read (a column is a step, a row a location): bright is where they are. Of an LSTM, its state (a row is a unit);
        of a transformer, which step (row) each step attends to."""
        x, _ = self.one(length, repeats, seed)
        maps = what_it_does(net, x)
        return Images(np.stack(list(map(grey, maps.values()))), list(maps), columns=1, scale=self.scale(x))

    def scale(self, x: Tensor) -> int:
        """Pixels of a step in pictures."""
        return max(3, min(16, 480 // x.shape[1]))

    @view(live=True)
    def errors_by_length(self, net: nn.Module, longest: Index = 0, repeats: Index = 0, runs: str = "") -> Curves:
        """The share of wrong bits by the length of the sequence, up to three times that of training; 0.5 is guessing. Other runs of this recipe on
        the same task stand beside it where they are named in `runs`, separated by commas."""
        longest = min(longest or 3 * self.config.length, LONGEST)
        lengths = sorted({round(n) for n in np.linspace(1, longest, min(longest, 24)).tolist()} | {min(self.config.length, longest)})
        others = [self.other_run(name.strip(), "ntm") for name in runs.split(",") if name.strip()]
        networks = {self.config.network: net} | {f"{run.config.network} ({name})": run.serving() for name, run in others}
        repeats = (repeats or self.repeats) if isinstance(self.task, RepeatCopy) else 1
        lines = {}
        for name, network in networks.items():
            wrong = torch.stack([self.tested(network, length, repeats)[1] for length in lengths])
            lines[name] = (np.array(lengths, np.float64), wrong.double().cpu().numpy())
        lines["longest in training"] = (np.full(2, float(self.config.length)), np.array([0.0, 0.5]))
        return Curves(lines, "length (vectors)", "wrong bits (share)", f"{self.config.data}: wrong bits by length")


LONGEST = 200
"""The longest sequence that views are asked for."""


def wrong_bits(logits: Tensor, answer: Tensor) -> Tensor:
    """The share of bits on the wrong side of 0.5, 0-d."""
    return ((logits > 0) != (answer > 0.5)).float().mean()


def what_it_does(net: nn.Module, x: Tensor) -> dict[str, Tensor]:
    """Pictures (rows, T) between 0 and 1 of one sequence (1, T, inputs), by what they show."""
    kept: list[Any] = []
    net(x, kept)
    if isinstance(net, NTM):
        trace: Trace = kept[0]
        heads = [("writes", trace.written), ("reads", trace.read)]
        return {
            name if part.shape[2] == 1 else f"{name} (head {head + 1})": part[0, :, head].T.float().cpu()
            for name, part in heads
            for head in range(part.shape[2])
        }
    if isinstance(net, LSTMTransducer):
        return {"state of the LSTM": (kept[0][0].T.float().cpu() + 1) / 2}
    return {f"attention of layer {i}, mean of its heads": layer[0].mean(0).T.float().cpu() for i, layer in enumerate(kept, 1)}


def grey(values: Tensor) -> np.ndarray:
    """(H, W) uint8 of values (H, W), 0 as black and 1 as white."""
    return (values.clamp(0, 1) * 255).round().to(torch.uint8).numpy()
