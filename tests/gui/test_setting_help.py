"""Help where one looks: the explanation below the form, tips, groups that fold, choices at one click."""

from typing import Any

import pytest
from controls import write
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QHelpEvent
from PySide6.QtWidgets import QApplication, QToolTip
from pytestqt.qtbot import QtBot

from agents.dqn_config import DQNFastConfig
from gui.widgets.config_form import ConfigForm
from lab import registry
from lab.setting_groups import GROUPS, MAIN


def test_a_click_or_a_key_explains_the_setting_in_front(qtbot: QtBot, form: ConfigForm) -> None:
    form.resize(320, 700)
    form.show()
    form.activateWindow()
    qtbot.waitUntil(form.isActiveWindow, timeout=60_000)
    assert "ale-py carries (<code>lab list</code>)" in form.help.text()
    assert form.help.text().startswith("<b>game</b>: The Atari game")  # The first, before anything is clicked.
    label: Any = form.table.labelForField(form.rows["learning_rate"])
    form.scroller.ensureWidgetVisible(label)
    qtbot.mouseClick(label, Qt.MouseButton.LeftButton)
    assert form.rows["learning_rate"].editor.hasFocus()
    assert form.help.text().split("<br>") == [
        "<b>learning rate</b>: Adam&#x27;s step size.",
        "Higher learns faster until the values diverge.",
        f"--learning-rate, default {DQNFastConfig().learning_rate}, above 0 to 0.1",
    ]
    qtbot.keyClick(form.rows["learning_rate"].editor, Qt.Key.Key_Backtab)
    assert form.in_front != "learning_rate"
    assert f"<b>{form.rows[form.in_front].title}</b>" in form.help.text()


@pytest.mark.parametrize("width", [230, 340])
def test_the_explanation_has_the_height_that_it_needs_and_the_setting_stays_in_sight(qtbot: QtBot, form: ConfigForm, width: int) -> None:
    form.resize(width, 420)
    form.show()
    qtbot.waitExposed(form)
    for name in form.listed():
        form.bring_to_front(name)
        assert form.help.height() >= form.help.heightForWidth(form.help.width())
        top = form.rows[name].mapTo(form.scroller.viewport(), QPoint(0, 0)).y()
        assert 0 <= top <= form.scroller.viewport().height() - form.rows[name].height()


def test_every_tip_says_meaning_bounds_and_default(form: ConfigForm) -> None:
    tip = form.rows["gamma"].toolTip()
    assert tip.splitlines() == [DQNFastConfig.model_fields["gamma"].description, "--gamma, default 0.99, from 0 to 1"]
    assert form.rows["max_grad_norm"].toolTip().splitlines()[1].startswith("--max-grad-norm, default ")


def test_settings_fold_in_groups_what_one_changes_daily_first(qtbot: QtBot, form: ConfigForm) -> None:
    form.set_open_groups({MAIN})
    form.resize(320, 900)
    form.show()
    qtbot.waitExposed(form)
    assert form.shown() == [name for name in form.rows if name in GROUPS[MAIN]]
    fold = form.folds["Exploration"]
    assert fold.text() == "Exploration (4)"
    qtbot.mouseClick(fold, Qt.MouseButton.LeftButton)
    assert form.rows["epsilon_end"].isVisible()
    write(qtbot, form, "epsilon_end", "0.2")
    assert fold.text() == "Exploration (4, 1 changed)"
    qtbot.keyClick(fold, Qt.Key.Key_Space)
    assert not form.rows["epsilon_end"].isVisible()
    form.search.setText("epsilon end")  # What is searched for is shown wherever it is.
    assert form.rows["epsilon_end"].isVisible()
    form.search.clear()
    assert not form.rows["epsilon_end"].isVisible()


def test_a_setting_that_is_asked_for_unfolds(form: ConfigForm, qtbot: QtBot) -> None:
    form.set_open_groups({MAIN})
    form.show()
    qtbot.waitExposed(form)
    form.bring_to_front("gamma")
    assert form.rows["gamma"].isVisible()
    assert form.in_front == "gamma"
    assert form.open_groups == {MAIN, "Returns"}


def test_hovering_a_name_or_a_value_shows_its_tip(qtbot: QtBot, form: ConfigForm) -> None:
    form.resize(320, 900)
    form.show()
    qtbot.waitExposed(form)
    setting = form.rows["envs"]
    line: Any = setting.editor
    for hovered in (form.table.labelForField(setting), line.lineEdit(), line, setting):
        QToolTip.hideText()
        place = hovered.rect().center()
        QApplication.sendEvent(hovered, QHelpEvent(QEvent.Type.ToolTip, place, hovered.mapToGlobal(place)))
        shown, widget = QToolTip.text(), hovered
        while not shown and widget is not None and not widget.toolTip():  # Qt asks the parent where a widget has no tip of its own.
            widget = widget.parentWidget()
            shown = widget.toolTip() if widget is not None else ""
        assert "Environments stepped in parallel. More give more varied data" in shown
        assert "--envs, default 8 games, from 1 to 256" in shown
    QToolTip.hideText()


def test_a_choice_opens_at_one_click(qtbot: QtBot, form: ConfigForm) -> None:
    form.set_config(registry.recipe("vae").config_class())
    form.resize(320, 900)
    form.show()
    qtbot.waitExposed(form)
    for name in ("data", "architecture"):
        combo: Any = form.rows[name].editor
        qtbot.mouseClick(combo, Qt.MouseButton.LeftButton)
        qtbot.waitUntil(combo.view().isVisible, timeout=60_000)
        combo.hidePopup()
        qtbot.waitUntil(lambda combo=combo: not combo.view().isVisible(), timeout=60_000)
