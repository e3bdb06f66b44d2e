"""A panel for a family of recipes: the form on the left, a tab per run in the middle, and what one is looking at.

Atari, and the families after it, extend this with what only they have. Read first: `TrainingPanel.train`.
"""

import traceback
from contextlib import suppress
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, cast
from weakref import ref

from PySide6.QtCore import QEvent, QSignalBlocker, Qt
from PySide6.QtGui import QColor, QIcon, QPixmap
from PySide6.QtWidgets import (
    QApplication,
    QComboBox,
    QDoubleSpinBox,
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QScrollArea,
    QSpinBox,
    QStackedWidget,
    QTabWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)  # fmt: skip

from gui.actions import Action, ActionSet, numbered
from gui.bridge import SessionBridge
from gui.dialogs import ContinueDialog
from gui.page import Page, Sidebar
from gui.page_tabs import COPY, PAGE_MENU, SAVE
from gui.pages import page_class
from gui.panel import AppContext, Panel
from gui.settings import settings
from gui.theme import COLOURS, colour, faint
from gui.widgets.config_form import ConfigForm
from gui.widgets.data_edit import DataEdit
from gui.widgets.dismantle import dismantle
from gui.widgets.transport import MENU, TRANSPORT_ACTIONS
from lab import registry
from lab.config import data_kinds
from lab.data.catalogue import check
from lab.errors import LabError, UsageError
from lab.flags import command_line
from lab.run import Run

if TYPE_CHECKING:
    from gui.run_tab import RunTab

MOST_REOPENED = 6
"""How many runs' tabs come back at the next start: each takes a moment to build."""


TRAIN = Action(
    "train", "Train", "Start a new run with these settings, in the background", lambda panel: panel.train_button.click(), "Ctrl+R", MENU
)
COPY_COMMAND = Action(
    "copy_command", "Copy as command line", "Copy the `lab train` line that makes the same run",
    lambda panel: panel.copy_command(), "Ctrl+Shift+C", MENU,
)  # fmt: skip
OPEN_DATA = Action(
    "open_data", "Train on your own data…", "Choose files or folders of your own to train on", lambda panel: panel.open_data(),
    "Ctrl+O", MENU,
)  # fmt: skip
CLOSE_TAB = Action(
    "close_tab", "Close tab", "Close the run in front; if it is training, it is stopped and saved",
    lambda panel: panel.close_tab(panel.tabs.currentIndex()), "Ctrl+W", MENU,
)  # fmt: skip
MOST_PAGES = 16
"""How many pages the menu can list; there are shortcuts for the first nine."""


def page_action(index: int) -> Action:
    return Action(
        f"page_{index + 1}", f"Page {index + 1}", f"Show page {index + 1} of the run in front", lambda panel: panel.in_pages("go_to", index),
        numbered("Ctrl+Shift", index), PAGE_MENU,
    )  # fmt: skip


PAGE_ACTIONS = (
    *map(page_action, range(MOST_PAGES)),
    Action(
        "next_page", "Next page", "Show the next page of the run in front", lambda panel: panel.in_pages("step", 1),
        "Ctrl+PgDown", PAGE_MENU, separator=True,
    ),
    Action("previous_page", "Previous page", "Show the previous page of the run in front", lambda panel: panel.in_pages("step", -1), "Ctrl+PgUp", PAGE_MENU),
    COPY, SAVE,
)  # fmt: skip


class TrainingPanel(Panel):
    """Trains the recipes of `family`."""

    ACTIONS: ClassVar[tuple[Action, ...]] = (TRAIN, *TRANSPORT_ACTIONS, COPY_COMMAND, OPEN_DATA, CLOSE_TAB, *PAGE_ACTIONS)

    family = ""
    whole: ClassVar[bool] = False
    """Whether stored runs answer with their data, not with their serving weights alone."""
    first_recipe = ""
    """The recipe that the form shows at the very first start; the family's last unless given."""
    empty_text = "No run is open. Set what to train on the left and press Train."

    def __init__(self, context: AppContext):
        super().__init__(context)
        self.recipes = {name: recipe for name, recipe in registry.recipes().items() if recipe.family == self.family}
        self.build_form()
        self.tabs = QTabWidget(tabsClosable=True, movable=True, documentMode=True)
        self.tabs.tabCloseRequested.connect(self.close_tab)
        self.tabs.currentChanged.connect(lambda _: self.run_changed())
        self.empty = QLabel(self.empty_text, alignment=Qt.AlignmentFlag.AlignCenter, wordWrap=True)
        self.empty.setContentsMargins(60, 0, 60, 0)
        self.stack = QStackedWidget()
        self.stack.addWidget(self.empty)
        self.stack.addWidget(self.tabs)
        self.setCentralWidget(self.stack)
        self.settings_dock = self.add_dock("Settings", self.form_page, Qt.DockWidgetArea.LeftDockWidgetArea)
        self.about_dock = self.add_dock("What am I looking at?", self.about_page(), Qt.DockWidgetArea.LeftDockWidgetArea)
        self.tabifyDockWidget(self.settings_dock, self.about_dock)
        self.settings_dock.raise_()
        self.resizeDocks([self.settings_dock], [280], Qt.Orientation.Horizontal)
        context.run_folders.moved.connect(self.follow_run)
        self.page_actions: dict[type[Page | Sidebar], ActionSet] = {}
        for kind in self.page_classes():
            self.add_page_actions(kind)
        self.load_last()
        self.show_about()
        self.show_page_actions()

    # -- parts -----------------------------------------------------------------------------------------------------

    def build_form(self) -> None:
        self.recipe_box = QComboBox(toolTip="The recipe: an algorithm with its defaults")
        for recipe in self.recipes.values():
            self.recipe_box.addItem(recipe.name)
            self.recipe_box.setItemData(self.recipe_box.count() - 1, recipe.about, Qt.ItemDataRole.ToolTipRole)
        self.recipe_about = QLabel(wordWrap=True)
        faint(self.recipe_about)
        self.form = ConfigForm()
        self.length_unit = QComboBox(toolTip="Train for a number of steps or minutes")
        self.length_unit.addItems(["steps", "minutes"])
        self.steps = QSpinBox(minimum=1, maximum=2_000_000_000, groupSeparatorShown=True, singleStep=10_000)
        self.minutes = QDoubleSpinBox(minimum=0.1, maximum=100_000, value=30, decimals=1)
        self.minutes.hide()
        self.device = QComboBox(toolTip="Device to train on; auto uses the GPU if there is one")
        self.device.addItems(["auto", "cpu", "cuda"])
        self.train_button = QPushButton("Train", toolTip=TRAIN.tooltip)
        self.train_button.setDefault(True)
        self.copy_button = QToolButton(text=COPY_COMMAND.text, toolTip=COPY_COMMAND.tooltip)
        length = QHBoxLayout()
        for widget in (self.length_unit, self.steps, self.minutes, self.device):
            length.addWidget(widget, 1 if widget in (self.steps, self.minutes) else 0)
        self.form_page = QWidget()
        self.form_layout = QVBoxLayout(self.form_page)
        for part in (self.recipe_box, self.recipe_about):
            self.form_layout.addWidget(part)
        self.form_layout.addWidget(self.form, 1)
        self.form_layout.addLayout(length)
        self.form_layout.addWidget(self.train_button)
        self.form_layout.addWidget(self.copy_button)
        self.recipe_box.currentTextChanged.connect(self.choose_recipe)
        self.length_unit.currentTextChanged.connect(self.choose_length)
        self.form.changed.connect(self.form_changed)
        self.train_button.clicked.connect(self.train)
        self.copy_button.clicked.connect(self.copy_command)

    def about_page(self) -> QWidget:
        text = self.about_label = QLabel(wordWrap=True, alignment=Qt.AlignmentFlag.AlignTop, openExternalLinks=True)
        text.setTextInteractionFlags(Qt.TextInteractionFlag.TextBrowserInteraction)
        text.setContentsMargins(8, 8, 8, 8)
        scroll = QScrollArea(widgetResizable=True)
        scroll.setFrameShape(QScrollArea.Shape.NoFrame)
        scroll.setWidget(text)
        return scroll

    @property
    def session_menu(self) -> QMenu:
        """Training: what can be done with the form and with the run in front."""
        return self.action_set.menu(MENU)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "page_actions"):
            self.about_label.clear()  # Links keep the colour of the palette in which they were written.
            self.show_about()

    def show_about(self) -> None:
        """Explain the recipe of the run in front, or of the form where there is none."""
        run = self.current_run()
        recipe = run.recipe if run is not None else self.recipes[self.recipe_box.currentText()]
        self.about_label.setText(recipe.config_class().explanation or f"<h3>{escape(recipe.name)}</h3><p>{escape(recipe.about)}</p>")

    # -- pages -----------------------------------------------------------------------------------------------------

    @classmethod
    def page_classes(cls) -> list[type[Page]]:
        """The pages that the family's recipes ask for, each once."""
        recipes = (recipe for recipe in registry.recipes().values() if recipe.family == cls.family)
        return [page_class(name) for name in dict.fromkeys(name for recipe in recipes for name in recipe.config_class().pages)]

    @classmethod
    def every_action(cls) -> tuple[Action, ...]:
        kinds = cls.page_classes()
        sidebars = dict.fromkeys(kind.sidebar for kind in kinds if kind.sidebar is not None)
        parts: list[type[Page] | type[Sidebar]] = [*sidebars, *kinds]
        return (*cls.ACTIONS, *(action for part in parts for action in part.ACTIONS))

    def add_page_actions(self, kind: type[Page]) -> None:
        """A scope for the page's actions, within that of its sidebar: they act on the page of the run in front."""
        outer = self.action_set
        if kind.sidebar is not None:
            if kind.sidebar not in self.page_actions:
                self.page_actions[kind.sidebar] = self.scope(kind.sidebar, outer)
            outer = self.page_actions[kind.sidebar]
        self.page_actions[kind] = self.scope(kind, outer)

    def scope(self, kind: type[Page] | type[Sidebar], outer: ActionSet) -> ActionSet:
        made, panel = ActionSet(getattr(kind, "title", kind.__name__), outer, self), ref(self)

        def owner() -> Any:
            here = panel()
            return None if here is None else here.in_front_of(kind)

        made.extend(kind.ACTIONS, owner)
        return made

    def in_front_of(self, kind: type[Page] | type[Sidebar]) -> Page | Sidebar | None:
        """The page, or the sidebar, of that class that is in front."""
        tab = self.current_tab()
        page = tab.page_tabs.page if tab is not None else None
        if tab is None or page is None:
            return None
        return page if type(page) is kind else tab.page_tabs.sidebars[kind] if page.sidebar is kind else None

    def in_pages(self, what: str, *arguments: int) -> None:
        """Do something with the pages of the run in front."""
        tab = self.current_tab()
        if tab is not None:
            getattr(tab.page_tabs, what)(*arguments)

    def menus(self) -> list[QMenu]:
        return [*super().menus(), *(menu for scope in self.page_actions.values() for menu in scope.top_menus())]

    def set_in_front(self, on: bool) -> None:
        super().set_in_front(on)
        self.show_page_actions()

    def show_page_actions(self) -> None:
        """Offer the actions of the page in front, and no other page's."""
        tab = self.current_tab()
        titles = tab.page_tabs.titles() if tab is not None else []
        for index in range(MOST_PAGES):
            action = self.action_set[page_action(index).id]
            action.setVisible(index < len(titles))
            action.setText(titles[index] if index < len(titles) else "")
        self.action_set.menu(PAGE_MENU).menuAction().setVisible(self.in_front and len(titles) > 1)
        for kind, scope in self.page_actions.items():
            here = self.in_front and self.in_front_of(kind) is not None
            scope.set_heard(here)
            for menu in scope.top_menus():
                menu.menuAction().setVisible(here)

    def run_changed(self) -> None:
        """Another run, or none, is in front."""
        self.show_about()
        self.show_page_actions()

    # -- the form --------------------------------------------------------------------------------------------------

    def choose_recipe(self, name: str) -> None:
        """Show another recipe's settings, keeping the values that were changed from the defaults."""
        recipe = self.recipes[name]
        kept = {}
        if self.form.config_class is not None:
            fields = self.form.config_class.model_fields
            kept = {key: value for key, value in self.form.values().items() if value != fields[key].default}
        self.form.set_config(recipe.config_class(), self.choices())
        if "data" in kept and not self.learns_from(str(kept["data"])):
            del kept["data"]
        self.form.set_values(kept)
        self.recipe_about.setText(recipe.about)
        self.steps.setValue(recipe.steps)
        self.show_about()

    def learns_from(self, data: str) -> bool:
        """Whether the recipe of the form can be trained on these data."""
        assert self.form.config_class is not None
        kinds = data_kinds(self.form.config_class.model_fields["data"]) if "data" in self.form.config_class.model_fields else []
        with suppress(ValueError):
            return not kinds or bool(check(data, *kinds, exists=False))
        return False

    def open_data(self) -> None:
        """Ask for files of one's own, or offer the ways to give some."""
        editor = self.form.rows["data"].editor if "data" in self.form.rows else None
        if not isinstance(editor, DataEdit) or not editor.own():
            self.context.say("This recipe does not train on files.")
        elif len(editor.own()) == 1:
            editor.ask(editor.own()[0])
        else:
            self.settings_dock.show()
            self.settings_dock.raise_()
            editor.showPopup()

    def choices(self) -> dict[str, tuple[str, ...]]:
        """Values to offer for text fields."""
        return {}

    def choose_length(self, unit: str) -> None:
        self.steps.setVisible(unit == "steps")
        self.minutes.setVisible(unit == "minutes")

    def form_changed(self) -> None:
        self.train_button.setEnabled(self.form.valid())
        self.copy_button.setEnabled(self.form.valid())

    def length(self) -> dict[str, int | float]:
        """How long to train, as `lab.api` takes it."""
        return {"steps": self.steps.value()} if self.length_unit.currentText() == "steps" else {"minutes": self.minutes.value()}

    def command(self) -> str:
        """The form as a `lab train` line."""
        length = self.length()
        steps = None if length.get("steps") == self.recipes[self.recipe_box.currentText()].steps else self.steps.value()
        options = {"steps": steps} if "steps" in length else {"minutes": self.minutes.value()}
        return command_line(self.recipe_box.currentText(), self.form.config(), device=self.device.currentText(), **options)

    def copy_command(self) -> None:
        if self.form.valid():
            QApplication.clipboard().setText(self.command())
            self.context.say(f"Copied: {self.command()}")

    def clone(self, run: Run) -> None:
        """Put a run's settings into the form."""
        self.recipe_box.setCurrentText(run.recipe.name)
        self.form.reset()
        self.form.set_values(run.config().model_dump())
        if run.stored.get("minutes"):
            self.length_unit.setCurrentText("minutes")
            self.minutes.setValue(run.stored["minutes"])
        elif run.stored.get("steps"):
            self.length_unit.setCurrentText("steps")
            self.steps.setValue(run.stored["steps"])
        self.settings_dock.show()
        self.settings_dock.raise_()
        self.context.say(f"Copied the settings of {run.name} into the form.")

    # -- sessions --------------------------------------------------------------------------------------------------

    def train(self) -> None:
        """Start a new run."""
        try:
            fields = self.form.config().model_dump()
        except UsageError as error:
            self.context.report(str(error), "")
            return
        self.train_button.setEnabled(False)
        self.context.say("Starting a run…")
        options = {**self.length(), "device": self.device.currentText()}
        self.context.sessions.start(self.recipe_box.currentText(), fields, self.started, self.not_started, **options)

    def resume(self, run: Run) -> None:
        """Resume a stored run up to its length; one that has reached it asks for how much longer."""
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
        tab = self.tab_of(run)
        if tab is not None:
            tab.transport.resume.setEnabled(on)

    def started(self, bridge: SessionBridge) -> None:
        self.train_button.setEnabled(self.form.valid())
        tab = self.tab_of(bridge.run) or self.add_tab(bridge.run)
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
        self.train_button.setEnabled(self.form.valid())
        self.context.say("The run was not started.")
        self.context.report(*describe(error))

    # -- tabs ------------------------------------------------------------------------------------------------------

    def all_tabs(self) -> "list[RunTab]":
        return [cast("RunTab", self.tabs.widget(i)) for i in range(self.tabs.count())]

    def tab_of(self, run: Run) -> "RunTab | None":
        return next((tab for tab in self.all_tabs() if tab.run.path.resolve() == run.path.resolve()), None)

    def current_tab(self) -> "RunTab | None":
        return cast("RunTab | None", self.tabs.currentWidget())

    def current_run(self) -> Run | None:
        tab = self.current_tab()
        return tab.run if tab is not None else None

    def add_tab(self, run: Run) -> "RunTab":
        from gui.run_tab import RunTab  # With curves, whose library the first window need not wait for.

        taken = [tab.colour for tab in self.all_tabs()]
        hue = min(map(colour, range(len(COLOURS))), key=taken.count)
        tab = RunTab(run, self.context, hue, self.whole)
        tab.page_tabs.page_changed.connect(self.show_page_actions)
        tab.settings_wanted.connect(self.clone)
        tab.resume_wanted.connect(self.resume)
        title, titles = literal(short_name(run)), [self.tabs.tabText(i) for i in range(self.tabs.count())]
        if title in titles:  # Of the same minute.
            title = literal(short_name(run, seconds=True))
        index = self.tabs.addTab(tab, dot(hue), title)
        self.tabs.setTabToolTip(index, escape(f"{run.name}\n{run.path}").replace("\n", "<br>"))
        self.stack.setCurrentWidget(self.tabs)
        return tab

    def open_run(self, run: Run) -> None:
        """Show a run: its session's tab if it trains here, else as it is stored."""
        tab = self.tab_of(run)
        if tab is None:
            tab = self.add_tab(run)
            bridge = self.context.sessions.of_run(run.path)
            if bridge is not None:
                tab.set_bridge(bridge)
        self.tabs.setCurrentWidget(tab)

    def close_tab(self, index: int) -> None:
        """Close a run's tab; its session stops with a checkpoint."""
        tab = cast("RunTab | None", self.tabs.widget(index))
        if tab is None:
            return
        self.tabs.removeTab(index)
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
        tab = self.tab_of(run)
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

    def on_transport(self, name: str) -> None:
        """Press a button of the run in front, if it is one that can be pressed."""
        tab = self.current_tab()
        if tab is None:
            return
        button: QToolButton = getattr(tab.transport, name)
        if button.isVisible() and button.isEnabled():
            button.click()

    # -- what is remembered ----------------------------------------------------------------------------------------

    def load_last(self) -> None:
        """The recipe and settings of the last start."""
        store = settings()
        name = str(store.value(f"{self.name}/recipe", self.first_recipe or next(reversed(self.recipes))))
        with QSignalBlocker(self.recipe_box):  # A form of thirty fields takes a while to build: once is enough.
            self.recipe_box.setCurrentText(name if name in self.recipes else next(iter(self.recipes)))
        self.choose_recipe(self.recipe_box.currentText())
        last = store.value(f"{self.name}/values")
        if isinstance(last, str):
            import json

            values = None
            with suppress(ValueError):  # A settings file that somebody wrote in.
                values = json.loads(last)
            if isinstance(values, dict):
                self.form.set_values(values)
        self.length_unit.setCurrentText(str(store.value(f"{self.name}/length", "steps")))

    def reopen(self) -> None:
        """The runs whose tabs were open, as they are stored, where they are still there."""
        import json

        with suppress(ValueError, TypeError):  # A settings file that somebody wrote in.
            for path in json.loads(str(settings().value(f"{self.name}/tabs", "[]"))):
                with suppress(LabError):
                    self.open_run(Run(Path(path)))

    def remember(self) -> None:
        import json

        store = settings()
        if self.reopened:
            front = self.current_run()
            runs = [tab.run for tab in self.all_tabs() if not tab.run.shipped][-MOST_REOPENED:] + ([front] if front is not None else [])
            store.setValue(f"{self.name}/tabs", json.dumps([str(run.path.resolve()) for run in runs]))
        store.setValue(f"{self.name}/recipe", self.recipe_box.currentText())
        assert self.form.config_class is not None
        fields = self.form.config_class.model_fields
        changed = {key: value for key, value in self.form.values().items() if value != fields[key].default}
        store.setValue(f"{self.name}/values", json.dumps(changed))
        store.setValue(f"{self.name}/length", self.length_unit.currentText())

    def shut(self) -> None:
        for tab in self.all_tabs():
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


def dot(hue: str) -> QIcon:
    """A small square of a session's colour."""
    pixmap = QPixmap(10, 10)
    pixmap.fill(QColor(hue))
    return QIcon(pixmap)


def literal(text: str) -> str:
    """A text for a tab or a menu, in which Qt takes a lone & for a shortcut's mark."""
    return text.replace("&", "&&")


def short_name(run: Run, seconds: bool = False) -> str:
    """`dqn-fast-pong-s0-20260101-120000` -> dqn-fast pong s0 12:00, or 12:00:00; a run that somebody has named keeps that name."""
    if run.shipped:
        return f"{run.name} (shipped)"
    if not run.name.startswith(f"{run.recipe.name}-{run.stored.get('subject', '')}-s"):
        return run.name
    created = str(run.stored.get("created", ""))[11 : 19 if seconds else 16]
    return f"{run.recipe.name} {run.stored.get('subject', '')} s{run.stored['config'].get('seed', 0)} {created}"
