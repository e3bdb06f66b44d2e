"""The agents that ship, and how one is made of a run."""

import json
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from agents import shipping
from agents.dqn_config import DQNConfig
from agents.evaluate import summary
from lab import registry
from lab.errors import LabError
from lab.run import Run
from lab.shipping import thinned
from lab.stored_runs import agent_for, find
from models.q_network import QNetwork

AGENTS = sorted(registry.shipped())
RESULTS = Path(__file__).parents[2] / "docs" / "results.md"
TINY = {"envs": 1, "learning_starts": 8, "replay_capacity": 200, "batch_size": 2, "hidden_units": 16, "noop_max": 3}


def test_all_of_them_together_take_less_than_45_mb() -> None:
    folders = registry.shipped().values()
    assert sum(file.stat().st_size for folder in folders for file in folder.iterdir()) < 45e6


@pytest.mark.parametrize("name", AGENTS)
def test_each_is_at_or_above_the_human_score_by_its_own_evaluation(name: str) -> None:
    record = registry.shipped_record(registry.shipped()[name])
    assert record["mean"] >= record["human"]
    assert record["episodes"] >= 30
    assert "epsilon 0.01, sticky actions 0," in record["protocol"]
    assert "epsilon 0.01, sticky actions 0.25," in record["sticky_protocol"]
    assert name in (record["game"], f"{record['game']}-{record['recipe']}")


@pytest.mark.parametrize("name", AGENTS)
def test_each_says_how_it_was_trained_and_holds_large_weights_in_half_precision(name: str) -> None:
    run = find(name)
    training = run.stored["training"]
    assert shlex.split(training["command"])[:3] == ["lab", "train", run.recipe.name]
    assert training["steps"] > 0
    assert training["hours"] > 0
    weights = load_file(run.path / "serving.safetensors")
    assert {value.dtype for value in weights.values() if value.dim() > 1} <= {torch.bfloat16, torch.float16}
    run.experiment("cpu", serving_only=True).serving()(torch.zeros(1, 4, 84, 84, dtype=torch.uint8))
    assert run.metrics()


@pytest.mark.parametrize("name", AGENTS)
def test_each_has_a_row_among_the_results_that_names_its_training(name: str) -> None:
    training = find(name).stored["training"]
    lines = RESULTS.read_text(encoding="utf-8").splitlines()
    rows = [line for line in lines if line.startswith("| mean score of") and f"`lab eval {name} " in line]
    assert len(rows) == 1
    figure = rows[0].split(" | ")[0]
    assert f"`{training['command']}`" in figure
    assert f"{training['steps']:,} steps" in figure


def test_a_games_name_stands_for_its_best_agent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, mean in (("pong-a", 10.0), ("pong-b", 20.0)):
        folder = tmp_path / "agents" / name
        folder.mkdir(parents=True)
        (folder / "config.json").write_text(json.dumps({"recipe": "dqn", "subject": "pong", "config": {"game": "pong"}}))
        (folder / "evaluation.json").write_text(json.dumps({"mean": mean}))
    monkeypatch.setattr(registry, "SHIPPED", (str(tmp_path / "agents"),))
    assert registry.best_agent("pong") == find("pong").name == "pong-b"
    assert find("pong-a").name == "pong-a"
    assert registry.best_agent("breakout") is None
    assert agent_for("breakout") == (None, "0,0")


def test_large_weights_are_halved_and_small_ones_kept() -> None:
    net = QNetwork(3, hidden=8)
    halved = shipping.in_half(net, net.state_dict(), torch.bfloat16)
    assert {name for name, value in halved.items() if value.dtype == torch.float32} == {name for name in halved if name.endswith("bias")}
    assert halved["conv2.weight"].dtype == halved["q.weight"].dtype == torch.bfloat16


def test_the_row_without_sticky_actions_comes_first() -> None:
    trained_with = {"mean": 8.0, "episodes": 3, "no_sticky_mean": 19.0, "no_sticky_episodes": 3, "human": 9.3}
    assert shipping.no_sticky(trained_with) == {"mean": 19.0, "episodes": 3, "sticky_mean": 8.0, "sticky_episodes": 3, "human": 9.3}
    trained_without = {"mean": 19.0, "sticky_mean": 8.0, "human": 9.3}
    assert shipping.no_sticky(trained_without) == trained_without


def test_metrics_are_thinned_evenly_and_keep_their_last_rows() -> None:
    rows = [{"step": i, "loss": 0.0} for i in range(10)] + [{"step": 3, "return": 1.0}]
    assert [row["step"] for row in thinned(rows, most=4)] == [0, 3, 6, 9, 3]


@pytest.fixture
def ship(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Ships an untrained run whose evaluations give these means, one after the other."""

    def make(*means: float, **settings: Any) -> tuple[Run, Path]:
        import lab

        run = lab.train("dqn", steps=4, device="cpu", run=tmp_path / "run", **TINY, **settings)
        given = iter(means)

        def evaluated(experiment: Any, episodes: int, epsilon: float) -> dict[str, Any]:
            scores = next(given) + np.linspace(-1, 1, episodes)
            figures = summary(scores, 100, DQNConfig(), epsilon, 0.0)
            return {**figures, "human": 9.3, **{f"sticky_{name}": value for name, value in figures.items()}}

        monkeypatch.setattr(run.recipe.experiment_class(), "evaluate", evaluated)
        shipping.ship(run, tmp_path / "agent", episodes=3)
        return run, tmp_path / "agent"

    return make


def test_an_agent_plays_with_the_crop_that_it_learned_with(ship: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    _, folder = ship(19.0, 18.5, crop="34,16")
    monkeypatch.setattr(registry, "shipped", lambda: {"pong": folder})
    net, crop = agent_for("pong")
    assert net is not None
    assert crop == "34,16"


def test_shipping_a_run(ship: Callable[..., Any]) -> None:
    run, folder = ship(19.0, 18.5)
    shipped = Run(folder)
    assert shipped.shipped
    assert shipped.stored["training"]["steps"] == 4
    words = shlex.split(shipped.stored["training"]["command"])
    assert words[-2:] == ["--steps", "4"]
    assert "--hidden-units" in words
    evaluation = json.loads((folder / "evaluation.json").read_text())
    assert (evaluation["mean"], evaluation["own_precision_mean"]) == (18.5, 19.0)
    assert load_file(folder / "serving.safetensors")["hidden.weight"].dtype == torch.bfloat16
    own = run.experiment("cpu", serving_only=True).serving().state_dict()
    for name, value in shipped.experiment("cpu", serving_only=True).serving().state_dict().items():
        torch.testing.assert_close(value, own[name], rtol=2**-8, atol=1e-6)


def test_float16_is_taken_where_bfloat16_plays_worse(ship: Callable[..., Any]) -> None:
    _, folder = ship(19.0, 12.0, 19.0)
    assert load_file(folder / "serving.safetensors")["hidden.weight"].dtype == torch.float16


def test_weights_that_cannot_be_halved_are_not_shipped(ship: Callable[..., Any]) -> None:
    with pytest.raises(LabError, match=r"worse with weights of half precision: 12 in place of 19"):
        ship(19.0, 11.0, 12.0)


def test_an_agent_below_the_human_score_is_not_shipped(ship: Callable[..., Any], tmp_path: Path) -> None:
    with pytest.raises(LabError, match=r"its mean is 9\.2, a human's 9\.3"):
        ship(9.2, 9.2)
    assert not (tmp_path / "agent").exists()
