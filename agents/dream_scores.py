"""How good a dream is, on held-out play: speed, what stays in it, whether it follows the keys, and rewards. Read first: `evaluate`.

Things are told by their colours: the ball's and the own paddle's in Pong and Breakout (`THINGS`).
"""

import time
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from agents.dream_config import DreamConfig
from agents.dream_data import Play
from agents.dream_world import World
from lab.atari.games import cut_rows
from lab.errors import UsageError

STEPS = 60
"""Of a dream in an evaluation."""
PADDLE_STEPS = 15
"""After so many the paddle's place is compared, and before them each single move."""
NEAR = 3.0
"""Emulator's pixels within which the paddle is at its place."""


@dataclass(frozen=True)
class Things:
    """Colour numbers of the ball and the own paddle, the axis along which the paddle moves (0 down, 1 across), and the actions of each way."""

    ball: int
    paddle: int
    axis: int
    ways: dict[str, int]


THINGS = {
    "pong": Things(14, 200, 0, {"RIGHT": -1, "RIGHTFIRE": -1, "LEFT": 1, "LEFTFIRE": 1}),
}


def evaluate(net: nn.Module, config: DreamConfig, play: Play, **options: Any) -> dict[str, Any]:
    """The figures on held-out play; `dreams` and `steps` override the config's and 60."""
    count, length = int(options.get("dreams") or config.eval_dreams), int(options.get("steps") or STEPS)
    starts = play.starts(length, config.history)
    if not len(starts):
        raise UsageError(f"The held-out play has no {length} steps in a row. Give more --frames.")
    rng = torch.Generator().manual_seed(config.seed)
    rows = starts[torch.randperm(len(starts), generator=rng)[:count]]
    real, dreamt, _, _ = film(net, config, play, rows, length)
    before = play.frames[rows]
    figures: dict[str, Any] = {"frames_per_second": speed(net, config, play, rows[:1]), "dreams": len(rows), "steps": length}
    figures |= one_step(net, config, play)
    wrong = (real != dreamt).sum((2, 3)).float()
    copied = (real != before[:, None]).sum((2, 3)).float()
    figures |= {
        "wrong_pixels_by_step": {str(k): float(wrong[:, k - 1].mean()) for k in (1, 5, 15, 30, 60) if k <= length},
        "copy_wrong_pixels_by_step": {str(k): float(copied[:, k - 1].mean()) for k in (1, 5, 15, 30, 60) if k <= length},
    }
    things = THINGS.get(config.game)
    if things is not None:
        figures |= of_things(things, net, config, play, rows, real, dreamt)
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


def of_things(
    things: Things, net: nn.Module, config: DreamConfig, play: Play, rows: Tensor, real: Tensor, dreamt: Tensor
) -> dict[str, float]:
    """The ball's share, the paddle's place and its answer to single moves."""
    palette = net.palette.tolist()  # type: ignore[operator]
    ball, paddle = palette.index(things.ball), palette.index(things.paddle)
    there, dreamt_there = (real == ball).any(3).any(2), (dreamt == ball).any(3).any(2)
    scale = rows_per_pixel(config) if things.axis == 0 else 160 / config.size
    places, dreamt_places = place_of(real == paddle, things.axis) * scale, place_of(dreamt == paddle, things.axis) * scale
    last = min(PADDLE_STEPS, real.shape[1]) - 1
    known = ~places[:, last].isnan()
    near = (places[:, last] - dreamt_places[:, last]).abs() <= NEAR  # A paddle that has vanished is nowhere near.
    upto = (places - dreamt_places)[:, : last + 1].abs() <= NEAR
    figures = {
        "ball_share": float((dreamt_there & there).sum() / max(1, there.sum())),
        "false_ball_share": float((dreamt_there & ~there).sum() / max(1, (~there).sum())),
        "paddle_within_3": float(near[known].float().mean()),
        "paddle_within_3_upto": float(upto[~places[:, : last + 1].isnan()].float().mean()),
    }
    balls, dreamt_balls = centre_of(real == ball) * scale, centre_of(dreamt == ball) * scale
    for k in (1, 5, 15, 30):
        if k <= real.shape[1]:
            d = (balls[:, k - 1] - dreamt_balls[:, k - 1]).norm(dim=1)[there[:, k - 1]]
            figures[f"ball_within_6_at_{k}"] = float((d <= 6).float().mean())
    return figures | {"follows_key": follows_key(things, net, config, play, rows, paddle)}


def follows_key(things: Things, net: nn.Module, config: DreamConfig, play: Play, rows: Tensor, paddle: int, steps: int = 3) -> float:
    """The share of single moves after which the dream's paddle is where its way leads: each key is held for three steps from a start,
    and the paddle must end further that way than after no key, unless it is at the wall in both."""
    from lab.atari.games import action_names

    names = action_names(config.game)
    ends = {}
    for name in ("NOOP", "RIGHT", "LEFT"):
        world = World(net, len(rows), steps=config.drawing_steps, temperature=config.drawing_temperature)
        world.begin(play, rows)
        for _ in range(steps):
            seen = world.step(torch.full((len(rows),), names.index(name)))
        ends[name] = place_of((seen.frames == paddle)[:, None], things.axis)[:, 0]
    good = total = 0
    for name in ("RIGHT", "LEFT"):
        way = things.ways[name]
        moved = (ends[name] - ends["NOOP"]) * way
        wall = (ends["NOOP"] < 4) if way < 0 else (ends["NOOP"] > config.size - 5)
        counted = ~wall
        good, total = good + int((moved[counted] > 0.5).sum()), total + int(counted.sum())
    return good / max(1, total)


def place_of(mask: Tensor, axis: int) -> Tensor:
    """The mean place (B, T) along an axis of the pixels of a mask (B, T, S, S), in its pixels; NaN where there are none."""
    profile = mask.float().sum(3 if axis == 0 else 2)  # (B, T, S)
    return (profile * torch.arange(profile.shape[2])).sum(2) / profile.sum(2)


def centre_of(mask: Tensor) -> Tensor:
    """The centre (B, T, 2) of a mask (B, T, S, S)."""
    return torch.stack([place_of(mask, 0), place_of(mask, 1)], 2)


def rows_per_pixel(config: DreamConfig) -> float:
    top, bottom = cut_rows(config.rows)
    return (210 - top - bottom) / config.size
