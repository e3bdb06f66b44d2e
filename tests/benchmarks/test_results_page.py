"""A figure's row is measured by a command, added to its family's table, and replaced by the next run."""

import json
import shlex
import sys
from pathlib import Path

import pytest

from benchmarks import record

PAGE = """# Results

## Vision

Digits.

| figure | value | key | bar | command | commit | machine | date |
|---|---|---|---|---|---|---|---|
| other | 1 | `a` | | `x` | abc | here | 2026-01-01 |

More words.

## Empty
"""


@pytest.fixture
def page(tmp_path: Path) -> Path:
    file = tmp_path / "results.md"
    file.write_text(PAGE)
    return file


def printing(*documents: object) -> str:
    program = f"print('round 1: {{x}}'); print('{chr(10).join(map(json.dumps, documents))}')".replace("\n", "\\n")
    return f"{shlex.quote(sys.executable)} -c {shlex.quote(program)}"


def rows(page: Path) -> list[str]:
    return [line for line in page.read_text().splitlines() if line.startswith("|")]


def test_a_row_is_added_behind_the_others_and_the_next_run_replaces_it(page: Path) -> None:
    arguments = ["--file", str(page), "Vision", "accuracy, digits"]
    record.main([*arguments, "--key", "test.accuracy", "--bar", "98 %", "--", printing({"other": 1}, {"test": {"accuracy": 0.98321}})])
    lines = rows(page)
    assert len(lines) == 4
    assert lines[2].startswith("| other | 1 |")
    assert lines[3].startswith("| accuracy, digits | 0.9832 | `test.accuracy` | 98 % | `")
    text = page.read_text()
    assert text.index("accuracy, digits") < text.index("More words.")

    page.write_text(text.replace("0.98321", "0.5"))  # The row's own command, as it stands on the page.
    record.main(arguments)
    assert len(rows(page)) == 4
    assert rows(page)[3].startswith("| accuracy, digits | 0.5 | `test.accuracy` | 98 % | `")


@pytest.mark.parametrize("family", ["Empty", "New"])
def test_a_family_without_a_table_gets_one(family: str, page: Path) -> None:
    record.main(["--file", str(page), family, "speed", "--key", "sps.1", "--", printing({"sps": [1, 30655.2]})])
    text = page.read_text()
    assert f"## {family}\n\n{record.HEADER[0]}\n{record.HEADER[1]}\n| speed | 30,655 | `sps.1` |" in text
    assert rows(page)[2].startswith("| other |")


def test_a_bar_and_a_pipe_survive_the_page() -> None:
    row = record.Row("a|b", "1", "k", "at least 2", "x | y", "c", "m", "d")
    assert record.parse(row.line()) == row


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["Vision", "new"], "give --key and a command"),
        (["Vision", "new", "--key", "b", "--", printing({"a": 1})], "no 'b': at 'b' there is a"),
        (["Vision", "new", "--key", "b", "--", "echo", "nothing"], "no JSON document"),
        (["Vision", "new", "--key", "b", "--", "exit 3"], "exit 3 failed"),
    ],
)
def test_what_cannot_be_measured_says_why_and_changes_nothing(arguments: list[str], words: str, page: Path) -> None:
    with pytest.raises(SystemExit, match=words):
        record.main(["--file", str(page), *arguments])
    assert page.read_text() == PAGE


def test_a_mean_is_taken_over_all_documents(page: Path) -> None:
    record.main(["--file", str(page), "Vision", "seeds", "--key", "mean(accuracy)", "--", printing({"accuracy": 0.5}, {"accuracy": 0.75})])
    assert rows(page)[3].startswith("| seeds | 0.625 | `mean(accuracy)` |")


def test_every_row_of_the_page_of_results_can_be_measured_once_more() -> None:
    lines = record.RESULTS.read_text().splitlines()
    families = [line.removeprefix("## ") for line in lines if line.startswith("## ")]
    rows = [record.parse(lines[i]) for family in families for i in record.table(lines, family)]
    assert len(rows) > 50
    for row in rows:
        assert "" not in (row.key, row.command, row.value), row.figure
