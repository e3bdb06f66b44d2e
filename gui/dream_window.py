"""A plain window in which one plays in a dream: `lab dream` where there is a screen."""

from typing import TYPE_CHECKING, Any
from weakref import ref

from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QMainWindow

from gui.actions import ActionSet
from gui.app import application
from gui.atari.dream_page import DreamPage
from gui.view_query import PageState
from gui.widgets.room import Scroller, fit_screen
from lab.atari.games import game_title

if TYPE_CHECKING:
    from lab.run import Run

LEAST = (420, 400)


class Stored:
    """A stored run that nobody asks for views."""

    def specs(self) -> dict[str, Any]:
        return {}

    def moving(self) -> bool:
        return False

    def ask_view(self, view: str, done: Any, failed: Any, key: str, parameters: dict[str, Any]) -> None:
        raise NotImplementedError


class DreamWindow(QMainWindow):
    """The Dream page of a stored run, by itself."""

    def __init__(self, run: "Run", episode: str = "", moment: int = 0):
        super().__init__()
        self.setWindowTitle(f"{game_title(str(run.stored['config']['game']))} · lab dream")
        self.page = DreamPage(PageState(run))
        self.page.begin_at(episode, moment)
        self.page.state.set_source(Stored())
        self.action_set = ActionSet("lab dream", parent=self)
        self.action_set.extend(DreamPage.ACTIONS, ref(self.page))
        self.setCentralWidget(Scroller(self.page, LEAST))
        for menu in self.action_set.top_menus():
            self.menuBar().addMenu(menu)
        self.resize(900, 720)
        fit_screen(self)
        self.page.setFocus()

    def closeEvent(self, event: QCloseEvent) -> None:
        self.page.shut()
        super().closeEvent(event)


def play(run: "Run", episode: str = "", at: int = 0) -> dict[str, Any]:
    """Show the window until it is closed, begun at a moment of a recorded episode where one is named; what was played last. Raises LabError with the sentence of what went wrong."""
    from lab.errors import LabError

    app = application()
    window = DreamWindow(run, episode, at)
    window.show()
    app.exec()
    page = window.page
    if page.problem.text():
        raise LabError(page.problem.text())
    moment = page.drawn
    return {"steps": 0} if moment is None else {"steps": moment.steps, "score": moment.score, "dream_score": moment.dream_score}
