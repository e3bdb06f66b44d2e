"""Series: the memory of a game."""

from pathlib import Path

import numpy as np
import torch

from lab.data.series import ram_series

CPU = torch.device("cpu")


def write(path: Path, text: str | bytes) -> str:
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return f"file:{path}"


def test_the_memory_of_a_game_changes_and_is_the_same_for_the_same_seed() -> None:
    values, names = ram_series("pong", 60, 4, "random", 1)
    ram_series.cache_clear()
    again, _ = ram_series("pong", 60, 4, "random", 1)
    np.testing.assert_array_equal(values, again)
    assert values.shape == (60, 4)
    assert len(set(names)) == 4
    assert (np.diff(values, axis=0) != 0).any(0).all()
