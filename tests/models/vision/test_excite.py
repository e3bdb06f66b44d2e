"""Pictures that excite a network: scores of channels, random moves, and gradient ascent against cases worked by hand."""

import pytest
import torch
from torch import nn

from models.vision.excite import channel_score, excite, moved, tapped, variation


def test_a_channels_score_is_its_mean_or_its_middle_unit() -> None:
    maps = torch.arange(2 * 2 * 3 * 3, dtype=torch.float32).view(2, 2, 3, 3)
    assert channel_score(maps, torch.tensor([0, 1])).tolist() == [4.0, 31.0]
    assert channel_score(maps, torch.tensor([1, 0]), centre=True).tolist() == [13.0, 22.0]
    assert channel_score(torch.tensor([[1.0, 2.0], [3.0, 4.0]]), torch.tensor([1, 0])).tolist() == [2.0, 3.0]


def test_variation_is_the_mean_square_of_neighbours_differences() -> None:
    assert variation(torch.tensor([[[[0.0, 1.0], [0.0, 3.0]]]])).tolist() == [(0 + 4) / 2 + (1 + 9) / 2]


def test_a_layer_is_tapped_with_its_graph() -> None:
    net = nn.Sequential(nn.Linear(2, 2, bias=False), nn.ReLU(), nn.Linear(2, 1))
    with torch.no_grad():
        net[0].weight.copy_(torch.tensor([[1.0, 0.0], [0.0, -1.0]]))
    x = torch.tensor([[2.0, 3.0]], requires_grad=True)
    tapped(net, x, "0")[0, 1].backward()
    assert x.grad is not None
    assert x.grad.tolist() == [[0.0, -1.0]]


def test_moves_are_the_generators_and_keep_an_even_picture() -> None:
    even = torch.full((2, 1, 8, 8), 0.3)
    assert torch.allclose(moved(even, torch.Generator().manual_seed(0)), even)
    picture = torch.rand(1, 1, 8, 8, generator=torch.Generator().manual_seed(1))
    first, again, other = (moved(picture, torch.Generator().manual_seed(seed)) for seed in (0, 0, 2))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_ascent_makes_bright_what_a_linear_score_likes_and_dark_what_it_does_not() -> None:
    weights = torch.tensor([[1.0, -1.0], [-1.0, 1.0]])
    start = torch.full((1, 1, 2, 2), 127.5)
    made = excite(
        nn.Identity(), lambda x: (x * weights).sum((1, 2, 3)) + 1000, start, 200, torch.Generator(), robust=False, smoothness=0.0
    )  # fmt: skip
    assert ((made > 200) == (weights > 0)).all()
    assert ((made < 55) == (weights < 0)).all()
    held = excite(
        nn.Identity(), lambda x: (x * weights).sum((1, 2, 3)) + 1000, start, 200, torch.Generator(), robust=False, smoothness=0.0, hold=100.0
    )  # fmt: skip
    assert (held - start).abs().max() < (made - start).abs().max() / 3


def test_a_score_without_a_gradient_is_refused() -> None:
    with pytest.raises(ValueError, match="no gradient"):
        excite(nn.Identity(), lambda x: x.detach().sum((1, 2, 3)), torch.zeros(1, 1, 2, 2), 1, torch.Generator())
