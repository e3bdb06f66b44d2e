import contextlib
import json
import os
import runpy
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from toy import Toy

import lab
from lab import checkpoint, cli
from lab.api import resumed_session
from lab.commands import COMMANDS
from lab.commands.bench import BENCHES
from lab.commands.output import print_json
from lab.stored_runs import find, runs


def failed(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    """The exit code and the one line on stderr of a command that prints nothing else."""
    code = cli.main(list(arguments))
    captured = capsys.readouterr()
    lines = captured.err.splitlines()
    assert captured.out == ""
    assert len(lines) == 1, lines
    assert lines[0].startswith("lab: ")
    return code, lines[0]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["trian"], "There is no command 'trian'. Did you mean train"),
        (["train", "dqm"], "There is no recipe 'dqm'. Did you mean dqn"),
        (["train"], "Name a recipe: dqn"),
        (["train", "dqn", "--game", "breakot"], "There is no game 'breakot'. Did you mean breakout"),
        (["train", "dqn", "--n-step", "33"], "--n-step should be less than or equal to 32, got 33"),
        (["train", "dqn", "--nstep", "3"], "There is no flag of `lab train dqn` '--nstep'. Did you mean --n-step"),
        (["train", "dqn", "--steps", "many"], "expected a whole number, got 'many'"),
        (["train", "dqn", "--steps", "inf"], "expected a whole number, got 'inf'"),
        (["train", "dqn", "--steps", "1.5"], "expected a whole number, got '1.5'"),
        (["train", "toy", "--steps", "0"], "--steps must be at least 1, got 0"),
        (["train", "toy", "--run", ""], "--run must name a folder"),
        (["train", "toy", "--run", "a\nb"], r"in characters that can be seen, got 'a\nb'"),
        (["suite", "mine", "--recipe", "vae"], "vae plays no Atari game, so there is no suite of it. These do: dqn"),
        (["train", "toy", "--steps", "3", "--minutes", "1"], "Give --steps or --minutes, not both"),
        (["train", "dqn", "--device", "tpu"], "--device must be auto, cpu, cuda, cuda:N for the GPU number N from 0 on, or mps, got 'tpu'"),
        (["resume"], "The following arguments are required: RUN"),
        (["resume", "nothing"], "There is no run or shipped agent 'nothing'"),
        (["eval", "last"], "There are no runs yet"),
        (["bench", "speed"], "There is no bench 'speed'"),
        (["list", "--jsno"], "There is no flag of `lab list` '--jsno'. Did you mean --json"),
    ],
)
def test_a_wrong_request_is_one_sentence_and_exit_code_2(arguments: list[str], sentence: str, capsys) -> None:
    code, line = failed(capsys, *arguments)
    assert code == 2
    assert sentence in line


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device")
def test_a_missing_cuda_device_is_one_sentence_and_exit_code_2(capsys) -> None:
    code, line = failed(capsys, "train", "toy", "--device", "cuda")
    assert (code, "finds no CUDA device" in line) == (2, True)


def test_an_unwritable_run_folder_is_one_sentence_and_exit_code_1(tmp_path: Path, capsys) -> None:
    (tmp_path / "file").write_text("")
    code, line = failed(capsys, "train", "toy", "--run", str(tmp_path / "file" / "run"))
    assert (code, "Cannot write the run folder" in line) == (1, True)


def test_a_failed_run_is_one_sentence_and_exit_code_1(capsys) -> None:
    assert cli.main(["train", "toy", "--fail-at", "3"]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.splitlines()[-1] == "lab: Out of memory. Lower --batch-size, or close what else uses this machine's memory."
    assert "Traceback" not in captured.err


def test_train_prints_one_json_document_and_nothing_else_on_stdout(capsys) -> None:
    assert cli.main(["train", "toy", "--steps", "2_0", "--seed", "3", "--json"]) == 0
    captured = capsys.readouterr()
    document = json.loads(captured.out)
    assert (document["status"], document["done"], document["unit"]) == ("finished", 20, "steps")
    assert find(document["run"]).config().seed == 3
    assert "run folder: " in captured.err


def test_a_run_trained_by_flags_equals_one_trained_from_python() -> None:
    cli.main(["train", "toy", "--steps", "12", "--learning-rate", "0.3", "--batch-size", "5"])
    (_, one, _) = checkpoint.newest_good(find("last").checkpoints)
    (_, other, _) = checkpoint.newest_good(lab.train("toy", steps=12, learning_rate=0.3, batch_size=5).checkpoints)
    assert torch.equal(one["experiment"]["net"]["weight"], other["experiment"]["net"]["weight"])


def test_resume_goes_on_to_the_new_target(capsys) -> None:
    cli.main(["train", "toy", "--steps", "12"])
    capsys.readouterr()
    assert cli.main(["resume", "last", "--steps", "18", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["done"] == 18


def test_runs_eval_and_show_speak_of_the_stored_run(tmp_path: Path, capsys) -> None:
    cli.main(["train", "toy", "--steps", "12"])
    capsys.readouterr()
    cli.main(["runs", "--json"])
    (row,) = json.loads(capsys.readouterr().out)
    assert (row["recipe"], row["status"], row["done"]) == ("toy", "finished", 12)
    cli.main(["eval", "last", "--json"])
    assert json.loads(capsys.readouterr().out).keys() == {"distance"}
    assert cli.main(["show", "last", "weights", "--scale", "2", "--out", str(tmp_path / "w.npz")]) == 0
    assert (tmp_path / "w.npz").exists()
    capsys.readouterr()
    assert cli.main(["show", "last"]) == 0
    assert "weights  table  --scale 1.0" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["weigths", "--out", "w.png"], "There is no view 'weigths'. Did you mean weights"),
        (["weigths"], "There is no view 'weigths'. Did you mean weights"),
        (["weights", "--scales", "1", "--out", "w.png"], "no parameter of view weights 'scales'. Did you mean scale"),
        (["weights", "--scale", "wide", "--out", "w.png"], "--scale should be a valid number"),
        (["weights", "--out", "w.bmp"], "expected a name that ends in .png, .gif, .mp4, .npz or .csv"),
    ],
)
def test_a_wrong_view_parameter_or_file_is_one_sentence(arguments: list[str], sentence: str, capsys) -> None:
    lab.train("toy", steps=3)
    code, line = failed(capsys, "show", "last", *arguments)
    assert code == 2
    assert sentence in line


def test_list_names_recipes_games_networks_and_data(capsys) -> None:
    assert cli.main(["list", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert {"dqn", "dqn-fast", "linear"} <= {recipe["name"] for recipe in document["recipes"]}
    assert len(document["games"]) == 108
    assert {"networks", "data", "agents"} <= set(document)
    pong = document["agents"]["pong"]
    assert (pong["game"], pong["human"], pong["human_source"]) == ("pong", 9.3, "Mnih et al. 2015")
    assert pong["mean"] > pong["sticky_mean"]
    assert "sticky actions 0.25" in pong["sticky_protocol"]


@pytest.mark.parametrize("arguments", [["--help"], ["list"], ["list", "--json"], ["train", "dqn", "--help"], ["runs"]], ids=" ".join)
def test_what_must_answer_at_once_imports_neither_torch_nor_qt(arguments: list[str]) -> None:
    code = (
        "import sys\nfrom lab.cli import main\n"
        f"try: main({arguments!r})\nexcept SystemExit: pass\n"
        "heavy = {'torch', 'PySide6', 'matplotlib', 'tensorboard', 'gymnasium'} & set(sys.modules)\n"
        "sys.exit(f'imported {heavy}' if heavy else 0)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize("command", list(COMMANDS))
def test_every_command_has_a_help_text(command: str, capsys) -> None:
    with contextlib.suppress(SystemExit):
        cli.main([command, "--help"])
    assert COMMANDS[command] in capsys.readouterr().out


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_saves_a_checkpoint_says_how_to_resume_and_exits_130(number: int, monkeypatch, capsys) -> None:
    original = Toy.step

    def step(self: Toy) -> Any:
        if self.steps == 7:
            os.kill(os.getpid(), number)
        return original(self)

    monkeypatch.setattr(Toy, "step", step)
    assert cli.main(["train", "toy", "--steps", "30"]) == 130
    run = find("last")
    assert f"`lab resume {run.path}` continues" in capsys.readouterr().err
    assert checkpoint.newest_good(run.checkpoints)[1]["experiment"]["steps"] == 8
    assert run.status()["status"] == "stopped"
    monkeypatch.undo()


def test_after_ctrl_c_resume_ends_where_an_uninterrupted_run_does(monkeypatch, runs_home) -> None:
    original = Toy.step

    def step(self: Toy) -> Any:
        if self.steps == 7:
            os.kill(os.getpid(), signal.SIGINT)
        return original(self)

    with monkeypatch.context() as patch:
        patch.setattr(Toy, "step", step)
        assert cli.main(["train", "toy", "--steps", "30"]) == 130
    assert cli.main(["resume", "last"]) == 0
    (_, one, _) = checkpoint.newest_good(find("last").checkpoints)
    (_, other, _) = checkpoint.newest_good(lab.train("toy", steps=30).checkpoints)
    assert torch.equal(one["experiment"]["net"]["weight"], other["experiment"]["net"]["weight"])


@pytest.fixture
def interrupted(monkeypatch) -> Callable[..., int]:
    """Runs a command and sends it a Ctrl-C in step number `at`; its exit code."""

    def run(at: int, *arguments: str) -> int:
        original = Toy.step

        def step(self: Toy) -> Any:
            if self.steps == at - 1:
                os.kill(os.getpid(), signal.SIGINT)
            return original(self)

        with monkeypatch.context() as patch:
            patch.setattr(Toy, "step", step)
            return cli.main(list(arguments))

    return run


def test_resume_goes_to_the_target_that_was_given_last(interrupted) -> None:
    assert cli.main(["train", "toy", "--steps", "5"]) == 0
    assert interrupted(8, "resume", "last", "--steps", "12") == 130
    assert cli.main(["resume", "last"]) == 0
    assert find("last").status()["done"] == 12


def test_a_run_for_a_time_is_resumed_for_what_is_left_of_it(interrupted) -> None:
    assert interrupted(12, "train", "toy", "--minutes", "3") == 130
    session = resumed_session(find("last"))
    assert session.steps is None
    assert session.until == pytest.approx(180)
    assert 0 < session.seconds < 60
    session.experiment.close()


def test_a_ctrl_c_in_the_last_step_ends_a_finished_run(interrupted, capsys) -> None:
    assert interrupted(12, "train", "toy", "--steps", "12") == 0
    assert "finished at 12 steps" in capsys.readouterr().out


def test_training_goes_on_when_nobody_listens(tmp_path: Path) -> None:
    run = tmp_path / "run"
    line = f"{sys.executable} -m lab.cli train linear --steps 300 --run {run} 2>&1 >/dev/null | head -1"
    subprocess.run(["bash", "-c", line], check=False, capture_output=True, cwd=Path(lab.__file__).parent.parent)
    assert find(str(run)).status()["status"] == "finished"


def test_a_second_ctrl_c_gives_up_at_once_without_a_traceback(monkeypatch, capsys) -> None:
    def step(self: Toy) -> Any:
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGINT)
        raise AssertionError("the second signal should have ended the step")

    monkeypatch.setattr(Toy, "step", step)
    assert cli.main(["train", "toy", "--steps", "30"]) == 130
    assert "Traceback" not in capsys.readouterr().err


def test_the_signal_handlers_are_put_back(monkeypatch) -> None:
    before = signal.getsignal(signal.SIGINT)
    cli.main(["train", "toy", "--steps", "3"])
    assert signal.getsignal(signal.SIGINT) is before


def test_json_documents_have_null_for_what_is_not_finite(capsys) -> None:
    print_json({"a": float("nan"), "b": [float("inf"), 1.0], 3: "x"})
    assert json.loads(capsys.readouterr().out) == {"a": None, "b": [None, 1.0], "3": "x"}


def test_there_are_no_runs_at_first(capsys) -> None:
    assert cli.main(["runs"]) == 0
    assert "No runs yet" in capsys.readouterr().out
    assert runs() == []


def test_every_benchmark_is_where_the_command_line_looks_for_it() -> None:
    from lab.registry import load

    functions = {path: load(path) for paths in BENCHES.values() for path in paths}
    assert all(callable(function) for function in functions.values())
    assert {"dqn", "pqn", "heads", "dream", "foundations", "gui", "generate", "vision", "sequences", "two"} == set(BENCHES)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["train", "dqn", "--lr", "1e-3"], "Did you mean --learning-rate?"),
        (["train", "gpt", "--epochs", "3"], "Did you mean --steps?"),
        (["train", "dqn", "--env-id", "pong"], "Did you mean --game?"),
        (["train", "dqn", "--total-timesteps", "9"], "Did you mean --steps?"),
        (["train", "vae", "--dataset", "digits"], "Did you mean --data?"),
        (["train", "classify", "--arch", "lenet5"], "Did you mean --network?"),
        (["train", "gpt", "--gpu", "0"], "Did you mean --device?"),
        (["train", "gpt", "--batch_size", "0"], "Did you mean --batch-size?"),
        (["play", "pong"], "Did you mean watch?"),
        (
            ["train", "dqn", "--game", "PongNoFrameskip-v4"],
            "There is no game 'PongNoFrameskip-v4'. Did you mean pong? An agent step is 4 frames here.",
        ),
        (["train", "dqn", "--game", "MsPacman-ram-v0"], "Did you mean ms_pacman?"),
        (["train", "dqn", "--game", "Pog-v5"], "Did you mean pong"),
        (["train", "gpt", "--minutes", "inf"], "--minutes must be above 0 and at most 10^9, got inf."),
        (["train", "gpt", "--minutes", "nan"], "--minutes must be above 0 and at most 10^9, got nan."),
        (["train", "gpt", "--steps", "1e400"], "expected a whole number, got '1e400'"),
        (["train", "gpt", "--steps", "1e20"], "--steps must be at most 10^15"),
        (["show", "x" * 300, "curves"], "There is no run or shipped agent"),
    ],
)
def test_a_name_from_elsewhere_and_a_number_out_of_reach_get_the_right_hint(arguments: list[str], sentence: str, capsys) -> None:
    code, line = failed(capsys, *arguments)
    assert (code, sentence in line, line) == (2, True, line)
    assert runs() == []


def test_names_that_a_terminal_has_no_letters_for_are_spelled_out(runs_home: Path) -> None:
    lab.train("toy", steps=1, run=runs_home / "Käse 漢")
    env = {**os.environ, "PYTHONIOENCODING": "ascii", "LAB_RUNS": str(runs_home)}
    code = "import toy; toy.install(); from lab.cli import main; raise SystemExit(main(['runs']))"
    answer = subprocess.run([sys.executable, "-c", code], env=env, cwd=Path(__file__).parent, capture_output=True, text=True)
    assert (answer.returncode, answer.stdout.splitlines()[1].split("  ")[0]) == (0, r"K\xe4se \u6f22"), answer.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux has a file that is always full")
def test_an_output_that_is_full_is_one_sentence() -> None:
    with Path("/dev/full").open("w") as full:
        answer = subprocess.run([sys.executable, "-m", "lab.cli", "list", "--json"], stdout=full, stderr=subprocess.PIPE, text=True)
    assert (answer.returncode, answer.stderr) == (1, "lab: The output could not be written (No space left on device).\n")


def test_help_of_a_command_is_that_of_its_flag(capsys) -> None:
    for arguments in (["help", "resume"], ["resume", "--help"]):
        with pytest.raises(SystemExit):
            cli.main(arguments)
        assert capsys.readouterr().out.startswith("usage: lab resume RUN")
    with pytest.raises(SystemExit):
        cli.main(["help", "train", "toy"])
    assert "--learning-rate" in capsys.readouterr().out


@pytest.mark.parametrize("rest", [["--out", "a.png"], ["--scale", "2"]])
def test_a_picture_of_no_view_is_asked_for_its_view(rest: list[str], capsys) -> None:
    lab.train("toy", steps=1)
    code, line = failed(capsys, "show", "last", *rest)
    assert (code, "Say which view to save: lab show last VIEW --out FILE" in line) == (2, True)


def test_a_runs_folder_that_is_a_file_is_told(tmp_path: Path, monkeypatch, capsys) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("LAB_RUNS", str(tmp_path / "file"))
    assert failed(capsys, "runs") == (2, f"lab: LAB_RUNS={tmp_path}/file is a file. Name the folder in which runs are kept.")


def test_a_defect_is_one_sentence_and_a_file_with_its_traceback(monkeypatch, capsys, tmp_path) -> None:
    def broken(arguments: list[str]) -> int:
        raise KeyError("a broken command")

    monkeypatch.setattr("lab.commands.list.main", broken)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert cli.main(["list"]) == 1
    said = capsys.readouterr().err
    first, second = said.splitlines()
    assert first == "lab: Internal error: KeyError: 'a broken command'"
    file = next(tmp_path.glob("lab-error-*.txt"))
    assert second == f"Where it happened is in {file}."
    assert "Traceback" in file.read_text()


def test_what_does_not_apply_to_a_run_is_refused(runs_home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = lab.train("linear", steps=1, run=runs_home / "one")
    assert failed(capsys, "eval", str(run.path), "--episodes", "3") == (2, "lab: --episodes does not apply to one: linear plays none.")
    code, sentence = failed(capsys, "show", str(run.path), "curves", "--smooth", "3", "--out", "c.png")
    assert (code, sentence) == (2, "lab: There is no parameter of view curves 'smooth'. `lab show one` shows all of them.")


def test_a_folder_with_files_of_others_is_not_made_a_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever deletes the run would delete them."""
    (tmp_path / "thesis.txt").write_text("all of it")
    code, sentence = failed(capsys, "train", "toy", "--steps", "1", "--run", str(tmp_path))
    assert code == 2
    assert sentence.endswith("holds other files: a run gets a folder of its own. Choose another with --run DIR.")
    assert [one.name for one in tmp_path.iterdir()] == ["thesis.txt"]
    empty = tmp_path / "empty"
    empty.mkdir()
    assert cli.main(["train", "toy", "--steps", "1", "--run", str(empty)]) == 0


def test_a_person_at_a_terminal_reads_what_a_view_shows_and_a_script_does_not(tmp_path: Path, monkeypatch, capsys) -> None:
    cli.main(["train", "toy", "--steps", "12"])
    capsys.readouterr()
    out = str(tmp_path / "w.png")
    assert cli.main(["show", "last", "weights", "--out", out]) == 0
    assert capsys.readouterr() == (f"{out}\n", "")
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    assert cli.main(["show", "last", "weights", "--out", out]) == 0
    said = capsys.readouterr()
    assert said.out == f"{out}\n"
    assert said.err.strip() == Toy.views()["weights"].about


def test_python_runs_the_package_as_the_command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["lab", "--help"])
    with pytest.raises(SystemExit) as end:
        runpy.run_module("lab", run_name="__main__")
    assert end.value.code == 0
    assert "lab COMMAND --help" in capsys.readouterr().out


@pytest.mark.parametrize("flags", [["--run"], ["--data"]])
def test_a_name_that_is_too_long_is_one_sentence_and_exit_code_2(flags: list[str], tmp_path: Path, capsys) -> None:
    prefix = "folder:" if flags == ["--data"] else ""
    assert cli.main(["train", "classify", "--steps", "1", *flags, f"{prefix}{tmp_path}/{'x' * 300}"]) == 2
    lines = capsys.readouterr().err.strip().split("\n")
    assert len(lines) == 1
    assert lines[0].startswith("lab: ")
    assert "too long" in lines[0]


def test_a_whole_number_is_quoted_with_all_its_digits(capsys) -> None:
    assert cli.main(["train", "linear", "--steps", "1", "--seed", "99999999999999999999"]) == 2
    assert "got 99999999999999999999" in capsys.readouterr().err
