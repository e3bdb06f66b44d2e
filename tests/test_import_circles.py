"""No module leads back to itself by its imports, the deferred ones inside functions included: the rooms can be read from below."""

import ast
import sys
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MODULES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for room in ("models", "lab", "agents", "gui")
    for path in (ROOT / room).rglob("*.py")
}


def test_no_module_imports_itself_by_way_of_others() -> None:
    circles = {tuple(sorted(circle)) for module in MODULES if (circle := circle_through(module))}
    assert not circles


def test_a_circle_would_be_found(tmp_path: Path, monkeypatch) -> None:
    (tmp_path / "a.py").write_text("import b\n")
    (tmp_path / "b.py").write_text("def late():\n    from c import name\n")
    (tmp_path / "c.py").write_text("from a import other\n")
    monkeypatch.setattr(sys.modules[__name__], "MODULES", {name: tmp_path / f"{name}.py" for name in "abc"})
    imports.cache_clear()
    assert circle_through("a") == {"a", "b", "c"}
    imports.cache_clear()


def circle_through(module: str) -> set[str]:
    """The modules that `module` reaches and that reach it; empty where it is not among those it reaches."""
    return {other for other in reached(module) if module in reached(other)} if module in reached(module) else set()


def reached(module: str) -> set[str]:
    seen: set[str] = set()
    waiting = list(imports(module))
    while waiting:
        other = waiting.pop()
        if other not in seen:
            seen.add(other)
            waiting += imports(other)
    return seen


@cache
def imports(module: str) -> frozenset[str]:
    """The modules of ours that a module imports anywhere, but for its annotations' sake only."""
    tree = ast.parse(MODULES[module].read_text())
    typing_only = {id(node) for branch in ast.walk(tree) if is_typing(branch) for node in ast.walk(branch)}
    found = set()
    for node in ast.walk(tree):
        if id(node) in typing_only:
            continue
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {name if (name := f"{node.module}.{alias.name}") in MODULES else node.module for alias in node.names}
    return frozenset(found & MODULES.keys()) - {module}


def is_typing(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
