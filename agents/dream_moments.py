"""Played episodes from whose moments a dream can start: of the play that views show, and games that were taken over.

Each is an `Episode`, which the emulator plays again exactly. Read first: `find_episode`.
"""

import torch

from agents.dream_config import DreamConfig
from agents.dream_data import PARTS, Play, Players, collected, players_for
from lab.atari.games import FRAME_SKIP
from lab.atari.recorded import Episode, episodes, files
from lab.errors import UsageError

SHOWN, TAKEN_OVER = "held-out", "yours"
"""The words before the numbers of episodes."""


def episode_names(config: DreamConfig) -> dict[str, str]:
    """The episodes that a dream of these settings can start in, such as `held-out:1`, and what they are called on the screen."""
    if config.frame_skip != FRAME_SKIP:  # A decision of an episode is one of four frames.
        return {}
    shown = 0 if config.recorded is not None else players_for(PARTS["views"].frames(config))
    own = len(files(config.game))
    return {f"{SHOWN}:{k}": f"held-out game {k}" for k in range(1, shown + 1)} | {
        f"{TAKEN_OVER}:{k}": f"your game {k}" for k in range(1, own + 1)
    }


def find_episode(config: DreamConfig, name: str) -> Episode:
    """The episode of that name. Raises UsageError for one that is not there."""
    known = episode_names(config)
    if name not in known:
        raise UsageError(
            f"There is no episode {name!r} of {config.game} in steps of {config.frame_skip} frames, only {', '.join(known) or 'none'}."
        )
    kind, number = name.split(":")
    there = episodes(config.game) if kind == TAKEN_OVER else first_games(config, collected(config, "views").play, "views")
    return there[int(number) - 1]


def first_games(config: DreamConfig, play: Play, part: str) -> list[Episode]:
    """The first game of each player of a part of the play, up to where the part ends."""
    players = Players(config, None, "0,0", PARTS[part].number, PARTS[part].frames(config)).players
    before = play.played.cumsum(0) - play.played.long()  # (N,) rows played before each
    share = int(play.played.sum()) // len(players)
    begins = torch.nonzero(play.played & (play.age == 0) & (before % share == 0))[:, 0].tolist()
    lengths = [int((~play.played[row:]).nonzero()[0]) for row in begins]
    return [
        Episode(config.game, player.noops, player.fired, tuple(play.actions[row : row + length].tolist()), 0, float(play.rewards[row : row + length].sum()))
        for player, row, length in zip(players, begins, lengths, strict=True)
    ]  # fmt: skip
