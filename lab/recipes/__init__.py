"""One training file per algorithm that is not reinforcement learning, its settings beside it in `<name>_config.py`."""
