"""Agents of other programs: CleanRL's `.cleanrl_model` and the zip of Stable-Baselines3 and rl-zoo3, as the lab's own networks.

Both train Nature DQN on the same stacks of four grey 84x84 frames, 0 to 1, with the game's minimal actions; only the names of the
weights and the shape of the first layer differ. Files are read by PyTorch's restricted unpickler (`lab.weights`): nothing in them runs, and
the pickled parts of a zip that describe its training are not read at all. Read first: `read`.
"""

import json
import logging
import re
import zipfile
from pathlib import Path
from typing import Any

from torch import Tensor

from lab import registry
from lab.atari.games import action_names, check_game, named
from lab.errors import LabError, UnnamedGameError
from lab.run import Run
from lab.weights import read_pth, read_tree
from models.q_network import blocks_of_filters

log = logging.getLogger("lab.agents")

CLEANRL = {"network.0": "conv1", "network.2": "conv2", "network.4": "conv3", "network.7": "hidden", "network.9": "head"}
"""Names of CleanRL's dqn_atari.py and c51_atari.py -> the lab's."""
SB3 = {
    "q_net.features_extractor.cnn.0": "conv1", "q_net.features_extractor.cnn.2": "conv2", "q_net.features_extractor.cnn.4": "conv3",
    "q_net.features_extractor.linear.0": "hidden", "q_net.q_net.0": "head",
}  # fmt: skip
"""Names of DQN("CnnPolicy") of Stable-Baselines3."""
SB3_QUANTILES = {name.replace("q_net", "quantile_net"): ours for name, ours in SB3.items()}
"""Names of QRDQN("CnnPolicy") of sb3-contrib."""
SHAPES = {"conv1.weight": (32, 4, 8, 8), "conv2.weight": (64, 32, 4, 4), "conv3.weight": (64, 64, 3, 3)}
LARGEST = 500_000_000
"""Bytes of weights that are unpacked from a zip at most."""
READS = (
    "The lab reads CleanRL's .cleanrl_model of dqn_atari.py and c51_atari.py, and the zip of Stable-Baselines3's "
    'DQN("CnnPolicy") or sb3-contrib\'s QRDQN("CnnPolicy") on Atari.'
)


def read(path: Path, game: str | None = None) -> Run:
    """What stands for the file at `path`, an agent of `game` or, without one, of the game that the file or its name says.

    Raises LabError where the file holds something else, and UnnamedGameError where nothing says which game it plays.
    """
    names, weights, settings = stable_baselines(path) if is_stable_baselines(path) else cleanrl(path)
    own = {f"{ours}.{part}": weights[f"{name}.{part}"] for name, ours in names.items() for part in ("weight", "bias")}
    for name, shape in SHAPES.items():
        if tuple(own[name].shape) != shape:
            size = "x".join(map(str, own[name].shape))
            raise LabError(
                f"{path.name}: {name} is {size}, not {'x'.join(map(str, shape))}: this is not Nature DQN on four 84x84 frames. {READS}"
            )
    own["conv1.weight"] = blocks_of_filters(own["conv1.weight"])
    game = check_game(game) if game else game_of(path, settings)
    recipe, fields = head(path, own, weights, settings, len(action_names(game)), game)
    hidden = len(own["hidden.bias"])
    config = registry.recipe(recipe).config_class().parse({"game": game, "hidden_units": hidden, **fields})
    stored = {"recipe": recipe, "subject": game, "config": config.model_dump(mode="json"), "source": path.name}
    log.info("%s: %s on %s, read from another program's file", path.name, recipe, game)
    return Run.of_weights(path, stored, {name: tensor.float().contiguous() for name, tensor in own.items()})


def head(
    path: Path, own: dict[str, Tensor], weights: dict[str, Tensor], settings: dict[str, Any], actions: int, game: str
) -> tuple[str, dict[str, Any]]:
    """(the recipe whose network has this head, its fields); the head's weights in `own` get that network's name and order."""
    weight, bias = own.pop("head.weight"), own.pop("head.bias")
    outputs = len(bias)
    atoms = weights.get("atoms")
    quantiles = any(name.startswith("quantile_net.") for name in weights)
    each = len(atoms) if atoms is not None else outputs // actions if quantiles else 1
    if outputs != actions * each:
        has = f"{outputs // each} actions" if outputs % each == 0 and not quantiles else f"{outputs} outputs"
        raise LabError(f"{path.name} has {has}, but {game} has {actions} actions. Name the game that it was trained on with --game.")
    if each == 1:
        own |= {"q.weight": weight, "q.bias": bias}
        return "dqn", {"dueling": False}
    if quantiles:  # sb3-contrib has all actions of a quantile side by side, the lab all quantiles of an action.
        weight, bias = (part.view(each, actions, -1).transpose(0, 1).reshape(part.shape) for part in (weight, bias))
    own |= {"advantage.weight": weight, "advantage.bias": bias}
    if quantiles:
        return "qr-dqn", {"quantiles": each, "dueling": False}
    assert atoms is not None
    return "c51", {"atoms": each, "v_min": float(atoms[0]), "v_max": float(atoms[-1]), "dueling": False}


# -- the two kinds of files ----------------------------------------------------------------------------------------

Contents = tuple[dict[str, str], dict[str, Tensor], dict[str, Any]]
"""Names of layers -> the lab's; the weights by name; what the file says of its training."""


def cleanrl(path: Path) -> Contents:
    """A state_dict, or one under `model_weights` beside the `args` of the training."""
    tree = read_tree(path)
    weights = read_pth(path)
    settings = tree.get("args") if isinstance(tree, dict) else None
    check_names(path, CLEANRL, weights)
    return CLEANRL, weights, settings if isinstance(settings, dict) else {}


def is_stable_baselines(path: Path) -> bool:
    """Whether this is a zip as Stable-Baselines3 saves it. A file of torch.save is a zip too, with other members."""
    if not zipfile.is_zipfile(path):
        return False
    with zipfile.ZipFile(path) as archive:
        return {"data", "policy.pth"} <= set(archive.namelist())


def stable_baselines(path: Path) -> Contents:
    """policy.pth of the zip. Its `data` are JSON with pickles inside, of which only plain values are taken."""
    with zipfile.ZipFile(path) as archive:
        if archive.getinfo("policy.pth").file_size > LARGEST or archive.getinfo("data").file_size > LARGEST:
            raise LabError(f"{path.name} is refused: its policy.pth is larger than {LARGEST // 10**6} MB, which no DQN is.")
        try:
            with archive.open("policy.pth") as file:
                weights = read_pth(path, file.read())
            data = json.loads(archive.read("data"))
        except (OSError, ValueError, zipfile.BadZipFile) as error:
            raise LabError(f"{path.name} cannot be read: the zip is damaged ({error}).") from None
    if any(name.startswith(("mlp_extractor.", "action_net.", "value_net.", "pi_features_extractor.")) for name in weights):
        raise LabError(f"{path.name} holds a policy-gradient agent (PPO or A2C), which has no Q values. {READS}")
    if any(name.startswith(("actor.", "critic.")) for name in weights):
        raise LabError(f"{path.name} holds an actor and a critic (SAC, TD3 or DDPG), which play no Atari game. {READS}")
    names = SB3_QUANTILES if any(name.startswith("quantile_net.") for name in weights) else SB3
    if next(iter(names)) + ".weight" not in weights and any(".q_net." in name or ".quantile_net." in name for name in weights):
        raise LabError(f"{path.name} holds a network without convolutions (MlpPolicy), which does not play from pixels. {READS}")
    check_names(path, names, weights)
    return names, weights, data if isinstance(data, dict) else {}


def check_names(path: Path, names: dict[str, str], weights: dict[str, Tensor]) -> None:
    missing = [f"{name}.weight" for name in names if f"{name}.weight" not in weights or f"{name}.bias" not in weights]
    if missing:
        some = ", ".join(list(weights)[:3])
        raise LabError(f"{path.name} holds weights of another network: {missing[0]} is missing; it has {some}, ... {READS}")


def game_of(path: Path, settings: dict[str, Any]) -> str:
    """The game that a file was trained on: `env_id` of its settings, else what its name or its folder's says, as BreakoutNoFrameskip-v4."""
    texts = [text for text in (settings.get("env_id"), path.stem, path.absolute().parent.name) if isinstance(text, str)]
    for text in texts:
        for word in re.split(r"__|[\s/]", text.removeprefix("ALE/")):
            plain = re.sub(r"(NoFrameskip|Deterministic)?-v\d+.*$", "", word)
            game = named(plain) or next(filter(None, map(named, re.split(r"[-_.]", plain))), None)
            if game is not None:
                return check_game(game)
    raise UnnamedGameError(f"Nothing in {path.name} says which game it plays. Name it with --game, such as --game breakout.")
