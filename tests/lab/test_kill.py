import json
import random
import subprocess
import sys
from pathlib import Path

import pytest

STEPS, FSYNCS = 60, 16
"""So many of each happen in the training of `killing.py` at the least, also where a slow disk makes it skip checkpoints."""


def plans() -> list[str]:
    rng = random.Random(0)
    steps = [f"step:{n}" for n in sorted(rng.sample(range(1, STEPS), 4))]
    fsyncs = [f"fsync:{n}" for n in (1, *sorted(rng.sample(range(2, FSYNCS), 3)))]
    renames = ["rename:1", "rename:2"]
    moments = [f"time:{rng.uniform(0.1, 1.5):.3f}" for _ in range(3)]
    return [*steps, *fsyncs, *renames, *moments]


@pytest.mark.timeout(600)
def test_a_run_killed_at_any_moment_and_resumed_ends_as_an_uninterrupted_one(tmp_path: Path) -> None:
    script = Path(__file__).with_name("killing.py")
    result = subprocess.run(
        [sys.executable, str(script), str(tmp_path), "none", *plans()], capture_output=True, text=True, check=False
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    straight, *killed = json.loads(result.stdout)
    assert straight["resumed"] == 0
    assert all(run["resumed"] for run in killed if not run["plan"].startswith("time"))
    assert {run["plan"]: run["digest"] for run in killed if run["digest"] != straight["digest"]} == {}
