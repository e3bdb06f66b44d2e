"""The resume contract of every recipe: N + M steps equal N, a checkpoint on disk, and M more, to the last bit.

A recipe is in it by being registered; `lab/selfcheck/cases.py` has its small settings, and further ones.
The negative control leaves the random generators out of the state, which must show.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import torch

from lab import registry
from lab.experiment import Experiment
from lab.selfcheck.cases import advance, cases, made, steps_of, write_files
from lab.selfcheck.exactness import everything, stored_and_read

CPU = torch.device("cpu")
GENERATOR_BYTES = torch.Generator().get_state().numel()
CASES = cases()

DQN: dict[str, Any] = {
    "game": "breakout", "envs": 2, "replay_capacity": 400, "learning_starts": 32, "batch_size": 8, "hidden_units": 16, "precision": "fp32",
    "epsilon_steps": 100, "epsilon_end": 0.8, "target_interval": 10, "noop_max": 3, "learning_rate": 1e-3, "learning_rate_steps": 500,
}  # fmt: skip
PQN: dict[str, Any] = {
    "game": "breakout", "envs": 3, "rollout_steps": 4, "minibatches": 3, "epochs": 2, "hidden_units": 16, "precision": "fp32",
    "epsilon_steps": 100, "epsilon_end": 0.8, "noop_max": 3, "learning_rate": 1e-3, "learning_rate_steps": 900,
    "life_loss_terminal": True,
}  # fmt: skip
DENSE: dict[str, Any] = {"data": "digits", "size": 8, "hidden": "32", "latent": 4, "quality_every": 0}
GAN: dict[str, Any] = {"data": "digits", "size": 8, "features": 4, "latent": 8, "batch_size": 32, "quality_every": 0}
DENOISING: dict[str, Any] = {"data": "digits", "size": 8, "features": 8, "batch_size": 16, "quality_every": 0}
TRANSLATION: dict[str, Any] = {
    "data": "digits", "size": 16, "batch_size": 4, "features": 4, "d_features": 4, "patch_layers": 2, "jitter": 2, "flip": True,
    "constant_steps": 4, "decay_steps": 30, "precision": "fp32",
}  # fmt: skip
TINY: dict[str, dict[str, Any]] = {
    "dqn": DQN,
    "dqn-fast": {**DQN, "envs": 3, "train_every": 4, "sticky_actions": 0.25, "life_loss_terminal": True, "replay_capacity": 300, "crop": "20,10"},
    "qr-dqn": DQN,
    "tabular-q": {"maze": "tiny", "epsilon_steps": 100, "learning_rate_steps": 100, "epsilon_end": 0.3},
    "c51": {**DQN, "atoms": 11},
    "iqn": {**DQN, "fractions": 3, "acting_fractions": 4},
    "rainbow": {**DQN, "atoms": 11},
    "beyond-rainbow": {**DQN, "fractions": 3, "acting_fractions": 4, "trunk_width": 1, "train_every": 20, "batch_size": 3},
    "pqn": PQN,
    "pqn-fast": {**PQN, "sticky_actions": 0.25},
    "dream": {"game": "pong", "source": "random", "frames": 128, "size": 16, "features": 8, "batch_size": 3, "horizon": 3, "horizon_steps": 5},
    "linear": {},
    "classify": {"data": "digits", "batch_size": 300, "validate_every": 4, "patience": 50, "dropout": 0.3, "augment_erase": 0.3, "schedule_steps": 20},
    "segment": {"data": "digits", "scenes": 20, "size": 32, "features": 4, "batch_size": 4, "validate_every": 4, "patch": 24, "augment_flip": True, "augment_warp": 0.1},
    "detect": {"data": "digits", "scenes": 20, "size": 32, "features": 4, "batch_size": 4, "validate_every": 4, "augment_flip": True},
    "locate": {"data": "digits", "scenes": 20, "size": 32, "window": 24, "features": 4, "batch_size": 4, "validate_every": 4, "augment_flip": True},
    "autoencoder": {**DENSE, "noise": 0.3, "mask": 0.2, "sparsity": 0.1},
    "vae": DENSE,
    "cvae": {**DENSE, "beta_warmup": 50},
    "gan": {"data": "digits", "size": 8, "g_hidden": "32", "d_hidden": "32", "latent": 8, "d_steps": 2, "label_smoothing": 0.1, "quality_every": 0},
    "dcgan": {**GAN, "r1_every": 3},
    "cgan": GAN,
    "wgan-gp": {**GAN, "d_steps": 2},
    "r3gan": {**GAN, "features": 8},
    "stylegan": {**GAN, "features": 8, "d_features": 8},
    "pixelcnn": {**DENOISING, "batch_size": 150, "features": 4, "layers": 2, "levels": 3},
    "vqvae": {
        **DENOISING, "batch_size": 150, "features": 4, "entries": 8, "entry_width": 4, "prior_features": 4, "prior_layers": 2,
        "codebook_steps": 17,
    },
    "flow": DENOISING,
    "ddpm": {**DENOISING, "precision": "fp32"},
    "meanflow": DENOISING,
    "toy-gan": {"hidden": "8", "d_hidden": "8", "batch_size": 16, "gradient_penalty": 0.1, "d_steps": 2},
    "toy-flow": {"hidden": "8", "batch_size": 16},
    "approximation": {"units": 3, "batch_size": 8},
    "som": {"rows": 3, "columns": 3},
    "rbm": {"hidden": "6,4", "layer_steps": 10, "batch_size": 8},
    "perceptron": {"count": 6, "points": "xor"},
    "playground": {"layers": "3 tanh, 2 randomised relu", "dropout": 0.2, "batch_norm": True, "count": 40, "batch_size": 8, "l1": 0.01, "l2": 0.01},
    "cyclegan": {**TRANSLATION, "blocks": 1, "style": 3, "cycle_noise": 0.1, "pool": 10},
    "cyclegan-256": {**TRANSLATION, "blocks": 1, "pool": 10},
    "pix2pix": {**TRANSLATION, "dropout": 0.5},
    "pix2pix-256": {**TRANSLATION, "task": "half"},
    "gpt": {"context": 16, "layers": 2, "heads": 2, "width": 16, "batch_size": 4, "dropout": 0.1, "validate_every": 3},
    "char-rnn": {"hidden": 12, "width": 8, "unroll": 8, "batch_size": 4, "dropout": 0.1, "layers": 2, "validate_every": 3},
    "seq2seq": {
        "data": "numbers", "pairs": 200, "hidden": 8, "width": 8, "batch_size": 8, "dropout": 0.1, "teacher_forcing": 0.5,
        "validate_every": 20,
    },
    "tag": {"length": 16, "hidden": 6, "width": 4, "batch_size": 4, "crf": True, "dropout": 0.1},
    "text-class": {"hidden": 6, "width": 4, "batch_size": 8, "dropout": 0.5},
    "forecast": {"hidden": 6, "batch_size": 4, "window": 8, "dropout": 0.1},
    "word2vec": {"width": 8, "batch_size": 32, "window": 2, "subsample": 1.0},
}  # fmt: skip
"""Settings of a small and quick run of each recipe; one that is not here trains with its defaults."""
VARIANTS: dict[str, tuple[str, dict[str, Any]]] = {
    "dqn without replay": ("dqn", {"replay": "off"}),
    "dqn with noisy layers in bf16": ("dqn", {"noisy": True, "double": True, "precision": "bf16"}),
    "qr-dqn with Munchausen rewards": ("qr-dqn", {"munchausen": True, "quantiles": 7}),
    "vae of convolutions in bf16": ("vae", {"architecture": "conv", "features": 4, "precision": "bf16"}),
    "dcgan in bf16": ("dcgan", {"precision": "bf16"}),
    "dcgan with spectral norm": ("dcgan", {"spectral_norm": True, "loss": "hinge"}),
    "flow by a transformer in bf16": ("flow", {"network": "dit", "width": 16, "depth": 1, "precision": "bf16", "guidance": 2.0}),
    "toy-gan relativistic": ("toy-gan", {"loss": "relativistic", "distribution": "two peaks"}),
    "cyclegan in bf16": ("cyclegan", {"precision": "bf16"}),
    "pix2pix with batch norm in bf16": ("pix2pix", {"norm": "batch", "precision": "bf16"}),
    "classify mlp nesterov": (
        "classify",
        {"network": "mlp", "optimizer": "nesterov", "hidden_units": "16", "dropout": -1.0, "patience": 0},
    ),
    "classify rmsprop": ("classify", {"optimizer": "rmsprop", "dropout": -1.0}),
    "classify rprop": ("classify", {"optimizer": "rprop"}),
    "classify adagrad": ("classify", {"optimizer": "adagrad"}),
    "classify adadelta": ("classify", {"optimizer": "adadelta"}),
    "classify adam": ("classify", {"optimizer": "adam"}),
    "classify sgd": ("classify", {"optimizer": "sgd"}),
    "classify knn": ("classify", {"network": "knn", "memory": 100, "dropout": -1.0, "patience": 0}),
    "classify a list of layers": (
        "classify",
        {"network": "layers", "layers": "conv 4 3 stride 2, batch norm, dropout 0.3, gap, dense classes", "dropout": -1.0},
    ),
    "classify with batches of 1": ("classify", {"batch_size": 1, "validation": 0.0, "patience": 0}),
    "segment fcn8s in bf16": ("segment", {"network": "fcn8s", "precision": "bf16"}),
    "segment by max unpooling": ("segment", {"upsampling": "unpool"}),
    "gpt in bf16": ("gpt", {"precision": "bf16"}),
    "char-rnn gru in bf16": ("char-rnn", {"precision": "bf16", "cell": "gru"}),
    "seq2seq lstm with Luong's attention": ("seq2seq", {"attention": "luong", "model": "lstm"}),
    "seq2seq transformer": ("seq2seq", {"model": "transformer"}),
    "word2vec cbow": ("word2vec", {"method": "cbow"}),
}
CASES = {**{name: (name, {}) for name in registry.recipes()}, **VARIANTS}
FILES = {"gpt": "a.txt", "char-rnn": "a.txt", "word2vec": "a.txt", "tag": "a.py", "text-class": "a.tsv", "forecast": "a.csv"}
"""Data that take no time to load."""


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A folder with small files to learn from."""
    write_files(tmp_path)
    return tmp_path


@contextmanager
def experiment_of(case: str, data: Path) -> Iterator[Experiment]:
    """A fresh experiment of a case, closed at the end."""
    experiment = made(case, data, CPU)
    try:
        yield experiment
    finally:
        experiment.close()


@pytest.mark.parametrize("case", CASES)
def test_a_resumed_run_equals_an_uninterrupted_one(case: str, data: Path) -> None:
    before, after = steps_of(case)
    with experiment_of(case, data) as straight, experiment_of(case, data) as resumed:
        advance(straight, before)
        resumed.restore(stored_and_read(straight, data))
        advance(straight, after)
        advance(resumed, after)
        (tree, tensors), (other_tree, others) = everything(straight), everything(resumed)
    assert tree == other_tree
    assert tensors.keys() == others.keys()
    assert [name for name in tensors if not torch.equal(tensors[name], others[name])] == []


def generators_from(fresh: Any, state: Any) -> tuple[Any, int]:
    """The state with the generators of a fresh one, and how many those are."""
    if isinstance(state, dict) and "bit_generator" in state:
        return fresh, 1
    if isinstance(state, torch.Tensor) and state.dtype == torch.uint8 and state.shape == (GENERATOR_BYTES,):
        return fresh, 1
    if isinstance(state, dict) and isinstance(fresh, dict):
        entries = {key: generators_from(fresh[key], value) if key in fresh else (value, 0) for key, value in state.items()}
        return {key: value for key, (value, _) in entries.items()}, sum(count for _, count in entries.values())
    if isinstance(state, list) and isinstance(fresh, list) and len(fresh) == len(state):
        rows = [generators_from(one, other) for one, other in zip(fresh, state, strict=True)]
        return [value for value, _ in rows], sum(count for _, count in rows)
    return state, 0


@pytest.mark.parametrize("case", [*registry.recipes()])
def test_leaving_the_random_generators_out_shows(case: str, data: Path) -> None:
    before, after = steps_of(case)
    with experiment_of(case, data) as straight, experiment_of(case, data) as resumed:
        advance(straight, before)
        state, count = generators_from(resumed.state(), stored_and_read(straight, data))
        assert count, "a recipe without a generator of its own: leave something else out"
        resumed.restore(state)
        advance(straight, after)
        advance(resumed, after)
        weights, others = (dict(one.serving().state_dict()) for one in (straight, resumed))
        assert any(not torch.equal(weights[name], others[name]) for name in weights)
