"""The mirror: the true colours of a training environment."""

import cv2
import numpy as np
import pytest

from lab.atari.mirror import Mirror
from lab.atari.vector import AtariVector


@pytest.mark.parametrize("keep_seed", [0, 10_000])
def test_the_mirror_follows_one_environment_over_the_end_of_an_episode(keep_seed: int) -> None:
    source = AtariVector("breakout", 2, seed=3, sticky=0.25, keep_seed=keep_seed)
    source.reset()
    mirror = Mirror(source, 1)
    rng = np.random.default_rng(0)
    compared = episodes = 0
    for t in range(400):
        source.send(rng.integers(source.actions, size=2))
        step = source.recv()
        over = step.terminated | step.truncated
        if t % 25 == 0 and not over[1]:
            pixels, behind = mirror.frame()
            assert behind == 0
            assert pixels.shape == (210, 160, 3)
            seen = cv2.resize(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), (84, 84), interpolation=cv2.INTER_AREA)
            assert np.corrcoef(seen.ravel(), step.frames[1].ravel())[0, 1] > 0.999
            compared += 1
        episodes += bool(over[1])
        if over.any():
            source.restart(over)
    assert compared > 10
    assert episodes >= 1
    source.close()
    mirror.close()


def test_a_long_episode_is_caught_up_with_in_parts() -> None:
    source = AtariVector("pong", 1, seed=0)
    source.reset()
    for _ in range(25):
        source.send(np.zeros(1, np.int64))
        source.recv()
    mirror = Mirror(source, 0)
    assert [mirror.frame(limit=10)[1] for _ in range(3)] == [15, 5, 0]
    source.close()
    mirror.close()
