"""`lab tag`: tags, a note and a star of a run."""

import argparse
from dataclasses import asdict

from lab.commands.output import print_json
from lab.flags import add_json, parser


def main(arguments: list[str]) -> int:
    p = parser(
        "tag", "RUN [TAG ...] [--remove TAG ...] [--note TEXT] [--star | --no-star] [--json]",
        "Without more than RUN it prints what the run has. `lab runs --filter \"tags=good star=yes\"` finds runs by it.",
    )  # fmt: skip
    p.add_argument("run", metavar="RUN")
    p.add_argument("tags", metavar="TAG", nargs="*", help="words to add")
    p.add_argument("--remove", metavar="TAG", nargs="+", default=[], help="words to take away")
    p.add_argument("--note", metavar="TEXT", help='a sentence or more; "" removes it')
    p.add_argument("--star", action=argparse.BooleanOptionalAction, help="mark the run with a star, or not")
    add_json(p)
    options = p.parse(arguments)
    from lab.marks import tag
    from lab.stored_runs import find

    run = find(options.run)
    after = tag(run, *options.tags, remove=options.remove, note=options.note, star=options.star)
    if options.json:
        print_json(asdict(after))
    else:
        parts = ["★" if after.star else "", ", ".join(after.tags), after.note]
        print(f"{run.name}: {'  '.join(part for part in parts if part) or 'no tags, note or star'}")
    return 0
