"""Pictures into words (Xu et al. 2015): frames of games, whose captions are rows of known facts, or a person's own pictures.

Read first: `CaptionData`, then `CaptionsRecipe.loss`; what the network writes comes from `written`.
"""

import math
from collections import Counter
from typing import Any, ClassVar

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional as F

from lab.answers import Images, Table
from lab.data import game_captions
from lab.data.captions import SIZE, Captions, joined, load_captions, own_record, tokens_of
from lab.data.catalogue import find, missing
from lab.data.game_things import HEIGHT, WIDTH, sized
from lab.data.image_reader import squared
from lab.data.record import Record
from lab.data.splits import Splits
from lab.data.words import EOS, PAD, SOS, UNK, Vocabulary
from lab.errors import UsageError
from lab.experiment import Metrics, view
from lab.parameters import Count
from lab.quality.sentences import bleu, exact
from lab.recipes.sequence.captions_config import CaptionsConfig
from lab.recipes.sequence.sequence_experiment import SequenceExperiment
from lab.recipes.vision.image_pictures import shown
from lab.recipes.vision.scene_data import VALIDATION, Split, one_picture
from models.sequence.beam_search import greedy
from models.sequence.captioner import Captioner

LONGEST = 60
"""The most words that are written."""
AT_ONCE = 50
"""Pictures that are described at once."""


class CaptionData:
    """The splits of a config's pictures, each loaded when it is first wanted, and how words are numbered."""

    def __init__(self, config: CaptionsConfig, device: torch.device, remembered: Record | None):
        self.config, self.device, self.remembered = config, device, remembered
        self.own = find(config.data).origin == "own"
        if not self.own:
            names = (remembered or {}).get("vocabulary")
            self.vocabulary = game_captions.vocabulary(config.games) if names is None else Vocabulary.from_names(names)
            self.record: Record = {"data": config.data, "vocabulary": list(self.vocabulary.names), "assumed": []}
        else:
            gone = remembered is not None and missing(config.data) is not None
            self.record = remembered if gone and remembered else own_record(config.data, config.min_count, remembered, config.ground)
            self.vocabulary = Vocabulary.from_names(self.record["vocabulary"])
        side = config.size or SIZE
        self.size = (side, side) if self.own else (HEIGHT // 2, WIDTH // 2)
        self.whole, self.parts, self.numbered = Splits(self.load), Splits(self.part), Splits(self.numbers)

    def load(self, name: Any) -> Captions:
        c = self.config
        return load_captions(
            c.data, name, games=c.games, frames=c.frames, player=c.player, ground=c.ground, size=c.size or None, remembered=self.record
        )

    def part(self, name: Any) -> Captions:
        """On the device; a tenth of the training part is for validation."""
        if name == "test":
            return Captions(self.whole("test").images.to(self.device), self.whole("test").texts)
        everything = self.whole("train")
        held = name == "validation"
        rows = [i for i in range(len(everything)) if (i % VALIDATION == VALIDATION - 1) == held] or [0]
        return Captions(everything.images[rows].to(self.device), [everything.texts[i] for i in rows])

    def numbers(self, name: Any) -> tuple[Tensor, Tensor]:
        """The captions of a split as (N, T) int64 on the device, <SOS> first, <EOS> last, then <PAD>; and their lengths (N,) on the CPU."""
        rows = [[SOS, *self.vocabulary.encode(tokens_of(text))[:LONGEST], EOS] for text in self(name).texts]
        lengths = torch.tensor([len(row) for row in rows])
        table = torch.full((len(rows), int(lengths.max())), PAD)
        for i, row in enumerate(rows):
            table[i, : len(row)] = torch.tensor(row)
        return table.to(self.device), lengths

    def __call__(self, name: Split) -> Captions:
        return self.parts(name)

    def fitted(self, image: Image.Image) -> Tensor:
        """A picture as the network's are: a game's frame at half the console's size, others as squares."""
        if self.own:
            return torch.from_numpy(squared(image, self.size[0]).copy()).permute(2, 0, 1)[None].to(self.device)
        at_width = image if image.width == WIDTH else image.resize((WIDTH, HEIGHT), Image.Resampling.BOX)
        return game_captions.small(sized(np.asarray(at_width)[None])).to(self.device)

    def picture(self, image: Any) -> tuple[Tensor, int | None, str]:
        return one_picture(image, lambda name: self(name).images, self.fitted, self.device, self.config.ground, self.remembered)


class CaptionsRecipe(SequenceExperiment):
    """One step is one batch of pictures with their captions."""

    headline: ClassVar[tuple[str, ...]] = ("losses/train", "losses/validation")

    config: CaptionsConfig

    def __init__(self, config: CaptionsConfig, device: torch.device):
        super().__init__(config, device)
        c = config
        self.data = CaptionData(c, device, self.remembered)
        self.install(lambda: Captioner(len(self.data.vocabulary), self.data.size, c.features, c.width, c.hidden, c.dropout))

    def read_data(self) -> None:
        if self.data.own:
            self.data("train")
            self.data("test")

    def data_record(self) -> Record:
        return self.data.record

    def loss(self, *_: Tensor) -> tuple[Tensor, Metrics]:
        rows = torch.randint(len(self.data("train")), (self.config.batch_size,), generator=self.generator)
        return self.cross_entropy(self.compute, "train", rows), {}

    def cross_entropy(self, net: Captioner, split: Split, rows: Tensor) -> Tensor:
        """The mean over the words of the captions of `rows` (B,) on the CPU."""
        table, lengths = self.data.numbered(split)
        longest = int(lengths[rows].max())
        places = rows.to(self.device, non_blocking=True)
        words = table[places, :longest]
        logits = net(self.pixels(self.data(split).images[places]), words[:, :-1])
        return F.cross_entropy(logits.float().flatten(0, 1), words[:, 1:].flatten(), ignore_index=PAD)

    def pixels(self, images: Tensor) -> Tensor:
        """uint8 (B, 3, H, W) -> [-1, 1] in the arithmetic of the run."""
        return (images.to(self.device).to(self.dtype) / 127.5 - 1).contiguous(memory_format=torch.channels_last)

    def validation_loss(self, most: int | None = None) -> Tensor:
        """On a tenth of the training part that is held out; for figures on the test part, of other episodes."""
        split: Split = "test" if most is None else "validation"
        net, count = self.evaluating(), len(self.data(split))
        size = self.config.batch_size
        chosen = torch.arange(count) if most is None or count <= most * size else torch.linspace(0, count - 1, most * size).long()
        losses = [self.cross_entropy(net, split, rows) * len(rows) for rows in chosen.split(AT_ONCE)]
        return torch.stack(losses).sum() / len(chosen)

    # -- what it writes --------------------------------------------------------------------------------------------

    def written(self, net: Captioner, images: Tensor) -> list[tuple[list[str], Tensor]]:
        """The tokens that a network in fp32 writes under each picture (B, 3, H, W) uint8, and where it looked for each (T, h, w)."""
        made = []
        for part in images.split(AT_ONCE):
            pixels = (part.to(self.device).float() / 127.5 - 1).contiguous(memory_format=torch.channels_last)
            tokens, looks = greedy(net.start(pixels), len(part), LONGEST, self.device)
            for row, look in zip(tokens.tolist(), looks.float().cpu(), strict=True):
                names = self.data.vocabulary.decode(row)
                made.append((names, look[: len(names)].unflatten(1, net.grid)))
        return made

    def compared(self, net: Captioner, split: Split, most: int | None = None) -> list[tuple[list[str], list[str]]]:
        """(made, true) tokens of a split, at most so many, spread over it."""
        captions = self.data(split)
        count = len(captions)
        rows = list(range(count)) if most is None or most >= count else torch.linspace(0, count - 1, most).long().tolist()
        truth = [[self.data.vocabulary.names[n] for n in self.data.vocabulary.encode(tokens_of(captions.texts[i]))] for i in rows]
        return [(made, true) for (made, _), true in zip(self.written(net, captions.images[rows]), truth, strict=True)]

    @torch.no_grad()
    def evaluate(self, **options: Any) -> dict[str, Any]:
        """On the test part; `facts` is the share of the captions' facts that are right, `bleu` is BLEU-4."""
        figures = super().evaluate()
        net: Any = self.net.eval()
        made, truth = zip(*self.compared(net, "test"), strict=True)
        counts = [] if self.data.own else [game_captions.right(joined(a), joined(b)) for a, b in zip(made, truth, strict=True)]
        facts = {"facts": sum(n for n, _ in counts) / sum(of for _, of in counts)} if counts else {}
        unknown = self.data.vocabulary.names[UNK]
        return {**figures, **facts, "exact": exact(made, truth, unknown) / 100, "bleu": bleu(made, truth), "captions": len(truth)}

    # -- views -----------------------------------------------------------------------------------------------------

    @view(live=True)
    def caption(self, net: Captioner, image: Any = "test:0") -> Images:
        """One picture, what the network writes under it (above), and where it looked for each word: the brighter, the more."""
        pixels, row, name = self.data.picture(image)
        (words, looks), *_ = self.written(net, pixels)
        picture = shown(pixels)[0]
        maps = (
            F.interpolate(looks[:, None], picture.shape[:2], mode="bilinear")[:, 0].numpy() if words else np.zeros((0, *picture.shape[:2]))
        )
        lit = [picture * (0.25 + 0.75 * one / max(float(one.max()), 1e-12))[..., None] for one in maps]
        truth = self.data(name.partition(":")[0]).texts[row] if row is not None else ""  # type: ignore[arg-type]
        title = joined(words) + (f"   (true: {joined(tokens_of(truth))})" if truth else "")
        stack = np.stack([picture, *lit]).clip(0, 255).astype(np.uint8)
        columns = min(8, math.ceil(math.sqrt(1.5 * len(stack))))  # A little wider than high.
        return Images(stack, [name, *words], columns=columns, scale=max(1, 160 // picture.shape[0]), title=title)

    @view(live=True)
    def examples(self, net: Captioner, n: Count = 12, split: Split = "test") -> Table:
        """What the network writes under held-out pictures, and the true captions."""
        rows = [[joined(made), joined(true), "yes" if made == true else "no"] for made, true in self.compared(net, split, n)]
        return Table(["written", "true", "right"], rows)

    @view(live=True)
    def by_fact(self, net: Captioner, n: Count = 200, split: Split = "test") -> Table:
        """How often each fact of the captions is right, of at most `n` held-out pictures."""
        if self.data.own:
            raise UsageError("The facts of your own captions are not known; `examples` shows what is written.")
        hits, counts = Counter[str](), Counter[str]()
        for made, true in self.compared(net, split, n):
            said = game_captions.facts(joined(made))
            for name, value in game_captions.facts(joined(true)).items():
                counts[name] += 1
                hits[name] += said.get(name) == value
        rows: list[list[Any]] = [[name, hits[name] / count, count] for name, count in counts.items()]
        rows.append(["all", sum(hits.values()) / max(1, sum(counts.values())), sum(counts.values())])
        return Table(["fact", "right", "of"], rows)
