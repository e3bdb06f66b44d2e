"""Small runs of every recipe, whose steps are a matter of milliseconds: what the self-check and the tests of exact resume train.

A recipe is among them by being registered; `SMALL` makes it small, `VARIANTS` are further settings.
"""

import math
from itertools import zip_longest
from pathlib import Path
from typing import Any

import torch

from lab import registry
from lab.experiment import Experiment

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
MLP: dict[str, Any] = {"network": "mlp", "hidden_units": "16", "dropout": -1.0}
SMALL: dict[str, dict[str, Any]] = {
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
    "dream": {"game": "pong", "source": "random", "frames": 128, "size": 16, "features": 8, "overview": 8, "batch_size": 3, "horizon": 3, "horizon_steps": 5},
    "linear": {},
    "classify": {"data": "digits", "batch_size": 300, "validate_every": 4, "patience": 50, "dropout": 0.3, "augment_erase": 0.3, "schedule_steps": 20},
    "segment": {"data": "digits", "scenes": 20, "size": 32, "features": 4, "batch_size": 4, "validate_every": 4, "patch": 24, "augment_flip": True, "augment_warp": 0.1},
    "detect": {"data": "digits", "scenes": 20, "size": 32, "features": 4, "batch_size": 4, "validate_every": 4, "augment_flip": True},
    "locate": {"data": "digits", "scenes": 20, "size": 32, "window": 24, "features": 4, "batch_size": 4, "validate_every": 4, "augment_flip": True},
    "style": {"size": 32},
    "siamese": {"data": "digits", "batch_size": 20, "per_class": 4, "validate_every": 4, "width": 4, "new_classes": 2},
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
    "activations": {"depth": 3, "width": 8, "activation": "tanh"},
    "backpropagation": {"layers": "2-2-2", "targets": "1,0", "activation": "tanh"},
    "likelihood": {"kind": "classes", "count": 200},
    "descent": {"surface": "model", "batch": 2},
    "validation": {"count": 10, "draws": 2, "degree": 2, "fresh": True},
    "perceptron": {"count": 6, "points": "xor"},
    "playground": {"layers": "3 tanh, 2 randomised relu", "dropout": 0.2, "batch_norm": True, "count": 40, "batch_size": 8, "l1": 0.01, "l2": 0.01},
    "cyclegan": {**TRANSLATION, "blocks": 1, "style": 3, "cycle_noise": 0.1, "pool": 10},
    "cyclegan-256": {**TRANSLATION, "blocks": 1, "pool": 10},
    "pix2pix": {**TRANSLATION, "dropout": 0.5},
    "pix2pix-256": {**TRANSLATION, "task": "half"},
    "ngram": {"parts": 40, "validate_every": 3, "order": 3},
    "bengio": {"width": 4, "hidden": 6, "batch_size": 32, "words": 20, "validate_every": 3},
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
    "glove": {"width": 8, "batch_size": 16, "window": 2},
    "ntm": {"length": 3, "bits": 3, "locations": 6, "width": 4, "hidden": 8, "batch_size": 4, "validate_every": 4},
    "captions": {"games": "pong", "player": "random", "frames": 20, "features": 2, "width": 4, "hidden": 6, "batch_size": 4, "dropout": 0.1, "validate_every": 4},
}  # fmt: skip
"""Settings of a small and quick run of each recipe; one that is not here trains with its defaults."""
VARIANTS: dict[str, tuple[str, dict[str, Any]]] = {
    "dqn without replay": ("dqn", {"replay": "off"}),
    "dqn with noisy layers in bf16": ("dqn", {"noisy": True, "double": True, "precision": "bf16"}),
    "qr-dqn with Munchausen rewards": ("qr-dqn", {"munchausen": True, "quantiles": 7}),
    "vae of convolutions in bf16": ("vae", {"architecture": "conv", "features": 4, "precision": "bf16"}),
    "dream of codes": ("dream", {"family": "latent", "entries": 16}),
    "dcgan in bf16": ("dcgan", {"precision": "bf16"}),
    "dcgan with spectral norm": ("dcgan", {"spectral_norm": True, "loss": "hinge"}),
    "flow by a transformer in bf16": ("flow", {"network": "dit", "width": 16, "depth": 1, "precision": "bf16", "guidance": 2.0}),
    "toy-gan relativistic": ("toy-gan", {"loss": "relativistic", "distribution": "two peaks"}),
    "cyclegan in bf16": ("cyclegan", {"precision": "bf16"}),
    "pix2pix with batch norm in bf16": ("pix2pix", {"norm": "batch", "precision": "bf16"}),
    "classify mlp nesterov": ("classify", {**MLP, "optimizer": "nesterov", "patience": 0}),
    "classify rmsprop": ("classify", {**MLP, "optimizer": "rmsprop"}),
    "classify rprop": ("classify", {**MLP, "optimizer": "rprop"}),
    "classify adagrad": ("classify", {**MLP, "optimizer": "adagrad"}),
    "classify adadelta": ("classify", {**MLP, "optimizer": "adadelta"}),
    "classify adam": ("classify", {**MLP, "optimizer": "adam"}),
    "classify sgd": ("classify", {**MLP, "optimizer": "sgd"}),
    "classify knn": ("classify", {"network": "knn", "memory": 100, "dropout": -1.0, "patience": 0}),
    "classify a list of layers": (
        "classify",
        {"network": "layers", "layers": "conv 4 3 stride 2, batch norm, dropout 0.3, gap, dense classes", "dropout": -1.0},
    ),
    "classify with batches of 1": ("classify", {"batch_size": 1, "validation": 0.0, "patience": 0}),
    "segment fcn8s in bf16": ("segment", {"network": "fcn8s", "precision": "bf16"}),
    "detect by a region proposal network": ("detect", {"method": "faster", "regions": 8}),
    "detect by support vector machines": ("detect", {"method": "rcnn", "classifier": "svm", "regions": 8, "proposals": 40}),
    "detect by selective search and RoI pooling": ("detect", {"method": "fast", "pooling": "pool", "regions": 8, "precision": "fp32"}),
    "siamese by contrast": ("siamese", {"loss": "contrastive", "augment": False}),
    "segment by max unpooling": ("segment", {"upsampling": "unpool"}),
    "gpt in bf16": ("gpt", {"precision": "bf16"}),
    "char-rnn gru in bf16": ("char-rnn", {"precision": "bf16", "cell": "gru"}),
    "seq2seq lstm with Luong's attention": ("seq2seq", {"attention": "luong", "model": "lstm"}),
    "seq2seq by the dot product": ("seq2seq", {"attention": "dot", "learned_state": True}),
    "seq2seq transformer": ("seq2seq", {"model": "transformer"}),
    "ngram of words by Katz": ("ngram", {"level": "word", "smoothing": "katz"}),
    "text-class letter by letter": ("text-class", {"level": "char", "learned_state": True}),
    "forecast through a window": ("forecast", {"model": "window", "taps": 3}),
    "tag named entities": ("tag", {"data": "entities", "learned_state": True}),
    "word2vec by a tree": ("word2vec", {"output": "hierarchical softmax"}),
    "char-rnn gru, reset before the product": ("char-rnn", {"cell": "gru", "reset": "before"}),
    "char-rnn of ReLUs": ("char-rnn", {"cell": "relu"}),
    "ntm with two heads on repeat copy": (
        "ntm",
        {"data": "repeat-copy", "repeats": 2, "controller": "lstm", "read_heads": 2, "write_heads": 2},
    ),
    "ntm: an LSTM that sorts": ("ntm", {"data": "sort", "network": "lstm", "layers": 2, "dropout": 0.1}),
    "ntm: a transformer": ("ntm", {"network": "transformer"}),
    "word2vec cbow": ("word2vec", {"method": "cbow"}),
}
FILES = {
    "ngram": "a.txt",
    "gpt": "a.txt",
    "char-rnn": "a.txt",
    "word2vec": "a.txt",
    "glove": "a.txt",
    "tag": "a.py",
    "text-class": "a.tsv",
    "forecast": "a.csv",
}
"""Recipes that learn from a file, and its name: data that take no time to load."""


def cases() -> dict[str, tuple[str, dict[str, Any]]]:
    """(recipe, fields that differ from its small settings) of each case: every recipe under its own name, then the variants."""
    return {**{name: (name, {}) for name in registry.recipes()}, **VARIANTS}


def in_turns() -> list[str]:
    """The cases in the order in which they are checked: one of each family in turns, so that little time reaches all of them."""
    families: dict[str, list[str]] = {}
    for case, (name, _) in cases().items():
        families.setdefault(registry.recipe(name).family, []).append(case)
    return [case for turn in zip_longest(*families.values()) for case in turn if case is not None]


def write_files(folder: Path) -> None:
    """Write the small files to learn from."""
    contents = {
        "a.txt": "the cat sat on the mat and the dog lay by the door. " * 60,
        "a.py": "def f(x):\n    return x + 1  # more\n" * 40,
        "a.tsv": "".join(f"good\tvery nice day number {i}\nbad\tnot a nice night {i}\n" for i in range(30)),
        "a.csv": "a,b\n" + "".join(f"{math.sin(i / 5)},{math.cos(i / 5)}\n" for i in range(120)),
    }
    for name, text in contents.items():
        (folder / name).write_text(text)


def settings(case: str, folder: Path) -> tuple[str, dict[str, Any]]:
    """The recipe of a case and the fields of its config; `folder` has the files."""
    name, fields = cases()[case]
    return name, {**({"data": f"file:{folder / FILES[name]}"} if name in FILES else {}), **SMALL.get(name, {}), **fields}


def made(case: str, folder: Path, device: torch.device, **more: Any) -> Experiment:
    """A fresh experiment of a case, with `more` fields that its config has."""
    name, fields = settings(case, folder)
    recipe = registry.recipe(name)
    config = recipe.config_class()
    fields |= {field: value for field, value in more.items() if field in config.model_fields}
    return recipe.experiment_class()(config.parse(fields), device)


def steps_of(case: str) -> tuple[int, int]:
    """How long a case trains before and after: an agent plays at first, and past the end of an episode; an epoch of images ends."""
    recipe = registry.recipe(cases()[case][0])
    if recipe.name.startswith("pqn"):
        return 45, 9  # A step is several moves.
    return (150, 30) if recipe.is_agent or recipe.name == "tabular-q" else (13, 9)


def advance(experiment: Experiment, steps: int) -> None:
    for _ in range(steps):
        experiment.step()
