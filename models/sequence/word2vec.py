"""word2vec (Mikolov et al. 2013): words as vectors, learned by distinguishing true neighbours from random words.

Skip-gram predicts the words around from the one in the middle, CBOW the one in the middle from the mean of those around.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.dropout import Dropout


class Word2Vec(nn.Module):
    """Two vectors per word: `inputs`, which are kept, and `outputs`, which they are compared with in training."""

    def __init__(self, words: int, width: int, dropout: float = 0.0):
        super().__init__()
        self.inputs = nn.Embedding(words, width)
        self.outputs = nn.Embedding(words, width)
        self.dropout = Dropout(dropout)
        nn.init.uniform_(self.inputs.weight, -0.5 / width, 0.5 / width)
        nn.init.zeros_(self.outputs.weight)

    def forward(self, given: Tensor, present: Tensor, true: Tensor, noise: Tensor) -> Tensor:
        """Negative sampling's loss: -log s(v . u) - sum_k log s(-v . u_k), the mean over the batch, a 0-d tensor.

        given (B, W) int64 with present (B, W) bool: the words that v is the mean of (W = 1 for skip-gram).
        true (B,): the word to be predicted. noise (B, K): random ones.
        """
        weight = present.to(self.inputs.weight.dtype)
        v = self.dropout((self.inputs(given) * weight[..., None]).sum(1) / weight.sum(1, keepdim=True).clamp(min=1))  # (B, width)
        u = self.outputs(torch.cat([true[:, None], noise], 1))  # (B, 1 + K, width)
        scores = torch.einsum("bd,bkd->bk", v, u)
        return -(F.logsigmoid(scores[:, 0]) + F.logsigmoid(-scores[:, 1:]).sum(1)).mean()

    def vectors(self) -> Tensor:
        """The words' vectors (V, width), each of length 1."""
        return F.normalize(self.inputs.weight.float(), dim=1)

    def nearest(self, query: Tensor, count: int, without: list[int]) -> tuple[Tensor, Tensor]:
        """Cosines and indices of the `count` words nearest to a vector (width,), leaving out the words `without`."""
        cosine = self.vectors() @ F.normalize(query.float(), dim=0)
        cosine[without] = -2.0
        return cosine.topk(min(count, len(cosine) - len(without)))
