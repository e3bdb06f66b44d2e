"""`lab runs`: the runs on disk, sorted and filtered by whatever column one asks for."""

import sys
from typing import TYPE_CHECKING, Any

from lab.commands.output import print_json
from lab.flags import Parser, add_json, parser
from lab.paths import runs_folder

if TYPE_CHECKING:
    from lab.listing import Entry


def main(arguments: list[str]) -> int:
    usage = "[--filter WORDS] [--sort COLUMN] [--reverse] [--columns A,B,...] [--group] [--csv | --json]"
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
    options = p.parse(arguments)
    from lab import listing
    from lab.tables import csv_text, text_table

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
    if options.group:
        return print_groups(shown, columns, options)
    if options.json:
        print_json([{name: entry.exported(name) for name in columns} if columns else whole(entry) for entry in shown])
    elif options.csv:
        columns = columns or listing.csv_columns(shown)
        print(csv_text(columns, [[entry.exported(name) for name in columns] for entry in shown]), end="")
    elif shown:
        columns = columns or listing.shown_columns(shown)
        print(text_table(columns, listing.as_table(shown, columns)))
    elif listed:
        print("No run fits the filter.")
    else:
        print(f"No runs yet under {runs_folder()}. `lab train dqn-fast` makes one.")
    return 0


RUNS_HELP = """\
columns: name, star, status, recipe, subject, seed, done, duration, created, disk, tags, note, reason, metrics; every metric, such as accuracy/test
(or accuracy), and every setting, such as learning_rate.
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
        "tags": list(entry.marks.tags), "note": entry.marks.note, "star": entry.marks.star, **entry.status,
    }  # fmt: skip


def add_output(p: Parser) -> None:
    """--csv or --json."""
    p.add_argument("--csv", action="store_true", help="print comma-separated values, for a spreadsheet")
    add_json(p)
