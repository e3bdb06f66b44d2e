"""The views of a classifier agree with its figures and with one another."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from lab.answers import Answer
from lab.errors import LabError, UsageError
from lab.recipes.vision.classify import Classify
from lab.recipes.vision.classify_config import ClassifyConfig
from lab.recipes.vision.image_pictures import Gallery, Inspection

CPU = torch.device("cpu")


def make(steps: int = 0, **fields: Any) -> Classify:
    made = Classify(ClassifyConfig.parse({"data": "digits", "batch_size": 32, "validate_every": 10, **fields}), CPU)
    for _ in range(steps):
        made.step()
    return made


@pytest.fixture(scope="module")
def trained() -> Classify:
    return make(60)


def ask(experiment: Classify, name: str, **parameters: Any) -> Any:
    return experiment.answer(name, experiment.net, parameters)


FAST = {
    "rise": {"masks": 20},
    "augmented_grad_cam": {"copies": 4},
    "compare": None,
    "second_look": None,
    "neighbours": None,
    "cam": None,
    "attention_maps": None,
}


def test_every_view_answers_and_becomes_a_picture(trained: Classify, tmp_path: Path) -> None:
    for name in Classify.views():
        parameters = FAST.get(name, {})
        if parameters is not None:
            answer = ask(trained, name, **parameters)
            assert isinstance(answer, Answer), name
            assert answer.picture().dtype == np.uint8, name
            assert answer.arrays(), name


def test_live_views_work_on_a_frozen_copy(trained: Classify) -> None:
    from lab.snapshot import frozen_copy

    net = frozen_copy(trained.net)
    live = trained.answer("grad_cam", net, {"image": "test:4", "label": "7"}).pixels
    np.testing.assert_array_equal(live, ask(trained, "grad_cam", image="test:4", label="7").pixels)


def test_confusion_counts_every_image_once_and_agrees_with_the_accuracy(trained: Classify) -> None:
    figures = trained.evaluate()
    counts = np.array([row[1:] for row in ask(trained, "confusion").rows])
    assert counts.sum() == figures["images"]
    assert np.trace(counts) / counts.sum() == pytest.approx(figures["accuracy"])
    rows = ask(trained, "per_class").rows
    for i, row in enumerate(rows):
        assert row[1] == counts[i].sum()
        assert row[2] == pytest.approx(counts[i, i] / counts[:, i].sum(), abs=1e-4)
        assert row[3] == pytest.approx(counts[i, i] / counts[i].sum(), abs=1e-4)


def test_predictions_are_not_kept_among_what_a_run_remembers_of_its_data(trained: Classify) -> None:
    ask(trained, "confusion")
    assert trained.remembered is None


def test_mistakes_are_wrong_answers_with_the_surest_first(trained: Classify) -> None:
    gallery = ask(trained, "mistakes", most=400)
    assert isinstance(gallery, Gallery)
    figures = trained.evaluate()
    assert len(gallery.specs) == round((1 - figures["accuracy"]) * figures["images"])
    sure = [float(caption.split("(")[-1].rstrip("%)")) for caption in gallery.captions]
    assert sure == sorted(sure, reverse=True)
    for spec, caption in list(zip(gallery.specs, gallery.captions, strict=True))[:5]:
        look = ask(trained, "look", image=spec)
        true, said = caption.split(" (")[0].split(", taken for\n")
        assert (look.classes[look.truth], look.classes[look.chosen]) == (true, said)


def test_predictions_follow_the_weights(trained: Classify) -> None:
    experiment = make(2)
    before = ask(experiment, "confusion").rows
    assert ask(experiment, "confusion").rows == before
    experiment.net.load_state_dict(trained.net.state_dict())
    assert ask(experiment, "confusion").rows == ask(trained, "confusion").rows != before


def test_look_holds_what_the_other_views_say(trained: Classify) -> None:
    look = ask(trained, "look", image="test:9", label="3", layer="features.act2")
    assert isinstance(look, Inspection)
    assert look.probabilities.sum() == pytest.approx(1, abs=1e-5)
    assert look.chosen == 3
    assert look.maps.shape == (16, 10, 10)
    assert look.heat is not None
    assert look.heat.max() == pytest.approx(1)
    assert {"features.conv1", "features.act2"} <= set(look.layers)


def test_a_drawing_gives_the_answer_of_the_same_picture(trained: Classify) -> None:
    pixels = trained.images.split("test").images[5, 0].numpy()
    of_data = ask(trained, "look", image="test:5")
    # Through 8x8 and back: the drawing is seen as coarsely as the data are.
    drawn = ask(trained, "look", image=pixels)
    assert drawn.truth is None
    assert drawn.chosen == of_data.chosen


def test_compare_shows_where_two_runs_differ(runs_home: Path) -> None:
    from lab.api import train

    first = train("classify", steps=25, device="cpu", data="digits", batch_size=32)
    second = train("classify", steps=25, device="cpu", data="digits", batch_size=32, seed=1)
    gallery = first.show("compare", other=second.name)
    mine, theirs = first.experiment("cpu", serving_only=True), second.experiment("cpu", serving_only=True)
    guesses = [e.predictor.predictions(e.serving(), "test").guesses for e in (mine, theirs)]
    assert len(gallery.specs) == min(40, int((guesses[0] != guesses[1]).sum()))
    i = int(gallery.specs[0].split(":")[1])
    assert gallery.captions[0].split("\n")[1] == f"{guesses[0][i]} | {guesses[1][i]}"
    same = first.show("compare", other=first.name)
    assert same.specs == []
    with pytest.raises(LabError, match="not a run of classify"):
        first.show("compare", other=train("linear", steps=1, device="cpu").name)
    with pytest.raises(UsageError, match="There is no run"):
        first.show("compare", other="nowhere")


def test_filters_of_a_linear_classifier_are_its_templates() -> None:
    experiment = make(5, network="linear")
    templates = ask(experiment, "filters")
    weight = experiment.net.net.fc.weight.detach().view(10, 8, 8).numpy()
    brightest = np.unravel_index(weight[3].argmax(), (8, 8))
    assert templates.pixels.shape == (10, 8, 8)
    assert templates.pixels[3].argmax() == np.ravel_multi_index(brightest, (8, 8))
    assert templates.captions == list("0123456789")


def test_the_layer_table_ends_with_the_total() -> None:
    experiment = make(batch_norm="own")
    table = ask(experiment, "layer_table")
    assert table.rows[-1][5] == 61_706
    assert "padding 2" in table.title


def test_statistics_show_gradients_that_vanish_in_a_deep_sigmoid_network() -> None:
    def first_over_last(activation: str) -> float:
        experiment = make(
            1, network="vgg11", size=16, activation=activation, batch_norm="off", initialisation="xavier", batch_size=8, precision="fp32"
        )
        curves = ask(experiment, "layer_statistics", figure="gradient").series
        values = [float(y[0]) for _, y in curves.values()]
        return values[0] - values[-1]  # log10 of first over last

    assert first_over_last("sigmoid") < -3
    assert first_over_last("relu") > -2


def test_statistics_show_dead_units() -> None:
    experiment = make(network="mlp", hidden_units="32")
    with torch.no_grad():
        experiment.net.net.layers[0].bias[:8] = -1000
    experiment.step()
    (_, y), *_ = ask(experiment, "layer_statistics", figure="dead units").series.values()
    assert float(y[0]) >= 0.25


def test_training_curves_mark_the_best_step(trained: Classify) -> None:
    series = ask(trained, "training_curves").series
    steps, losses = series["validation"]
    assert steps.tolist() == [10, 20, 30, 40, 50, 60]
    assert series["best"][0][0] == steps[losses.argmin()]


def test_neighbours_of_a_remembered_image_begin_with_itself() -> None:
    experiment = make(5, network="knn", augment_shift=0, augment_rotate=0, augment_scale=0, augment_warp=0, augment_colour=0, memory=160)
    labels = experiment.images.split("train").labels[experiment.order.order[:1]]
    gallery = ask(experiment, "neighbours", image=f"train:{int(experiment.order.order[0])}")
    assert gallery.captions[1] == f"{int(labels[0])}  0.00"


def test_attention_shows_each_head_of_a_layer_and_the_rollout() -> None:
    answer = ask(make(1, network="vit"), "attention_maps", layer=2)
    assert answer.captions[1:-1] == [f"layer 2, head {i}" for i in (1, 2, 3, 4)]
    assert "deletion" in answer.captions[0]
    assert answer.captions[-1].startswith("rollout")


@pytest.mark.parametrize(
    ("name", "fields", "parameters", "words"),
    [
        ("cam", {}, {}, "global average"),
        ("grad_cam", {"network": "mlp"}, {}, "MLP has no feature maps"),
        ("grad_cam", {}, {"label": "cat"}, "There is no class 'cat'"),
        ("feature_maps", {}, {"layer": "features.act9"}, r"There is no layer with maps 'features\.act9'"),
        ("neighbours", {}, {}, "--network knn"),
        ("attention_maps", {}, {}, "--network vit"),
        ("attention_maps", {"network": "vit"}, {"layer": 7}, "has 6 layers"),
        ("filters", {"network": "knn", "memory": 10}, {}, "has no weights"),
    ],
)
def test_what_cannot_be_shown_says_why(name: str, fields: dict[str, Any], parameters: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        ask(make(**fields), name, **parameters)


@pytest.mark.parametrize("name", ["look", "rise", "occlusion", "confusion", "mistakes", "layer_table"])
@pytest.mark.parametrize("network", ["knn", "cnn1d"])
def test_views_of_networks_without_maps(name: str, network: str) -> None:
    experiment = make(1, network=network, memory=50)
    assert ask(experiment, name, **FAST.get(name, {}) or {}).picture().ndim == 3


def test_show_from_the_command_line(runs_home: Path, tmp_path: Path) -> None:
    from lab.api import train
    from lab.cli import main

    run = train("classify", steps=20, device="cpu", data="digits", batch_size=16, validate_every=10)
    for view in ("look", "training_curves", "layer_statistics"):
        assert main(["show", run.name, view, "--out", str(tmp_path / f"{view}.png")]) == 0
        assert (tmp_path / f"{view}.png").stat().st_size > 0
    assert main(["show", run.name, "look", "--image", str(tmp_path / "look.png"), "--out", str(tmp_path / "again.png")]) == 0
    assert main(["show", run.name, "look", "--image", "test:9999", "--out", str(tmp_path / "x.png")]) == 2


def test_what_has_no_gradient_is_explained_without_one() -> None:
    neighbours = make(2, network="knn", memory=50, dropout=-1.0, patience=0)
    with pytest.raises(UsageError, match="no gradient in its pixels; use Occlusion or RISE"):
        ask(neighbours, "integrated_gradients")
    assert ask(neighbours, "occlusion").picture().dtype == np.uint8
