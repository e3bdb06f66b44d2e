"""PixelCNN: nothing of what comes later is seen, drawing place by place equals one pass, noise draws what it was found for."""

import math

import pytest
import torch

from models.generative.pixelcnn import PixelCNN, PixelImages


@pytest.fixture
def net() -> PixelCNN:
    torch.manual_seed(0)
    net = PixelCNN(levels=3, features=6, layers=4, classes=4, dilation=2)
    for parameter in net.parameters():
        parameter.data.mul_(2)
    return net


LABELS = torch.tensor([0, 3])


def test_a_place_depends_on_what_comes_before_it_in_reading_order_and_on_nothing_else(net: PixelCNN) -> None:
    x = torch.randint(3, (1, 6, 5), generator=torch.Generator().manual_seed(1))
    before = net(x, LABELS[:1])
    changed = x.clone()
    changed[0, 2, 3] = (changed[0, 2, 3] + 1) % 3
    differs = (net(changed, LABELS[:1]) != before).any(1)[0]
    assert not differs[:2].any()
    assert not differs[2, :4].any()
    assert differs[2, 4]
    assert differs[3].any()


def test_drawing_computes_what_one_pass_does(net: PixelCNN) -> None:
    noise = torch.randn(2, 6, 5, generator=torch.Generator().manual_seed(2))
    x, probabilities = net.draw(noise, LABELS)
    torch.testing.assert_close(probabilities, net(x, LABELS).softmax(1), rtol=1e-4, atol=1e-5)
    assert x.unique().tolist() == [0, 1, 2]


def test_a_value_is_taken_where_the_distribution_function_passes_phi_of_the_noise() -> None:
    net = PixelCNN(levels=3, features=2, layers=1)
    torch.nn.init.zeros_(net.last.weight)
    net.last.bias.data = torch.tensor([0.5, 0.3, 0.2]).log()
    noise = torch.special.ndtri(torch.tensor([0.49, 0.51, 0.79, 0.81])).view(1, 1, 4)
    assert net.draw(noise)[0].tolist() == [[[0, 1, 1, 2]]]
    x = torch.tensor([[[0, 1, 2]]])
    torch.testing.assert_close(torch.special.ndtr(net.noise_of(x)), torch.tensor([[[0.25, 0.65, 0.9]]]))
    torch.testing.assert_close(net.nats(x), -torch.tensor([[[0.5, 0.3, 0.2]]]).log())


def test_a_temperature_of_a_half_draws_by_the_squares_of_the_probabilities() -> None:
    net = PixelCNN(levels=3, features=2, layers=1, temperature=0.5)
    torch.nn.init.zeros_(net.last.weight)
    net.last.bias.data = torch.tensor([0.5, 0.3, 0.2]).log()
    border = 0.25 / (0.25 + 0.09 + 0.04)
    noise = torch.special.ndtri(torch.tensor([border - 0.01, border + 0.01])).view(1, 1, 2)
    assert net.draw(noise)[0].tolist() == [[[0, 1]]]
    torch.testing.assert_close(torch.special.ndtr(net.noise_of(torch.tensor([[[0]]]))), torch.tensor([[[border / 2]]]))
    torch.testing.assert_close(net.nats(torch.tensor([[[0]]])), -torch.tensor([[[0.5]]]).log())  # As learned.


def test_the_noise_of_a_picture_draws_it(net: PixelCNN) -> None:
    x = torch.randint(3, (2, 6, 5), generator=torch.Generator().manual_seed(3))
    assert torch.equal(net.draw(net.noise_of(x, LABELS), LABELS)[0], x)


def test_what_is_kept_stays_and_the_rest_is_drawn_given_it(net: PixelCNN) -> None:
    noise = torch.randn(2, 6, 5, generator=torch.Generator().manual_seed(4))
    known = torch.zeros(2, 6, 5, dtype=torch.long)
    kept = torch.zeros(6, 5, dtype=torch.bool)
    kept[:3] = True
    x, probabilities = net.draw(noise, LABELS, known, kept)
    assert torch.equal(x[:, :3], known[:, :3])
    assert x[:, 3:].any()
    torch.testing.assert_close(probabilities, net(x, LABELS).softmax(1), rtol=1e-4, atol=1e-5)


def test_an_untrained_network_with_equal_logits_costs_log_levels_a_place() -> None:
    net = PixelCNN(levels=4, features=2, layers=1)
    torch.nn.init.zeros_(net.last.weight)
    torch.nn.init.zeros_(net.last.bias)
    nats = net.nats(torch.randint(4, (1, 3, 3)))
    torch.testing.assert_close(nats, torch.full((1, 3, 3), math.log(4)))


def test_greys_are_stretches_of_equal_width() -> None:
    model = PixelImages(PixelCNN(levels=4, features=2, layers=1), (1, 1, 5))
    grid = model.grid_of(torch.tensor([0.0, 0.24, 0.26, 0.99, 1.0]).view(1, 1, 1, 5))
    assert grid.flatten().tolist() == [0, 0, 1, 3, 3]
    torch.testing.assert_close(model.image_of(grid).flatten(), torch.tensor([0, 0, 1 / 3, 1, 1]))


def test_layers_are_dilated_by_powers_of_two_in_turn_and_see_as_much_further() -> None:
    net = PixelCNN(levels=2, features=4, layers=5, dilation=4)
    assert [layer.vertical.dilation[0] for layer in net.layers] == [1, 1, 2, 4, 1]  # type: ignore[union-attr, index]
    with torch.no_grad():
        x = torch.zeros(1, 1, 20, dtype=torch.long)
        before = net(x)
        x[0, 0, 2] = 1
        differs = (net(x) != before).any(1)[0, 0]
    assert differs.nonzero().flatten().tolist() == list(range(3, 2 + 3 + 1 + 2 + 4 + 1 + 1))
