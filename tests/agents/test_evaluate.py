import math
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from agents.dqn_config import DQNConfig
from agents.evaluate import evaluate, summary
from agents.scores import human_score, in_words
from lab.errors import UsageError


class AlwaysFire(nn.Module):
    def forward(self, frames: torch.Tensor) -> torch.Tensor:
        return torch.tensor([[0.0, 1.0, 0.0, 0.0]]).expand(len(frames), 4)


@pytest.mark.parametrize("wrong", [{"episodes": 0}, {"episodes": -2}, {"epsilon": 7.0}, {"seed": -1}, {"seed": 2**31}])
def test_an_evaluation_out_of_bounds_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match=f"--{next(iter(wrong))}"):
        evaluate(AlwaysFire(), DQNConfig(), torch.device("cpu"), **wrong)


def test_figures_by_hand() -> None:
    figures = summary(np.array([1.0, 2.0, 6.0]), 1234, DQNConfig(game="pong"), epsilon=0.05, sticky=0.25)
    assert (figures["mean"], figures["median"], figures["min"], figures["max"], figures["episodes"]) == (3, 2, 1, 6, 3)
    spread = 1.96 * math.sqrt(7) / math.sqrt(3)  # The sample variance is (4 + 1 + 9) / 2.
    assert figures["interval95"] == pytest.approx([3 - spread, 3 + spread])
    assert figures["human_normalised"] == pytest.approx((3 + 20.7) / (9.3 + 20.7))
    for part in ("pong", "3 episodes", "epsilon 0.05", "sticky actions 0.25", "1,234 frames", "unclipped"):
        assert part in figures["protocol"]


def test_an_evaluation_plays_the_episodes_asked_for_and_is_the_same_each_time() -> None:
    config = DQNConfig(game="breakout", noop_max=3)

    def play() -> dict[str, Any]:
        return evaluate(AlwaysFire(), config, torch.device("cpu"), episodes=2, epsilon=0.9)

    one, other = play(), play()
    assert one == other
    assert len(one["scores"]) == one["episodes"] == len(one["sticky_scores"]) == 2
    assert "sticky actions 0," in one["protocol"]
    assert "sticky actions 0.25," in one["sticky_protocol"]
    assert (one["human"], one["human_source"]) == (31.8, "Mnih et al. 2015")


def test_the_second_row_of_a_run_with_sticky_actions_is_without_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agents.evaluate.play", lambda *arguments: (np.array([8.0 if arguments[-1] else 19.0]), 100))
    config = DQNConfig(game="pong", sticky_actions=0.25)
    figures = evaluate(AlwaysFire(), config, torch.device("cpu"))
    assert (figures["mean"], figures["no_sticky_mean"]) == (8.0, 19.0)
    assert figures["no_sticky_human_normalised"] == pytest.approx((19 + 20.7) / (9.3 + 20.7))
    other = evaluate(AlwaysFire(), config.model_copy(update={"sticky_actions": 0.0}), torch.device("cpu"))
    assert (other["mean"], other["sticky_mean"]) == (19.0, 8.0)


def test_a_human_score_names_the_paper_that_it_is_from() -> None:
    assert human_score("pong") == (9.3, "Mnih et al. 2015")
    assert human_score("alien") == (6875, "Mnih et al. 2015")
    assert human_score("phoenix") == (7242.6, "Wang et al. 2016")
    assert human_score("adventure") == (None, None)
    assert in_words("pong") == "random -20.7  ·  human 9.3  ·  DQN 2015 18.9  (Mnih et al. 2015)"
    assert in_words("adventure") == "no published scores"
