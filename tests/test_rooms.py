"""Which room may import which, and that nothing is ever unpickled."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SOURCES = [path for room in ("lab", "agents", "models", "gui") for path in sorted((ROOT / room).rglob("*.py"))]


def test_rooms_import_only_what_the_design_allows() -> None:
    # A process of its own: import-linter switches off the loggers of the one that it runs in.
    done = subprocess.run([Path(sys.executable).parent / "lint-imports"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    "pattern", [r"^\s*(import|from)\s+(pickle|dill|joblib|shelve|marshal)\b", r"\btorch\.load\(", r"allow_pickle=True"]
)
def test_nothing_in_the_sources_unpickles(pattern: str) -> None:
    assert SOURCES
    found = [f"{path.relative_to(ROOT)}: {line}" for path in SOURCES for line in path.read_text().splitlines() if re.search(pattern, line)]
    assert found == []
