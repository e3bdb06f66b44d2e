"""Each recipe improves its own metric on the real digits, within seconds."""

from collections.abc import Callable

import numpy as np
import pytest
import torch

from lab.errors import UsageError
from lab.experiment import Experiment
from lab.registry import recipe


def advance(experiment: Experiment, steps: int) -> Experiment:
    for _ in range(steps):
        experiment.step()
    return experiment


def test_the_autoencoder_reconstructs_better(make: Callable[..., Experiment]) -> None:
    experiment = make("autoencoder")
    images = experiment.feed.images("test").images[:100].float() / 255

    def error() -> float:
        net = experiment.serving()
        return float((net.decode(net.encode(images)) - images).square().mean().detach())  # type: ignore[operator]

    before = error()
    advance(experiment, 300)
    assert error() < 0.25 * before


def test_a_sparse_code_is_smaller(make: Callable[..., Experiment]) -> None:
    sizes = [float(advance(make("autoencoder", sparsity=s), 150).step()["charts/code_size"]) for s in (0.0, 0.5)]
    assert sizes[1] < 0.5 * sizes[0]


def test_a_denoising_autoencoder_repairs_what_a_plain_one_does_not(make: Callable[..., Experiment]) -> None:
    errors = []
    for mask in (0.0, 0.5):
        experiment = advance(make("autoencoder", mask=mask, learning_rate=5e-3), 300)
        images = experiment.feed.images("test").images.float() / 255
        holes = torch.rand(images.shape, generator=torch.Generator().manual_seed(0)) < 0.5
        net = experiment.serving()
        errors.append(float((net.decode(net.encode(images.masked_fill(holes, 0))) - images).square().mean().detach()))  # type: ignore[operator]
    assert errors[1] < 0.8 * errors[0]


@pytest.mark.parametrize("name", ["vae", "cvae"])
def test_the_vae_lowers_its_bound(name: str, make: Callable[..., Experiment]) -> None:
    experiment = make(name)
    before = sum(float(term.sum()) for term in experiment.elbo_terms())  # type: ignore[attr-defined]
    advance(experiment, 300)
    after = sum(float(term.sum()) for term in experiment.elbo_terms())  # type: ignore[attr-defined]
    assert after < 0.65 * before  # 44 nats of a grey guess; below 28.


def test_a_larger_beta_leaves_less_in_the_code(make: Callable[..., Experiment]) -> None:
    kls = [float(advance(make("vae", beta=beta), 200).elbo_terms()[1].sum()) for beta in (0.1, 4.0)]  # type: ignore[attr-defined]
    assert kls[1] < 0.5 * kls[0]


@pytest.mark.parametrize("name", ["gan", "dcgan", "cgan", "wgan-gp"])
def test_the_samples_of_a_gan_come_nearer_to_real_images(name: str, make: Callable[..., Experiment]) -> None:
    experiment = make(name, ema=0.9, g_learning_rate=2e-3, d_learning_rate=2e-3)
    real = experiment.feed.images("test").images.float() / 255

    def distance() -> float:
        """The mean distance of real images to the nearest sample."""
        drawn, _ = experiment.monitor.sample(300, torch.Generator().manual_seed(0))
        return float(torch.cdist(real.flatten(1), drawn.flatten(1)).min(1).values.mean())

    before = distance()
    advance(experiment, 120)
    assert distance() < 0.8 * before


def test_the_average_of_g_follows_it(make: Callable[..., Experiment]) -> None:
    experiment = advance(make("dcgan", ema=0.0), 3)
    assert torch.equal(experiment.average.weights, experiment.g.weights)  # type: ignore[attr-defined]
    slow = advance(make("dcgan", ema=0.999), 3)
    assert not torch.equal(slow.average.weights, slow.g.weights)  # type: ignore[attr-defined]


def test_d_is_left_alone_by_the_step_of_g(make: Callable[..., Experiment]) -> None:
    experiment = advance(make("gan"), 1)
    before = experiment.d.weights.clone()  # type: ignore[attr-defined]
    images = experiment.g.master(torch.randn(8, experiment.config.latent))  # type: ignore[attr-defined]
    experiment.g_step(images, images.detach(), None)  # type: ignore[attr-defined]
    assert torch.equal(before, experiment.d.weights)  # type: ignore[attr-defined]
    assert all(p.requires_grad for p in experiment.d.master.parameters())  # type: ignore[attr-defined]


def test_each_image_comes_once_in_an_epoch(make: Callable[..., Experiment]) -> None:
    experiment = make("vae", batch_size=100)
    labels = torch.cat([experiment.feed.batch()[1] for _ in range(15)])
    assert torch.equal(labels.bincount(), experiment.feed.images("train").labels.bincount())


def test_the_time_lapse_stays_small_and_spans_the_training(make: Callable[..., Experiment]) -> None:
    experiment = advance(make("gan"), 700)
    steps = [step for step, _ in experiment.monitor.lapse.pictures]
    assert len(steps) < 64
    assert steps[0] == 1
    assert np.all(np.diff([0, *steps[1:]]) == experiment.monitor.lapse.every)
    assert steps[-1] == 700


@pytest.mark.parametrize(
    ("name", "fields", "words"),
    [
        ("dcgan", {"size": 30}, "power of 2"),
        ("vae", {"data": "minst"}, "must be digits"),
        ("vae", {"data": "folder:/no/such/folder"}, "must name a folder"),
        ("vae", {"hidden": "400,-3"}, "whole numbers"),
        ("gan", {"loss": "hinge", "label_smoothing": 0.1}, "label-smoothing"),
        ("vae", {"games": "pong,pnog"}, "Did you mean pong"),
    ],
)
def test_wrong_settings_are_refused_in_words(name: str, fields: dict[str, object], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        recipe(name).config_class().parse(fields)
