"""What DQN's views say, against what the experiment holds."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from agents.dqn import DQN
from agents.dqn_views import correlations
from lab import checkpoint
from lab.atari.player import Player
from models.kernels.pixel_blocks import frame_pixels


@pytest.fixture
def trained(tiny: Any) -> DQN:
    """A DQN that has updated, with two environments."""
    experiment = tiny(prioritised=True, n_step=2)
    while experiment.steps < 60:
        experiment.step()
    return experiment


def test_screen_has_every_environments_newest_frame_and_action(trained: DQN) -> None:
    replay = trained.memory()
    view = trained.shown.screen()
    assert np.array_equal(view.pixels, replay.pixels(replay.newest_rows())[:, -1].numpy())
    names = [trained.action_names[a] for a in trained.decisions.last.actions]  # type: ignore[union-attr]
    assert [caption.split()[-1] for caption in view.captions] == names


def test_stack_is_what_the_network_sees_next_oldest_first(trained: DQN) -> None:
    before = trained.shown.stack(env=1).pixels
    trained.step()
    assert np.array_equal(trained.decisions.last.stacks[1], before)  # type: ignore[union-attr]
    assert np.array_equal(trained.shown.stack(env=1).pixels[:3], before[1:])


def test_an_environment_that_does_not_exist_is_the_nearest_one(trained: DQN) -> None:
    assert np.array_equal(trained.shown.stack(env=99).pixels, trained.shown.stack(env=1).pixels)
    assert np.array_equal(trained.shown.action_values(env=99).values, trained.shown.action_values(env=1).values)


def test_action_values_are_the_last_decisions_with_the_action_taken(trained: DQN) -> None:
    trained.config = trained.config.model_copy(update={"epsilon_start": 0.0, "epsilon_end": 0.0})
    trained.step()
    view = trained.shown.action_values(env=1)
    expected = trained.online.compute(torch.from_numpy(trained.decisions.last.stacks)).float()[1].detach().numpy()  # type: ignore[union-attr]
    assert view.names == ["NOOP", "FIRE", "RIGHT", "LEFT", "RIGHTFIRE", "LEFTFIRE"]
    assert view.chosen == trained.decisions.last.actions[1] == view.values.argmax()  # type: ignore[union-attr]
    assert view.title == f"environment 1 chose {view.names[view.chosen]} as the largest"
    assert view.values.shape == expected.shape
    assert np.abs(view.values - trained.decisions.last.q[1]).max() == 0  # type: ignore[union-attr]


def test_a_random_action_is_called_random(trained: DQN) -> None:
    trained.config = trained.config.model_copy(update={"epsilon_start": 1.0, "epsilon_end": 1.0})
    trained.step()
    assert trained.shown.action_values().title.endswith("at random (epsilon)")


def test_before_the_first_decision_nothing_is_claimed(tiny: Any) -> None:
    view = tiny().shown.action_values()
    assert (view.chosen, view.title) == (-1, "no decision yet")


def test_q_values_have_a_line_for_each_action_that_ends_at_the_last_decision(trained: DQN) -> None:
    view = trained.shown.q_values()
    assert list(view.series) == list(trained.action_names)
    steps, _ = view.series["NOOP"]
    assert len(steps) == 30  # 60 agent steps of 2 environments
    assert [line[1][-1] for line in view.series.values()] == pytest.approx(trained.decisions.last.q[0].tolist())  # type: ignore[union-attr]


def test_the_memory_says_how_full_it_is_and_shows_transitions_from_it(trained: DQN) -> None:
    view = trained.shown.replay_memory(n=5, seed=1)
    replay = trained.memory()
    rows = int(replay.count.sum())
    assert view.title.startswith(f"{rows} of 400 frames ({100 * rows / 400:.0f} %); 5 transitions")
    stored = frame_pixels(replay.frames[:-1]).numpy()
    assert all((stored == frame).all((1, 2)).any() for frame in view.pixels)
    action, line = view.captions[0].split("\n")
    assert action in trained.action_names
    assert line.startswith(("R +0.00  p ", "R -"))


def test_the_memory_stays_full_once_it_is(tiny: Any) -> None:
    experiment = tiny(replay_capacity=100)
    while experiment.steps < 240:
        experiment.step()
    assert experiment.shown.replay_memory().title.startswith("100 of 100 frames (100 %)")


def test_priorities_count_every_stored_transition_once(trained: DQN) -> None:
    replay = trained.memory()
    middles, counts = trained.shown.priorities(bins=7).series["transitions"]
    stored = replay.tree.leaves[replay.tree.leaves > 0]  # type: ignore[union-attr]
    assert len(middles) == len(counts) == 7
    assert counts.sum() == len(stored)
    half = (middles[1] - middles[0]) / 2
    assert (middles[0] - half, middles[-1] + half) == pytest.approx((stored.min(), stored.max()))
    assert trained.shown.priorities().filled


def test_uniform_replay_has_one_priority(tiny: Any) -> None:
    experiment = tiny()
    while experiment.steps < 40:
        experiment.step()
    view = experiment.shown.priorities()
    _, counts = view.series["transitions"]
    assert (counts > 0).sum() == 1
    assert "Uniform" in view.title


def test_noise_is_what_each_noisy_layer_has_left_of_where_it_began(tiny: Any) -> None:
    net = tiny(noisy=True, dueling=True).serving()
    shown = tiny(noisy=True, dueling=True).shown
    assert shown.noise(net).names == ["hidden", "value", "advantage"]
    assert shown.noise(net).values == pytest.approx([1, 1, 1])
    with torch.no_grad():
        net.hidden.weight_sigma.mul_(-0.25)
        net.hidden.bias_sigma.mul_(0.25)
        net.value.weight_sigma.mul_(3)
        net.value.bias_sigma.mul_(3)
    assert shown.noise(net).values == pytest.approx([0.25, 3, 1])


def test_without_noisy_layers_the_view_of_noise_says_so(trained: DQN) -> None:
    assert "No layer is noisy" in trained.shown.noise(trained.serving()).title


def test_the_soft_policy_is_the_softmax_of_q_over_the_temperature(tiny: Any) -> None:
    experiment = tiny(munchausen=True, temperature=0.5)
    assert experiment.shown.soft_policy().title == "no decision yet"
    experiment.step()
    actions = len(experiment.action_names)
    last = experiment.decisions.last
    last.q[1] = 0.0
    last.q[1, 2] = 0.5 * math.log(3)  # Three times as likely as each of the others.
    answer = experiment.shown.soft_policy(env=1)
    expected = np.full(actions, 1 / (actions + 2))
    expected[2] *= 3
    assert answer.values == pytest.approx(expected, rel=1e-6)
    entropy = math.log(actions + 2) - 3 / (actions + 2) * math.log(3)
    assert answer.title == f"environment 1, t = 0.5: entropy {entropy:.2f} of {math.log(actions):.2f} nats"
    assert answer.chosen == last.actions[1]


def test_without_munchausen_the_view_of_its_policy_says_so(trained: DQN) -> None:
    assert "Without Munchausen" in trained.shown.soft_policy().title


def test_filters_are_the_first_layers_weights_with_grey_for_zero(trained: DQN) -> None:
    net = trained.serving()
    view = trained.answer("filters", net, {})
    assert view.pixels.shape == (32, 32, 4 * (32 + 2))  # Each weight is 4 by 4 pixels, and there are 2 between the frames.
    assert view.captions[5] == "5"
    weights = net.filters().detach()  # type: ignore[operator]  # (32, 4, 8, 8)
    top = float(weights.abs().max())
    one = weights[5, 2, 3, 6]
    assert view.pixels[5, 4 * 3, 2 * (32 + 2) + 4 * 6] == int(127.5 + 127.5 * float(one) / top)


def test_activations_are_the_first_maps_of_the_present_stack(trained: DQN) -> None:
    view = trained.answer("activations", trained.serving(), {})
    maps = trained.serving().first_maps(torch.from_numpy(trained.decisions.last.stacks[:1]))[0].detach()  # type: ignore[operator, union-attr]
    assert view.pixels.shape == (32, 20, 20)
    assert view.captions == [f"{float(m.max()):.2f}" for m in maps]
    brightest = int(maps.amax((1, 2)).argmax())
    assert view.pixels[brightest].max() == 255


def test_saliency_is_red_where_the_gradient_is_largest(trained: DQN) -> None:
    from agents.saliency import saliency

    stack = trained.decisions.last.stacks[0]  # type: ignore[union-attr]
    heat = saliency(trained.serving(), stack)
    view = trained.answer("saliency", trained.serving(), {})
    y, x = np.unravel_index(heat.argmax(), heat.shape)
    grey = float(stack[-1, y, x])
    assert view.pixels[0, y, x].tolist() == [int(0.3 * grey + 0.7 * c) for c in (255, 40, 20)]


def test_a_stored_agents_views_look_at_a_game_it_plays(tiny: Any) -> None:
    experiment = tiny(noop_max=0)
    stack = experiment.shown.example_stack(experiment.serving(), 60)
    player = Player("pong", noop_max=0)
    for _ in range(60):
        expected = player.tick(experiment.serving()).stack
    assert torch.equal(stack[0], torch.from_numpy(expected))
    assert experiment.collector is None


def test_a_stored_run_shows_its_last_decisions_and_what_its_game_shows_now(tiny: Any, tmp_path: Path) -> None:
    trained = tiny()
    for _ in range(150):
        trained.step()
    stored = tiny()
    path = checkpoint.write(tmp_path, trained.steps, {"experiment": trained.state()}, {})
    stored.restore(checkpoint.read(path)["experiment"])
    for name in ("action_values", "q_values", "screen"):
        one, other = trained.answer(name, trained.serving(), {}), stored.answer(name, stored.serving(), {})
        assert all(np.array_equal(a, b) for a, b in zip(one.arrays().values(), other.arrays().values(), strict=True)), name
    assert stored.decisions.history, "there were decisions to store"
    assert np.array_equal(stored.decisions.last.stacks, trained.decisions.last.stacks)
    assert "to catch up" not in stored.shown.colours().captions[0]
    trained.close()
    stored.close()


def test_the_newest_transitions_are_more_alike_than_those_drawn_from_the_memory(tiny: Any) -> None:
    experiment = tiny(game="pong", learning_starts=300, epsilon_end=1.0)
    assert experiment.shown.batch_correlation(n=8).title == "The memory is empty."
    for _ in range(60):
        experiment.step()
    answer = experiment.shown.batch_correlation(n=8)
    below = np.tri(8, k=-1, dtype=bool)
    assert answer.values.shape == (8, 8)
    assert np.allclose(np.diag(answer.values), 1, atol=1e-5)
    assert answer.values[below].mean() > answer.values.T[below].mean() + 0.3
    assert f"{answer.values[below].mean():.2f}" in answer.title


def test_correlations_by_hand() -> None:
    matrix = correlations(np.array([[3.0, 4.0], [-6.0, -8.0], [4.0, -3.0], [0.0, 0.0]]))
    assert np.allclose(matrix, [[1, -1, 0, 0], [-1, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 0]])
