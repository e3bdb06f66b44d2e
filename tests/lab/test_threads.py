"""Only what trains has a team of OpenMP threads: idle teams make all of them slow."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
import torch

from lab.device import one_thread, use_threads

MAKING = """
import os
from pathlib import Path

import torch

from lab.api import new_session

torch.set_num_threads(2)

def threads():
    return len(os.listdir("/proc/self/task"))

before = threads()
session = new_session("pix2pix", {"batch_size": 16, "features": 32, "d_features": 16, "size": 16, "data": "digits"}, steps=2, device="cpu")
made = threads()
print("set", torch.get_num_threads(), "made", made - before)
"""


def test_a_threads_number_outlasts_that_of_a_thread_which_sets_it_later() -> None:
    before, other = torch.get_num_threads(), ThreadPoolExecutor(1)
    try:
        other.submit(use_threads, 3).result()
        use_threads(1)
        assert other.submit(torch.get_num_threads).result() == 3
    finally:
        other.shutdown()
        use_threads(before)


def test_one_thread_ends_with_its_block() -> None:
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    try:
        with suppress(ValueError), one_thread():
            inside = torch.get_num_threads()
            raise ValueError
        assert (inside, torch.get_num_threads()) == (1, 3)
    finally:
        torch.set_num_threads(before)


@pytest.mark.skipif(sys.platform != "linux", reason="counts the threads in /proc")
def test_making_a_session_starts_no_team() -> None:
    """U-Net weights are large enough to be shared out, were it allowed."""
    answer = subprocess.run([sys.executable, "-c", MAKING], capture_output=True, text=True)
    assert answer.stdout.strip() == "set 2 made 0", answer.stderr
