"""Q-learning with a table (Watkins 1989) on a small Pac-Man: the step before DQN. Read first: `TabularQ.step`."""

import math
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from torch import nn

from agents.maze import ACTIONS, Maze, MazeGame
from agents.maze_views import MazeAnswer, MazeViews
from agents.tabular_q_config import TabularQConfig
from lab.answers import write_film
from lab.errors import LabError, UsageError
from lab.experiment import Experiment, Metrics
from lab.schedules import linear
from lab.state import Tree, attributes
from models.q_table import QTable

FPS = 6
HISTORY = 2_000
"""Games whose returns are kept for the view of them."""


class TabularQ(Experiment):
    """One step is one move of Pac-Man and one update of the table."""

    unit: ClassVar[str] = "moves"
    log_every: ClassVar[int] = 1_000
    checkpoint_every: ClassVar[int] = 50_000
    headline: ClassVar[tuple[str, ...]] = ("charts/episodic_return", "charts/won", "charts/epsilon")
    view_parts: ClassVar[dict[str, type]] = {"shown": MazeViews}

    def __init__(self, config: TabularQConfig, device: torch.device):
        super().__init__(config, torch.device("cpu"))  # A table has nothing to do for a GPU.
        self.config: TabularQConfig = config
        c = config
        self.maze = Maze(c.maze, c.chase, c.food_reward, c.win_reward, c.ghost_penalty)
        self.table = QTable(self.maze.states, len(ACTIONS))
        seeds = np.random.SeedSequence(config.seed).spawn(2)
        self.explore_rng, self.game_rng = (np.random.Generator(np.random.PCG64(seed)) for seed in seeds)
        self.game = MazeGame(self.maze, self.game_rng, c.longest)
        self.from_start = True
        self.returns: list[float] = []
        self.shown = MazeViews(self)

    def step(self) -> Metrics:
        c, game = self.config, self.game
        state, epsilon = game.state_number, self.epsilon()
        action = choose(self.table, state, epsilon, self.explore_rng)
        outcome = game.move(action)
        # A game that was broken off would have gone on: its last state has a value, that of a lost or won one has none.
        future = 0.0 if outcome.over else float(self.table.q[outcome.state].max())
        error = self.table.update(state, action, outcome.reward + c.gamma * future, self.learning_rate())
        self.steps += 1
        metrics: dict[str, Any] = {"charts/epsilon": epsilon, "losses/td_error": abs(error)}
        if game.over or game.truncated:
            if self.from_start:  # The others are no games as one plays them.
                self.returns = [*self.returns[1 - HISTORY :], game.score]
                metrics |= {"charts/episodic_return": [game.score], "charts/episodic_length": [game.moves], "charts/won": [float(game.won)]}
            self.from_start = self.explore_rng.random() >= c.random_starts
            game.reset(None if self.from_start else self.maze.random_state(self.explore_rng))
        return metrics

    def epsilon(self) -> float:
        """The share of random moves now."""
        c = self.config
        return linear(self.steps, c.epsilon_steps, c.epsilon_start, c.epsilon_end)

    def learning_rate(self) -> float:
        """Alpha now."""
        c = self.config
        return linear(self.steps, c.learning_rate_steps, c.learning_rate, c.learning_rate_end)

    # -- the rest of the contract ----------------------------------------------------------------------------------

    def serving(self) -> nn.Module:
        return self.table

    def stateful(self) -> Tree:
        generators = {"explore": self.explore_rng, "game": self.game_rng}
        return {"table": self.table, "generators": generators, "game": self.game, **attributes(self, "steps", "from_start", "returns")}

    def evaluate(self, **options: Any) -> dict[str, Any]:
        return self.evaluated(**options)

    def evaluated(self, episodes: int | None = None, epsilon: float | None = None, seed: int = 0) -> dict[str, Any]:
        """Play whole games by the table: mean, median, min, max and a 95 % interval of the return, and how many were won."""
        c = self.config
        episodes, epsilon = c.eval_episodes if episodes is None else episodes, c.eval_epsilon if epsilon is None else epsilon
        check(episodes, epsilon)
        games = [self.played(seed, i, epsilon) for i in range(episodes)]
        scores = np.array([game.score for game in games])
        mean = float(scores.mean())
        spread = 1.96 * float(scores.std(ddof=1)) / math.sqrt(episodes) if episodes > 1 else math.nan
        return {
            "mean": mean, "median": float(np.median(scores)), "min": float(scores.min()), "max": float(scores.max()),
            "interval95": [mean - spread, mean + spread], "won": sum(game.won for game in games) / episodes,
            "mean_moves": sum(game.moves for game in games) / episodes, "episodes": episodes,
            "states_visited": float((self.table.visits.sum(1) > 0).float().mean()),
            "protocol": (
                f"{c.maze} maze, {episodes} games, epsilon {epsilon:g}, ghost chases {c.chase:g} of the time, food {c.food_reward:g}, "
                f"all food {c.win_reward:g} more, caught {-c.ghost_penalty:g}, at most {c.longest} moves a game, training seed {c.seed}"
            ),
        }  # fmt: skip

    def played(self, seed: int, number: int, epsilon: float, film: list[np.ndarray] | None = None) -> MazeGame:
        """A whole game by the table, and its pictures in `film` where they are wanted."""
        rng = np.random.Generator(np.random.PCG64([seed, number]))
        game = MazeGame(self.maze, rng, self.config.longest)
        while not (game.over or game.truncated):
            if film is not None:
                film.append(MazeAnswer.of(self.maze, self.table, game.state_number, f"score {game.score:g}").picture())
            game.move(choose(self.table, game.state_number, epsilon, rng))
        if film is not None:
            ended = "won" if game.won else "caught" if game.over else "broken off"
            film += [MazeAnswer.of(self.maze, self.table, game.state_number, f"score {game.score:g}, {ended}").picture()] * FPS
        return game

    def watch(self, **options: Any) -> dict[str, Any]:
        """Play games into a film, the table drawn over the maze as it is for the ghost and food of the moment."""
        video, episodes, seed = options.get("video"), options.get("episodes") or 1, options.get("seed") or 0
        epsilon = self.config.eval_epsilon if options.get("epsilon") is None else options["epsilon"]
        check(episodes, epsilon)
        for name in ("game", "sticky"):
            if options.get(name) is not None:
                raise UsageError(f"--{name} does not apply: tabular-q plays its own maze, not an Atari game.")
        if video is None:
            raise LabError("A maze is watched, and played, on its page in the app; here give --video FILE.mp4 or FILE.gif.")
        film: list[np.ndarray] = []
        games = [self.played(seed, i, epsilon, film) for i in range(episodes)]
        seconds = options.get("seconds")
        film = film if seconds is None else film[: max(1, round(seconds * FPS))]
        write_film(Path(video), film, FPS, options.get("film_size"))
        return {"video": str(video), "frames": len(film), "scores": [game.score for game in games], "won": sum(game.won for game in games)}


def choose(table: QTable, state: int, epsilon: float, rng: np.random.Generator) -> int:
    """The epsilon-greedy action. Among equal values the first is taken: an empty table goes up."""
    if rng.random() < epsilon:
        return int(rng.integers(len(ACTIONS)))
    return int(table.q[state].argmax())


def check(episodes: int, epsilon: float) -> None:
    """Raises UsageError for a number of games or a share of random moves that cannot be."""
    if not 1 <= episodes <= 100_000:
        raise UsageError(f"--episodes must be from 1 to 100,000, got {episodes}.")
    if not 0 <= epsilon <= 1:
        raise UsageError(f"--epsilon must be from 0 to 1, got {epsilon:g}.")
