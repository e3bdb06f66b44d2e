"""The wall: all agents play at once in the Atari panel's first tab; one is chosen by mouse or keys and watched large."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from controls import drives
from PySide6.QtCore import QMimeData, QPoint, QPointF, QRect, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QFileDialog, QTabBar
from pytestqt.qtbot import QtBot

import lab
from agents.wall import WallAgent, wall_agents
from gui.atari.game_picker import GamePicker
from gui.atari.wall import EMPTY, LOADING, WAITS, WallPage, in_words
from gui.atari.weight_sources import agent_source, stored_sources
from gui.main_window import MainWindow
from gui.watch_window import WallWindow
from lab import registry
from lab.run import Run

LONG = 60_000


@pytest.fixture
def agents(stored: Callable[..., Any]) -> list[WallAgent]:
    """Five agents: tiny runs that play Pong."""
    scores = (18.0, 9.3, 9.2, -3.0, None)
    return [WallAgent(stored(), score, own=True) for score in scores]


@pytest.fixture
def page(qtbot: QtBot, agents: list[WallAgent]) -> Iterator[WallPage]:
    made = WallPage()
    made.resize(700, 620)
    made.set_agents(agents)
    made.show()
    qtbot.waitUntil(lambda: ticks(made) > 2, timeout=LONG)
    yield made
    made.view.shut()
    made.close()
    made.deleteLater()


def ticks(page: WallPage) -> int:
    return page.view.thread_.ticks if page.view.thread_ is not None else -1


def middle(page: WallPage, index: int) -> QPoint:
    assert page.view.layout_ is not None
    x, y, width, height = page.view.layout_.rectangle(index)
    return QPoint(x + width // 2, y + height // 2)


def test_all_agents_are_drawn_playing(qtbot: QtBot, page: WallPage) -> None:
    view = page.view
    qtbot.waitUntil(lambda: len(view.drawn) == 5 and all(shown.picture is not None for shown in view.drawn), timeout=LONG)
    assert view.layout_ is not None
    for shown in view.drawn:
        assert shown.picture.shape[:2] == (view.layout_.picture[1], view.layout_.picture[0])  # type: ignore[union-attr]
    image = view.grab().toImage()
    for i in range(5):
        x, y, width, height = view.layout_.rectangle(i)
        colours = {image.pixel(x + width * k // 7, y + height * k // 7) for k in range(1, 7)}
        assert len(colours) > 1, "a game was expected at this place"
    drawings = view.drawings
    qtbot.waitUntil(lambda: view.drawings > drawings + 2, timeout=LONG)


def test_the_line_above_counts_who_is_at_the_human_score(page: WallPage) -> None:
    assert page.words.text() == "5 agents play, 2 at the human score (the mark on the bar) or above. Click one to watch it large."


def test_an_agent_that_does_not_fire_is_said_to_at_its_place(qtbot: QtBot, stored: Callable[..., Any]) -> None:
    page = WallPage()
    qtbot.addWidget(page)
    page.resize(400, 500)
    page.set_agents([WallAgent(stored(), 18.0, own=True)])
    page.show()
    view = page.view
    qtbot.waitUntil(lambda: bool(view.drawn) and view.drawn[0].picture is not None, timeout=LONG)
    thread = view.thread_
    assert thread is not None
    thread.set_wanted(False)
    view.timer.stop()
    left, top, width, _ = view.layout_.rectangle(0)  # type: ignore[union-attr]

    def strip(waits: bool) -> Any:
        view.drawn = (replace(view.drawn[0], waits_for_fire=waits),)
        return view.grab(QRect(left, top, width, 12)).toImage()

    assert strip(True) != strip(False)
    view.drawn = (replace(view.drawn[0], waits_for_fire=True),)
    assert WAITS in view.tip(0)
    view.shut()


def test_the_wall_pauses_while_it_cannot_be_seen(qtbot: QtBot, page: WallPage) -> None:
    thread = page.view.thread_
    assert thread is not None
    page.hide()
    assert not thread.wanted
    assert not page.view.timer.isActive()
    page.show()
    assert thread.wanted
    before = thread.ticks
    qtbot.waitUntil(lambda: thread.ticks > before, timeout=LONG)
    assert page.view.thread_ is thread, "the games were expected to continue"


def test_arrows_and_enter_choose(qtbot: QtBot, page: WallPage) -> None:
    view = page.view
    view.setFocus()
    columns = view.layout_.columns  # type: ignore[union-attr]
    assert columns == 3
    for key, place in ((Qt.Key.Key_Right, 1), (Qt.Key.Key_Down, 4), (Qt.Key.Key_Up, 1), (Qt.Key.Key_Right, 2), (Qt.Key.Key_Down, 4)):
        qtbot.keyPress(view, key)
        assert view.current == place
    qtbot.keyPress(view, Qt.Key.Key_Right)
    assert view.current == 4, "there is nobody to the right of the last one"
    with qtbot.waitSignal(view.chosen) as chosen:
        qtbot.keyPress(view, Qt.Key.Key_Return)
    assert chosen.args == [view.agents[4]]


def test_a_click_chooses_and_the_pointer_says_so(qtbot: QtBot, page: WallPage) -> None:
    view = page.view
    qtbot.mouseMove(view, middle(page, 2))
    assert view.hovered == 2
    assert view.cursor().shape() == Qt.CursorShape.PointingHandCursor
    with qtbot.waitSignal(view.chosen) as chosen:
        qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=middle(page, 2))
    assert chosen.args == [view.agents[2]]
    with qtbot.assertNotEmitted(view.chosen):
        qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=QPoint(1, 1))


def test_the_tooltip_says_whose_agent_it_is_and_its_score(page: WallPage) -> None:
    first, last = page.view.tip(0), page.view.tip(4)
    assert "Pong: dqn-fast, your run" in first
    assert "return of its last games in training: 18; human 9.3" in first
    assert "not evaluated" in last


def test_an_imported_agent_is_not_called_shipped(qtbot: QtBot, stored: Callable[..., Any], tmp_path: Path) -> None:
    lab.export_agent(stored(), tmp_path / "mine.safetensors", {"mean": 1.0})
    page = WallPage()
    qtbot.addWidget(page)
    page.set_agents([WallAgent(Run(path), None, own=False) for path in (tmp_path / "mine.safetensors", registry.shipped()["pong"])])
    assert "Pong · mine: dqn-fast, imported agent" in page.view.tip(0)
    assert "Pong: dqn-fast, shipped agent" in page.view.tip(1)
    assert [agent_source(agent.run).label for agent in page.view.agents] == ["imported agent: mine", "shipped agent: pong"]
    page.view.shut()


@pytest.mark.parametrize("width", range(420, 900, 60))
def test_the_scores_of_all_are_in_words_of_one_form(agents: list[WallAgent], width: int) -> None:
    page = WallPage()
    page.set_agents([replace(agent, score=score) for agent, score in zip(agents, (18.93, 43_512.0, 5_409.3, 2.0), strict=False)])
    page.resize(width, 400)
    page.show()
    assert len({(words.split()[0] == "yours", "human" in words) for words in page.view.scores}) == 1
    page.view.shut()
    page.close()
    page.deleteLater()


def test_the_same_agents_keep_playing_and_others_start(page: WallPage, agents: list[WallAgent]) -> None:
    thread = page.view.thread_
    page.set_agents(list(agents))
    assert page.view.thread_ is thread
    page.view.current = 1
    page.set_agents(agents[1:])
    assert page.view.thread_ is not thread
    assert page.view.current == 0, "the chosen agent stays chosen"


def test_without_agents_the_page_says_how_to_get_one(qtbot: QtBot) -> None:
    page = WallPage()
    page.resize(500, 400)
    assert page.view.words == LOADING, "nobody knows yet"
    page.set_agents([])
    page.show()
    assert page.view.thread_ is None
    assert in_words([]) == ""
    assert page.view.words == EMPTY
    assert "press Train" in EMPTY
    ground = page.view.grab().toImage()
    assert len({ground.pixel(x, 200) for x in range(0, 480, 2)}) > 1, "words were expected in the middle"
    qtbot.keyPress(page.view, Qt.Key.Key_Return)
    page.view.shut()
    page.close()
    page.deleteLater()


# -- in the panel --------------------------------------------------------------------------------------------------


@pytest.fixture
def window(qtbot: QtBot, make_window: Callable[..., MainWindow]) -> MainWindow:
    """The app at its first start."""
    made = make_window(watch=True)
    panel: Any = made.panel("Atari")
    qtbot.waitUntil(lambda: ticks(panel.wall) > 2, timeout=LONG)
    return made


def test_the_wall_is_the_panels_first_page_and_cannot_be_closed(window: MainWindow) -> None:
    panel: Any = window.panel("Atari")
    assert panel.tabs.currentWidget() is panel.wall
    assert panel.tabs.tabBar().tabButton(0, QTabBar.ButtonPosition.RightSide) is None
    panel.close_tab(0)
    assert panel.tabs.widget(0) is panel.wall
    assert [agent.run.name for agent in panel.wall.view.agents] == list(registry.shipped())
    assert not panel.watch_dock.isVisible()
    assert panel.watch.panes[0].playing is None


@drives("Watch > All agents", "Watch > Open the chosen agent")
def test_a_chosen_agent_is_watched_large_and_can_be_opened(qtbot: QtBot, window: MainWindow) -> None:
    panel: Any = window.panel("Atari")
    panel.wall.view.choose(0)
    qtbot.waitUntil(lambda: panel.watch.panes[0].playing is not None and panel.watch.panes[0].playing.latest is not None, timeout=LONG)
    assert panel.watch_dock.isVisible()
    assert panel.watch.choosers[0].currentText() == f"shipped agent: {next(iter(registry.shipped()))}"
    panel.action_set["open_agent"].trigger()
    assert panel.current_run().name == next(iter(registry.shipped()))
    assert not panel.wall.view.thread_.wanted, "another tab is in front"
    panel.action_set["wall"].trigger()
    assert panel.tabs.currentWidget() is panel.wall
    assert panel.wall.view.thread_.wanted
    window.go_to("Runs")
    assert not panel.wall.view.thread_.wanted, "another panel is in front"


def test_what_was_in_front_comes_back_at_the_next_start(
    qtbot: QtBot, make_window: Callable[..., MainWindow], stored: Callable[..., Any]
) -> None:
    run = stored()
    for wall_in_front in (False, True):
        first: Any = make_window()
        first.panel("Atari").open_run(run)
        if wall_in_front:
            first.panel("Atari").show_wall()
        first.close()
        qtbot.waitUntil(lambda first=first: not first.isVisible(), timeout=LONG)
        again: Any = make_window().panel("Atari")
        assert again.tabs.of(run) is not None
        assert (again.tabs.currentWidget() is again.wall) == wall_in_front


# -- agents in files -----------------------------------------------------------------------------------------------


@drives("Watch > Export agent", "File > Import agent")
def test_an_agent_is_exported_and_imported_again(
    qtbot: QtBot, make_window: Callable[..., MainWindow], stored: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = make_window()
    panel: Any = window.panel("Atari")
    panel.open_run(stored())
    file = tmp_path / "mine.safetensors"
    monkeypatch.setattr("gui.atari.panel.ask_save_path", lambda *arguments: file)
    panel.action_set["export_agent"].trigger()
    qtbot.waitUntil(file.exists, timeout=LONG)
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *arguments: (str(file), ""))
    window.action_set["import_agent"].trigger()
    qtbot.waitUntil(lambda: list(registry.imported()) == ["mine"], timeout=LONG)
    assert [agent.run.name for agent in wall_agents() if not agent.own][-1] == "mine"
    assert "imported agent: mine" in [source.label for source in stored_sources()]
    qtbot.waitUntil(lambda: panel.tabs.currentWidget() is panel.wall, timeout=LONG)


def test_a_dropped_file_is_imported_and_its_game_asked_for(
    qtbot: QtBot, make_window: Callable[..., MainWindow], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    shapes = {"0": (32, 4, 8, 8), "2": (64, 32, 4, 4), "4": (64, 64, 3, 3), "7": (16, 3136), "9": (4, 16)}
    layers = {f"network.{layer}": shape for layer, shape in shapes.items()}
    weights = {f"{name}.weight": torch.zeros(shape) for name, shape in layers.items()}
    torch.save(weights | {f"{name}.bias": torch.zeros(shape[0]) for name, shape in layers.items()}, tmp_path / "agent.cleanrl_model")
    panel: Any = make_window().panel("Atari")
    asked: list[str] = []

    def choose(picker: GamePicker) -> bool:
        asked.append(picker.windowTitle())
        picker.game = "breakout"
        picker.timer.stop()
        return True

    monkeypatch.setattr(GamePicker, "exec", choose)
    drop(panel, tmp_path / "agent.cleanrl_model")
    qtbot.waitUntil(lambda: list(registry.imported()) == ["agent"], timeout=LONG)
    assert asked == ["Which game does agent.cleanrl_model play?"]
    assert registry.shipped_record(registry.imported()["agent"])["game"] == "breakout"


def test_a_dropped_file_that_is_no_agent_is_refused_with_a_sentence(
    qtbot: QtBot, make_window: Callable[..., MainWindow], tmp_path: Path
) -> None:
    (tmp_path / "pong.zip").write_bytes(b"no zip")
    window = make_window()
    drop(window.panel("Atari"), tmp_path / "pong.zip")
    qtbot.waitUntil(lambda: bool(window.errors), timeout=LONG)
    assert "pong.zip cannot be read" in window.errors[0].sentence.text()
    window.errors[0].close()
    assert not registry.imported()


def drop(widget: Any, path: Path) -> None:
    """Drag a file over a widget and let it go there."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    mouse = (Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
    enter = QDragEnterEvent(QPoint(5, 5), *mouse)
    QApplication.sendEvent(widget, enter)
    assert enter.isAccepted()
    QApplication.sendEvent(widget, QDropEvent(QPointF(5, 5), *mouse))


# -- lab watch wall ------------------------------------------------------------------------------------------------


def test_the_window_of_lab_watch_wall(qtbot: QtBot, agents: list[WallAgent]) -> None:
    window = WallWindow(agents, None, {"seed": 3, "epsilon": 0.0, "sticky": 0.25})
    window.show()
    qtbot.waitUntil(lambda: ticks(window.wall) > 2, timeout=LONG)
    assert window.wall.view.thread_ is not None
    assert window.wall.view.thread_.settings == {"seed": 3, "epsilon": 0.0, "sticky": 0.25}
    assert not window.watch.isVisible()
    window.wall.view.choose(1)
    qtbot.waitUntil(lambda: window.watch.panes[0].playing is not None and window.watch.panes[0].playing.latest is not None, timeout=LONG)
    assert window.watch.isVisible()
    window.close()
    window.deleteLater()


def test_the_wall_of_the_app_is_that_of_the_command_line(stored: Callable[..., Any]) -> None:
    stored()
    assert [agent.run.name for agent in wall_agents()][: len(registry.shipped())] == list(registry.shipped())
