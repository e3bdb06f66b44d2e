"""Watching: an untrained agent plays Pong; every control is clicked and its effect on the game asserted."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from controls import drives
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QWidget
from pytestqt.qtbot import QtBot

from gui.actions import ActionSet
from gui.atari.watch import Watch
from gui.atari.watch_pane import action_for, published
from gui.atari.weight_sources import UntrainedSource

LONG = 60_000


class SeededSource(UntrainedSource):
    """An untrained network with a name of its own."""

    def __init__(self, number: int):
        super().__init__("pong", number)
        self.key = self.label = f"network {number}"


@pytest.fixture
def watch(qtbot: QtBot) -> Iterator[Watch]:
    owner = QWidget()
    made = Watch(ActionSet("Watch", parent=owner))
    made.resize(400, 700)
    made.show()
    made.set_sources([SeededSource(0), SeededSource(1)])
    qtbot.waitUntil(lambda: ticks(made) > 4, timeout=LONG)
    yield made
    made.close()
    made.deleteLater()
    owner.deleteLater()


def ticks(watch: Watch, pane: int = 0) -> int:
    thread = watch.panes[pane].playing
    return thread.ticks if thread is not None and thread.latest is not None else 0


def button(watch: Watch, action: Any) -> Any:
    from PySide6.QtWidgets import QToolButton

    return next(b for b in watch.findChildren(QToolButton) if b.defaultAction() is action)


def click(qtbot: QtBot, watch: Watch, action: Any) -> None:
    qtbot.mouseClick(button(watch, action), Qt.MouseButton.LeftButton)


def hold(qtbot: QtBot, watch: Watch) -> Any:
    """Pause, and wait until the player waits; its thread."""
    if not watch.controls.paused:
        click(qtbot, watch, watch.pause)
    thread = watch.panes[0].playing
    seen = [-1]

    def still() -> bool:
        before, seen[0] = seen[0], thread.ticks
        return before == seen[0]

    qtbot.waitUntil(still, timeout=LONG)
    return thread


def test_the_game_is_drawn_with_q_values_and_score(qtbot: QtBot, watch: Watch) -> None:
    pane = watch.panes[0]
    qtbot.waitUntil(lambda: pane.game.image is not None and pane.bars.values is not None, timeout=LONG)
    assert pane.game.image is not None
    assert (pane.game.image.width(), pane.game.image.height()) == (160, 210)
    assert pane.bars.names == ("NOOP", "FIRE", "RIGHT", "LEFT", "RIGHTFIRE", "LEFTFIRE")
    assert pane.score.text().startswith("score ")
    assert pane.scale.text() == "random -20.7  ·  human 9.3  ·  DQN 2015 18.9"
    assert "(Mnih et al. 2015)" in pane.scale.toolTip()


def test_pause_and_single_frames(qtbot: QtBot, watch: Watch) -> None:
    thread = hold(qtbot, watch)
    before = thread.ticks
    click(qtbot, watch, watch.frame)
    qtbot.waitUntil(lambda: thread.ticks == before + 1, timeout=LONG)
    click(qtbot, watch, watch.pause)
    qtbot.waitUntil(lambda: thread.ticks > before + 3, timeout=LONG)


def test_an_agent_that_does_not_fire_is_said_to_unless_the_game_is_paused(qtbot: QtBot, watch: Watch) -> None:
    pane = watch.panes[0]
    qtbot.waitUntil(lambda: ticks(watch) > 0, timeout=LONG)
    waiting = replace(pane.playing.latest, waits_for_fire=True)  # type: ignore[type-var, union-attr]
    pane.show_banner(waiting)
    assert pane.game.banner == "The agent does not press FIRE yet"
    click(qtbot, watch, watch.pause)
    pane.show_banner(waiting)
    assert pane.game.banner == ""


def test_restart_plays_the_same_game_from_the_seed(qtbot: QtBot, watch: Watch) -> None:
    watch.epsilon.setValue(0.0)
    thread = hold(qtbot, watch)

    def replay() -> list[np.ndarray]:
        frames = []
        click(qtbot, watch, watch.restart_action)
        qtbot.waitUntil(lambda: thread.latest.frame.frames == 1, timeout=LONG)
        for i in range(6):
            click(qtbot, watch, watch.frame)
            qtbot.waitUntil(lambda i=i: thread.latest.frame.frames == i + 2, timeout=LONG)
            frames.append(thread.latest.frame.pixels)
        return frames

    watch.seed.setValue(3)
    first, second = replay(), replay()
    assert all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))


def test_speeds_by_box_and_by_action(watch: Watch) -> None:
    watch.speed.setCurrentIndex(0)
    assert watch.controls.speed == 0.25
    for _ in range(9):
        watch.faster.trigger()
    assert watch.controls.speed == float("inf")
    watch.slower.trigger()
    assert watch.controls.speed == 4.0


def test_epsilon_sticky_and_seed_reach_the_player(qtbot: QtBot, watch: Watch) -> None:
    watch.epsilon.setValue(0.5)
    watch.sticky.setValue(0.25)
    watch.seed.setValue(11)
    player = watch.panes[0].playing.player  # type: ignore[union-attr]
    qtbot.waitUntil(lambda: player.epsilon == 0.5 and player.sticky == 0.25, timeout=LONG)
    assert watch.controls.seed == 11


def test_taking_over_with_the_keyboard_and_handing_back(qtbot: QtBot, watch: Watch) -> None:
    pane = watch.panes[0]
    thread: Any = pane.playing
    click(qtbot, watch, watch.take_over)
    assert watch.take_over.text() == "Hand back"
    qtbot.waitUntil(lambda: thread.latest.frame.action == 0, timeout=LONG)
    qtbot.keyPress(pane, Qt.Key.Key_Right)
    qtbot.keyPress(pane, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: thread.names[thread.latest.frame.action] == "RIGHTFIRE", timeout=LONG)
    assert thread.latest.frame.q is not None
    qtbot.keyRelease(pane, Qt.Key.Key_Space)
    qtbot.keyRelease(pane, Qt.Key.Key_Right)
    qtbot.keyPress(pane, Qt.Key.Key_A)
    qtbot.waitUntil(lambda: thread.names[thread.latest.frame.action] == "LEFT", timeout=LONG)
    pane.clearFocus()
    assert not pane.pressed, "a key that is released elsewhere"
    assert thread.human == 0
    qtbot.keyPress(pane, Qt.Key.Key_Escape)
    assert not watch.take_over.isChecked()
    assert thread.human is None


def test_an_episode_that_one_took_over_is_kept(qtbot: QtBot, watch: Watch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from lab.atari.recorded import LEAST, episodes

    monkeypatch.setenv("LAB_DATA", str(tmp_path))
    thread: Any = watch.panes[0].playing
    click(qtbot, watch, watch.take_over)
    watch.controls.set(speed=float("inf"))
    qtbot.waitUntil(lambda: thread.by_hand > LEAST, timeout=LONG)
    watch.restart()
    qtbot.waitUntil(lambda: bool(episodes("pong")), timeout=LONG)
    assert episodes("pong")[0].by_hand > LEAST


@pytest.mark.parametrize(
    ("pressed", "names", "expected"),
    [
        ({"UP", "RIGHT", "FIRE"}, ("NOOP", "UPRIGHTFIRE", "UPRIGHT"), "UPRIGHTFIRE"),
        ({"UP", "RIGHT"}, ("NOOP", "RIGHT", "UP"), "RIGHT"),
        ({"UP", "FIRE"}, ("NOOP", "FIRE", "RIGHT"), "FIRE"),
        ({"DOWN"}, ("NOOP", "FIRE"), "NOOP"),
        ({"UP"}, ("NOOP", "FIRE", "RIGHT", "LEFT", "RIGHTFIRE"), "RIGHT"),
        ({"DOWN"}, ("NOOP", "FIRE", "RIGHT", "LEFT", "RIGHTFIRE"), "LEFT"),
        ({"UP", "LEFT"}, ("NOOP", "FIRE", "RIGHT", "LEFT", "RIGHTFIRE"), "LEFT"),
        (set(), ("NOOP", "FIRE"), "NOOP"),
    ],
)
def test_keys_mean_the_nearest_action_of_the_game(pressed: set[str], names: tuple[str, ...], expected: str) -> None:
    assert names[action_for(pressed, names)] == expected


def test_saliency_is_laid_over_the_game(qtbot: QtBot, watch: Watch) -> None:
    click(qtbot, watch, watch.saliency)
    qtbot.waitUntil(lambda: watch.panes[0].game.overlay is not None, timeout=LONG)
    click(qtbot, watch, watch.saliency)
    qtbot.waitUntil(lambda: watch.panes[0].game.overlay is None, timeout=LONG)


def test_two_agents_play_the_same_seed(qtbot: QtBot, watch: Watch) -> None:
    click(qtbot, watch, watch.compare)
    qtbot.waitUntil(lambda: ticks(watch, 1) > 2, timeout=LONG)
    assert watch.playing == ["network 0", "network 1"]
    assert watch.panes[0].playing.controls is watch.panes[1].playing.controls  # type: ignore[union-attr]
    click(qtbot, watch, watch.compare)
    assert watch.panes[1].playing is None


def test_another_agent_is_chosen(qtbot: QtBot, watch: Watch) -> None:
    watch.choosers[0].setCurrentIndex(1)
    watch.choosers[0].activated.emit(1)
    assert watch.playing[0] == "network 1"
    qtbot.waitUntil(lambda: ticks(watch) > 2, timeout=LONG)


@drives("Watch > Record")
@pytest.mark.parametrize("name", ["game.gif", "game.mp4"])
def test_recording_makes_a_film(qtbot: QtBot, watch: Watch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    import imageio_ffmpeg

    monkeypatch.setattr(QFileDialog, "getSaveFileName", staticmethod(lambda *_: (str(tmp_path / name), "")))
    click(qtbot, watch, watch.record_action)
    recorder: Any = watch.panes[0].playing.recorder  # type: ignore[union-attr]
    qtbot.waitUntil(lambda: recorder.count > 12, timeout=LONG)
    click(qtbot, watch, watch.record_action)
    frames, _ = imageio_ffmpeg.count_frames_and_secs(str(tmp_path / name))
    assert frames >= 4
    assert watch.record_action.text() == "Record…"


def test_an_agent_that_cannot_be_loaded_is_reported(qtbot: QtBot, watch: Watch) -> None:
    class Broken(SeededSource):
        def open(self) -> None:
            raise ValueError("no such weights")

    with qtbot.waitSignal(watch.failed, timeout=LONG) as caught:
        watch.play(Broken(7))
    assert caught.args is not None
    assert caught.args[0] == "no such weights"
    assert "Traceback" in caught.args[1]


def test_a_game_without_published_scores_says_so() -> None:
    assert published("tetris") == "no published scores"
