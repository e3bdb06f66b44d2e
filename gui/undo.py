"""Undo and redo: what a person changed, in the order in which it was changed.

Each panel has a `History`; the window's QUndoGroup acts on that of the panel in front. A `Trail` makes steps of what is edited by
comparing states, a `Deed` is one of what is done to files. Read first: `Trail`.
"""

import weakref
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QEvent, QObject, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence, QUndoCommand, QUndoGroup, QUndoStack
from PySide6.QtWidgets import QAbstractSpinBox, QApplication, QDockWidget, QLineEdit, QMainWindow, QStackedWidget, QTabWidget, QWidget

from lab.errors import LabError

MOST_STEPS = 200


def nothing() -> None:
    """No step."""


class History(QUndoStack):
    """The steps of one panel."""

    settling = Signal()
    """Something is to be undone or redone: changes not yet made steps of become such now."""

    def __init__(self, parent: QObject | None = None):
        super().__init__(parent)
        self.setUndoLimit(MOST_STEPS)


class Trail(QObject):
    """Makes steps of what happens to one thing that is edited: `read()` gives its state, of plain values, and `write` puts one back.

    Connect `note` to all that tells of a change by hand. States are compared once the event has been handled, so that one click is
    one step, however many signals it causes; nothing is compared while `busy()`, as while a bar is dragged. `name` says in a word or two
    what differs between two states. Steps that have one `gesture()` that is not None, such as clicks on an arrow, become one.
    """

    def __init__(
        self,
        history: History,
        read: Callable[[], Any],
        write: Callable[[Any], None],
        name: Callable[[Any, Any], str],
        place: Callable[[], QWidget | None],
        parent: QObject,
        busy: Callable[[], bool] = lambda: False,
        gesture: Callable[[], object] = lambda: None,
    ):
        """`place()` is the widget to bring to the front when a step made now is undone."""
        super().__init__(parent)
        self.history, self.read, self.write, self.name, self.place = history, read, write, name, place
        self.busy, self.gesture = busy, gesture
        self.closed = self.writing = False
        self.last: Callable[[], Step | None] = nothing
        """The step made last, which the history owns: held here, it would outlive it."""
        self.state = read()
        self.timer = QTimer(self, interval=0, singleShot=True)
        self.timer.timeout.connect(self.settle)
        history.settling.connect(self.settle)

    def note(self, *_: object) -> None:
        """Something may have changed by hand."""
        if not self.writing and not self.closed:
            self.timer.start()

    def settle(self) -> None:
        """Make a step of what has changed since the last one."""
        if not self.timer.isActive() and self.sender() is self.history:
            return
        self.timer.stop()
        if self.closed or self.busy():
            return
        before, self.state = self.state, self.read()
        if self.state == before:
            return
        name, gesture = self.name(before, self.state), self.gesture()
        last = self.last()
        if last is not None and gesture is not None and (last.name, last.gesture) == (name, gesture) and last.is_newest():
            last.after = self.state
            return
        step = Step(self, before, self.state, name, gesture)
        self.history.push(step)
        self.last = weakref.ref(step)

    def forget(self) -> None:
        """What has changed by itself is no step."""
        self.timer.stop()
        self.state = self.read()

    def put(self, state: Any, place: QWidget | None) -> None:
        """Put a state back, where one sees it."""
        if place is not None:
            bring_to_front(place)
        self.writing = True
        try:
            self.write(state)
        finally:
            self.writing = False
        self.state, self.last = state, nothing

    def close(self) -> None:
        """What is edited goes away: its steps do nothing any more, and are passed over."""
        self.timer.stop()
        self.closed = True
        self.read, self.write, self.place, self.busy = lambda: None, lambda state: None, lambda: None, lambda: False


def differing(before: dict[str, Any], after: dict[str, Any]) -> str:
    """The first name under which two states differ."""
    return next(name for name in after if before[name] != after[name])


class Step(QUndoCommand):
    """One change of what a trail follows."""

    def __init__(self, trail: Trail, before: Any, after: Any, name: str, gesture: object):
        super().__init__(name)
        self.trail, self.before, self.after, self.name, self.gesture = trail, before, after, name, gesture
        self.place = trail.place()
        self.done = True
        """`redo` is called when the step is pushed, which has been done by hand."""

    @property
    def lives(self) -> bool:
        return not self.trail.closed

    def is_newest(self) -> bool:
        history = self.trail.history
        return bool(history.count()) and history.index() == history.count() and history.command(history.index() - 1) is self

    def undo(self) -> None:
        self.done = False
        if self.lives:
            self.trail.put(self.before, self.place)

    def redo(self) -> None:
        if not self.done and self.lives:
            self.trail.put(self.after, self.place)
        self.done = True


class Deed(QUndoCommand):
    """Something done to files. `do` and `undo_it` raise LabError where that cannot be: it is reported, and the step goes away."""

    def __init__(self, name: str, do: Callable[[], object], undo_it: Callable[[], object], report: Callable[[str, str], None]):
        super().__init__(name)
        self.do, self.undo_it, self.report = do, undo_it, report

    def attempt(self, what: Callable[[], object]) -> None:
        try:
            what()
        except LabError as error:
            self.setObsolete(True)
            self.report(str(error), "")

    def redo(self) -> None:
        self.attempt(self.do)

    def undo(self) -> None:
        self.attempt(self.undo_it)


class UndoGroup(QUndoGroup):
    """The histories of all panels; steps whose subject is gone, such as a tab that was closed, are passed over."""

    changed = Signal()
    """What can be undone or redone is something else."""

    def __init__(self, parent: QObject | None = None):
        super().__init__(parent)
        self.indexChanged.connect(lambda _: self.changed.emit())
        self.activeStackChanged.connect(lambda _: self.changed.emit())

    def next_step(self, back: bool) -> Any:
        """The step that is undone (`back`) or redone next; None where there is none."""
        stack = self.activeStack()
        if stack is None:
            return None
        places = range(stack.index() - 1, -1, -1) if back else range(stack.index(), stack.count())
        return next((step for step in map(stack.command, places) if getattr(step, "lives", True)), None)

    def go(self, back: bool) -> str:
        """Undo or redo one step; its name, "" where there is none."""
        stack = self.activeStack()
        if isinstance(stack, History):
            stack.settling.emit()
        wanted = self.next_step(back)
        if stack is None or wanted is None:
            return ""
        name = str(wanted.text())
        while True:
            step = stack.command(stack.index() - 1 if back else stack.index())
            stack.undo() if back else stack.redo()
            if step is wanted:
                return name


def bring_to_front(widget: QWidget) -> None:
    """Show the tab, the page and the dock in which a widget lies."""
    part, parent = widget, widget.parentWidget()
    while parent is not None and not isinstance(part, QMainWindow):
        above = parent.parentWidget()
        if isinstance(parent, QStackedWidget):
            holder = above if isinstance(above, QTabWidget) else parent
            holder.setCurrentWidget(part)
        elif isinstance(parent, QDockWidget):
            parent.show()
            parent.raise_()
        part, parent = parent, above


class UndoKeys(QObject):
    """Lets Ctrl+Z through to the window where the line or number that has the focus has nothing of its own to undo."""

    def __init__(self, app: QApplication, parent: QObject | None = None):
        super().__init__(parent)
        app.focusChanged.connect(self.focus_changed)

    def focus_changed(self, before: QWidget | None, now: QWidget | None) -> None:
        if before is not None:
            before.removeEventFilter(self)
        if isinstance(now, QLineEdit | QAbstractSpinBox):
            now.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            line = watched.lineEdit() if isinstance(watched, QAbstractSpinBox) else watched
            if isinstance(line, QLineEdit) and (
                (event.matches(QKeySequence.StandardKey.Undo) and not line.isUndoAvailable())
                or (event.matches(QKeySequence.StandardKey.Redo) and not line.isRedoAvailable())
            ):
                event.ignore()
                return True
        return False
