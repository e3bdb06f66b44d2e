"""The rules of the maze, by hand. The tiny one has its nine cells row by row: Pac-Man in 0, food in 2 and 6, the ghost in 8."""

import numpy as np
import pytest

from agents.maze import ACTIONS, MAZES, Maze, MazeGame

UP, DOWN, LEFT, RIGHT = range(4)


@pytest.fixture
def maze() -> Maze:
    return Maze("tiny", chase=0.5, food_reward=1, win_reward=5, ghost_penalty=7)


def test_the_states_are_numbered_without_a_gap(maze: Maze) -> None:
    assert (maze.states, maze.food, maze.parts(maze.start)) == (324, (2, 6), (0, 8, 3))
    assert [maze.state(*maze.parts(state)) for state in range(maze.states)] == list(range(maze.states))


@pytest.mark.parametrize(("name", "states"), [("tiny", 9 * 9 * 4), ("small", 21 * 21 * 64), ("long", 26 * 26 * 8)])
def test_every_maze_is_whole(name: str, states: int) -> None:
    maze = Maze(name)
    assert maze.states == states
    assert (len(maze.places("P")), len(maze.places("G"))) == (1, 1)
    assert (maze.distances >= 0).all()  # Every cell can be reached.
    assert all(row[0] == row[-1] == "#" for row in maze.rows)
    assert set(maze.rows[0]) == set(maze.rows[-1]) == {"#"}


def test_a_wall_stops_pacman(maze: Maze) -> None:
    assert maze.neighbours[0] == (0, 3, 0, 1)
    assert maze.neighbours[4] == (1, 7, 3, 5)


def test_the_ghost_chases_half_of_the_time(maze: Maze) -> None:
    """From 8 it goes up to 5 or left to 7; Pac-Man in 3 is as far from both, so that it takes the first."""
    assert maze.ghost_moves(pacman=3, ghost=8) == {5: 0.75, 7: 0.25}
    assert maze.ghost_moves(pacman=6, ghost=8) == {5: 0.25, 7: 0.75}


def test_the_outcomes_of_a_move_by_hand(maze: Maze) -> None:
    """Pac-Man goes from 1 to 2 and eats; then the ghost goes from 8 up to 5 or left to 7."""
    outcomes = maze.outcomes(maze.state(1, 8, 3), RIGHT)
    assert {maze.parts(outcome.state): (outcome.probability, outcome.reward, outcome.over) for outcome in outcomes} == {
        (2, 5, 2): (0.75, 1, False),
        (2, 7, 2): (0.25, 1, False),
    }


def test_who_walks_into_the_ghost_is_caught(maze: Maze) -> None:
    (outcome,) = maze.outcomes(maze.state(5, 8, 3), DOWN)
    assert (outcome.reward, outcome.over, outcome.won) == (-7, True, False)


def test_who_is_walked_into_is_caught_with_what_he_ate(maze: Maze) -> None:
    outcomes = {maze.parts(outcome.state)[1]: outcome for outcome in maze.outcomes(maze.state(3, 7, 3), DOWN)}
    assert (outcomes[6].reward, outcomes[6].over) == (1 - 7, True)
    assert (outcomes[8].reward, outcomes[8].over) == (1, False)


def test_the_last_food_wins_before_the_ghost_moves(maze: Maze) -> None:
    (outcome,) = maze.outcomes(maze.state(1, 5, 1), RIGHT)
    assert (outcome.reward, outcome.over, outcome.won) == (6, True, True)


@pytest.mark.parametrize("name", MAZES)
def test_probabilities_add_up_to_one(name: str) -> None:
    maze, rng = Maze(name, chase=0.3), np.random.default_rng(0)
    for _ in range(200):
        state = maze.random_state(rng)
        pacman, ghost, food = maze.parts(state)
        assert pacman != ghost
        assert food
        assert pacman not in maze.food or not food >> maze.food.index(pacman) & 1
        for action in range(len(ACTIONS)):
            assert sum(outcome.probability for outcome in maze.outcomes(state, action)) == pytest.approx(1)


def test_the_same_seed_plays_the_same_game(maze: Maze) -> None:
    def played() -> tuple[int, float]:
        game = MazeGame(maze, np.random.default_rng(3))
        for action in (RIGHT, LEFT, DOWN, UP, RIGHT):
            if not game.over:
                game.move(action)
        return game.state_number, game.score

    assert played() == played()


def test_the_ghost_moves_as_often_as_its_probabilities_say(maze: Maze) -> None:
    game, seen = MazeGame(maze, np.random.default_rng(0)), []
    for _ in range(2000):
        game.reset(maze.state(4, 8, 3))
        seen.append(maze.parts(game.move(LEFT).state)[1])
    assert seen.count(5) / 2000 == pytest.approx(0.75, abs=0.03)


def test_a_long_game_is_broken_off(maze: Maze) -> None:
    game = MazeGame(Maze("long", chase=0), np.random.default_rng(0), longest=3)
    for _ in range(3):
        assert not game.truncated
        game.move(LEFT)
    assert (game.truncated, game.over, game.moves) == (True, False, 3)
