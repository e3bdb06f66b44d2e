"""What a panel is, and what the panels share."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import ClassVar
from weakref import ref

from PySide6.QtCore import QChildEvent, QEvent, QObject, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QDockWidget, QMainWindow, QMenu, QTabBar, QWidget

from gui.actions import Action, ActionSet
from gui.background import Background
from gui.bridge import Sessions
from gui.queue_worker import QueueWorker
from gui.sweep_runner import SweepRunner
from gui.undo import History, UndoGroup
from gui.widgets.dismantle import dismantle
from gui.widgets.dock_title import DockTitle
from gui.widgets.room import Scroller
from lab.run import Run
from lab.training_queue import Job

MIDDLE = 380
"""The width, at the system's size of text, that the middle of a panel keeps between docks."""
LETTER = 16
"""The height of a line, in pixels, at which MIDDLE is meant."""
DOCK = (340, 360)
"""The most pixels that a dock may ask for: one that needs more scrolls in a small window."""


def need(dock: QDockWidget) -> int:
    """The width in which nothing of a dock scrolls sideways."""
    scroller = dock.widget()
    return scroller.minimumSizeHint().width() if isinstance(scroller, Scroller) else dock.minimumSizeHint().width()


class RunFolders(QObject):
    """Tells whoever shows a run that its folder was renamed or deleted."""

    moved = Signal(object, object)
    """A run as it was, and its new path, or None where it was deleted."""


@dataclass
class AppContext:
    """What the panels share."""

    background: Background
    sessions: Sessions
    say: Callable[[str], None]
    """Show a sentence in the status bar."""
    report: Callable[[str, str], None]
    """Show an error's sentence and its traceback."""
    open_run: Callable[[Run], None]
    """Open a stored run in its panel."""
    queue: QueueWorker
    """The trainings that wait."""
    sweeps: SweepRunner = field(default_factory=SweepRunner)
    """The sweeps that are at work."""
    run_folders: RunFolders = field(default_factory=RunFolders)
    actions: ActionSet = field(default_factory=lambda: ActionSet("Everywhere"))
    """The window's actions, which are heard in every panel."""
    undo: UndoGroup = field(default_factory=UndoGroup)
    """What was done in each panel."""


class Panel(QMainWindow):
    """A screen with docks of its own, which the main window puts behind the bar."""

    name = ""
    ACTIONS: ClassVar[tuple[Action, ...]] = ()
    """What the panel can do; a class that extends another puts its own behind those it inherits."""

    def __init__(self, context: AppContext):
        super().__init__()
        self.setWindowFlags(Qt.WindowType.Widget)
        self.setObjectName(self.name)
        self.context = context
        self.reopened = self.in_front = False
        self.history = History(self)
        context.undo.addStack(self.history)
        self.put_away: list[QDockWidget] = []
        self.folded: list[QDockWidget] = []
        """Docks that are aside until one wants them back."""
        self.sized = False
        """Whether the docks have been given their widths, or these were stored."""
        self.tucked: list[QDockWidget] = []
        """Docks of the right that are behind a tab of the left, as there is no room for both."""
        self.action_set = ActionSet(self.name, context.actions, self)
        self.action_set.extend(self.ACTIONS, ref(self))
        self.setDockOptions(QMainWindow.DockOption.AllowTabbedDocks | QMainWindow.DockOption.AllowNestedDocks)

    @classmethod
    def every_action(cls) -> tuple[Action, ...]:
        """All that is declared for this panel, with what its parts and pages declare."""
        return cls.ACTIONS

    def menus(self) -> list[QMenu]:
        """The panel's menus, which the window shows while the panel is in front."""
        return self.action_set.top_menus()

    def set_in_front(self, on: bool) -> None:
        """Hear this panel's shortcuts and show its menus, or not."""
        self.in_front = on
        self.action_set.set_heard(on)
        for menu in self.action_set.top_menus():
            menu.menuAction().setVisible(on)

    def docks(self) -> list[QDockWidget]:
        return self.findChildren(QDockWidget, options=Qt.FindChildOption.FindDirectChildrenOnly)

    def size_docks(self) -> None:
        """Give the docks the widths that they have at first."""

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not self.sized:  # Before, the panel is not as large as its window.
            self.sized = True
            QTimer.singleShot(0, self, self.size_docks)

    def make_room(self) -> None:
        """Where the panel is too narrow for the docks on both sides, those on the right go behind a tab of the left; they go back when it is wide."""
        left, right = Qt.DockWidgetArea.LeftDockWidgetArea, Qt.DockWidgetArea.RightDockWidgetArea
        shown = [dock for dock in self.docks() if not dock.isHidden() and not dock.isFloating()]
        at_left = [dock for dock in shown if self.dockWidgetArea(dock) == left and dock not in self.tucked]
        at_right = [dock for dock in shown if self.dockWidgetArea(dock) == right or dock in self.tucked]
        if self.put_away or not at_left:
            return
        if not at_right:
            self.narrow(at_left)
            return
        scale = self.fontMetrics().height() / LETTER
        middle = self.centralWidget()
        least = middle.minimumSizeHint().width() if middle is not None else 0
        needed = max(MIDDLE * scale, least) + sum(max(map(need, docks)) for docks in (at_left, at_right))
        if needed > self.width() and not self.tucked:
            self.tucked = at_right
            for dock in at_right:
                self.tabifyDockWidget(at_left[-1], dock)
                dock.raise_()
        elif needed <= self.width() and self.tucked:
            self.untuck()
        self.narrow([dock for dock in shown if dock in at_left or dock in self.tucked])

    def minimumSizeHint(self) -> QSize:
        """Without docks on the right, which go behind a tab of the left where there is no room for both."""
        least = super().minimumSizeHint()
        right = Qt.DockWidgetArea.RightDockWidgetArea
        beside = [dock for dock in self.docks() if not dock.isHidden() and not dock.isFloating() and self.dockWidgetArea(dock) == right]
        width = max((dock.minimumSizeHint().width() for dock in beside), default=0)
        return QSize(least.width() - width, least.height())

    def middle_need(self) -> int:
        """The width at which nothing in the middle scrolls sideways."""
        return 0

    def narrow(self, docks: list[QDockWidget]) -> None:
        """Make these docks, which share a place, as narrow as they can be where the middle has too little room."""
        middle, wide = self.centralWidget(), max((dock.width() for dock in docks if not dock.visibleRegion().isEmpty()), default=0)
        missing = self.middle_need() - (middle.width() if middle is not None else 0)
        if missing > 0 and wide > 0:
            least = max(map(need, docks))
            if least < wide:
                self.resizeDocks(docks[:1], [max(least, wide - missing)], Qt.Orientation.Horizontal)

    def untuck(self) -> None:
        """Docks that are behind a tab for want of room are on the right again."""
        tucked, self.tucked = self.tucked, []
        for dock in tucked:
            self.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, dock)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.make_room()

    def childEvent(self, event: QChildEvent) -> None:
        super().childEvent(event)
        child = event.child()
        if event.type() == QEvent.Type.ChildPolished and isinstance(child, QTabBar):  # Of docks that share a place.
            child.setElideMode(Qt.TextElideMode.ElideNone)

    def add_dock(self, title: str, widget: QWidget, area: Qt.DockWidgetArea) -> QDockWidget:
        """A dock that can be moved, floated and closed; its place is remembered by its name."""
        dock = QDockWidget(title, self)
        dock.setObjectName(title)
        dock.setWidget(Scroller(widget, DOCK))
        dock.setTitleBarWidget(DockTitle(dock))
        self.addDockWidget(area, dock)
        dock.toggleViewAction().toggled.connect(self.make_room)
        return dock

    def present(self, on: bool) -> None:
        """Put the docks away so that one looks at the middle alone; or bring them back."""
        if on:
            self.put_away = [dock for dock in self.docks() if not dock.isHidden()]
        for dock in self.put_away:
            dock.setVisible(not on)
        if not on:
            self.put_away = []

    def fold(self) -> None:
        """Put the docks aside, so that the middle has the whole width; or bring those back that were."""
        shown = [dock for dock in self.docks() if not dock.isHidden() and not dock.isFloating()]
        back, self.folded = self.folded, shown
        if shown:
            for dock in shown:
                dock.hide()
        else:
            self.folded = []
            for dock in back or self.docks()[:1]:
                dock.show()

    def entered(self) -> None:
        """The panel came to the front."""

    def reopen(self) -> None:
        """Once, after the panel came to the front for the first time: show what was open when the app was closed."""

    def current_run(self) -> Run | None:
        """The run that the panel shows now, for the status bar."""
        return None

    def open_run(self, run: Run) -> None:
        """Show a stored run."""

    def start_job(self, job: Job) -> None:
        """Start a training of the queue whose turn it is."""

    def remember(self) -> None:
        """Write down what should come back at the next start."""

    def finish_saves(self) -> None:
        """Wait for files that are being written, before the window closes."""

    def request_shut(self) -> None:
        """The window is about to close: ask the panel's threads to end."""

    def busy(self) -> bool:
        """Whether a thread that was asked to end has not done so yet."""
        return False

    def shut(self) -> None:
        """End threads and timers; the panel goes away."""

    def closeEvent(self, event: QCloseEvent) -> None:
        self.action_set.close()
        self.shut()
        dismantle(self)
        super().closeEvent(event)
