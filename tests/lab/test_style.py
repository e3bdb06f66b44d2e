"""Style transfer: Gram matrices and errors worked by hand, taps that stop a network early, and the recipe."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from lab.api import train
from lab.errors import UsageError
from lab.recipes.vision.style import photograph
from lab.recipes.vision.style_config import StyleConfig
from models.vision.style import FilterBank, gram, relative_error, taps


def test_a_gram_matrix_is_how_often_maps_are_active_together() -> None:
    maps = torch.tensor([[[[1.0, 0.0], [2.0, 1.0]], [[0.0, 0.0], [3.0, -1.0]]]])
    assert gram(maps)[0].tolist() == [[6 / 4, 5 / 4], [5 / 4, 10 / 4]]
    assert torch.equal(gram(maps.flip(3)), gram(maps))  # Where things are is lost.
    assert float(relative_error(torch.zeros(2), torch.tensor([3.0, 4.0]))) == 1
    assert float(relative_error(torch.tensor([3.0, 1.0]), torch.tensor([3.0, 4.0]))) == pytest.approx(9 / 25)


def test_nothing_runs_after_the_last_layer_that_is_tapped() -> None:
    class Never(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            raise AssertionError

    net = nn.Sequential(nn.ReLU(), nn.Flatten(), Never())
    x = torch.tensor([[[-1.0, 2.0]]])
    flat, positive = taps(net, x, ["1", "0"])
    assert flat.tolist() == [[0.0, 2.0]]
    assert positive.tolist() == [[[0.0, 2.0]]]


def test_random_filters_answer_to_edges_and_not_to_brightness() -> None:
    bank = FilterBank(4).requires_grad_(False)
    bank.initialise(torch.Generator().manual_seed(0))
    assert [tuple(maps.shape) for maps in bank(torch.rand(1, 3, 32, 32))] == [(1, 4, side, side) for side in (32, 16, 8, 4)]
    inside = bank.scale1(torch.full((1, 3, 32, 32), 200.0))[..., 3:-3, 3:-3]  # The picture's own border is an edge.
    assert float(inside.max()) < 0.01


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return train("style", steps=12, device="cpu", run=tmp_path_factory.mktemp("style") / "run", size=48, learning_rate=0.05)


def test_the_picture_moves_from_the_content_towards_the_style(run: Any) -> None:
    style = [row["losses/style"] for row in run.metrics() if "losses/style" in row]
    assert style[-1] < style[0] / 2
    figures = run.evaluate()
    assert 0 < figures["content"] < 1


def test_views_show_the_picture_between_its_two_and_its_history(run: Any) -> None:
    experiment = run.experiment("cpu")
    painting = experiment.answer("painting", experiment.serving(), {})
    assert painting.captions == ["temple", "painted", "flower"]
    assert np.array_equal(painting.pixels[0], (255 * photograph("temple", 48)[0]).round().byte().permute(1, 2, 0).numpy())
    assert experiment.answer("time_lapse", None, {}).steps == [1, 5, 10]
    assert [row[1] for row in experiment.answer("layers", None, {}).rows] == ["content", *["style"] * 4]


def test_layers_of_a_run_of_classify_serve_as_features(tmp_path: Path, runs_home: Path) -> None:
    classifier = train("classify", steps=1, device="cpu", data="digits", batch_size=8)
    made = train("style", steps=1, device="cpu", size=32, features=classifier.name)
    layers = [row[0] for row in made.experiment("cpu").answer("layers", None, {}).rows]
    assert layers
    assert all(name.startswith("net.") for name in layers)


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [({"content": "nowhere.png"}, "there is no such picture"), ({"style_layers": "scale3"}, "no layer with maps 'scale3'")],
)
def test_what_is_not_there_is_said(settings: dict[str, Any], sentence: str, runs_home: Path) -> None:
    with pytest.raises(UsageError, match=sentence):
        train("style", steps=1, device="cpu", size=32, **settings)


def test_a_run_is_named_after_its_two_pictures() -> None:
    assert StyleConfig(content="/a/My cat.jpg", style="flower").subject == "My-cat-flower"
