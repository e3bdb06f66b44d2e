"""The base of a family's panel with recipes that play no game: nothing in it knows of Atari."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from controls import write
from PySide6.QtCore import QSettings, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

import lab
from gui import panels
from gui.dialogs import ContinueDialog
from gui.main_window import MainWindow
from gui.panels import PanelSpec
from gui.train_form import TrainForm
from gui.training_panel import TrainingPanel
from gui.widgets.config_form import ConfigForm
from lab import registry
from lab.paths import runs_folder
from lab.run import Run

LONG = 60_000


class LinearPanel(TrainingPanel):
    """Trains `linear` and nothing else."""

    name = "Linear"
    family = "Linear"


@pytest.fixture
def panel(make_window: Callable[..., MainWindow], monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The window with such a panel in front."""
    linear = registry.recipe("linear")
    recipe = type(linear)(**{**vars(linear), "family": "Linear"})
    monkeypatch.setattr(registry, "BUILT_IN", (*(r for r in registry.BUILT_IN if r.name != "linear"), recipe))
    spec = PanelSpec("Linear", f"{__name__}:LinearPanel", "Train a linear classifier", ("Linear",))
    monkeypatch.setattr(panels, "PANELS", (*panels.PANELS, spec))
    monkeypatch.setattr("gui.main_window.PANELS", panels.PANELS)
    monkeypatch.setattr("gui.window_actions.PANELS", panels.PANELS)
    return make_window("Linear").panels["Linear"]


def click(qtbot: QtBot, button: Any) -> None:
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


@pytest.mark.parametrize("name", ["Atari", "Generate", "Vision", "Sequences"])
def test_a_panel_builds_its_form_once_when_it_opens(
    make_window: Callable[..., MainWindow], monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    built: list[ConfigForm] = []
    own = ConfigForm.set_config
    monkeypatch.setattr(ConfigForm, "set_config", lambda form, *args: (built.append(form), own(form, *args)))
    form = make_window(name).panels[name].form.fields  # type: ignore[attr-defined]
    assert built.count(form) == 1


def test_resuming_a_run_whose_folder_was_deleted_says_so(
    qtbot: QtBot, make_window: Callable[..., MainWindow], two_runs: list[Path]
) -> None:
    window = make_window("Vision")
    shutil.copytree(two_runs[0], runs_folder() / "deleted")
    window.open_run(Run(runs_folder() / "deleted"))
    shutil.rmtree(runs_folder() / "deleted")
    resume = window.panels["Vision"].current_tab().transport.resume  # type: ignore[attr-defined]
    click(qtbot, resume)
    qtbot.waitUntil(lambda: bool(window.errors), timeout=LONG)
    assert window.errors[0].sentence.text().startswith("The folder of run deleted is gone: ")
    window.errors[0].close()
    assert resume.isEnabled()


def test_the_form_follows_the_run_that_one_turns_to_until_something_is_set_by_hand(
    qtbot: QtBot, make_window: Callable[..., MainWindow], two_runs: list[Path]
) -> None:
    window = make_window("Vision")
    panel: Any = window.panels["Vision"]

    def turn_to(index: int) -> None:
        bar = panel.tabs.tabBar()
        qtbot.mouseClick(bar, Qt.MouseButton.LeftButton, pos=bar.tabRect(index).center())

    for path in two_runs:
        shutil.copytree(path, runs_folder() / path.name)
        window.open_run(Run(runs_folder() / path.name))
    assert panel.form.fields.values()["seed"] == 1
    turn_to(0)
    assert panel.form.fields.values()["seed"] == 0
    assert panel.form.fields.values()["batch_size"] == 32
    panel.form.steps.selectAll()
    qtbot.keyClicks(panel.form.steps, "77")
    turn_to(1)
    assert panel.current_tab().run.name == two_runs[1].name
    assert (panel.form.fields.values()["seed"], panel.form.steps.value()) == (0, 77)


def test_another_recipe_keeps_what_was_set_by_hand_and_not_what_a_run_brought(
    qtbot: QtBot, make_window: Callable[..., MainWindow], two_runs: list[Path]
) -> None:
    window = make_window("Vision")
    form: Any = window.panels["Vision"].form  # type: ignore[attr-defined]
    window.open_run(Run(two_runs[1]))
    assert form.changed_values() == {"data": "digits", "seed": 1, "batch_size": 32, "validate_every": 10, "schedule_steps": 60}
    form.fields.bring_to_front("learning_rate")
    write(qtbot, form.fields, "learning_rate", "0.005")
    assert form.fields.values()["learning_rate"] == 0.005
    qtbot.keyClicks(form.recipe_box, "siam")
    assert form.recipe.name == "siamese"
    assert form.changed_values() == {"data": "digits", "seed": 1, "learning_rate": 0.005}


def test_the_next_start_has_the_length_and_knows_what_a_run_brought(qtbot: QtBot, two_runs: list[Path], tmp_path: Path) -> None:
    store = QSettings(str(tmp_path / "kept.ini"), QSettings.Format.IniFormat)
    recipes = {name: registry.recipe(name) for name in ("classify", "siamese")}

    def start() -> TrainForm:
        form = TrainForm(recipes, {})
        qtbot.addWidget(form)
        form.restore(store, "Vision", "classify")
        return form

    form = start()
    assert form.untouched()
    form.show_run(Run(two_runs[1]))
    form.remember(store, "Vision")
    form = start()
    assert form.steps.value() == 60
    assert form.untouched()
    qtbot.keyClicks(form.recipe_box, "siam")
    assert form.changed_values() == {"data": "digits", "seed": 1}
    form.length_unit.setCurrentText("minutes")
    form.minutes.selectAll()
    qtbot.keyClicks(form.minutes, "2.5")
    form.remember(store, "Vision")
    form = start()
    assert form.length() == {"minutes": 2.5}
    assert not form.untouched()


def test_tabs_of_one_minute_have_names_and_colours_of_their_own(panel: Any, tmp_path: Path) -> None:
    made = []
    for second in (1, 2, 3):
        run = lab.train("linear", steps=1, run=tmp_path / f"linear-digits-s0-20260101-12000{second}")
        run.stored["created"] = f"2026-01-01T12:00:0{second}.000+00:00"
        made.append(panel.add_tab(run))
    titles = [panel.tabs.tabText(panel.tabs.indexOf(tab)) for tab in made]
    assert titles == ["linear digits s0 12:00", "linear digits s0 12:00:02", "linear digits s0 12:00:03"]
    panel.close_tab(panel.tabs.indexOf(made[0]))
    made[0] = panel.add_tab(made[0].run)
    assert len({tab.colour for tab in made}) == 3


def test_a_run_of_another_recipe_brings_its_settings_into_the_form(qtbot: QtBot, make_window: Callable[..., MainWindow]) -> None:
    window = make_window("Vision")
    panel: Any = window.panels["Vision"]
    before = panel.form.recipe.name
    panel.form.steps.setValue(123)
    qtbot.waitUntil(lambda: panel.history.count() == 1, timeout=LONG)
    window.open_run(lab.train("linear", steps=2, batch_size=7))
    assert (panel.form.recipe.name, panel.form.fields.values()["batch_size"], panel.form.steps.value()) == ("linear", 7, 2)
    panel.form.fields.set_values({"batch_size": 9})
    window.open_run(lab.train("linear", steps=1))
    assert panel.form.fields.values()["batch_size"] == 9, "what was typed for the same recipe stays"
    qtbot.waitUntil(lambda: panel.history.count() == 2, timeout=LONG)
    window.action_set["undo"].trigger()
    assert (panel.form.recipe.name, panel.form.steps.value()) == (before, 123)


def test_a_recipe_without_a_game_trains_shows_its_views_and_resumes(qtbot: QtBot, panel: Any) -> None:
    assert [panel.form.recipe_box.itemText(i) for i in range(panel.form.recipe_box.count())] == ["linear"]
    panel.form.fields.set_values({"learning_rate": 0.1})
    panel.form.steps.setValue(250)
    click(qtbot, panel.form.copy_button)
    assert QApplication.clipboard().text() == "lab train linear --learning-rate 0.1 --steps 250"
    click(qtbot, panel.form.train_button)
    sessions = panel.context.sessions
    qtbot.waitUntil(lambda: bool(sessions.bridges) and not sessions.bridges[0].running, timeout=LONG)
    tab = panel.current_tab()
    assert list(tab.views.switches) == ["templates", "confusion"]
    tab.views.switch("templates", True)
    shown = next(frame for frame in tab.views.frames if frame.chooser.currentData() == "templates")
    qtbot.waitUntil(lambda: shown.answer is not None, timeout=LONG)
    assert shown.answer.pixels.shape == (10, 8, 8)
    tab.refresh()
    assert list(tab.curves.plots) == ["losses/cross_entropy", "charts/accuracy"]
    run = tab.run
    assert run.config() == panel.form.fields.config()
    panel.close_tab(0)
    qtbot.waitUntil(lambda: not sessions.retiring, timeout=LONG)
    panel.context.open_run(run)
    click(qtbot, panel.current_tab().transport.resume)
    dialog: Any = panel.findChild(ContinueDialog)
    dialog.steps.selectAll()
    qtbot.keyClicks(dialog.steps, "50")
    click(qtbot, dialog.train)
    qtbot.waitUntil(lambda: bool(sessions.bridges) and not sessions.bridges[0].running, timeout=LONG)
    assert run.status()["done"] == 300


def test_at_the_first_start_atari_offers_the_recipe_that_learns_soonest(make_window: Callable[..., MainWindow]) -> None:
    panel: Any = make_window("Atari").panel("Atari")
    assert panel.form.recipe_box.currentText() == "dqn-fast"
