"""Attention against PyTorch's own, the GPT's parameters, its cache, and what its blocks may and may not see."""

import math

import pytest
import torch
from torch import nn
from torch.nn import functional as F

import models
from models.dropout import Dropout, set_generator
from models.kernels.attention import attention_weights, causal_mask
from models.sequence.attention import BahdanauAttention, LuongAttention, MultiHeadAttention
from models.sequence.gpt import GPT, generate
from models.sequence.sampling import choose, probabilities
from models.sequence.transformer import EncoderDecoder, sinusoidal_positions
from models.sequence.vit import ViT, attention_rollout


@pytest.mark.parametrize("causal", [False, True])
def test_own_attention_equals_the_fused_kernel(causal: bool) -> None:
    torch.manual_seed(0)
    q, k, v = (torch.randn(2, 3, 10, 8) for _ in range(3))
    mine = attention_weights(q, k, causal_mask(10, 10) if causal else None) @ v
    torch.testing.assert_close(mine, F.scaled_dot_product_attention(q, k, v, is_causal=causal), atol=1e-6, rtol=0)


@pytest.mark.parametrize("cross", [False, True])
def test_multi_head_attention_equals_torchs_module_with_the_same_weights(cross: bool) -> None:
    torch.manual_seed(1)
    mine, theirs = MultiHeadAttention(12, 3), nn.MultiheadAttention(12, 3, batch_first=True)
    with torch.no_grad():
        mine.in_proj.weight.copy_(theirs.in_proj_weight)
        mine.in_proj.bias.copy_(theirs.in_proj_bias.normal_())
        mine.out_proj.load_state_dict(theirs.out_proj.state_dict())
    x, memory = torch.randn(2, 5, 12), torch.randn(2, 7, 12)
    asked = memory if cross else x
    expected, weights = theirs(x, asked, asked, average_attn_weights=False)
    keep: list[torch.Tensor] = []
    written, _ = mine(x, memory if cross else None, keep=keep)
    fused, _ = mine(x, memory if cross else None)
    torch.testing.assert_close(written, expected, atol=1e-6, rtol=0)
    torch.testing.assert_close(fused, expected, atol=1e-6, rtol=0)
    torch.testing.assert_close(keep[0], weights, atol=1e-6, rtol=0)


def test_luong_and_bahdanau_scores_are_those_of_their_equations() -> None:
    torch.manual_seed(2)
    h, memory, mask = torch.randn(1, 1, 4), torch.randn(1, 3, 6), torch.tensor([[True, True, False]])
    luong = LuongAttention(4, 6)
    context, weights = luong(h, luong.keys(memory), memory, mask)
    scores = torch.stack([h[0, 0] @ luong.w.weight @ memory[0, s] for s in range(2)])  # h^T W h_s
    torch.testing.assert_close(weights[0, 0], torch.cat([scores.softmax(0), torch.zeros(1)]))
    torch.testing.assert_close(context[0, 0], weights[0, 0] @ memory[0])
    additive = BahdanauAttention(4, 6, 5)
    _, weights = additive(h, additive.keys(memory), memory, mask)
    scores = torch.stack(
        [additive.v.weight[0] @ torch.tanh(additive.w1.weight @ h[0, 0] + additive.w2.weight @ memory[0, s]) for s in range(2)]
    )
    torch.testing.assert_close(weights[0, 0, :2], scores.softmax(0))


def test_sinusoidal_positions_are_the_papers() -> None:
    table = sinusoidal_positions(50, 8)
    for p, i in ((0, 0), (7, 1), (49, 3)):
        angle = p / 10000 ** (2 * i / 8)
        assert float(table[p, 2 * i]) == pytest.approx(math.sin(angle), abs=1e-6)
        assert float(table[p, 2 * i + 1]) == pytest.approx(math.cos(angle), abs=1e-6)


@pytest.mark.parametrize(("layers", "heads", "width", "context", "count"), [(6, 6, 384, 256, 10_745_088), (4, 4, 128, 64, 804_096)])
def test_gpts_parameters_are_as_published(layers: int, heads: int, width: int, context: int, count: int) -> None:
    with torch.device("meta"):
        net = models.build("gpt", vocabulary=65, layers=layers, heads=heads, width=width, context=context)
    assert sum(p.numel() for p in net.parameters()) == count


def small(context: int = 8, **options: object) -> GPT:
    torch.manual_seed(3)
    net = GPT(11, context, 2, 2, 8, **options).eval()  # type: ignore[arg-type]
    with torch.no_grad():
        for parameter in net.parameters():  # Far enough from uniform that wrong positions would show.
            parameter.mul_(8.0)
    return net


@pytest.mark.parametrize("norm", ["pre", "post"])
@pytest.mark.parametrize("positions", ["learned", "sinusoidal"])
def test_gpt_never_looks_ahead(norm: str, positions: str) -> None:
    net = small(norm=norm, positions=positions)
    tokens = torch.randint(11, (1, 8))
    changed = tokens.clone()
    changed[0, 5:] = (changed[0, 5:] + 1) % 11
    before, after = net(tokens)[0], net(changed)[0]
    torch.testing.assert_close(before[:, :5], after[:, :5])
    assert not torch.allclose(before[:, 5:], after[:, 5:])


@pytest.mark.parametrize("temperature", [0.0, 1.0])
def test_generation_with_the_cache_equals_that_without(temperature: float) -> None:
    """Well past the context, whose older half is forgotten where it is full."""
    net = small()
    prompt = torch.randint(11, (3,))
    outputs = [
        generate(net, prompt, 40, temperature=temperature, generator=torch.Generator().manual_seed(5), cache=cache)
        for cache in (True, False)
    ]
    assert torch.equal(*outputs)
    assert len(outputs[0]) == 43


def test_the_cached_step_gives_the_logits_of_the_whole() -> None:
    net = small()
    tokens = torch.randint(11, (2, 8))
    whole, _ = net(tokens)
    _, caches = net(tokens[:, :5])
    rest, _ = net(tokens[:, 5:], caches, start=5)
    torch.testing.assert_close(rest, whole[:, 5:], atol=1e-5, rtol=1e-5)


def test_kept_attention_rows_sum_to_one_and_are_causal() -> None:
    net = small()
    keep: list[torch.Tensor] = []
    written, _ = net(torch.arange(8)[None], keep=keep)
    assert len(keep) == 2
    torch.testing.assert_close(keep[0].sum(-1), torch.ones(1, 2, 8))
    assert not keep[1].triu(1).any()
    torch.testing.assert_close(written, net(torch.arange(8)[None])[0], atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("norm", ["pre", "post"])
def test_padding_of_the_source_changes_nothing(norm: str) -> None:
    torch.manual_seed(4)
    net = EncoderDecoder(9, 7, 2, 8, 2, norm=norm).eval()  # type: ignore[arg-type]
    source, target = torch.tensor([[4, 5, 6]]), torch.tensor([[1, 4, 5]])
    padded = torch.tensor([[4, 5, 6, 0, 0]])
    torch.testing.assert_close(net(padded, target), net(source, target), atol=1e-5, rtol=1e-5)


def test_probabilities_by_hand() -> None:
    logits = torch.log(torch.tensor([0.5, 0.3, 0.15, 0.05]))
    torch.testing.assert_close(probabilities(logits), torch.tensor([0.5, 0.3, 0.15, 0.05]))
    torch.testing.assert_close(probabilities(logits, 0.5), torch.tensor([0.25, 0.09, 0.0225, 0.0025]) / 0.365)
    torch.testing.assert_close(probabilities(logits, top_k=2), torch.tensor([0.625, 0.375, 0, 0]))
    torch.testing.assert_close(probabilities(logits, top_p=0.7), torch.tensor([0.625, 0.375, 0, 0]))
    torch.testing.assert_close(probabilities(logits, top_p=0.01), torch.tensor([1.0, 0, 0, 0]))
    torch.testing.assert_close(probabilities(logits, 0.0), torch.tensor([1.0, 0, 0, 0]))


def test_draws_follow_their_generator() -> None:
    logits = torch.zeros(50)
    draws = [[int(choose(logits, generator=g)) for _ in range(5)] for g in (torch.Generator().manual_seed(1) for _ in range(2))]
    assert draws[0] == draws[1]


def test_dropout_draws_from_its_own_generator_alone() -> None:
    layer = Dropout(0.5)
    set_generator(layer, torch.Generator().manual_seed(7))
    before = torch.random.get_rng_state()
    out = layer(torch.ones(10_000))
    assert torch.equal(torch.random.get_rng_state(), before)
    assert set(out.unique().tolist()) == {0.0, 2.0}
    assert float(out.mean()) == pytest.approx(1.0, abs=0.05)
    set_generator(layer, torch.Generator().manual_seed(7))
    assert torch.equal(layer(torch.ones(10_000)), out)
    assert torch.equal(layer.eval()(out), out)


def test_rollout_multiplies_half_of_each_layers_mean_head_and_half_of_the_identity() -> None:
    first = torch.tensor([[0.0, 1.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])  # The class token looks at patch 1, patches at themselves.
    second = torch.tensor([[0.0, 0.0, 1.0], [0.0, 1.0, 0.0], [0.0, 1.0, 0.0]])  # Then at patch 2.
    heads = [torch.stack([weights, weights])[None] for weights in (first, second)]
    # Row 0 of (I + second) / 2 is (0.5, 0, 0.5): half of the first layer's row 0, (0.5, 0.5, 0), and half of its row 2, (0, 0, 1).
    torch.testing.assert_close(attention_rollout(heads), torch.tensor([[0.25, 0.5]]))


def test_vit_classifies_and_every_patch_counts() -> None:
    torch.manual_seed(5)
    net = models.build("vit", classes=3, channels=1, size=16).eval()
    assert isinstance(net, ViT)
    images = torch.randn(2, 1, 16, 16, requires_grad=True)
    scores = net(images)
    assert scores.shape == (2, 3)
    (gradient,) = torch.autograd.grad(scores[0].sum(), images)
    assert (gradient[0].abs().unfold(1, 4, 4).unfold(2, 4, 4).sum((-2, -1)) > 0).all()
    assert not gradient[1].any()
    with pytest.raises(ValueError, match="size 15 is not a multiple of patch 4"):
        models.build("vit", size=15, patch=4)
