"""Runs whose files are damaged or from another version: the lists of runs show what can be read."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pytestqt.qtbot import QtBot

from gui.atari.weight_sources import StoredSource, stored_sources
from gui.runs.table import RunFilter, RunTable
from lab.listing import COLUMNS, entries, ordered
from lab.paths import runs_folder
from lab.run import Run
from lab.run_records import STATUS

LONG = 60_000


@pytest.fixture
def panel(three_runs: Any) -> Any:
    return three_runs


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
    assert not panel.list.unread.isVisible()
    (runs_folder() / "beta" / "config.json").write_text("[]")
    panel.refresh()
    qtbot.waitUntil(lambda: panel.list.table.rowCount() == 2, timeout=LONG)
    assert panel.list.unread.isVisible()
    assert panel.list.unread.text().startswith("1 run folder could not be read; beta: ")
