"""Runs that differ in nothing but the seed: their groups, means and bands, in Python and on the command line."""

import json
from pathlib import Path

import numpy as np
import pytest

import lab
from lab import cli
from lab.run import Run
from lab.seed_groups import curves, labels, mean_band, seed_groups, smoothed, summary

X = np.array([0.0, 10.0])


def test_the_band_is_the_mean_and_the_deviation_of_a_sample() -> None:
    x, middle, low, high = mean_band([(X, np.array([1.0, 2.0])), (X, np.array([3.0, 2.0]))])
    assert x.tolist() == [0, 10]
    assert middle.tolist() == [2, 2]
    assert np.allclose(high - middle, [2**0.5, 0])  # ((1 - 2)^2 + (3 - 2)^2) / (2 - 1) = 2
    assert np.allclose(middle - low, high - middle)


def test_the_band_may_be_the_range_or_the_quartiles() -> None:
    lines = [(X, np.full(2, value)) for value in (0.0, 1.0, 2.0, 3.0, 10.0)]
    assert [part[0] for part in mean_band(lines, "range")[1:]] == [3.2, 0, 10]
    assert [part[0] for part in mean_band(lines, "quartiles")[1:]] == [3.2, 1, 3]


def test_lines_with_other_points_meet_on_the_points_of_all_and_count_where_they_are() -> None:
    x, middle, _, high = mean_band([(X, np.array([0.0, 10.0])), (np.array([5.0, 20.0]), np.array([1.0, 4.0]))], "range")
    assert x.tolist() == [0, 5, 10, 20]
    assert middle.tolist() == [0, (5 + 1) / 2, (10 + 2) / 2, 4]
    assert high.tolist() == [0, 5, 10, 4]


def test_no_lines_give_an_empty_band() -> None:
    assert all(len(part) == 0 for part in mean_band([(np.zeros(0), np.zeros(0))]))


def test_smoothing_is_the_mean_of_the_last_values() -> None:
    assert smoothed(np.array([1.0, 3.0, 5.0, 7.0]), 2).tolist() == [1, 2, 4, 6]


@pytest.fixture
def five(runs_home: Path) -> list[Run]:
    """Two seeds of one setting, two of another, and a longer run alone."""
    made = [
        lab.train("toy", steps=12, seed=seed, learning_rate=rate, run=runs_home / f"r{rate}s{seed}")
        for rate in (0.1, 0.2)
        for seed in (0, 1)
    ]
    return [*made, lab.train("toy", steps=18, seed=2, run=runs_home / "longer")]


def test_runs_that_differ_in_the_seed_alone_are_one_group_named_by_what_sets_it_apart(five: list[Run]) -> None:
    groups = seed_groups(five)
    assert [[run.name for run in group] for group in groups] == [["r0.1s0", "r0.1s1"], ["r0.2s0", "r0.2s1"], ["longer"]]
    assert labels(groups) == ["toy none, learning_rate 0.1, 2 seeds", "toy none, learning_rate 0.2, 2 seeds", "longer"]


def test_the_summary_has_the_last_values(five: list[Run]) -> None:
    columns, rows = summary(five[:2])
    last = [run.status()["metrics"]["losses/loss"] for run in five[:2]]
    row = next(dict(zip(columns, row, strict=True)) for row in rows if row[1] == "losses/loss")
    assert (row["n"], row["min"], row["max"]) == (2, min(last), max(last))
    assert row["mean"] == pytest.approx(sum(last) / 2)
    assert row["deviation"] == pytest.approx(abs(last[0] - last[1]) / 2**0.5)


def test_curves_have_a_plot_for_each_metric_and_a_line_for_each_group(five: list[Run]) -> None:
    answer = curves(five, metrics="losses/loss,charts/score")
    assert list(answer.plots) == ["losses/loss", "charts/score"]
    assert list(answer.plots["losses/loss"]) == labels(seed_groups(five))
    assert len(curves(five, group="none").plots["losses/loss"]) == 5
    assert answer.plots["charts/score"]["longer"][1].tolist() == [4, 8, 12, 16]
    assert answer.picture().shape[2] == 3


def test_several_runs_are_shown_and_saved(five: list[Run], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names = [run.name for run in five]
    for ending in ("png", "csv", "npz"):
        assert cli.main(["show", *names, "curves", "--band", "range", "--smooth", "2", "--out", str(tmp_path / f"x.{ending}")]) == 0
    assert (tmp_path / "x.csv").read_text().startswith("metric,runs,steps,middle,low,high\n")
    capsys.readouterr()
    assert cli.main(["show", *names[:2], "curves", "--metrics", "charts/score", "--csv"]) == 0
    assert capsys.readouterr().out.splitlines()[1] == 'charts/score,"toy none, 2 seeds",4.0,4.0,4.0,4.0'
    assert cli.main(["show", *names[:2], "curves"]) == 0
    assert capsys.readouterr().out.split()[:7] == ["runs", "metric", "n", "mean", "deviation", "min", "max"]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["weights"], "Of several runs there are only the views curves and costs, got 'weights'"),
        (["curves", "--band", "wide", "--csv"], "--band deviation|range|quartiles"),
        (["curves", "--smooth", "0", "--csv"], "--smooth must be a whole number from 1"),
        (["curves", "--metrics", "losses/los", "--csv"], "There is no metric 'losses/los'. Did you mean losses/loss"),
        (["curves", "--scale", "2", "--csv"], "takes --metrics, --axis, --group, --band and --smooth"),
        (["curves", "--out", "x.bmp"], "expected a name that ends in .png, .gif, .mp4, .npz or .csv"),
    ],
)
def test_what_cannot_be_shown_of_several_runs_is_told(words: list[str], sentence: str, five: list[Run], capsys) -> None:
    assert cli.main(["show", five[0].name, five[1].name, *words]) == 2
    assert sentence in capsys.readouterr().err


def test_tables_and_texts_are_printed(five: list[Run], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["show", "longer", "weights", "--csv"]) == 0
    assert capsys.readouterr().out.splitlines()[0] == "w"
    assert cli.main(["show", "longer", "weights"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 4
    assert cli.main(["show", "longer", "seen"]) == 0
    assert capsys.readouterr().out.startswith("[")


def test_a_run_is_trained_for_each_seed(runs_home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["train", "toy", "--steps", "12", "--seeds", "3,5", "--json"]) == 0
    records = json.loads(capsys.readouterr().out)
    assert [Run(Path(record["run"])).stored["config"]["seed"] for record in records] == [3, 5]
    assert cli.main(["train", "toy", "--steps", "12", "--seeds", "0..1"]) == 0
    assert "toy none, 2 seeds  losses/loss" in capsys.readouterr().out
    alone = lab.train("toy", steps=12, seed=5)
    assert alone.metrics()[-1]["losses/loss"] == Run(Path(records[1]["run"])).metrics()[-1]["losses/loss"]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--seeds", "1,1"], "expected different whole numbers such as 0,1,2 or 0..2, got '1,1'"),
        (["--seeds", "a"], "expected different whole numbers"),
        (["--seeds", "0,1", "--seed", "2"], "With --seeds leave out --seed."),
        (["--seeds", "0,1", "--run", "x"], "With --seeds leave out --run"),
        (["--seeds=-1,1"], "--seed "),
    ],
)
def test_seeds_that_cannot_be_are_told(words: list[str], sentence: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["train", "toy", "--steps", "4", *words]) == 2
    assert sentence in capsys.readouterr().err


def test_runs_are_listed_by_group(five: list[Run], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["runs", "--group", "--columns", "loss", "--filter", "learning_rate=0.1 seed<2", "--csv"]) == 0
    head, row = capsys.readouterr().out.splitlines()
    assert head == "runs,metric,n,mean,deviation,min,max"
    assert row.startswith('"toy none, 2 seeds",losses/loss,2,')
