"""A panel for a family of recipes: the form on the left, a tab per run in the middle, and what one is looking at.

Atari, and the families after it, extend this with what only they have. Read first: `TrainingPanel.train`.
"""

import json
import traceback
from contextlib import suppress
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar
from weakref import ref

from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import QApplication, QLabel, QMenu, QScrollArea, QToolButton, QWidget

from gui import theme
from gui.actions import Action
from gui.bridge import SessionBridge
from gui.dialogs import ContinueDialog
from gui.examples import EmptyPage, example_actions
from gui.export_run import EXPORT, ask_export
from gui.page import Page
from gui.page_scopes import PAGE_ACTIONS, PageScopes, declared_actions
from gui.page_tabs import PageTabs
from gui.pages import page_class
from gui.panel import AppContext, Panel
from gui.run_tabs import RunTabs
from gui.settings import settings
from gui.train_form import COPY_COMMAND, COPY_PYTHON, QUEUE, SWEEP, TRAIN, TrainForm, named_setting
from gui.undo import Trail
from gui.widgets.data_edit import names_of
from gui.widgets.dismantle import dismantle
from gui.widgets.room import FrontStack
from gui.widgets.transport import MENU, TRANSPORT_ACTIONS
from lab import registry, training_queue
from lab.errors import LabError, UsageError
from lab.run import Run
from lab.training_queue import Job

if TYPE_CHECKING:
    from gui.run_tab import RunTab

MOST_REOPENED = 6
"""How many runs' tabs come back at the next start: each takes a moment to build."""

OPEN_DATA = Action(
    "open_data", "Train on your own data…", "Choose files or folders of your own to train on", lambda panel: panel.open_data(),
    "Ctrl+O", MENU,
)  # fmt: skip
CLOSE_TAB = Action(
    "close_tab", "Close tab", "Close the run in front; if it is training, it is stopped and saved",
    lambda panel: panel.close_tab(panel.tabs.currentIndex()), "Ctrl+W", MENU,
)  # fmt: skip


class TrainingPanel(Panel):
    """Trains the recipes of `family`."""

    ACTIONS: ClassVar[tuple[Action, ...]] = (
        TRAIN,
        QUEUE,
        SWEEP,
        *TRANSPORT_ACTIONS,
        COPY_COMMAND,
        COPY_PYTHON,
        EXPORT,
        OPEN_DATA,
        CLOSE_TAB,
        *PAGE_ACTIONS,
    )

    family = ""
    whole: ClassVar[bool] = False
    """Whether stored runs answer with their data, not with their serving weights alone."""
    first_recipe = ""
    """The recipe that the form shows at the very first start; the family's last unless given."""
    empty_text = "No run is open. Set what to train on the left and press Train."

    def __init__(self, context: AppContext):
        super().__init__(context)
        self.recipes = {name: recipe for name, recipe in registry.recipes().items() if recipe.family == self.family}
        self.form = TrainForm(self.recipes, self.choices())
        self.tabs = RunTabs()
        self.tabs.tabCloseRequested.connect(self.close_tab)
        self.tabs.currentChanged.connect(lambda _: self.run_changed())
        self.tabs.tabBarClicked.connect(lambda index: self.follow_in_form(tab.run if (tab := self.tabs.at(index)) is not None else None))
        examples = example_actions(self.family)
        self.action_set.extend(examples, ref(self))
        self.empty = EmptyPage(self.empty_text, [self.action_set[action.id] for action in examples])
        self.stack = FrontStack()
        self.stack.addWidget(self.empty)
        self.stack.addWidget(self.tabs)
        self.setCentralWidget(self.stack)
        self.settings_dock = self.add_dock("Settings", self.form, Qt.DockWidgetArea.LeftDockWidgetArea)
        self.about_dock = self.add_dock("What am I looking at?", self.about_page(), Qt.DockWidgetArea.LeftDockWidgetArea)
        self.tabifyDockWidget(self.settings_dock, self.about_dock)
        self.settings_dock.raise_()
        self.page_scopes = PageScopes(self.page_classes(), self.action_set, self, self.pages_in_front)
        self.form.restore(settings(), self.name, self.first_recipe or next(reversed(self.recipes)))
        self.form.recipe_changed.connect(self.show_about)
        self.form.said.connect(context.say)
        self.form_trail = Trail(
            self.history, self.form.state, self.form.set_state, named_setting, lambda: self.form, self, gesture=self.form.stepping
        )
        self.form.edited.connect(self.form_trail.note)
        self.form.train_button.clicked.connect(self.train)
        self.form.queue_button.clicked.connect(self.add_to_queue)
        self.form.copy_button.clicked.connect(self.copy_command)
        self.form.python_button.clicked.connect(self.copy_python)
        context.run_folders.moved.connect(self.follow_run)
        self.run_changed()

    def choices(self) -> dict[str, tuple[str, ...]]:
        """Values to offer for text fields."""
        return {}

    @property
    def session_menu(self) -> QMenu:
        """Training: what can be done with the form and with the run in front."""
        return self.action_set.menu(MENU)

    def present(self, on: bool) -> None:
        """The page in front fills the window."""
        super().present(on)
        if not on:
            self.settings_dock.raise_()
        self.tabs.tabBar().setVisible(not on)
        for tab in self.tabs.all():
            tab.present(on)

    def size_docks(self) -> None:
        self.resizeDocks([self.settings_dock], [max(280, self.form.sizeHint().width())], Qt.Orientation.Horizontal)

    def middle_need(self) -> int:
        pages = self.pages_in_front()
        return pages.need() + self.stack.width() - pages.width() if pages is not None and pages.isVisible() else 0

    def run_changed(self) -> None:
        """Another run, or none, is in front."""
        self.show_about()
        self.show_page_actions()
        self.make_room()

    # -- what am I looking at --------------------------------------------------------------------------------------

    def about_page(self) -> QWidget:
        text = self.about_label = QLabel(wordWrap=True, alignment=Qt.AlignmentFlag.AlignTop, openExternalLinks=True)
        text.setTextInteractionFlags(Qt.TextInteractionFlag.TextBrowserInteraction)
        text.setContentsMargins(theme.WIDE, theme.WIDE, theme.WIDE, theme.WIDE)
        scroll = QScrollArea(widgetResizable=True)
        scroll.setFrameShape(QScrollArea.Shape.NoFrame)
        scroll.setWidget(text)
        return scroll

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "page_scopes"):
            self.about_label.clear()  # Links keep the colour of the palette in which they were written.
            self.show_about()

    def explained(self) -> registry.Recipe:
        """The recipe of the run in front, or of the form where there is none."""
        run = self.current_run()
        return run.recipe if run is not None else self.form.recipe

    def show_about(self) -> None:
        recipe = self.explained()
        self.about_label.setText(recipe.config_class().explanation or f"<h3>{escape(recipe.name)}</h3><p>{escape(recipe.about)}</p>")

    # -- pages -----------------------------------------------------------------------------------------------------

    @classmethod
    def page_classes(cls) -> list[type[Page]]:
        """The pages that the family's recipes ask for, each once."""
        recipes = (recipe for recipe in registry.recipes().values() if recipe.family == cls.family)
        return [page_class(name) for name in dict.fromkeys(name for recipe in recipes for name in recipe.config_class().pages)]

    @classmethod
    def every_action(cls) -> tuple[Action, ...]:
        return (*cls.ACTIONS, *example_actions(cls.family), *declared_actions(cls.page_classes()))

    def pages_in_front(self) -> PageTabs | None:
        """The pages of the run in front."""
        tab = self.current_tab()
        return tab.page_tabs if tab is not None else None

    def in_pages(self, what: str, *arguments: int) -> None:
        """Do something with the pages of the run in front."""
        pages = self.pages_in_front()
        if pages is not None:
            getattr(pages, what)(*arguments)

    def menus(self) -> list[QMenu]:
        return [*super().menus(), *self.page_scopes.menus()]

    def set_in_front(self, on: bool) -> None:
        super().set_in_front(on)
        self.show_page_actions()

    def show_page_actions(self) -> None:
        self.page_scopes.show(self.pages_in_front(), self.in_front)

    # -- sessions --------------------------------------------------------------------------------------------------

    def train(self) -> None:
        """Start a new run."""
        try:
            fields = self.form.fields.config().model_dump()
        except UsageError as error:
            self.context.report(str(error), "")
            return
        self.form.train_button.setEnabled(False)
        self.context.say("Starting a run…")
        options = {**self.form.length(), "device": self.form.device.currentText()}
        self.context.sessions.start(self.form.recipe.name, fields, self.started, self.not_started, **options)

    def add_to_queue(self) -> None:
        """Let a run with the form's settings wait for those before it; the app works through the queue from now on."""
        try:
            fields = self.form.fields.config().model_dump()
            job = training_queue.add(self.form.recipe.name, fields, device=self.form.device.currentText(), **self.form.length())  # type: ignore[arg-type]
            self.context.say(f"Added to the queue: {job.command}")
            self.context.queue.set_active(True)
        except LabError as error:
            self.context.report(str(error), "")

    def ask_sweep(self) -> None:
        """Ask which of the form's settings to vary, and start a sweep."""
        from gui.sweep_dialog import SweepDialog

        try:
            config = self.form.fields.config()
        except UsageError as error:
            self.context.report(str(error), "")
            return
        recipe, length, device = self.form.recipe, self.form.length(), self.form.device.currentText()

        def ask(metrics: tuple[str, ...]) -> None:
            SweepDialog(recipe.name, config, length, metrics, device, self.start_sweep, self.context.background, self).open()

        self.context.background.submit(lambda: recipe.experiment_class().headline, ask, self.not_started, receiver=self)

    def start_sweep(self, sweep: Any, flags: list[str]) -> None:
        self.context.sweeps.start(sweep, flags)
        self.context.say(f"Sweep {sweep.name} has started; Runs > Sweeps shows its settings.")

    def start_job(self, job: Job) -> None:
        """Start a training whose turn it is."""

        def started(bridge: SessionBridge) -> None:
            self.started(bridge)
            self.context.queue.taken(job)

        def not_started(error: BaseException) -> None:
            self.context.queue.taken(job)
            self.not_started(error)

        self.context.sessions.start(job.recipe, job.fields, started, not_started, **job.options())

    def resume(self, run: Run) -> None:
        """Resume a stored run up to its length; one that has reached it asks for how much longer. Of one that comes with the lab, train a copy."""
        if run.shipped:
            self.clone(run)
            self.train()
            return
        if not has_done_its_length(run):
            self.continue_run(run, {})
            return
        dialog = ContinueDialog(run, self)
        dialog.accepted.connect(lambda: self.continue_run(run, dialog.options()))
        dialog.open()

    def continue_run(self, run: Run, options: dict[str, int | float]) -> None:
        """Resume a stored run; `options` are those of `lab.api.resumed_session`."""

        def not_resumed(error: BaseException) -> None:
            self.enable_resume(run, True)
            self.not_started(error)

        self.enable_resume(run, False)
        self.context.say(f"Resuming {run.name}…")
        self.context.sessions.resume(run, self.started, not_resumed, **options)

    def enable_resume(self, run: Run, on: bool) -> None:
        """Whether the run can be resumed from its tab."""
        tab = self.tabs.of(run)
        if tab is not None:
            tab.transport.resume.setEnabled(on)

    def started(self, bridge: SessionBridge) -> None:
        self.form.enable_buttons()
        tab = self.tabs.of(bridge.run) or self.add_tab(bridge.run)
        before = tab.bridge
        tab.set_bridge(bridge)
        if before is not None:  # It ended before the run was resumed, and answered views since.
            self.tab_closing(before)
            self.context.sessions.close_one(before)
        self.enable_resume(bridge.run, True)
        bridge.failed.connect(self.context.report)
        self.tabs.setCurrentWidget(tab)
        self.context.say(f"Training {bridge.run.name}")

    def not_started(self, error: BaseException) -> None:
        self.form.enable_buttons()
        self.context.say("The run was not started.")
        self.context.report(*describe(error))

    def on_transport(self, name: str) -> None:
        """Press a button of the run in front, if it is one that can be pressed."""
        tab = self.current_tab()
        if tab is None:
            return
        button: QToolButton = getattr(tab.transport, name)
        if button.isVisible() and button.isEnabled():
            button.click()

    # -- the form --------------------------------------------------------------------------------------------------

    def copy_command(self) -> None:
        if self.form.fields.valid():
            QApplication.clipboard().setText(self.form.command())
            self.context.say(f"Copied: {self.form.command()}")

    def copy_python(self) -> None:
        if self.form.fields.valid():
            QApplication.clipboard().setText(self.form.python())
            self.context.say(f"Copied: {self.form.python().splitlines()[-1]}")

    def export_network(self) -> None:
        """Write the network of the run in front for other programs."""
        run = self.current_run()
        if run is None:
            self.context.say("Open a run to export its network.")
        else:
            ask_export(run, self.context, self)

    def clone(self, run: Run) -> None:
        """Put a run's settings into the form."""
        self.form.show_run(run)
        self.settings_dock.show()
        self.settings_dock.raise_()
        self.context.say(f"Copied the settings of {run.name} into the form.")

    def use_data(self, recipe: str, data: str) -> None:
        """Put a recipe and its data into the form, where one sees them."""
        self.form.recipe_box.setCurrentText(recipe)
        self.form.fields.set_values({"data": data})
        self.settings_dock.show()
        self.settings_dock.raise_()
        self.context.say(f"Press Train to train {recipe} on {names_of(data)}.")

    def open_data(self) -> None:
        """Ask for files of one's own, or offer the ways to give some."""
        editor = self.form.data_edit()
        if editor is None:
            self.context.say("This recipe does not train on files.")
        elif len(editor.own()) == 1:
            editor.ask(editor.own()[0])
        else:
            self.settings_dock.show()
            self.settings_dock.raise_()
            editor.showPopup()

    # -- tabs ------------------------------------------------------------------------------------------------------

    def current_tab(self) -> "RunTab | None":
        return self.tabs.current()

    def current_run(self) -> Run | None:
        tab = self.current_tab()
        return tab.run if tab is not None else None

    def add_tab(self, run: Run) -> "RunTab":
        from gui.run_tab import RunTab  # With curves, whose library the first window need not wait for.

        tab = RunTab(run, self.context, self.tabs.free_colour(), self.whole, history=self.history)
        tab.page_tabs.page_changed.connect(self.show_page_actions)
        tab.page_tabs.page_changed.connect(self.make_room)
        tab.settings_wanted.connect(self.clone)
        tab.resume_wanted.connect(self.resume)
        self.tabs.add(tab)
        self.stack.setCurrentWidget(self.tabs)
        return tab

    def open_run(self, run: Run) -> None:
        """Show a run, and its settings where the form has those of another recipe, or none of one's own."""
        self.bring(run)
        if run.recipe.name != self.form.recipe.name:
            self.show_settings(run)
        else:
            self.follow_in_form(run)

    def show_settings(self, run: Run) -> None:
        """Put a run's settings into the form, if it can show them."""
        with suppress(LabError):  # Settings of another version: the run is shown all the same.
            self.form.show_run(run)

    def follow_in_form(self, run: Run | None) -> None:
        """Somebody has turned to a run: its settings take the place of another's, and never of one's own."""
        if run is not None and self.form.untouched():
            self.show_settings(run)

    def bring(self, run: Run) -> None:
        """Bring a run's tab to the front: its session's if it trains here, else as it is stored."""
        tab = self.tabs.of(run)
        if tab is None:
            tab = self.add_tab(run)
            bridge = self.context.sessions.of_run(run.path)
            if bridge is not None:
                tab.set_bridge(bridge)
        self.tabs.setCurrentWidget(tab)

    def close_tab(self, index: int) -> None:
        """Close a run's tab; its session stops with a checkpoint."""
        tab = self.tabs.at(index)
        if tab is None:
            return
        tab.page_tabs.finish_saves()
        self.tabs.removeTab(self.tabs.indexOf(tab))
        tab.shut()
        if tab.bridge is not None:
            self.tab_closing(tab.bridge)
            self.context.sessions.close_one(tab.bridge)
            self.context.say(f"Stopped and saved {tab.run.name}.")
        dismantle(tab)
        tab.deleteLater()
        if not self.tabs.count():
            self.stack.setCurrentWidget(self.empty)

    def follow_run(self, run: Run, path: Path | None) -> None:
        """A run's folder was renamed: its tab is reopened in the same place. Or it was deleted: its tab closes."""
        tab = self.tabs.of(run)
        if tab is None:
            return
        place, in_front = self.tabs.indexOf(tab), tab is self.current_tab()
        self.close_tab(place)
        if path is not None:
            tab = self.add_tab(Run(path))
            self.tabs.tabBar().moveTab(self.tabs.indexOf(tab), place)
            if in_front:
                self.tabs.setCurrentWidget(tab)

    def tab_closing(self, bridge: SessionBridge) -> None:
        """Let go of a session that is about to end."""

    # -- what is remembered ----------------------------------------------------------------------------------------

    def reopen(self) -> None:
        """The runs whose tabs were open, as they are stored, where they are still there; where none is, an example."""
        with suppress(ValueError, TypeError):  # A settings file that somebody wrote in.
            for path in json.loads(str(settings().value(f"{self.name}/tabs", "[]"))):
                with suppress(LabError):
                    self.bring(Run(Path(path)))
        if not self.tabs.all():
            self.open_first_example()

    def open_first_example(self) -> None:
        """Show something that moves, until a run of one's own is open."""
        for path in list(registry.examples(self.family).values())[:1]:
            self.bring(Run(path))
            tab = self.current_tab()
            assert tab is not None
            tab.demonstrate()

    def remember(self) -> None:
        if self.reopened:
            front = self.current_run()
            runs = [tab.run for tab in self.tabs.all() if not tab.run.shipped][-MOST_REOPENED:] + ([front] if front is not None else [])
            settings().setValue(f"{self.name}/tabs", json.dumps([str(run.path.resolve()) for run in runs]))
        self.form.remember(settings(), self.name)

    def finish_saves(self) -> None:
        for tab in self.tabs.all():
            tab.page_tabs.finish_saves()

    def shut(self) -> None:
        for tab in self.tabs.all():
            tab.shut()


def describe(error: BaseException) -> tuple[str, str]:
    """The sentence and the traceback of an error."""
    sentence = str(error) if isinstance(error, LabError) else f"{type(error).__name__}: {error}"
    return sentence, "".join(traceback.format_exception(error))


def has_done_its_length(run: Run) -> bool:
    """Whether a run has trained as far as it was asked to, by its records. One that ended by itself before has not."""
    status = run.status()
    target = status.get("target")
    return status["status"] == "finished" and (target is None or status.get("done", 0) >= target)
