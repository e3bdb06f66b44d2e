"""Training steps and evaluations on a GPU that is none (`fake_gpu.py`): nothing mixes devices, and the host waits only where it must."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.timeout(600)  # All cases are computed in front of the first test.

ROOT = Path(__file__).parents[1]
CASES = ("linear", "vae", "dcgan", "word2vec", "gpt", "pix2pix", "locate", "toy-flow", "dqn-fast", "pqn")
MAY_WAIT = {
    "agents/dqn.py": "the actions go to the environments, and priorities into their tree",
    "agents/pqn.py": "the actions go to the environments",
    "lab/recipes/generative/pixels.py": "a picture of the time-lapse, every so many steps",
}


@pytest.fixture(scope="module")
def steps(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the steps of all cases did: in a process of its own, as PyTorch is patched there."""
    command = [sys.executable, str(ROOT / "tests" / "fake_gpu.py"), str(tmp_path_factory.mktemp("files")), *CASES]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "OMP_NUM_THREADS": "1"}, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize("case", CASES)
def test_a_step_mixes_no_devices_and_waits_only_where_it_must(steps: dict[str, Any], case: str) -> None:
    step = steps[case]
    assert step["kernels"] > 10
    assert step["mistakes"] == {}
    assert step["evaluation"] == ""
    assert [wait for wait in step["waits"] if wait.split(" at ")[1].rpartition(":")[0] not in MAY_WAIT] == []
