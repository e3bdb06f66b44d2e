"""Networks that are asked together answer as each does alone."""

import pytest
import torch

from lab import registry
from lab.atari.games import action_names
from models.q_network import QNetwork
from models.quantile_network import QuantileNetwork
from models.stacked import StackedNetworks

RECIPES = [recipe.name for recipe in registry.recipes().values() if "noop_max" in recipe.config_class().model_fields]


def stacks(count: int) -> torch.Tensor:
    return torch.randint(256, (count, 4, 84, 84), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))


def check(nets: list[torch.nn.Module], stacked: StackedNetworks) -> None:
    frames = stacks(len(nets))
    for net, own, values in zip(nets, frames, stacked.values(frames), strict=True):
        with torch.no_grad():
            torch.testing.assert_close(values, net(own[None])[0].float(), rtol=1e-4, atol=1e-5)


def test_trunks_of_one_shape_take_one_pass_whatever_the_heads() -> None:
    nets: list[torch.nn.Module] = [
        QNetwork(3, hidden=8),
        QNetwork(18, hidden=8),
        QNetwork(4, dueling=True, hidden=8),
        QNetwork(6, hidden=32),
    ]
    stacked = StackedNetworks(nets)
    assert [places for places, _ in stacked.groups] == [[0, 1], [2], [3]]
    assert not stacked.alone
    check(nets, stacked)


def test_networks_of_different_classes_are_asked_apart() -> None:
    nets: list[torch.nn.Module] = [QNetwork(3, hidden=8), QuantileNetwork(3, 5, hidden=8), QuantileNetwork(4, 5, hidden=8)]
    stacked = StackedNetworks(nets)
    assert [places for places, _ in stacked.groups] == [[0], [1, 2]]
    check(nets, stacked)


def test_a_network_of_another_kind_is_asked_by_itself() -> None:
    class Plain(torch.nn.Module):
        def forward(self, frames: torch.Tensor) -> torch.Tensor:
            return frames.float().mean((2, 3))[:, :3]

    nets = [Plain(), QNetwork(3, hidden=8), Plain()]
    stacked = StackedNetworks(nets)
    assert stacked.alone == [0, 2]
    check(nets, stacked)


def test_bfloat16_gives_nearly_the_same_values() -> None:
    nets = [QNetwork(3, hidden=32), QNetwork(4, hidden=32)]
    exact, rough = StackedNetworks(nets), StackedNetworks(nets, torch.bfloat16)
    for one, other in zip(exact.values(stacks(2)), rough.values(stacks(2)), strict=True):
        torch.testing.assert_close(one, other, rtol=0.05, atol=0.02)


@pytest.mark.parametrize("name", RECIPES)
def test_the_networks_of_every_recipe_can_be_asked_together(name: str) -> None:
    recipe = registry.recipe(name)
    nets = []
    for seed, game in enumerate(("pong", "breakout")):
        experiment = recipe.experiment_class()(recipe.config_class().parse({"game": game, "seed": seed}), torch.device("cpu"))
        nets.append(experiment.serving().eval())
        experiment.close()
    stacked = StackedNetworks(nets)
    check(nets, stacked)
    assert [len(values) for values in stacked.values(stacks(2))] == [len(action_names(game)) for game in ("pong", "breakout")]
