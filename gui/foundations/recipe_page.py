"""A page over one recipe whose settings are changed by starting again: the maps and the Boltzmann machines."""

from typing import Any, ClassVar

from gui.foundations.foundation_page import LivePage
from lab import registry
from lab.config import Config
from lab.registry import load


class RecipePage(LivePage):
    """Holds `config`; `change` sets settings and starts again. `drawing` is `module:function` of what is shown of the experiment."""

    drawing: ClassVar[str] = ""
    first: ClassVar[dict[str, Any]] = {}
    """Settings with which the page comes up."""

    def __init__(self, parent: Any = None):
        self.config: Config = registry.recipe(self.recipe).config_class().parse(self.first)
        self.frame: Any = None
        super().__init__(parent)

    def make(self) -> Any:
        import torch

        return registry.recipe(self.recipe).experiment_class()(self.config, torch.device("cpu"))

    def draw(self, experiment: Any) -> Any:
        return load(self.drawing)(experiment)

    def fields(self) -> dict[str, Any]:
        """The settings that differ from the recipe's own."""
        first = type(self.config)()
        return {name: value for name, value in self.config.model_dump().items() if value != getattr(first, name)}

    def change(self, **fields: Any) -> None:
        """Set settings, and start again."""
        self.config = self.config.parse({**self.config.model_dump(), **fields})
        self.sandbox.do(lambda _: self.make())

    def restart(self) -> None:
        self.change(seed=self.config.seed + 1)
