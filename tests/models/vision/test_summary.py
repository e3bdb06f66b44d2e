"""The layer table against published figures."""

import pytest
import torch

import models
from models.vision.convolution_by_hand import convolution_parameters
from models.vision.summary import Layer, layer_table


def table(name: str, size: int, channels: int = 3, **arguments: object) -> list[Layer]:
    with torch.device("meta"):
        net = models.build(name, channels=channels, size=size, **arguments)
    return layer_table(net, channels, size)


@pytest.mark.parametrize(
    ("name", "billions"), [("alexnet", 0.714), ("vgg16", 15.47), ("resnet18", 1.814), ("resnet50", 4.089), ("mobilenet_v2", 0.301)]
)
def test_multiply_adds_are_those_that_torchvision_publishes(name: str, billions: float) -> None:
    assert sum(layer.macs for layer in table(name, 224)) / 1e9 == pytest.approx(billions, abs=6e-3)


@pytest.mark.parametrize(
    ("name", "layer", "side"), [("alexnet", "features.12", 195), ("vgg16", "features.30", 212), ("resnet18", "layer4.1.relu2", 435)]
)
def test_receptive_fields_are_those_of_araujo_et_al_2019(name: str, layer: str, side: int) -> None:
    assert {row.name: row.receptive for row in table(name, 224)}[layer] == side


def test_every_parameter_is_in_one_row() -> None:
    for name in ("googlenet", "densenet121", "lenet5"):
        rows = table(name, 32)
        with torch.device("meta"):
            total = sum(p.numel() for p in models.build(name, channels=3, size=32).parameters())
        assert sum(row.parameters for row in rows) == total


def test_lenet_layer_by_layer() -> None:
    rows = {row.name: row for row in table("lenet5", 32, 1)}
    assert rows["features.conv1"] == Layer("features.conv1", "Conv2d", "5x5", "1x1", (6, 28, 28), 156, 6 * 28 * 28 * 25, 5)
    assert rows["features.pool1"].receptive == 6
    assert rows["features.conv2"].receptive == 14
    assert rows["features.pool2"].shape == (16, 5, 5)
    assert rows["classifier.fc1"].receptive == 32


def test_two_3x3_filters_on_three_maps_have_56_parameters() -> None:
    assert sum(p.numel() for p in torch.nn.Conv2d(3, 2, 3).parameters()) == 56
    assert convolution_parameters(3, 2, 3, 3) == (56, "2 filters · (3·3·3 weights + 1 bias) = 56")
