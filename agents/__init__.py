"""Reinforcement learning: Atari environments, replay memory, Q-learning, evaluation, shipped agents. Start at `dqn.py`."""
