"""Recipes, views' parameters and shipped agents by name, found lazily: listing them imports neither torch nor Qt."""

import importlib
import inspect
import json
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from lab.config import Config, flag
from lab.errors import UsageError, unknown


@dataclass(frozen=True)
class Recipe:
    """A name, where its config and its experiment live (`module:Class`), and how long it trains unless told otherwise."""

    name: str
    family: str
    about: str
    config_path: str
    experiment_path: str
    steps: int

    def config_class(self) -> type[Config]:
        return load(self.config_path)

    def experiment_class(self) -> Any:
        return load(self.experiment_path)


BUILT_IN = (
    Recipe("dqn", "Atari", "DQN with experience replay, the published settings (Mnih et al. 2015).",
           "agents.dqn_config:DQNConfig", "agents.dqn:DQN", 2_000_000),
    Recipe("dqn-fast", "Atari", "Double, dueling, n-step DQN with prioritised replay, tuned to learn soonest.",
           "agents.dqn_config:DQNFastConfig", "agents.dqn:DQN", 400_000),
    Recipe("linear", "Vision", "A linear classifier: each row of W is a template one can look at.",
           "lab.recipes.linear_config:LinearConfig", "lab.recipes.linear:Linear", 3_000),
)  # fmt: skip

SHIPPED = ("agents/pretrained",)
"""Folders beside this package that hold shipped agents, one sub-folder each."""


def load(path: str) -> Any:
    """The object at `module:name`."""
    module, _, name = path.partition(":")
    return getattr(importlib.import_module(module), name)


def recipes() -> dict[str, Recipe]:
    """Every recipe by name: the built-in ones and those of the entry point group `lab.recipes` (each a `Recipe`)."""
    found = {recipe.name: recipe for recipe in BUILT_IN}
    for point in entry_points(group="lab.recipes"):
        found.setdefault(point.name, point.load())
    return found


def recipe(name: str) -> Recipe:
    known = recipes()
    if name not in known:
        raise unknown("recipe", name, known)
    return known[name]


def shipped() -> dict[str, Path]:
    """Shipped agents by name: a folder with `config.json`, `serving.safetensors` and `metrics.jsonl`."""
    root = Path(__file__).resolve().parent.parent
    folders = (path for folder in SHIPPED for path in sorted((root / folder).glob("*/config.json")))
    return {path.parent.name: path.parent for path in folders}


def shipped_about(path: Path) -> str:
    """One line about a shipped agent: its recipe, its subject and its score."""
    stored = json.loads((path / "config.json").read_text())
    file = path / "evaluation.json"
    score = json.loads(file.read_text()) if file.exists() else {}
    mean = f", mean score {score['mean']:g} over {score['episodes']} episodes" if "mean" in score else ""
    return f"{stored['recipe']} on {stored['subject']}{mean}"


def view_parameters(spec: Any, values: dict[str, Any]) -> dict[str, Any]:
    """Checked parameters of a view from strings or values. Raises UsageError that names the parameter."""
    checked = {}
    for name, value in values.items():
        name = name.replace("-", "_")
        if name not in spec.parameters:
            raise unknown(f"parameter of view {spec.name}", name, spec.parameters, see="lab show RUN")
        annotation = spec.parameters[name].annotation
        try:
            checked[name] = TypeAdapter(Any if annotation is inspect.Parameter.empty else annotation).validate_python(value)
        except ValidationError as error:
            raise UsageError(f"{flag(name)} {error.errors()[0]['msg']}, got {value!r}.") from None
    return checked
