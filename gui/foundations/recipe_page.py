"""A page over one recipe whose settings are changed by starting again: the maps and the Boltzmann machines."""

from typing import Any, ClassVar

from gui.foundations.controls import Choices
from gui.foundations.foundation_page import LivePage
from lab import registry
from lab.registry import load


class RecipePage(LivePage):
    """Holds `config`; `change` sets settings and starts again. `drawing` is `module:function` of what is shown of the experiment."""

    drawing: ClassVar[str] = ""
    first: ClassVar[dict[str, Any]] = {}
    """Settings with which the page comes up."""

    def __init__(self, parent: Any = None):
        self.config = registry.recipe(self.recipe).config_class().parse(self.first)
        self.frame: Any = None
        self.rows: Choices | None = None
        super().__init__(parent)

    def make(self) -> Any:
        import torch

        return registry.recipe(self.recipe).experiment_class()(self.config, torch.device("cpu"))

    def draw(self, experiment: Any) -> Any:
        return load(self.drawing)(experiment)

    def change(self, **fields: Any) -> None:
        """Set settings, and start again."""
        self.config = self.config.parse({**self.config.model_dump(), **fields})
        self.show_settings()
        self.sandbox.do(lambda _: self.make())
        self.edited.emit()

    def show_settings(self) -> None:
        """The controls as the settings are."""
        if self.rows is not None:
            self.rows.show_values(self.config.model_dump())

    def restart(self) -> None:
        self.change(seed=self.config.seed + 1)
