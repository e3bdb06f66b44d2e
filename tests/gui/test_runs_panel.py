"""The Runs panel: what it shows of the runs on disk, and every action on them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from controls import pick
from PySide6.QtWidgets import QApplication, QInputDialog
from pytestqt.qtbot import QtBot

from gui.main_window import MainWindow
from gui.runs.compare import differences
from gui.runs.folders import rename
from gui.runs.table import COLUMNS
from lab.errors import LabError
from lab.run import Run, home


@pytest.fixture
def panel(qtbot: QtBot, make_window: Callable[..., MainWindow], stored: Callable[..., Run]) -> Any:
    """The panel with three runs."""
    stored(steps=30, seed=1, run=home() / "alpha")
    stored(steps=60, seed=2, game="breakout", run=home() / "beta")
    stored(steps=45, seed=3, gamma=0.9, run=home() / "gamma")
    found: Any = make_window("Runs").panels["Runs"]
    qtbot.waitUntil(lambda: found.table.rowCount() == 3, timeout=60_000)
    return found


def shown(panel: Any, column: str = "name") -> list[str]:
    number = COLUMNS.index(column)
    return [panel.proxy.index(i, number).data() for i in range(panel.proxy.rowCount())]


def select(panel: Any, *names: str) -> None:
    panel.view.clearSelection()
    for name in names:
        row = shown(panel).index(name)
        panel.view.selectionModel().select(panel.proxy.index(row, 0), panel.select_rows())


def test_every_run_is_listed_with_its_status_and_settings(panel: Any) -> None:
    assert sorted(shown(panel)) == ["alpha", "beta", "gamma"]
    assert set(shown(panel, "status")) == {"finished"}
    select(panel, "beta")
    row = next(row for row in panel.table.rows if row.run.name == "beta")
    assert [row.text(c) for c in ("recipe", "about", "seed", "done")] == ["dqn-fast", "breakout", "2", "60 steps"]
    assert panel.count.text() == "3 runs"


def test_sorting_goes_by_value_and_not_by_text(panel: Any) -> None:
    from PySide6.QtCore import Qt

    panel.view.sortByColumn(COLUMNS.index("done"), Qt.SortOrder.AscendingOrder)
    assert shown(panel) == ["alpha", "gamma", "beta"]
    panel.view.sortByColumn(COLUMNS.index("seed"), Qt.SortOrder.DescendingOrder)
    assert shown(panel) == ["gamma", "beta", "alpha"]


def test_the_filter_takes_words_of_any_column(qtbot: QtBot, panel: Any) -> None:
    qtbot.keyClicks(panel.filter_line, "breakout fin")
    assert shown(panel) == ["beta"]
    panel.filter_line.clear()
    assert len(shown(panel)) == 3


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


def test_delete_goes_to_the_trash_and_comes_back(qtbot: QtBot, panel: Any) -> None:
    select(panel, "alpha", "beta")
    pick(qtbot, panel.delete_action)
    qtbot.waitUntil(lambda: panel.table.rowCount() == 1, timeout=10_000)
    assert len(list((home() / ".trash").iterdir())) == 2
    pick(qtbot, panel.undo_action)
    pick(qtbot, panel.undo_action)
    qtbot.waitUntil(lambda: panel.table.rowCount() == 3, timeout=10_000)
    assert sorted(shown(panel)) == ["alpha", "beta", "gamma"]
    assert not panel.undo_action.isEnabled()


def test_rename(qtbot: QtBot, panel: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(QInputDialog, "getText", staticmethod(lambda *_, **__: ("delta", True)))
    select(panel, "gamma")
    pick(qtbot, panel.rename_action)
    qtbot.waitUntil(lambda: "delta" in shown(panel), timeout=10_000)
    assert (home() / "delta" / "config.json").exists()


@pytest.mark.parametrize("name", ["", "../elsewhere", "a/b", ".hidden", "beta"])
def test_a_name_that_cannot_be_is_refused(panel: Any, name: str) -> None:
    with pytest.raises(LabError):
        rename(Run(home() / "alpha"), name)
    assert (home() / "alpha").exists()


def test_a_run_that_is_being_trained_is_left_where_it_is(qtbot: QtBot, panel: Any) -> None:
    run = Run(home() / "alpha")
    with run.lock():
        select(panel, "alpha")
        pick(qtbot, panel.delete_action)
    window: Any = panel.window()
    assert "is being trained" in window.errors[0].sentence.text()
    window.errors[0].close()
    assert run.path.exists()


def test_a_run_opens_in_its_panel(qtbot: QtBot, panel: Any) -> None:
    window: Any = panel.window()
    select(panel, "beta")
    pick(qtbot, panel.open_action)
    assert window.stack.currentWidget() is window.panels["Atari"]
    assert window.current_run().name == "beta"


def test_the_tensorboard_command_names_the_selected_runs(qtbot: QtBot, panel: Any) -> None:
    select(panel, "alpha")
    pick(qtbot, panel.board_action)
    assert QApplication.clipboard().text() == f"tensorboard --logdir {Path(home() / 'alpha').resolve()}"
    select(panel, "alpha", "beta")
    assert panel.tensorboard_command().startswith("tensorboard --logdir_spec ")
    assert "alpha:" in panel.tensorboard_command()
    assert "beta:" in panel.tensorboard_command()


def test_the_folder_of_a_run_is_opened(qtbot: QtBot, panel: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from PySide6.QtGui import QDesktopServices

    opened: list[str] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", staticmethod(lambda url: opened.append(url.toLocalFile())))
    select(panel, "alpha")
    pick(qtbot, panel.folder_action)
    assert opened == [str((home() / "alpha").resolve())]
