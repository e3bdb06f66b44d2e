"""The Foundations panel: pages that run by themselves in the first tab, and behind it the runs that are trained from them."""

from typing import Any, ClassVar

from gui.foundations.home import Home
from gui.panel import AppContext
from gui.training_panel import TrainingPanel
from lab.registry import recipe


class FoundationsPanel(TrainingPanel):
    """The form and what one is looking at stand beside runs alone: the pages have the whole room and controls of their own."""

    name = "Foundations"
    family = "Foundations"
    whole: ClassVar[bool] = True
    first_recipe = "playground"

    def __init__(self, context: AppContext):
        super().__init__(context)
        self.home = Home()
        self.home.run_wanted.connect(self.train_as_run)
        self.tabs.set_home(self.home, "Pages", "Pages that run by themselves")
        self.stack.setCurrentWidget(self.tabs)
        self.tabs.setCurrentWidget(self.home)
        self.show_docks()

    def run_changed(self) -> None:
        super().run_changed()
        self.show_docks()

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
