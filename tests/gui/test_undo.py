"""Undo and redo by real clicks and keys: settings, anchors, sets, codes, drawings, and what is done to runs."""

from collections.abc import Callable
from typing import Any

import pytest
from controls import drives, pick
from latent_space import LEFT, LONG, click_tile, show, still
from PySide6.QtCore import QObject, QPoint, Qt
from PySide6.QtWidgets import QInputDialog, QMessageBox, QWidget
from pytestqt.qtbot import QtBot

from gui.main_window import MainWindow
from gui.runs.marks_dialog import MarksDialog
from gui.runs.run_list import SELECT
from gui.undo import History, Trail, UndoGroup
from gui.widgets.drawing import Drawing
from lab.marks import Marks, marks, tag
from lab.paths import runs_folder
from lab.run import Run
from lab.run_folders import TRASH, trashed

CONTROL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


def undo(qtbot: QtBot, window: MainWindow) -> None:
    key(qtbot, window, CONTROL)


def redo(qtbot: QtBot, window: MainWindow) -> None:
    key(qtbot, window, CONTROL | SHIFT)


def key(qtbot: QtBot, window: MainWindow, modifiers: Qt.KeyboardModifier) -> None:
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow, timeout=LONG)
    window.undo_group.activeStack().settling.emit()  # What was changed just now has become a step, as it has for a person's hand.
    qtbot.keyClick(window.focusWidget() or window, Qt.Key.Key_Z, modifiers)


def named(window: MainWindow) -> str:
    """What the menu would undo."""
    window.undo_group.activeStack().settling.emit()
    return window.action_set["undo"].text().replace("&", "")


# -- a trail -----------------------------------------------------------------------------------------------------------


class Knob(QObject):
    """Something to turn."""

    def __init__(self, history: History, gesture: Callable[[], object] = lambda: None):
        super().__init__(history)
        self.at = 0
        self.trail = Trail(history, lambda: self.at, self.put, lambda a, b: "knob", lambda: None, self, gesture=gesture)

    def put(self, at: int) -> None:
        self.at = at

    def turn(self, at: int) -> None:
        self.at = at
        self.trail.note()
        self.trail.settle()


@pytest.fixture
def group(qapp: Any) -> UndoGroup:
    made = UndoGroup()
    history = History(made)
    made.addStack(history)
    history.setActive(True)
    return made


def test_steps_are_undone_in_reverse_and_redone(group: UndoGroup) -> None:
    knob = Knob(group.activeStack())  # type: ignore[arg-type]
    knob.turn(1)
    knob.turn(5)
    assert [group.go(back=True), knob.at] == ["knob", 1]
    assert [group.go(back=True), knob.at] == ["knob", 0]
    assert group.go(back=True) == ""
    assert [group.go(back=False), knob.at] == ["knob", 1]
    knob.turn(7)
    assert group.go(back=False) == ""
    assert knob.at == 7


def test_what_one_gesture_changes_is_one_step(group: UndoGroup) -> None:
    knob = Knob(group.activeStack(), gesture=lambda: "wheel")  # type: ignore[arg-type]
    other = Knob(group.activeStack())  # type: ignore[arg-type]
    knob.turn(1)
    knob.turn(2)
    other.turn(9)
    knob.turn(3)
    assert group.activeStack().count() == 3
    group.go(back=True)
    assert (knob.at, other.at) == (2, 9)
    group.go(back=True)
    group.go(back=True)
    assert (knob.at, other.at) == (0, 0)


def test_steps_of_what_is_gone_are_passed_over(group: UndoGroup) -> None:
    kept, gone = Knob(group.activeStack()), Knob(group.activeStack())  # type: ignore[arg-type]
    kept.turn(1)
    gone.turn(1)
    gone.trail.close()
    assert group.next_step(back=True).trail is kept.trail
    group.go(back=True)
    assert (kept.at, gone.at) == (0, 1)


def test_a_change_that_no_timer_has_seen_yet_is_undone_too(group: UndoGroup) -> None:
    knob = Knob(group.activeStack())  # type: ignore[arg-type]
    knob.at = 4
    knob.trail.note()
    group.go(back=True)
    assert knob.at == 0


# -- settings ----------------------------------------------------------------------------------------------------------


@drives("Edit > Undo", "Edit > Redo")
def test_settings_and_recipe_are_undone_one_by_one(qtbot: QtBot, window: MainWindow) -> None:
    panel: Any = window.panels["Atari"]
    form = panel.form
    form.recipe_box.setCurrentText("dqn-fast")
    panel.history.settling.emit()
    panel.history.clear()
    panel.settings_dock.raise_()
    box, gamma = form.fields.rows["double"].editor, form.fields.rows["gamma"].editor
    form.fields.scroller.ensureWidgetVisible(box)
    assert not window.action_set["undo"].isEnabled()
    qtbot.keyClick(box, Qt.Key.Key_Space)
    assert named(window) == "Undo double"
    gamma.setFocus()
    gamma.selectAll()
    qtbot.keyClicks(gamma, "0.5")
    qtbot.keyClick(gamma, Qt.Key.Key_Return)
    assert named(window) == "Undo gamma"
    recipe = form.recipe_box.currentText()
    form.recipe_box.setCurrentText("pqn")
    assert named(window) == "Undo recipe"
    undo(qtbot, window)
    assert form.recipe_box.currentText() == recipe
    assert form.fields.values()["gamma"] == 0.5
    undo(qtbot, window)
    assert form.fields.values()["gamma"] == 0.99
    assert form.fields.values()["double"] is False
    undo(qtbot, window)
    assert form.fields.values()["double"] is True
    assert not window.action_set["undo"].isEnabled()
    redo(qtbot, window)
    redo(qtbot, window)
    assert (form.fields.values()["double"], form.fields.values()["gamma"]) == (False, 0.5)


def test_the_arrows_of_a_number_are_one_step_and_its_own_typing_comes_first(qtbot: QtBot, window: MainWindow) -> None:
    panel: Any = window.panels["Atari"]
    form = panel.form
    form.recipe_box.setCurrentText("dqn-fast")
    form.fields.reset()
    panel.history.settling.emit()
    panel.history.clear()
    panel.settings_dock.raise_()
    number = form.fields.rows["batch_size"].editor
    first = number.value()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow, timeout=LONG)
    form.fields.scroller.ensureWidgetVisible(number)
    number.setFocus()
    qtbot.waitUntil(number.hasFocus, timeout=LONG)
    for _ in range(3):
        qtbot.keyClick(number, Qt.Key.Key_Up)
        panel.history.settling.emit()
    assert number.value() == first + 3
    assert panel.history.count() == 1
    qtbot.keyClicks(number, "7")
    undo(qtbot, window)  # What is typed and not taken is the line's own to undo.
    assert number.value() == first + 3
    undo(qtbot, window)
    assert number.value() == first


# -- the latent space --------------------------------------------------------------------------------------------------


def test_anchors_and_sets_are_undone_on_the_page_where_they_were_picked(qtbot: QtBot, latent_tab: Callable[..., Any]) -> None:
    tab = latent_tab()
    window, state = tab.window_, tab.state
    tab.panel_.history.clear()
    show(tab, "Walk")
    before = list(state.anchors)
    click_tile(qtbot, tab.browser.samples, 7)
    after = list(state.anchors)
    assert after != before
    assert named(window) == "Undo anchors"
    page = show(tab, "Arithmetic")
    sets = {name: list(members) for name, members in page.sets.items()}
    click_tile(qtbot, tab.browser.samples, 9)
    assert page.sets["A"] == [*sets["A"], "9@0"]
    assert named(window) == "Undo set A"
    show(tab, "Dimensions")
    undo(qtbot, window)
    assert page.sets == sets
    assert tab.page_tabs.page is page
    undo(qtbot, window)
    assert list(state.anchors) == before
    assert tab.page_tabs.page.title == "Walk"
    redo(qtbot, window)
    assert list(state.anchors) == after


def test_dragging_over_bars_is_one_step(qtbot: QtBot, latent_tab: Callable[..., Any]) -> None:
    tab = latent_tab()
    page = show(tab, "Code")
    still(qtbot, page.coding)
    tab.panel_.history.clear()
    page.trail.forget()
    bars = page.bars
    before = bars.values.copy()
    places = [QPoint(int(bars.bar(i).center().x()), int(bars.bar(i).top()) + 3) for i in (0, 1, 2)]
    qtbot.mousePress(bars, LEFT, pos=places[0])
    for place in places[1:]:
        move(qtbot, bars, place)
        named(tab.window_)
    assert tab.panel_.history.count() == 0
    qtbot.mouseRelease(bars, LEFT, pos=places[-1])
    assert named(tab.window_) == "Undo code"
    changed = bars.values.copy()
    assert (changed[:3] != before[:3]).all()
    undo(qtbot, tab.window_)
    assert (bars.values == before).all()
    redo(qtbot, tab.window_)
    assert (bars.values == changed).all()


def test_a_stroke_is_undone_as_a_whole(qtbot: QtBot, latent_tab: Callable[..., Any]) -> None:
    tab = latent_tab()
    page = show(tab, "Code")
    page.kind.setCurrentText("my drawing")
    assert named(tab.window_) == "Undo source"
    blank = page.drawing.state()
    draw(qtbot, page.drawing, 0.3)
    assert named(tab.window_) == "Undo drawing"
    one = page.drawing.state()
    draw(qtbot, page.drawing, 0.7)
    assert named(tab.window_) == "Undo drawing"
    undo(qtbot, tab.window_)
    assert page.drawing.state() == one
    undo(qtbot, tab.window_)
    assert page.drawing.state() == blank == b""
    redo(qtbot, tab.window_)
    assert page.drawing.state() == one
    undo(qtbot, tab.window_)
    undo(qtbot, tab.window_)
    assert page.kind.currentText() == "test image"


def test_the_steps_of_a_tab_that_was_closed_are_passed_over(qtbot: QtBot, latent_tab: Callable[..., Any]) -> None:
    tab = latent_tab()
    panel = tab.panel_
    panel.form.steps.setValue(77)
    assert named(tab.window_) == "Undo steps"
    show(tab, "Walk")
    click_tile(qtbot, tab.browser.samples, 7)
    assert named(tab.window_) == "Undo anchors"
    panel.close_tab(0)
    tab.window_.show_undo()
    assert named(tab.window_) == "Undo steps"
    undo(qtbot, tab.window_)
    assert panel.form.steps.value() != 77


def draw(qtbot: QtBot, drawing: Drawing, height: float) -> None:
    """A line from left to right."""
    area = drawing.area()
    start, end = (QPoint(int(area.left() + share * area.width()), int(area.top() + height * area.height())) for share in (0.2, 0.8))
    qtbot.mousePress(drawing, LEFT, pos=start)
    move(qtbot, drawing, end)
    qtbot.mouseRelease(drawing, LEFT, pos=end)


def move(qtbot: QtBot, widget: QWidget, place: QPoint) -> None:
    """A move with the left button held, which `qtbot.mouseMove` does not hold."""
    from PySide6.QtCore import QEvent, QPointF
    from PySide6.QtGui import QMouseEvent
    from PySide6.QtWidgets import QApplication

    where = QPointF(place)
    event = QMouseEvent(QEvent.Type.MouseMove, where, widget.mapToGlobal(where), LEFT, LEFT, Qt.KeyboardModifier.NoModifier)
    QApplication.sendEvent(widget, event)


# -- runs --------------------------------------------------------------------------------------------------------------


@pytest.fixture
def runs_panel(qtbot: QtBot, make_window: Callable[..., MainWindow], stored: Callable[..., Run]) -> Any:
    stored(run=runs_folder() / "alpha")
    stored(run=runs_folder() / "beta")
    panel: Any = make_window("Runs").panels["Runs"]
    qtbot.waitUntil(lambda: panel.list.proxy.rowCount() == 2 and not panel.list.reading, timeout=LONG)
    return panel


def select(panel: Any, row: int) -> None:
    panel.list.view.clearSelection()
    panel.list.view.selectionModel().select(panel.list.proxy.index(row, 0), SELECT)


def names(panel: Any) -> list[str]:
    return sorted(row.run.name for row in panel.list.table.rows)


def test_deleted_runs_come_back_whole_and_go_again(qtbot: QtBot, runs_panel: Any) -> None:
    window = runs_panel.window()
    files = sorted(path.relative_to(runs_folder()) for path in runs_folder().rglob("*"))
    runs_panel.list.view.selectAll()
    qtbot.keyClick(runs_panel.list.view, Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: names(runs_panel) == [], timeout=LONG)
    assert named(window) == "Undo deletion of 2 runs"
    undo(qtbot, window)
    qtbot.waitUntil(lambda: names(runs_panel) == ["alpha", "beta"], timeout=LONG)
    assert sorted(path.relative_to(runs_folder()) for path in runs_folder().rglob("*") if TRASH not in path.parts) == files
    redo(qtbot, window)
    qtbot.waitUntil(lambda: names(runs_panel) == [], timeout=LONG)
    assert len(trashed()) == 2


def test_a_name_is_given_back(qtbot: QtBot, runs_panel: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(QInputDialog, "getText", staticmethod(lambda *_, **__: ("delta", True)))
    window = runs_panel.window()
    select(runs_panel, 0)
    name = runs_panel.selected()[0].name
    pick(qtbot, runs_panel.action_set["rename"])
    qtbot.waitUntil(lambda: "delta" in names(runs_panel), timeout=LONG)
    assert named(window) == f"Undo renaming of {name}"
    undo(qtbot, window)
    qtbot.waitUntil(lambda: names(runs_panel) == ["alpha", "beta"], timeout=LONG)


def test_stars_tags_and_notes_are_undone(qtbot: QtBot, runs_panel: Any) -> None:
    window = runs_panel.window()
    runs_panel.list.view.selectAll()
    alpha, beta = sorted(runs_panel.selected(), key=lambda run: run.name)
    tag(beta, star=True)
    pick(qtbot, runs_panel.action_set["star"])
    assert (marks(alpha).star, marks(beta).star) == (True, True)
    assert named(window) == "Undo star of 2 runs"
    undo(qtbot, window)
    assert (marks(alpha).star, marks(beta).star) == (False, True)
    select(runs_panel, [row.run.name for row in runs_panel.list.table.rows].index("alpha"))
    (run,) = runs_panel.selected()
    pick(qtbot, runs_panel.action_set["marks"])
    (dialog,) = runs_panel.findChildren(MarksDialog)
    dialog.tags.setText("good, baseline good")
    dialog.note.setPlainText(" the first that learns \n")
    qtbot.mouseClick(dialog.save_button, LEFT)
    assert marks(run) == Marks(("good", "baseline"), "the first that learns")
    assert named(window) == f"Undo tags and note of {run.name}"
    undo(qtbot, window)
    assert marks(run).tags == ()
    redo(qtbot, window)
    assert marks(run).note == "the first that learns"


@drives("Runs > Empty trash")
def test_the_trash_is_emptied_on_purpose(qtbot: QtBot, runs_panel: Any) -> None:
    window = runs_panel.window()
    select(runs_panel, 0)
    pick(qtbot, runs_panel.action_set["delete"])
    pick(qtbot, runs_panel.action_set["empty"])
    qtbot.waitUntil(lambda: runs_panel.findChild(QMessageBox) is not None, timeout=LONG)
    box = runs_panel.findChild(QMessageBox)
    assert "1 deleted run" in box.text()
    qtbot.mouseClick(next(button for button in box.buttons() if button.text() == "Delete"), LEFT)
    qtbot.waitUntil(lambda: trashed() == [], timeout=LONG)
    undo(qtbot, window)
    qtbot.waitUntil(lambda: bool(window.errors), timeout=LONG)
    assert "is gone" in window.errors[0].sentence.text()
    window.errors[0].close()
    assert not window.action_set["undo"].isEnabled()
