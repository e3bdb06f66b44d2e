"""`lab runs`: the runs on disk, sorted and filtered by whatever column one asks for."""

import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from lab.commands.output import print_json
from lab.errors import UsageError
from lab.flags import Parser, add_json, parser
from lab.paths import runs_folder

if TYPE_CHECKING:
    from lab.listing import Entry


def main(arguments: list[str]) -> int:
    usage = "[--filter WORDS] [--sort COLUMN] [--reverse] [--columns A,B,...] [--group] [--csv | --json | --follow]"
    p = parser("runs", usage, RUNS_HELP)
    p.add_argument("--filter", metavar="WORDS", action="append", default=[], help="only the runs that fit; may be given several times")
    p.add_argument(
        "--sort", metavar="COLUMN", help="order by a column: the largest number first, texts from A to Z (default: newest first)"
    )
    p.add_argument("--reverse", action="store_true", help="the other way round")
    p.add_argument("--columns", metavar="A,B,...", help="the columns to print")
    p.add_argument(
        "--group", action="store_true", help="runs that differ in nothing but the seed as one: mean, deviation, min and max of each metric"
    )
    add_output(p)
    p.add_argument("--follow", action="store_true", help="print the list again whenever a run moves on, until Ctrl-C")
    options = p.parse(arguments)
    if options.follow and (options.csv or options.json or options.group):
        raise UsageError("--follow goes with the plain list alone: leave out --csv, --json and --group.")
    from lab import listing
    from lab.tables import csv_text

    shown, columns = chosen(options)
    if options.group:
        return print_groups(shown, columns, options)
    if options.follow:
        return follow(lambda: text_of(*chosen(options)))
    if options.json:
        print_json([{name: entry.exported(name) for name in columns} if columns else whole(entry) for entry in shown])
    elif options.csv:
        columns = columns or listing.csv_columns(shown)
        print(csv_text(columns, [[entry.exported(name) for name in columns] for entry in shown]), end="")
    else:
        print(text_of(shown, columns))
    return 0


def chosen(options: Any) -> "tuple[list[Entry], list[str]]":
    """The runs that were asked for, in their order, and the columns; none where none were named."""
    from lab import listing

    listed, note = listing.entries()
    if note:
        print(note, file=sys.stderr)
    columns = [name.strip() for name in (options.columns or "").split(",") if name.strip()]
    wanted = listing.Filter.of(" ".join(options.filter))
    listing.check_columns(listed, [*columns, *([options.sort] if options.sort else []), *wanted.columns()])
    shown = [entry for entry in listed if wanted.accepts(entry)]
    if options.sort:
        shown = listing.ordered(shown, options.sort, options.reverse)
    elif options.reverse:
        shown.reverse()
    return shown, columns


def text_of(shown: "list[Entry]", columns: list[str]) -> str:
    from lab import listing
    from lab.tables import text_table

    if shown:
        columns = columns or listing.shown_columns(shown)
        return text_table(columns, listing.as_table(shown, columns))
    if any(runs_folder().glob("*/config.json")):
        return "No run fits the filter."
    return f"No runs yet under {runs_folder()}. `lab train dqn-fast` makes one."


def follow(text: Callable[[], str]) -> int:
    """Show a text as it changes until Ctrl-C: in place on a terminal, otherwise once more after each change."""
    from rich.console import Console
    from rich.live import Live
    from rich.text import Text

    console = Console()
    try:
        if console.is_terminal:
            with Live(Text(text()), console=console, auto_refresh=False, vertical_overflow="crop") as live:
                while True:
                    time.sleep(FOLLOW_SECONDS)
                    live.update(Text(text()), refresh=True)
        before = ""
        while True:
            now = text()
            if now != before:
                print(now, flush=True)
            before = now
            time.sleep(FOLLOW_SECONDS)
    except KeyboardInterrupt:
        return 0


FOLLOW_SECONDS = 2.0
RUNS_HELP = """\
columns: name, star, status, recipe, subject, seed, done, duration, created, checkpoint, process, disk, tags, note,
reason, metrics; every metric, such as accuracy/test (or accuracy), and every setting, such as learning_rate.
filter: recipe=vae, accuracy>0.9, seed!=2, name=*-old, tags=good, star=yes, or words of any column; all of them must fit.

examples:
  lab runs --filter recipe=classify --sort accuracy --columns name,accuracy,learning_rate
  lab runs --filter "status=finished loss<0.1" --csv > runs.csv"""


def print_groups(shown: "list[Entry]", metrics: list[str], options: Any) -> int:
    """A row for each metric of each group of runs; of those metrics alone that were asked for."""
    from lab.answers import cell_text
    from lab.seed_groups import summary
    from lab.tables import csv_text, text_table

    wanted = {entry.metric(name) for entry in shown for name in metrics}
    columns, rows = summary([entry.run for entry in shown])
    rows = [row for row in rows if not metrics or row[1] in wanted]
    if options.json:
        print_json([dict(zip(columns, row, strict=True)) for row in rows])
    elif options.csv:
        print(csv_text(columns, rows), end="")
    else:
        print(text_table(columns, [[cell_text(cell) for cell in row] for row in rows]) if rows else "No run fits the filter.")
    return 0


def whole(entry: "Entry") -> dict[str, Any]:
    """A run in the JSON list."""
    run = entry.run
    return {
        "name": run.name, "path": str(run.path), "recipe": run.recipe.name, "subject": run.stored.get("subject"),
        "seed": run.stored["config"].get("seed"), "created": run.stored.get("created"),
        "tags": list(entry.marks.tags), "note": entry.marks.note, "star": entry.marks.star,
        "checkpoint": entry.value("checkpoint"), "process": entry.value("process"), **entry.status,
    }  # fmt: skip


def add_output(p: Parser) -> None:
    """--csv or --json."""
    p.add_argument("--csv", action="store_true", help="print comma-separated values, for a spreadsheet")
    add_json(p)
