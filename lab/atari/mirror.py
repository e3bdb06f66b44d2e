"""The true colours of a training environment: a second emulator that is given the same seed and the same actions.

Training sees 84x84 grey frames, and ALE's vector environment has no others. As a game is known by its seed and the
actions since, another emulator can catch up with it when the view is open, at no cost otherwise.
"""

import numpy as np

from lab.atari.games import MAX_FRAMES, load_ale
from lab.atari.vector import NO_SEED, RESTART, AtariVector


class Mirror:
    """Follows environment `env` of an `AtariVector`, in colour and at the console's own size."""

    def __init__(self, source: AtariVector, env: int):
        from ale_py.vector_env import AtariVectorEnv

        width, height = load_ale(source.game).getScreenDims()[::-1]
        self.source, self.index = source, env
        self.env = AtariVectorEnv(
            source.game, 1, num_threads=1, stack_num=1, reward_clipping=False, episodic_life=False, noop_max=source.noop_max,
            use_fire_reset=source.fire_reset, repeat_action_probability=source.sticky, max_num_frames_per_episode=MAX_FRAMES,
            grayscale=False, img_height=height, img_width=width,
        )  # fmt: skip
        self.seed = -1
        self.done = 0
        """Actions since the seed that the mirror has taken."""
        self.pixels = np.zeros((height, width, 3), np.uint8)

    def frame(self, limit: int = 100) -> tuple[np.ndarray, int]:
        """What the environment shows (H, W, 3) uint8, 210 by 160 in most games, and how many actions the mirror is behind.

        One call takes `limit` actions at most, about a millisecond each: a long episode is caught up with in several.
        """
        seed, taken = int(self.source.seeds[self.index]), self.source.taken[self.index]
        if seed != self.seed or len(taken) < self.done:
            if self.seed == -1:  # The first reset must be a full one.
                self.env.reset(seed=np.zeros(1, np.int64))
            self.start(seed)
            self.seed, self.done = seed, 0
        for action in taken[self.done : self.done + limit]:
            if action == RESTART:
                self.start(NO_SEED)
            else:
                self.env.send(np.array([action], np.int32))
                self.pixels = self.env.recv()[0][0, 0]
            self.done += 1
        return self.pixels, len(taken) - self.done

    def start(self, seed: int) -> None:
        observation, _ = self.env.reset(seed=np.array([seed]), options={"reset_mask": np.ones(1, np.bool_)})
        self.pixels = observation[0, 0]

    def close(self) -> None:
        self.env.close()
