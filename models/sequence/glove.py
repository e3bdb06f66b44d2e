"""GloVe (Pennington et al. 2014): vectors whose products are the logarithms of how often two words stand near each other."""

import torch
from torch import Tensor, nn

from models.dropout import Dropout
from models.sequence.word_vectors import WordVectors

MOST, POWER = 100.0, 0.75
"""x_max and alpha of the weighting function (section 3)."""


class GloVe(WordVectors):
    """Two vectors and two numbers per word: w and w~, b and b~."""

    def __init__(self, words: int, width: int, dropout: float = 0.0):
        super().__init__()
        self.inputs = nn.Embedding(words, width)
        self.outputs = nn.Embedding(words, width)
        self.input_bias = nn.Embedding(words, 1)
        self.output_bias = nn.Embedding(words, 1)
        self.dropout = Dropout(dropout)
        for part in (self.inputs, self.outputs, self.input_bias, self.output_bias):
            nn.init.uniform_(part.weight, -0.5 / width, 0.5 / width)

    def forward(self, i: Tensor, j: Tensor, x: Tensor) -> Tensor:
        """The mean of f(X_ij) (w_i . w~_j + b_i + b~_j - log X_ij)^2 over pairs (B,), a 0-d tensor (equation 8)."""
        product = (self.dropout(self.inputs(i)) * self.outputs(j)).sum(1)
        error = product + self.input_bias(i)[:, 0] + self.output_bias(j)[:, 0] - x.log()
        return (weighting(x) * error.square()).mean()

    def table(self) -> Tensor:
        return self.inputs.weight + self.outputs.weight  # Section 4.2: the sum is a little better than either.


def weighting(x: Tensor) -> Tensor:
    """f(x) = (x / x_max)^alpha, at most 1: rare pairs are noise, frequent ones are not to rule (equation 9)."""
    return (x / MOST).clamp(max=1.0) ** POWER


def cooccurrences(words: Tensor, window: int, size: int) -> tuple[Tensor, Tensor]:
    """(keys (M,) int64 = i * size + j, X (M,) float64): words i and j at a distance of d add 1 / d to X_ij and X_ji (section 4.2)."""
    keys, weights = [], []
    for distance in range(1, min(window, len(words) - 1) + 1):
        a, b = words[:-distance], words[distance:]
        for i, j in ((a, b), (b, a)):
            keys.append(i * size + j)
            weights.append(torch.full((len(i),), 1 / distance, dtype=torch.float64, device=words.device))
    unique, place = torch.unique(torch.cat(keys), return_inverse=True)
    return unique, torch.zeros(len(unique), dtype=torch.float64, device=words.device).index_add_(0, place, torch.cat(weights))
