"""What the lab says when something goes wrong: one sentence for the user, an exit code for the shell.

A `LabError` is a message for a person (what was expected, what was found, what to do), so it is printed without a
traceback. Anything else that escapes is a defect: one sentence too, and a file with its traceback.
"""

import difflib
from collections.abc import Iterable


class LabError(Exception):
    """A failed run or a broken file. The message is shown as it is; the process ends with `exit_code`."""

    exit_code = 1


class UsageError(LabError):
    """The request itself was wrong: an unknown name, a value out of bounds."""

    exit_code = 2


class UnnamedGameError(UsageError):
    """An agent's file does not say which game it plays, so a person must."""


def unknown(kind: str, name: str, known: Iterable[str], see: str = "lab list") -> UsageError:
    """The error for a name that is not in `known`, with the nearest names that are."""
    known = list(known)
    near = [candidate for candidate in known if plain(candidate) in ELSEWHERE.get(plain(name), ())]
    near = near or [candidate for candidate in known if len(name) >= PART and plain(name) in plain(candidate)][:3]
    near = near or difflib.get_close_matches(name.lower(), known, n=3, cutoff=0.5)
    hint = f" Did you mean {' or '.join(near)}?" if near else ""
    return UsageError(f"There is no {kind} {name!r}.{hint} `{see}` shows all of them.")


PART = 3
"""From so many letters on, a name that is part of another means that one: `loss` is part of losses/td_loss."""
ELSEWHERE = {
    "lr": ("learning_rate", "g_learning_rate", "d_learning_rate"), "epochs": ("steps",), "epoch": ("steps",), "iterations": ("steps",),
    "max_iters": ("steps",), "max_steps": ("steps",), "num_steps": ("steps",), "total_timesteps": ("steps",), "timesteps": ("steps",),
    "time": ("minutes",), "hours": ("minutes",), "bs": ("batch_size",), "batch": ("batch_size",), "wd": ("weight_decay",),
    "gamma": ("discount", "gamma"), "env": ("game",), "env_id": ("game",), "env_name": ("game",), "num_envs": ("envs",), "n_envs": ("envs",),
    "buffer_size": ("replay_capacity",), "dataset": ("data",), "data_dir": ("data",), "data_path": ("data",), "dataroot": ("data",),
    "model": ("network",), "arch": ("network",), "backbone": ("network",), "image_size": ("size",), "img_size": ("size",),
    "nz": ("latent", "latent_size"), "z_dim": ("latent", "latent_size"), "latent_dim": ("latent", "latent_size"),
    "block_size": ("context",), "seq_len": ("context", "length"), "n_layer": ("layers",), "num_layers": ("layers",), "n_head": ("heads",),
    "n_embd": ("width",), "gpu": ("device",), "cuda": ("device",), "gpus": ("device",), "fp16": ("precision",), "amp": ("precision",),
    "bf16": ("precision",), "dtype": ("precision",), "output": ("out", "run"), "o": ("out",), "output_dir": ("run",), "out_dir": ("run",),
    "save_dir": ("run",), "logdir": ("run",), "log_dir": ("run",), "name": ("run",), "random_seed": ("seed",), "manual_seed": ("seed",),
    "n_episodes": ("episodes",), "num_episodes": ("episodes",), "test": ("eval",), "evaluate": ("eval",), "play": ("watch",),
    "enjoy": ("watch",), "ls": ("runs", "list"), "continue": ("resume",), "generate": ("show",), "sample": ("show",), "app": ("gui",),
}  # fmt: skip
"""What others call a thing, and its names here."""


def plain(name: str) -> str:
    """A name without the dashes of a flag."""
    return name.lstrip("-").replace("-", "_").lower()
