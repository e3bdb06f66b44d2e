"""What is in a dream, and whether it is where the game has it: the ball, the own paddle under the keys, bricks. Read first: `of_things`.

Things are told by their colours, and where two share one by their place (`THINGS`).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor, nn

from agents.dream_config import DreamConfig
from agents.dream_data import PARTS, Play, Players, class_table, classes, recorded_part
from agents.dream_world import World
from lab.atari.games import action_names, cut_rows
from lab.atari.player import Player

PADDLE_STEPS = 15
"""After so many the paddle's place is compared, and before them each single move."""
NEAR = 3.0
"""Emulator's pixels within which the paddle is at its place."""
KEY_STEPS = 3
"""Steps for which a single key is held."""
BRICK_STEPS = 30
"""Of a dream in which bricks are watched."""
WIDTH, HEIGHT = 160, 210

Area = tuple[int, int, int, int]
"""Rows and columns of the emulator's screen: first row, row after the last, first column, column after the last."""
EVERYWHERE: Area = (0, HEIGHT, 0, WIDTH)


@dataclass(frozen=True)
class Bricks:
    """A wall of `rows` x `columns` bricks that fill an area; where a brick is gone there is the colour `ground`."""

    area: Area
    rows: int
    columns: int
    ground: int


@dataclass(frozen=True)
class Things:
    """Colour numbers and areas of the ball and the own paddle, the axis along which the paddle moves (0 down, 1 across), and the way of each key."""

    ball: int
    paddle: int
    axis: int
    ways: dict[str, int]
    ball_areas: tuple[Area, ...] = field(default=(EVERYWHERE,))
    paddle_area: Area = EVERYWHERE
    bricks: Bricks | None = None


THINGS = {
    "pong": Things(14, 200, 0, {"RIGHT": -1, "LEFT": 1}),
    # Ball, paddle and the highest row of bricks are of one red: the ball is what is red between the side walls, above or below the bricks.
    "breakout": Things(
        70, 70, 1, {"RIGHT": 1, "LEFT": -1}, ((32, 56, 8, 152), (93, 188, 8, 152)), (189, 193, 8, 152), Bricks((57, 93, 8, 152), 6, 18, 0)
    ),
}  # fmt: skip


class Places:
    """Where the things of a game are in frames (B, T, S, S) of classes, in the emulator's pixels."""

    def __init__(self, things: Things, palette: list[int], config: DreamConfig):
        self.things, self.size = things, config.size
        self.top, bottom = cut_rows(config.rows)
        self.height = HEIGHT - self.top - bottom
        table = class_table(np.array(palette, np.uint8))
        self.ball_class, self.paddle_class = int(table[things.ball]), int(table[things.paddle])
        self.ground = int(table[things.bricks.ground]) if things.bricks else 0

    def cells(self, area: Area) -> tuple[slice, slice]:
        """The cells of a frame that lie in an area of the screen."""
        top, bottom, left, right = area
        down, across = self.size / self.height, self.size / WIDTH
        return (
            slice(max(0, int((top - self.top) * down + 0.5)), max(0, int((bottom - self.top) * down + 0.5))),
            slice(int(left * across + 0.5), int(right * across + 0.5)),
        )  # fmt: skip

    def within(self, mask: Tensor, areas: tuple[Area, ...]) -> Tensor:
        inside = torch.zeros(self.size, self.size, dtype=torch.bool)
        for area in areas:
            inside[self.cells(area)] = True
        return mask & inside

    def ball(self, frames: Tensor) -> Tensor:
        """The ball's pixels, a mask like `frames`."""
        return self.within(frames == self.ball_class, self.things.ball_areas)

    def paddle(self, frames: Tensor) -> Tensor:
        """The own paddle's place (B, T) along its axis; NaN where there is none."""
        mask = self.within(frames == self.paddle_class, (self.things.paddle_area,))
        return place_of(mask, self.things.axis) * (self.height, WIDTH)[self.things.axis] / self.size

    def centre(self, frames: Tensor) -> Tensor:
        """The ball's centre (B, T, 2)."""
        mask = self.ball(frames)
        return torch.stack([place_of(mask, 0) * self.height, place_of(mask, 1) * WIDTH], 2) / self.size

    def bricks(self, frames: Tensor) -> Tensor:
        """Which bricks are there (B, T, rows, columns): those of whose cells more than half are not ground, so that a ball is none."""
        wall = self.things.bricks
        assert wall is not None
        filled = (frames != self.ground).float()
        top, _, left, _ = wall.area
        high, wide = (wall.area[1] - top) // wall.rows, (wall.area[3] - left) // wall.columns
        return torch.stack([
            torch.stack([
                filled[(..., *self.cells((top + r * high, top + (r + 1) * high, left + c * wide, left + (c + 1) * wide)))].mean((-2, -1)) > 0.5
                for c in range(wall.columns)
            ], -1) for r in range(wall.rows)
        ], -2)  # fmt: skip


def of_things(net: nn.Module, config: DreamConfig, play: Play, rows: Tensor, real: Tensor, dreamt: Tensor) -> dict[str, float]:
    """The ball's share, the paddle's place and its answer to single moves, of real and dreamt frames (B, T, S, S) after the rows (B,)."""
    at = Places(THINGS[config.game], net.palette.tolist(), config)  # type: ignore[operator]
    there, dreamt_there = (at.ball(frames).any(3).any(2) for frames in (real, dreamt))
    difference = at.paddle(real) - at.paddle(dreamt)
    known = ~at.paddle(real).isnan()
    near = difference.abs() <= NEAR  # A paddle that has vanished is nowhere near.
    last = min(PADDLE_STEPS, real.shape[1]) - 1
    figures = {
        "ball_share": float((dreamt_there & there).sum() / there.sum().clamp(min=1)),
        "false_ball_share": float((dreamt_there & ~there).sum() / (~there).sum().clamp(min=1)),
        "paddle_within_3": float(near[:, last][known[:, last]].float().mean()),
        "paddle_within_3_upto": float(near[:, : last + 1][known[:, : last + 1]].float().mean()),
    }
    distance = (at.centre(real) - at.centre(dreamt)).norm(dim=2)
    for k in (1, 5, 15, 30):
        if k <= real.shape[1]:
            figures[f"ball_within_6_at_{k}"] = float((distance[:, k - 1][there[:, k - 1]] <= 6).float().mean())
    return figures | {"follows_key": follows_key(at, net, config, play, rows)}


def follows_key(at: Places, net: nn.Module, config: DreamConfig, play: Play, rows: Tensor) -> float:
    """The share of single moves that the dream's paddle follows: each key is held for three steps from the same rows, in the emulator
    and in the dream; where it takes the emulator's paddle elsewhere than no key does, it must take the dream's that way too."""
    names = action_names(config.game)
    keys = ["NOOP", *at.things.ways]
    emulated = after_keys(config, play, rows, [names.index(key) for key in keys], class_table(net.palette.cpu().numpy()))  # type: ignore[operator]
    dreamt = []
    for key in keys:
        world = World(net, len(rows), steps=config.drawing_steps, temperature=config.drawing_temperature)
        world.begin(play, rows)
        for _ in range(KEY_STEPS):
            seen = world.step(torch.full((len(rows),), names.index(key)))
        dreamt.append(seen.frames)
    real, dream = (at.paddle(frames) for frames in (emulated, torch.stack(dreamt, 1)))  # (B, keys)
    moved, followed = (torch.sign((place[:, 1:] - place[:, :1]).nan_to_num()) for place in (real, dream))
    counted = moved != 0
    return float((moved == followed)[counted].float().mean()) if counted.any() else float("nan")


def after_keys(config: DreamConfig, play: Play, rows: Tensor, actions: list[int], table: Tensor, part: str = "held out") -> Tensor:
    """What the emulator shows (B, A, S, S) where from the rows (B,) each action is held for three steps.

    The games are played again up to each row, and on from there.
    """
    wanted, seen = set(rows.tolist()), dict[int, Tensor]()
    top, bottom = cut_rows(config.rows)
    for row, player in played_again(config, play, part):
        if row in wanted:
            state, screens = player.ale.cloneState(), []
            for action in actions:
                for _ in range(KEY_STEPS * config.frame_skip):
                    player.ale.act(player.actions[action])
                screens.append(player.ale.getScreen()[top : HEIGHT - bottom])
                player.ale.restoreState(state)
            seen[row] = classes(np.stack(screens), table, config.size)
            if len(seen) == len(wanted):
                break
    return torch.stack([seen[row] for row in rows.tolist()])


def played_again(config: DreamConfig, play: Play, part: str) -> Iterator[tuple[int, Player]]:
    """The rows of a part's play, each with a player in the state that it shows. They are played by the part's seeds and their actions."""
    row = 0
    if config.recorded is not None:
        for episode in recorded_part(config, part):
            for player, _ in episode.replay():
                yield row, player
                row += 1
            row += 1
        return
    players = Players(config, None, "0,0", PARTS[part].number, PARTS[part].frames(config)).players
    for player in players:
        for _ in range(int(play.played.sum()) // len(players)):
            yield row, player
            player.decide(None, int(play.actions[row]))
            for _ in range(config.frame_skip):
                if not player.over:
                    player.emulate()
            row += 1
            if not play.played[row]:
                row += 1
                player.reset()


def of_bricks(net: nn.Module, config: DreamConfig, play: Play, rows: Tensor, dreamt: Tensor, signs: Tensor) -> dict[str, float]:
    """Of dreams of 30 steps: the share in which bricks that are gone stay gone, in which the score rises where the game's does and stays
    where it stays, and in which both hold."""
    at = Places(THINGS[config.game], net.palette.tolist(), config)  # type: ignore[operator]
    steps = min(BRICK_STEPS, dreamt.shape[1])
    bricks = at.bricks(torch.cat([play.frames[rows][:, None], dreamt[:, :steps]], 1)).flatten(2)  # (B, T + 1, bricks)
    gone = (~bricks).to(torch.uint8).cummax(1).values.bool()
    stay = ~(bricks & gone).flatten(1).any(1)
    earned = torch.stack([play.rewards[rows + k] for k in range(steps)], 1).sum(1)
    right = torch.sign(earned) == torch.sign(net.rewards.cpu()[signs[:, :steps] + 1].sum(1))  # type: ignore[index]
    return {
        "bricks_stay_gone": float(stay.float().mean()),
        "score_direction": float(right.float().mean()),
        "bricks_and_score": float((stay & right).float().mean()),
    }


def place_of(mask: Tensor, axis: int) -> Tensor:
    """The mean place (B, T) along an axis of the pixels of a mask (B, T, S, S), in its pixels; NaN where there are none."""
    profile = mask.float().sum(3 if axis == 0 else 2)  # (B, T, S)
    return (profile * torch.arange(profile.shape[2])).sum(2) / profile.sum(2)
