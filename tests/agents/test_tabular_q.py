"""Q-learning with a table: the update by hand, and where it comes to rest."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import lab
from agents.maze import Maze, Outcome
from agents.tabular_q import TabularQ, choose
from agents.tabular_q_config import TabularQConfig
from lab import cli
from lab.errors import UsageError
from models.q_table import QTable

CPU = torch.device("cpu")


def learner(**values: Any) -> TabularQ:
    return TabularQ(TabularQConfig(**{"maze": "tiny", "epsilon_start": 0.0, "epsilon_end": 0.0, "random_starts": 0.0, **values}), CPU)


def optimal(maze: Maze, gamma: float) -> np.ndarray:
    """Q* (S, A) by value iteration: Q(s, a) = sum of p (r + gamma max Q(s', a')) until it moves no more."""
    outcomes = [[maze.outcomes(state, action) for action in range(4)] for state in range(maze.states)]
    best = np.zeros(maze.states)
    while True:
        q = np.array(
            [[sum(o.probability * (o.reward + gamma * (not o.over) * best[o.state]) for o in row) for row in rows] for rows in outcomes]
        )
        if np.abs(q.max(1) - best).max() < 1e-6:
            return q
        best = q.max(1)


def test_one_update_by_hand() -> None:
    """From 2 a quarter of the way to 1 + 0.9 * 4 = 4.6."""
    table = QTable(3, 2)
    table.q[0, 1], table.q[2] = 2.0, torch.tensor([4.0, 3.0])
    error = table.update(0, 1, 1 + 0.9 * float(table.q[2].max()), 0.25)
    assert error == pytest.approx(2.6)
    assert table.q[0].tolist() == pytest.approx([0, 2.65])
    assert table.visits.tolist() == [[0, 1], [0, 0], [0, 0]]
    assert table(torch.tensor([2, 0])).tolist() == [[4, 3], pytest.approx([0, 2.65])]


@pytest.mark.parametrize(
    ("over", "moves", "target"),
    [(False, 0, 1 + 0.5 * 8), (True, 0, 1.0), (False, 99, 1 + 0.5 * 8)],
    ids=["goes on", "ends", "is broken off"],
)
def test_a_step_bootstraps_unless_the_game_ends(monkeypatch: pytest.MonkeyPatch, over: bool, moves: int, target: float) -> None:
    experiment = learner(gamma=0.5, learning_rate=0.5)
    monkeypatch.setattr(Maze, "outcomes", lambda self, state, action: [Outcome(1.0, 7, 1.0, over)])
    experiment.game.moves = moves
    experiment.table.q[7, 2] = 8.0
    start = experiment.game.state_number
    metrics = experiment.step()
    assert float(experiment.table.q[start, 0]) == pytest.approx(0.5 * target)
    assert metrics["losses/td_error"] == pytest.approx(target)
    assert ("charts/episodic_return" in metrics) == (over or moves == 99)


def test_epsilon_greedy() -> None:
    table, rng = QTable(1, 4), np.random.default_rng(0)
    table.q[0] = torch.tensor([0.0, 1.0, 3.0, 2.0])
    assert {choose(table, 0, 0.0, rng) for _ in range(50)} == {2}
    drawn = [choose(table, 0, 1.0, rng) for _ in range(2000)]
    assert [drawn.count(action) / 2000 for action in range(4)] == pytest.approx([0.25] * 4, abs=0.04)


def test_epsilon_and_alpha_fall_linearly() -> None:
    experiment = learner(
        epsilon_start=1.0, epsilon_end=0.2, epsilon_steps=100, learning_rate=0.5, learning_rate_end=0.1, learning_rate_steps=200
    )
    experiment.steps = 50
    assert (experiment.epsilon(), experiment.learning_rate()) == pytest.approx((0.6, 0.4))
    experiment.steps = 1000
    assert (experiment.epsilon(), experiment.learning_rate()) == pytest.approx((0.2, 0.1))


def test_it_comes_to_what_value_iteration_gives() -> None:
    """With a ghost that always chases nothing is left to chance: alpha 1 and every action tried again and again give Q* itself."""
    experiment = learner(
        chase=1.0, epsilon_start=1.0, epsilon_end=1.0, random_starts=1.0, gamma=0.8, learning_rate=1.0, learning_rate_end=1.0, longest=5
    )
    for _ in range(20_000):
        experiment.step()
    often = experiment.table.visits.numpy() > 20
    assert often.mean() > 0.15  # Of all; many are ends of games, and some are rarely come by.
    error = np.abs(experiment.table.q.numpy() - optimal(experiment.maze, 0.8))
    assert error[often].max() < 1e-5


def test_it_learns_to_win_and_its_run_shows_and_resumes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = lab.train("tabular-q", maze="tiny", steps=6000, epsilon_steps=4000, learning_rate_steps=5000)
    figures = run.evaluate(episodes=50)
    assert figures["won"] > 0.9
    assert figures["mean"] > 5
    assert "tiny maze, 50 games, epsilon 0" in figures["protocol"]
    for view in ("policy", "table", "visits"):
        assert run.show(view).save(tmp_path / f"{view}.png").stat().st_size > 1000
    film = tmp_path / "game.gif"
    assert cli.main(["watch", run.name, "--video", str(film), "--json"]) == 0
    assert film.stat().st_size > 1000
    assert cli.main(["watch", run.name, "--video", str(film), "--game", "pong"]) == 2
    assert "plays its own maze" in capsys.readouterr().err


def test_a_view_is_of_the_ghost_and_food_that_are_asked_for() -> None:
    experiment = learner()
    start = experiment.maze.parts(experiment.maze.start)
    for parameters, expected in (({}, (8, 3)), ({"ghost": 4, "food": 2}, (4, 2)), ({"ghost": 99, "food": 99}, (8, 3))):
        answer = experiment.answer("policy", experiment.serving(), parameters)
        assert experiment.maze.parts(answer.state) == (start[0], *expected)


def test_values_and_arrows_are_drawn_where_something_is_known() -> None:
    experiment = learner()
    blank = experiment.answer("policy", experiment.serving(), {}).picture()
    experiment.table.q[experiment.maze.state(4, 8, 3), 3] = 2.0
    known = experiment.answer("policy", experiment.serving(), {}).picture()
    changed = np.argwhere((blank != known).any(-1))
    (top, left), (bottom, right) = changed.min(0), changed.max(0)
    assert (bottom - top < 64, right - left < 64) == (True, True)  # The cell in the middle and no other.


def test_games_from_random_states_are_no_scores() -> None:
    experiment = learner(random_starts=1.0, epsilon_start=1.0, epsilon_end=1.0)
    ended = [metrics for _ in range(500) if "charts/episodic_return" in (metrics := experiment.step())]
    assert len(ended) == len(experiment.returns) == 1  # The first game alone began at the start.


@pytest.mark.parametrize("wrong", [{"episodes": 0}, {"epsilon": 2.0}])
def test_an_evaluation_out_of_bounds_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match=f"--{next(iter(wrong))}"):
        learner().evaluate(**wrong)


def test_what_the_explanation_says_of_states_is_so() -> None:
    assert Maze("small").states == 84 * 84 * 4 == 28_224
    assert math.floor(28_224 * math.log10(256)) + 1 == 67_971
    assert "67,971 digits" in TabularQConfig.explanation
