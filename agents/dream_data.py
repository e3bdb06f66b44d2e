"""What a dream learns from: played episodes as maps of palette classes, with what was done and what came of it.

The console has 128 colours and a game uses few, so each pixel's class is read off the emulator. Of the console's pixels in a cell the
rarest class stays, so that a ball of 2x4 pixels is not lost. Read first: `Play`, then `collected`.
"""

import hashlib
import logging
from dataclasses import dataclass, fields
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from agents.dream_config import DreamConfig
from lab.atari.games import cut_rows
from lab.atari.player import Player
from lab.atari.recorded import Episode, episodes
from lab.data.cache import kept
from lab.data.palette_masks import shrunk
from lab.errors import UsageError
from models.dream_unet import CLOCK, PHASES

log = logging.getLogger("lab.agents")

PLAYERS = 16
"""The most games that are played at once."""
UNUSED = 255
"""Stands in a palette for no colour: the console's numbers are even."""
OTHER_HUE = 4
"""How far apart two hues are, in steps of brightness."""
PROBE = 40
"""Steps of each player from which the palette is read."""
HELD_OUT = 5
"""Of recorded episodes one in so many is held out."""
HOLD = 8
"""The most steps for which a random action is held: single ones cancel out, and a paddle would never reach the walls."""


@dataclass(frozen=True)
class Play:
    """Episodes, one after the other, in rows: `frames` (N, S, S) uint8, the `actions` (N,) taken in them, and then the `rewards` (N,) and
    whether a life or the game `ended` (N,).

    `age` (N,) counts the rows before this one in its episode; an episode's last row is the frame after its last action, and is not `played`.
    `clock` (N,) counts the steps since the last reward or end; with the episode's phase, times CLOCK, for a dream that is told it.
    """

    frames: Tensor
    actions: Tensor
    rewards: Tensor
    ended: Tensor
    played: Tensor
    age: Tensor
    clock: Tensor

    def starts(self, steps: int = 1, past: int = 0) -> Tensor:
        """The rows (N,) from which at least `steps` are played on in one episode, with at least `past` rows of it before."""
        going = self.played.clone()
        if steps > len(going):
            return torch.empty(0, dtype=torch.long)
        for k in range(1, steps):
            going[: len(going) - k] &= self.played[k:]
            going[len(going) - k :] = False
        return torch.nonzero(going & (self.age >= past))[:, 0]

    def history(self, rows: Tensor, length: int) -> Tensor:
        """The rows (B, length) of what is seen at `rows` (B,), oldest first; before an episode's first, that one again."""
        back = torch.arange(length - 1, -1, -1)
        return rows[:, None] - torch.minimum(back, self.age[rows][:, None])

    def done(self, rows: Tensor, length: int) -> Tensor:
        """The actions (B, length) that go with `history`: in the last the one to be taken; before an episode's first, no-ops."""
        back = torch.arange(length - 1, -1, -1)
        return torch.where(back <= self.age[rows][:, None], self.actions[self.history(rows, length)], 0)


@dataclass(frozen=True)
class Recorded:
    """The play of a game, its palette as numbers (C,) and colours (C, 3), and the mean reward of each sign (3,)."""

    play: Play
    palette: Tensor
    rgb: Tensor
    means: Tensor


class Part(NamedTuple):
    """A part of the play, of episodes of its own: its place among the seeds, how many frames it has for each to learn from, at least and at most."""

    number: int
    share: float
    least: int
    most: int

    def frames(self, config: DreamConfig) -> int:
        return int(min(max(self.least, config.frames * self.share), self.most))


PARTS = {
    "train": Part(1, 1.0, 64, 2_000_000),
    "held out": Part(2, 0.125, 64, 4_000),
    "views": Part(3, 0.125, 64, 400),
}
"""What is learned from, what an evaluation plays on, and what views show, which is there within seconds."""


def collected(config: DreamConfig, name: str) -> Recorded:
    """A part of the play that a config asks for, from the cache or played now. Raises UsageError for a source that cannot be used."""
    c, part = config, PARTS[name]
    frames = part.frames(c)
    source = c.source.replace(":", "-").replace("/", "-")
    file = (
        f"dream/{c.game}-{source}-{c.size}px-{c.rows.replace(',', '-')}-{c.colours}c-skip{c.frame_skip}"
        f"-random{c.random_share:g}-{name.replace(' ', '-')}-{frames}-s{c.seed}{'-phase' * c.phase}.safetensors"
    )
    if c.recorded is not None:
        chosen = recorded_part(c, name)
        digest = hashlib.sha256(repr([(e.noops, e.actions) for e in chosen]).encode()).hexdigest()[:12]
        file = f"dream/{c.game}-recorded-{c.size}px-{c.rows.replace(',', '-')}-{c.colours}c-{digest}{'-phase' * c.phase}.safetensors"
        tensors = kept(file, lambda: play_recorded(config, chosen))
    else:
        tensors = kept(file, lambda: play(config, part, frames))
    return Recorded(
        Play(**{field.name: tensors[field.name] for field in fields(Play)}), tensors["palette"], tensors["rgb"], tensors["means"]
    )


def recorded_part(config: DreamConfig, name: str) -> list[Episode]:
    """The recorded episodes of a part of the play: each fifth, from the first on, is held out. Raises UsageError where there are under two."""
    every = episodes(config.game, config.recorded)
    if len(every) < max(2, config.recorded or 0):
        raise UsageError(
            f"--source {config.source} needs {max(2, config.recorded or 0)} recorded episodes of {config.game}, found {len(every)}. "
            "Take over beside Watch, for 5 seconds or more, makes one."
        )
    return [episode for i, episode in enumerate(every) if (i % HELD_OUT == 0) == (name != "train")]


def play_recorded(config: DreamConfig, chosen: list[Episode]) -> dict[str, Tensor]:
    """Recorded episodes, played again by the emulator, and their palette: that of all of the game's, so that its parts agree."""
    log.info("%s: playing %d recorded episodes again", config.game, len(chosen))
    cut = cut_rows(config.rows)
    counts, looks = np.zeros(256, np.int64), np.zeros((256, 3), np.uint8)
    for episode in episodes(config.game, config.recorded):
        for step, (player, _) in enumerate(episode.replay()):
            if step % 10 == 0:
                count_colours(player, cut, counts, looks)
    numbers, rgb = most_frequent(counts, looks, config.colours)
    table = class_table(numbers)
    parts: list[dict[str, list[Any]]] = []
    for episode in chosen:
        rows: dict[str, list[Any]] = {field.name: [] for field in fields(Play)}
        age = clock = phase = 0
        score, lives, before = 0.0, 0, None
        for player, action in episode.replay():
            if before is None:
                phase = phase_of(config, player)
            else:
                reward, lost = player.score - score, player.ale.lives() < lives
                add(rows, *before, reward, lost, True, age, clock + phase)
                age, clock = age + 1, 0 if reward or lost else min(clock + 1, CLOCK - 1)
            score, lives = player.score, player.ale.lives()
            before = (shown(player, cut, table, config.size), action)
        if before is None:
            continue
        # The player is as it was left by the last action.
        reward, lost = player.score - score, player.over or player.ale.lives() < lives
        add(rows, *before, reward, lost, True, age, clock + phase)
        clock = 0 if reward or lost else min(clock + 1, CLOCK - 1)
        add(rows, shown(player, cut, table, config.size), 0, 0.0, False, False, age + 1, clock + phase)
        parts.append(rows)
    return tensors_of(parts, numbers, rgb)


def phase_of(config: DreamConfig, player: Player) -> int:
    """What the phase adds to the clocks of an episode that begins now; nothing for a dream that is not told it."""
    return CLOCK * (player.ale.getEpisodeFrameNumber() % PHASES) if config.phase else 0


def shown(player: Player, cut: tuple[int, int], table: Tensor, size: int) -> Tensor:
    """What a player's emulator shows, as classes (size, size)."""
    screen = player.ale.getScreen()
    return classes(screen[None, cut[0] : len(screen) - cut[1]], table, size)[0]


def player_of(config: DreamConfig) -> tuple[nn.Module | None, str]:
    """The network that plays and the rows that it does not see; None where actions are random."""
    from lab.stored_runs import agent_for, find

    if config.source == "random":
        return None, "0,0"
    if config.source == "agent":
        return agent_for(config.game)
    run = find(config.source)
    if run.stored["config"].get("game") != config.game:
        raise UsageError(f"--source {config.source} plays {run.stored['config'].get('game')}, not {config.game}.")
    return run.experiment("cpu", serving_only=True).serving().eval(), run.stored["config"].get("crop", "0,0")


def players_for(frames: int) -> int:
    """How many games are played at once for so many frames."""
    return max(2, min(PLAYERS, frames // 250))


class Players:
    """Games at once, with more random actions from the first to the last."""

    def __init__(self, config: DreamConfig, net: nn.Module | None, crop: str, part: int, frames: int):
        count = players_for(frames)
        seeds = np.random.SeedSequence([config.seed, part]).generate_state(count) >> 1
        self.config, self.net = config, net
        self.players = [Player(config.game, seed=int(seed), epsilon=0.0, crop=crop) for seed in seeds]
        self.rng = np.random.default_rng([config.seed, part])
        self.shares = np.linspace(0, min(1.0, 2 * config.random_share), count) if net is not None else np.ones(count)
        self.held = np.zeros(count, np.int64)
        self.random = np.zeros(count, np.int64)
        self.cut = cut_rows(config.rows)

    def screens(self) -> np.ndarray:
        """What each shows, as colour numbers (P, H, W)."""
        screens = np.stack([player.ale.getScreen() for player in self.players])
        return screens[:, self.cut[0] : screens.shape[1] - self.cut[1]]

    def act(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """One decision of each: the actions, rewards, and whether a life was lost and the game is over, (P,) each."""
        count = len(self.players)
        best = np.zeros(count, np.int64)
        if self.net is not None:
            stacks = torch.from_numpy(np.stack([player.stack for player in self.players]))
            with torch.no_grad():
                best = self.net(stacks).argmax(1).numpy()
        # Random actions come in runs of some steps; their share of the steps is `shares`.
        runs = (1 + HOLD) / 2
        begin = (self.held == 0) & (self.rng.random(count) * (runs * (1 - self.shares) + self.shares) < self.shares)
        self.random = np.where(begin, self.rng.integers(len(self.players[0].actions), size=count), self.random)
        self.held = np.where(begin, self.rng.integers(1, HOLD + 1, size=count), self.held)
        actions = np.where(self.held > 0, self.random, best)
        self.held = np.maximum(self.held - 1, 0)
        rewards, lost = np.zeros(count, np.float32), np.zeros(count, np.bool_)
        for i, player in enumerate(self.players):
            lives = player.ale.lives()
            player.decide(None, int(actions[i]))
            for _ in range(self.config.frame_skip):
                if not player.over:
                    rewards[i] += player.emulate()
            lost[i] = player.over or player.ale.lives() < lives
        return actions, rewards, lost, np.array([player.over for player in self.players])


def play(config: DreamConfig, part: Part, frames: int) -> dict[str, Tensor]:
    """So many frames of play, and its palette."""
    log.info("%s: playing %d frames", config.game, frames)
    net, crop = player_of(config)
    numbers, rgb = palette_of(config, net, crop)
    table = class_table(numbers)
    players = Players(config, net, crop, part.number, frames)
    count = len(players.players)
    steps = -(-frames // count)
    rows: list[dict[str, list[Any]]] = [{field.name: [] for field in fields(Play)} for _ in range(count)]
    ages, clocks = np.zeros(count, np.int64), np.zeros(count, np.int64)
    phases = [phase_of(config, player) for player in players.players]
    for step in range(1, steps + 1):
        seen = classes(players.screens(), table, config.size)
        actions, rewards, lost, over = players.act()
        final = classes(players.screens(), table, config.size) if over.any() or step == steps else seen
        for i in range(count):
            add(rows[i], seen[i], int(actions[i]), float(rewards[i]), bool(lost[i]), True, int(ages[i]), int(clocks[i]) + phases[i])
            ages[i] += 1
            clocks[i] = 0 if rewards[i] or lost[i] else min(clocks[i] + 1, CLOCK - 1)
            if over[i] or step == steps:
                add(rows[i], final[i], 0, 0.0, False, False, int(ages[i]), int(clocks[i]) + phases[i])
                ages[i] = clocks[i] = 0
                players.players[i].reset()
                phases[i] = phase_of(config, players.players[i])
        if step % 250 == 0 or step == steps:
            log.info("%s: %d of %d frames", config.game, step * count, steps * count)
    return tensors_of(rows, numbers, rgb)


def tensors_of(rows: list[dict[str, list[Any]]], numbers: np.ndarray, rgb: np.ndarray) -> dict[str, Tensor]:
    """What is kept of some play: its rows one part after the other, its palette and the mean reward of each sign."""
    tensors = {name: joined(name, rows) for name in rows[0]}
    given = tensors["rewards"]
    means = [given[sign].mean().item() if sign.any() else value for value, sign in ((-1.0, given < 0), (0.0, given == 0), (1.0, given > 0))]
    return {**tensors, "palette": torch.from_numpy(numbers), "rgb": torch.from_numpy(rgb), "means": torch.tensor(means)}


def add(rows: dict[str, list[Any]], *values: Any) -> None:
    for name, value in zip(rows, values, strict=True):
        rows[name].append(value)


TYPES = {
    "actions": torch.int64,
    "rewards": torch.float32,
    "ended": torch.bool,
    "played": torch.bool,
    "age": torch.int64,
    "clock": torch.int64,
}


def joined(name: str, parts: list[dict[str, list[Any]]]) -> Tensor:
    values = [value for part in parts for value in part[name]]
    return torch.stack(values) if name == "frames" else torch.tensor(values, dtype=TYPES[name])


def palette_of(config: DreamConfig, net: nn.Module | None, crop: str) -> tuple[np.ndarray, np.ndarray]:
    """The colour numbers (colours,) and how they look (colours, 3), the most frequent first; `UNUSED` where there are fewer."""
    players = Players(config, net, crop, 0, PROBE * 50)
    counts, looks = np.zeros(256, np.int64), np.zeros((256, 3), np.uint8)
    for _ in range(PROBE):
        for player in players.players:
            count_colours(player, players.cut, counts, looks)
        players.act()
        for player in players.players:
            if player.over:
                player.reset()
    return most_frequent(counts, looks, config.colours)


def count_colours(player: Player, cut: tuple[int, int], counts: np.ndarray, looks: np.ndarray) -> None:
    """Add a screen's colour numbers to `counts` (256,), those of rows that are cut excepted, and note how they look in `looks` (256, 3)."""
    screen = player.ale.getScreen()
    counts += np.bincount(screen[cut[0] : len(screen) - cut[1]].ravel(), minlength=256)
    number, place = np.unique(screen, return_index=True)
    looks[number] = player.ale.getScreenRGB().reshape(-1, 3)[place]


def most_frequent(counts: np.ndarray, looks: np.ndarray, colours: int) -> tuple[np.ndarray, np.ndarray]:
    """The palette of counted colours: numbers (colours,) and how they look (colours, 3)."""
    order = [number for number in np.argsort(-counts, kind="stable") if counts[number]][:colours]
    numbers, rgb = np.full(colours, UNUSED, np.uint8), np.zeros((colours, 3), np.uint8)
    numbers[: len(order)], rgb[: len(order)] = order, looks[order]
    return numbers, rgb


def class_table(numbers: np.ndarray) -> Tensor:
    """The class (256,) of each colour number: its place in `numbers` (C,), or that of the colour nearest to it.

    A number is a hue in its upper four bits and a brightness in the next three.
    """
    each, wanted = np.arange(256)[:, None], numbers[None].astype(np.int64)
    distance = np.abs((each >> 1 & 7) - (wanted >> 1 & 7)) + OTHER_HUE * (each >> 4 != wanted >> 4)
    return torch.from_numpy(np.where(wanted == UNUSED, 1_000, distance).argmin(1))


def classes(screens: np.ndarray, table: Tensor, size: int) -> Tensor:
    """Screens (N, H, W) of colour numbers -> classes (N, size, size) uint8."""
    return shrunk(table[torch.from_numpy(screens).long()], size).to(torch.uint8)
