"""A dream as an environment: what agents see, when it ends, and that Gymnasium takes it."""

from typing import Any

import numpy as np
import pytest
import torch
from gymnasium.utils.env_checker import check_env

from agents.dream_config import DreamConfig
from agents.dream_data import Play, collected
from agents.dream_env import DreamEnv, DreamVector
from lab.errors import UsageError
from models.dream_unet import DreamUNet

TINY: dict[str, Any] = {"game": "pong", "source": "random", "frames": 128, "size": 16, "features": 8}
CONFIG = DreamConfig.parse(TINY)


@pytest.fixture(scope="module")
def play() -> Play:
    return collected(CONFIG, "train").play


@pytest.fixture(scope="module")
def net() -> DreamUNet:
    recorded = collected(CONFIG, "train")
    net = DreamUNet(actions=6, colours=8, features=8).eval().requires_grad_(False)
    net.palette.copy_(recorded.palette)
    net.rgb.copy_(recorded.rgb)
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
