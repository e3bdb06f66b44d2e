"""A run's tab says what was decided about its data, and how they have changed since."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from latent_space import LONG
from pytestqt.qtbot import QtBot

from gui.main_window import MainWindow
from lab.api import train
from lab.run import Run

TINY = {"batch_size": 4, "hidden": 8, "width": 8}


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """Sentences with labels, by tabs."""
    path = tmp_path / "mine.tsv"
    path.write_text("".join(f"{label}\tthe {label} number {i} is here\n" for i in range(30) for label in ("cats $5", "Hünde", "鳥")))
    return path


def open_run(window: MainWindow, run: Run) -> Any:
    window.open_run(Run(run.path))
    panel: Any = window.panels["Sequences"]
    return panel.current_tab()


def test_what_a_reader_decided_is_shown(make_window: Callable[..., MainWindow], table: Path) -> None:
    run = train("text-class", steps=1, device="cpu", data=f"file:{table}", **TINY)
    assumed = Run(run.path).stored["data"]["assumed"]
    note = open_run(make_window("Sequences"), run).data_note
    assert note.isVisible()
    assert assumed
    assert note.toolTip().endswith("\n".join(assumed))


def test_a_class_in_letters_that_no_font_has_is_told(make_window: Callable[..., MainWindow], table: Path) -> None:
    table.write_text(table.read_text().replace("cats $5", "\U000f1234"))
    note = open_run(make_window("Sequences"), train("text-class", steps=1, device="cpu", data=f"file:{table}", **TINY)).data_note
    assert "No font of this machine has" in note.toolTip()


def test_data_that_have_grown_are_told(qtbot: QtBot, make_window: Callable[..., MainWindow], table: Path) -> None:
    run = train("text-class", steps=1, device="cpu", data=f"file:{table}", **TINY)
    table.write_text(table.read_text() + "鳥\tthe 鳥 number 3 is here\n")
    tab = open_run(make_window("Sequences"), run)
    qtbot.waitUntil(lambda: "91 rows instead of 90" in tab.data_note.text(), timeout=LONG)


def test_a_label_that_was_renamed_since_is_told_on_the_page(qtbot: QtBot, make_window: Callable[..., MainWindow], table: Path) -> None:
    run = train("text-class", steps=1, device="cpu", data=f"file:{table}", **TINY)
    table.write_text(table.read_text().replace("Hünde", "Katzen"))
    tab = open_run(make_window("Sequences"), run)
    page = tab.page_tabs.pages[0]
    qtbot.waitUntil(lambda: "no text for class 'Hünde'" in page.problem.text(), timeout=LONG)


def test_of_a_run_whose_data_have_gone_what_needs_none_is_shown_and_its_settings_can_be_copied(
    qtbot: QtBot, make_window: Callable[..., MainWindow], table: Path
) -> None:
    run = train("text-class", steps=1, device="cpu", data=f"file:{table}", **TINY)
    table.unlink()
    window = make_window("Sequences")
    tab = open_run(window, run)
    qtbot.waitUntil(lambda: any(frame.answer is not None for frame in tab.views.frames), timeout=LONG)
    qtbot.waitUntil(lambda: f"The data are missing: {table} does not exist" in tab.data_note.text(), timeout=LONG)
    panel: Any = window.panels["Sequences"]
    panel.clone(run)
    assert panel.form.fields.values()["data"] == f"file:{table}"
    assert not panel.form.train_button.isEnabled()
