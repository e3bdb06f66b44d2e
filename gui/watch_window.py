"""A plain window in which an agent plays at 60 frames a second: `lab watch` where there is a screen."""

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QElapsedTimer, QTimer
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QMainWindow

from gui.actions import ActionSet
from gui.app import application
from gui.atari.game_picker import game_title
from gui.atari.player_thread import PlayerThread
from gui.atari.watch import Watch
from gui.atari.weight_sources import ModuleSource

if TYPE_CHECKING:
    from torch import nn

    from lab.atari.player import Player


class WatchWindow(QMainWindow):
    """Shows `player` with all of the Watch controls, until `episodes` have ended or `seconds` have passed."""

    def __init__(self, net: "nn.Module", player: "Player", episodes: int | None, seconds: float | None):
        super().__init__()
        self.episodes, self.seconds = episodes, seconds
        self.setWindowTitle(f"{game_title(player.game)} · lab watch")
        self.action_set = ActionSet("lab watch", parent=self)
        self.watch = Watch(self.action_set)
        self.setCentralWidget(self.watch)
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
