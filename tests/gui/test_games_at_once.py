"""A game that is chosen is played or watched at once; Watch's list follows it; one's own scores stand beside the agent's."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from controls import drives
from latent_space import LEFT, LONG
from PySide6.QtCore import QTimer
from pytestqt.qtbot import QtBot

from gui.atari import scoreboard
from gui.atari.game_picker import GamePicker
from gui.atari.player_thread import Controls, PlayerThread
from gui.atari.weight_sources import RandomSource, StoredSource, UntrainedSource, of_game_first
from gui.main_window import MainWindow
from lab.atari.player import Player
from lab.run import Run


def choose(qtbot: QtBot, panel: Any, game: str, text: str) -> None:
    """Open the picker by its button, take a game, and press one of the buttons below."""

    def act() -> None:
        picker = panel.findChild(GamePicker)
        qtbot.keyClicks(picker.search, game)
        button = next(button for button in picker.buttons.buttons() if button.text() == text)
        qtbot.mouseClick(button, LEFT)

    QTimer.singleShot(0, act)
    qtbot.mouseClick(panel.game_button, LEFT)


@drives("GamePicker: Play it", "GamePicker: Watch an untrained agent", "GamePicker: Watch random actions")
@pytest.mark.parametrize(
    ("text", "key", "hand"),
    [
        ("Play it", "random:freeway", True),
        ("Watch an untrained agent", "fresh:freeway", False),
        ("Watch random actions", "random:freeway", False),
    ],
)
def test_a_chosen_game_begins_at_once(qtbot: QtBot, window: MainWindow, text: str, key: str, hand: bool) -> None:
    panel: Any = window.panels["Atari"]
    choose(qtbot, panel, "freeway", text)
    watch = panel.watch
    assert panel.form.fields.values()["game"] == "freeway"
    assert watch.playing[0] == key
    assert not panel.watch_dock.isHidden()
    assert watch.panes[0].by_hand is hand
    qtbot.waitUntil(lambda: watch.panes[0].playing.latest is not None, timeout=LONG)
    assert watch.panes[0].playing.error is None
    assert (watch.panes[0].playing.latest.frame.q is None) == key.startswith("random")


def test_watchs_list_follows_the_chosen_game(qtbot: QtBot, make_window: Callable[..., MainWindow], stored: Callable[..., Run]) -> None:
    window = make_window()
    panel: Any = window.panels["Atari"]
    agents = [StoredSource(stored(game="pong")), StoredSource(stored(game="breakout"))]
    del panel.offer  # The fixture keeps agents away.
    panel.offer(agents)
    for game in ("breakout", "pong"):
        panel.form.fields.set_values({"game": game})
        first = [source.game for source in panel.watch.sources[:3]]
        assert first == [game] * 3
        assert panel.watch.choosers[0].itemData(0) == next(agent.key for agent in agents if agent.game == game)


def test_sources_of_a_game_end_with_what_every_game_has() -> None:
    other = UntrainedSource("pong")
    order = [source.key for source in of_game_first([other, RandomSource("qbert")], "qbert")]
    assert order == ["random:qbert", "fresh:qbert", "random:qbert", "fresh:pong"]


def test_training_now_ends_when_the_training_does(qtbot: QtBot, make_window: Callable[..., MainWindow], train: Callable[..., Any]) -> None:
    window = make_window()
    panel: Any = window.panels["Atari"]
    del panel.offer
    bridge = train(window, steps=12)
    qtbot.waitUntil(lambda: not bridge.running, timeout=LONG)

    def label() -> str:
        chooser = panel.watch.choosers[0]
        index = chooser.findData(f"live:{bridge.run.path}")
        return str(chooser.itemText(index))

    qtbot.waitUntil(lambda: label().startswith("trained here"), timeout=LONG)


# -- scores ------------------------------------------------------------------------------------------------------------


def frame(decided: bool = True, over: bool = False, score: float = 0.0) -> Any:
    return SimpleNamespace(decided=decided, over=over, score=score)


def test_an_episode_is_whose_played_all_of_it() -> None:
    thread, player = PlayerThread(RandomSource("pong"), Controls()), Player("pong")
    for hands, score in (((None, None), 3.0), ((0, 0), 5.0), ((None, 0), 7.0)):
        for i, human in enumerate(hands):
            thread.human = human
            thread.count(frame(over=i == 1, score=score), player)
    assert thread.results == [(False, 3.0), (True, 5.0)]


def test_ones_scores_are_kept_and_compared_with_the_agents(qapp: Any) -> None:
    assert scoreboard.scores("pong") == []
    scoreboard.add("pong", [4.0, 10.0])
    assert scoreboard.scores("pong") == [4.0, 10.0]
    words = scoreboard.table(scoreboard.scores("pong"), [21.0]).replace("&nbsp;", "")
    assert [part.split("<")[0] for part in words.split("<b>")[1:]] == ["2", "10", "7", "10", "1", "21", "21", "21"]
    assert scoreboard.table([1.0], []).count("—") == 3


def test_the_table_appears_once_one_has_played(qtbot: QtBot, window: MainWindow) -> None:
    panel: Any = window.panels["Atari"]
    pane = panel.watch.panes[0]
    panel.begin("freeway", "play")
    assert pane.scoreboard.isHidden()
    qtbot.waitUntil(lambda: pane.playing.latest is not None, timeout=LONG)
    pane.playing.results.append((True, 12.0))
    qtbot.waitUntil(lambda: not pane.scoreboard.isHidden(), timeout=LONG)
    assert "<b>12</b>" in pane.scoreboard.text()


def test_the_run_in_front_is_in_front_after_a_restart(
    qtbot: QtBot, make_window: Callable[..., MainWindow], stored: Callable[..., Run]
) -> None:
    window = make_window()
    panel: Any = window.panels["Atari"]
    runs = [stored(), stored(), stored()]
    for run in (*runs, runs[1]):
        panel.open_run(run)
    assert window.current_run().path == runs[1].path
    window.close()
    qtbot.waitUntil(lambda: not window.isVisible(), timeout=LONG)
    again = make_window()
    qtbot.waitUntil(lambda: again.current_run() is not None, timeout=LONG)
    assert again.current_run().path == runs[1].path.resolve()
