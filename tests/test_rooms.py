"""Which room may import which, and that nothing is ever unpickled."""

import ast
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
    "pattern",
    [r"^\s*(import|from)\s+(pickle|dill|joblib|shelve|marshal)\b", r"\btorch\.load\((?!.*weights_only=True)", r"allow_pickle=True"],
)
def test_nothing_in_the_sources_unpickles(pattern: str) -> None:
    assert SOURCES
    offenders = [
        f"{path.relative_to(ROOT)}: {line}" for path in SOURCES for line in path.read_text().splitlines() if re.search(pattern, line)
    ]
    assert offenders == []


def test_variables_are_called_by_what_they_hold() -> None:
    vague = {"found", "looked", "stuff", "tmp"}
    files = [*SOURCES, *sorted((ROOT / "tests").rglob("*.py")), *sorted((ROOT / "benchmarks").rglob("*.py"))]
    names = {path: {node.id for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Name)} for path in files}
    assert {str(path.relative_to(ROOT)): both for path in files if (both := names[path] & vague)} == {}


def test_no_imports_go_in_circles() -> None:
    """Deferred imports, inside functions or for type checking, count as well."""
    edges = {module: imported(module, path) for module, path in MODULES.items()}
    assert circles(edges) == []


def test_a_circle_is_found_by_hand() -> None:
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"a", "d"}, "d": set()}) == [["a", "b", "c"]]
    assert circles({"a": {"b", "c"}, "b": {"c"}, "c": set()}) == []


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_name(path): path for path in SOURCES}


def imported(module: str, path: Path) -> set[str]:
    """The modules of the project that a file imports anywhere in it."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {name if (name := f"{node.module}.{alias.name}") in MODULES else node.module for alias in node.names}
    return names & set(MODULES) - {module}


def circles(edges: dict[str, set[str]]) -> list[list[str]]:
    """The groups of modules that import each other, directly or by way of others."""
    reached = {module: reachable(module, edges) for module in edges}
    groups = {frozenset(other for other in reached[module] if module in reached[other]) for module in edges if module in reached[module]}
    return sorted(sorted(group) for group in groups)


def reachable(module: str, edges: dict[str, set[str]]) -> set[str]:
    reached: set[str] = set()
    waiting = [module]
    while waiting:
        new = edges[waiting.pop()] - reached
        reached |= new
        waiting += new
    return reached
