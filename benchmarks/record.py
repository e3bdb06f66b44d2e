"""Measure a figure and put it into docs/results.md: one row per figure, which the next run replaces.

    python benchmarks/record.py FAMILY FIGURE --key KEY [--bar BAR] -- COMMAND
    python benchmarks/record.py FAMILY FIGURE            # measure the row once more, by its own command
COMMAND prints JSON documents; KEY is a path in the last (accuracy, or gpt.ratio), or mean(accuracy) for the mean over all of them.
A command of one word is given to the shell:
    python benchmarks/record.py Vision "linear, digits" --key accuracy --bar "0.9" -- "lab train linear && lab eval last --json"
Commit, machine and date are added. What was tried, and did not help, goes to docs/log/.
"""

import argparse
import json
import os
import re
import shlex
import subprocess
import sys
from dataclasses import astuple, dataclass, fields, replace
from datetime import datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "docs" / "results.md"


@dataclass(frozen=True)
class Row:
    """A line of a family's table, its cells in the order of the columns."""

    figure: str
    value: str
    key: str
    bar: str
    command: str
    commit: str
    machine: str
    date: str

    def line(self) -> str:
        cells = [f"`{cell}`" if name in ("key", "command") and cell else cell for name, cell in zip(COLUMNS, astuple(self), strict=True)]
        return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


COLUMNS = [field.name for field in fields(Row)]
HEADER = ["| " + " | ".join(COLUMNS) + " |", "|" + "---|" * len(COLUMNS)]


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("family", help="a heading of the page: Atari, Generate, ...")
    parser.add_argument("figure", help="the row's name")
    parser.add_argument("--key", help="where the figure stands in the JSON document")
    parser.add_argument("--bar", help="what it should reach")
    parser.add_argument("--file", type=Path, default=RESULTS, help="the page of results")
    given = sys.argv[1:] if arguments is None else arguments
    cut = given.index("--") if "--" in given else len(given)
    options, words = parser.parse_args(given[:cut]), given[cut + 1 :]
    text = options.file.read_text(encoding="utf-8")
    old = find(text, options.family, options.figure)
    row = replace(
        old or Row(options.figure, "", "", "", "", "", "", ""),
        **{name: new for name, new in (("key", options.key), ("bar", options.bar), ("command", command_line(words))) if new},
    )
    if not row.key or not row.command:
        sys.exit(f"{options.family} has no row {options.figure!r} that could be repeated: give --key and a command.")
    value = shown(figure_of(measured(row.command), row.key))
    row = replace(row, value=value, commit=commit(), machine=machine(), date=datetime.now().date().isoformat())
    # Read once more: the command may have taken hours, in which other rows were recorded.
    options.file.write_text(put(options.file.read_text(encoding="utf-8"), options.family, row), encoding="utf-8")
    print(row.line())


def command_line(words: list[str]) -> str:
    return words[0] if len(words) == 1 else shlex.join(words)


def measured(command: str) -> list[Any]:
    """The JSON documents that a shell command prints, with this interpreter's `lab` and `python` first on the path."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, check=False, env={**os.environ, "PATH": path})
    if done.returncode:
        sys.exit(f"{command} failed:\n{done.stderr}")
    return documents(done.stdout)


def documents(text: str) -> list[Any]:
    """The JSON objects in a command's output, which may be spread over lines and stand between others."""
    decoder, parsed, position = json.JSONDecoder(), [], 0
    while (position := text.find("{", position)) >= 0:
        try:
            document, position = decoder.raw_decode(text, position)
            parsed.append(document)
        except ValueError:
            position += 1
    if not parsed:
        sys.exit("The command printed no JSON document; does it take --json?")
    return parsed


def figure_of(documents: list[Any], key: str) -> Any:
    """What stands at `key` in the last document; for mean(KEY) the mean over all of them."""
    mean = re.fullmatch(r"mean\((.+)\)", key)
    if not mean:
        return at(documents[-1], key)
    return sum(at(document, mean[1]) for document in documents) / len(documents)


def at(document: Any, key: str) -> Any:
    """The value at a path such as `dqn.ratio` or `rounds.0.sps`."""
    for part in key.split("."):
        try:
            document = document[int(part)] if isinstance(document, list) else document[part]
        except (KeyError, IndexError, ValueError, TypeError):
            there = ", ".join(map(str, document)) if isinstance(document, dict) else f"a {type(document).__name__}"
            sys.exit(f"The document has no {key!r}: at {part!r} there is {there}.")
    return document


def shown(value: Any) -> str:
    """Four significant digits, or all of a whole number; a list's values one after the other."""
    if isinstance(value, list):
        return " ".join(shown(each) for each in value)
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 10_000 else f"{value:.4g}"
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)


def commit() -> str:
    """The short commit, with + where tracked files differ from it."""
    git = ["git", "-C", str(ROOT)]
    name = subprocess.run([*git, "rev-parse", "--short=7", "HEAD"], capture_output=True, text=True, check=False).stdout.strip()
    changed = subprocess.run([*git, "status", "--porcelain", "-uno", "--", ":!docs"], capture_output=True, text=True, check=False).stdout
    return name + ("+" if changed.strip() else "")


def machine() -> str:
    import torch

    from lab.cores import cores
    from lab.device import cpu_name

    gpu = f", {torch.cuda.get_device_name()}" if torch.cuda.is_available() else ""
    return f"{cores()} cores of {cpu_name()}{gpu}, PyTorch {torch.__version__.partition('+')[0]}"


def find(text: str, family: str, figure: str) -> Row | None:
    lines = text.splitlines()
    return next((row for i in table(lines, family) if (row := parse(lines[i])).figure == figure), None)


def put(text: str, family: str, row: Row) -> str:
    """The page with the row in its family's table, in the place of the one of the same figure; a family without a table gets one."""
    lines = text.splitlines()
    at = table(lines, family)
    same = [i for i in at if parse(lines[i]).figure == row.figure]
    if same:
        lines[same[0]] = row.line()
    elif at:
        lines.insert(at.stop, row.line())
    elif (heading := f"## {family}") in lines:
        i = lines.index(heading) + 1
        lines[i:i] = ["", *HEADER, row.line()]
    else:
        lines += ["", heading, "", *HEADER, row.line()]
    return "\n".join(lines) + "\n"


def table(lines: list[str], family: str) -> range:
    """Where the rows of the family's table lie; empty where it has none."""
    if f"## {family}" not in lines:
        return range(0)
    start = lines.index(f"## {family}") + 1
    end = next((i for i in range(start, len(lines)) if lines[i].startswith("## ")), len(lines))
    if HEADER[0] not in lines[start:end]:
        return range(0)
    first = lines.index(HEADER[0], start, end) + 2
    return range(first, next((i for i in range(first, end) if not lines[i].startswith("|")), end))


def parse(line: str) -> Row:
    cells = [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
    if len(cells) != len(COLUMNS):
        sys.exit(f"A row has {len(cells)} cells, its table {len(COLUMNS)}: {line}")
    return Row(*(cell.strip("`") if name in ("key", "command") else cell for name, cell in zip(COLUMNS, cells, strict=True)))


if __name__ == "__main__":
    main()
