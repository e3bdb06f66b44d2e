"""`lab free`: disk space, by deleting the older checkpoints of runs, or the runs in the trash folder."""

import sys
from typing import Any

from lab.commands.output import print_json
from lab.errors import UsageError
from lab.flags import add_json, parser


def main(arguments: list[str]) -> int:
    p = parser(
        "free", "[RUN ... | --trash] [--yes] [--json]",
        "Deletes checkpoints older than the newest good one, of all runs unless some are named, and asks first.\n"
        "A run that trains is left alone. Every run can still be resumed, shown and evaluated.\n"
        "With --trash, deletes the runs that were moved to the trash folder in the app.",
    )  # fmt: skip
    p.add_argument("runs", metavar="RUN", nargs="*")
    p.add_argument("--trash", action="store_true", help="delete what is in the trash folder for good")
    p.add_argument("--yes", action="store_true", help="do not ask")
    add_json(p)
    options = p.parse(arguments)
    if options.trash:
        if options.runs:
            raise UsageError("--trash takes no names: it deletes what is in the trash folder.")
        return empty_trash(options.yes, options.json)
    from lab.free_space import disk_use, free, plan
    from lab.readable import size_text
    from lab.run_folders import trashed
    from lab.stored_runs import find, runs

    plans = [one for one in map(plan, map(find, options.runs) if options.runs else runs()) if one.folders]
    total = sum(one.bytes for one in plans)
    if not options.json:
        for one in plans:
            print(f"{one.run.name}: {checkpoints(len(one.folders))}, {size_text(one.bytes)}")
        deleted = trashed()
        if deleted:
            print(
                f"Trash folder: {named(len(deleted))}, {size_text(sum(map(disk_use, deleted)))}; `lab free --trash` deletes them for good."
            )
    if (
        plans
        and not options.yes
        and not agreed(f"Delete {checkpoints(sum(len(one.folders) for one in plans))} and free {size_text(total)}?")
    ):
        return 0
    record: list[dict[str, Any]] = [
        {"run": one.run.name, "checkpoints": [path.name for path in one.folders], "bytes": free(one)} for one in plans
    ]  # fmt: skip
    if options.json:
        print_json(record)
    else:
        print(f"Freed {size_text(sum(one['bytes'] for one in record))}." if record else "There is nothing to free.")
    return 0


def empty_trash(yes: bool, json: bool) -> int:
    """Delete the runs in the trash folder, once the person agrees."""
    from lab.free_space import disk_use
    from lab.readable import size_text
    from lab.run_folders import empty, run_name, trashed

    deleted = {path: disk_use(path) for path in trashed()}
    if not json:
        for path, size in deleted.items():
            print(f"{run_name(path)}: {size_text(size)}")
    total = size_text(sum(deleted.values()))
    if deleted and not yes and not agreed(f"Delete {named(len(deleted))} for good and free {total}?"):
        return 0
    empty(deleted)
    if json:
        print_json([{"run": run_name(path), "bytes": size} for path, size in deleted.items()])
    else:
        print(f"Freed {total}." if deleted else "The trash folder is empty.")
    return 0


def named(count: int) -> str:
    return f"{count} deleted run{'s' if count != 1 else ''}"


def checkpoints(count: int) -> str:
    return f"{count} older checkpoint{'s' if count != 1 else ''}"


def agreed(question: str) -> bool:
    """Whether the person says yes. Raises UsageError where there is nobody to ask."""
    if not sys.stdin.isatty():
        raise UsageError(f"{question} There is no terminal to ask at: add --yes.")
    print(f"{question} [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")
