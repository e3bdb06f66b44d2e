"""Hierarchical softmax (Morin & Bengio 2005; Mikolov et al. 2013): a word is a path of left and right turns in a Huffman tree.

log2 V turns in place of V scores, and the probabilities of all words still add up to 1.
"""

import heapq

import torch
from torch import Tensor, nn
from torch.nn import functional as F


def huffman(weights: list[float]) -> list[list[tuple[int, int]]]:
    """For each leaf its path from the root: (inner node, turn 0 or 1). Frequent leaves have short paths. The root is node 0."""
    count = len(weights)
    heap = [(weight, i) for i, weight in enumerate(weights)]
    heapq.heapify(heap)
    parent: dict[int, tuple[int, int]] = {}
    for node in range(count, 2 * count - 1):
        (first, a), (second, b) = heapq.heappop(heap), heapq.heappop(heap)
        parent[a], parent[b] = (node, 0), (node, 1)
        heapq.heappush(heap, (first + second, node))
    paths = []
    for leaf in range(count):
        path, node = [], leaf
        while node in parent:
            node, turn = parent[node]
            path.append((2 * count - 2 - node, turn))
        paths.append(path[::-1])
    return paths


class HierarchicalSoftmax(nn.Module):
    """A vector for each inner node of the tree. Words are numbered from the commonest down; their frequencies are taken to fall as 1 / rank
    (Zipf), so that the tree depends on the number of words alone.
    """

    nodes: Tensor
    turns: Tensor
    used: Tensor

    def __init__(self, words: int, width: int):
        super().__init__()
        paths = huffman([1 / (rank + 1) for rank in range(words)])
        longest = max(map(len, paths))
        padded = [path + [(0, 0)] * (longest - len(path)) for path in paths]
        self.register_buffer("nodes", torch.tensor([[node for node, _ in path] for path in padded]), persistent=False)  # (V, L)
        self.register_buffer("turns", torch.tensor([[turn for _, turn in path] for path in padded]), persistent=False)
        self.register_buffer("used", torch.tensor([[i < len(path) for i in range(longest)] for path in paths]), persistent=False)
        self.inner = nn.Embedding(max(1, words - 1), width)
        nn.init.zeros_(self.inner.weight)

    def forward(self, v: Tensor, words: Tensor) -> Tensor:
        """log p(word | v) (B,) for vectors (B, width) and words (B,): the sum of log sigma(+-v . node) along the path."""
        scores = torch.einsum("bd,bld->bl", v, self.inner(self.nodes[words]))
        signed = torch.where(self.turns[words] == 0, scores, -scores)
        return (F.logsigmoid(signed) * self.used[words]).sum(1)
