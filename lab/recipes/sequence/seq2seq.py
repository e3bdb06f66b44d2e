"""Translation by an encoder and a decoder: recurrent with no, Luong's or Bahdanau's attention, or a transformer.

Training feeds the decoder the true tokens (teacher forcing) or, for a share of the steps, its own. Read first: `loss`.
"""

from typing import Any, ClassVar, Literal

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lab.answers import Curves, Heatmap, Images, Table, Text
from lab.data.catalogue import missing
from lab.data.pairs import load_pairs
from lab.data.record import Record
from lab.data.text import visible
from lab.data.words import EOS, PAD
from lab.errors import UsageError
from lab.experiment import Metrics, view
from lab.exported import Exported, sequences, tokens
from lab.parameters import Count, Index, Span
from lab.quality.sentences import MEASURES, by_length, scores
from lab.recipes.sequence.seq2seq_config import Seq2SeqConfig
from lab.recipes.sequence.sequence_experiment import SequenceExperiment
from models.sequence.beam_search import Hypothesis, Node, beam_search, greedy
from models.sequence.seq2seq import Seq2Seq as Seq2SeqNetwork
from models.sequence.seq2seq import TransformerTranslator

FIFTHS = 5
MARGIN = 8
"""How many tokens an output may be longer than the longest target."""


class Seq2Seq(SequenceExperiment):
    """One step is one batch of random pairs."""

    headline: ClassVar[tuple[str, ...]] = ("losses/train", "charts/accuracy", "losses/validation")

    config: Seq2SeqConfig

    def __init__(self, config: Seq2SeqConfig, device: torch.device):
        super().__init__(config, device)
        self.pairs = load_pairs(config.data, config.tokens, config.pairs, config.max_length, config.min_count, device, self.remembered)
        self.longest = ((self.remembered or {}).get("length") or self.pairs.train.target.shape[1]) + MARGIN
        self.install(self.build)

    def exported(self) -> Exported:
        """With true tokens before each that is asked for, as in training; whoever translates feeds in its own."""
        source = self.config.max_length if missing(self.config.data) else self.pairs.train.source.shape[1]
        target = self.longest
        inputs = {
            "source": tokens(len(self.pairs.source_vocabulary), source, padded=True),
            "target": tokens(len(self.pairs.target_vocabulary), target, padded=True),
        }
        about = (
            f"source, int64 (B, {source}), and target, int64 (B, {target}) from <SOS> on, numbers of tokens (the run's config.json lists "
            f"them under data), padded with 0 -> logits, float32 (B, {target}, {len(self.pairs.target_vocabulary)}), of each next token."
        )
        return sequences(self.net, inputs, "logits", about)

    def data_record(self) -> Record:
        return self.pairs.record

    def build(self) -> nn.Module:
        c = self.config
        sizes = len(self.pairs.source_vocabulary), len(self.pairs.target_vocabulary)
        if c.model == "transformer":
            length = max(c.max_length, self.longest) + MARGIN
            return TransformerTranslator(*sizes, c.layers, c.width, c.heads, length, c.dropout, c.norm, c.positions)
        return Seq2SeqNetwork(
            *sizes, c.model, c.attention, c.width, c.hidden, c.layers, c.dropout, c.unfused, c.bidirectional, c.learned_state
        )

    def loss(self, *_: Tensor) -> tuple[Tensor, Metrics]:
        c = self.config
        rows = torch.randint(len(self.pairs.train), (c.batch_size,), generator=self.generator)
        source, target = self.pairs.train.batch(rows)
        forced = torch.rand(target.shape[1] - 1, generator=self.generator) < c.teacher_forcing
        known = {} if c.model == "transformer" else {"lengths": self.pairs.train.lengths[rows, 0]}
        logits = self.compute(source, target[:, :-1], forced, **known).float()  # (B, T, V)
        wanted = target[:, 1:]
        inside = wanted != PAD
        right = ((logits.argmax(-1) == wanted) & inside).sum() / inside.sum()
        return F.cross_entropy(logits.flatten(0, 1), wanted.flatten(), ignore_index=PAD), {"charts/accuracy": right}

    def validation_loss(self, most: int | None = None) -> Tensor:
        """In nats per token, with teacher forcing."""
        net = self.evaluating()
        part = self.pairs.validation
        rows = torch.arange(len(part))
        total = torch.zeros((), device=self.device)
        count = torch.zeros((), device=self.device)
        for some in rows.split(128)[: None if most is None else max(1, most // 5)]:
            source, target = part.batch(some)
            logits = net(source, target[:, :-1]).float()
            total += F.cross_entropy(logits.flatten(0, 1), target[:, 1:].flatten(), ignore_index=PAD, reduction="sum")
            count += (target[:, 1:] != PAD).sum()
        return total / count

    @torch.no_grad()
    def evaluate(self, **options: Any) -> dict[str, Any]:
        """Loss and perplexity, and greedy outputs against the targets: the share that is exactly right, BLEU and chrF; also of the shortest and the
        longest fifth of the sources."""
        first_rules = self.pairs.record["rules"] == 1
        made, wanted, lengths = self.outputs(self.evaluating(), len(self.pairs.validation))
        figures: dict[str, Any] = {}
        groups = by_length(lengths, FIFTHS)
        for name, rows in (("", range(len(wanted))), ("_short", groups[0]), ("_long", groups[-1])):
            part = scores([made[i] for i in rows], [wanted[i] for i in rows], self.pairs.join, self.unknown)
            figures |= {f"exact{name}": part["exact"] / 100, f"bleu{name}": part["bleu"], f"chrf{name}": part["chrf"]}
        what = (
            f"{'words' if self.pairs.by_word else 'characters'} of held-out pairs, {'in lower case' if first_rules else 'with their case'}"
        )
        return {**super().evaluate(), **figures, "pairs": len(wanted), "compared": what}

    @property
    def unknown(self) -> str | None:
        """The token that makes a target never right; by the first rules there was none."""
        return None if self.pairs.record["rules"] == 1 else "<UNK>"

    @torch.no_grad()
    def outputs(self, net: Any, most: int) -> tuple[list[list[str]], list[list[str]], list[int]]:
        """Greedy outputs and targets, as tokens, and the lengths of the sources, of `most` validation pairs."""
        part = self.pairs.validation
        made, wanted = [], []
        vocabulary = self.pairs.target_vocabulary
        rows = torch.arange(min(most, len(part)))
        for some in rows.split(128):
            source, target = part.batch(some)
            tokens, _ = greedy(net.start(source), len(some), self.longest, self.device)
            made += [vocabulary.decode(row) for row in tokens.tolist()]
            wanted += [vocabulary.decode(row) for row in target.tolist()]
        return made, wanted, part.lengths[rows, 0].tolist()

    # -- translating -----------------------------------------------------------------------------------------------

    def translated(
        self, net: Any, sentence: str, width: int, alpha: float, siblings: int = 0
    ) -> tuple[list[Hypothesis], list[Node], list[str]]:
        """The beam's results for a sentence, its tree, and the source's tokens. `width` 0 is that of the settings."""
        width = width or self.config.beam
        if not 1 <= width <= 64:
            raise UsageError(f"--beam must be from 1 to 64, got {width}.")
        sentence = sentence or self.sample()
        numbers = self.pairs.encode_source(sentence)
        if len(numbers) > self.config.max_length:
            raise UsageError(f"The sentence has {len(numbers)} tokens; the network was trained on at most {self.config.max_length}.")
        source = torch.tensor([numbers], device=self.device)
        hypotheses, nodes = beam_search(net.start(source), width, self.longest, alpha, siblings)
        return hypotheses, nodes, self.pairs.split(sentence)

    def sample(self) -> str:
        """A validation sentence, for a view that was given none."""
        numbers = self.pairs.validation.source[0].tolist()
        return self.pairs.join(self.pairs.source_vocabulary.decode(numbers))

    def words_of(self, tokens: list[int]) -> str:
        return self.pairs.join(self.pairs.target_vocabulary.decode(tokens))

    def label(self, token: int) -> str:
        name = self.pairs.target_vocabulary.names[token]
        return visible(name) if len(name) == 1 else name

    # -- views -----------------------------------------------------------------------------------------------------

    @view(live=True)
    def translate(self, net: nn.Module, sentence: str = "", beam: Index = 0) -> Text:
        """The translation of a sentence of your own (or of a validation sentence), and the runners-up of the beam search, each
        after its score: log p by length."""
        hypotheses, _, source = self.translated(net, sentence, beam, self.config.length_alpha)
        lines = [self.pairs.join(source), "", *(f"{h.score:8.3f}  {self.words_of(h.tokens)}" for h in hypotheses)]
        return Text("\n".join(lines))

    @view(live=True)
    def alignment(self, net: nn.Module, sentence: str = "", beam: Count = 1) -> Heatmap:
        """Alignment: which source tokens (columns) the decoder attends to for each output token (rows); the brighter, the more."""
        hypotheses, _, source = self.translated(net, sentence, beam, self.config.length_alpha)
        best = hypotheses[0]
        names = [self.label(t) for t in best.tokens] + ["<EOS>"] * (len(best.alignment) - len(best.tokens))
        title = self.words_of(best.tokens)
        if getattr(net, "attention_kind", "") == "none":
            title = f"{title} (no attention)"
        return Heatmap(
            best.alignment.numpy(), "source", "output", title, [visible(s) if len(s) == 1 else s for s in source], names, "attention"
        )

    @view(live=True)
    def beam_tree(self, net: nn.Module, sentence: str = "", beam: Index = 0, siblings: Count = 2) -> Text:
        """The beam search as a tree: one token per line, with the log p of the path to it. Kept paths continue; * marks the best result."""
        hypotheses, nodes, _ = self.translated(net, sentence, beam, self.config.length_alpha, max(0, min(siblings, 20)))
        return Text(tree_text(nodes, hypotheses, self.label))

    @view(live=True)
    def beam_table(self, net: nn.Module, sentence: str = "", beam: Index = 0, length_alpha: Span = 0.6) -> Table:
        """The results of the beam search: log p, log p divided by the length penalty (which ranks them), and the output."""
        hypotheses, _, _ = self.translated(net, sentence, beam, length_alpha)
        return Table(
            ["log p", "normalised", "tokens", "output"], [[h.log_p, h.score, len(h.tokens), self.words_of(h.tokens)] for h in hypotheses]
        )

    @view(live=True)
    def by_length(
        self, net: nn.Module, of: Literal["all", "exact", "bleu", "chrf"] = "all", runs: str = "", groups: Count = 6, count: Count = 500
    ) -> Curves:
        """How good the greedy outputs are (exactly right, BLEU, chrF, all in per cent) by the length of the source, on `count` validation pairs. Other
        runs of seq2seq on the same data, named in `runs` and separated by commas, are measured beside: one without attention, say."""
        cores: dict[str, tuple[Seq2Seq, Any]] = {"": (self, net)}
        for name in filter(None, map(str.strip, runs.split(","))):
            run, other = self.other_run(name, "seq2seq")
            cores[f" of {run}"] = other, other.evaluating()
        lines = {}
        for name, (experiment, network) in cores.items():
            made, wanted, lengths = experiment.outputs(network, count)
            parts = by_length(lengths, groups)
            x = np.array([np.mean([lengths[i] for i in part]) for part in parts])
            kept = [scores([made[i] for i in part], [wanted[i] for i in part], experiment.pairs.join, experiment.unknown) for part in parts]
            for measure in MEASURES if of == "all" else (of,):
                lines[f"{measure}{name}"] = x, np.array([part[measure] for part in kept])
        return Curves(lines, "length of the source (tokens)", "per cent", "By length of the source")

    @view(live=True)
    def examples(self, net: nn.Module, count: Count = 12) -> Table:
        """Validation pairs and the network's greedy output."""
        rows = torch.arange(min(max(1, count), len(self.pairs.validation)))
        source, target = self.pairs.validation.batch(rows)
        made, _ = greedy(net.start(source), len(rows), self.longest, self.device)  # type: ignore[operator]
        sources = [self.pairs.join(self.pairs.source_vocabulary.decode(row)) for row in source.tolist()]
        triples = [(s, self.words_of(t), self.words_of(m)) for s, t, m in zip(sources, target.tolist(), made.tolist(), strict=True)]
        return Table(["source", "target", "output", "correct"], [[s, t, m, "yes" if t == m else "no"] for s, t, m in triples])

    @view(live=True)
    def heads(self, net: nn.Module, sentence: str = "", of: Literal["cross", "encoder", "decoder"] = "cross") -> Images:
        """A transformer's attention in every layer (row of pictures) and head (column): bright where a token (row) attends to
        another (column). Cross-attention to the source, or self-attention of the encoder or decoder."""
        if not isinstance(net, TransformerTranslator):
            raise UsageError(
                "This network has no attention heads: train with --model transformer. The view `alignment` shows its attention."
            )
        hypotheses, _, source = self.translated(net, sentence, 1, self.config.length_alpha)
        numbers = torch.tensor([self.pairs.encode_source(self.pairs.join(source))], device=self.device)
        target = torch.tensor([[1, *hypotheses[0].tokens]], device=self.device)
        kept: dict[str, list[Tensor]] = {"encoder": [], "decoder": [], "cross": []}
        memory = net.net.encoder(numbers, numbers != PAD, keep=kept["encoder"])
        net.net.decoder(target, memory, numbers != PAD, keep=kept["decoder"], keep_cross=kept["cross"])
        maps = np.stack([weights[0].float().cpu().numpy() for weights in kept[of]])  # (L, heads, T, S)
        captions = [f"layer {i + 1} head {j + 1}" for i in range(len(maps)) for j in range(maps.shape[1])]
        pixels = (255 * np.sqrt(maps)).astype(np.uint8).reshape(-1, *maps.shape[2:])
        read, written = self.pairs.join(source), self.words_of(hypotheses[0].tokens)
        rows, columns = {"cross": (written, read), "encoder": (read, read), "decoder": (written, written)}[of]
        title = f"rows: {rows}   columns: {columns}"
        return Images(pixels, captions, columns=maps.shape[1], scale=max(1, 240 // max(maps.shape[2:])), title=title)


def tree_text(nodes: list[Node], hypotheses: list[Hypothesis], label: Any) -> str:
    """A tree of nodes, one to a line, children in order of their probability."""
    children: dict[int, list[int]] = {}
    for i, node in enumerate(nodes[1:], 1):
        children.setdefault(node.parent, []).append(i)
    best = set()
    at = hypotheses[0].node if hypotheses else 0
    while at > 0:
        best.add(at)
        at = nodes[at].parent
    lines = ["<SOS>"]

    def walk(parent: int, indent: str) -> None:
        below = children.get(parent, [])
        for place, i in enumerate(below):
            last = place == len(below) - 1
            node = nodes[i]
            mark = " *" if i in best else "" if node.kept else "  (dropped)"
            end = "  done" if node.token == EOS and node.kept else ""
            lines.append(f"{indent}{'└' if last else '├'} {label(node.token)}  {node.log_p:.2f}{mark}{end}")
            # A path without branches stays in its column, so that long outputs fit the screen.
            walk(i, indent if len(below) == 1 else indent + ("  " if last else "│ "))

    walk(0, "")
    return "\n".join(lines)
