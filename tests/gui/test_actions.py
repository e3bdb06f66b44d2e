"""Actions declared once: a shortcut has one meaning wherever it is heard; menus, tips and enabled states follow the declaration."""

from collections.abc import Iterator
from weakref import ref

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QMainWindow
from pytestqt.qtbot import QtBot

from gui.actions import Action, ActionSet, ShortcutTakenError, numbered
from gui.panels import PANELS
from gui.window_actions import every_action


class Owner(QMainWindow):
    """Notes what is done to it."""

    def __init__(self) -> None:
        super().__init__()
        self.done: list[object] = []


def act(name: str, keys: str = "", **options: object) -> Action:
    return Action(name, name, f"Do {name}", lambda owner: owner.done.append(name), keys, "&Menu", **options)  # type: ignore[arg-type]


@pytest.fixture
def owner(qtbot: QtBot) -> Iterator[Owner]:
    made = Owner()
    made.show()
    yield made
    made.close()
    made.deleteLater()


@pytest.mark.parametrize("keys", ["Ctrl+R", "ctrl+r"])
def test_a_shortcut_is_taken_once_among_a_scope_and_those_around_it(owner: Owner, keys: str) -> None:
    window = ActionSet("window", parent=owner)
    panel = ActionSet("panel", window, owner)
    page = ActionSet("page", panel, owner)
    panel.add(act("run", "Ctrl+R"), ref(owner))
    for scope in (window, panel, page):
        with pytest.raises(ShortcutTakenError, match=r"is taken by 'run' \(panel\)"):
            scope.add(act("other", keys), ref(owner))
    assert [list(scope.made) for scope in (window, panel, page)] == [[], ["run"], []]


def test_pages_side_by_side_may_share_a_shortcut(owner: Owner) -> None:
    panel = ActionSet("panel", parent=owner)
    first, second = ActionSet("first", panel, owner), ActionSet("second", panel, owner)
    first.add(act("play", "Ctrl+Space"), ref(owner))
    second.add(act("write", "Ctrl+Space"), ref(owner))
    with pytest.raises(ShortcutTakenError):
        panel.add(act("pause", "Ctrl+Space"), ref(owner))
    for scope in (first, second):
        scope.close()
    panel.add(act("pause", "Ctrl+Space"), ref(owner))


def test_a_name_is_declared_once(owner: Owner) -> None:
    scope = ActionSet("window", parent=owner)
    scope.add(act("run"), ref(owner))
    with pytest.raises(ValueError, match="has an action 'run' already"):
        scope.add(act("run"), ref(owner))


def test_only_the_shortcut_of_the_scope_in_front_is_heard(qtbot: QtBot, owner: Owner) -> None:
    scopes = {name: ActionSet(name, parent=owner) for name in ("first", "second")}
    for name, scope in scopes.items():
        scope.add(act(name, "Ctrl+K"), ref(owner))
        owner.menuBar().addMenu(scope.menu("&Menu"))
    owner.activateWindow()
    qtbot.waitUntil(lambda: owner.isActiveWindow() and owner.menuBar().isVisible(), timeout=60_000)
    for front in ("second", "first"):
        for name, scope in scopes.items():
            scope.set_heard(name == front)
        qtbot.keyClick(owner, Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
    assert owner.done == ["second", "first"]


def test_what_cannot_be_done_now_stays_off_when_its_scope_comes_to_the_front(owner: Owner) -> None:
    scope = ActionSet("window", parent=owner)
    scope.extend((act("open"), act("undo")), ref(owner))
    scope.allow("undo", False)
    for on in (False, True):
        scope.set_heard(on)
        assert (scope["open"].isEnabled(), scope["undo"].isEnabled()) == (on, False)
    scope.allow("undo", True)
    assert scope["undo"].isEnabled()


def test_a_switch_follows_its_state_and_a_choice_only_the_user(owner: Owner) -> None:
    scope = ActionSet("window", parent=owner)
    for name, group in (("switch", ""), ("a", "letters"), ("b", "letters")):
        scope.add(
            Action(name, name, name, lambda owner, on, name=name: owner.done.append((name, on)), checkable=True, group=group), ref(owner)
        )
    scope["switch"].setChecked(True)
    scope["a"].setChecked(True)
    scope["b"].trigger()
    assert not scope["a"].isChecked()
    assert owner.done == [("switch", True), ("b", True)]


def test_menus_and_tips_come_from_the_declaration(owner: Owner) -> None:
    scope = ActionSet("window", parent=owner)
    scope.add(Action("open", "&Open…", "Open a run", lambda owner: None, "Ctrl+O", "&File"), ref(owner))
    scope.add(Action("dark", "Dark", "Use dark colours", lambda owner: None, menu="&View/Theme", separator=True), ref(owner))
    assert [menu.title() for menu in scope.top_menus()] == ["&File", "&View"]
    assert scope.menu("&View/Theme").actions()[-1] is scope["dark"]
    assert scope["open"].toolTip() == "Open a run (Ctrl+O)"
    assert scope["open"].statusTip() == "Open a run"
    assert scope["dark"].toolTip() == "Use dark colours"


def test_entries_of_a_list_that_grows_have_keys_up_to_the_ninth() -> None:
    assert [numbered("Ctrl+Shift", i) for i in (0, 8, 9, 10, 40)] == ["Ctrl+Shift+1", "Ctrl+Shift+9", "Ctrl+Shift+0", "", ""]


def test_an_owner_that_is_gone_is_not_called(owner: Owner) -> None:
    scope = ActionSet("window", parent=owner)
    scope.add(act("run"), lambda: None)
    scope["run"].trigger()
    assert owner.done == []


def test_all_actions_are_known_before_a_panel_is_shown() -> None:
    groups = every_action()
    assert list(groups) == ["Everywhere", *(spec.name for spec in PANELS)]
    for actions in groups.values():
        keys = list({action.id: action.keys for action in actions if action.keys}.values())  # Pages side by side may share an action.
        assert len(keys) == len(set(keys))
        assert not {action.keys for action in groups["Everywhere"]} & set(keys) or actions is groups["Everywhere"]
        for action in actions:
            assert not action.keys or QKeySequence(action.keys).toString(), action.id  # There is such a key.
            assert action.tip, action.id
            assert not action.tip.endswith("."), action.id
            assert "(" + action.keys + ")" not in action.tip, action.id
