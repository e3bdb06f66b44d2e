"""The splits of a data set, each loaded when it is first wanted."""

import threading
from collections.abc import Callable
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class Splits(Generic[T]):
    """`splits("train")` is what `load("train")` gives, loaded once by whichever thread asks first."""

    def __init__(self, load: Callable[[Any], T]):
        self.load = load
        self.loaded: dict[str, T] = {}
        self.lock = threading.Lock()

    def __call__(self, name: str) -> T:
        with self.lock:
            if name not in self.loaded:
                self.loaded[name] = self.load(name)
            return self.loaded[name]
