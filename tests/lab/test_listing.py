"""Lists of runs: columns by name, filter, order, and the list as text and CSV."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from lab import cli
from lab.errors import unknown
from lab.listing import Entry, Filter, as_table, ordered
from lab.run import Run
from lab.tables import csv_text, text_table

Make = Callable[..., Entry]


@pytest.fixture
def make(runs_home: Path) -> Make:
    """Makes stored runs of the toy recipe with no more than what a list reads."""

    def run(name: str, metrics: dict[str, float | None] | None = None, status: str = "finished", **settings: object) -> Entry:
        folder = runs_home / name
        folder.mkdir(parents=True)
        config = {"recipe": "toy", "subject": "digits", "config": {"seed": 0, **settings}, "created": "2026-11-20T10:00:00.000+00:00"}
        (folder / "config.json").write_text(json.dumps(config))
        state = {"status": status, "done": 1200, "unit": "steps", "seconds": 75.0, "metrics": metrics or {}}
        (folder / "status.json").write_text(json.dumps(state))
        return Entry.of(Run(folder))

    return run


def test_a_metric_goes_by_its_name_or_by_a_part_of_it(make: Make) -> None:
    entry = make("a", {"accuracy/train": 0.9, "accuracy/validation": 0.8, "accuracy/test": 0.7, "losses/loss": 2.0})
    assert entry.value("accuracy/train") == 0.9
    assert entry.value("accuracy") == 0.7
    assert entry.value("loss") == 2.0
    assert entry.value("losses") == 2.0
    assert entry.value("nosuch") is None


def test_a_setting_goes_by_its_name_or_its_flag(make: Make) -> None:
    entry = make("a", learning_rate=0.05, double=True)
    assert entry.value("learning_rate") == entry.value("learning-rate") == 0.05
    assert entry.text("double") == "yes"


def test_what_every_run_has_reads_as_people_write_it(make: Make) -> None:
    assert as_table([make("a")], ["name", "done", "duration", "seed"]) == [["a", "1,200 steps", "75 s", "0"]]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("", "abc"), ("recipe=toy", "abc"), ("recipe=vae", ""), ("accuracy>0.5", "b"), ("accuracy>=0.5", "ab"), ("accuracy<1", "ab"),
        ("seed!=2", "ab"), ("seed=2", "c"), ("name=A*", "a"), ("network=lenet5 accuracy<0.6", "a"), ("run_", ""), ("DIGITS failed", "c"),
        ("status=failed", "c"), ("double=yes", "b"), ("double=false", "a"), ("note", ""), ('"1,200 steps"', "abc"), ('"unfinished', ""),
        ("learning-rate<=0.01", "b"), ("created>2026-11", "abc"), ("created>2026-12", ""), ("nosuch!=1", "abc"), ("nosuch=1", ""),
    ],
)  # fmt: skip
def test_a_filter_takes_words_and_comparisons(make: Make, text: str, names: str) -> None:
    listed = [
        make("a", {"accuracy/test": 0.5}, network="lenet5", double=False, learning_rate=0.1),
        make("b", {"accuracy/test": 0.75}, double=True, learning_rate=0.01),
        make("c", {"accuracy/test": None}, "failed", seed=2),
    ]
    assert "".join(entry.run.name for entry in listed if Filter.of(text).accepts(entry)) == names


def test_a_name_with_an_equals_sign_is_found_by_it(make: Make) -> None:
    assert Filter.of("lr=0.1").accepts(make("lr=0.1-first"))


def test_the_largest_number_is_first_and_what_is_missing_last(make: Make) -> None:
    listed = [make("a", {"m": 1.0}), make("b"), make("c", {"m": 10.0}), make("d", {"m": -3.0})]
    assert [entry.run.name for entry in ordered(listed, "m")] == ["c", "a", "d", "b"]
    assert [entry.run.name for entry in ordered(listed, "m", reverse=True)] == ["d", "a", "c", "b"]
    assert [entry.run.name for entry in ordered(listed, "name")] == ["a", "b", "c", "d"]


def test_numbers_stand_to_the_right_and_texts_to_the_left() -> None:
    assert text_table(["name", "seed"], [["a", "7"], ["long", "12"]]) == "name  seed\na        7\nlong    12"
    assert text_table(["name", "seed"], []) == "name  seed"


def test_csv_quotes_what_needs_it() -> None:
    assert csv_text(["name", "x"], [["a,b", 0.5], ["c", None]]) == 'name,x\n"a,b",0.5\nc,\n'


def test_runs_are_sorted_filtered_and_printed_by_column(make: Make, capsys: pytest.CaptureFixture[str]) -> None:
    make("a", {"accuracy/test": 0.5}, learning_rate=0.1)
    make("b", {"accuracy/test": 0.75}, learning_rate=0.01)
    make("c", status="failed")
    words = [
        "runs",
        "--filter",
        "accuracy>0",
        "--filter",
        "status=finished",
        "--sort",
        "accuracy",
        "--columns",
        "name,accuracy,learning-rate",
    ]
    assert cli.main(words) == 0
    assert capsys.readouterr().out == "name  accuracy  learning-rate\nb         0.75           0.01\na          0.5            0.1\n"
    assert cli.main([*words, "--csv", "--reverse"]) == 0
    assert capsys.readouterr().out == "name,accuracy,learning-rate\na,0.5,0.1\nb,0.75,0.01\n"
    assert cli.main([*words, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)[0] == {"name": "b", "accuracy": 0.75, "learning-rate": 0.01}
    assert cli.main(["runs", "--filter", "seed=7"]) == 0
    assert capsys.readouterr().out == "No run fits the filter.\n"


def test_a_column_that_no_run_has_is_named_with_its_neighbours(make: Make, capsys: pytest.CaptureFixture[str]) -> None:
    make("a", {"accuracy/test": 0.5})
    for words in (["--sort", "acuracy/test"], ["--columns", "name,acuracy/test"], ["--filter", "acuracy/test>1"]):
        assert cli.main(["runs", *words]) == 2
        assert "There is no column 'acuracy/test'. Did you mean accuracy/test" in capsys.readouterr().err


def test_a_word_that_is_part_of_a_column_suggests_that_one() -> None:
    assert "Did you mean losses/kl?" in str(unknown("column", "loss", ["process", "losses/kl"]))


def test_the_loss_is_a_number_though_a_setting_has_its_name(make: Make) -> None:
    good = make("good", {"losses/train": 0.1, "losses/validation": 0.3}, loss="hinge")
    bad = make("bad", {"losses/train": 0.05, "losses/validation": 0.9}, loss="squared")
    assert good.value("loss") == 0.3
    assert [entry.run.name for entry in ordered([good, bad], "loss", reverse=True)] == ["good", "bad"]
    assert Filter.of("loss<0.5").accepts(good)
    assert not Filter.of("loss<0.5").accepts(bad)
    assert Filter.of("loss=hinge").accepts(good)
    assert not Filter.of("loss=hinge").accepts(bad)
