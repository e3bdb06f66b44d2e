"""The self-check: that it sees what is wrong, keeps what it saw when its worker dies, and covers every recipe."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

from lab import cli, registry
from lab.selfcheck import overseer, recipes, sessions
from lab.selfcheck.cases import cases, in_turns, made, write_files
from lab.selfcheck.check import Check, not_finite
from lab.selfcheck.exactness import stored_and_read
from lab.selfcheck.overseer import Overseer, Report, Seen
from lab.selfcheck.processor import ProcessorDraws, check_against_processor
from lab.selfcheck.table import result, summary

CPU = torch.device("cpu")


@pytest.fixture
def news() -> list[dict[str, Any]]:
    return []


@pytest.fixture
def check(tmp_path: Path, news: list[dict[str, Any]]) -> Check:
    write_files(tmp_path)
    return Check(CPU, 600, tmp_path, news.append)


def failures(news: list[dict[str, Any]]) -> list[str]:
    return [values["failure"] for values in news if "failure" in values]


def only(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    monkeypatch.setattr("lab.selfcheck.recipes.in_turns", lambda: names)
    monkeypatch.setattr("lab.selfcheck.processor.in_turns", lambda: names)


def test_every_recipe_is_a_case() -> None:
    assert set(registry.recipes()) <= set(cases())
    assert sorted(in_turns()) == sorted(cases())
    assert len({registry.recipe(cases()[name][0]).family for name in in_turns()[:5]}) == 5


def test_a_recipe_is_stepped_resumed_shown_and_evaluated(check: Check, news, monkeypatch: pytest.MonkeyPatch) -> None:
    only(monkeypatch, "linear")
    recipes.check_recipes(check)
    (values,) = (entry["values"] for entry in news if "values" in entry)
    assert failures(news) == []
    assert values["exact"]
    assert values["evaluated"]
    assert values["views"] > 0


def test_a_recipe_that_forgets_its_generators_fails(check: Check, news, monkeypatch: pytest.MonkeyPatch) -> None:
    only(monkeypatch, "toy-flow")

    def forgetful(experiment: Any, folder: Path) -> dict[str, Any]:
        state = stored_and_read(experiment, folder)
        fresh = made("toy-flow", folder, CPU)
        return {**state, **{name: part for name, part in fresh.state().items() if "generator" in name or name == "noise"}}

    monkeypatch.setattr(recipes, "stored_and_read", forgetful)
    recipes.check_recipes(check)
    assert any("not exact" in sentence for sentence in failures(news))


def test_a_loss_that_is_not_finite_fails(check: Check, news, monkeypatch: pytest.MonkeyPatch) -> None:
    only(monkeypatch, "linear")
    monkeypatch.setattr("lab.recipes.vision.linear.Linear.step", lambda self: {"losses/train": float("nan")})
    recipes.check_recipes(check)
    assert "losses/train is not finite" in failures(news)[0]
    assert not_finite({"a": 1.0, "b": [2.0, float("inf")], "c": torch.tensor(3.0)}) == ["b"]


def test_an_error_in_one_case_does_not_end_the_others(check: Check, news, monkeypatch: pytest.MonkeyPatch) -> None:
    only(monkeypatch, "linear", "toy-gan")

    def broken(self: Any) -> None:
        raise RuntimeError("no kernel image is available\nmore")

    monkeypatch.setattr("lab.recipes.vision.linear.Linear.step", broken)
    recipes.check_recipes(check)
    (sentence,) = failures(news)
    assert sentence.startswith("linear: RuntimeError: no kernel image is available")
    assert [entry["case"] for entry in news if "values" in entry] == ["linear", "toy-gan"]


def test_what_there_is_no_time_for_is_told(tmp_path: Path, news) -> None:
    check = Check(CPU, 0, tmp_path, news.append, finished=["one"])
    assert list(check.in_time(["one", "two", "three"])) == []
    assert news == [{"unreached": ["two", "three"]}]


def test_a_processor_equals_itself(check: Check, news, monkeypatch: pytest.MonkeyPatch) -> None:
    only(monkeypatch, "vae", "linear")
    check_against_processor(check)
    assert failures(news) == []
    assert [entry["values"]["apart"] for entry in news if "values" in entry] == [0.0, 0.0]


def test_draws_of_another_device_are_those_of_a_processor() -> None:
    if not torch.cuda.is_available():
        pytest.skip("no CUDA device")
    theirs = torch.Generator("cuda").manual_seed(3)
    with ProcessorDraws():
        drawn = torch.randn(5, device="cuda", generator=theirs)
        filled = torch.empty(5, device="cuda").uniform_(generator=theirs)
    mine = torch.Generator().manual_seed(3)
    assert torch.equal(drawn.cpu(), torch.randn(5, generator=mine))
    assert torch.equal(filled.cpu(), torch.empty(5).uniform_(generator=mine))


def test_snapshots_that_tear_are_seen(check: Check, news, monkeypatch: pytest.MonkeyPatch) -> None:
    def torn(source: torch.nn.Module, target: torch.nn.Module) -> None:
        for i, (mine, theirs) in enumerate(zip(target.parameters(), source.parameters(), strict=True)):
            if i % 2:
                mine.copy_(theirs)

    monkeypatch.setattr("lab.snapshot.copy_weights", torn)
    sessions.check_snapshots(check)
    assert any("at once" in sentence for sentence in failures(news))


def write_worker(folder: Path, monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    """Let the overseer start this program in place of its worker."""
    program = folder / "worker.py"
    program.write_text(
        f"import json, os, sys\norder = json.loads(sys.stdin.readline())\nsay = lambda **news: print(json.dumps(news), flush=True)\n{code}"
    )
    started = overseer.subprocess.Popen
    monkeypatch.setattr(overseer.subprocess, "Popen", lambda command, **options: started([sys.executable, str(program)], **options))


def test_a_worker_that_dies_is_replaced_and_its_case_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_worker(
        tmp_path, monkeypatch,
        "for section in order['sections']:\n"
        "    say(section=section, limit=9)\n"
        "    for case in ('a', 'b', 'c'):\n"
        "        if case not in order['finished'].get(section, ()):\n"
        "            say(case=case)\n"
        "            if case == 'b': os.kill(os.getpid(), 9)\n"
        "            say(case=case, values={'n': 1})\n"
        "    say(figures={}, seconds=1)\n",
    )  # fmt: skip
    report = Overseer("cpu", ["recipes", "memory"], 60, tmp_path / "report.json", lambda report: None).run()
    assert report.failures == ["recipes: b: its process ended with signal 9", "memory: b: its process ended with signal 9"]
    assert report.sections["recipes"].cases == {"a": {"n": 1}, "b": {}, "c": {"n": 1}}
    assert all(seen.done for seen in report.sections.values())
    stored = json.loads((tmp_path / "report.json").read_text())
    assert not stored["ok"]
    assert stored["failures"] == report.failures


def test_a_worker_that_hangs_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(overseer, "GRACE", 0.0)
    write_worker(
        tmp_path, monkeypatch,
        "if order['sections'] == ['speed']: say(section='speed', limit=60); say(figures={}, seconds=1); sys.exit()\n"
        "say(section='sessions', limit=0.01)\nsys.stdin.read()\nimport threading\nthreading.Event().wait()\n",
    )  # fmt: skip
    report = Overseer("cpu", ["sessions", "speed"], 60, tmp_path / "report.json", lambda report: None).run()
    assert report.failures == ["sessions: it took 0 s more than its time, and was killed"]
    assert report.sections["speed"].done


def test_the_command_runs_a_section_and_says_where_its_report_is(tmp_path: Path, capsys) -> None:
    out = tmp_path / "report.json"
    assert cli.main(["selfcheck", "--device", "cpu", "--only", "machine", "--out", str(out), "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed == json.loads(out.read_text())
    assert printed["sections"]["machine"]["figures"]["torch"] == torch.__version__


def test_a_section_that_there_is_not_is_a_usage_error(capsys) -> None:
    assert cli.main(["selfcheck", "--only", "recipe"]) == 2
    assert "Did you mean recipes?" in capsys.readouterr().err


def test_the_table_says_what_failed_and_what_was_not_reached() -> None:
    seen = Seen(cases={"vae": {"exact": True, "views": 20, "evaluated": True}, "gan": {"exact": False}}, unreached=["dqn"], done=True)
    assert result(seen) == "[yellow]in part[/]"
    assert summary("recipes", seen) == "2 cases; 1 of 2 exact on resume; 20 views; 1 evaluated; no time for dqn"
    seen.failures.append("gan: a resumed run is not exact")
    assert result(seen) == "[red]1 failed[/]"
    assert Report("cpu", {"recipes": seen}).failures == ["recipes: gan: a resumed run is not exact"]
