"""Curves follow a growing metrics file and show what is in it."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from controls import choose, drives, pick
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication, QFileDialog
from pytestqt.qtbot import QtBot

from gui.widgets.curves import Curves, Line
from gui.widgets.plot import Plot
from gui.widgets.series import POINTS, RunSeries, Series
from lab.api import train
from lab.making import read
from lab.metrics import read_rows, series


def write(folder: Path, *rows: dict[str, float], end: str = "") -> None:
    folder.mkdir(exist_ok=True)
    with (folder / "metrics.jsonl").open("a") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows)
        file.write(end)


def rows(first: int, last: int) -> list[dict[str, float]]:
    return [{"step": i, "time": i / 10, "charts/episodic_return": i % 7, "losses/td_loss": 1 / (i + 1)} for i in range(first, last)]


def test_reading_in_pieces_gives_what_reading_at_once_gives(tmp_path: Path) -> None:
    in_pieces = RunSeries(tmp_path)
    write(tmp_path, *rows(0, 300), end='{"step": 300, "ti')
    in_pieces.read()
    write(tmp_path, end='me": 30, "losses/td_loss": 9}\n')
    write(tmp_path, {"resumed_at": 200}, *rows(201, 400))
    in_pieces.read()
    whole = read_rows(tmp_path / "metrics.jsonl")
    for name in ("charts/episodic_return", "losses/td_loss"):
        steps, values = series(whole, name)
        np.testing.assert_array_equal(in_pieces.metrics[name].steps, steps)
        np.testing.assert_array_equal(in_pieces.metrics[name].values, values)


def test_damaged_rows_do_not_keep_the_others_from_the_curves(tmp_path: Path) -> None:
    write(tmp_path, *rows(0, 2), end='[1]\n"x"\n{"step": "x", "time": 0, "losses/td_loss": 1}\n{"resumed_at": "x"}\n\xff\n')
    write(tmp_path, {"step": 2, "time": 1, "losses/td_loss": "text", "charts/episodic_return": 5})  # type: ignore[dict-item]
    run = RunSeries(tmp_path)
    assert run.read()
    assert run.metrics["charts/episodic_return"].steps.tolist() == [0, 1, 2]
    assert run.metrics["losses/td_loss"].steps.tolist() == [0, 1]


@pytest.mark.parametrize("height", [20, 35, 50, 80, 300])
def test_numbers_beside_a_short_curve_stay_apart(qtbot: QtBot, height: int) -> None:
    plot = Plot("steps", "loss")
    qtbot.addWidget(plot)
    axis = plot.item.getAxis("left")
    for low, high in ((0.0, 1.0), (-0.3, 0.47), (1.22, 1.31), (0.0, 30_000.0)):
        _, values = axis.tickValues(low, high, height)[0]
        assert values
        apart = np.diff(sorted(values)) / (high - low) * height
        assert (apart >= axis.letters() - 1e-6).all()


def grown(values: np.ndarray, *looks: int) -> Series:
    """A series of these values at steps 0, 1, ..., looked at whole after so many points."""
    made = Series()
    for i, value in enumerate(values):
        if i in looks:
            made.raw(made.steps, -np.inf, np.inf)
        made.add(i, i / 2, value)
    return made


@pytest.mark.parametrize("window", [1, 2, 5, 100])
def test_smoothing_is_the_mean_of_the_last_points(window: int) -> None:
    values = np.random.Generator(np.random.PCG64(0)).normal(size=40)
    expected = [values[max(0, i + 1 - window) : i + 1].mean() for i in range(40)]
    made = grown(values)
    x, y = made.mean(made.steps, -np.inf, np.inf, window)
    np.testing.assert_array_equal(x, np.arange(40))
    np.testing.assert_allclose(y, expected, atol=1e-12)


def test_a_long_line_keeps_every_peak_in_few_points() -> None:
    values = np.random.Generator(np.random.PCG64(0)).normal(size=40_003)
    values[[123, 30_001, 40_001]] = 50, -60, 70
    made = grown(values, 20_000, 39_999)
    x, y = made.raw(made.steps, -np.inf, np.inf)
    assert len(x) == len(y) < POINTS
    assert (np.diff(x) >= 0).all()
    for value in (50, -60, 70):
        at = int(np.flatnonzero(y == value)[0])
        assert abs(x[at] - np.flatnonzero(values == value)[0]) < 16
    np.testing.assert_array_equal(
        np.stack([y[0:5000:2], y[1:5000:2]]), np.stack([f(values[:40_000].reshape(-1, 16), 1) for f in (np.min, np.max)])
    )


def test_a_stretch_of_a_long_line_is_drawn_whole() -> None:
    values = np.arange(40_000.0) % 7
    made = grown(values)
    x, y = made.raw(made.seconds, 1000, 1010)
    np.testing.assert_array_equal(x, np.arange(1999, 2022) / 2)
    np.testing.assert_array_equal(y, values[1999:2022])
    x, y = made.mean(made.seconds, 1000, 1010, 7)
    np.testing.assert_allclose(y, 3.0)


def test_what_was_cut_leaves_the_peaks() -> None:
    values = np.zeros(40_000)
    values[30_000] = 9
    made = grown(values)
    assert made.raw(made.steps, -np.inf, np.inf)[1].max() == 9
    made.cut(20_000)
    for i in range(20_001, 40_000):
        made.add(i, i, 1.0)
    assert set(made.raw(made.steps, -np.inf, np.inf)[1]) == {0.0, 1.0}


def test_a_long_file_is_taken_in_piece_by_piece(qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gui.widgets.series.CHUNK", 1000)
    write(tmp_path, *rows(0, 200))
    made = Curves()
    qtbot.addWidget(made)
    made.add_run("a", Line("a", RunSeries(tmp_path), "#3b8ee0"))
    assert made.value_label.text().startswith("reading: ")
    assert 0 < made.lines["a"].series.metrics["losses/td_loss"].count < 20
    qtbot.waitUntil(lambda: made.lines["a"].series.metrics["losses/td_loss"].count == 200, timeout=60_000)
    assert made.value_label.text() == ""


def test_zooming_into_a_long_line_shows_its_points(qtbot: QtBot, tmp_path: Path) -> None:
    made = Curves()
    qtbot.addWidget(made)
    made.resize(600, 400)
    made.show()
    series = RunSeries(tmp_path)
    series.metrics["losses/td_loss"] = grown(np.arange(40_000.0) % 7)
    made.add_run("a", Line("a", series, "#3b8ee0"))
    plot = made.plots["losses/td_loss"]
    assert len(plot.lines["a|raw"].xData) < POINTS
    plot.item.getViewBox().setRange(xRange=(1000, 1010), padding=0)
    qtbot.waitUntil(lambda: list(plot.lines["a|raw"].xData) == list(range(999, 1012)), timeout=60_000)
    made.show_all()
    qtbot.waitUntil(lambda: plot.lines["a|raw"].xData[-1] == 39_999, timeout=60_000)


@pytest.fixture
def curves(qtbot: QtBot, tmp_path: Path) -> Curves:
    write(tmp_path / "a", *rows(0, 100))
    write(tmp_path / "b", *rows(0, 50))
    made = Curves()
    qtbot.addWidget(made)
    made.resize(600, 400)
    made.show()
    made.set_runs({name: Line(name, RunSeries(tmp_path / name), colour) for name, colour in (("a", "#3b8ee0"), ("b", "#e8833a"))})
    return made


def test_return_and_loss_of_every_run_are_drawn_raw_and_smoothed(curves: Curves) -> None:
    assert list(curves.plots) == ["charts/episodic_return", "losses/td_loss"]
    plot = curves.plots["losses/td_loss"]
    assert set(plot.lines) == {"a|raw", "a|mean", "b|raw", "b|mean"}
    np.testing.assert_allclose(plot.lines["a|raw"].yData, 1 / np.arange(1, 101))
    curves.window_box.setValue(1)
    assert set(plot.lines) == {"a|raw", "b|raw"}


def test_new_rows_appear_without_new_lines(curves: Curves, tmp_path: Path) -> None:
    line = curves.plots["losses/td_loss"].lines["b|raw"]
    write(tmp_path / "b", *rows(50, 60))
    curves.refresh()
    assert curves.plots["losses/td_loss"].lines["b|raw"] is line
    assert len(line.xData) == 60


def test_the_x_axis_shows_steps_or_time(curves: Curves) -> None:
    curves.axis.setCurrentText("time")
    plot = curves.plots["losses/td_loss"]
    np.testing.assert_allclose(plot.lines["a|raw"].xData, np.arange(100) / 10)
    assert plot.item.getAxis("bottom").labelText == "seconds of training"


@drives("Curves: log")
def test_log_scale_reaches_every_plot(curves: Curves) -> None:
    curves.log.click()
    assert all(plot.item.getAxis("left").logMode for plot in curves.plots.values())


@drives("Curves: Metrics")
def test_metrics_are_chosen_in_the_menu(qtbot: QtBot, curves: Curves) -> None:
    curves.fill_menu()
    choose(qtbot, curves.metrics_menu, "TD loss")
    assert list(curves.plots) == ["charts/episodic_return"]
    curves.fill_menu()
    choose(qtbot, curves.metrics_menu, "TD loss")
    assert list(curves.plots) == ["charts/episodic_return", "losses/td_loss"]


def test_the_cursor_reads_the_values_out(curves: Curves) -> None:
    curves.window_box.setValue(1)
    text = curves.values_at(10.4)
    assert "at 10" in text
    assert "a: return per episode 3" in text
    assert f"b: TD loss {1 / 11:.4g}" in text


def test_a_run_that_goes_takes_its_lines_along(curves: Curves) -> None:
    curves.set_runs({"a": curves.lines["a"]})
    assert set(curves.plots["losses/td_loss"].lines) == {"a|raw", "a|mean"}


@drives(
    "Curves: Export",
    "Curves: Export > Picture (PNG)",
    "Curves: Export > Numbers (CSV)",
    "Curves: Export > Copy picture",
    "Curves: Export > Reset zoom",
)
def test_export_as_numbers_and_as_a_picture(qtbot: QtBot, curves: Curves, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for action, name in ((curves.csv_action, "out.csv"), (curves.png_action, "out.png")):
        monkeypatch.setattr(QFileDialog, "getSaveFileName", staticmethod(lambda *_, name=name: (str(tmp_path / name), "")))
        pick(qtbot, action)
    with (tmp_path / "out.csv").open() as file:
        table = list(csv.DictReader(file))
    assert len(table) == 2 * 150
    assert table[0] == {"run": "a", "metric": "charts/episodic_return", "step": "0.0", "seconds": "0.0", "value": "0.0"}
    assert QImage(str(tmp_path / "out.png")).size() == curves.size()
    pick(qtbot, curves.copy_action)
    assert QApplication.clipboard().pixmap().size() == curves.size()
    box = curves.plots["losses/td_loss"].item.getViewBox()
    everything = box.viewRange()
    box.setRange(xRange=(2, 3), yRange=(0, 0.1))
    pick(qtbot, curves.all_action)
    QApplication.processEvents()
    assert np.allclose(box.viewRange(), everything)


def test_a_picture_of_one_run_says_how_it_was_made_and_can_be_shown_again(qtbot: QtBot, tmp_path: Path) -> None:
    run = train("linear", data="digits", steps=60, device="cpu", run=tmp_path / "one", quiet=True)
    shown, again = Curves(), Curves()
    for curves in (shown, again):
        qtbot.addWidget(curves)
        curves.add_run("one", Line("one", RunSeries(run.path), "#3b8ee0", run=run))
        curves.refresh()
    shown.choose(shown.known()[-1:])
    shown.axis.setCurrentText("time")
    shown.save_png(tmp_path / "curves.png")
    made = read(tmp_path / "curves.png")
    assert made is not None
    assert (made.view, made.run, made.step) == ("curves", "one", 60)
    assert run.show("curves", **made.parameters).series.keys() == set(shown.chosen)
    again.show_made(made)
    assert (again.chosen, again.axis.currentText()) == (shown.chosen, "time")


def test_an_empty_run_says_why_nothing_is_drawn(qtbot: QtBot, tmp_path: Path) -> None:
    curves = Curves("Nothing yet.")
    qtbot.addWidget(curves)
    curves.add_run("none", Line("none", RunSeries(tmp_path / "none"), "#3b8ee0"))
    assert curves.nothing.text() == "Nothing yet."
    assert not curves.nothing.isHidden()


def test_ten_million_points_are_thinned_before_they_are_drawn(curves: Curves, qtbot: QtBot) -> None:
    plot = curves.plots["losses/td_loss"]
    curves.show()
    qtbot.waitExposed(curves)
    x = np.arange(10_000_000, dtype=np.float64)
    plot.set_line("many", x, np.sin(x / 1e5), "#3b8ee0")
    plot.item.enableAutoRange()
    qtbot.waitUntil(lambda: len(plot.lines["many"].curve.getData()[0]) < 20_000, timeout=60_000)


def grow(folder: Path, metric: str, first: int, last: int) -> None:
    folder.mkdir(exist_ok=True)
    with (folder / "metrics.jsonl").open("a") as file:
        for step in range(first, last + 1):
            file.write(json.dumps({"step": step, "time": step, metric: float(step)}) + "\n")


def test_the_return_comes_first_also_where_it_comes_last(qtbot: QtBot, tmp_path: Path) -> None:
    """The first episode ends long after the first loss; its plot goes on top, and both show all that there is along x."""
    curves = Curves()
    qtbot.addWidget(curves)
    curves.resize(500, 400)
    curves.show()
    curves.add_run("a", Line("a", RunSeries(tmp_path / "a"), "#3b8ee0"))
    curves.show_first(("charts/episodic_return", "losses/td_loss", "charts/epsilon"))
    for last, expected in ((5, ["losses/td_loss"]), (9, ["charts/episodic_return", "losses/td_loss"])):
        grow(tmp_path / "a", "losses/td_loss", last - 3, last)
        if len(expected) == 2:
            grow(tmp_path / "a", "charts/episodic_return", 7, 8)
        curves.refresh()
        QApplication.processEvents()
        assert list(curves.plots) == expected
        assert [curves.area.indexOf(plot) for plot in curves.plots.values()] == list(range(len(expected)))
        for plot in curves.plots.values():
            low, high = plot.item.getViewBox().viewRange()[0]
            assert low <= 2
            assert high >= last


def test_a_zoomed_plot_stays_zoomed_when_rows_come(qtbot: QtBot, curves: Curves, tmp_path: Path) -> None:
    first = next(iter(curves.plots.values())).item.getViewBox()
    first.setXRange(2, 3, padding=0)
    curves.refresh()
    curves.draw()
    assert first.viewRange()[0] == [2, 3]


def test_the_raw_line_fades_when_a_mean_joins_it(qtbot: QtBot, tmp_path: Path) -> None:
    (tmp_path / "metrics.jsonl").touch()
    series = Series()
    run = RunSeries(tmp_path)
    run.metrics["losses/loss"] = series
    curves = Curves()
    qtbot.addWidget(curves)
    series.add(0, 0.0, 1.0)
    curves.add_run("a", Line("a", run, "#3b8ee0"))
    raw = curves.plots["losses/loss"].lines["a|raw"]
    assert raw.opts["pen"].color().alpha() == 255
    for step in range(1, 100):
        series.add(step, float(step), 1.0 / step)
    curves.draw()
    assert "a|mean" in curves.plots["losses/loss"].lines
    assert raw.opts["pen"].color().alpha() < 255


def test_points_at_one_step_are_dots(qtbot: QtBot) -> None:
    plot = Plot("steps", "return", "nothing yet")
    qtbot.addWidget(plot)
    plot.set_line("a", np.array([40.0, 40.0]), np.array([1.0, 2.0]), "#ffffff")
    assert plot.lines["a"].opts["symbol"] == "o"
    plot.set_line("a", np.array([40.0, 41.0]), np.array([1.0, 2.0]), "#ffffff")
    assert plot.lines["a"].opts["symbol"] is None
