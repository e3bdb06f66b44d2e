"""Networks by name: `models.catalog()` lists them, `models.build("nature-dqn", actions=6)` makes one.

This room holds nn.Modules and the maths that belongs to them; it knows nothing of files, threads, training and screens.
"""

import difflib
import importlib
from functools import partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import nn

CATALOG: dict[str, tuple[str, dict[str, Any], str]] = {
    "nature-dqn": ("models.q_network:QNetwork", {}, "Q network of Mnih et al. 2015"),
    "dueling-dqn": ("models.q_network:QNetwork", {"dueling": True}, "the same with value and advantage streams (Wang et al. 2016)"),
    "linear": ("models.vision.linear:LinearClassifier", {}, "one dense layer from pixels to class scores"),
}


def catalog() -> dict[str, str]:
    """Every network's name with one line about it."""
    return {name: about for name, (_, _, about) in CATALOG.items()}


def build(name: str, **arguments: Any) -> "nn.Module":
    """The network `name`, built with `arguments`. Raises ValueError for an unknown name or argument."""
    if name not in CATALOG:
        near = difflib.get_close_matches(name, CATALOG, n=3)
        raise ValueError(f"no network {name!r}" + (f"; did you mean {' or '.join(near)}?" if near else f"; there are {', '.join(CATALOG)}"))
    path, defaults, _ = CATALOG[name]
    module, _, attribute = path.partition(":")
    try:
        return partial(getattr(importlib.import_module(module), attribute), **defaults)(**arguments)
    except TypeError as error:
        raise ValueError(f"{name}: {error}") from None
