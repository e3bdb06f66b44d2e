"""How near translations are to their references: exact matches, BLEU and chrF, by sacrebleu (Post 2018), in per cent.

Read first: `scores`, then `by_length`.
"""

from collections.abc import Callable, Sequence

import numpy as np

Tokens = Sequence[str]
Join = Callable[[list[str]], str]
MEASURES = ("exact", "bleu", "chrf")


def bleu(made: Sequence[Tokens], wanted: Sequence[Tokens]) -> float:
    """BLEU-4 of a corpus with one reference each (Papineni et al. 2002), over the tokens as they are, unsmoothed."""
    from sacrebleu.metrics import BLEU

    # A token with a space in it, or that is one, would fall apart: sacrebleu splits at spaces.
    hypotheses, references = ([" ".join(token.replace(" ", "␣") for token in row) for row in rows] for rows in (made, wanted))
    return BLEU(tokenize="none", smooth_method="none", force=True).corpus_score(hypotheses, [references]).score


def chrf(made: Sequence[str], wanted: Sequence[str]) -> float:
    """chrF2 of a corpus (Popovic 2015): the F score, with recall twice as important, of groups of one to six characters."""
    from sacrebleu.metrics import CHRF

    return CHRF().corpus_score(list(made), [list(wanted)]).score


def exact(made: Sequence[Tokens], wanted: Sequence[Tokens], unknown: str | None = "<UNK>") -> float:
    """The share that is exactly right. A reference with the token `unknown`, a word that the vocabulary lacks, never is."""
    right = sum(list(a) == list(b) and unknown not in b for a, b in zip(made, wanted, strict=True))
    return 100 * right / max(1, len(wanted))


def scores(made: Sequence[list[str]], wanted: Sequence[list[str]], join: Join, unknown: str | None = "<UNK>") -> dict[str, float]:
    """Each of MEASURES. `join` puts tokens together to a text."""
    texts = ([join(list(row)) for row in rows] for rows in (made, wanted))
    return {"exact": exact(made, wanted, unknown), "bleu": bleu(made, wanted), "chrf": chrf(*texts)}


def by_length(lengths: Sequence[int], parts: int) -> list[np.ndarray]:
    """The places of sources (N,) in at most `parts` groups from short to long, about equally large; sources of one length stay together."""
    order = np.argsort(lengths, kind="stable")
    ordered = np.asarray(lengths)[order]
    wanted = [len(order) * i // parts for i in range(1, parts)]
    cuts = sorted({int(np.searchsorted(ordered, ordered[cut])) for cut in wanted} - {0}) if len(order) else []
    return [group for group in np.split(order, cuts) if len(group)]
