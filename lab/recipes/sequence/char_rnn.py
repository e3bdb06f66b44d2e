"""A recurrent language model: an RNN, of tanh or ReLU, LSTM or GRU that reads a text character by character and predicts the next one.

Truncated back-propagation through time (Williams & Peng 1990): each row of the batch reads its own stretch of the text,
`unroll` characters a step; the state is carried on from step to step, the gradient is not.
"""

from typing import Any, ClassVar, Literal

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from lab.answers import Curves, Heatmap, Scatter
from lab.data.record import Record
from lab.experiment import Metrics, view
from lab.exported import Exported, sequences, tokens
from lab.parameters import Count, Index, Length, Seed
from lab.recipes.sequence.char_rnn_config import CharRNNConfig
from lab.recipes.sequence.language import LanguageViews, TextWindows, checked_prompt, layout
from lab.recipes.sequence.sequence_experiment import SequenceExperiment
from lab.seeding import seeded
from lab.state import Attribute, Tree
from models.sequence.cells import GATE_NAMES, CellKind, flow
from models.sequence.recurrent import Recurrent, RecurrentLM, generate, gradient_norms

BEYOND = 2**62
"""A place past the end of any text."""
RESTART = 0.02
"""The share of rows that restart at a random place in each step; the learned initial state gets its gradient from them."""


class CharRNN(SequenceExperiment):
    """One step is `unroll` characters of every row."""

    config: CharRNNConfig
    view_parts: ClassVar[dict[str, type]] = {"writing": LanguageViews}

    def __init__(self, config: CharRNNConfig, device: torch.device):
        c = config
        super().__init__(c, device)
        self.text = TextWindows(c.data, c.level, c.unroll, "unroll", device, self.remembered)
        kind: CellKind = "gru-before" if (c.cell, c.reset) == ("gru", "before") else c.cell
        self.install(lambda: RecurrentLM(self.text.vocabulary, kind, c.width, c.hidden, c.layers, c.dropout, c.learned_state, c.unfused))
        self.writing = LanguageViews(self.text, device, generate)
        self.places = torch.full((c.batch_size,), BEYOND)  # Where each row reads next.
        self.carried: tuple[Tensor, ...] = ()

    def loss(self, *_: Tensor) -> tuple[Tensor, Metrics]:
        """The mean over the next `unroll` characters of every row."""
        c = self.config
        restarted = (torch.rand(c.batch_size, generator=self.generator) < RESTART) | (self.places >= len(self.text.windows))
        anywhere = torch.randint(len(self.text.windows), (c.batch_size,), generator=self.generator)
        self.places = torch.where(restarted, anywhere, self.places)
        tokens = self.text.windows[self.places.to(self.device, non_blocking=True)].long()  # (B, unroll + 1)
        state = self.compute.core.first_state(c.batch_size)
        if self.carried:
            fresh = restarted.to(self.device, non_blocking=True)[None, :, None]
            state = tuple(torch.where(fresh, first, before) for first, before in zip(state, self.carried, strict=True))
        logits, state = self.compute(tokens[:, :-1], state)
        self.carried = tuple(part.detach() for part in state)
        self.places = self.places + c.unroll
        return F.cross_entropy(logits.float().flatten(0, 1), tokens[:, 1:].flatten()), {}

    def validation_loss(self, most: int | None = None) -> Tensor:
        """On the last tenth of the text, read in up to 32 rows from end to end, the state carried on."""
        net = self.evaluating()
        t = self.config.unroll
        tokens = self.text.validation
        rows = max(1, min(32, (len(tokens) - 1) // t))
        length = (len(tokens) - 1) // rows
        count = length // t if most is None else min(most, length // t)
        inputs = tokens[: rows * length].view(rows, length)
        targets = tokens[1 : rows * length + 1].view(rows, length)
        total, state = torch.zeros((), device=self.device), None
        for i in range(count):
            part = slice(i * t, (i + 1) * t)
            logits, state = net(inputs[:, part].long(), state)
            total += F.cross_entropy(logits.float().flatten(0, 1), targets[:, part].flatten().long())
        return total / count

    def stateful(self) -> Tree:
        return {**super().stateful(), "places": Attribute(self, "places"), "carried": Attribute(self, "carried", self.device)}

    @torch.no_grad()
    def evaluate(self, **options: Any) -> dict[str, Any]:
        figures = super().evaluate()
        return {**figures, **self.text.figures(figures["loss"])}

    def exported(self) -> Exported:
        length = self.config.unroll
        about = f"{self.text.tokens_text(length)} -> logits, float32 (B, {length}, {len(self.text.vocabulary)}), of each next token."
        return sequences(self.net, {"tokens": tokens(len(self.text.vocabulary), length)}, "logits", about)

    def data_record(self) -> Record:
        return self.text.record

    # -- views -----------------------------------------------------------------------------------------------------

    @view(live=True)
    def gates(
        self, net: RecurrentLM, text: str = "", gate: Literal["cell", "hidden", "input", "forget", "output", "candidate", "reset", "update"] = "cell",
        layer: Index = 1, units: Count = 24,
    ) -> Heatmap:  # fmt: skip
        """A gate, or the state, of the units that change most (rows) while the network reads a text (columns): a gate is closed
        at 0 and open at 1."""
        tokens = checked_prompt(self.text.codec, text or self.text.sample())[:200]
        layers = net.core.trace(net.embedding(torch.from_numpy(tokens)[None].to(self.device)))
        steps = layers[max(1, min(layer, len(layers))) - 1]
        names = GATE_NAMES[net.core.kind]
        name = next((n for n in names if n.split()[0] == gate), names[-1])
        values = torch.stack([step[name][0] for step in steps], 1).float().cpu()  # (H, T)
        most = values.std(1, correction=0).topk(min(max(1, units), len(values))).indices
        labels = [self.text.codec.label(t) for t in tokens]
        return Heatmap(values[most].numpy(), "text", "unit", f"layer {layer}", labels, [str(i) for i in most.tolist()], name)

    @view(live=True)
    def cell(self, net: RecurrentLM, text: str = "", layer: Index = 1, unit: Index = 0) -> Heatmap:
        """What passes through one unit's cell (rows, in the order of the equations, from the state before a step to the one after) while the network reads a
        text (columns). Unit 0 is the one that changes most; others are counted from 1."""
        tokens = checked_prompt(self.text.codec, text or self.text.sample())[:200]
        layers = net.core.trace(net.embedding(torch.from_numpy(tokens)[None].to(self.device)))
        layer = max(1, min(layer, len(layers)))
        gates = layers[layer - 1]
        hidden = torch.stack([step["hidden h"][0] for step in gates])  # (T, H)
        at = min(unit, hidden.shape[1]) - 1 if unit else int(hidden.std(0, correction=0).argmax())
        steps = flow(net.core.kind, gates, tuple(part[layer - 1] for part in net.core.first_state(1)))
        values = torch.stack([torch.stack([value[0, at] for value in step.values()]) for step in steps], 1).float().cpu().numpy()
        labels = [self.text.codec.label(t) for t in tokens]
        return Heatmap(values, "text", "quantity", f"{net.core.kind}, layer {layer}, unit {at + 1}", labels, list(steps[0]), "value")

    @view(live=True)
    def gradient_by_distance(self, net: RecurrentLM, text: str = "", length: Length = 100, runs: str = "", seed: Seed = 0) -> Curves:
        """How much of an error reaches the state k characters earlier. Where the log10 of the gradient's norm falls along a straight line,
        the gradient vanishes. This run's network is compared with a new RNN, RNN of ReLUs, LSTM and GRU of the same size, or with the trained ones of
        other runs of char-rnn, named in `runs` and separated by commas."""
        length = max(2, min(length, 500))
        text = text or self.text.sample(length)
        others = [self.other_run(name.strip(), "char-rnn") for name in runs.split(",") if name.strip()]
        cores = {f"this run's {net.core.kind}": (net.core, self.embedded(net, text, length))}
        for run, other in others:
            trained = other.serving()
            assert isinstance(trained, RecurrentLM)
            cores[f"{trained.core.kind} of {run}"] = trained.core, other.embedded(trained, text, length)
        for kind in () if others else ("rnn", "relu", "lstm", "gru"):
            with seeded(seed):
                core = Recurrent(kind, net.embedding.embedding_dim, net.core.hidden).to(self.device)
            cores[f"new {kind}"] = core, self.embedded(net, text, length)
        lines = {}
        for name, (core, x) in cores.items():
            readout = torch.randn(core.hidden, generator=torch.Generator().manual_seed(seed)) / core.hidden**0.5
            norms = gradient_norms(core.layers[0], core.kind, x, readout).cpu()
            lines[name] = (np.arange(len(norms), dtype=np.float64), np.log10(norms.numpy().clip(1e-300)))
        return Curves(lines, "distance back in time (tokens)", "log10 |dL/d state|", "Gradient against distance back in time")

    def embedded(self, net: RecurrentLM, text: str, length: int) -> Tensor:
        """What the first layer reads of a text (1, T, I), at most `length` tokens of it."""
        tokens = checked_prompt(self.text.codec, text)[:length]
        return net.embedding(torch.from_numpy(tokens)[None].to(self.device)).detach().float()

    @view(live=True)
    def embeddings(self, net: RecurrentLM, method: Literal["pca", "tsne"] = "pca") -> Scatter:
        """The embeddings of the characters in two dimensions: similar ones are close, the axes mean nothing by themselves."""
        return layout(net.embedding.weight, self.text.names(), method, "tokens")
