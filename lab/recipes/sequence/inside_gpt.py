"""The views that take a GPT apart: its attention in numbers, its heads switched off, its layers read as if each were the last.

Read first: `InsideViews.attention_numbers`.
"""

import re

import numpy as np
import torch
from torch import Tensor

from lab.answers import Bars, Curves, Heatmap, Table
from lab.errors import UsageError
from lab.experiment import view
from lab.parameters import Choice, Count, Index
from lab.recipes.sequence.language import TextWindows, checked_prompt
from models.sequence.gpt import GPT
from models.sequence.inside_gpt import AttentionSteps, Head, attention_steps, blocks_of, head_effects, heads_of, patching, trace, unembed

MOST_STEPS = 24
"""Tokens of which every number is shown."""
HEAD = re.compile(r"(\d+)\.(\d+)")


class InsideViews:
    """The views of a GPT that reads a text of one's own. `context` is the most tokens it reads at once."""

    def __init__(self, text: TextWindows, device: torch.device, context: int):
        self.text, self.device, self.context = text, device, context

    def tokens(self, text: str, most: int) -> Tensor:
        """The last tokens (T,) of a text, or of one that training does not see."""
        most = min(most, self.context)
        return torch.from_numpy(checked_prompt(self.text.codec, text or self.text.sample(most))[-most:]).to(self.device)

    def labels(self, tokens: Tensor) -> list[str]:
        return [self.text.codec.label(t) for t in tokens.tolist()]

    def steps(self, net: GPT, text: str, layer: int, head: int, token: int) -> tuple[list[str], int, AttentionSteps]:
        """The labels of a text's tokens, the place of the asking one, and its steps. Layer, head and token as a person counts; token 0 is the last."""
        tokens = self.tokens(text, MOST_STEPS)
        query = len(tokens) - 1 if not 1 <= token <= len(tokens) else token - 1
        where = max(1, min(layer, len(blocks_of(net)))) - 1, max(1, min(head, heads_of(net))) - 1
        return self.labels(tokens), query, attention_steps(net, tokens, *where, query)

    # -- attention step by step --------------------------------------------------------------------------------------

    @view(live=True)
    def attention_numbers(self, net: GPT, text: str = "", layer: Index = 1, head: Index = 1, token: Index = 0) -> Table:
        """Scaled dot-product attention step by step, for one token (0 is the last) and one head: its query times the key of every token up to it, over
        the root of d, through a softmax: the weight with which that token's value enters the sum. |v| is the length of the value."""
        labels, _, made = self.steps(net, text, layer, head, token)
        columns = [made.scores, made.scaled, made.scaled.exp(), made.weights, made.v.norm(dim=-1), made.weighted.norm(dim=-1)]
        lines = torch.stack(columns, 1).float().cpu().tolist()
        rows: list[list[object]] = [[i + 1, labels[i], *map(short, values)] for i, values in enumerate(lines)]
        total = [short(float(column.sum())) for column in (made.scaled.exp(), made.weights)]
        rows.append(["", "sum", "", "", *total, "", short(float(made.z.norm()))])
        d = made.q.shape[0]
        return Table(["", "token", "q · k", f"q · k / √{d}", "exp", "weight", "|v|", "|weight · v|"], rows)

    @view(live=True)
    def attention_vectors(self, net: GPT, text: str = "", layer: Index = 1, head: Index = 1, token: Index = 0) -> Heatmap:
        """The vectors of the same steps: a row is one vector, a column one of its d numbers. First the query of the token, then the keys it is multiplied
        with, the values, the values times their weights, and z, the sum of these, which the head says."""
        labels, query, made = self.steps(net, text, layer, head, token)
        known = labels[: query + 1]
        rows = torch.cat([made.q[None], made.k, made.v, made.weighted, made.z[None]]).float().cpu().numpy()
        names = [f"q {labels[query]}", *(f"{of} {label}" for of in ("k", "v", "w·v") for label in known), "z"]
        title = f"Token {query + 1}, {labels[query]!r}, layer {layer}, head {head}"
        return Heatmap(rows, "number", "vector", title, [str(i + 1) for i in range(rows.shape[1])], names, "value")

    # -- the layers ----------------------------------------------------------------------------------------------------

    @view(live=True)
    def logit_lens(self, net: GPT, text: str = "", most: Count = 16) -> Table:
        """The logit lens: what the network would say next after each token (row) if it stopped after the embeddings, or after a layer (column), with
        the probability. The last column is what it says."""
        tokens = self.tokens(text, max(most, 1))
        p = unembed(net, trace(net, tokens).streams).float().softmax(-1)  # (layers + 1, T, V)
        best, which = p.max(-1)
        cells = [
            [f"{self.text.codec.label(w)}  {b:.2f}" for w, b in zip(*rows, strict=True)]
            for rows in zip(which.tolist(), best.tolist(), strict=True)
        ]
        titles = ["", "read", "embeddings", *(f"layer {i + 1}" for i in range(len(blocks_of(net))))]
        return Table(titles, [[i + 1, label, *(row[i] for row in cells)] for i, label in enumerate(self.labels(tokens))])

    @view(live=True)
    def same_word(self, net: GPT, text: str = "", other: str = "", word: str = "") -> Curves:
        """The vector of one word in two texts, layer by layer: the cosine of the two (1: the same direction). Beside it, the mean cosine of that word with the
        other words of the texts. A word's vector is that of its last token."""
        texts = [text, other]
        if not text or not other:
            texts, word = self.example_texts()
        word = word or next((name for name in texts[0].split() if name in texts[1].split()), "")
        ends = [part.find(word) + len(word) for part in texts]
        if not word or any(word not in part for part in texts):
            raise UsageError(f"Both texts need a word in common, but {word!r} is not in both. Name it with --word.")
        mine, rest = [], []
        for part, end in zip(texts, ends, strict=True):
            encoded = checked_prompt(self.text.codec, part)
            if len(encoded) > self.context:
                raise UsageError(f"A text has {len(encoded)} tokens; the network reads at most {self.context}.")
            streams = trace(net, torch.from_numpy(encoded).to(self.device)).streams.float()  # (layers + 1, T, width)
            words = (match.end() for match in re.finditer(r"\w+", part))
            places = [len(self.text.codec.encode(part[:stop])) - 1 for stop in (end, *words)]
            mine.append(streams[:, places[0]])
            rest += [streams[:, place] for place in places[1:] if place != places[0]]
        same = torch.cosine_similarity(mine[0], mine[1], dim=-1)
        lines = {f"{word!r} in both": same}
        if rest:
            lines[f"{word!r} and other words"] = torch.stack([torch.cosine_similarity(a, b, dim=-1) for a in mine for b in rest]).mean(0)
        x = np.arange(len(same), dtype=np.float64)
        return Curves(
            {name: (x, y.cpu().double().numpy()) for name, y in lines.items()},
            "layer (0: embeddings)",
            "cosine",
            f"{texts[0]!r} and {texts[1]!r}",
        )

    def example_texts(self) -> tuple[list[str], str]:
        """Two pieces of the text for validation that end in the same word, and the word: a long one that comes twice."""
        read, room = self.text.sample(4000), max(1, self.context - 16)
        ends: dict[str, list[int]] = {}
        for match in re.finditer(r"[^\W\d_]{3,12}", read):
            ends.setdefault(match[0], []).append(match.end())
        twice = {word: places for word, places in ends.items() if len(places) > 1}
        if not twice:
            return [read[: self.context]] * 2, read[:1]
        word = max(twice, key=lambda name: (min(len(name), 6), len(twice[name])))
        return [read[max(0, end - len(word) - room) : end].lstrip() for end in (twice[word][0], twice[word][-1])], word

    # -- heads off and activations from elsewhere ------------------------------------------------------------------------

    def heads(self, net: GPT, off: str) -> list[Head]:
        """ "1.2, 3.1" as (layer, head) from 0. Raises UsageError for what names no head."""
        layers, heads = len(blocks_of(net)), heads_of(net)
        named = []
        for part in filter(None, map(str.strip, off.split(","))):
            match = HEAD.fullmatch(part)
            if match is None or not (1 <= int(match[1]) <= layers and 1 <= int(match[2]) <= heads):
                raise UsageError(f"--off takes heads as layer.head, such as 1.2: layers 1 to {layers}, heads 1 to {heads}. Got {part!r}.")
            named.append((int(match[1]) - 1, int(match[2]) - 1))
        return named

    @view(live=True)
    def heads_off(self, net: GPT, text: str = "", off: str = "", count: Count = 10) -> Bars:
        """The probabilities of the next token after a text with some heads switched off, named as layer.head (1.2, 3.1). The tokens are those that are likely with all
        heads at work; the likeliest now is in colour."""
        tokens = self.tokens(text, self.context)
        whole, cut = (trace(net, tokens, heads).logits[-1].float().softmax(-1).cpu() for heads in ((), self.heads(net, off)))
        best = whole.topk(min(count, len(whole))).indices.tolist()
        if int(cut.argmax()) not in best:
            best[-1] = int(cut.argmax())
        title = "with every head" if not off else f"without {off}"
        return Bars(
            [self.text.codec.label(t) for t in best],
            cut[best].numpy(),
            best.index(int(cut.argmax())),
            f"probability of the next token {title}",
        )

    @view(live=True)
    def head_effects(self, net: GPT, text: str = "") -> Heatmap:
        """How much the loss on a text rises, in nats per token, when one head alone is switched off: a row is a layer, a column a head. The brighter, the more
        the network depends on it."""
        values = head_effects(net, self.tokens(text, self.context)).cpu().numpy()
        ticks = [[str(i + 1) for i in range(size)] for size in values.shape]
        return Heatmap(values, "head", "layer", "", ticks[1], ticks[0], "rise of the loss, nats per token")

    @view(live=True)
    def patching(self, net: GPT, text: str = "", other: str = "", answer: Choice = -1) -> Heatmap:
        """Activation patching: of two texts of one length, the network reads the second while the vector after one layer (row) at one token (column) is put in from the
        first. Colour: how much of the first text's log p of the next token comes back, 0 none, 1 all. The next token is the likeliest after the first text."""
        clean = self.tokens(text, MOST_STEPS)
        if other:
            broken = torch.from_numpy(checked_prompt(self.text.codec, other)[-min(MOST_STEPS, self.context) :]).to(self.device)
        else:
            broken = self.one_changed(net, clean)
        if len(broken) != len(clean):
            raise UsageError(f"Both texts must have as many tokens: they have {len(clean)} and {len(broken)}.")
        wanted = int(trace(net, clean).logits[-1].argmax()) if answer < 0 else min(answer, len(self.text.codec.vocabulary) - 1)
        grid, whole, lost = patching(net, clean, broken, wanted)
        gap = whole - lost
        values = ((grid - lost) / (gap if abs(gap) > 1e-6 else 1.0)).clamp(-1, 2).cpu().numpy()
        label = self.text.codec.label
        title = f"log p of {label(wanted)!r}: {whole:.2f} after the first text, {lost:.2f} after the second"
        columns = [label(a) if a == b else f"{label(b)}←{label(a)}" for a, b in zip(clean.tolist(), broken.tolist(), strict=True)]
        return Heatmap(values, "token", "layer", title, columns, ["embeddings", *map(str, range(1, len(grid)))], "share that comes back")

    def one_changed(self, net: GPT, clean: Tensor) -> Tensor:
        """`clean` (T,) with one token a little before the last changed to another: the change on which its likeliest next token depends most."""
        places = range(max(0, len(clean) - 6), max(1, len(clean) - 1))
        tokens = range(0, len(self.text.codec.vocabulary), 4)
        tries = torch.stack([clean.index_fill(0, clean.new_tensor(place).long(), token) for place in places for token in tokens])  # (N, T)
        wanted = int(trace(net, clean).logits[-1].argmax())
        return tries[net(tries.long())[0][:, -1].float().log_softmax(-1)[:, wanted].argmin()]


def short(value: float) -> float:
    """With three digits, as for a person to follow."""
    return float(f"{value:.3g}")
