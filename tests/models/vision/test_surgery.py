"""Initialisation, activation, batch norm, dropout and freezing change what they say, and nothing else."""

import copy
import math

import pytest
import torch
from torch import nn

import models
from models.vision import surgery


def filled(name: str = "lenet5", scheme: surgery.Initialisation = "he", seed: int = 0, **arguments: object) -> nn.Module:
    net = models.build(name, **{"classes": 10, "channels": 1, "size": 28, **arguments})
    surgery.initialise(net, scheme, torch.Generator().manual_seed(seed))
    return net


@pytest.mark.parametrize(
    ("scheme", "deviation"),
    [
        ("he", math.sqrt(2 / 784)),
        ("xavier", math.sqrt(2 / (784 + 128))),
        ("normal", 0.01),
        ("zeros", 0.0),
        ("lecun", math.sqrt(1 / 784)),
        ("big", 1.0),
    ],
)
def test_initialisations_have_their_published_deviation(scheme: surgery.Initialisation, deviation: float) -> None:
    weight = filled("mlp", scheme).layers[0].weight.detach()
    assert float(weight.std()) == pytest.approx(deviation, rel=0.02)
    assert not filled("mlp", scheme).layers[0].bias.any()


def test_he_keeps_the_scale_of_a_deep_relu_network_and_normal_lets_it_fade() -> None:
    x = torch.randn(16, 1, 28, 28)
    scale = {}
    for scheme in ("he", "normal"):
        net = filled("vgg16", scheme, size=28).eval()
        features: list[torch.Tensor] = []
        net.features[-2].register_forward_hook(lambda module, inputs, output, kept=features: kept.append(output))
        with torch.no_grad():
            net(x)
        scale[scheme] = float(features[0].std())
    assert scale["he"] > 0.05
    assert scale["normal"] < 1e-6 * scale["he"]


def test_with_zeros_all_units_of_a_layer_stay_alike() -> None:
    net = filled("mlp", "zeros")
    optimizer = torch.optim.SGD(net.parameters(), 0.1)
    for _ in range(3):
        optimizer.zero_grad()
        nn.functional.cross_entropy(net(torch.rand(8, 1, 28, 28)), torch.arange(8)).backward()
        optimizer.step()
    assert not net.layers[0].weight.any()


def test_the_same_seed_gives_the_same_weights_and_leaves_the_global_generator_alone() -> None:
    before = torch.random.get_rng_state()
    with torch.device("meta"):
        made = [models.build("resnet18", size=32) for _ in range(2)]
    made = [net.to_empty(device="cpu") for net in made]
    for net in made:
        surgery.initialise(net, "he", torch.Generator().manual_seed(3))
    states = [net.state_dict() for net in made]
    assert all(torch.equal(states[0][name], states[1][name]) for name in states[0])
    assert torch.equal(before, torch.random.get_rng_state())


@pytest.mark.parametrize("name", ["lenet5", "resnet18", "mobilenet_v2", "densenet121"])
def test_set_activation_replaces_every_one(name: str) -> None:
    with torch.device("meta"):
        net = models.build(name, size=32)
        count = surgery.set_activation(net, "tanh")
    kinds = [type(module) for module in net.modules() if isinstance(module, surgery.ACTIVATION_TYPES)]
    assert set(kinds) == {nn.Tanh}
    assert len(kinds) == count > 0


@pytest.mark.parametrize("name", ["lenet5", "alexnet", "vgg11", "nin", "mlp"])
def test_batch_norm_is_put_behind_every_hidden_layer_under_the_same_names(name: str) -> None:
    net = filled(name, size=32)
    before = set(net.state_dict())
    assert surgery.set_batch_norm(net, True) > 0
    added = set(net.state_dict()) - before
    assert before <= set(net.state_dict())
    assert all(".norm." in key for key in added)
    net.train()(torch.randn(4, 1, 32, 32)).sum().backward()
    norms = [module for module in net.modules() if isinstance(module, surgery.NORMS)]
    assert all(norm.weight.grad is not None for norm in norms)


def test_a_normed_convolution_gives_what_convolution_and_norm_give() -> None:
    conv = nn.Conv2d(2, 3, 3, stride=2, padding=1)
    made = surgery.with_batch_norm(copy.deepcopy(conv))
    x = torch.randn(4, 2, 8, 8)
    torch.testing.assert_close(made(x), nn.BatchNorm2d(3)(conv(x)))


@pytest.mark.parametrize("name", ["resnet18", "densenet121", "mobilenet_v1", "googlenet"])
def test_batch_norm_can_be_taken_out(name: str) -> None:
    with torch.device("meta"):
        net = models.build(name, size=32)
        assert surgery.set_batch_norm(net, False) > 0
    assert not any(isinstance(module, surgery.NORMS) for module in net.modules())
    assert all(module.bias is not None for module in net.modules() if isinstance(module, nn.Conv2d))


def test_dropout_draws_from_its_own_generator() -> None:
    def outputs(seed: int) -> torch.Tensor:
        net = filled("lenet5")
        assert surgery.set_dropout(net, 0.5, torch.Generator().manual_seed(seed)) == 2
        torch.manual_seed(seed + 100)
        return net.train()(torch.ones(2, 1, 28, 28))

    assert torch.equal(outputs(1), outputs(1))
    assert not torch.equal(outputs(1), outputs(2))


def test_dropout_keeps_the_mean_and_is_off_in_evaluation() -> None:
    layer = surgery.Dropout(0.3, torch.Generator().manual_seed(0))
    ones = torch.ones(100_000)
    assert float(layer(ones).mean()) == pytest.approx(1, abs=0.01)
    assert float((layer(ones) == 0).float().mean()) == pytest.approx(0.3, abs=0.01)
    assert torch.equal(layer.eval()(ones), ones)
    assert torch.equal(copy.deepcopy(layer)(ones), ones)


def test_freezing_features_leaves_the_head_to_be_trained() -> None:
    net = filled("resnet18", size=32)
    surgery.freeze(net, ["features"])
    assert [name for name, p in net.named_parameters() if p.requires_grad] == ["fc.weight", "fc.bias"]
    surgery.train_mode(net)
    before = net.bn1.running_mean.clone()
    net(torch.randn(4, 1, 32, 32))
    assert torch.equal(net.bn1.running_mean, before)


def test_freezing_by_name() -> None:
    net = filled("resnet18", size=32)
    frozen = surgery.freeze(net, ["conv1", "layer1"])
    assert {name.split(".")[0] for name in frozen} == {"conv1", "layer1"}
    with pytest.raises(ValueError, match=r"no module 'layer9'; it has conv1"):
        surgery.freeze(net, ["layer9"])


def test_pooling_takes_means_or_maxima_of_the_same_windows() -> None:
    net = nn.Sequential(nn.MaxPool2d(2, 2, ceil_mode=True), nn.MaxPool2d(3, 1, 1))
    x = torch.arange(25.0).view(1, 1, 5, 5)
    before = net(x).shape
    assert surgery.set_pooling(net, "average") == 2
    assert net(x).shape == before
    assert net[0](x)[0, 0, 0].tolist() == [3.0, 5.0, 6.5]  # Of the cut-off window, the two pixels that it has.
    assert surgery.set_pooling(net, "max") == 2
    assert net[0](x)[0, 0, 0].tolist() == [6.0, 8.0, 9.0]
    assert surgery.set_pooling(net, "max") == 0
