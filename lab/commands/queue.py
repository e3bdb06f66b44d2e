"""`lab queue`: trainings that start when the one before has ended."""

import sys
import time
from dataclasses import asdict
from typing import Any

from lab.commands.output import print_json
from lab.commands.train import asked_for
from lab.errors import LabError, UsageError
from lab.flags import add_json, parser, whole

HELP = """\
  lab queue                                   what waits
  lab queue add RECIPE [as of lab train]      one more; one for each seed with --seeds
  lab queue remove N ...                      take some out, by their number
  lab queue run [--after RUN]                 train them one after the other until none waits; Ctrl-C stops

The queue belongs to the folder of the runs. The app works through it too, once one presses Start there."""


def main(arguments: list[str]) -> int:
    word = arguments[0] if arguments and not arguments[0].startswith("-") else "list"
    if word == "add":
        return add_jobs(arguments[1:])
    p = parser("queue", "[add RECIPE ... | remove N ... | run] [--json]", HELP)
    if word == "remove":
        p.add_argument("numbers", metavar="N", type=whole, nargs="+")
    elif word == "run":
        p.add_argument("--after", metavar="RUN", help="wait until nobody trains this run any more")
    elif word != "list":
        raise UsageError(f"Expected `lab queue` with add, remove or run, got {word!r}. `lab queue --help` explains.")
    add_json(p)
    options = p.parse(arguments[1:] if arguments[:1] == [word] else arguments)
    from lab import training_queue

    if word == "remove":
        for number in options.numbers:
            training_queue.remove(number)
    if word == "run":
        return work(options)
    jobs = training_queue.waiting()
    if options.json:
        print_json([asdict(job) for job in jobs])
    else:
        print("\n".join(f"{job.number:4}  {job.command}" for job in jobs) or "No training waits.")
    return 0


def add_jobs(arguments: list[str]) -> int:
    recipe, fields, options = asked_for("queue add", arguments)
    if options.run is not None:
        raise UsageError("A training that waits gets a folder of its own: leave out --run.")
    from lab import training_queue

    seeds = [fields] if options.seeds is None else [{**fields, "seed": seed} for seed in options.seeds]
    jobs = [training_queue.add(recipe, one, steps=options.steps, minutes=options.minutes, device=options.device) for one in seeds]
    if options.json:
        print_json([asdict(job) for job in jobs])
    else:
        print("\n".join(f"{job.number:4}  {job.command}" for job in jobs))
    return 0


def work(options: Any) -> int:
    """Train what waits, also what is added meanwhile. A training that fails does not hold up the others."""
    from lab import training_queue
    from lab.api import new_session
    from lab.commands.follow import train
    from lab.stored_runs import find

    records: list[dict[str, Any]] = []
    failed = 0
    with training_queue.hold():
        before = find(options.after) if options.after is not None else None
        while before is not None and before.is_locked():
            time.sleep(1)
        while jobs := training_queue.waiting():
            job = jobs[0]
            print(f"{job.number}: {job.command}", file=sys.stderr)
            try:
                session = new_session(job.recipe, job.fields, **job.options())
                training_queue.remove(job.number)  # From here on its run folder stands for it.
                code, record = train(session, options.json)
            except LabError as error:
                if job in training_queue.waiting():
                    training_queue.remove(job.number)
                print(f"lab: {error}", file=sys.stderr)
                failed += 1
                continue
            records += [record] if record is not None else []
            if code == 130:
                print(f"{len(training_queue.waiting())} more wait: `lab queue run` goes on with them.", file=sys.stderr)
                return code
    if options.json:
        print_json(records)
    return 1 if failed else 0
