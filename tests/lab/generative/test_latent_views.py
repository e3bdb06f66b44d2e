import base64
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from lab.answers import Images, Text
from lab.errors import UsageError
from lab.experiment import Experiment

Make = Callable[..., Experiment]
SLOW = {"class_share", "measured_quality"}
"""They train a classifier first; `test_quality.py` has them."""


def ask(experiment: Experiment, view: str, **parameters: Any) -> Any:
    checked = experiment.views()[view].checked(parameters)
    return experiment.answer(view, experiment.serving().eval(), checked)


def trained(make: Make, name: str, steps: int = 3, **fields: Any) -> Experiment:
    experiment = make(name, **fields)
    for _ in range(steps):
        experiment.step()
    return experiment


@pytest.mark.parametrize(
    "name",
    ["autoencoder", "vae", "cvae", "gan", "dcgan", "cgan", "wgan-gp", "r3gan", "stylegan", "pixelcnn", "vqvae", "flow", "ddpm", "meanflow"],
)
def test_every_view_of_every_recipe_answers_and_can_be_drawn(name: str, make: Make) -> None:
    experiment = trained(make, name)
    for view, spec in experiment.views().items():
        if view not in SLOW and issubclass(spec.answer, Images | Text):
            assert ask(experiment, view).picture().dtype == np.uint8
        elif view not in SLOW:
            assert all(len(array) for array in ask(experiment, view).arrays().values())


def test_a_sample_is_the_anchor_of_its_number(make: Make) -> None:
    experiment = trained(make, "dcgan")
    grid = ask(experiment, "samples", n=16, seed=3).pixels
    for i in (0, 7, 15):
        frame = ask(experiment, "walk", anchors=f"{i}@3,0", t=0.0).pixels[0]
        assert np.abs(frame.astype(int) - grid[i]).max() <= 1  # A batch of another size may round differently.
    assert np.array_equal(
        ask(experiment, "walk", anchors="seed:3,0", t=0).pixels[0], ask(experiment, "walk", anchors="0@3,0", t=0).pixels[0]
    )


def test_anchors_keep_their_order_and_are_drawn_together(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    experiment = trained(make, "vqvae")
    net: Any = experiment.serving().eval()
    views, drawn = experiment.latent, list[int]()
    alone = [views.anchors(net, name) for name in ("image:2", "5@1", "seed:3")]
    prior = net.prior
    monkeypatch.setattr(net, "prior", lambda noise: drawn.append(len(noise)) or prior(noise))
    together = views.anchors(net, "5@1,image:2,seed:3,5@1")
    assert torch.equal(together, torch.cat([alone[1], alone[0], alone[2], alone[1]]))
    assert drawn == [3]


def test_a_prefix_of_the_samples_is_the_same_whatever_their_number(make: Make) -> None:
    experiment = trained(make, "vae")
    assert np.array_equal(ask(experiment, "samples", n=4).pixels, ask(experiment, "samples", n=64).pixels[:4])


def test_a_walk_is_one_frame_of_the_interpolation(make: Make) -> None:
    experiment = trained(make, "vae")
    frames = ask(experiment, "interpolate", anchors="1,2", steps=5, loop=False).pixels
    assert np.array_equal(ask(experiment, "walk", anchors="1,2", t=0.75, loop=False).pixels[0], frames[3])


def test_the_corners_of_the_square_are_its_anchors(make: Make) -> None:
    experiment = trained(make, "vae")
    grid = ask(experiment, "samples", n=8).pixels
    for (u, v), i in {(0, 0): 4, (1, 0): 5, (0, 1): 6, (1, 1): 7}.items():
        assert np.array_equal(ask(experiment, "square", anchors="4,5,6,7", u=u, v=v).pixels[0], grid[i])


def test_the_walks_distance_is_that_of_its_frames(make: Make) -> None:
    experiment = trained(make, "vae", 60)
    frames = ask(experiment, "interpolate", anchors="0,1", steps=6, loop=False).pixels.astype(float)
    (_, distance) = ask(experiment, "walk_distance", anchors="0,1", steps=6, loop=False).series["distance"]
    assert len(distance) == 5
    assert distance[2] == pytest.approx(np.sqrt(np.mean((frames[3] - frames[2]) ** 2)), rel=1e-5)


def test_a_code_decodes_to_what_its_anchor_shows(make: Make) -> None:
    experiment = trained(make, "vae")
    numbers = [row[1] for row in ask(experiment, "anchor_codes", anchors="5").rows]
    text = ",".join(map(str, numbers))
    frame = ask(experiment, "decode", code=text).pixels
    assert np.array_equal(frame[0], ask(experiment, "samples", n=8).pixels[5])
    assert np.array_equal(frame, ask(experiment, "walk", anchors=f"z:{text};0", t=0).pixels)


def test_arithmetic_with_one_set_twice_is_the_third(make: Make) -> None:
    pictures = ask(trained(make, "vae"), "arithmetic", a="1,2", b="1,2", c="6").pixels
    assert np.abs(pictures[3].astype(int) - pictures[2]).max() <= 1


def test_the_planes_points_are_those_of_its_grid(make: Make) -> None:
    experiment = trained(make, "vae")
    grid = ask(experiment, "plane", n=5, anchors="1,2,3", side=2.0).pixels
    assert np.array_equal(ask(experiment, "plane_point", x=-2.0, y=2.0, anchors="1,2,3").pixels[0], grid[0])  # top left
    assert np.array_equal(ask(experiment, "plane_point", x=2.0, y=-2.0, anchors="1,2,3").pixels[0], grid[-1])
    assert np.array_equal(ask(experiment, "plane_point", x=0, y=0, anchors="1,2,3").pixels[0], ask(experiment, "samples", n=2).pixels[1])


def test_codes_lie_where_the_plane_shows_them(make: Make) -> None:
    experiment = trained(make, "vae", latent=2)
    net = experiment.serving()
    answer = ask(experiment, "codes", n=5)
    z = experiment.latent.encode(net, slice(0, 5)).detach().numpy()
    assert np.allclose(answer.points, z, atol=1e-5)  # The plane of a 2-D space is the space.
    assert answer.classes.tolist() == experiment.feed.images("test").labels[:5].tolist()


def test_a_traversal_marks_active_units(make: Make) -> None:
    experiment = trained(make, "vae")
    with torch.no_grad():
        experiment.serving().mu.weight[3] = 0  # type: ignore[union-attr, index]
        experiment.serving().mu.weight[4] *= 100  # type: ignore[union-attr, operator]
    captions = ask(experiment, "traversal", dims="3,4", steps=3).captions
    assert "*" not in captions[0]
    assert "*" in captions[3]


def test_reconstruction_of_a_given_picture(make: Make) -> None:
    experiment = trained(make, "vae")
    pixels = experiment.feed.images("test").images[4, 0].numpy()
    given = base64.b64encode(pixels.tobytes()).decode()
    assert np.array_equal(ask(experiment, "reconstruct", pixels=given).pixels, ask(experiment, "reconstruct", index=4).pixels)
    image, again, error = ask(experiment, "reconstruct", index=4).pixels.astype(int)
    assert np.array_equal(image, pixels)
    assert np.abs(np.abs(again - image) - error).max() <= 1


def test_the_class_grid_has_the_class_asked_for(make: Make) -> None:
    experiment = trained(make, "cvae")
    grid = ask(experiment, "classes", n=2).pixels
    assert len(grid) == 20
    assert np.array_equal(grid[13], ask(experiment, "walk", anchors="1,0", t=0, label=3).pixels[0])


def test_class_interpolation_ends_at_the_two_classes(make: Make) -> None:
    experiment = trained(make, "cvae", 60)
    frames = ask(experiment, "class_interpolation", a=2, b=7, anchor="4", steps=3).pixels
    for frame, label in ((frames[0], 2), (frames[2], 7)):
        assert np.array_equal(frame, ask(experiment, "walk", anchors="4,0", t=0, label=label).pixels[0])
    assert not np.array_equal(frames[1], frames[0])


@pytest.mark.parametrize(
    ("view", "parameters", "words"),
    [
        ("walk", {"anchors": "0"}, "2 to 256 anchors"),
        ("walk", {"anchors": "0,900"}, "is not an anchor"),
        ("walk", {"anchors": "0,image:5000"}, "numbered from 0 to 296"),
        ("walk", {"anchors": "0;z:1,2"}, "20 dimensions, got 2"),
        ("walk", {"anchors": "0;z:nan" + ",0" * 19}, "is not an anchor"),
        ("decode", {"code": "1,x"}, "numbers separated by commas"),
        ("decode", {"code": ",".join("1" * 21)}, "at most 20"),
        ("traversal", {"dims": "25"}, "from 0 to 19"),
        ("reconstruct", {"pixels": "AAAA"}, "base64 of 8 x 8 x 1"),
        ("reconstruct", {"index": 297}, "from 0 to 296"),
        ("walk", {"label": 12}, "from 0 to 9"),
        ("walk", {"mode": "round"}, "mode"),
    ],
)
def test_wrong_parameters_are_refused_in_words(view: str, parameters: dict[str, Any], words: str, make: Make) -> None:
    with pytest.raises(UsageError, match=words):
        ask(make("cvae"), view, **parameters)


def test_a_gan_is_searched_for_a_real_image(make: Make) -> None:
    experiment = trained(make, "gan", 100, g_learning_rate=2e-3, ema=0.9)
    image = experiment.feed.images("test").images[1, 0].numpy().astype(float)

    def distance(anchor: str) -> float:
        return float(np.square(ask(experiment, "walk", anchors=f"{anchor},0", t=0.0).pixels[0] - image).mean())

    assert distance("image:1") < 0.95 * min(distance(str(i)) for i in range(64))
    assert distance("image:1") == distance("image:1")


def test_the_time_lapse_is_saved_as_a_film(make: Make, tmp_path: Path) -> None:
    experiment = trained(make, "gan", 30)
    answer = ask(experiment, "time_lapse")
    with Image.open(answer.save(tmp_path / "film.gif")) as film:
        assert film.n_frames == len(answer.steps) == 4  # type: ignore[attr-defined]
    assert np.array_equal(answer.history[-1], answer.pixels[0])
