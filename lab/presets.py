"""Presets: a recipe's settings under a name, those that come with the lab and one's own.

One's own are in the file `presets.json` beside the runs, so that the app, the shell and Python share them. Read first: `preset`.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab import registry
from lab.errors import LabError, UsageError, unknown
from lab.paths import runs_folder, write_atomic

QUICK, PUBLISHED, BEST = "quick look", "as published", "best"


@dataclass(frozen=True)
class Preset:
    """Settings that differ from the recipe's defaults, and how long to train; without a length it is the recipe's."""

    about: str
    fields: dict[str, Any]
    steps: int | None = None
    minutes: float | None = None

    def length(self) -> dict[str, int | float]:
        """As `lab.api.train` takes it."""
        return {name: value for name, value in (("steps", self.steps), ("minutes", self.minutes)) if value is not None}


def quick(steps: int, /, **fields: Any) -> Preset:
    return Preset(f"{steps:,} steps: something to look at soon, far from the best.", fields, steps)


QUICK_AGENT: dict[str, Any] = {"learning_starts": 1_000, "replay_capacity": 20_000, "epsilon_steps": 10_000}

BUILT_IN: dict[str, dict[str, Preset]] = {
    "dqn": {
        QUICK: quick(20_000, **QUICK_AGENT),
        PUBLISHED: Preset(
            "Memory, exploration and target network of Mnih et al. 2015; Adam as in Hessel et al. 2018 in place of RMSProp.",
            {
                "envs": 1, "epsilon_end": 0.1, "epsilon_steps": 1_000_000, "learning_starts": 50_000, "replay_capacity": 1_000_000,
                "target_interval": 10_000, "life_loss_terminal": True, "learning_rate": 6.25e-5, "adam_eps": 1.5e-4,
                "learning_rate_end": 1.0, "eval_epsilon": 0.05,
            },
            50_000_000,
        ),
    },
    "dqn-fast": {QUICK: quick(20_000, **QUICK_AGENT)},
    "qr-dqn": {QUICK: quick(20_000, **QUICK_AGENT)},
    "c51": {QUICK: quick(20_000, **QUICK_AGENT)},
    "iqn": {QUICK: quick(10_000, **QUICK_AGENT)},
    "rainbow": {QUICK: quick(20_000, learning_starts=1_000, replay_capacity=20_000)},
    "pqn-fast": {QUICK: quick(50_000, epsilon_steps=10_000, learning_rate_steps=50_000)},
    "tabular-q": {QUICK: quick(30_000, maze="tiny", epsilon_steps=15_000, learning_rate_steps=20_000)},
    "dream": {QUICK: quick(300, frames=3_000, batch_size=16, horizon_steps=200, learning_rate_steps=300)},
    "playground": {
        QUICK: quick(500),
        "xor": Preset("No line separates XOR; two bent units do.", {"points": "xor", "layers": "2 tanh", "learning_rate": 0.03}),
        "one neuron": Preset("Without a hidden layer there is one straight boundary.", {"points": "gaussians", "layers": ""}),
        "circles by products": Preset(
            "No hidden unit: the squares of x and y make circles a matter of one line.",
            {"points": "circles", "layers": "", "inputs": "x2,y2", "learning_rate": 0.03},
        ),
        "underfitting": Preset("A line for two spirals: both losses stay high.", {"layers": "1 tanh"}),
        "overfitting": Preset(
            "20 noisy points and 32 units: the training loss goes to 0, the test loss up.",
            {"points": "moons", "count": 40, "noise": 0.4, "layers": "16 relu, 16 relu", "initialisation": "he", "batch_size": 0},
        ),
        "the cure": Preset(
            "The same points with weight decay: the test loss stays low.",
            {"points": "moons", "count": 40, "noise": 0.4, "layers": "16 relu, 16 relu", "initialisation": "he", "batch_size": 0, "l2": 0.05},
        ),
        "zeros never learn": Preset(
            "All units of a layer get the same gradient and stay the same.",
            {"points": "circles", "initialisation": "zeros", "layers": "8 tanh, 8 tanh"},
        ),
        "vanishing gradient": Preset(
            "Seven layers of sigmoids from weights of size 0.01: nothing reaches the first. Choose relu or batch norm.",
            {"points": "circles", "layers": ", ".join(["6 sigmoid"] * 7), "initialisation": "small", "optimizer": "sgd", "learning_rate": 0.1},
        ),
        "too high a rate": Preset("Steps that overshoot.", {"points": "xor", "layers": "8 tanh", "optimizer": "sgd", "learning_rate": 30.0}),
        "one point at a time": Preset("Batches of one: noisy, and it gets there.", {"points": "circles", "layers": "8 tanh", "batch_size": 1}),
        "a hill to learn": Preset("Regression: the height of two hills.", {"points": "hill", "layers": "8 tanh, 8 tanh"}),
    },
    "linear": {QUICK: quick(500)},
    "classify": {
        QUICK: quick(300, schedule_steps=300, test_time_augmentation=1),
        PUBLISHED: Preset(
            "ResNets on CIFAR-10 as He et al. 2016 trained them: SGD with momentum, the rate divided by 10 twice, shifts and mirrored images.",
            {
                "network": "resnet18", "optimizer": "momentum", "learning_rate": 0.1, "momentum": 0.9, "weight_decay": 1e-4,
                "batch_size": 128, "schedule": "step", "schedule_steps": 64_000, "warmup_steps": 0, "augment_shift": 0.125,
                "augment_flip": True, "augment_rotate": 0.0, "augment_scale": 0.0, "augment_warp": 0.0, "augment_colour": 0.0,
                "test_time_augmentation": 1,
            },
            64_000,
        ),
    },
    "segment": {
        QUICK: quick(150, games="pong,breakout,freeway", frames=60, schedule_steps=150),
        "digits": Preset("Digits among pieces of others, by whole pictures of 64 pixels.", {"data": "digits", "patch": 0, "batch_size": 32}, 800),
        "FCN-32s": Preset("The coarse network, the first of three; train 16s and 8s from its weights.", {"network": "fcn32s", "patch": 0, "border_weight": 0.0}),
    },
    "gpt": {
        QUICK: quick(300, decay_steps=300),
        PUBLISHED: Preset(
            "nanoGPT's character model: 10.7 million parameters, for a GPU.",
            {
                "layers": 6, "heads": 6, "width": 384, "context": 256, "batch_size": 64, "dropout": 0.2, "learning_rate": 1e-3,
                "decay_steps": 5_000,
            },
            5_000,
        ),
    },
    "char-rnn": {QUICK: quick(300, decay_steps=300)},
    "seq2seq": {
        QUICK: quick(300, decay_steps=300),
        BEST: Preset("The transformer: the lowest perplexity on Multi30k of those in docs/results.md.", {"model": "transformer"}),
    },
    "tag": {QUICK: quick(150, decay_steps=150)},
    "text-class": {QUICK: quick(150, decay_steps=150)},
    "forecast": {QUICK: quick(200, decay_steps=200)},
    "word2vec": {QUICK: quick(1_000, decay_steps=1_000)},
    "autoencoder": {
        QUICK: quick(1_000, quality_every=0),
        "denoising": Preset("Learns to take away noise that was added to its input (Vincent et al. 2008).", {"noise": 0.3}),
        "sparse": Preset("A long code of which few numbers differ from 0.", {"latent": 64, "sparsity": 0.01}),
    },
    "vae": {
        QUICK: quick(1_000, quality_every=0),
        PUBLISHED: Preset("500 hidden units and batches of 100 (Kingma & Welling 2014), with Adam in place of Adagrad.",
                          {"hidden": "500", "batch_size": 100}),
        "two dimensions": Preset("z of two numbers, so that the plane shows the whole latent space.", {"latent": 2}),
    },
    "cvae": {QUICK: quick(1_000, quality_every=0)},
    "gan": {QUICK: quick(1_500, quality_every=0)},
    "dcgan": {
        QUICK: quick(600, quality_every=0),
        PUBLISHED: Preset(
            "The settings of Radford et al. 2016: larger images and networks, no gradient penalty, no averaged G; for a GPU.",
            {"size": 64, "features": 64, "batch_size": 128, "r1": 0.0, "ema": 0.0},
        ),
    },
    "cgan": {QUICK: quick(600, quality_every=0)},
    "wgan-gp": {
        QUICK: quick(400, quality_every=0),
        PUBLISHED: Preset(
            "Algorithm 1 of Gulrajani et al. 2017: five critic steps, Adam at 1e-4 with beta1 = 0; for a GPU.",
            {"d_steps": 5, "g_learning_rate": 1e-4, "d_learning_rate": 1e-4, "beta1": 0.0, "features": 64, "ema": 0.0},
        ),
    },
    "r3gan": {QUICK: quick(500, quality_every=0)},
    "stylegan": {QUICK: quick(500, quality_every=0)},
    "flow": {QUICK: quick(800, quality_every=0)},
    "ddpm": {QUICK: quick(800, quality_every=0)},
    "meanflow": {QUICK: quick(800, quality_every=0)},
    "toy-gan": {
        QUICK: quick(1_500),
        "mode collapse": Preset(
            "G ends in none to two of the 25 Gaussians: nothing holds D's slope, and D is small. The defaults are the cure.",
            {"distribution": "grid", "r1": 0.0, "d_hidden": "16"},
        ),
    },
    "toy-flow": {QUICK: quick(1_500)},
    "cyclegan": {QUICK: quick(200, constant_steps=100, decay_steps=100)},
    "pix2pix": {QUICK: quick(300, constant_steps=150, decay_steps=150)},
}  # fmt: skip


def path() -> Path:
    return runs_folder() / "presets.json"


def own(recipe: str) -> dict[str, Preset]:
    """One's own presets of a recipe by name. Raises LabError where the file cannot be read."""
    made = {}
    for name, stored in read().get(recipe, {}).items():
        made[name] = Preset("Your own.", stored["fields"], stored.get("steps"), stored.get("minutes"))
    return made


def read() -> dict[str, dict[str, dict[str, Any]]]:
    try:
        stored = json.loads(path().read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError):
        stored = None
    if not isinstance(stored, dict) or not all(
        isinstance(named, dict) and all(isinstance(entry, dict) and isinstance(entry.get("fields"), dict) for entry in named.values())
        for named in stored.values()
    ):
        raise LabError(f"{path()} cannot be read as presets. Repair it, or move it away to begin with none.")
    return stored


def presets(recipe: str) -> dict[str, Preset]:
    """All presets of a recipe by name: those of the lab, then one's own."""
    return {**BUILT_IN.get(recipe, {}), **own(recipe)}


def preset(recipe: str, name: str) -> Preset:
    """A recipe's preset. Raises UsageError that names those that there are."""
    known = presets(recipe)
    wanted = {each.lower(): each for each in known}.get(name.strip().lower())
    if wanted is None and not known:
        raise UsageError(f"{recipe} has no presets. In the app, Presets > Save as makes one of the settings in the form.")
    if wanted is None:
        raise unknown(f"preset of {recipe}", name, known)
    return known[wanted]


def save(recipe: str, name: str, fields: dict[str, Any], *, steps: int | None = None, minutes: float | None = None) -> None:
    """Keep settings under a name; what was kept under it before is replaced. Raises UsageError for a name that cannot be."""
    name = checked(recipe, name)
    registry.recipe(recipe).config_class().parse(fields)
    stored = read()
    entry = {"fields": fields, "steps": steps, "minutes": minutes}
    stored.setdefault(recipe, {})[name] = {key: value for key, value in entry.items() if value is not None}
    write(stored)


def rename(recipe: str, name: str, new: str) -> None:
    """Give one's own preset another name, which no other has."""
    new = checked(recipe, new)
    stored = read()
    if new != name and new in stored[recipe]:
        raise UsageError(f"{recipe} has a preset {new!r} already: choose another name.")
    stored[recipe] = {new if key == name else key: value for key, value in stored[recipe].items()}
    write(stored)


def delete(recipe: str, name: str) -> None:
    """Forget one's own preset."""
    stored = read()
    del stored[recipe][name]
    write({key: named for key, named in stored.items() if named})


def checked(recipe: str, name: str) -> str:
    """A name that one's own preset may have."""
    name = " ".join(name.split())
    if not name:
        raise UsageError("A preset needs a name.")
    if name.lower() in (taken.lower() for taken in BUILT_IN.get(recipe, {})):
        raise UsageError(f"{name!r} is a preset of the lab: choose another name.")
    return name


def write(stored: dict[str, dict[str, dict[str, Any]]]) -> None:
    try:
        path().parent.mkdir(parents=True, exist_ok=True)
        write_atomic(path(), json.dumps(stored, indent=1, ensure_ascii=True))
    except OSError as error:
        raise LabError(f"Cannot write {path()} ({error.strerror}).") from None
