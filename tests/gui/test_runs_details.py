"""What the Runs panel shows of the selected runs: curves over one another, settings, the log."""

import json
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QTextCursor
from pytestqt.qtbot import QtBot
from runs_table import click_row, copies, select, shown

from gui.runs.compare import differences
from gui.theme import COLOURS
from lab.paths import runs_folder
from lab.run import Run

LONG = 60_000


@pytest.fixture
def panel(three_runs: Any) -> Any:
    return three_runs


def test_two_runs_show_only_their_differences(panel: Any) -> None:
    select(panel, "alpha", "gamma")
    assert differences(panel.selected())["gamma"] in ([0.99, 0.9], [0.9, 0.99])
    table = panel.pages.settings.table
    names = {table.verticalHeaderItem(i).text() for i in range(table.rowCount())}
    assert names == {"seed", "gamma"}
    assert "differ in 2 settings" in panel.pages.settings.note.text()


def test_the_settings_of_a_run_are_in_words_with_their_units_and_explained(panel: Any) -> None:
    select(panel, "alpha")
    table = panel.pages.settings.table
    rows = {table.verticalHeaderItem(i).text(): table.item(i, 0) for i in range(table.rowCount())}
    assert rows["noop max"].text() == "off"
    assert rows["target interval"].text().endswith(" updates")
    assert rows["gamma"].toolTip().startswith("Discount of a reward per step.")


def test_curves_of_the_selected_runs_lie_over_each_other(panel: Any) -> None:
    select(panel, "alpha", "beta")
    assert {line.label for line in panel.pages.curves.lines.values()} == {"alpha", "beta"}
    assert len({line.colour for line in panel.pages.curves.lines.values()}) == 2


def test_a_run_that_joins_another_gets_a_colour_of_its_own(qtbot: QtBot, panel: Any) -> None:
    click_row(qtbot, panel, 2)
    qtbot.keyClick(panel.list.view, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    assert len({line.colour for line in panel.pages.curves.lines.values()}) == 3


def test_runs_that_had_to_share_a_colour_part_when_there_are_some_to_spare(qtbot: QtBot, panel: Any) -> None:
    copies(panel, qtbot, len(COLOURS) - 2)
    panel.list.view.selectAll()
    colours = [line.colour for line in panel.pages.curves.lines.values()]
    alone = next(line.label for line in panel.pages.curves.lines.values() if colours.count(line.colour) == 1)
    click_row(qtbot, panel, shown(panel).index(alone), Qt.KeyboardModifier.ControlModifier)
    assert len({line.colour for line in panel.pages.curves.lines.values()}) == len(panel.pages.curves.lines) == len(COLOURS)


def test_what_is_left_out_of_a_large_selection_is_said(qtbot: QtBot, panel: Any) -> None:
    copies(panel, qtbot, 15)
    assert panel.pages.cut.text() == ""
    panel.list.view.selectAll()
    assert len(panel.pages.curves.lines) == 16
    assert panel.pages.cut.text() == "the first 16 of 18 runs"
    assert panel.pages.settings.note.text().startswith("The first 6 of 18 runs ")


def test_the_log_follows_what_is_written(panel: Any) -> None:
    panel.pages.setCurrentWidget(panel.pages.log)
    select(panel, "alpha")
    for i in range(200):
        Run(runs_folder() / "alpha").log(f"line {i}")
    panel.tick()
    assert panel.pages.log.toPlainText().endswith("line 199\n")
    bar = panel.pages.log.verticalScrollBar()
    assert bar.value() == bar.maximum() > 0


def test_the_log_stays_where_somebody_reads(panel: Any) -> None:
    panel.pages.setCurrentWidget(panel.pages.log)
    run = Run(runs_folder() / "alpha")
    for i in range(200):
        run.log(f"line {i}")
    select(panel, "alpha")
    panel.tick()
    panel.pages.log.moveCursor(QTextCursor.MoveOperation.Start)
    run.log("one more")
    panel.tick()
    assert panel.pages.log.toPlainText().endswith("one more\n")
    assert panel.pages.log.verticalScrollBar().value() == 0


def test_a_log_that_is_no_text_is_shown_as_far_as_it_is(panel: Any) -> None:
    (runs_folder() / "alpha" / "log.txt").write_bytes(b"before \xff\xfe after\n")
    select(panel, "beta")
    select(panel, "alpha")
    assert panel.pages.log.toPlainText().startswith("before ")
    assert panel.pages.log.toPlainText().endswith(" after\n")


def test_runs_of_several_seeds_are_drawn_as_one_mean_with_a_band(qtbot: QtBot, panel: Any) -> None:
    select(panel, "alpha", "beta")
    assert not panel.pages.curves.seeds.isVisible()
    copies(panel, qtbot, 1)
    config = json.loads((runs_folder() / "c00" / "config.json").read_text())
    config["config"]["seed"] = 7
    (runs_folder() / "c00" / "config.json").write_text(json.dumps(config))
    panel.refresh()
    qtbot.waitUntil(lambda: not panel.list.reading, timeout=LONG)
    select(panel, "alpha", "c00", "beta")
    assert panel.pages.curves.seeds.isVisible()
    qtbot.keyClick(panel.pages.curves.seeds, Qt.Key.Key_Down)
    assert panel.pages.curves.seeds.currentText() == "mean ± deviation"
    plot = next(iter(panel.pages.curves.plots.values()))
    assert list(plot.bands) == ["dqn-fast pong, 2 seeds"]
    assert {name.split("|")[0] for name in plot.lines} == {"dqn-fast pong, 2 seeds", str(runs_folder() / "beta")}
    assert "dqn-fast&nbsp;pong,&nbsp;2&nbsp;seeds" in panel.pages.curves.legend.text()
    assert "dqn-fast pong, 2 seeds: " in panel.pages.curves.values_at(1e9)
    qtbot.keyClick(panel.pages.curves.seeds, Qt.Key.Key_Up)
    assert plot.bands == {}
    assert not any(name.endswith("|group") for name in plot.lines)


@pytest.fixture
def classifiers(panel: Any, qtbot: QtBot) -> Any:
    """Beside the agents two classifiers, one of which has been validated."""
    for name, metrics in (("mlp", {"charts/validation_accuracy": 0.75}), ("linear", {})):
        folder = runs_folder() / name
        folder.mkdir()
        settings = {"data": "digits", "network": name, "hidden_units": "5"}
        stored = {"recipe": "classify", "subject": name, "config": settings, "device": "cpu", "created": "2026-01-01T00:00:00+00:00"}
        (folder / "config.json").write_text(json.dumps(stored))
        (folder / "status.json").write_text(json.dumps({"status": "finished", "done": 2, "unit": "steps", "metrics": metrics}))
        (folder / "metrics.jsonl").touch()
    panel.refresh()
    qtbot.waitUntil(lambda: panel.list.table.rowCount() == 5, timeout=LONG)
    return panel


def test_a_dot_for_each_validated_classifier_over_parameters_or_operations(qtbot: QtBot, classifiers: Any) -> None:
    pane = classifiers.pages.costs
    classifiers.pages.setCurrentWidget(pane)
    qtbot.waitUntil(lambda: [text.toPlainText() for text in pane.plot.labels] == ["mlp"], timeout=LONG)
    assert pane.plot.places[0].tolist() == pytest.approx([np.log10(64 * 5 + 5 + 5 * 10 + 10), 0.75])
    pane.over.setCurrentIndex(1)
    pane.over.activated.emit(1)
    qtbot.waitUntil(lambda: pane.plot.places[0][0] == pytest.approx(np.log10(64 * 5 + 5 * 10)), timeout=LONG)


def test_without_a_classifier_the_plot_says_what_makes_one(qtbot: QtBot, panel: Any) -> None:
    panel.pages.setCurrentWidget(panel.pages.costs)
    qtbot.waitUntil(lambda: "lab train classify" in panel.pages.costs.note.text(), timeout=LONG)
