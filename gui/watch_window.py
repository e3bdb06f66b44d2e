"""Plain windows in which an agent plays at 60 frames a second, or all of them at once: `lab watch` where there is a screen."""

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QElapsedTimer, Qt, QTimer
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QMainWindow, QSplitter

from gui.actions import ActionSet
from gui.app import application
from gui.atari.player_thread import PlayerThread
from gui.atari.wall import WallPage
from gui.atari.watch import Watch
from gui.atari.weight_sources import ModuleSource, StoredSource
from gui.widgets.room import Scroller, fit_screen
from lab.atari.games import game_title

if TYPE_CHECKING:
    from torch import nn

    from agents.wall import WallAgent
    from lab.atari.player import Player

LEAST = (290, 400)
"""The most pixels that the controls of a watched agent may ask for before they scroll."""


class WatchWindow(QMainWindow):
    """Shows `player` with all of the Watch controls, until `episodes` have ended or `seconds` have passed."""

    def __init__(self, net: "nn.Module", player: "Player", episodes: int | None, seconds: float | None):
        super().__init__()
        self.episodes, self.seconds = episodes, seconds
        self.setWindowTitle(f"{game_title(player.game)} · lab watch")
        self.action_set = ActionSet("lab watch", parent=self)
        self.watch = Watch(self.action_set)
        self.setCentralWidget(Scroller(self.watch, LEAST))
        for menu in self.action_set.top_menus():
            self.menuBar().addMenu(menu)
        self.watch.compare.setVisible(False)  # There is one network here.
        self.watch.epsilon.setValue(player.epsilon)
        self.watch.sticky.setValue(player.sticky)
        pane = self.watch.panes[0]
        self.watch.choosers[0].hide()
        self.thread_ = PlayerThread(ModuleSource(net, player.game, player.game), self.watch.controls, player)
        pane.show_thread(self.thread_)
        self.frames = 0
        self.clock = QElapsedTimer()
        self.clock.start()
        self.timer = QTimer(self, interval=100)
        self.timer.timeout.connect(self.check)
        self.timer.start()
        self.resize(520, 860)
        fit_screen(self)

    def check(self) -> None:
        """Close when enough has been seen."""
        thread = self.thread_
        enough = self.episodes is not None and len(thread.scores) >= self.episodes
        late = self.seconds is not None and self.clock.elapsed() >= 1000 * self.seconds
        if enough or late or thread.error is not None:
            self.close()

    def figures(self) -> dict[str, Any]:
        """What was seen, as `lab watch` prints it."""
        thread = self.thread_
        last = [thread.latest.frame.score] if thread.latest is not None else []
        return {"frames": thread.ticks, "scores": thread.scores or last, "finished": bool(thread.scores)}

    def closeEvent(self, event: QCloseEvent) -> None:
        self.timer.stop()
        self.watch.shut()
        super().closeEvent(event)


def watch(net: "nn.Module", player: "Player", *, episodes: int | None = 1, seconds: float | None = None) -> dict[str, Any]:
    """Show `player` until it has played `episodes` or `seconds`, or the window is closed; the scores and frames.

    Raises LabError with the sentence of what went wrong in the player's thread.
    """
    from lab.errors import LabError

    app = application()
    window = WatchWindow(net, player, episodes, seconds)
    window.show()
    app.exec()
    if window.thread_.error is not None:
        raise LabError(window.thread_.error[0])
    return window.figures()


class WallWindow(QMainWindow):
    """Shows the wall for `seconds`; an agent that is clicked plays beside it, with all of the Watch controls."""

    def __init__(self, agents: "list[WallAgent]", seconds: float | None, settings: dict[str, float]):
        super().__init__()
        self.setWindowTitle("All agents · lab watch wall")
        self.action_set = ActionSet("lab watch wall", parent=self)
        self.watch = Watch(self.action_set)
        for menu in self.action_set.top_menus():
            self.menuBar().addMenu(menu)
        self.watch.hide()
        self.wall = WallPage()
        self.wall.set_agents(agents, **settings)
        self.wall.view.chosen.connect(self.watch_agent)
        self.wall.view.failed.connect(lambda sentence, trace: self.fail(sentence))
        self.watch.failed.connect(lambda sentence, trace: self.fail(sentence))
        self.problem = ""
        self.split = QSplitter(Qt.Orientation.Horizontal, childrenCollapsible=False)
        self.split.addWidget(self.wall)
        self.split.addWidget(self.watch)
        self.setCentralWidget(self.split)
        self.clock = QElapsedTimer()
        self.clock.start()
        self.timer = QTimer(self, singleShot=True)
        self.timer.timeout.connect(self.close)
        if seconds is not None:
            self.timer.start(round(1000 * seconds))
        self.resize(1280, 800)
        fit_screen(self)
        self.wall.setFocus()

    def watch_agent(self, agent: "WallAgent") -> None:
        source = StoredSource(agent.run, label=agent.title)
        self.watch.show()
        self.split.setSizes([self.width() - 420, 420])
        self.watch.play(source)

    def fail(self, sentence: str) -> None:
        self.problem = sentence
        self.close()

    def closeEvent(self, event: QCloseEvent) -> None:
        self.timer.stop()
        self.watch.shut()
        self.wall.view.shut()
        super().closeEvent(event)


def watch_wall(agents: "list[WallAgent]", *, seconds: float | None = None, **settings: float) -> dict[str, Any]:
    """Show the wall for `seconds`, or until its window is closed; how long that was.

    Raises LabError with the sentence of what went wrong.
    """
    from lab.errors import LabError

    app = application()
    window = WallWindow(agents, seconds, settings)
    window.show()
    app.exec()
    if window.problem:
        raise LabError(window.problem)
    return {"agents": len(agents), "seconds": round(window.clock.elapsed() / 1000, 1)}
