"""A linear-chain conditional random field (Lafferty et al. 2001) on top of a tagger's scores (Lample et al. 2016).

score(x, y) = start[y_1] + sum_t emission[t, y_t] + sum_t transition[y_(t-1), y_t] + end[y_T];  p(y | x) = exp(score) / Z(x).
Read first: `CRF.log_partition`.
"""

import torch
from torch import Tensor, nn


class CRF(nn.Module):
    """Scores of whole tag sequences from emissions (B, T, K) float32."""

    def __init__(self, tags: int):
        super().__init__()
        self.transition = nn.Parameter(torch.zeros(tags, tags))
        """transition[i, j]: the score of tag j after tag i."""
        self.start = nn.Parameter(torch.zeros(tags))
        self.end = nn.Parameter(torch.zeros(tags))

    def forward(self, emissions: Tensor, tags: Tensor) -> Tensor:
        """-log p(tags | x) (B,) for tags (B, T) int64."""
        return self.log_partition(emissions) - self.score(emissions, tags)

    def score(self, emissions: Tensor, tags: Tensor) -> Tensor:
        """The score (B,) of given tags."""
        at = emissions.gather(2, tags[..., None]).squeeze(2).sum(1)
        return at + self.transition[tags[:, :-1], tags[:, 1:]].sum(1) + self.start[tags[:, 0]] + self.end[tags[:, -1]]

    def log_partition(self, emissions: Tensor) -> Tensor:
        """log Z (B,): the sum over all K^T sequences, by the forward algorithm in T * K^2."""
        alpha = self.start + emissions[:, 0]  # (B, K): log of the summed scores of all sequences that end in each tag
        for t in range(1, emissions.shape[1]):
            alpha = torch.logsumexp(alpha[:, :, None] + self.transition, 1) + emissions[:, t]
        return torch.logsumexp(alpha + self.end, 1)

    @torch.no_grad()
    def viterbi(self, emissions: Tensor) -> Tensor:
        """The most likely tags (B, T) int64."""
        best = self.start + emissions[:, 0]  # (B, K)
        back = []
        for t in range(1, emissions.shape[1]):
            best, previous = (best[:, :, None] + self.transition).max(1)
            best = best + emissions[:, t]
            back.append(previous)
        tag = (best + self.end).argmax(1)  # (B,)
        path = [tag]
        for previous in reversed(back):
            tag = previous.gather(1, tag[:, None]).squeeze(1)
            path.append(tag)
        return torch.stack(path[::-1], 1)
