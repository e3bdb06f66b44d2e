"""Munchausen reinforcement learning (Vieillard et al. 2020): the reward is raised by the scaled log-probability of the action taken.

The policy is the softmax of Q / temperature, and the value of a state that of playing by it, with its entropy:
y = R + alpha [t ln pi(a|s)] clipped to [clip, 0] + gamma sum_a' pi(a'|s') (Q(s', a') - t ln pi(a'|s')), all Q by the target network (eq. 1).
"""

from torch import Tensor


def scaled_log_policy(q: Tensor, temperature: float) -> Tensor:
    """t ln pi(a|s) (B, A), at most 0, of Q values (B, A)."""
    return temperature * (q / temperature).log_softmax(1)


def reward_bonus(q: Tensor, actions: Tensor, alpha: float, temperature: float, clip: float) -> Tensor:
    """alpha times t ln pi(a|s), not below `clip`, for the actions (B,) taken where Q is (B, A): (B,)."""
    return alpha * scaled_log_policy(q, temperature).gather(1, actions[:, None])[:, 0].clamp(clip, 0)


def soft_policy(q: Tensor, temperature: float) -> tuple[Tensor, Tensor]:
    """(pi(a|s), its entropy's share -t ln pi(a|s)), (B, A) each."""
    scaled = scaled_log_policy(q, temperature)
    return (scaled / temperature).exp(), -scaled
