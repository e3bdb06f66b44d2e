"""The Runs panel: what it shows of the runs on disk, and every action on them."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from controls import drives, pick
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QTextCursor
from PySide6.QtWidgets import QApplication, QInputDialog, QMessageBox
from pytestqt.qtbot import QtBot

from gui.atari.weight_sources import StoredSource, stored_sources
from gui.main_window import MainWindow
from gui.runs.compare import differences
from gui.runs.marks_dialog import MarksDialog
from gui.runs.table import SHOWN, RunFilter, RunTable
from gui.theme import COLOURS
from lab import checkpoint
from lab.errors import LabError
from lab.listing import COLUMNS, entries, ordered
from lab.marks import Marks, marks
from lab.paths import runs_folder
from lab.run import Run
from lab.run_folders import rename
from lab.run_records import STATUS

LONG = 60_000


@pytest.fixture
def panel(qtbot: QtBot, make_window: Callable[..., MainWindow], stored: Callable[..., Run]) -> Any:
    """The panel with three runs."""
    stored(steps=30, seed=1, run=runs_folder() / "alpha")
    stored(steps=60, seed=2, game="breakout", run=runs_folder() / "beta")
    stored(steps=45, seed=3, gamma=0.9, run=runs_folder() / "gamma")
    runs_panel: Any = make_window("Runs").panels["Runs"]
    qtbot.waitUntil(lambda: runs_panel.table.rowCount() == 3, timeout=60_000)
    return runs_panel


def shown(panel: Any, column: str = "name") -> list[str]:
    number = panel.table.columns.index(column)
    return [panel.proxy.index(i, number).data() for i in range(panel.proxy.rowCount())]


def select(panel: Any, *names: str) -> None:
    panel.view.clearSelection()
    for name in names:
        row = shown(panel).index(name)
        panel.view.selectionModel().select(panel.proxy.index(row, 0), panel.select_rows())


def copies(panel: Any, qtbot: QtBot, count: int) -> None:
    """`count` more runs, c00, c01, ..., with no more than what the panel reads."""
    for i in range(count):
        folder = runs_folder() / f"c{i:02}"
        folder.mkdir()
        for name in ("config.json", "status.json", "metrics.jsonl"):
            shutil.copy(runs_folder() / "alpha" / name, folder / name)
    listed = panel.table.rowCount() + count
    panel.refresh()
    qtbot.waitUntil(lambda: panel.table.rowCount() == listed, timeout=LONG)


def click_row(qtbot: QtBot, panel: Any, row: int, keys: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    panel.view.scrollTo(panel.proxy.index(row, 0))
    place: QPoint = panel.view.visualRect(panel.proxy.index(row, 0)).center()
    qtbot.mouseClick(panel.view.viewport(), Qt.MouseButton.LeftButton, keys, pos=place)


def go_to(qtbot: QtBot, window: Any, name: str) -> None:
    """Press the shortcut of a panel."""
    keys = window.panel_actions[name].shortcut()[0]
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow, timeout=LONG)
    qtbot.keyClick(window, keys.key(), keys.keyboardModifiers())
    assert window.stack.currentWidget() is window.panels[name]


def open_tab(qtbot: QtBot, panel: Any, name: str) -> None:
    """Open a run, wait until its tab has its views, and come back."""
    select(panel, name)
    pick(qtbot, panel.action_set["open"])
    wait_for_views(qtbot, panel)
    go_to(qtbot, panel.window(), "Runs")
    qtbot.waitUntil(lambda: not panel.reading, timeout=LONG)


def wait_for_views(qtbot: QtBot, panel: Any) -> None:
    tabs = panel.window().panels["Atari"].tabs.all()
    qtbot.waitUntil(lambda: all(tab.views.source is not None for tab in tabs), timeout=LONG)


def test_every_run_is_listed_with_its_status_and_settings(panel: Any) -> None:
    assert sorted(shown(panel)) == ["alpha", "beta", "gamma"]
    assert set(shown(panel, "status")) == {"finished"}
    select(panel, "beta")
    row = next(row for row in panel.table.rows if row.run.name == "beta")
    assert [row.text(c) for c in ("recipe", "subject", "seed", "done")] == ["dqn-fast", "breakout", "2", "60 steps"]
    assert panel.count.text() == "3 runs"


def test_sorting_goes_by_value_and_not_by_text(panel: Any) -> None:
    panel.view.sortByColumn(panel.table.columns.index("done"), Qt.SortOrder.AscendingOrder)
    assert shown(panel) == ["alpha", "gamma", "beta"]
    panel.view.sortByColumn(panel.table.columns.index("seed"), Qt.SortOrder.DescendingOrder)
    assert shown(panel) == ["gamma", "beta", "alpha"]


def test_the_filter_takes_words_of_any_column(qtbot: QtBot, panel: Any) -> None:
    qtbot.keyClicks(panel.filter_line, "breakout fin")
    assert shown(panel) == ["beta"]
    panel.filter_line.clear()
    assert len(shown(panel)) == 3


def test_a_filter_that_matches_nothing_leaves_nothing_selected(qtbot: QtBot, panel: Any) -> None:
    select(panel, "alpha")
    qtbot.keyClicks(panel.filter_line, "zzz")
    assert panel.count.text() == "0 of 3 runs"
    assert panel.curves.lines == {}
    assert not any(
        action.isEnabled()
        for action in (panel.action_set["open"], panel.action_set["rename"], panel.action_set["delete"], panel.action_set["folder"])
    )


def test_a_long_name_gets_a_wider_column(qtbot: QtBot, panel: Any, stored: Callable[..., Run]) -> None:
    panel.view.setColumnWidth(1, 333)
    stored(steps=30, seed=1, run=runs_folder() / ("a-long-name-" * 6 + "end"))
    panel.refresh()
    qtbot.waitUntil(lambda: panel.table.rowCount() == 4, timeout=LONG)
    assert panel.view.columnWidth(0) >= panel.view.sizeHintForColumn(0) > 300
    assert panel.view.columnWidth(1) == 333


def test_two_runs_show_only_their_differences(panel: Any) -> None:
    select(panel, "alpha", "gamma")
    assert differences(panel.selected())["gamma"] in ([0.99, 0.9], [0.9, 0.99])
    table = panel.settings.table
    names = {table.verticalHeaderItem(i).text() for i in range(table.rowCount())}
    assert names == {"seed", "gamma"}
    assert "differ in 2 settings" in panel.settings.note.text()


def test_curves_of_the_selected_runs_lie_over_each_other(panel: Any) -> None:
    select(panel, "alpha", "beta")
    assert {line.label for line in panel.curves.lines.values()} == {"alpha", "beta"}
    assert len({line.colour for line in panel.curves.lines.values()}) == 2


def test_a_run_that_joins_another_gets_a_colour_of_its_own(qtbot: QtBot, panel: Any) -> None:
    click_row(qtbot, panel, 2)
    qtbot.keyClick(panel.view, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    assert len({line.colour for line in panel.curves.lines.values()}) == 3


def test_runs_that_had_to_share_a_colour_part_when_there_are_some_to_spare(qtbot: QtBot, panel: Any) -> None:
    copies(panel, qtbot, len(COLOURS) - 2)
    panel.view.selectAll()
    colours = [line.colour for line in panel.curves.lines.values()]
    alone = next(line.label for line in panel.curves.lines.values() if colours.count(line.colour) == 1)
    click_row(qtbot, panel, shown(panel).index(alone), Qt.KeyboardModifier.ControlModifier)
    assert len({line.colour for line in panel.curves.lines.values()}) == len(panel.curves.lines) == len(COLOURS)


def test_what_is_left_out_of_a_large_selection_is_said(qtbot: QtBot, panel: Any) -> None:
    copies(panel, qtbot, 15)
    assert panel.cut.text() == ""
    panel.view.selectAll()
    assert len(panel.curves.lines) == 16
    assert panel.cut.text() == "the first 16 of 18 runs"
    assert panel.settings.note.text().startswith("The first 6 of 18 runs ")


def test_the_log_follows_what_is_written(panel: Any) -> None:
    panel.pages.setCurrentWidget(panel.log)
    select(panel, "alpha")
    for i in range(200):
        Run(runs_folder() / "alpha").log(f"line {i}")
    panel.tick()
    assert panel.log.toPlainText().endswith("line 199\n")
    bar = panel.log.verticalScrollBar()
    assert bar.value() == bar.maximum() > 0


def test_the_log_stays_where_somebody_reads(panel: Any) -> None:
    panel.pages.setCurrentWidget(panel.log)
    run = Run(runs_folder() / "alpha")
    for i in range(200):
        run.log(f"line {i}")
    select(panel, "alpha")
    panel.tick()
    panel.log.moveCursor(QTextCursor.MoveOperation.Start)
    run.log("one more")
    panel.tick()
    assert panel.log.toPlainText().endswith("one more\n")
    assert panel.log.verticalScrollBar().value() == 0


def test_a_log_that_is_no_text_is_shown_as_far_as_it_is(panel: Any) -> None:
    (runs_folder() / "alpha" / "log.txt").write_bytes(b"before \xff\xfe after\n")
    select(panel, "beta")
    select(panel, "alpha")
    assert panel.log.toPlainText().startswith("before ")
    assert panel.log.toPlainText().endswith(" after\n")


def test_entries_are_as_they_were_when_the_panel_comes_back(qtbot: QtBot, panel: Any) -> None:
    window: Any = panel.window()
    select(panel, "alpha", "beta")
    go_to(qtbot, window, "Atari")
    go_to(qtbot, window, "Runs")
    assert panel.action_set["open"].isEnabled()
    assert panel.action_set["delete"].isEnabled()
    assert not any(action.isEnabled() for action in (panel.action_set["rename"], panel.action_set["folder"]))


def test_rows_that_come_late_switch_no_entry_on_behind_another_panel(qtbot: QtBot, panel: Any) -> None:
    panel.refresh()
    go_to(qtbot, panel.window(), "Atari")
    shutil.rmtree(runs_folder() / "beta")
    qtbot.waitUntil(lambda: not panel.reading, timeout=LONG)
    panel.refresh()
    qtbot.waitUntil(lambda: panel.table.rowCount() == 2, timeout=LONG)
    select(panel, "alpha")
    assert not panel.action_set["delete"].isEnabled()


def test_delete_goes_to_the_trash_and_comes_back(qtbot: QtBot, panel: Any) -> None:
    select(panel, "alpha", "beta")
    pick(qtbot, panel.action_set["delete"])
    qtbot.waitUntil(lambda: panel.table.rowCount() == 1, timeout=10_000)
    assert len(list((runs_folder() / ".trash").iterdir())) == 2
    undo = panel.window().action_set["undo"]
    pick(qtbot, undo)
    qtbot.waitUntil(lambda: panel.table.rowCount() == 3, timeout=LONG)
    assert sorted(shown(panel)) == ["alpha", "beta", "gamma"]
    assert not undo.isEnabled()


def test_rename(qtbot: QtBot, panel: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(QInputDialog, "getText", staticmethod(lambda *_, **__: ("delta", True)))
    select(panel, "gamma")
    pick(qtbot, panel.action_set["rename"])
    qtbot.waitUntil(lambda: "delta" in shown(panel), timeout=10_000)
    assert (runs_folder() / "delta" / "config.json").exists()


def test_the_tab_of_a_run_follows_its_new_name(qtbot: QtBot, panel: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(QInputDialog, "getText", staticmethod(lambda *_, **__: ("delta", True)))
    window: Any = panel.window()
    for name in ("beta", "gamma", "alpha"):  # The one in the middle, and another in front.
        open_tab(qtbot, panel, name)
    atari = window.panels["Atari"]
    select(panel, "gamma")
    pick(qtbot, panel.action_set["rename"])
    wait_for_views(qtbot, panel)
    assert [tab.run.name for tab in atari.tabs.all()] == ["beta", "delta", "alpha"]
    assert atari.tabs.tabText(2) == "delta"
    assert atari.current_run().name == "alpha"
    qtbot.waitUntil(lambda: "delta" in shown(panel), timeout=LONG)
    select(panel, "delta")
    pick(qtbot, panel.action_set["open"])
    assert window.current_run().path == runs_folder() / "delta"
    assert len(atari.tabs.all()) == 3


def test_the_tab_of_a_deleted_run_closes(qtbot: QtBot, panel: Any) -> None:
    window: Any = panel.window()
    open_tab(qtbot, panel, "beta")
    select(panel, "beta")
    pick(qtbot, panel.action_set["delete"])
    assert window.panels["Atari"].tabs.all() == []
    assert "to the trash folder" in window.statusBar().currentMessage()


@pytest.mark.parametrize("name", ["", "../elsewhere", "a/b", ".hidden", "beta"])
def test_a_name_that_cannot_be_is_refused(panel: Any, name: str) -> None:
    with pytest.raises(LabError):
        rename(Run(runs_folder() / "alpha"), name)
    assert (runs_folder() / "alpha").exists()


def test_a_run_that_is_being_trained_is_left_where_it_is(qtbot: QtBot, panel: Any) -> None:
    run = Run(runs_folder() / "alpha")
    with run.lock():
        select(panel, "alpha")
        pick(qtbot, panel.action_set["delete"])
    window: Any = panel.window()
    assert "is being trained" in window.errors[0].sentence.text()
    window.errors[0].close()
    assert run.path.exists()


def test_a_run_opens_in_its_panel(qtbot: QtBot, panel: Any) -> None:
    window: Any = panel.window()
    select(panel, "beta")
    pick(qtbot, panel.action_set["open"])
    assert window.stack.currentWidget() is window.panels["Atari"]
    assert window.current_run().name == "beta"


def test_the_tensorboard_command_names_the_selected_runs(qtbot: QtBot, panel: Any) -> None:
    select(panel, "alpha")
    pick(qtbot, panel.action_set["tensorboard"])
    assert QApplication.clipboard().text() == f"tensorboard --logdir {Path(runs_folder() / 'alpha').resolve()}"
    select(panel, "alpha", "beta")
    assert panel.tensorboard_command().startswith("tensorboard --logdir_spec ")
    assert "alpha:" in panel.tensorboard_command()
    assert "beta:" in panel.tensorboard_command()


def test_the_folder_of_a_run_is_opened(qtbot: QtBot, panel: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from PySide6.QtGui import QDesktopServices

    opened: list[str] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", staticmethod(lambda url: opened.append(url.toLocalFile())))
    select(panel, "alpha")
    pick(qtbot, panel.action_set["folder"])
    assert opened == [str((runs_folder() / "alpha").resolve())]


def changed(**values: object) -> Callable[[Path], object]:
    """What puts other values into a JSON file."""
    return lambda path: path.write_text(json.dumps({**json.loads(path.read_text()), **values}))


def text(contents: str) -> Callable[[Path], object]:
    return lambda path: path.write_text(contents)


CONFIG_DAMAGE = [
    text("{"), text("[1, 2]"), lambda path: path.write_bytes(b"\xff\xfe\0"), changed(created=None), changed(created=5), changed(config=None),
    changed(config={"seed": "x"}), changed(recipe=["a"]), changed(recipe="nosuch"),
]  # fmt: skip
OTHER_DAMAGE = [
    ("status.json", text("[]")), ("status.json", text("{}")), ("status.json", text("null")), ("status.json", text("")),
    ("status.json", lambda path: path.write_bytes(b"\xff\xfe\0")), ("status.json", changed(status=["running"])),
    ("status.json", changed(done="many")), ("status.json", changed(seconds=None)), ("status.json", changed(metrics={"a": "x"})),
    ("config.json", changed(subject=None)), ("config.json", changed(config={})), ("metrics.jsonl", text('[1]\n{"step": "x"}\n')),
    ("log.txt", lambda path: path.write_bytes(b"\xff\xfe\0")), ("checkpoints", lambda path: (path / "step-x").mkdir()),
]  # fmt: skip


def everything(names: set[str]) -> None:
    """Each list of runs has the good one, and the table these."""
    rows, _ = entries()
    assert {row.run.name for row in rows} == names
    for column in COLUMNS:
        assert all(isinstance(row.text(column), str) for row in rows)
        assert len(ordered(rows, column)) == len(rows)
    assert "good" in [source.run.name for source in stored_sources() if isinstance(source, StoredSource)]


@pytest.mark.parametrize("damage", CONFIG_DAMAGE)
def test_a_run_with_a_damaged_config_is_left_out_and_named(stored: Callable[..., Run], damage: Callable[[Path], object]) -> None:
    stored(run=runs_folder() / "good")
    damage(stored(run=runs_folder() / "bad").path / "config.json")
    everything({"good"})
    assert entries()[1].startswith("1 run folder could not be read; bad: ")


@pytest.mark.parametrize(("file", "damage"), OTHER_DAMAGE)
def test_any_other_damage_leaves_the_run_in_the_list(stored: Callable[..., Run], file: str, damage: Callable[[Path], object]) -> None:
    stored(run=runs_folder() / "good")
    damage(stored(run=runs_folder() / "bad").path / file)
    everything({"good", "bad"})


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
)


@hypothesis_settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(status=ANY | st.dictionaries(st.sampled_from(list(STATUS)), ANY | st.dictionaries(st.text(), ANY)))
def test_whatever_a_status_says_the_table_shows_the_run(stored: Callable[..., Run], status: object) -> None:
    for name in ("good", "bad"):
        if not (runs_folder() / name).exists():
            stored(run=runs_folder() / name)
    (runs_folder() / "bad" / "status.json").write_text(json.dumps(status))
    table = RunTable()
    table.set_rows(entries()[0])
    proxy = RunFilter(table)
    for column in range(len(table.columns)):
        proxy.sort(column)
        assert sorted(proxy.index(i, 0).data() for i in range(proxy.rowCount())) == ["bad", "good"]
        assert all(isinstance(proxy.index(i, column).data(), str) for i in range(2))


def test_the_panel_says_which_run_cannot_be_read(qtbot: QtBot, panel: Any) -> None:
    assert not panel.unread.isVisible()
    (runs_folder() / "beta" / "config.json").write_text("[]")
    panel.refresh()
    qtbot.waitUntil(lambda: panel.table.rowCount() == 2, timeout=LONG)
    assert panel.unread.isVisible()
    assert panel.unread.text().startswith("1 run folder could not be read; beta: ")


def tick(qtbot: QtBot, panel: Any, *path: str) -> None:
    """Open the menu of the columns and click an entry, in an inner menu where there are two names."""
    menu = panel.columns_menu
    menu.popup(panel.mapToGlobal(QPoint(0, 0)))
    for title in path[:-1]:
        menu = next(action.menu() for action in menu.actions() if action.text() == title)
        menu.popup(panel.mapToGlobal(QPoint(0, 0)))
    action = next(action for action in menu.actions() if action.text() == path[-1])
    qtbot.mouseClick(menu, Qt.MouseButton.LeftButton, pos=menu.actionGeometry(action).center())
    panel.columns_menu.close()


@drives("RunsPanel: Columns")
def test_metrics_and_settings_become_columns_that_sort_by_a_click(qtbot: QtBot, panel: Any) -> None:
    select(panel, "beta")
    tick(qtbot, panel, "Settings", "gamma")
    tick(qtbot, panel, "Metrics", "losses/td_loss")
    assert panel.table.columns[-3:] == ["losses/td_loss", "gamma", "metrics"]
    assert dict(zip(shown(panel), shown(panel, "gamma"), strict=True)) == {"alpha": "0.99", "beta": "0.99", "gamma": "0.9"}
    assert [run.name for run in panel.selected()] == ["beta"]
    header = panel.view.horizontalHeader()
    section = panel.table.columns.index("gamma")
    place = QPoint(header.sectionViewportPosition(section) + 8, header.height() // 2)
    panel.view.horizontalScrollBar().setValue(0)
    qtbot.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert panel.order()[0] == "gamma"
    first = shown(panel)[0] == "gamma"
    qtbot.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert (shown(panel)[0] == "gamma") != first
    tick(qtbot, panel, "Settings", "gamma")
    assert "gamma" not in panel.table.columns
    tick(qtbot, panel, "Reset")
    assert panel.table.columns == list(SHOWN)


def test_the_filter_understands_comparisons(qtbot: QtBot, panel: Any) -> None:
    qtbot.keyClicks(panel.filter_line, "seed>=2 gamma<0.95")
    assert shown(panel) == ["gamma"]


def test_columns_order_and_filter_come_back_at_the_next_start(qtbot: QtBot, panel: Any, make_window: Callable[..., MainWindow]) -> None:
    tick(qtbot, panel, "Settings", "gamma")
    panel.sort_by("gamma", True)
    qtbot.keyClicks(panel.filter_line, "seed<3")
    panel.window().close()
    qtbot.waitUntil(lambda: not panel.window().isVisible(), timeout=LONG)
    again: Any = make_window("Runs").panels["Runs"]
    qtbot.waitUntil(lambda: again.table.rowCount() == 3, timeout=LONG)
    assert "gamma" in again.table.columns
    assert again.order() == ("gamma", True)
    assert sorted(shown(again)) == ["alpha", "beta"]


def test_runs_of_several_seeds_are_drawn_as_one_mean_with_a_band(qtbot: QtBot, panel: Any) -> None:
    select(panel, "alpha", "beta")
    assert not panel.curves.seeds.isVisible()
    copies(panel, qtbot, 1)
    config = json.loads((runs_folder() / "c00" / "config.json").read_text())
    config["config"]["seed"] = 7
    (runs_folder() / "c00" / "config.json").write_text(json.dumps(config))
    panel.refresh()
    qtbot.waitUntil(lambda: not panel.reading, timeout=LONG)
    select(panel, "alpha", "c00", "beta")
    assert panel.curves.seeds.isVisible()
    qtbot.keyClick(panel.curves.seeds, Qt.Key.Key_Down)
    assert panel.curves.seeds.currentText() == "mean ± deviation"
    plot = next(iter(panel.curves.plots.values()))
    assert list(plot.bands) == ["dqn-fast pong, 2 seeds"]
    assert {name.split("|")[0] for name in plot.lines} == {"dqn-fast pong, 2 seeds", str(runs_folder() / "beta")}
    assert "dqn-fast&nbsp;pong,&nbsp;2&nbsp;seeds" in panel.curves.legend.text()
    assert "dqn-fast pong, 2 seeds: " in panel.curves.values_at(1e9)
    qtbot.keyClick(panel.curves.seeds, Qt.Key.Key_Up)
    assert plot.bands == {}
    assert not any(name.endswith("|group") for name in plot.lines)


def row_of(panel: Any, name: str) -> int:
    return shown(panel).index(name)


@drives("Runs > Star")
def test_a_click_into_the_column_of_stars_gives_one(qtbot: QtBot, panel: Any) -> None:
    column = panel.table.columns.index("star")
    place = panel.view.visualRect(panel.proxy.index(row_of(panel, "beta"), column)).center()
    qtbot.mouseClick(panel.view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert marks(Run(runs_folder() / "beta")).star
    qtbot.waitUntil(lambda: shown(panel, "star")[row_of(panel, "beta")] == "★", timeout=LONG)
    select(panel, "alpha", "beta")
    pick(qtbot, panel.action_set["star"])
    assert marks(Run(runs_folder() / "alpha")).star
    pick(qtbot, panel.action_set["star"])
    assert not any(marks(Run(runs_folder() / name)).star for name in ("alpha", "beta"))


@drives("Runs > Tags and note")
def test_tags_and_a_note_are_typed_and_found_by_the_filter(qtbot: QtBot, panel: Any) -> None:
    select(panel, "gamma")
    pick(qtbot, panel.action_set["marks"])
    (dialog,) = panel.findChildren(MarksDialog)
    qtbot.keyClicks(dialog.tags, "good, slow")
    qtbot.keyClicks(dialog.note, "why not")
    qtbot.mouseClick(dialog.save_button, Qt.MouseButton.LeftButton)
    assert marks(Run(runs_folder() / "gamma")) == Marks(("good", "slow"), "why not")
    qtbot.waitUntil(lambda: "good, slow" in shown(panel, "tags"), timeout=LONG)
    qtbot.keyClicks(panel.filter_line, "tags=slow")
    assert shown(panel) == ["gamma"]


@drives("Runs > Free space")
def test_freeing_space_asks_and_deletes_older_checkpoints(qtbot: QtBot, panel: Any) -> None:
    run = Run(runs_folder() / "alpha")
    newest = checkpoint.listed(run.checkpoints)[-1]
    shutil.copytree(newest, newest.with_name("step-000000000001"))
    select(panel, "alpha", "beta")
    pick(qtbot, panel.action_set["free"])
    qtbot.waitUntil(lambda: bool(panel.findChildren(QMessageBox)), timeout=LONG)
    (box,) = panel.findChildren(QMessageBox)
    assert box.text() == "Delete 1 older checkpoint?"
    qtbot.mouseClick(box.defaultButton(), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: checkpoint.listed(run.checkpoints) == [newest], timeout=LONG)
    qtbot.waitUntil(lambda: panel.window().statusBar().currentMessage().startswith("Freed "), timeout=LONG)
    qtbot.waitUntil(lambda: not panel.reading, timeout=LONG)
