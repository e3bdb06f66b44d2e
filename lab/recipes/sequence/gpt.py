"""GPT on characters or bytes: predict each next token of a text (Radford et al. 2019; settings after nanoGPT's small ones).

`gpt` with 4 layers, 128 wide, context 64, batch 12 reaches a validation loss of 1.9 nats on tiny Shakespeare in 2,000 steps.
"""

from typing import Any, ClassVar, Literal

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from lab.answers import Heatmap, Images, Scatter
from lab.data.record import Record
from lab.experiment import Metrics, view
from lab.exported import Exported, sequences, tokens
from lab.parameters import Index
from lab.recipes.sequence.gpt_config import GPTConfig
from lab.recipes.sequence.inside_gpt import InsideViews
from lab.recipes.sequence.language import LanguageViews, TextWindows, checked_prompt, layout
from lab.recipes.sequence.sequence_experiment import SequenceExperiment
from models.processes import group
from models.sequence import gpt as network


class GPT(SequenceExperiment):
    """One step is one batch of random windows of the text."""

    config: GPTConfig
    takes_processes = True
    view_parts: ClassVar[dict[str, type]] = {"writing": LanguageViews, "inside": InsideViews}

    def __init__(self, config: GPTConfig, device: torch.device):
        c = config
        super().__init__(c, device)
        self.text = TextWindows(c.data, c.level, c.context, "context", device, self.remembered)
        self.install(
            lambda: network.GPT(self.text.vocabulary, c.context, c.layers, c.heads, c.width, c.dropout, norm=c.norm, positions=c.positions)
        )
        self.writing = LanguageViews(self.text, device, network.generate, c.context)
        self.inside = InsideViews(self.text, device, c.context)

    def next_batch(self) -> tuple[Tensor, ...]:
        rows = torch.randint(len(self.text.windows), (self.config.batch_size,), generator=self.generator).to(self.device, non_blocking=True)
        return group.part(rows)

    def loss(self, *batch: Tensor) -> tuple[Tensor, Metrics]:
        (rows,) = batch
        return self.cross_entropy(self.text.windows[rows].long()), {}

    def cross_entropy(self, windows: Tensor) -> Tensor:
        """The mean over all positions of windows (B, context + 1) int64."""
        logits, _ = self.compute(windows[:, :-1])
        return F.cross_entropy(logits.float().flatten(0, 1), windows[:, 1:].flatten())

    def validation_loss(self, most: int | None = None) -> Tensor:
        """On the last tenth of the text, cut into windows that do not overlap; spread evenly where not all are wanted."""
        self.evaluating()
        t = self.config.context
        windows = self.text.validation.unfold(0, t + 1, t)
        size = 64
        if most is not None and len(windows) > most * size:
            windows = windows[torch.linspace(0, len(windows) - 1, most * size).long()]
        total = torch.zeros((), device=self.device)
        for part in windows.split(size):
            total += self.cross_entropy(part.long()) * len(part)
        return total / len(windows)

    @torch.no_grad()
    def evaluate(self, **options: Any) -> dict[str, Any]:
        figures = super().evaluate()
        return {**figures, **self.text.figures(figures["loss"])}

    def exported(self) -> Exported:
        length = self.config.context
        about = f"{self.text.tokens_text(length)} -> logits, float32 (B, {length}, {len(self.text.vocabulary)}), of each next token."
        return sequences(self.net, {"tokens": tokens(len(self.text.vocabulary), length)}, "logits", about)

    def data_record(self) -> Record:
        return self.text.record

    # -- views -----------------------------------------------------------------------------------------------------

    @view(live=True)
    def attention(self, net: network.GPT, text: str = "", layer: Index = 1, head: Index = 1) -> Heatmap:
        """Which tokens (columns) each token (row) attends to, in one head of one layer: the brighter, the more; a row adds up to
        1. Head 0 is the mean of all."""
        labels, layers = self.attentions(net, text)
        heads = layers[max(1, min(layer, len(layers))) - 1]
        values = heads.mean(0) if head <= 0 else heads[min(head, len(heads)) - 1]
        return Heatmap(values, "attends to", "token", f"layer {layer}, head {head or 'mean'}", labels, labels, "attention")

    @view(live=True)
    def all_attention(self, net: network.GPT, text: str = "") -> Images:
        """The attention of every layer (row of pictures) and head (column): in a picture, bright where a token (row) attends to
        an earlier one (column)."""
        _, layers = self.attentions(net, text)
        maps = np.stack(layers)  # (L, heads, T, T)
        rows = maps / maps.max(-1, keepdims=True).clip(1e-9)
        captions = [f"layer {i + 1} head {j + 1}" for i in range(len(layers)) for j in range(maps.shape[1])]
        pixels = (255 * np.sqrt(rows)).astype(np.uint8).reshape(-1, *maps.shape[2:])
        return Images(pixels, captions, columns=maps.shape[1], scale=max(1, 128 // maps.shape[2]))

    def attentions(self, net: network.GPT, text: str) -> tuple[list[str], list[np.ndarray]]:
        """The labels of the last tokens of a text, and each layer's attention (heads, T, T) over them."""
        tokens = checked_prompt(self.text.codec, text or self.text.sample(min(48, net.context)))[-net.context :]
        keep: list[Tensor] = []
        net(torch.from_numpy(tokens)[None].to(self.device), keep=keep)
        return [self.text.codec.label(t) for t in tokens], [weights[0].float().cpu().numpy() for weights in keep]

    @view(live=True)
    def embeddings(
        self, net: network.GPT, of: Literal["tokens", "positions"] = "tokens", method: Literal["pca", "tsne"] = "pca"
    ) -> Scatter:
        """The embeddings of the tokens, or of the positions, in two dimensions: similar ones are close, the axes mean nothing by
        themselves."""
        if of == "tokens":
            return layout(net.embedding.weight, self.text.names(), method, "tokens")
        return layout(net.positions.table, [str(i) for i in range(net.context)], method, "positions")
