"""A dream as an environment: what agents see, when it ends, and that Gymnasium takes it."""

from typing import Any

import numpy as np
import pytest
import torch
from gymnasium.utils.env_checker import check_env

from agents.dqn import DQN
from agents.dream_config import DreamConfig
from agents.dream_data import Play, collected
from agents.dream_env import DreamEnv, DreamVector, world_of
from agents.pqn import PQN
from lab import checkpoint, registry
from lab.api import train
from lab.errors import UsageError
from models.dream_unet import DreamUNet
from models.kernels.cuda_graphs import CapturedStep
from tests.replayed import Replayed

TINY: dict[str, Any] = {"game": "pong", "source": "random", "frames": 128, "size": 16, "features": 8}
CONFIG = DreamConfig.parse(TINY)


@pytest.fixture(scope="module")
def play() -> Play:
    return collected(CONFIG, "train").play


@pytest.fixture(scope="module")
def net() -> DreamUNet:
    recorded = collected(CONFIG, "train")
    torch.manual_seed(0)
    net = DreamUNet(actions=6, colours=8, features=8).eval().requires_grad_(False)
    net.outcome[-1].bias[-1] = -9.0  # No life ends.
    net.palette.copy_(recorded.palette)
    net.rgb.copy_(recorded.rgb)
    net.outcome[-1].bias[-1] = -10.0  # No life ends by the chance of untrained weights.
    return net


def vector(net: DreamUNet, play: Play, **options: Any) -> DreamVector:
    return DreamVector(net, CONFIG, play, 2, 5, **options)


def test_gymnasium_takes_a_dream(net: DreamUNet, play: Play) -> None:
    check_env(DreamEnv(net, CONFIG, play), skip_render_check=True)


def test_agents_see_84_grey_pixels_and_the_rows_of_the_score_as_the_game_has_them(net: DreamUNet, play: Play) -> None:
    env = vector(net, play)
    frames = env.reset()
    assert frames.shape == (2, 84, 84)
    assert frames.dtype == np.uint8
    ground = int(np.bincount(frames[0, 20:70].ravel()).argmax())
    assert ground == round(144 * 0.299 + 72 * 0.587 + 17 * 0.114)


def test_a_dream_is_truncated_when_it_is_long_and_starts_from_real_frames(net: DreamUNet, play: Play) -> None:
    env = vector(net, play, longest=2)
    env.reset()
    ends = []
    for _ in range(2):
        env.send(np.array([0, 2]))
        ends.append(env.recv().truncated.tolist())
    assert ends == [[False, False], [True, True]]
    env.restart(np.array([True, False]))
    assert env.taken.tolist() == [0, 2]
    assert any(torch.equal(env.world.frames[0, -1], play.frames[row]) for row in env.starts)


def test_actions_that_the_game_lacks_are_refused(net: DreamUNet, play: Play) -> None:
    env = vector(net, play)
    env.reset()
    with pytest.raises(UsageError, match="actions 0 to 5"):
        env.send(np.array([0, 6]))


def test_a_restored_dream_goes_on_as_it_would_have(net: DreamUNet, play: Play) -> None:
    one, two = vector(net, play), vector(net, play)
    one.reset()
    two.reset()
    for _ in range(3):
        one.send(np.array([1, 2]))
        one.recv()
    two.restore(one.state())
    for env in (one, two):
        env.restart(np.array([False, True]))
        env.send(np.array([3, 3]))
    assert np.array_equal(one.recv().frames, two.recv().frames)
    assert torch.equal(one.world.frames, two.world.frames)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A dream that was trained for a step."""
    path = tmp_path_factory.mktemp("dream") / "run"
    train("dream", steps=1, run=path, device="cpu", quiet=True, **{**TINY, "batch_size": 2})
    return str(path)


PLAYERS: dict[str, tuple[Any, dict[str, Any]]] = {
    "pqn": (PQN, {"rollout_steps": 4, "minibatches": 2, "epochs": 1}),
    "dqn": (DQN, {"replay_capacity": 200, "learning_starts": 8, "batch_size": 4}),
}
COMMON: dict[str, Any] = {"game": "pong", "world_steps": 7, "envs": 2, "hidden_units": 8, "precision": "fp32", "epsilon_end": 0.8}


def player(name: str, **values: Any) -> Any:
    experiment, own = PLAYERS[name]
    config = registry.recipe(name).config_class().parse({**COMMON, **own, **values})
    return experiment(config, torch.device("cpu"))


@pytest.mark.parametrize("name", PLAYERS)
def test_an_agent_that_learns_in_a_dream_resumes_exactly(name: str, run: str) -> None:
    """The second has another dream's weights until it is restored: those that it was trained in are stored with it."""
    straight, resumed = player(name, world=run), player(name, world=run)
    try:
        for _ in range(12):
            straight.step()
        state = straight.state()
        resumed.make_collector().env.net.stay.fill_(0.0)
        resumed.restore(state)
        for one in (straight, resumed):
            for _ in range(10):
                one.step()
        tree, tensors, _ = checkpoint.flatten(straight.state())
        other, others, _ = checkpoint.flatten(resumed.state())
        assert tree == other
        assert [key for key in tensors if not torch.equal(tensors[key], others[key])] == []
    finally:
        straight.close()
        resumed.close()


def test_the_view_of_the_colours_shows_the_dream(run: str) -> None:
    agent = player("pqn", world=run)
    try:
        agent.step()
        assert agent.answer("colours", agent.serving(), {"env": 1}).picture().ndim == 3
    finally:
        agent.close()


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"world": "pong"}, "pong is no dream: it was trained by"),
        ({"game": "breakout"}, "is a dream of pong, not of breakout. Give --game pong."),
    ],
)
def test_a_world_that_does_not_suit_the_agent_is_refused(values: dict[str, Any], message: str, run: str) -> None:
    agent = player("pqn", **{"world": run, **values})
    with pytest.raises(UsageError, match=message):
        agent.step()


def test_a_world_of_other_steps_is_refused(monkeypatch: pytest.MonkeyPatch, run: str) -> None:
    monkeypatch.setattr("agents.dream_env.FRAME_SKIP", 3)
    with pytest.raises(UsageError, match=r"has steps of 4 frames\. Agents play in steps of 3"):
        player("pqn", world=run).step()


def test_what_a_graph_draws_is_what_is_drawn(net: DreamUNet, play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(CapturedStep, "capture", lambda step: Replayed(step))
    eager, captured = vector(net, play), vector(net, play)
    assert captured.world.captured is not None
    captured.world.captured.on_gpu = True
    for env in (eager, captured):
        env.reset()
        for _ in range(2):
            env.send(np.array([2, 3]))
            step = env.recv()
        assert step.frames.shape == (2, 84, 84)
    assert captured.world.captured.made
    assert torch.equal(eager.world.frames, captured.world.frames)


def test_dreams_are_drawn_in_the_arithmetic_of_the_agent(run: str, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[torch.dtype] = []
    for precision in ("fp32", "bf16"):
        env = world_of(player("pqn", world=run, precision=precision).config, torch.device("cpu"))
        env.net.stem.register_forward_hook(lambda module, given, made: drawn.append(made.dtype))
        env.reset()
        env.send(np.zeros(env.envs, np.int64))
        env.recv()
    assert drawn == [torch.float32, torch.bfloat16]
