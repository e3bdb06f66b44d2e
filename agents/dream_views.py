"""Views of a dream, each beside the game itself, from the same frames and actions. Read first: `DreamViews.film`."""

import colorsys

import numpy as np
import torch
from torch import Tensor, nn

from agents.dream_config import DreamConfig
from agents.dream_data import Play, collected
from agents.dream_scores import film
from agents.dream_world import World
from lab.answers import Curves, Images
from lab.errors import UsageError
from lab.experiment import view
from lab.parameters import Count, Index
from models.dream_latent import LatentDream

MANY = 16
"""Dreams of which errors are the mean."""
GAP = 2
"""Pixels between two pictures."""
GOLDEN = 0.618034
"""From one code's hue to the next: neighbours in number are far apart."""


class DreamViews:
    """The views of a dream by its settings. They show play of their own, recorded at the first of them."""

    def __init__(self, config: DreamConfig, action_names: tuple[str, ...]):
        self.config, self.action_names = config, action_names
        self.recorded: Play | None = None

    @property
    def play(self) -> Play:
        if self.recorded is None:
            self.recorded = collected(self.config, "views").play
        return self.recorded

    def starts(self, steps: int, start: int, count: int = 1) -> tuple[Tensor, int]:
        """Rows (count,) from which the play goes on, the first of them number `start`, and for how many steps, `steps` at most."""
        while not len(rows := self.play.starts(steps)):
            steps = max(1, steps // 2)
        places = (start + torch.arange(count) * max(1, len(rows) // count)) % len(rows)
        return rows[places], steps

    @view(live=True)
    def film(self, net: nn.Module, start: Index = 0, steps: Count = 60) -> Images:
        """The game, the dream from the same frame by the same actions, and where they differ. Saved as a GIF or MP4 it moves."""
        rows, steps = self.starts(steps, start)
        real, dreamt, signs, _ = film(net, self.config, self.play, rows, steps)
        pictures = [net.pictures(each[0]).numpy() for each in (real, dreamt)]  # type: ignore[operator]
        differ = np.where((real[0] != dreamt[0]).numpy()[..., None], 255, pictures[0] // 4).astype(np.uint8)
        gap = np.full((steps, differ.shape[1], GAP, 3), 128, np.uint8)
        frames = np.concatenate([pictures[0], gap, pictures[1], gap, differ], 2)
        captions = [f"{k + 1}: {points(int(sign))}" for k, sign in enumerate(signs[0])]
        return Images(frames, captions, columns=4, scale=2, title="game, dream, difference")

    @view(live=True)
    def every_action(self, net: nn.Module, start: Index = 0, steps: Count = 4) -> Images:
        """What the dream would show after each action, held for some steps; first the frame that all of them start from."""
        rows, _ = self.starts(1, start)
        names = self.action_names
        world = World(net, len(names), steps=self.config.drawing_steps)
        world.begin(self.play, rows.expand(len(names)))
        frames = [self.play.frames[rows[0]]]
        for _ in range(steps):
            seen = world.step(torch.arange(len(names)))
        pixels = net.pictures(torch.cat([torch.stack(frames), seen.frames]))  # type: ignore[operator]
        return Images(pixels.numpy(), ["now", *names], columns=4, scale=2, title=f"after {steps} steps")

    @view(live=True)
    def codes_over_time(self, net: nn.Module, start: Index = 0, steps: Count = 32) -> Images:
        """Of a dream of --family latent: the game, its codes, the codes of the dream by the same actions, and what they stand for. Each
        code has a colour of its own; those of the dream that are not the game's are framed."""
        if not isinstance(net, LatentDream):
            raise UsageError("This dream draws pixels and has no codes; this view needs --family latent.")
        rows, steps = self.starts(steps, start)
        real, dreamt, _, _ = film(net, self.config, self.play, rows, steps)
        place = next(net.parameters()).device
        codes, theirs = (net.codes_of(frames[0].to(place)).cpu() for frames in (real, dreamt))  # (T, h, w)
        colours = np.array([colorsys.hsv_to_rgb(code * GOLDEN % 1, 0.6, 0.9) for code in range(net.entries)])
        colours = (colours * 255).astype(np.uint8)
        cell = real.shape[-1] // codes.shape[-1]
        maps = [colours[each.numpy()].repeat(cell, 1).repeat(cell, 2) for each in (codes, theirs)]
        edge = np.ones((cell, cell), np.bool_)
        edge[1:-1, 1:-1] = False
        maps[1][(codes != theirs).numpy().repeat(cell, 1).repeat(cell, 2) & np.tile(edge, codes.shape[1:])] = 255
        pictures = [net.pictures(each[0]).numpy() for each in (real, dreamt)]
        gap = np.full((steps, real.shape[-1], GAP, 3), 128, np.uint8)
        shown = np.concatenate([pictures[0], gap, maps[0], gap, maps[1], gap, pictures[1]], 2)
        wrong = (codes != theirs).flatten(1).sum(1).tolist()
        captions = [f"{k + 1}: {count} of {codes[0].numel()} codes differ" for k, count in enumerate(wrong)]
        return Images(shown, captions, columns=2, scale=2, title="game, its codes, the dream's codes, dream")

    @view(live=True)
    def error_over_time(self, net: nn.Module, start: Index = 0, steps: Count = 60) -> Curves:
        """Wrong pixels of the dream, by how long it has gone on, beside those of a picture that stays as it was; means of 16 dreams."""
        rows, steps = self.starts(steps, start, MANY)
        real, dreamt, _, _ = film(net, self.config, self.play, rows, steps)
        x = np.arange(1, steps + 1)
        wrong = (real != dreamt).sum((2, 3)).float().mean(0).numpy()
        copied = (real != self.play.frames[rows][:, None]).sum((2, 3)).float().mean(0).numpy()
        return Curves({"dream": (x, wrong), "copy the first frame": (x, copied)}, x_label="steps", y_label="wrong pixels")

    @view(live=True)
    def outcomes(self, net: nn.Module, start: Index = 0, steps: Count = 120) -> Curves:
        """The reward that is expected in each step of real play, and the probability that a life ends, beside the true ones."""
        rows, steps = self.starts(steps, start)
        line = rows[0] + torch.arange(steps)
        world = World(net, steps)
        world.begin(self.play, line)
        step = world.step(self.play.actions[line])
        x = np.arange(1, steps + 1)
        expected = (step.rewards[:, 2] - step.rewards[:, 0]).numpy()
        return Curves(
            {
                "expected reward": (x, expected), "true reward": (x, torch.sign(self.play.rewards[line]).numpy()),
                "probability of an end": (x, step.ends.numpy()), "true end": (x, self.play.ended[line].float().numpy()),
            },
            x_label="steps", y_label="sign of the reward",
        )  # fmt: skip


def points(sign: int) -> str:
    return {-1: "a point lost", 0: "", 1: "a point"}[sign]
