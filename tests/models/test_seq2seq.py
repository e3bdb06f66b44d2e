"""The CRF against brute force, beam search against trying everything, and the encoder-decoders."""

import itertools
import math

import pytest
import torch
from torch import Tensor

from models.sequence.attention import DotAttention
from models.sequence.beam_search import beam_search, greedy, length_penalty
from models.sequence.crf import CRF
from models.sequence.seq2seq import EOS, SOS, Seq2Seq, TransformerTranslator
from models.sequence.tagger import Forecaster, Tagger, TextClassifier, forecast
from models.sequence.word2vec import Word2Vec


def crf_and_emissions() -> tuple[CRF, Tensor]:
    torch.manual_seed(0)
    crf = CRF(3)
    for parameter in crf.parameters():
        torch.nn.init.normal_(parameter)
    return crf, torch.randn(2, 5, 3)


@torch.no_grad()
def all_paths(crf: CRF, emissions: Tensor) -> dict[tuple[int, ...], float]:
    """The score of every sequence, summed up by hand."""
    scores = {}
    for path in itertools.product(range(3), repeat=len(emissions)):
        total = crf.start[path[0]] + crf.end[path[-1]] + sum(emissions[t, y] for t, y in enumerate(path))
        scores[path] = float(total + sum(crf.transition[a, b] for a, b in itertools.pairwise(path)))
    return scores


def test_the_crfs_partition_function_equals_brute_force() -> None:
    crf, emissions = crf_and_emissions()
    for row, log_z in zip(emissions, crf.log_partition(emissions), strict=True):
        expected = torch.tensor(list(all_paths(crf, row).values())).logsumexp(0)
        torch.testing.assert_close(log_z, expected)


def test_viterbi_finds_the_best_of_all_paths() -> None:
    crf, emissions = crf_and_emissions()
    for row, tags in zip(emissions, crf.viterbi(emissions).tolist(), strict=True):
        scores = all_paths(crf, row)
        assert tuple(tags) == max(scores, key=scores.__getitem__)


def test_the_crfs_probabilities_sum_to_one() -> None:
    crf, emissions = crf_and_emissions()
    paths = torch.tensor(list(itertools.product(range(3), repeat=5)))
    p = torch.exp(-crf(emissions[:1].expand(len(paths), -1, -1), paths))
    assert float(p.detach().sum()) == pytest.approx(1.0, abs=1e-4)


def translator(model: str, attention: str = "bahdanau") -> Seq2Seq | TransformerTranslator:
    torch.manual_seed(1)
    if model == "transformer":
        net: Seq2Seq | TransformerTranslator = TransformerTranslator(9, 7, 2, 8, 2, 32)
    else:
        net = Seq2Seq(9, 7, model, attention, 6, 8)  # type: ignore[arg-type]
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.mul_(3.0)
    return net.eval()


MODELS = [("rnn", "none"), ("lstm", "luong"), ("relu", "dot"), ("gru", "bahdanau"), ("gru", "none"), ("transformer", "")]


@pytest.mark.parametrize(("model", "attention"), MODELS)
def test_greedy_equals_a_beam_of_width_one(model: str, attention: str) -> None:
    net = translator(model, attention)
    for seed in range(5):
        source = torch.randint(4, 9, (1, 6), generator=torch.Generator().manual_seed(seed))
        tokens, alignment = greedy(net.start(source), 1, 12)
        (best,), _ = beam_search(net.start(source), 1, 12)
        row = tokens[0].tolist()
        assert best.tokens == (row[: row.index(EOS)] if EOS in row else row)
        torch.testing.assert_close(best.alignment, alignment[0, : len(best.alignment)])


@pytest.mark.parametrize(("model", "attention"), MODELS)
def test_stepping_gives_the_logits_of_the_whole(model: str, attention: str) -> None:
    net = translator(model, attention)
    source, target = torch.randint(4, 9, (3, 5)), torch.randint(3, 7, (3, 6))
    source[1, 3:] = 0
    whole = net(source, target)
    decoding = net.start(source)
    steps = torch.stack([decoding.advance(target[:, t])[0] for t in range(6)], 1)
    torch.testing.assert_close(steps, whole, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize(("model", "attention"), [("lstm", "luong"), ("gru", "bahdanau"), ("transformer", "")])
def test_alignments_are_shares_of_the_source_and_nothing_of_the_padding(model: str, attention: str) -> None:
    net = translator(model, attention)
    source = torch.tensor([[4, 5, 6, 0, 0], [4, 5, 6, 7, 8]])
    _, weights = net.start(source).advance(torch.tensor([SOS, SOS]))
    torch.testing.assert_close(weights.sum(1), torch.ones(2))
    assert not weights[0, 3:].any()


def test_a_beam_as_wide_as_everything_finds_the_best_of_all_outputs() -> None:
    """Every output of at most 3 tokens, scored by hand, against a beam that can drop none of them."""
    net = translator("gru", "bahdanau")
    source = torch.tensor([[4, 5, 6]])
    scores: dict[tuple[int, ...], float] = {}
    for length in range(1, 4):
        for path in itertools.product(range(7), repeat=length):
            if EOS in path[:-1] or (length < 3 and path[-1] != EOS):
                continue
            logits = net(source, torch.tensor([[SOS, *path[:-1]]]))[0].log_softmax(-1)
            scores[path] = float(logits.detach()[range(length), path].sum()) / length_penalty(length, 0.6)
    best = max(scores, key=scores.__getitem__)
    hypotheses, _ = beam_search(net.start(source), 400, 3, 0.6)
    assert tuple(hypotheses[0].tokens) == tuple(t for t in best if t != EOS)
    assert hypotheses[0].score == pytest.approx(scores[best], abs=1e-4)


def test_the_tree_holds_the_path_of_every_result() -> None:
    net = translator("gru", "luong")
    hypotheses, nodes = beam_search(net.start(torch.tensor([[4, 5, 6]])), 3, 8, siblings=2)
    assert [h.score for h in hypotheses] == sorted((h.score for h in hypotheses), reverse=True)
    for hypothesis in hypotheses:
        path, node = [], hypothesis.node
        while node > 0:
            assert nodes[node].kept
            path.append(nodes[node].token)
            node = nodes[node].parent
        assert [t for t in path[::-1] if t != EOS] == hypothesis.tokens
    assert any(not node.kept for node in nodes)


def test_length_normalisation_prefers_longer_outputs() -> None:
    assert length_penalty(1, 1.0) == 1.0
    assert length_penalty(7, 1.0) == 2.0
    assert length_penalty(20, 0.0) == 1.0


def test_teacher_forcing_feeds_the_true_token_and_its_absence_the_networks_own() -> None:
    net = translator("gru", "bahdanau")
    source, target = torch.tensor([[4, 5, 6]]), torch.tensor([[SOS, 4, 5, 6]])
    all_forced = net(source, target, torch.ones(4, dtype=torch.bool))
    free = net(source, target, torch.zeros(4, dtype=torch.bool))
    own = [SOS]
    for t in range(3):
        own.append(int(net(source, torch.tensor([own]))[0, t].argmax()))
    torch.testing.assert_close(free, net(source, torch.tensor([own])), atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(all_forced, net(source, target))


def test_a_text_classifier_does_not_see_its_padding() -> None:
    torch.manual_seed(2)
    net = TextClassifier(10, 4, width=5, hidden=6).eval()
    short = torch.tensor([[4, 5, 6]])
    torch.testing.assert_close(net(torch.tensor([[4, 5, 6, 0, 0]])), net(short))
    assert torch.isfinite(net(torch.zeros(1, 3, dtype=torch.long))).all()


def test_a_tagger_decodes_by_viterbi_where_it_has_a_crf() -> None:
    torch.manual_seed(3)
    net = Tagger(torch.arange(9, dtype=torch.int32), 3, width=4, hidden=5, crf=True)
    assert net.crf is not None
    with torch.no_grad():
        net.crf.transition.fill_(-100.0).fill_diagonal_(0.0)  # The tag may never change.
    tags = net.decode(torch.randint(9, (4, 7)))
    assert (tags == tags[:, :1]).all()


def test_a_forecast_goes_on_from_its_own_predictions() -> None:
    torch.manual_seed(4)
    net = Forecaster(2, "gru", 5)
    values = torch.randn(1, 6, 2)
    made = forecast(net, values, 3)
    longer = torch.cat([values, made[:, :2]], 1)
    torch.testing.assert_close(net(longer)[0][:, -1], made[:, 2])


def test_word2vecs_loss_is_negative_samplings() -> None:
    torch.manual_seed(5)
    net = Word2Vec(6, 3)
    torch.nn.init.normal_(net.outputs.weight)
    v = (net.inputs.weight[1] + net.inputs.weight[2]) / 2
    u, n1, n2 = net.outputs.weight[3], net.outputs.weight[4], net.outputs.weight[5]
    expected = -torch.log(torch.sigmoid(v @ u)) - torch.log(torch.sigmoid(-(v @ n1))) - torch.log(torch.sigmoid(-(v @ n2)))
    given, present = torch.tensor([[1, 2, 0]]), torch.tensor([[True, True, False]])
    torch.testing.assert_close(net(given, present, torch.tensor([3]), torch.tensor([[4, 5]])), expected)


def test_nearest_words_are_ordered_by_cosine() -> None:
    net = Word2Vec(4, 2)
    with torch.no_grad():
        net.inputs.weight.copy_(torch.tensor([[1.0, 0.0], [10.0, 1.0], [0.0, 1.0], [-1.0, 0.0]]))
    cosine, indices = net.nearest(net.inputs.weight[0], 2, [0])
    assert indices.tolist() == [1, 2]
    assert float(cosine[0].detach()) == pytest.approx(10 / 101**0.5)


def test_dot_product_attention_is_the_softmax_of_the_products_with_both_directions_summed() -> None:
    query = torch.tensor([[[1.0, 2.0]]])
    memory = torch.tensor([[[1.0, 0.0, 0.0, 1.0], [0.0, 0.0, 1.0, 0.0], [9.0, 9.0, 9.0, 9.0]]])  # Forward and backward states of size 2.
    attention = DotAttention(2)
    context, weights = attention(query, attention.keys(memory), memory, torch.tensor([[True, True, False]]))
    # Sums (1, 1) and (1, 0): scores 3 and 1, and the padding has none.
    first = 1 / (1 + math.exp(-2))
    torch.testing.assert_close(weights, torch.tensor([[[first, 1 - first, 0.0]]]))
    torch.testing.assert_close(context, torch.tensor([[[first, 0.0, 1 - first, first]]]))


def test_an_encoder_of_one_direction_hands_on_its_last_state() -> None:
    net = Seq2Seq(9, 7, "gru", "dot", 6, 8, bidirectional=False)
    decoding = net.start(torch.tensor([[4, 5, 6, 0]]))
    torch.testing.assert_close(decoding.state[0], torch.tanh(net.bridge(decoding.memory[:, 2]))[None])
