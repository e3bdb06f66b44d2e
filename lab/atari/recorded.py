"""Episodes that a person had a hand in, kept as what was done: the emulator plays them again exactly. Read first: `Episode`."""

import json
import logging
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from lab.atari.games import FRAME_SKIP
from lab.atari.player import Player
from lab.data.cache import cache
from lab.errors import LabError
from lab.paths import write_atomic

log = logging.getLogger("lab.atari")

LEAST = 75
"""Decisions, 5 seconds: shorter ones are not kept."""


@dataclass(frozen=True)
class Episode:
    """From a game's start: `noops` emulator frames of nothing, FIRE where `fired`, and then the `actions`, each for four frames.

    The emulator has no chance of its own without sticky actions, so these give the same frames again, whatever its seed.
    """

    game: str
    noops: int
    fired: bool
    actions: tuple[int, ...]
    by_hand: int
    score: float

    def replay(self) -> Iterator[tuple[Player, int]]:
        """A player in the state before each decision, and the action to be taken; it is taken between two of them."""
        player = Player(self.game, epsilon=0.0, noop_max=0, fire_reset=self.fired)
        player.reset(noops=self.noops)
        for action in self.actions:
            if player.over:
                break
            yield player, action
            player.decide(None, action)
            for _ in range(FRAME_SKIP):
                if not player.over:
                    player.emulate()


def folder(game: str) -> Path:
    return cache() / "played" / game


def keep(player: Player, by_hand: int) -> Path | None:
    """Keep the episode that `player` is in, of whose decisions a person took `by_hand`; its file. None where it is short, nobody's or of sticky
    actions, or where there is no room for it: the game goes on without."""
    if not by_hand or len(player.decided) < LEAST or player.sticky:
        return None
    episode = Episode(player.game, player.noops, player.fired, tuple(player.decided), by_hand, player.score)
    file = folder(player.game) / f"{datetime.now(UTC):%Y%m%d-%H%M%S-%f}.json"
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(file, json.dumps(asdict(episode)))
    except OSError as error:
        log.warning("The episode could not be kept for a dream to learn from: %s", error)
        return None
    return file


def files(game: str) -> list[Path]:
    """Those of a game's kept episodes, oldest first."""
    return sorted(folder(game).glob("*.json"))


def episodes(game: str, count: int | None = None) -> list[Episode]:
    """A game's kept episodes, oldest first, the first `count` of them where that is given. Raises LabError for a file that is none."""
    kept = []
    for file in files(game)[:count]:
        try:
            stored = json.loads(file.read_text())
            kept.append(Episode(**{**stored, "actions": tuple(int(action) for action in stored["actions"])}))
        except (ValueError, TypeError, KeyError) as error:
            raise LabError(f"{file} is no recorded episode ({error}). Delete it and try again.") from None
    return kept
