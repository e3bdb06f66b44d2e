import sys
from pathlib import Path

import pytest

from lab import registry

sys.path.insert(0, str(Path(__file__).parent))

import toy


@pytest.fixture(autouse=True)
def toy_recipe(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "BUILT_IN", (*registry.BUILT_IN, toy.RECIPE))
