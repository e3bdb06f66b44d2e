"""Lists of layers: the calculator against the lectures' worked numbers and PyTorch's, and the network that a list builds."""

import pytest
import torch

import models
from models.vision.layer_list import NOTES_CNN, calculate, read_layers, written
from models.vision.summary import layer_table


def parameters(text: str, shape: tuple[int, ...] = (3, 64, 64), classes: int = 10) -> list[int]:
    return [row.parameters for row in calculate(read_layers(text), shape, classes)]


def test_the_keras_exercise_has_30485_parameters() -> None:
    counts = parameters(NOTES_CNN, classes=5)
    assert [count for count in counts if count] == [224, 1168, 2320, 9624, 14_424, 1600, 1040, 85]
    assert sum(counts) == 30_485
    net = models.build("layers", classes=5, channels=3, size=64, layers=NOTES_CNN)
    assert sum(p.numel() for p in net.parameters()) == 30_485


@pytest.mark.parametrize(
    ("layers", "shape", "total"),
    [
        ("conv 2 3", (3, 8, 8), 56),
        ("flatten, dense 128, dense 10", (1, 28, 28), 101_770),
        ("flatten, dense 1024", (1024, 7, 7), 1024 * 7 * 7 * 1024 + 1024),  # 51.4M weights between the last maps and a dense layer
        ("gap", (1024, 7, 7), 0),
        ("pool 2", (16, 8, 8), 0),
        ("batch norm", (16, 8, 8), 64),
    ],
)
def test_the_cheat_sheet(layers: str, shape: tuple[int, ...], total: int) -> None:
    assert sum(parameters(layers, shape)) == total


def test_half_of_batch_norm_is_not_trained() -> None:
    (row,) = calculate(read_layers("batch norm"), (16, 8, 8))
    assert (row.parameters, row.fixed) == (64, 32)


def test_the_sentiment_network_with_one_bias_a_gate_as_keras_counts() -> None:
    rows = calculate(read_layers("input 200, embedding 13000 100, lstm 64, lstm 32, dense 5"), ())
    assert [row.parameters for row in rows] == [1_300_000, 42_240, 12_416, 165]
    assert sum(row.parameters for row in rows) == 1_354_821
    assert [row.shape for row in rows] == [(200, 100), (200, 64), (32,), (5,)]


def test_shapes_and_receptive_fields_are_those_of_the_built_network() -> None:
    text = "conv 4 5 stride 2 padding 0, batch norm, pool 3 stride 2 padding 1, conv 6 3 tanh, average 2, dropout 0.1, gap, dense classes"
    rows = calculate(read_layers(text), (3, 37, 37))
    table = {row.name: row for row in layer_table(models.build("layers", channels=3, size=37, layers=text), 3, 37)}
    names = ("conv1", "norm1", "pool1", "conv2", "pool2", "drop1", "gap1.flat", "fc1")
    assert [(row.shape, row.receptive) for row in rows] == [(table[f"layers.{n}"].shape, table[f"layers.{n}"].receptive) for n in names]


def test_a_list_is_written_as_it_is_read() -> None:
    text = "input 20x20x1, conv 4 3 stride 2 padding 0 elu, average 2 stride 1, gmp, dense 7 linear, dense classes"
    assert written(read_layers(text.replace(", ", "\n") + "  # the end")) == text
    assert read_layers(written(read_layers(text))) == read_layers(text)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "there is no layer"),
        ("convolution 8", "no layer 'convolution'"),
        ("conv 8", "conv takes 2 numbers, got 8"),
        ("conv 0 3", "'0' must be a whole number from 1"),
        ("dropout 1", "at least 0 and below 1"),
        ("gap, input 3x3x3", "in the first place"),
    ],
)
def test_what_cannot_be_read_is_quoted(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        read_layers(text)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("dense 4", "flatten or gap before it, got 64x64x3"),
        ("conv 8 3", "must end with `dense classes`"),
        ("input 32x32x3, gap, dense classes", "images of 32x32x3, these are 64x64x3"),
        ("pool 70, gap, dense classes", "70x70 does not fit into 64x64x3"),
    ],
)
def test_a_list_that_does_not_fit_the_images_is_refused(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        models.build("layers", classes=10, channels=3, size=64, layers=text)


def test_modules_are_named_by_their_kind() -> None:
    net = models.build("layers", classes=5, channels=1, size=16, layers="conv 4 3, pool 2, conv 8 3, gap, dense classes")
    assert (net.head, net.maps, net.gap) == ("layers.fc1", "layers.act2", True)
    assert net(torch.zeros(2, 1, 16, 16)).shape == (2, 5)
