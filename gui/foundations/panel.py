"""The Foundations panel: pages that run by themselves in the first tab, and behind it the runs that are trained from them."""

from dataclasses import replace
from typing import Any, ClassVar

from gui.actions import Action
from gui.foundations.home import Home, page_classes
from gui.page_scopes import page_action
from gui.page_tabs import PAGE_MENU
from gui.panel import AppContext
from gui.training_panel import TrainingPanel
from gui.widgets.transport import MENU
from lab.registry import Recipe, recipe

RESTART = Action(
    "restart",
    "Restart",
    "Start the page in front again from new weights",
    lambda panel: panel.on_transport("restart"),
    "Ctrl+Alt+E",
    MENU,
)
BUTTONS = {"pause": "play", "step": "step", "restart": "restart"}
"""The buttons of a page that actions of training press, where no run is in front."""
TITLED = {
    page_action(i).id: replace(page_action(i), text=kind.title, tip=f"{kind.title}: {kind.tip}") for i, kind in enumerate(page_classes())
}
"""The actions that bring a page to the front."""


class FoundationsPanel(TrainingPanel):
    """The form and what one is looking at stand beside runs alone: the pages have the whole room and controls of their own."""

    name = "Foundations"
    family = "Foundations"
    ACTIONS: ClassVar[tuple[Action, ...]] = (*(TITLED.get(action.id, action) for action in TrainingPanel.ACTIONS), RESTART)
    whole: ClassVar[bool] = True
    first_recipe = "playground"

    def __init__(self, context: AppContext):
        super().__init__(context)
        self.home = Home(self.history)
        self.home.run_wanted.connect(self.train_as_run)
        self.home.stack.currentChanged.connect(lambda _: self.show_about())
        self.tabs.set_home(self.home, "Pages", "Pages that run by themselves")
        self.stack.setCurrentWidget(self.tabs)
        self.tabs.setCurrentWidget(self.home)
        self.show_docks()

    def run_changed(self) -> None:
        super().run_changed()
        self.show_docks()

    def explained(self) -> Recipe:
        """The recipe of the page in front, where no run is."""
        on_pages = self.current_run() is None and hasattr(self, "home")
        return recipe(self.home.front.recipe) if on_pages else super().explained()

    def entered(self) -> None:
        self.show_docks()

    def show_docks(self) -> None:
        """The docks belong to runs."""
        shown = self.current_run() is not None
        for dock in (self.settings_dock, self.about_dock):
            if not self.put_away:
                dock.setVisible(shown)
        if shown:
            self.settings_dock.raise_()
        self.tabs.tabBar().setVisible(self.tabs.count() > 1)

    def in_pages(self, what: str, *arguments: int) -> None:
        if what == "go_to":
            self.tabs.setCurrentWidget(self.home)
        if what in ("go_to", "step") and self.tabs.currentWidget() is self.home:
            getattr(self.home, what)(*arguments)
        else:
            super().in_pages(what, *arguments)

    def on_transport(self, name: str) -> None:
        if self.tabs.currentWidget() is not self.home:
            super().on_transport(name)
        elif name in BUTTONS:
            self.home.front.press(BUTTONS[name])

    def show_page_actions(self) -> None:
        """The pages can be gone to by name, from a run too."""
        super().show_page_actions()
        for name, action in TITLED.items():
            self.action_set[name].setVisible(True)
            self.action_set[name].setText(action.text)
        self.action_set.menu(PAGE_MENU).menuAction().setVisible(self.in_front)

    def open_first_example(self) -> None:
        """The pages move by themselves."""

    def reopen(self) -> None:
        super().reopen()
        self.tabs.setCurrentWidget(self.home)

    def train_as_run(self, name: str, fields: dict[str, Any]) -> None:
        """Train a page's settings as a run."""
        self.context.say("Starting a run…")
        self.context.sessions.start(name, fields, self.started, self.not_started, steps=recipe(name).steps)

    def request_shut(self) -> None:
        self.home.request_shut()

    def busy(self) -> bool:
        return self.home.busy()

    def shut(self) -> None:
        self.home.shut()
        super().shut()
