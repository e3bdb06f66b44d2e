"""How many threads operations take: a setting that each thread has for itself."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def threads(count: int) -> Iterator[None]:
    """Operations of the calling thread take `count` cores inside."""
    mine = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(mine)
