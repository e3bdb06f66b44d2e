"""The vector environment that training and evaluation step.

ALE's C++ threads step the environments between `send` and `recv`, outside Python's lock. Frames are 84x84 grey (the
maximum of the last two of every four emulator frames), with `crop` without some rows above and below the game, rewards are raw, and episodes start from seeds: the seed and
what was done since reproduce an emulator exactly, which is what a checkpoint stores.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from lab.atari.games import MAX_FRAMES, STACK, action_names, check_game, cut_rows, load_ale
from lab.atari.preprocessing import observed
from lab.errors import UsageError

NO_SEED = -1
RESTART = 255
"""Among the actions since a seed: the game restarted here without a new one."""


@dataclass(frozen=True)
class Step:
    """What all environments answered: frames (E, 84, 84) uint8, rewards (E,) float32, flags and lives (E,)."""

    frames: np.ndarray
    rewards: np.ndarray
    terminated: np.ndarray
    truncated: np.ndarray
    lives: np.ndarray


class FrameStack:
    """The four newest frames that each environment shows, `frames` (E, 4, 84, 84) uint8, oldest first; black before an episode's first.

    They are put together when asked for, in a new array for each step: who keeps it keeps what was seen then.
    """

    def __init__(self, envs: int):
        self.recent = [np.zeros((envs, 84, 84), np.uint8) for _ in range(STACK)]
        self.stacked: np.ndarray | None = None

    @property
    def frames(self) -> np.ndarray:
        if self.stacked is None:
            self.stacked = np.stack(self.recent, axis=1)
        return self.stacked

    @frames.setter
    def frames(self, stacks: np.ndarray) -> None:
        self.recent, self.stacked = [stacks[:, k].copy() for k in range(STACK)], None

    @property
    def newest(self) -> np.ndarray:
        """The last of the four, (E, 84, 84)."""
        return self.recent[-1]

    def push(self, frames: np.ndarray) -> None:
        """The next frame (E, 84, 84) of each environment."""
        self.recent, self.stacked = [*self.recent[1:], frames.copy()], None

    def restart(self, over: np.ndarray, frames: np.ndarray) -> None:
        """New episodes where `over` (E,), which begin with `frames` (D, 84, 84). Follows `push`, or comes first of all."""
        for before in self.recent[:-1]:
            before[over] = 0
        self.recent[-1][over], self.stacked = frames, None


class AtariVector:
    """`envs` environments of one game. Order of calls: `reset`, then `send`, `recv` and, for ended episodes, `restart`.

    An episode gets a seed of its own if its environment has taken `keep_seed` actions since the last one; others continue
    with the emulator's random numbers: seeding makes ALE reload the game, which takes many times as long as a restart.
    """

    def __init__(
        self, game: str, envs: int, seed: int, *, sticky: float = 0.0, noop_max: int = 30, fire_reset: bool = True, threads: int = 0,
        keep_seed: int = 0, crop: str = "0,0",
    ):  # fmt: skip
        from ale_py.vector_env import AtariVectorEnv

        self.game, self.envs, self.seed = check_game(game), envs, seed
        self.sticky, self.noop_max, self.fire_reset, self.keep_seed = sticky, noop_max, fire_reset, keep_seed
        # ALE makes the 84x84 pixels itself, but cuts nothing away: with a crop it hands over its whole pictures.
        self.crop = crop if any(cut_rows(crop)) else None
        height, width = load_ale(self.game).getScreenDims() if self.crop else (84, 84)
        self.env = AtariVectorEnv(
            self.game, envs, img_height=height, img_width=width, num_threads=threads, stack_num=1, reward_clipping=False, episodic_life=False, noop_max=noop_max,
            use_fire_reset=fire_reset, repeat_action_probability=sticky, max_num_frames_per_episode=MAX_FRAMES,
        )  # fmt: skip
        self.actions = len(action_names(self.game))
        self.episodes = np.zeros(envs, np.int64)
        self.seeds = np.zeros(envs, np.int64)
        # Actions since the seed, and `RESTART` where the game restarted.
        self.taken: list[list[int]] = [[] for _ in range(envs)]
        self.lives = np.zeros(envs, np.int64)
        self.started = False
        self.restored = False
        """Whether nothing was done since the state of a stored run was restored."""

    def reset(self) -> np.ndarray:
        """Start every environment's first episode; frames (E, 84, 84)."""
        return self.restart(np.ones(self.envs, np.bool_))

    def restart(self, done: np.ndarray) -> np.ndarray:
        """Start a new episode where `done` (E,); the first frames (D, 84, 84) of those."""
        since = np.array([len(taken) for taken in self.taken])
        fresh = done & ((self.episodes == 0) | (since >= self.keep_seed))
        for env in np.flatnonzero(done):
            if fresh[env]:
                self.seeds[env] = episode_seed(self.seed, int(env), int(self.episodes[env]))
                self.taken[env] = []
            else:
                self.taken[env].append(RESTART)
            self.episodes[env] += 1
        frames, lives = self.start(done, fresh)
        self.lives[done] = lives[done]
        return frames[done]

    def start(self, mask: np.ndarray, fresh: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """New games where `mask` (E,), from the environment's seed where `fresh` (E,); frames (E, 84, 84) and lives (E,) of all."""
        if not self.started:  # The first reset must be a full one: seeding takes long, so it is the one asked for where that is full.
            self.started = True
            if (mask & fresh).all():
                observation, info = self.env.reset(seed=self.seeds)
                return self.seen(observation[:, 0]), info["lives"].astype(np.int64)
            self.env.reset(seed=np.zeros(self.envs, np.int64))
        seeds = np.where(fresh, self.seeds, NO_SEED)
        observation, info = self.env.reset(seed=seeds[mask], options={"reset_mask": mask})
        return self.seen(observation[:, 0]), info["lives"].astype(np.int64)

    def send(self, actions: np.ndarray) -> None:
        """Start a step with actions (E,) in [0, actions). Raises UsageError for others, which would hang the workers."""
        if actions.min() < 0 or actions.max() >= self.actions:
            raise UsageError(f"{self.game} has actions 0 to {self.actions - 1}, got {actions.tolist()}.")
        for taken, action in zip(self.taken, actions.tolist(), strict=True):
            taken.append(action)
        self.restored = False
        self.env.send(actions.astype(np.int32))

    def recv(self) -> Step:
        """The result of the last `send`. The frame of an ended episode is its last; call `restart` before the next step."""
        frames, rewards, terminated, truncated, info = self.env.recv()
        self.lives = info["lives"].astype(np.int64)
        return Step(
            self.seen(frames[:, 0]), rewards.astype(np.float32), terminated.astype(np.bool_), truncated.astype(np.bool_), self.lives
        )

    def seen(self, frames: np.ndarray) -> np.ndarray:
        """What agents see, (E, 84, 84), of the frames that ALE gives."""
        return frames if self.crop is None else np.stack([observed(frame, self.crop) for frame in frames])

    def state(self) -> dict[str, Any]:
        """The seeds and what was done since: enough to bring every emulator back."""
        taken = [np.array(actions, np.uint8) for actions in self.taken]
        return {"episodes": self.episodes.copy(), "seeds": self.seeds.copy(), "taken": taken}

    def restore(self, state: dict[str, Any]) -> None:
        """Do again what was done; all environments end at the same moment, so each starts when its turn comes."""
        self.restored = True
        self.episodes[:], self.seeds[:] = state["episodes"], state["seeds"]
        self.taken = [actions.tolist() for actions in state["taken"]]
        done = np.zeros(self.envs, np.int64)  # what was done again of `taken`
        length = max(len(taken) - taken.count(RESTART) for taken in self.taken)
        starts = np.array([length - len(taken) + taken.count(RESTART) for taken in self.taken])
        over = np.zeros(self.envs, np.bool_)
        for t in range(length + 1):
            fresh = starts == t
            idle = over & (starts > t)  # An environment that waits for its turn goes round again where its game ended.
            if (fresh | idle).any():
                _, lives = self.start(fresh | idle, fresh)
                self.lives[fresh] = lives[fresh]
            active = starts <= t
            while (again := active & [taken[i : i + 1] == [RESTART] for i, taken in zip(done, self.taken, strict=True)]).any():
                _, lives = self.start(again, np.zeros_like(again))
                self.lives[again] = lives[again]
                done += again
            if t == length:
                break
            actions = [taken[i] if going else 0 for i, taken, going in zip(done, self.taken, active, strict=True)]
            done += active
            self.env.send(np.array(actions, np.int32))
            _, _, terminated, truncated, info = self.env.recv()
            over = terminated | truncated
            self.lives = info["lives"].astype(np.int64)

    def close(self) -> None:
        self.env.close()


def episode_seed(seed: int, env: int, episode: int) -> int:
    """The emulator seed of one episode, in [0, 2^31)."""
    return int(np.random.SeedSequence([seed, env, episode]).generate_state(1)[0] >> 1)
