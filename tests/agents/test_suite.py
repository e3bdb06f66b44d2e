"""A suite of agents: what may be asked for, and a report whose figures are worked out by hand."""

import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

import lab
from agents import suite as suites
from agents.scores import GAME_SETS
from agents.suite import Suite, prepared
from agents.suite_report import Report, number, spread, table
from lab import cli
from lab.errors import LabError, UsageError
from lab.trials import Trials


def finished(suite: Suite, game: str, seed: int, scores: list[float], steps: int = 1000) -> None:
    """A run of the suite as it lies on disk once it has been trained and evaluated."""
    folder = suite.folder.parent.parent / f"{suite.recipe}-{game}-s{seed}"
    folder.mkdir(parents=True)
    mean = sum(scores) / len(scores)
    config = {"game": game, "seed": seed, **suite.fields}
    files: dict[str, Any] = {
        "config.json": {
            "recipe": suite.recipe, "subject": game, "config": config, "part_of": {"suite": suite.name, "trial": f"{game}-s{seed}"},
        },
        "status.json": {"status": "finished", "done": steps, "target": steps, "unit": "steps", "seconds": 1800.0},
        "evaluation.json": {
            "mean": mean, "scores": scores, "interval95": [mean - 1, mean + 1], "sticky_mean": 0.0, "protocol": f"{game} as always",
            "options": {"episodes": suite.episodes}, "done": steps,
        },
    }  # fmt: skip
    for name, values in files.items():
        (folder / name).write_text(json.dumps(values))


def two_games(seeds: int = 1) -> Suite:
    return prepared("evening", "dqn", games="pong,breakout", seeds=seeds, steps=1000, episodes=2)


def test_the_report_of_one_seed_by_hand() -> None:
    suite = two_games()
    finished(suite, "pong", 0, [-8.7, 9.3])
    finished(suite, "breakout", 0, [31.8, 61.9])
    data = suite.report().data
    pong, breakout = data["games"]
    assert pong["score"] == pytest.approx(0.3)
    assert pong["human_normalised"] == pytest.approx(0.7)  # (0.3 + 20.7) / 30
    assert breakout["human_normalised"] == pytest.approx(1.5)  # (46.85 - 1.7) / 30.1
    assert (breakout["random"], breakout["human"], breakout["dqn_2015"], breakout["seconds"]) == (1.7, 31.8, 401.2, 1800)
    assert {name: entry["value"] for name, entry in data["aggregates"].items()} == pytest.approx(dict.fromkeys(data["aggregates"], 1.1))
    assert data["aggregates"]["mean"]["interval95"] == pytest.approx([(0.4 + 1.0) / 2, (1.0 + 2.0) / 2])  # The worst and the best episodes.
    assert data["human_level"] == {
        "games": 1, "of": 2, "share_of_human": 0.75, "at_or_above_human": 1, "nature_dqn": 29, "nature_dqn_of": 49,
    }  # fmt: skip
    assert "do not show how another seed would do" in data["interval_of"]


def test_the_report_of_two_seeds_by_hand() -> None:
    suite = two_games(seeds=2)
    finished(suite, "pong", 0, [-5.7, -5.7])  # 0.5
    finished(suite, "pong", 1, [9.3, 9.3])  # 1
    finished(suite, "breakout", 0, [31.8, 31.8])  # 1
    finished(suite, "breakout", 1, [92.0, 92.0])  # 3
    data = suite.report().data
    assert data["games"][0]["human_normalised"] == pytest.approx(0.75)
    assert data["games"][0]["interval95"] == pytest.approx([1.8 - 12.706 * 7.5, 1.8 + 12.706 * 7.5])
    assert (data["games"][0]["steps"], data["games"][0]["seconds"]) == (1000, 1800), "means over the seeds"
    values = {name: entry["value"] for name, entry in data["aggregates"].items()}
    assert values == pytest.approx({"median": (0.75 + 2) / 2, "interquartile mean": 1.0, "mean": 5.5 / 4})
    assert data["profile"]["share"][0] == 1
    assert data["human_level"]["games"] == 2


def test_a_game_with_a_seed_missing_is_reported_but_not_counted() -> None:
    suite = two_games(seeds=2)
    finished(suite, "pong", 0, [9.3, 9.3])
    finished(suite, "pong", 1, [9.3, 9.3])
    finished(suite, "breakout", 0, [31.8, 31.8])
    data = suite.report().data
    assert (len(data["games"]), data["games_counted"], data["finished"], data["trials"]) == (2, 1, 3, 4)


def test_a_game_without_published_scores_has_a_row_and_no_share_in_the_figures() -> None:
    suite = prepared("odd", "dqn", games="adventure,pong", steps=1000, episodes=2)
    finished(suite, "adventure", 0, [1.0, 1.0])
    finished(suite, "pong", 0, [9.3, 9.3])
    report = suite.report()
    assert report.data["games"][0]["human_normalised"] is None
    assert report.data["human_level"]["of"] == 1
    assert "| adventure |" in report.markdown()


def test_the_57_games_are_normalised_by_their_own_table() -> None:
    suite = prepared("all", "dqn", games="atari-57", steps=1000, episodes=2)
    finished(suite, "pong", 0, [14.6, 14.6])
    (pong,) = suite.report().data["games"]
    assert (pong["human"], pong["human_normalised"], pong["dqn_2015"]) == (14.6, 1.0, 18.9)


def test_the_files_of_the_report_can_be_read(runs_home: Path) -> None:
    suite = two_games()
    finished(suite, "pong", 0, [-8.7, 9.3])
    suite.report()
    folder = runs_home / "suites" / "evening"
    assert json.loads((folder / "report.json").read_text())["suite"] == "evening"
    text = (folder / "report.md").read_text()
    assert "**Human level on 0 of 1 games (Nature DQN: 29 of 49); at or above the human on 0.**" in text
    assert Image.open(folder / "report.png").size[0] == 1100


def test_before_anything_is_finished_there_is_a_report_too() -> None:
    report = two_games().report()
    assert report.data["games"] == []
    assert "0 of 2 agents finished" in report.markdown()


def test_a_failed_game_is_in_the_report_with_its_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    def run(self: Trials) -> Any:
        self.states[0].status, self.states[0].reason = "failed", "The disk is full."
        return self.states

    monkeypatch.setattr(Trials, "run", run)
    suite = two_games()
    finished(suite, "breakout", 0, [31.8, 31.8])
    assert "- pong-s0: The disk is full." in suite.run().markdown()


def test_sets_and_names_of_games() -> None:
    assert prepared("a", "dqn", games="atari-10", steps=1).games == GAME_SETS["atari-10"]
    assert prepared("a", "dqn", games=["Ms. Pac-Man", "pong,qbert", "pong"], steps=1).games == ("ms_pacman", "pong", "qbert")
    assert len(prepared("a", "dqn", steps=1).games) == 49


def test_the_first_seed_of_every_game_comes_first() -> None:
    suite = prepared("a", "dqn", {"seed": "5"}, games="pong,qbert", seeds=2, steps=1)
    assert [trial.name for trial in suite.trials()] == ["pong-s5", "qbert-s5", "pong-s6", "qbert-s6"]
    assert suite.trials()[3].fields == {"game": "qbert", "seed": 6}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"recipe": "vae"}, "vae plays no Atari game"),
        ({"recipe": "cyclegan"}, "cyclegan plays no Atari game"),  # It has games, for their pictures.
        ({"values": {"game": "pong"}}, "chosen with --games"),
        ({"values": {"gamma": "7"}}, "--gamma"),
        ({"games": "pogn"}, "Did you mean pong"),
        ({"games": ","}, "--games must name games"),
        ({"seeds": 0}, "--seeds must be from 1"),
        ({"episodes": 0}, "--episodes must be from 1"),
        ({"steps": 10, "minutes": 3}, "not both"),
        ({"name": "../x"}, "A suite's name has letters"),
        ({"recipe": None}, "There is no suite 'a' yet"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_trained(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        prepared(**{"name": "a", "recipe": "dqn", **arguments})


def stored(suite: Suite, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Trials, "run", lambda self: self.states)
    suite.run()


def test_a_stored_suite_continues_with_more_games_or_steps_but_the_same_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    suite = prepared("a", "dqn", {"gamma": "0.9"}, games="pong", steps=100)
    stored(suite, monkeypatch)
    assert prepared("a") == suite
    assert prepared("a", "dqn", {"gamma": 0.9}, games="pong,qbert", steps=200) == Suite(
        "a", "dqn", {"gamma": 0.9}, ("pong", "qbert"), steps=200
    )
    for other in ({"recipe": "qr-dqn"}, {"values": {"gamma": 0.8}}):
        with pytest.raises(UsageError, match="choose another name"):
            prepared(**{"name": "a", "recipe": "dqn", "values": {"gamma": 0.9}, **other})


def test_one_process_at_a_time_has_a_suite(monkeypatch: pytest.MonkeyPatch) -> None:
    suite = two_games()
    with suites.SUITES.lock(suite.name), pytest.raises(LabError, match="another process"):
        stored(suite, monkeypatch)


def test_a_damaged_file_of_a_suite_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    suite = two_games()
    stored(suite, monkeypatch)
    for text in ("{", "[]", '{"name": 3}'):
        (suite.folder / "suite.json").write_text(text)
        with pytest.raises(LabError, match=r"suite\.json cannot be read"):
            suites.find("evening")


def test_the_command_line_trains_shows_and_lists(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    finished(two_games(), "pong", 0, [9.3, 9.3])
    monkeypatch.setattr(Trials, "run", lambda self: self.states)
    arguments = [
        "suite",
        "evening",
        "--recipe",
        "dqn",
        "--games",
        "pong",
        "breakout",
        "--steps",
        "1000",
        "--episodes",
        "2",
        "--gamma",
        "0.9",
    ]
    assert cli.main(arguments) == 0
    assert "**Human level on 1 of 1 games" in capsys.readouterr().out
    assert cli.main(["suite", "show", "evening", "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert (data["settings"], data["trials"], data["games"][0]["game"]) == ({"gamma": 0.9}, 2, "pong")
    assert cli.main(["suite"]) == 0
    assert capsys.readouterr().out.split() == ["evening", "dqn,", "2", "games,", "1", "seed"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["show"], "Name the suite"),
        (["show", "no"], "no suite 'no'"),
        (["--recipe", "dqn"], "Name the suite"),
        (["a", "--recipe", "dqn", "--gama", "1"], "--gamma"),
        (["a", "--recipe", "dq"], "dqn"),
        (["a"], "There is no suite 'a' yet"),
    ],
)
def test_a_wrong_command_line_gets_a_sentence(arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["suite", *arguments]) == 2
    assert message in capsys.readouterr().err


def test_from_python(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Trials, "run", lambda self: self.states)
    finished(Suite("week", "dqn", {}, ("pong",)), "pong", 0, [9.3])
    report = lab.suite("week", "dqn", games="pong", steps=1000, episodes=30, gamma=0.95)
    assert isinstance(report, Report)
    assert report.data["settings"] == {"gamma": 0.95}


def test_an_interval_over_seeds_is_students() -> None:
    assert spread([1.0, 2.0, 3.0]) == pytest.approx([2 - 4.303 / 3**0.5, 2 + 4.303 / 3**0.5])
    # Eleven seeds from 0 to 10: a mean of 5 and a variance of 110 / 10, with t = 2.228 at ten degrees of freedom.
    assert spread([float(i) for i in range(11)]) == pytest.approx([5 - 2.228, 5 + 2.228])
    assert spread([-1.0] * 16 + [1.0] * 16)[1] == pytest.approx(1.96 * (32 / 31) ** 0.5 / 32**0.5)  # From 31 degrees on it is the normal's.


def test_scores_and_tables_are_set_for_people() -> None:
    assert [number(value) for value in (18257.0, 401.2, -0.04, None)] == ["18,257", "401.2", "0.0", "-"]
    assert table(("game", "score"), [("pong", "1.0")]).splitlines() == ["| game | score |", "| ---- | ----: |", "| pong |   1.0 |"]


def test_jobs_out_of_bounds_are_refused_before_the_suite_has_a_folder(runs_home: Path) -> None:
    suite = two_games()
    with pytest.raises(UsageError, match="--jobs must be from 1"):
        suite.run(jobs=0)
    assert not suite.folder.exists()
