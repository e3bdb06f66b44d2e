"""An agent in one file: written, read on another machine, imported, and refused where it is something else."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file

import lab
from lab import agent_file, cli, registry
from lab.errors import LabError, UsageError
from lab.run import Run
from lab.stored_runs import find, import_agent

TINY = {"envs": 1, "learning_starts": 8, "replay_capacity": 200, "batch_size": 2, "hidden_units": 16, "noop_max": 3, "seed": 3}
FIGURES = {"mean": 18.5, "episodes": 2, "human": 9.3, "protocol": "pong, 2 episodes"}


@pytest.fixture
def run(runs_home: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    made = lab.train("dqn", steps=4, device="cpu", run=runs_home / "mine", **TINY)
    monkeypatch.setattr(made.recipe.experiment_class(), "evaluate", lambda self, **options: {**FIGURES, **options})
    return made


@pytest.fixture
def file(run: Run, tmp_path: Path) -> Path:
    out = tmp_path / "elsewhere" / "good-pong.safetensors"
    assert cli.main(["export", "mine", "--to", "agent", "--out", str(out), "--episodes", "2"]) == 0
    return out


def same_weights(one: Run, other: Run) -> bool:
    mine, theirs = (each.experiment("cpu", serving_only=True).serving().state_dict() for each in (one, other))
    return mine.keys() == theirs.keys() and all(torch.equal(mine[name], theirs[name]) for name in mine)


def test_the_file_says_what_it_holds_to_any_reader(file: Path) -> None:
    with safe_open(file, "pt") as opened:
        metadata = opened.metadata()
    assert {name: metadata[name] for name in ("format", "recipe", "game", "step", "seed")} == {
        "format": "lab agent 1", "recipe": "dqn", "game": "pong", "step": "4", "seed": "3",
    }  # fmt: skip
    assert metadata["lab"]
    assert json.loads(metadata["evaluation"])["mean"] == 18.5
    assert file.stat().st_mode & 0o777 == 0o644


def test_the_file_stands_for_the_run(run: Run, file: Path) -> None:
    read = find(str(file))
    assert (read.name, read.recipe.name, read.shipped, read.metrics()) == ("good-pong", "dqn", True, [])
    assert read.config() == run.config()
    assert read.evaluation()["mean"] == 18.5
    assert same_weights(read, run)
    with pytest.raises(UsageError, match="an agent's file: it has weights"):
        read.experiment("cpu")


def test_it_is_evaluated_and_watched_by_its_name(file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["eval", str(file), "--episodes", "3", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["episodes"] == 3
    assert cli.main(["watch", str(file), "--seconds", "0.1", "--video", str(tmp_path / "a.gif")]) == 0
    assert (tmp_path / "a.gif").exists()


def test_an_imported_agent_stays_listed(run: Run, file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["import", str(file), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["mean"] == 18.5
    file.unlink()
    assert list(registry.imported()) == ["good-pong"]
    assert same_weights(find("good-pong"), run)
    assert cli.main(["list", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["imported"]["good-pong"]["game"] == "pong"
    assert cli.main(["list"]) == 0
    assert "Imported agents:\n  good-pong" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["good-pong", "pong", "../up", ".hidden", "a/b"])
def test_an_imported_agent_needs_a_name_of_its_own(name: str, file: Path) -> None:
    import_agent(file)
    with pytest.raises(UsageError, match="--name"):
        import_agent(file, name=name)
    assert list(registry.imported()) == ["good-pong"]


def test_another_programs_agent_is_imported_in_the_labs_format(tmp_path: Path) -> None:
    weights: dict[str, Any] = {}
    shapes = {"0": (32, 4, 8, 8), "2": (64, 32, 4, 4), "4": (64, 64, 3, 3), "7": (512, 3136), "9": (4, 512)}
    for layer, shape in shapes.items():
        weights |= {f"network.{layer}.weight": torch.full(shape, 0.01), f"network.{layer}.bias": torch.zeros(shape[0])}
    torch.save(weights, tmp_path / "BreakoutNoFrameskip-v4.cleanrl_model")
    imported = import_agent(tmp_path / "BreakoutNoFrameskip-v4.cleanrl_model")
    assert agent_file.read_records(imported.path)[0]["source"] == "BreakoutNoFrameskip-v4.cleanrl_model"
    assert registry.shipped_record(imported.path)["game"] == "breakout"
    assert registry.shipped_record(imported.path)["mean"] is None
    imported.experiment("cpu", serving_only=True)


def test_weights_of_another_network_are_not_imported(file: Path, tmp_path: Path) -> None:
    stored, figures = agent_file.read_records(file)
    agent_file.write(tmp_path / "wrong.safetensors", {"a": torch.zeros(2)}, stored, figures, 4)
    with pytest.raises(LabError, match="weights of another network"):
        import_agent(tmp_path / "wrong.safetensors")
    assert not registry.imported()


def test_a_shipped_agent_is_exported_as_it_is(tmp_path: Path) -> None:
    assert cli.main(["export", "pong", "--out", str(tmp_path / "p.safetensors")]) == 0
    read = Run(tmp_path / "p.safetensors")
    assert read.evaluation() == find("pong").evaluation()
    assert same_weights(read, find("pong"))
    assert (tmp_path / "p.safetensors").stat().st_size < 7e6


@pytest.mark.parametrize(
    ("metadata", "sentence"),
    [
        ({"about": "a classifier"}, "its metadata hold no agent"),
        ({"format": "lab agent 9"}, "it has format 'lab agent 9', this version reads 'lab agent 1'"),
        ({"format": "lab agent 1", "config": "[]"}, "its config is damaged"),
        ({"format": "lab agent 1"}, "its config is damaged"),
    ],
)
def test_another_file_is_refused(metadata: dict[str, str], sentence: str, tmp_path: Path) -> None:
    save_file({"w": torch.zeros(2)}, tmp_path / "x.safetensors", metadata)
    with pytest.raises(LabError, match=sentence):
        find(str(tmp_path / "x.safetensors"))


def test_export_and_import_from_python(run: Run, tmp_path: Path) -> None:
    assert lab.export_agent(run, str(tmp_path / "a.safetensors"), {"mean": 1.0}) == 4
    assert lab.import_agent(str(tmp_path / "a.safetensors")).evaluation() == {"mean": 1.0}
    with pytest.raises(UsageError, match=r"ends in \.safetensors"):
        lab.export_agent(run, tmp_path / "a.zip")
    with pytest.raises(UsageError, match="There is no file"):
        lab.import_agent(tmp_path / "none.safetensors")


def test_only_agents_are_exported_as_agents(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lab.train("linear", steps=1, device="cpu", run=tmp_path / "linear")
    assert cli.main(["export", str(tmp_path / "linear"), "--out", str(tmp_path / "a.safetensors")]) == 2
    assert "plays no game" in capsys.readouterr().err
