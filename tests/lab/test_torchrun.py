"""Several processes, one training: they train as one process does with the whole batch, and resume exactly."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from two_processes import SETTINGS, train

from lab import torchrun
from lab.errors import UsageError
from lab.selfcheck.cases import write_files
from lab.stored_runs import find
from models.processes import Group

ROOT = Path(__file__).resolve().parents[2]


ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what two processes held after some steps of each case."""
    folder = tmp_path_factory.mktemp("processes")
    write_files(folder)
    program = str(Path(__file__).with_name("two_processes.py"))
    done = subprocess.run(
        [sys.executable, program, str(folder), "2", *SETTINGS], env=ENVIRONMENT, text=True, stderr=subprocess.PIPE, check=False
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return folder


@pytest.mark.parametrize("case", SETTINGS)
def test_two_processes_train_as_one_does_with_the_whole_batch(case: str, trained: Path) -> None:
    first, second = (load_file(trained / f"{case} {rank}.safetensors") for rank in (0, 1))
    losses, weights, _ = train(case, trained)
    for step, each in enumerate(losses):  # Adam makes steps of gradients that are nothing but rounding, so that later ones differ more.
        tolerance = 1e-5 if step < 3 else 1e-2
        torch.testing.assert_close(first[f"losses {step}"], torch.tensor(each), rtol=tolerance, atol=tolerance)
    for name, tensor in weights.items():
        apart = (first[f"weights {name}"].double() - tensor.double()).norm()
        assert apart <= 0.02 * tensor.double().norm() + 1e-3, name
    assert all(torch.equal(first[name], second[name]) for name in first), "the processes hold the same"


@pytest.mark.parametrize("case", SETTINGS)
def test_two_processes_resume_exactly(case: str, trained: Path) -> None:
    for rank in (0, 1):
        assert int(load_file(trained / f"{case} {rank}.safetensors")["differences"]) == 0


def test_torchrun_trains_one_run_which_process_0_writes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = tmp_path / "runs" / "mine"
    program = tmp_path / "lab"
    program.write_text("import sys\nfrom lab.cli import main\nsys.exit(main())\n")
    done = subprocess.run(
        [
            sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", "--", str(program), "train", "vae",
            "--data", "digits", "--size", "8", "--hidden", "16", "--batch-size", "32", "--quality-every", "0", "--steps", "6",
            "--device", "cpu", "--run", str(run),
        ],
        env=ENVIRONMENT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("finished at 6 steps") == 1
    assert done.stderr.count("run folder") == 1
    stored = json.loads((run / "config.json").read_text())
    assert (stored["processes"], stored["config"]["batch_size"]) == (2, 64)
    with pytest.raises(UsageError, match="was trained by 2 processes, not by 1"):
        torchrun.resume(find(str(run)), None, lambda device: None, lambda session: 0)


def test_the_batch_of_all_processes_is_that_of_each_times_their_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORLD_SIZE", "4")
    monkeypatch.setenv("TORCHELASTIC_RUN_ID", "test")
    assert torchrun.whole_batch("gpt", {"batch_size": 3, "seed": 1}) == {"batch_size": 12, "seed": 1}
    with pytest.raises(UsageError, match=r"dqn trains in one process only. These can be trained by several: classify, gpt"):
        torchrun.whole_batch("dqn", {})


def test_a_part_is_this_process_s_rows_of_the_whole_batch() -> None:
    group = Group()
    rows = torch.arange(7)
    assert group.part(rows)[0] is rows
    group.join(1, 3)
    assert group.part(rows)[0] is rows, "outside a step of all"
    with group.step():
        assert group.part(rows)[0].tolist() == [2, 3]
        assert group.drawn(2, torch.arange).tolist() == [2, 3]
        assert group.share == pytest.approx(2 / 7)
        with pytest.raises(ValueError, match="a batch of 2 cannot be split among 3"):
            group.part(rows[:2])
