"""One game played frame by frame in true colours, by a network, a person or both: what watching and recording use.

The vector environment that training steps cannot draw. `Player` steps a plain emulator at 60 frames a second and makes
of its frames exactly what training sees: every fourth frame a decision, on the maximum of the last two grey frames.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from lab.atari.games import FRAME_SKIP, MAX_FRAMES, STACK, check_game, load_ale
from lab.atari.preprocessing import observed


@dataclass(frozen=True)
class Frame:
    """One emulator frame: pixels (H, W, 3) uint8, the stack (4, 84, 84) uint8 and q (A,) float32 of the last decision."""

    pixels: np.ndarray
    stack: np.ndarray
    q: np.ndarray | None
    action: int
    decided: bool
    reward: float
    score: float
    over: bool
    lives: int
    frames: int


class Player:
    """Plays `game`. `tick` advances one emulator frame; episodes follow each other without end.

    `epsilon` is the share of random decisions, `sticky` the emulator's probability of repeating the last action in a
    frame, `crop` the rows that the network does not see ("top,bottom"). The same seed and the same decisions give the same episodes.
    """

    def __init__(
        self,
        game: str,
        *,
        seed: int = 0,
        epsilon: float = 0.01,
        sticky: float = 0.0,
        noop_max: int = 30,
        fire_reset: bool = True,
        crop: str = "0,0",
    ):
        self.game, self.epsilon, self.sticky = check_game(game), epsilon, sticky
        self.noop_max, self.fire_reset, self.crop = noop_max, fire_reset, crop
        self.reset(seed)

    def reset(self, seed: int | None = None, noops: int | None = None) -> None:
        """Start a new episode; with a `seed`, the first of that seed's episodes. `noops`: frames of nothing before it, drawn unless given.

        These, whether FIRE was `fired` after them and what was `decided` since make an episode (`lab.atari.recorded`).
        """
        if seed is not None:
            self.rng = np.random.Generator(np.random.PCG64(seed))
            self.ale = load_ale(self.game, seed, self.sticky)
            self.actions = self.ale.getMinimalActionSet()
            self.action_names = tuple(action.name for action in self.actions)
        self.ale.reset_game()
        self.score, self.frames, self.in_decision = 0.0, 0, 0
        self.action = 0
        self.q: np.ndarray | None = None
        self.decided: list[int] = []
        drawn = int(self.rng.integers(self.noop_max + 1)) if self.noop_max else 0
        self.noops = drawn if noops is None else noops
        for _ in range(self.noops):
            self.ale.act(0)
            if self.ale.game_over():
                self.ale.reset_game()
        self.fired = self.fire_reset and len(self.actions) > 1 and self.action_names[1] == "FIRE"
        if self.fired:
            self.ale.act(self.actions[1])
        self.over = False
        self.stack = np.zeros((STACK, 84, 84), np.uint8)
        self.grey = [self.ale.getScreenGrayscale()] * 2
        self.see(self.grey[-1])

    def see(self, grey: np.ndarray) -> None:
        """Put what training would see of a grey frame (H, W) on top of the stack."""
        self.stack = np.concatenate([self.stack[1:], observed(grey, self.crop)[None]])

    def tick(self, net: nn.Module | None, human: int | None = None) -> Frame:
        """Advance one emulator frame. Each fourth one is a decision: the action index `human`, else the network's.

        Without a network the decision is random. The tick after a frame with `over` starts the next episode.
        """
        if self.over:
            self.reset()
        decided = self.in_decision == 0
        if decided:
            self.decide(None if net is None else q_values(net, self.stack), human)
        seen = self.stack
        reward = self.emulate()
        return Frame(
            self.ale.getScreenRGB(), seen, self.q, self.action, decided, reward, self.score, self.over, self.ale.lives(), self.frames
        )  # fmt: skip

    def emulate(self) -> float:
        """One emulator frame with the action decided last; its reward. The stack grows after each fourth."""
        reward = float(self.ale.act(self.actions[self.action]))
        self.score += reward
        self.frames += 1
        self.in_decision = (self.in_decision + 1) % FRAME_SKIP
        if self.in_decision in (FRAME_SKIP - 1, 0):  # The last two of the four are seen.
            self.grey = [self.grey[1], self.ale.getScreenGrayscale()]
        self.over = bool(self.ale.game_over()) or self.frames >= MAX_FRAMES
        if self.in_decision == 0:
            self.see(np.maximum(*self.grey))
        return reward

    def decide(self, q: np.ndarray | None, human: int | None = None) -> None:
        """Choose the action of the next four frames: `human`'s, else by the Q values (A,), else a random one."""
        self.q = q
        explore = self.rng.random() < self.epsilon
        anything = int(self.rng.integers(len(self.actions)))
        if human is not None:
            self.action = human
        elif self.q is None or explore:
            self.action = anything
        else:
            self.action = int(self.q.argmax())
        self.decided.append(self.action)


@torch.no_grad()
def q_values(net: nn.Module, stack: np.ndarray) -> np.ndarray:
    """Q values (A,) float32 of one stack (4, 84, 84) uint8."""
    device = next(net.parameters()).device
    return net(torch.from_numpy(stack)[None].to(device))[0].float().cpu().numpy()
