"""One spacing grid and one scale of text: no file but gui/theme.py says how many pixels lie between things, or how large words are."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import gui

ROOT = Path(gui.__file__).parent
SPACES = {"setContentsMargins", "setSpacing", "setHorizontalSpacing", "setVerticalSpacing", "setMargin"}
SIZES = {"setPointSize", "setPointSizeF", "setPixelSize", "setTextSize"}


def literals(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Where a call of `tree` gives a space or a size of text as a number of its own; 0 is none."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            numbers = [value for value in (*node.args, *(word.value for word in node.keywords)) if isinstance(value, ast.Constant)]
            gaps = [word.value for word in node.keywords if word.arg == "gap" and isinstance(word.value, ast.Constant)]
            if name in SPACES and any(number.value for number in numbers):
                yield node.lineno, name
            if any(gap.value for gap in gaps):
                yield node.lineno, "gap"
            if name in SIZES or (name == "QFont" and any(isinstance(number.value, int) for number in numbers)):
                yield node.lineno, name
        elif (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and re.search(r"(padding|margin|font-size):[^;]*[1-9]\d*p[xt]", node.value)
        ):
            yield node.lineno, "a style sheet"


def test_spaces_and_sizes_of_text_are_those_of_the_theme() -> None:
    wrong = {
        f"{path.relative_to(ROOT)}:{line}: {name}"
        for path in ROOT.rglob("*.py")
        if path.name != "theme.py"
        for line, name in literals(ast.parse(path.read_text(encoding="utf-8")))
    }
    assert not wrong, "\n".join(sorted(wrong))


def test_a_number_of_its_own_is_found() -> None:
    """The negative control."""
    text = "a.setSpacing(3)\nb.setContentsMargins(0, 0, 5, 0)\nFlowLayout(gap=6)\nfont.setPointSizeF(9.5)\nx = 'padding: 3px'\nc.setSpacing(0)\n"
    assert [name for _, name in sorted(literals(ast.parse(text)))] == [
        "setSpacing",
        "setContentsMargins",
        "gap",
        "setPointSizeF",
        "a style sheet",
    ]
