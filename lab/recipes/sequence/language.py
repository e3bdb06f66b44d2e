"""What the views of language models share: prompts, the candidates for a next token, vectors in two dimensions."""

from collections.abc import Sequence
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from lab.data.text import Codec, visible
from lab.views import Bars, Scatter
from models.sequence.sampling import choose, probabilities


def checked_prompt(codec: Codec, prompt: str, default: str = "\n") -> np.ndarray:
    """The tokens (N,) int64 of a prompt, at least one: those of `default` where it is empty.

    Raises UsageError for a character that the network does not know.
    """
    tokens = codec.encode(prompt) if prompt else codec.encode(default, lenient=True)
    return tokens if len(tokens) else np.zeros(1, np.int64)


def candidates_view(codec: Codec, logits: Tensor, temperature: float, top_k: int, top_p: float, count: int, seed: int) -> Bars:
    """The likeliest next tokens of logits (V,), and which one a draw takes."""
    logits = logits.float()
    p = probabilities(logits, temperature, top_k, top_p).cpu()
    drawn = int(choose(logits, temperature, top_k, top_p, torch.Generator().manual_seed(seed)))
    best = p.topk(min(max(1, count), len(p))).indices.tolist()
    if drawn not in best:
        best[-1] = drawn
    names = [codec.label(token) for token in best]
    return Bars(names, p[best].numpy(), best.index(drawn), "probability of the next token")


def layout(vectors: Tensor, labels: Sequence[str], method: Literal["pca", "tsne"], title: str, groups: Sequence[str] = ()) -> Scatter:
    """Vectors (N, D) as points in the plane, with labels or in groups, by principal components or by t-SNE (van der Maaten & Hinton 2008)."""
    values = vectors.detach().float().cpu().numpy()
    if method == "tsne" and len(values) > 4:
        from sklearn.manifold import TSNE

        points = TSNE(init="pca", perplexity=min(30.0, (len(values) - 1) / 3), random_state=0).fit_transform(values)
    else:
        centred = values - values.mean(0)
        _, _, axes = np.linalg.svd(centred, full_matrices=False)
        points = centred @ axes[:2].T
    names = sorted(set(groups))
    classes = np.array([names.index(group) for group in groups]) if groups else np.zeros(len(points), np.int64)
    shown = [visible(label) if len(label) == 1 else label for label in labels]
    return Scatter(points.astype(np.float32), classes, names, title=f"{title} ({method})", labels=shown)
