"""One run's tab: its transport, its curves and its views, live while it trains, stored otherwise."""

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSplitter, QToolButton, QVBoxLayout, QWidget

from gui.bridge import SessionBridge
from gui.panel import Workbench
from gui.stored import StoredViews
from gui.widgets.curves import Curves, Line
from gui.widgets.series import RunSeries
from gui.widgets.transport import Transport
from gui.widgets.view_frame import Source, ViewFrame
from lab.run import Run

if TYPE_CHECKING:
    from lab.experiment import ViewSpec

CURVES_MS = 500


class RunTab(QWidget):
    """Shows `run`; `set_bridge` ties it to the session that trains it."""

    settings_wanted = Signal(object)
    """A run whose settings should go into the form."""
    resume_wanted = Signal(object)

    def __init__(self, run: Run, workbench: Workbench, hue: str, first_views: tuple[str, ...] = (), parent: QWidget | None = None):
        super().__init__(parent)
        self.run, self.workbench, self.colour, self.first_views = run, workbench, hue, first_views
        self.bridge: SessionBridge | None = None
        self.transport = Transport()
        self.transport.clone_wanted.connect(lambda: self.settings_wanted.emit(self.run))
        self.transport.resume_wanted.connect(lambda: self.resume_wanted.emit(self.run))
        if run.shipped:
            self.transport.resume.setEnabled(False)
            self.transport.resume.setToolTip("A shipped agent has weights to watch, but no training state to go on from.")
        self.curves = Curves()
        self.curves.add_run(run.name, Line(run.name, RunSeries(run.path), hue))
        self.views = Views(first_views)
        split = QSplitter(Qt.Orientation.Vertical, childrenCollapsible=False)
        split.addWidget(self.curves)
        split.addWidget(self.views)
        split.setSizes([300, 320])
        layout = QVBoxLayout(self)
        layout.addWidget(self.transport)
        layout.addWidget(split, 1)
        self.timer = QTimer(self, interval=CURVES_MS)
        self.timer.timeout.connect(self.refresh)
        self.show_stored()

    def set_bridge(self, bridge: SessionBridge) -> None:
        """Follow a session of this run."""
        self.bridge = bridge
        self.transport.set_bridge(bridge)
        self.curves.lines[self.run.name].unit = bridge.latest.unit
        self.views.set_source(bridge, self.run.name)
        bridge.ended.connect(self.refresh)
        self.timer.start()

    def show_stored(self) -> None:
        """The stored run's status and views. The views need torch, so they come when it has been loaded."""
        status = self.run.status()
        metrics = {name: value for name, value in (status.get("metrics") or {}).items() if value is not None}
        done = f"{status['done']:,} {status.get('unit', 'steps')}" if "done" in status else "weights for watching"
        self.transport.state.setText(f"{'shipped agent' if self.run.shipped else status['status']}  ·  {done}")
        from gui.widgets.curves import title

        self.transport.figures.setText("   ".join(f"{title(name)} {value:.4g}" for name, value in metrics.items()))
        self.curves.lines[self.run.name].unit = status.get("unit", "steps")
        source = StoredViews(self.run, self.workbench.background)
        self.workbench.background.submit(source.specs, lambda specs: self.stored_ready(source, specs))

    def stored_ready(self, source: StoredViews, specs: "dict[str, ViewSpec]") -> None:
        if self.bridge is None and self.timer.interval():
            self.views.set_source(source, self.run.name)

    def refresh(self) -> None:
        """Take in new metrics, where somebody can see them."""
        if self.isVisible():
            self.curves.refresh()
        if self.bridge is not None and not self.bridge.running:
            self.timer.stop()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.curves.refresh()

    def shut(self) -> None:
        """Stop timers and close windows; the session, if there is one, is the caller's."""
        self.timer.stop()
        self.timer.setInterval(0)
        self.views.shut()


class Views(QWidget):
    """Views side by side, as many as there is room for."""

    def __init__(self, first: tuple[str, ...], parent: QWidget | None = None):
        super().__init__(parent)
        self.first = first
        self.source: Source | None = None
        self.title = ""
        self.frames: list[ViewFrame] = []
        self.closed = False
        self.note = QLabel("Views appear once the agent is loaded.", alignment=Qt.AlignmentFlag.AlignCenter, wordWrap=True)
        self.note.setEnabled(False)
        self.split = QSplitter(Qt.Orientation.Horizontal, childrenCollapsible=False)
        self.more = QToolButton(text="+", toolTip="Show one more view beside the others")
        self.more.clicked.connect(lambda: self.add())
        self.more.hide()
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.note, 1)
        layout.addWidget(self.split, 1)
        layout.addWidget(self.more, 0, Qt.AlignmentFlag.AlignTop)
        self.split.hide()

    def set_source(self, source: Source, title: str) -> None:
        """Ask another experiment; the views that were shown stay, where it has them."""
        if self.closed:
            return
        shown = [frame.chooser.currentData() for frame in self.frames] or list(self.first)
        self.clear()
        self.source, self.title = source, title
        names = list(source.specs())
        if not names:
            self.note.setText("This run has no views that can be answered without training: press Resume.")
            self.note.show()
            return
        room = max(1, self.width() // 340)
        wanted = [name for name in dict.fromkeys([*shown, *self.first, *names]) if name in names]
        self.note.hide()
        self.split.show()
        self.more.show()
        for name in wanted[: min(room, 4)]:
            self.add(name)

    def add(self, view: str = "") -> None:
        """One more view; the first that is not shown yet unless named."""
        if self.source is None:
            return
        shown = [frame.chooser.currentData() for frame in self.frames]
        view = view or next((name for name in self.source.specs() if name not in shown), "")
        frame = ViewFrame(self.source, view, self.title, closable=True)
        frame.close_wanted.connect(lambda: self.take_away(frame))
        self.frames.append(frame)
        self.split.addWidget(frame)
        self.split.setSizes([1000] * len(self.frames))

    def take_away(self, frame: ViewFrame) -> None:
        frame.shut()
        self.frames.remove(frame)
        frame.hide()
        frame.deleteLater()

    def clear(self) -> None:
        for frame in list(self.frames):
            self.take_away(frame)

    def shut(self) -> None:
        self.closed = True
        self.clear()


def describe(error: BaseException) -> tuple[str, str]:
    """The sentence and the traceback of an error."""
    import traceback

    from lab.errors import LabError

    sentence = str(error) if isinstance(error, LabError) else f"{type(error).__name__}: {error}"
    return sentence, "".join(traceback.format_exception(error))
