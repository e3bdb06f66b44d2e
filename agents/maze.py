"""Pac-Man on a small grid: food, walls, a ghost, four actions. Small enough for a table with a line for each state.

A state is the cell of Pac-Man, the cell of the ghost and which food is left. Pac-Man moves first and eats; then the ghost moves,
towards him with probability `chase`, else anywhere it can. Read first: `Maze.outcomes`, the rules; `MazeGame` plays by them.
"""

from collections import deque
from dataclasses import dataclass
from functools import cached_property

import numpy as np

ACTIONS = ("UP", "DOWN", "LEFT", "RIGHT")
MOVES = ((-1, 0), (1, 0), (0, -1), (0, 1))
"""What each action adds to (row, column)."""

MAZES = {
    "tiny": """
#####
#P .#
#   #
#. G#
#####""",
    "small": """
#######
#P . .#
# # # #
#.   .#
# # # #
#. . G#
#######""",
    "long": """
###########
#P  #   ..#
# #   # # #
# # ### # #
#.  #  G  #
###########""",
}
"""P is where Pac-Man starts, G the ghost, a dot is food, # a wall."""


@dataclass(frozen=True)
class Outcome:
    """What an action may lead to."""

    probability: float
    state: int
    reward: float
    over: bool
    won: bool = False


@dataclass(frozen=True)
class Maze:
    """A maze and its rules."""

    name: str
    chase: float = 0.5
    food_reward: float = 1.0
    win_reward: float = 5.0
    ghost_penalty: float = 5.0

    @cached_property
    def rows(self) -> tuple[str, ...]:
        return tuple(MAZES[self.name].strip().splitlines())

    @cached_property
    def cells(self) -> tuple[tuple[int, int], ...]:
        """(row, column) of every cell that is no wall; elsewhere a cell is its number in this list."""
        return tuple((y, x) for y, row in enumerate(self.rows) for x, sign in enumerate(row) if sign != "#")

    @cached_property
    def food(self) -> tuple[int, ...]:
        """The cells where food lies at first; food i is bit i of a state's food."""
        return self.places(".")

    def places(self, sign: str) -> tuple[int, ...]:
        return tuple(i for i, (y, x) in enumerate(self.cells) if self.rows[y][x] == sign)

    @cached_property
    def neighbours(self) -> tuple[tuple[int, ...], ...]:
        """For each cell where each action leads: the cell itself in front of a wall."""
        number = {place: i for i, place in enumerate(self.cells)}
        return tuple(tuple(number.get((y + dy, x + dx), i) for dy, dx in MOVES) for i, (y, x) in enumerate(self.cells))

    @cached_property
    def distances(self) -> np.ndarray:
        """The steps (C, C) from each cell to each other."""
        steps = np.full((len(self.cells),) * 2, -1)
        for start in range(len(self.cells)):
            steps[start, start], waiting = 0, deque([start])
            while waiting:
                cell = waiting.popleft()
                for following in self.neighbours[cell]:
                    if steps[start, following] < 0:
                        steps[start, following] = steps[start, cell] + 1
                        waiting.append(following)
        return steps

    # -- states ----------------------------------------------------------------------------------------------------

    @property
    def states(self) -> int:
        return len(self.cells) ** 2 * 2 ** len(self.food)

    def state(self, pacman: int, ghost: int, food: int) -> int:
        """The number of a state; `food` has a bit for each food that is left."""
        return (pacman * len(self.cells) + ghost) * 2 ** len(self.food) + food

    def parts(self, state: int) -> tuple[int, int, int]:
        """(cell of Pac-Man, cell of the ghost, food) of a state."""
        pair, food = divmod(state, 2 ** len(self.food))
        return (*divmod(pair, len(self.cells)), food)

    @property
    def start(self) -> int:
        return self.state(self.places("P")[0], self.places("G")[0], 2 ** len(self.food) - 1)

    def random_state(self, rng: np.random.Generator) -> int:
        """Pac-Man and the ghost in two cells, some of the food left: any state in which a game can go on."""
        pacman, ghost = (int(cell) for cell in rng.choice(len(self.cells), 2, replace=False))
        food = int(rng.integers(1, 2 ** len(self.food)))
        under = 1 << self.food.index(pacman) if pacman in self.food else 0
        return self.state(pacman, ghost, food & ~under or (2 ** len(self.food) - 1) & ~under)

    # -- rules -----------------------------------------------------------------------------------------------------

    def outcomes(self, state: int, action: int) -> list[Outcome]:
        """Everything that an action may lead to, with probabilities that add up to 1."""
        pacman, ghost, food = self.parts(state)
        pacman = self.neighbours[pacman][action]
        if pacman == ghost:
            return [Outcome(1.0, self.state(pacman, ghost, food), -self.ghost_penalty, True)]
        reward, left = 0.0, food
        if pacman in self.food and food >> self.food.index(pacman) & 1:
            left = food & ~(1 << self.food.index(pacman))
            reward = self.food_reward
        if not left:
            return [Outcome(1.0, self.state(pacman, ghost, left), reward + self.win_reward, True, won=True)]
        return [
            Outcome(
                probability, self.state(pacman, to, left), reward - self.ghost_penalty * (to == pacman), to == pacman
            )
            for to, probability in self.all_ghost_moves[pacman][ghost].items()
        ]  # fmt: skip

    @cached_property
    def all_ghost_moves(self) -> list[list[dict[int, float]]]:
        """`ghost_moves` for every cell of Pac-Man and of the ghost."""
        cells = range(len(self.cells))
        return [[self.ghost_moves(pacman, ghost) for ghost in cells] for pacman in cells]

    def ghost_moves(self, pacman: int, ghost: int) -> dict[int, float]:
        """Where the ghost may go, and how probably: the first of the cells nearest to Pac-Man is where it chases him."""
        choices = [cell for cell in self.neighbours[ghost] if cell != ghost] or [ghost]
        moves = dict.fromkeys(choices, (1 - self.chase) / len(choices))
        nearest = min(choices, key=lambda cell: self.distances[cell, pacman])
        moves[nearest] += self.chase
        return {cell: probability for cell, probability in moves.items() if probability}


class MazeGame:
    """A game in a maze: `state`, the score so far, the moves made, and how it ended."""

    def __init__(self, maze: Maze, rng: np.random.Generator, longest: int = 100):
        """A game that is not won or lost within `longest` moves is broken off."""
        self.maze, self.rng, self.longest = maze, rng, longest
        self.reset()

    def reset(self, start: int | None = None) -> None:
        """A new game from the start, or from another state."""
        self.state_number, self.score, self.moves = self.maze.start if start is None else start, 0.0, 0
        self.over = self.won = self.truncated = False

    def move(self, action: int) -> Outcome:
        """One move of Pac-Man and the ghost's answer."""
        outcomes = self.maze.outcomes(self.state_number, action)
        drawn = self.rng.random()
        for outcome in outcomes:
            drawn -= outcome.probability
            if drawn < 0:
                break
        self.state_number, self.moves = outcome.state, self.moves + 1
        self.score += outcome.reward
        self.over, self.won = outcome.over, outcome.won
        self.truncated = not self.over and self.moves >= self.longest
        return outcome

    def state(self) -> dict[str, float]:
        """For an exact resume; the generator is its owner's."""
        return {"state": self.state_number, "score": self.score, "moves": self.moves}

    def restore(self, state: dict[str, float]) -> None:
        self.reset()
        self.state_number, self.score, self.moves = int(state["state"]), float(state["score"]), int(state["moves"])
