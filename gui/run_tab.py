"""One run's tab: its transport, the pages that its recipe asks for, its curves and its views; live while it trains, stored otherwise.

Read first: `gui/page_tabs.py`.
"""

import os
from html import escape
from typing import Any

from PySide6.QtCore import QEvent, Qt, QTimer, Signal
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import QLabel, QMenu, QSplitter, QToolButton, QVBoxLayout, QWidget

from gui import theme
from gui.bridge import SessionBridge
from gui.glyphs import missing_glyph
from gui.page_tabs import PageTabs
from gui.panel import AppContext
from gui.stored_views import StoredViews
from gui.theme import COLOURS, colour, faint
from gui.undo import History
from gui.view_query import ViewQuery, ViewSource
from gui.widgets import icons
from gui.widgets.curves import Curves, Line
from gui.widgets.flow_layout import FlowLayout
from gui.widgets.room import SideBySide
from gui.widgets.series import RunSeries
from gui.widgets.transport import Transport
from gui.widgets.view_frame import ViewFrame
from lab import registry
from lab.errors import LabError
from lab.making import Making
from lab.run import Run
from lab.stored_runs import runs

CURVES_MS = 500
FOLLOW_MS = 2000
"""How often one looks whether another process trains the run."""
ROOM = 40
"""The width that a view needs, in letters."""
MOST = 4
"""The most views side by side."""
MENU_RUNS = 40
NOTE_LETTERS = 240
"""The most letters of the note about the data; its tooltip has the rest."""
SWITCHES = f"""
QToolButton[switch="true"] {{ border: 1px solid palette(mid); border-radius: {theme.WIDE}px; padding: {theme.THIN}px {theme.WIDE}px; color: palette(button-text); }}
QToolButton[switch="true"]:hover {{ border-color: palette(highlight); }}
QToolButton[switch="true"]:checked {{ background: palette(highlight); color: palette(highlighted-text); border-color: palette(highlight); }}
"""


class RunTab(QWidget):
    """Shows `run`; `set_bridge` ties it to the session that trains it."""

    settings_wanted = Signal(object)
    """A run whose settings should go into the form."""
    resume_wanted = Signal(object)

    def __init__(
        self, run: Run, context: AppContext, hue: str, whole: bool = False, parent: QWidget | None = None, history: History | None = None
    ):
        """`whole`: whether a stored run answers with its data, not with its serving weights alone. `history` takes what is edited here."""
        super().__init__(parent)
        self.run, self.context, self.colour, self.whole = run, context, hue, whole
        config_class = run.recipe.config_class()
        self.history = history
        self.bridge: SessionBridge | None = None
        self.closed = self.demonstrating = False
        self.stored: StoredViews | None = None
        """Who answers while no session of the app trains the run."""
        self.trainer: int | None = None
        """The other process that trains the run, as of `Run.trainer`."""
        self.checkpoint_step: int | None = None
        self.transport = Transport()
        self.transport.clone_wanted.connect(lambda: self.settings_wanted.emit(self.run))
        self.transport.resume_wanted.connect(lambda: self.resume_wanted.emit(self.run))
        self.curves = Curves()
        self.curves.add_run(run.name, Line(run.name, RunSeries(run.path), hue, run=run))
        self.overlay_menu = QMenu(self)
        self.overlay_menu.setToolTipsVisible(True)
        self.overlay_menu.aboutToShow.connect(self.fill_overlay_menu)
        self.overlay_button = QToolButton(
            text="Overlay", toolTip="Overlay the curves of other runs", popupMode=QToolButton.ToolButtonPopupMode.InstantPopup
        )
        self.overlay_button.setMenu(self.overlay_menu)
        self.curves.add_tool(self.overlay_button)
        self.views = Views(config_class.first_views)
        self.split = QSplitter(Qt.Orientation.Vertical, childrenCollapsible=False)
        self.split.addWidget(self.curves)
        self.split.addWidget(self.views)
        self.split.setSizes([240, 400])
        self.warning = QLabel(wordWrap=True)
        """The view `warnings`, of recipes that have it."""
        self.warning.setForegroundRole(self.warning.palette().ColorRole.BrightText)
        self.warning.hide()
        self.data_note = QLabel(wordWrap=True, textFormat=Qt.TextFormat.PlainText)
        """What was decided about the run's data, and how they have changed since."""
        self.data_note.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        faint(self.data_note)
        self.data_note.hide()
        self.page_tabs = self.make_pages(config_class.pages)
        self.page_tabs.add_tab(self.split, "Curves and views", "The run's metrics, and every view of it")
        self.warnings = ViewQuery(self.page_tabs.state, "warnings", dict, self.show_warnings, lambda text: None, interval=2.0)
        self.head = QWidget()
        """What stands above the page in front, and goes where that is presented."""
        head = QVBoxLayout(self.head)
        head.setContentsMargins(0, 0, 0, 0)
        for widget in (self.transport, self.warning, self.data_note):
            head.addWidget(widget)
        layout = QVBoxLayout(self)
        layout.addWidget(self.head)
        layout.addWidget(self.page_tabs, 1)
        self.timer = QTimer(self, interval=CURVES_MS)
        self.timer.timeout.connect(self.refresh)
        self.show_stored()

    def make_pages(self, names: tuple[str, ...]) -> PageTabs:
        """The recipe's pages; none where their data cannot be read, such as a folder of images that is no longer there."""
        try:
            return PageTabs(self.run, names, history=self.history)
        except LabError as error:
            self.context.report(str(error), "")
            return PageTabs(self.run, (), history=self.history)

    def set_bridge(self, bridge: SessionBridge) -> None:
        """Follow a session of this run."""
        self.bridge, self.trainer = bridge, None
        self.transport.set_bridge(bridge)
        self.curves.lines[self.run.name].unit = bridge.latest.unit
        self.show_headline(bridge.session.experiment.headline)
        self.take_source(bridge)
        bridge.ended.connect(self.page_tabs.outdate)
        bridge.ended.connect(self.refresh)
        self.timer.start(CURVES_MS)

    def show_headline(self, metrics: tuple[str, ...]) -> None:
        """The recipe's most telling metrics come first, in the curves and among the figures."""
        self.curves.show_first(metrics)
        self.transport.figures.put_first(metrics)

    def show_stored(self) -> None:
        """The stored run's status and views. The views need torch, so they come when it has been loaded."""
        self.trainer, self.checkpoint_step = self.other_trainer(), self.run.checkpoint_step()
        self.transport.show_stored(self.run, self.trainer)
        self.curves.lines[self.run.name].unit = self.run.status().get("unit", "steps")
        source = self.stored = StoredViews(self.run, self.context.background, self.whole)
        source.on_warnings = self.show_data
        self.show_data()
        self.context.background.submit(source.specs, lambda _: self.stored_ready(source), receiver=self)
        if not self.run.shipped:
            self.timer.setInterval(FOLLOW_MS)
            self.timer.start()

    def other_trainer(self) -> int | None:
        """The process beside the app's own that trains the run, None where none does."""
        if self.run.shipped or self.context.sessions.has(self.run.path):
            return None
        trainer = self.run.trainer()
        return None if trainer == os.getpid() else trainer

    def follow(self) -> None:
        """What another process does with the run: its status, its newest checkpoint, its end."""
        before, self.trainer = self.trainer, self.other_trainer()
        if self.trainer is None and before is None:
            return
        if self.bridge is not None:  # It was trained here before.
            ended, self.bridge = self.bridge, None
            self.transport.set_bridge(None)
            self.context.sessions.close_one(ended)
            self.show_stored()
            return
        self.transport.show_stored(self.run, self.trainer)
        step = self.run.checkpoint_step()
        if step != self.checkpoint_step and self.stored is not None:
            self.checkpoint_step = step
            self.stored.renew()
            self.page_tabs.outdate()

    def stored_ready(self, source: StoredViews) -> None:
        """The stored run can answer, unless a session does by now, or the tab is shut."""
        if self.bridge is None and not self.closed:
            self.show_headline(self.run.recipe.experiment_class().headline)
            self.take_source(source)
            if self.demonstrating:
                self.demonstrate()

    def show_made(self, made: Making) -> None:
        """Show the view of a saved picture, asked as it was then."""
        self.page_tabs.setCurrentWidget(self.split)
        if made.view == "curves":
            self.curves.show_made(made)
        else:
            self.views.show_made(made)

    def demonstrate(self) -> None:
        """Let the page in front move by itself, as soon as there is somebody to answer it."""
        self.demonstrating = self.page_tabs.state.source is None
        if not self.demonstrating and self.page_tabs.page is not None:
            self.page_tabs.page.demonstrate()

    def take_source(self, source: ViewSource) -> None:
        """Ask `source` from now on: the run's session, or the stored run."""
        self.views.set_source(source, self.run.name)
        self.page_tabs.set_source(source)
        self.warnings.tick()

    def show_data(self) -> None:
        """Say what was decided about the data: in a line or two, all of it in the tooltip."""
        if self.closed:
            return
        run = self.bridge.run if self.bridge is not None else self.run
        data = run.stored.get("data", {})
        box = missing_glyph([run.name, *map(str, data.get("classes") or [])])
        sentences = [*run.warnings, *([box] if box else []), *data.get("assumed", [])]
        text = " · ".join(sentence.rstrip(".") for sentence in sentences)
        self.data_note.setText(text if len(text) <= NOTE_LETTERS else text[:NOTE_LETTERS].rstrip() + "…")
        self.data_note.setToolTip("\n".join(sentences))
        self.data_note.setVisible(bool(sentences))

    def show_warnings(self, answer: Any) -> None:
        """A banner for each sign of trouble with the training."""
        self.warning.setText(answer.text)
        self.warning.setVisible(not answer.nothing)

    def refresh(self) -> None:
        """Take in new metrics, where somebody can see them."""
        here = self.bridge is not None and self.bridge.running
        if self.isVisible():
            if not here and not self.run.shipped:
                self.follow()
            self.curves.refresh()
            self.warnings.tick()
            self.show_data()
        self.timer.setInterval(CURVES_MS if here or self.trainer is not None else FOLLOW_MS)

    # -- other runs over this one ----------------------------------------------------------------------------------

    def fill_overlay_menu(self) -> None:
        """The other runs on disk, newest first; those of the same subject before the rest."""
        self.overlay_menu.clear()
        subject = self.run.stored.get("subject")
        others = [run for run in [*runs(), *map(Run, registry.shipped().values())] if run.path.resolve() != self.run.path.resolve()]
        for run in sorted(others, key=lambda run: run.stored.get("subject") != subject)[:MENU_RUNS]:
            key = str(run.path)
            action = self.overlay_menu.addAction(run.name.replace("&", "&&"))
            action.setCheckable(True)
            action.setChecked(key in self.curves.lines)
            action.setToolTip(escape(str(run.path.resolve())))
            action.toggled.connect(lambda on, run=run, key=key: self.overlay(run) if on else self.curves.remove_run(key))
        if not others:
            self.overlay_menu.addAction("No other runs").setEnabled(False)

    def overlay(self, run: Run) -> None:
        """Draw another run's curves over this one's."""
        taken = {line.colour for line in self.curves.lines.values()}
        hue = next((colour(i) for i in range(len(COLOURS)) if colour(i) not in taken), colour(len(taken)))
        self.curves.add_run(str(run.path), Line(run.name, RunSeries(run.path), hue, run.status().get("unit", "steps"), run))
        self.timer.start()  # Another process, or another tab, may train it.

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.curves.refresh()

    def present(self, on: bool) -> None:
        """Show nothing but the page in front, or everything again."""
        self.head.setVisible(not on)
        self.page_tabs.present(on)

    def shut(self) -> None:
        """Stop timers and close windows, and take no answer any more; the session, if there is one, is the caller's."""
        self.closed = True
        self.timer.stop()
        self.page_tabs.shut()
        self.views.shut()


class Views(QWidget):
    """Views side by side, as many as there is room for. Above them a button for each view that there is: press one to see
    it, in place of the one that has been there longest where there is no more room; press it again to remove it."""

    def __init__(self, first: tuple[str, ...], parent: QWidget | None = None):
        super().__init__(parent)
        self.first = first
        self.source: ViewSource | None = None
        self.title = ""
        self.frames: list[ViewFrame] = []
        self.wanted: Making | None = None
        """The view of a saved picture, until there is somebody to ask."""
        self.closed = False
        self.note = QLabel("Loading the run…", alignment=Qt.AlignmentFlag.AlignCenter, wordWrap=True)
        faint(self.note)
        self.split = SideBySide(Qt.Orientation.Horizontal, childrenCollapsible=False)
        self.switches: dict[str, QToolButton] = {}
        self.switch_row = QWidget()
        self.switch_row.setStyleSheet(SWITCHES)
        self.switch_layout = FlowLayout(self.switch_row)
        self.more = icons.IconButton(icons.add, "+", "Add another view", self.add_another)
        self.switch_layout.addWidget(self.more)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.switch_row)
        layout.addWidget(self.note, 1)
        layout.addWidget(self.split, 1)
        self.switch_row.hide()
        self.split.hide()

    def changeEvent(self, event: QEvent) -> None:
        """A style sheet keeps the colours that it was read with: read it again when the theme changes."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self.switch_row.setStyleSheet("")
            self.switch_row.setStyleSheet(SWITCHES)

    def set_source(self, source: ViewSource, title: str) -> None:
        """Ask another experiment; the views that were shown stay, where it has them."""
        if self.closed:
            return
        shown = [frame.chooser.currentData() for frame in self.frames] or list(self.first)
        self.clear()
        self.source, self.title = source, title
        names = list(source.specs())
        if not names:
            self.note.setText("This run has no views without training. Press Resume.")
            self.note.show()
            return
        wanted = [name for name in dict.fromkeys([*shown, *self.first, *names]) if name in names]
        self.note.hide()
        self.split.show()
        self.make_switches()
        for name in wanted[: self.capacity()]:
            self.add(name)
        if self.wanted is not None:
            self.show_made(self.wanted)

    def show_made(self, made: Making) -> None:
        """The view of a saved picture in front of the others, with the parameters that it was made with."""
        if self.source is None:
            self.wanted = made
            return
        self.wanted = None
        if made.view in self.source.specs():
            self.switch(made.view, True)
            next(frame for frame in self.frames if frame.chooser.currentData() == made.view).set_parameters(made.parameters)

    def capacity(self) -> int:
        """How many views fit side by side."""
        return min(max(1, self.width() // (ROOM * self.fontMetrics().averageCharWidth())), MOST)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.fit()

    def fit(self) -> None:
        """Show as many of the views as there is room for; the others wait, and come back when the window grows."""
        for i, frame in enumerate(self.frames):
            frame.setVisible(i < self.capacity())
        self.update_switches()

    def make_switches(self) -> None:
        """A button for each view of the source."""
        assert self.source is not None
        while self.switch_layout.takeAt(0) is not None:
            pass
        for button in self.switches.values():
            button.hide()
            button.deleteLater()
        self.switches = {}
        for name, spec in self.source.specs().items():
            button = QToolButton(text=name.replace("_", " "), toolTip=spec.about, checkable=True)
            button.setProperty("switch", True)
            button.setObjectName("view")
            button.clicked.connect(lambda on, name=name: self.switch(name, on))
            self.switches[name] = button
            self.switch_layout.addWidget(button)
        self.switch_layout.addWidget(self.more)
        self.switch_row.show()

    def switch(self, name: str, on: bool) -> None:
        """Show a view, or take it away."""
        if not on:
            for frame in [frame for frame in self.frames if frame.chooser.currentData() == name]:
                self.remove(frame)
            self.fit()
        elif waiting := [frame for frame in self.frames if frame.chooser.currentData() == name]:
            self.frames.sort(key=lambda frame: frame is not waiting[0])
            self.fit()
        else:
            while len(self.frames) >= self.capacity():
                self.remove(self.frames[0])
            self.add(name)

    def update_switches(self) -> None:
        """Press down the buttons of the views that are shown."""
        shown = {frame.chooser.currentData() for frame in self.frames if not frame.isHidden()}
        for name, button in self.switches.items():
            button.setChecked(name in shown)

    def add_another(self) -> None:
        """The first view that is not shown yet."""
        if self.source is not None:
            shown = [frame.chooser.currentData() for frame in self.frames]
            self.switch(next((name for name in self.source.specs() if name not in shown), ""), True)

    def add(self, view: str) -> None:
        """One more view."""
        assert self.source is not None
        frame = ViewFrame(self.source, view, self.title, closable=True)
        frame.close_wanted.connect(lambda: self.remove(frame))
        frame.chooser.currentIndexChanged.connect(lambda _: self.update_switches())
        self.frames.append(frame)
        self.split.addWidget(frame)
        self.split.setSizes([1000] * len(self.frames))
        self.fit()

    def remove(self, frame: ViewFrame) -> None:
        frame.shut()
        self.frames.remove(frame)
        frame.hide()
        frame.deleteLater()
        self.update_switches()

    def clear(self) -> None:
        for frame in list(self.frames):
            self.remove(frame)

    def shut(self) -> None:
        self.closed = True
        self.clear()
