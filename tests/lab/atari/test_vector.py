import numpy as np
import pytest

from lab import checkpoint
from lab.atari.player import Player
from lab.atari.vector import RESTART, AtariVector
from lab.errors import UsageError


def play(env: AtariVector, steps: int, rng: np.random.Generator) -> list[np.ndarray]:
    """Random play with restarts: the frames, rewards, flags and lives of every step."""
    seen: list[np.ndarray] = []
    for _ in range(steps):
        env.send(rng.integers(0, env.actions, env.envs))
        step = env.recv()
        over = step.terminated | step.truncated
        seen += [step.frames.copy(), step.rewards, step.terminated, step.truncated, step.lives.copy()]
        if over.any():
            seen += [env.restart(over).copy(), env.lives.copy()]
    return seen


def same(one: list[np.ndarray], other: list[np.ndarray]) -> bool:
    return len(one) == len(other) and all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize("action", [-1, 6])
def test_an_invalid_action_is_refused_before_it_reaches_the_emulator(action: int) -> None:
    env = AtariVector("pong", 2, seed=0)
    env.reset()
    with pytest.raises(UsageError, match=r"actions 0 to 5"):
        env.send(np.array([0, action]))
    env.send(np.array([0, 5]))  # It still works.
    assert env.recv().frames.shape == (2, 84, 84)
    env.close()


def test_one_seed_gives_one_history_and_another_seed_another() -> None:
    histories = []
    for seed in (1, 1, 2):
        env = AtariVector("breakout", 2, seed)
        first = env.reset().copy()
        histories.append([first, *play(env, 60, np.random.default_rng(0))])
        env.close()
    assert same(histories[0], histories[1])
    assert not same(histories[0], histories[2])


def test_environments_and_episodes_start_differently() -> None:
    env = AtariVector("pong", 3, seed=0)
    env.reset()
    first = env.seeds.copy()
    env.restart(np.array([True, False, True]))
    assert len({*first.tolist(), *env.seeds.tolist()}) == 5
    assert env.seeds[1] == first[1]
    env.close()


def test_a_seed_serves_several_short_episodes_that_start_differently() -> None:
    env = AtariVector("breakout", 1, seed=0, keep_seed=300)
    env.reset()
    seeds, actions, frames = [int(env.seeds[0])], [0], []
    for _ in range(900):
        env.send(np.array([1]))  # FIRE alone loses the game soon.
        step = env.recv()
        actions[-1] += 1
        if step.terminated[0]:
            frames.append(env.restart(step.terminated).tobytes())
            seeds.append(int(env.seeds[0]))
            actions.append(actions[-1] if seeds[-1] == seeds[-2] else 0)
    changed = [i for i in range(1, len(seeds)) if seeds[i] != seeds[i - 1]]
    assert len(set(frames)) > 2
    assert len(changed) >= 2
    assert len(changed) < len(seeds) - 1
    assert all((actions[i - 1] >= 300) == (i in changed) for i in range(1, len(seeds)))
    env.close()


@pytest.mark.parametrize(("sticky", "keep_seed"), [(0.0, 0), (0.25, 0), (0.0, 200), (0.25, 10_000)])
def test_restored_emulators_go_on_exactly_although_their_episodes_have_different_lengths(sticky: float, keep_seed: int, tmp_path) -> None:
    env = AtariVector("breakout", 3, seed=5, sticky=sticky, keep_seed=keep_seed)
    env.reset()
    play(env, 230, np.random.default_rng(0))
    env.restart(np.array([False, True, False]))
    play(env, 20, np.random.default_rng(1))
    if keep_seed < 10_000:
        assert len({len(taken) for taken in env.taken}) == 3
    else:
        assert len({taken.index(RESTART) for taken in env.taken}) == 3
    checkpoint.write(tmp_path, 0, {"env": env.state()}, {})
    other = AtariVector("breakout", 3, seed=5, sticky=sticky, keep_seed=keep_seed)
    other.restore(checkpoint.read(tmp_path / "step-000000000000")["env"])
    assert np.array_equal(other.lives, env.lives)
    # Far enough that episodes end and new ones begin.
    assert same(play(env, 250, np.random.default_rng(2)), play(other, 250, np.random.default_rng(2)))
    env.close()
    other.close()


@pytest.mark.parametrize("keep_seed", [0, 200])
def test_restored_emulators_go_on_exactly_although_an_idle_one_lost_its_game_meanwhile(keep_seed: int) -> None:
    env = AtariVector("breakout", 2, seed=0, keep_seed=keep_seed)
    env.reset()
    for _ in range(300):  # FIRE alone loses ball after ball; the first environment starts again and again.
        env.send(np.array([1, 0]))
        step = env.recv()
        over = step.terminated | step.truncated
        if over.any():
            env.restart(over)
    env.restart(np.array([True, False]))
    other = AtariVector("breakout", 2, seed=0, keep_seed=keep_seed)
    other.restore(env.state())
    assert same(play(env, 30, np.random.default_rng(2)), play(other, 30, np.random.default_rng(2)))
    env.close()
    other.close()


def test_the_score_is_not_clipped() -> None:
    env = AtariVector("space_invaders", 2, seed=0)
    env.reset()
    rng = np.random.default_rng(0)
    rewards: list[float] = []
    while not any(rewards):
        env.send(rng.integers(0, env.actions, 2))
        step = env.recv()
        rewards += step.rewards.tolist()
        env.restart(step.terminated | step.truncated) if (step.terminated | step.truncated).any() else None
    assert max(rewards) >= 5
    env.close()


@pytest.mark.parametrize(("game", "crop"), [("pong", "0,0"), ("breakout", "0,0"), ("pong", "34,16"), ("breakout", "20,0")])
def test_the_player_sees_what_the_vector_environment_sees(game: str, crop: str) -> None:
    player = Player(game, seed=3, epsilon=0.0, noop_max=0, fire_reset=False, crop=crop)
    env = AtariVector(game, 1, seed=0, noop_max=0, fire_reset=False, crop=crop)
    env.seeds[:] = 3
    env.lives = env.start(np.array([True]), np.array([True]))[1]
    frames = [env.seen(env.env.reset(seed=np.array([3]))[0][:, 0])[0]]
    actions = np.random.default_rng(0).integers(0, env.actions, 40)
    stacks = [player.stack]
    for action in actions:
        for _ in range(4):
            frame = player.tick(None, human=int(action))
        assert not frame.over
        stacks.append(player.stack)
        env.send(np.array([action]))
        frames.append(env.recv().frames[0].copy())
    for t, stack in enumerate(stacks):
        seen = [frames[i] if i >= 0 else np.zeros((84, 84), np.uint8) for i in range(t - 3, t + 1)]
        assert np.array_equal(stack, np.stack(seen)), t
    env.close()
