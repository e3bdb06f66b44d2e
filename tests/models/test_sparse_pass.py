"""A network whose zero features are left out answers as it does with them."""

import pytest
import torch

from lab import registry
from lab.atari.games import action_names
from models.q_network import QNetwork
from models.sparse_pass import SparsePass

RECIPES = [recipe.name for recipe in registry.recipes().values() if "noop_max" in recipe.config_class().model_fields]
STACK = torch.randint(256, (4, 84, 84), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))


def check(net: torch.nn.Module) -> None:
    with torch.no_grad():
        torch.testing.assert_close(SparsePass(net).values(STACK), net(STACK[None])[0].float(), rtol=1e-4, atol=1e-5)


def test_a_hidden_layer_reads_the_rows_of_features_that_are_not_zero() -> None:
    net = QNetwork(3, hidden=8)
    asked = SparsePass(net)
    with torch.no_grad():
        asked.rows[net.features(STACK[None])[0] == 0] = torch.nan  # Nobody reads them.
        torch.testing.assert_close(asked.values(STACK), net(STACK[None])[0], rtol=1e-4, atol=1e-5)


def test_where_every_feature_is_zero_the_biases_are_left() -> None:
    net = QNetwork(3, hidden=8)
    with torch.no_grad():
        net.conv3.weight.zero_()
        net.conv3.bias.fill_(-1.0)
    check(net)


def test_a_network_of_another_kind_is_asked_as_it_is() -> None:
    class Plain(torch.nn.Module):
        def forward(self, frames: torch.Tensor) -> torch.Tensor:
            return frames.float().mean((2, 3))[:, :3]

    check(Plain())


def test_bfloat16_gives_nearly_the_same_values_and_leaves_the_network_as_it_is() -> None:
    net = QNetwork(3, hidden=32)
    rough = SparsePass(net, torch.bfloat16)
    torch.testing.assert_close(rough.values(STACK), net(STACK[None])[0].detach(), rtol=0.05, atol=0.02)
    assert {parameter.dtype for parameter in net.parameters()} == {torch.float32}
    assert net.body[6] is net.hidden.weight


@pytest.mark.parametrize("name", RECIPES)
def test_the_networks_of_every_recipe_can_be_asked(name: str) -> None:
    recipe = registry.recipe(name)
    experiment = recipe.experiment_class()(recipe.config_class().parse({"game": "breakout"}), torch.device("cpu"))
    net = experiment.serving().eval()
    experiment.close()
    check(net)
    assert len(SparsePass(net).values(STACK)) == len(action_names("breakout"))
