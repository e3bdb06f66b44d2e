"""How good a dream is, on held-out play: speed, what stays in it, whether it follows the keys, and rewards. Read first: `evaluate`.

The ball, the paddle and bricks are `agents.dream_things`'.
"""

import time
from typing import Any

import torch
from torch import Tensor, nn

from agents.dream_config import DreamConfig
from agents.dream_data import Play
from agents.dream_things import THINGS, of_bricks, of_things
from agents.dream_world import World
from lab.errors import UsageError

STEPS = 60
"""Of a dream in an evaluation."""


def evaluate(net: nn.Module, config: DreamConfig, play: Play, **options: Any) -> dict[str, Any]:
    """The figures on held-out play; `dreams` and `steps` override the config's and 60."""
    count, length = int(options.get("dreams") or config.eval_dreams), int(options.get("steps") or STEPS)
    starts = play.starts(length, config.history)
    if not len(starts):
        raise UsageError(f"The held-out play has no {length} steps in a row. Give more --frames.")
    rng = torch.Generator().manual_seed(config.seed)
    rows = starts[torch.randperm(len(starts), generator=rng)[:count]]
    real, dreamt, signs, _ = film(net, config, play, rows, length)
    before = play.frames[rows]
    figures: dict[str, Any] = {"frames_per_second": speed(net, config, play, rows[:1]), "dreams": len(rows), "steps": length}
    figures |= one_step(net, config, play)
    wrong = (real != dreamt).sum((2, 3)).float()
    copied = (real != before[:, None]).sum((2, 3)).float()
    figures |= {
        "wrong_pixels_by_step": {str(k): float(wrong[:, k - 1].mean()) for k in (1, 5, 15, 30, 60) if k <= length},
        "copy_wrong_pixels_by_step": {str(k): float(copied[:, k - 1].mean()) for k in (1, 5, 15, 30, 60) if k <= length},
    }
    if config.game in THINGS:
        figures |= of_things(net, config, play, rows, real, dreamt)
        if THINGS[config.game].bricks is not None:
            figures |= of_bricks(net, config, play, rows, dreamt, signs)
    return figures | of_rewards(net, config, play)


def film(net: nn.Module, config: DreamConfig, play: Play, rows: Tensor, length: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Real and dreamt frames (B, T, S, S) after the rows (B,), the dreamt rewards' signs (B, T) and probabilities of an end (B, T)."""
    world = World(net, len(rows), steps=config.drawing_steps, temperature=config.drawing_temperature)
    world.begin(play, rows)
    each = [world.step(play.actions[rows + k]) for k in range(length)]
    real = torch.stack([play.frames[rows + k + 1] for k in range(length)], 1)
    dreamt = torch.stack([step.frames for step in each], 1)
    return real, dreamt, torch.stack([step.signs for step in each], 1), torch.stack([step.ends for step in each], 1)


def speed(net: nn.Module, config: DreamConfig, play: Play, rows: Tensor, count: int = 40) -> float:
    """Frames of one dream that this thread draws in a second of its time."""
    world = World(net, 1, steps=config.drawing_steps, temperature=config.drawing_temperature)
    world.begin(play, rows)
    world.step(play.actions[rows])
    began = time.thread_time()
    for _ in range(count):
        world.step(play.actions[rows])
    return count / max(1e-9, time.thread_time() - began)


def one_step(net: nn.Module, config: DreamConfig, play: Play, count: int = 1_000) -> dict[str, float]:
    """The share of the pixels that change which the next frame has wrong, from real frames; copying the last has all of them wrong."""
    starts = play.starts(1, config.history)
    rows = starts[torch.linspace(0, len(starts) - 1, min(count, len(starts))).long()]
    missed = changed = false = 0
    for part in rows.split(100):
        real, dreamt, _, _ = film(net, config, play, part, 1)
        changes = real[:, 0] != play.frames[part]
        wrong = real[:, 0] != dreamt[:, 0]
        missed, changed, false = missed + int((wrong & changes).sum()), changed + int(changes.sum()), false + int((wrong & ~changes).sum())
    return {"one_step_ratio": missed / max(1, changed), "one_step_all_ratio": (missed + false) / max(1, changed)}


def of_rewards(net: nn.Module, config: DreamConfig, play: Play) -> dict[str, float]:
    """Points found within two steps, and false ones, when each step starts from real frames. A point is found once."""
    rows = play.starts(1, config.history)
    signs = torch.cat([film(net, config, play, part, 1)[2][:, 0] for part in rows.split(200)])
    given = torch.sign(play.rewards[rows]).long()
    hits, used = 0, torch.zeros(len(rows), dtype=torch.bool)
    points = torch.nonzero(given)[:, 0].tolist()
    for i in points:
        near = [j for j in range(max(0, i - 2), min(len(rows), i + 3)) if signs[j] == given[i] and not used[j]]
        if near:
            hits += 1
            used[min(near, key=lambda j: abs(j - i))] = True
    false = int(((signs != 0) & ~used).sum())
    return {
        "reward_recall": hits / len(points) if points else float("nan"), "points": len(points),
        "false_points_per_200": 200 * false / max(1, len(rows)),
    }  # fmt: skip
