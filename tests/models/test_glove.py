"""GloVe and hierarchical softmax: the loss by hand, counts by hand, paths that add up to one."""

import math

import pytest
import torch

from models.sequence.glove import GloVe, cooccurrences, weighting
from models.sequence.hierarchical_softmax import HierarchicalSoftmax, huffman
from models.sequence.word2vec import Word2Vec


def test_words_near_each_other_are_counted_by_one_over_their_distance() -> None:
    """a b a c with a window of 2: a-b twice at 1; a-a at 2 from both sides; a-c at 1; b-c at 2."""
    keys, x = cooccurrences(torch.tensor([0, 1, 0, 2]), 2, 3)
    counts = {(k // 3, k % 3): value for k, value in zip(keys.tolist(), x.tolist(), strict=True)}
    assert counts == {(0, 0): 1.0, (0, 1): 2.0, (1, 0): 2.0, (0, 2): 1.0, (2, 0): 1.0, (1, 2): 0.5, (2, 1): 0.5}


def test_gloves_loss_by_hand() -> None:
    """X = 16, so f = (16 / 100) ** 0.75; 2 * 3 + 0.5 + 0.25 - log 16."""
    net = GloVe(2, 1)
    with torch.no_grad():
        for part, value in ((net.inputs, 2.0), (net.outputs, 3.0), (net.input_bias, 0.5), (net.output_bias, 0.25)):
            part.weight.fill_(value)
    loss = net(torch.tensor([0]), torch.tensor([1]), torch.tensor([16.0]))
    assert loss.item() == pytest.approx(0.16**0.75 * (6.75 - math.log(16)) ** 2, rel=1e-5)
    assert weighting(torch.tensor([100.0, 1e6])).tolist() == [1.0, 1.0]
    assert net.table().tolist() == [[5.0], [5.0]]


def test_huffmans_tree_by_hand() -> None:
    """Weights 5, 2, 1, 1: paths of 1, 2, 3 and 3 turns, no path the beginning of another."""
    paths = huffman([5, 2, 1, 1])
    assert [len(path) for path in paths] == [1, 2, 3, 3]
    assert all(path[0][0] == 0 for path in paths)
    turns = ["".join(str(turn) for _, turn in path) for path in paths]
    assert not any(other.startswith(own) for own in turns for other in turns if own != other)


@pytest.mark.parametrize("words", [2, 3, 7, 20])
def test_the_probabilities_of_hierarchical_softmax_add_up_to_one(words: int) -> None:
    torch.manual_seed(0)
    tree = HierarchicalSoftmax(words, 4)
    torch.nn.init.normal_(tree.inner.weight)
    v = torch.randn(1, 4).expand(words, -1)
    assert float(tree(v, torch.arange(words)).exp().sum()) == pytest.approx(1.0, abs=1e-5)


def test_word2vec_by_a_tree_learns_what_comes_with_what() -> None:
    torch.manual_seed(0)
    net = Word2Vec(8, 6, hierarchical=True)
    given, true = torch.arange(8)[:, None], (torch.arange(8) + 1) % 8
    optimizer = torch.optim.Adam(net.parameters(), 0.1)
    for _ in range(150):
        loss = net(given, torch.ones_like(given, dtype=torch.bool), true, torch.zeros(8, 0, dtype=torch.long))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert float(loss) < 0.1 < math.log(8)
