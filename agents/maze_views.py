"""What a table of Q values shows: the maze with the values as colours and the best actions as arrows, visits, returns.

Read first: `MazeAnswer`.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol, Self

import numpy as np
from PIL import Image, ImageDraw

from agents.maze import ACTIONS, MOVES, Maze, MazeGame
from lab import fonts
from lab.answers import Answer, Bars, Curves, Heatmap
from lab.experiment import view
from lab.parameters import Choice
from models.q_table import QTable

CELL = 64
"""Pixels of a cell's side."""
GROUND, WALL, INK, FAINT = (24, 24, 24), (52, 74, 140), (235, 235, 235), (190, 190, 190)
PACMAN, GHOST, FOOD = (255, 214, 60), (236, 72, 96), (255, 240, 214)
LOW, MIDDLE, HIGH = np.array([158, 42, 50]), np.array([46, 48, 54]), np.array([36, 128, 74])
"""Of values below, at and above zero."""
HEADER, EDGE = 26, 10
"""Pixels above the maze for its title, and around it for the outer wall."""


class Learner(Protocol):
    """What the views need of an experiment."""

    maze: Maze
    game: MazeGame
    returns: list[float]


@dataclass(frozen=True)
class MazeAnswer(Answer):
    """A maze and its table `q` (S, A), drawn for the ghost and the food of `state`; `visits` (S, A) beside it.

    `values` draws all four values of each cell as triangles, else its best action as an arrow on the colour of its value.
    """

    maze: Maze
    q: np.ndarray
    visits: np.ndarray
    state: int
    title: str = ""
    values: bool = False

    @classmethod
    def of(cls, maze: Maze, table: QTable, state: int, title: str = "", values: bool = False) -> Self:
        return cls(maze, table.q.numpy().copy(), table.visits.numpy().copy(), state, title, values)

    def arrays(self) -> dict[str, np.ndarray]:
        return {"q": self.q, "visits": self.visits, "cells": np.array(self.maze.cells), "state": np.array(self.state)}

    def lines(self) -> np.ndarray:
        """The values (C, A) of each cell, were Pac-Man there and ghost and food as they are."""
        _, ghost, food = self.maze.parts(self.state)
        return self.q[[self.maze.state(cell, ghost, food) for cell in range(len(self.maze.cells))]]

    def picture(self) -> np.ndarray:
        maze = self.maze
        height, width = (len(maze.rows) - 2) * CELL + 2 * EDGE, (len(maze.rows[0]) - 2) * CELL + 2 * EDGE
        image = Image.new("RGB", (width, height + HEADER), GROUND)
        draw = ImageDraw.Draw(image)
        pacman, ghost, food = maze.parts(self.state)
        lines = self.lines()
        reach = max(float(np.abs(lines).max()), 1e-9)
        draw.rounded_rectangle((2, HEADER + 2, width - 3, HEADER + height - 3), 10, outline=WALL, width=6)
        for y, row in enumerate(maze.rows[1:-1], 1):
            for x, sign in enumerate(row[1:-1], 1):
                if sign == "#":
                    left, top = corner(y, x)
                    draw.rounded_rectangle((left + 4, top + 4, left + CELL - 5, top + CELL - 5), 10, fill=WALL)
        for cell, (y, x) in enumerate(maze.cells):
            if cell == ghost:  # Pac-Man is never there while a game goes on: the table has no value for it.
                draw_ghost(draw, corner(y, x))
                continue
            if self.values:
                draw_triangles(draw, corner(y, x), lines[cell], reach)
            else:
                draw_arrow(draw, corner(y, x), lines[cell], reach, arrow=cell != pacman)
            if cell in maze.food and food >> maze.food.index(cell) & 1:
                draw_food(draw, corner(y, x))
        if pacman != ghost:
            draw_pacman(draw, corner(*maze.cells[pacman]), int(lines[pacman].argmax()) if lines[pacman].any() else 3)
        fonts.draw_text(draw, (8, 5), self.title or "best action and its value, were Pac-Man in that cell", INK, size=14)
        return np.asarray(image)


class MazeViews:
    """The views of an experiment that learns a maze."""

    def __init__(self, learner: Learner):
        self.learner = learner

    @view(live=True)
    def policy(self, net: QTable, ghost: Choice = -1, food: Choice = -1) -> MazeAnswer:
        """The best action in every cell as an arrow, on the colour of its value: green is good, red is bad.

        For one place of the ghost and one set of food left (a bit for each); -1 is as the game starts.
        """
        return MazeAnswer.of(self.learner.maze, net, self.chosen(ghost, food))

    @view(live=True)
    def table(self, net: QTable, ghost: Choice = -1, food: Choice = -1) -> MazeAnswer:
        """The table itself: in each cell the four values Q(s, a), a triangle for each direction, green for good and red for bad.

        For one place of the ghost and one set of food left (a bit for each); -1 is as the game starts.
        """
        return MazeAnswer.of(self.learner.maze, net, self.chosen(ghost, food), "Q(s, a) of the four actions in each cell", values=True)

    @view
    def action_values(self) -> Bars:
        """Q(s, a) of the four actions in the state that training is in now."""
        table: QTable = self.learner.serving()  # type: ignore[attr-defined]
        values = table.q[self.learner.game.state_number].numpy().copy()
        return Bars(list(ACTIONS), values, int(values.argmax()), f"after {self.learner.game.moves} moves of this game")

    @view(live=True)
    def visits(self, net: QTable) -> Heatmap:
        """How often training has been in each cell of the maze, with any ghost and food."""
        maze = self.learner.maze
        counts = net.visits.sum(1).reshape(len(maze.cells), -1).sum(1).numpy()
        grid = np.full((len(maze.rows), len(maze.rows[0])), np.nan)
        for (y, x), count in zip(maze.cells, counts, strict=True):
            grid[y, x] = count
        seen = float((net.visits.sum(1) > 0).float().mean())
        return Heatmap(grid, "column", "row", f"{seen:.1%} of {maze.states:,} states seen", of="visits")

    @view
    def returns(self) -> Curves:
        """The return of the last games, and its mean over a hundred of them."""
        returns = np.array(self.learner.returns)
        games = np.arange(1, len(returns) + 1)
        lines: dict[str, Any] = {"return of a game": (games, returns)}
        if len(returns) >= 100:
            lines["mean of 100"] = (games[99:], np.convolve(returns, np.ones(100) / 100, "valid"))
        return Curves(lines, x_label="games", y_label="return", title=f"The last {len(returns):,} games")

    def chosen(self, ghost: int, food: int) -> int:
        """The state that is drawn: Pac-Man at his start, ghost and food as asked for, as near as there are."""
        maze = self.learner.maze
        pacman, first, full = maze.parts(maze.start)
        return maze.state(pacman, first if ghost < 0 else min(ghost, len(maze.cells) - 1), full if food < 0 else min(food, full))


# -- drawing -------------------------------------------------------------------------------------------------------

Corner = tuple[int, int]


def corner(row: int, column: int) -> Corner:
    """The upper left pixel of a cell."""
    return EDGE + (column - 1) * CELL, HEADER + EDGE + (row - 1) * CELL


def shade(value: float, reach: float) -> tuple[int, int, int]:
    """The colour of a value between -reach and reach."""
    share = min(1.0, abs(value) / reach) ** 0.5  # So that small values can be told from none.
    mixed = (1 - share) * MIDDLE + share * (HIGH if value > 0 else LOW)
    return (int(mixed[0]), int(mixed[1]), int(mixed[2]))


def draw_arrow(draw: ImageDraw.ImageDraw, place: Corner, values: np.ndarray, reach: float, arrow: bool = True) -> None:
    """A cell in the colour of its best value, with an arrow to where that leads; none where nothing is known."""
    x, y = place
    best = int(values.argmax())
    draw.rectangle((x + 1, y + 1, x + CELL - 2, y + CELL - 2), fill=shade(float(values[best]), reach))
    if not values.any():
        return
    draw_number(draw, (x + 4, y + CELL - 17), float(values[best]))
    if not arrow:
        return
    dy, dx = MOVES[best]
    mx, my, half = x + CELL / 2, y + CELL / 2, CELL * 0.24
    tip, tail = (mx + dx * half, my + dy * half), (mx - dx * half, my - dy * half)
    draw.line((*tail, *tip), fill=INK, width=4)
    side = CELL * 0.13
    back = (tip[0] - dx * side * 1.3, tip[1] - dy * side * 1.3)
    draw.polygon(
        [(tip[0] + dx * 4, tip[1] + dy * 4), (back[0] + dy * side, back[1] + dx * side), (back[0] - dy * side, back[1] - dx * side)],
        fill=INK,
    )


def draw_triangles(draw: ImageDraw.ImageDraw, place: Corner, values: np.ndarray, reach: float) -> None:
    """A cell as four triangles in the colours of its values; the best one's number is bright."""
    x, y = place
    left, top, right, bottom = x + 1, y + 1, x + CELL - 2, y + CELL - 2
    middle = (x + CELL / 2, y + CELL / 2)
    corners = {
        0: ((left, top), (right, top)),
        1: ((left, bottom), (right, bottom)),
        2: ((left, top), (left, bottom)),
        3: ((right, top), (right, bottom)),
    }
    for action, (one, other) in corners.items():
        draw.polygon([one, other, middle], fill=shade(float(values[action]), reach), outline=GROUND)
    if not values.any():
        return
    for action, (dy, dx) in enumerate(MOVES):
        text = number(float(values[action]))
        wide = fonts.width(text, 11)
        where = (middle[0] + dx * CELL * 0.33 - wide / 2 - dx * 2, middle[1] + dy * CELL * 0.34 - 7)
        fonts.draw_text(draw, where, text, INK if action == values.argmax() else FAINT, size=11)


def draw_number(draw: ImageDraw.ImageDraw, place: tuple[float, float], value: float) -> None:
    fonts.draw_text(draw, place, number(value), INK, size=12)


@lru_cache(maxsize=4096)
def number(value: float) -> str:
    """A value in few letters: 3.2, -0.4, 12."""
    return f"{value:.1f}" if abs(value) < 9.95 else f"{value:.0f}"


def draw_pacman(draw: ImageDraw.ImageDraw, place: Corner, action: int) -> None:
    """Pac-Man with his mouth towards where an action leads."""
    x, y = place
    edge = CELL * 0.24
    turn = {0: 270, 1: 90, 2: 180, 3: 0}[action]
    draw.pieslice((x + edge, y + edge, x + CELL - edge, y + CELL - edge), turn + 35, turn + 325, fill=PACMAN, outline=(60, 50, 10))


def draw_ghost(draw: ImageDraw.ImageDraw, place: Corner) -> None:
    x, y = place
    left, right, top, bottom = x + CELL * 0.22, x + CELL * 0.78, y + CELL * 0.18, y + CELL * 0.8
    draw.pieslice((left, top, right, top + (right - left)), 180, 360, fill=GHOST)
    draw.rectangle((left, top + (right - left) / 2, right, bottom - 6), fill=GHOST)
    third = (right - left) / 3
    for i in range(3):
        draw.ellipse((left + i * third, bottom - 12, left + (i + 1) * third, bottom), fill=GHOST)
    for eye in (0.32, 0.68):
        ex, ey = left + eye * (right - left), top + CELL * 0.24
        draw.ellipse((ex - 6, ey - 7, ex + 6, ey + 7), fill=(255, 255, 255))
        draw.ellipse((ex - 2, ey - 2, ex + 4, ey + 4), fill=(30, 40, 120))


def draw_food(draw: ImageDraw.ImageDraw, place: Corner) -> None:
    """In the upper right of its cell, beside the arrow."""
    x, y = place
    mx, my, size = x + CELL * 0.82, y + CELL * 0.18, CELL * 0.09
    draw.ellipse((mx - size, my - size, mx + size, my + size), fill=FOOD, outline=(90, 70, 30))
