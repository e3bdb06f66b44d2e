"""word2vec (Mikolov et al. 2013): words as vectors, learned by distinguishing true neighbours from random words, or by hierarchical softmax.

Skip-gram predicts the words around from the one in the middle, CBOW the one in the middle from the mean of those around.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.dropout import Dropout
from models.sequence.hierarchical_softmax import HierarchicalSoftmax
from models.sequence.word_vectors import WordVectors


class Word2Vec(WordVectors):
    """Two vectors per word: `inputs`, which are kept, and `outputs`, which they are compared with in training.

    With `hierarchical`, a tree over the words takes the place of `outputs` and of the random words.
    """

    def __init__(self, words: int, width: int, dropout: float = 0.0, hierarchical: bool = False):
        super().__init__()
        self.inputs = nn.Embedding(words, width)
        self.outputs = None if hierarchical else nn.Embedding(words, width)
        self.dropout = Dropout(dropout)
        nn.init.uniform_(self.inputs.weight, -0.5 / width, 0.5 / width)
        if self.outputs is not None:
            nn.init.zeros_(self.outputs.weight)
        self.tree = HierarchicalSoftmax(words, width) if hierarchical else None

    def forward(self, given: Tensor, present: Tensor, true: Tensor, noise: Tensor) -> Tensor:
        """Negative sampling's loss: -log s(v . u) - sum_k log s(-v . u_k), the mean over the batch, a 0-d tensor.

        given (B, W) int64 with present (B, W) bool: the words that v is the mean of (W = 1 for skip-gram).
        true (B,): the word to be predicted. noise (B, K): random ones.
        """
        if self.outputs is None:
            return self.hierarchical(given, present, true)
        v = self.mean(given, present)  # (B, width)
        u = self.outputs(torch.cat([true[:, None], noise], 1))  # (B, 1 + K, width)
        scores = torch.einsum("bd,bkd->bk", v, u)
        return -(F.logsigmoid(scores[:, 0]) + F.logsigmoid(-scores[:, 1:]).sum(1)).mean()

    def hierarchical(self, given: Tensor, present: Tensor, true: Tensor) -> Tensor:
        """The loss of hierarchical softmax: -log p(true | v), the mean over the batch, a 0-d tensor."""
        assert self.tree is not None
        return -self.tree(self.mean(given, present), true).mean()

    def mean(self, given: Tensor, present: Tensor) -> Tensor:
        """The mean (B, width) of the given words' vectors."""
        weight = present.to(self.inputs.weight.dtype)
        return self.dropout((self.inputs(given) * weight[..., None]).sum(1) / weight.sum(1, keepdim=True).clamp(min=1))

    def table(self) -> Tensor:
        return self.inputs.weight
