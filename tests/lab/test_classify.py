"""The image classifier: it learns, its settings do what they say, what a resume leaves out shows."""

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from lab import checkpoint
from lab.errors import LabError, UsageError
from lab.recipes.vision.classify import Classify, top5
from lab.recipes.vision.classify_config import ClassifyConfig

CPU = torch.device("cpu")
TINY: dict[str, Any] = {"data": "digits", "batch_size": 16, "validate_every": 5, "schedule_steps": 40}


def make(**fields: Any) -> Classify:
    return Classify(ClassifyConfig.parse({**TINY, **fields}), CPU)


def advance(experiment: Classify, steps: int) -> Classify:
    for _ in range(steps):
        experiment.step()
    return experiment


@pytest.mark.parametrize("left_out", ["order", "augment", "dropout"])
def test_leaving_one_generator_out_shows(left_out: str, tmp_path: Path) -> None:
    straight = advance(make(dropout=0.3, batch_size=700), 2)
    state = straight.state()
    state["generators"][left_out] = torch.Generator().manual_seed(99).get_state()
    advance(straight, 3)
    resumed = make(dropout=0.3, batch_size=700)
    resumed.restore(state)
    advance(resumed, 3)
    assert not torch.equal(straight.net.net.classifier.fc3.weight, resumed.net.net.classifier.fc3.weight)


def test_leaving_the_optimiser_out_shows() -> None:
    straight = advance(make(), 6)
    state = straight.state()
    advance(straight, 3)
    resumed = make()
    resumed.restore({**state, "optimizer": {}})
    advance(resumed, 3)
    assert not torch.equal(straight.net.net.classifier.fc3.weight, resumed.net.net.classifier.fc3.weight)


def test_a_state_before_the_first_step_can_be_restored(tmp_path: Path) -> None:
    state = checkpoint.read(checkpoint.write(tmp_path, 0, make().state(), {}))
    resumed = make(seed=9)
    resumed.restore(state)
    assert torch.equal(resumed.net.net.features.conv1.weight, make().net.net.features.conv1.weight)


def test_a_batch_of_one_image_trains_through_the_end_of_an_epoch() -> None:
    experiment = make(batch_size=1, network="mlp", hidden_units="4", validation=0.0, validate_every=10_000)
    data = experiment.images.split("train")
    experiment.images.loaded["train"] = type(data)(data.images[:5], data.labels[:5], data.classes)
    seen = [int(experiment.batch()[1]) for _ in range(10)]
    assert sorted(seen[:5]) == sorted(seen[5:]) == sorted(data.labels[:5].tolist())


def test_one_image_left_over_at_the_end_of_an_epoch_is_no_batch() -> None:
    experiment = make(batch_size=3)
    data = experiment.images.split("train")
    experiment.images.loaded["train"] = type(data)(data.images[:7], data.labels[:7], data.classes)
    assert [len(experiment.batch()[1]) for _ in range(4)] == [3, 3, 3, 3]


def test_batch_norm_of_one_value_a_channel_is_refused_with_what_to_do() -> None:
    experiment = make(network="vgg11", size=16, batch_size=1)
    with pytest.raises(UsageError, match=r"--batch-size 1: batch norm needs more than one value.*--batch-norm off"):
        experiment.step()


def test_it_learns_the_digits() -> None:
    experiment = advance(make(batch_size=64, schedule_steps=120), 120)
    figures = experiment.evaluate()
    assert figures["accuracy"] > 0.85  # Chance is 0.1.
    assert figures["images"] == 297
    assert figures["accuracy"] <= figures["top5_accuracy"] <= 1


def test_top_5_counts_the_five_likeliest_classes() -> None:
    probabilities = torch.tensor([[0.3, 0.2, 0.15, 0.1, 0.1, 0.05, 0.1], [0.1, 0.1, 0.1, 0.1, 0.1, 0.01, 0.49]])
    assert top5(probabilities, torch.tensor([1, 5])) == {"top5_accuracy": 0.5}
    assert top5(probabilities[:, :5], torch.tensor([1, 4])) == {}


def test_zeros_do_not_learn_and_he_does() -> None:
    losses = {}
    for scheme in ("zeros", "he"):
        experiment = make(initialisation=scheme, batch_norm="off", batch_size=64)
        losses[scheme] = float(sum(advance(experiment, 1).step()["losses/cross_entropy"] for _ in range(40)) / 40)
        if scheme == "zeros":
            assert not experiment.net.net.features.conv1.weight.any()
    assert losses["zeros"] > 2.25  # log 10 = 2.303
    assert losses["he"] < 2.0


def test_an_epoch_sees_every_training_image_once() -> None:
    experiment = make(augment_shift=0, augment_rotate=0, augment_scale=0, batch_size=100)
    count = len(experiment.images.split("train"))
    seen = [experiment.batch()[1] for _ in range(-(-count // 100))]
    labels = torch.cat(seen)
    assert len(labels) == count == 1350
    assert torch.equal(labels.bincount(), experiment.images.split("train").labels.bincount())


def test_validation_images_are_never_trained_on() -> None:
    images = make().images
    held, rest = images.split("validation").images.flatten(1), images.split("train").images.flatten(1)
    assert len(held) + len(rest) == 1500
    assert len(torch.unique(torch.cat([held, rest]), dim=0)) == len(torch.unique(held, dim=0)) + len(torch.unique(rest, dim=0))


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        ("constant", {0: 0.1, 50: 0.1, 99: 0.1}),
        ("step", {49: 0.1, 50: 0.01, 75: 0.001}),
        ("cosine", {0: 0.1, 50: 0.05, 100: 0.0001}),
        ("linear", {25: 0.075, 50: 0.05, 1000: 0.0001}),
    ],
)
def test_schedules(schedule: str, expected: dict[int, float]) -> None:
    experiment = make(schedule=schedule, learning_rate=0.1, schedule_steps=100, warmup_steps=0)
    for step, rate in expected.items():
        experiment.steps = step
        assert experiment.learning_rate() == pytest.approx(rate)


def test_the_warm_up_rises_in_a_line() -> None:
    experiment = make(schedule="constant", learning_rate=1.0, warmup_steps=10)
    rates = []
    for experiment.steps in (0, 4, 9, 20):
        rates.append(experiment.learning_rate())
    assert rates == pytest.approx([0.1, 0.5, 1.0, 1.0])


def test_early_stopping_ends_the_run_and_brings_the_best_weights_back() -> None:
    experiment = make(patience=2, learning_rate=1e-6, validate_every=1)
    losses = iter([1.0, 0.5, 0.7, 0.6])
    kept = {}

    def figures(split: str) -> tuple[float, float]:
        loss = next(losses)
        kept[loss] = experiment.net.net.classifier.fc3.weight.clone()
        return loss, 0.5

    experiment.figures = figures  # type: ignore[method-assign]
    advance(experiment, 3)
    assert not experiment.ended
    experiment.step()
    assert experiment.ended
    assert experiment.stopping.step == 2
    assert torch.equal(experiment.net.net.classifier.fc3.weight, kept[0.5])
    assert not torch.equal(kept[0.6], kept[0.5])


def test_a_session_finishes_when_the_experiment_ends(runs_home: Path) -> None:
    from lab.api import train

    run = train("classify", steps=10_000, device="cpu", **{**TINY, "validate_every": 1, "patience": 1, "learning_rate": 1e-9})
    status = run.status()
    assert status["status"] == "finished"
    assert status["done"] < 10_000
    assert "classify-lenet5-digits" in run.name


def test_going_on_after_early_stopping_is_refused_with_the_reason(runs_home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from lab.cli import main

    settings = ["--validate-every", "1", "--patience", "1", "--learning-rate", "1e-9", "--batch-size", "100", "--validation", "0.02"]
    assert main(["train", "classify", "--steps", "500", "--device", "cpu", "--run", str(runs_home / "early"), *settings]) == 0
    said = capsys.readouterr().err
    assert "early stopping ended it at step" in said
    assert main(["resume", str(runs_home / "early"), "--steps", "1000"]) == 2
    said = capsys.readouterr().err
    assert "cannot train further: early stopping ended it at step" in said
    assert "larger --patience" in said


def test_label_smoothing_is_the_mean_over_all_classes() -> None:
    experiment = make(label_smoothing=0.2, augment_shift=0)
    images, labels = experiment.batch()
    experiment.net.eval()
    scores, loss = experiment.scores_and_loss(images, labels)
    logs = scores.log_softmax(1)
    by_hand = -(0.8 * logs.gather(1, labels[:, None]).mean() + 0.2 * logs.mean())
    torch.testing.assert_close(loss, by_hand)


def test_weight_decay_shrinks_the_weights() -> None:
    norms = {}
    for decay in (0.0, 1.0):
        experiment = advance(make(weight_decay=decay, learning_rate=0.05, schedule="constant", warmup_steps=0), 12)
        norms[decay] = float(experiment.net.net.classifier.fc1.weight.detach().norm())
    assert norms[1.0] < 0.8 * norms[0.0]


def test_the_optimiser_is_the_one_that_was_asked_for() -> None:
    kinds = {
        "sgd": torch.optim.SGD, "momentum": torch.optim.SGD, "nesterov": torch.optim.SGD, "rprop": torch.optim.Rprop,
        "adagrad": torch.optim.Adagrad, "rmsprop": torch.optim.RMSprop, "adadelta": torch.optim.Adadelta, "adam": torch.optim.Adam,
        "adamw": torch.optim.AdamW,
    }  # fmt: skip
    for name, kind in kinds.items():
        made = make(network="linear", optimizer=name, momentum=0.7).optimizer
        assert type(made) is kind
        if kind is torch.optim.SGD:
            assert made.defaults["momentum"] == (0 if name == "sgd" else 0.7)
            assert made.defaults["nesterov"] == (name == "nesterov")


def test_activation_batch_norm_and_dropout_reach_the_network() -> None:
    modules = list(make(activation="tanh", batch_norm="on", dropout=0.4).net.modules())
    assert sum(isinstance(m, nn.Tanh) for m in modules) == 4
    assert sum(isinstance(m, nn.BatchNorm2d) for m in modules) == 2
    assert {m.p for m in modules if isinstance(m, nn.Dropout)} == {0.4}
    assert not any(isinstance(m, nn.BatchNorm2d) for m in make(batch_norm="off").net.modules())


def test_frozen_parts_do_not_move_and_the_rest_does() -> None:
    experiment = make(network="resnet18", size=16, batch_size=4, freeze="features", precision="fp32")
    before = {name: value.clone() for name, value in experiment.net.state_dict().items()}
    advance(experiment, 2)
    moved = {name for name, value in experiment.net.state_dict().items() if not torch.equal(value, before[name])}
    assert moved == {"net.fc.weight", "net.fc.bias", "mean", "std"}


def test_test_time_augmentation_averages_probabilities() -> None:
    experiment = advance(make(test_time_augmentation=3), 3)
    data = experiment.images.split("test")
    plain = experiment.predictor.probabilities(experiment.net, data.images)
    rng = torch.Generator().manual_seed(0)
    copies = [experiment.predictor.probabilities(experiment.net, experiment.predictor.augmented(data.images, rng)) for _ in range(2)]
    mean = (plain + copies[0] + copies[1]) / 3
    expected = float(-mean.gather(1, data.labels[:, None]).log().mean())
    assert experiment.evaluate()["loss"] == pytest.approx(expected, rel=1e-4)
    assert expected != pytest.approx(float(F.nll_loss(plain.log(), data.labels)), rel=1e-3)


def test_the_auxiliary_heads_of_googlenet_add_to_the_loss() -> None:
    with_heads = make(network="googlenet", size=16, batch_size=2, auxiliary_weight=0.3, precision="fp32", dropout=0.0)
    images, labels = with_heads.batch()
    with_heads.net.train()
    scores, loss = with_heads.scores_and_loss(images, labels)
    assert float(loss) > float(F.cross_entropy(scores, labels)) + 0.3


def test_two_runs_side_by_side_change_nothing_in_each_other() -> None:
    alone = advance(make(dropout=0.3), 8)
    first, second = make(dropout=0.3), make(seed=5, dropout=0.5)
    for _ in range(8):
        first.step()
        second.step()
    assert torch.equal(alone.net.net.classifier.fc1.weight, first.net.net.classifier.fc1.weight)


def test_nearest_neighbours_remember_what_they_were_shown() -> None:
    experiment = advance(make(network="knn", memory=1000, batch_size=100), 10)
    assert int(experiment.net.net.count) == 1000
    assert experiment.evaluate()["accuracy"] > 0.9


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"network": "resnet19"}, "--network"),
        ({"data": "imagenet"}, "--data must be digits"),
        ({"data": "folder:nowhere"}, "must name a folder that exists"),
        ({"data": "atari", "games": "pong"}, "at least two games"),
        ({"patience": 3, "validation": 0.0}, "set --validation above 0"),
        ({"hidden_units": "a,b"}, "whole numbers"),
    ],
)
def test_wrong_settings_are_named(fields: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        ClassifyConfig.parse(fields)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"network": "linear", "dropout": 0.5}, "linear has no dropout layers"),
        ({"network": "linear", "activation": "tanh"}, "no activation"),
        ({"freeze": "layer9"}, "no module 'layer9'"),
        ({"freeze": "features,classifier"}, "nothing is left to train"),
        ({"weights": "nowhere.safetensors"}, "no weights file"),
    ],
)
def test_settings_that_the_network_cannot_have_are_named(fields: dict[str, Any], words: str) -> None:
    with pytest.raises(LabError, match=words):
        make(**fields)


def test_nearest_neighbours_train_in_a_session_and_are_evaluated(runs_home: Path) -> None:
    """A network without parameters: its snapshot has nothing but buffers to copy."""
    import lab

    run = lab.train("classify", steps=3, device="cpu", network="knn", memory=200, test_time_augmentation=1)
    assert run.evaluate()["accuracy"] > 0.5  # Chance is 0.1.


def test_a_list_of_layers_in_a_file_is_built_and_kept_with_the_run(tmp_path: Path) -> None:
    path = tmp_path / "net.txt"
    path.write_text("input 16x16x1\nconv 4 3  # small\npool 2\ngap\ndense classes\n")
    config = ClassifyConfig.parse({**TINY, "network": f"layers:{path}"})
    path.unlink()
    assert (config.network, config.layers) == ("layers", "input 16x16x1, conv 4 3, pool 2, gap, dense classes")
    experiment = Classify(config, CPU)
    assert (experiment.format.size, experiment.format.channels) == (16, 1)
    assert sum(p.numel() for p in experiment.net.net.parameters()) == 4 * 10 + 10 * 5
    with pytest.raises(UsageError, match=r"layers:.*net\.txt can't be read: No such file"):
        ClassifyConfig.parse({**TINY, "network": f"layers:{path}"})


def test_a_list_that_cannot_be_built_says_why() -> None:
    with pytest.raises(UsageError, match=r"--layers .*no layer 'cov'"):
        ClassifyConfig.parse({**TINY, "network": "layers", "layers": "cov 8 3"})
    with pytest.raises(UsageError, match="--network layers: the list must end with `dense classes`"):
        make(network="layers", layers="gap, dense 3")


def test_l1_and_class_weights_change_the_loss_as_by_hand() -> None:
    def made(**settings: Any) -> Classify:
        fields = {"data": "digits", "network": "linear", "batch_size": 16, "validation": 0.0, **settings}
        return Classify(ClassifyConfig.parse(fields), torch.device("cpu"))

    plain, sparse, balanced = made(), made(l1=0.01), made(class_balance=1.0)
    images, labels = plain.batch()
    scores, loss = plain.scores_and_loss(images, labels)
    for other in (sparse, balanced):
        other.net.load_state_dict(plain.net.state_dict())
    weight = next(p for p in plain.net.parameters() if p.dim() > 1)
    assert float((sparse.scores_and_loss(images, labels)[1] - loss).detach()) == pytest.approx(
        0.01 * float(weight.detach().abs().sum()), rel=1e-4
    )
    counts = torch.bincount(balanced.images.split("train").labels).double()
    each = (counts.sum() / 10 / counts)[labels].float()
    losses = torch.nn.functional.cross_entropy(scores, labels, reduction="none")
    assert float(balanced.scores_and_loss(images, labels)[1].detach()) == pytest.approx(
        float(((each * losses).sum() / each.sum()).detach()), rel=1e-4
    )
