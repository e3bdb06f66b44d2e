"""The command line. stdout carries results (one JSON document with `--json`), stderr progress and errors.

Exit codes: 0 success, 1 a failed run, 2 a usage error, 130 after Ctrl-C (which saves a checkpoint first).
Nothing heavy is imported before a command needs it.
"""

import errno
import importlib.util
import inspect
import io
import json
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from lab import registry
from lab.config import flag
from lab.data.catalogue import DATA
from lab.errors import LabError, UsageError, unknown
from lab.flags import COMMANDS, add_data, add_device, add_fields, add_json, add_length, pairs, parser, whole
from lab.log import show_on_stderr
from lab.parameters import bounds
from lab.saving import ENDINGS, destination
from lab.screen import check_screen, has_screen

OVERVIEW = """\
Train, watch and take apart the networks of a deep-learning course: DQN on Atari, generative models, CNNs, RNNs and
transformers. Without a command the desktop app opens.

commands:
{commands}

examples:
  lab train dqn-fast --game breakout --minutes 30     learn Breakout for half an hour
  lab watch pong                                      watch the shipped Pong agent
  lab show last curves --out curves.png               the learning curves of the newest run
  lab resume last --steps 1000000                     continue it

`lab COMMAND --help` explains each. Runs are kept under ./runs, or where $LAB_RUNS points.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; its exit code."""
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    if arguments[:1] == ["help"] and len(arguments) > 1:
        arguments = [*arguments[1:], "--help"]
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # A terminal that has no ä shows \xe4.
    try:
        if arguments and arguments[0] in ("-h", "--help", "help"):
            print(OVERVIEW.format(commands=in_columns(COMMANDS)))
            return 0
        if arguments and arguments[0] == "--version":
            from lab.versions import versions

            print(" ".join(f"{name} {version}" for name, version in versions().items()))
            return 0
        name = arguments[0] if arguments else "gui"
        if name not in COMMANDS:
            raise unknown("command", name, COMMANDS, see="lab --help")
        show_on_stderr()
        code = int(globals()[f"command_{name}"](arguments[1:]) or 0)
        if sys.stdout is not None:
            sys.stdout.flush()
        return code
    except LabError as error:
        print(f"lab: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # The reader closed the pipe, which is not an error.
        return 0
    except OSError as error:
        if error.filename is not None or error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EIO):
            raise
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # Python tries once more at its end.
        print(f"lab: The output could not be written ({error.strerror}).", file=sys.stderr)
        return 1


# -- commands ------------------------------------------------------------------------------------------------------


def command_gui(arguments: list[str]) -> int:
    p = parser("gui", "[--shots DIR]")
    p.add_argument("--shots", metavar="DIR", help="save screenshots of every panel into DIR and exit")
    options = p.parse(arguments)
    if importlib.util.find_spec("gui.app") is None:
        raise LabError("The desktop app is not part of this installation. `lab --help` shows what the command line does.")
    if options.shots:
        return int(registry.load("gui.shots:take")(options.shots))
    check_screen()
    return int(registry.load("gui.app:main")())


def command_list(arguments: list[str]) -> int:
    p = parser("list", "[--json]")
    add_json(p)
    options = p.parse(arguments)
    import models
    from lab.atari.games import games  # Names only; no torch.

    agents = registry.shipped()
    recipes = registry.recipes()
    if options.json:
        print_json(
            {
                "recipes": [{"name": r.name, "family": r.family, "about": r.about} for r in recipes.values()],
                "data": [record.as_json() for record in DATA.values()],
                "games": list(games()),
                "networks": models.catalog(),
                "agents": {name: registry.shipped_record(path) for name, path in agents.items()},
            }
        )
        return 0
    sections = [
        ("Recipes", {r.name: f"{r.family:10} {r.about}" for r in recipes.values()}),
        ("Data sets", data_sets()),
        ("Networks", models.catalog()),
        ("Shipped agents", {name: registry.shipped_about(path) for name, path in agents.items()}),
    ]
    for title, entries in sections:
        print(f"{title}:")
        print(in_columns(entries) or "  none")
    print(f"Games ({len(games())}):")
    import shutil
    import textwrap

    width = shutil.get_terminal_size((100, 20)).columns
    print(textwrap.fill(" ".join(games()), width, initial_indent="  ", subsequent_indent="  "))
    return 0


def in_columns(entries: Mapping[str, str]) -> str:
    """A line for each name, what is said of it beside it."""
    width = 2 + max(map(len, entries), default=0)
    return "\n".join(f"  {name:{width}}{about}" for name, about in entries.items())


def command_train(arguments: list[str]) -> int:
    usage = "RECIPE [--FIELD VALUE ...] [--steps N | --minutes M] [--seed S] [--device auto|cpu|cuda] [--run DIR] [--json]"
    recipes = registry.recipes()
    listing = in_columns({r.name: r.about for r in recipes.values()})
    if not arguments or arguments[0] in ("-h", "--help"):
        p = parser("train", usage, f"recipes (`lab train RECIPE --help` shows the fields of one):\n{listing}")
        if arguments:
            p.print_help()
            return 0
        raise UsageError(f"Name a recipe: {', '.join(recipes)}. `lab train --help` explains.")
    recipe = registry.recipe(arguments[0])
    p = parser("train", usage.replace("RECIPE", recipe.name), f"{recipe.name}: {recipe.about}")
    p.prog = f"lab train {recipe.name}"
    add_length(p)
    add_device(p)
    p.add_argument("--run", metavar="DIR", help="the run's folder; by default a new one under ./runs or $LAB_RUNS")
    add_json(p)
    add_fields(p, recipe.config_class())
    options = p.parse(arguments[1:])
    fields = {name: getattr(options, name) for name in recipe.config_class().model_fields if hasattr(options, name)}
    recipe.config_class().parse(fields)  # Report wrong values before torch is loaded.
    from lab.api import new_session

    session = new_session(
        recipe.name, fields, steps=options.steps, minutes=options.minutes, device=options.device, run=options.run
    )  # fmt: skip
    return follow(session, options.json)


def command_resume(arguments: list[str]) -> int:
    p = parser("resume", "RUN [--steps N | --minutes M] [--data DATA] [--json]", "RUN is a folder, a run's name, or `last`.")
    p.add_argument("run", metavar="RUN")
    add_length(p)
    add_data(p)
    add_json(p)
    options = p.parse(arguments)
    from lab.stored_runs import find

    run = find(options.run)
    from lab.api import resumed_session

    return follow(resumed_session(run, steps=options.steps, minutes=options.minutes, data=options.data), options.json)


def follow(session: Any, as_json: bool) -> int:
    """Run a session in the foreground with its progress on stderr; the exit code."""
    from lab import checkpoint
    from lab.display import Display

    run = session.run_folder
    display = Display(run.recipe.name, session.experiment.headline)
    session.on_update = display.update
    interrupts = 0

    def interrupt(signum: int, frame: Any) -> None:
        nonlocal interrupts
        interrupts += 1
        if interrupts > 1:
            raise KeyboardInterrupt
        # No lock may be taken in a signal handler: the loop reads this set before its next step.
        session.requests.add("stop")
        with suppress(OSError):  # The terminal may be what is gone.
            print("\nStopping after this step; saving a checkpoint (Ctrl-C again to abort).", file=sys.stderr)

    signals = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, interrupt) for number in signals if signal.getsignal(number) != signal.SIG_IGN}
    try:
        print(f"run folder: {run.path}", file=sys.stderr)
        latest = session.run()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        display.close()
    if isinstance(session.error, KeyboardInterrupt):
        where = (
            "continues from the newest checkpoint" if checkpoint.listed(run.checkpoints) else "restarts it, as there is no checkpoint yet"
        )
        print(f"Aborted. `lab resume {run.path}` {where}.", file=sys.stderr)
        return 130
    if session.error is not None:
        if not isinstance(session.error, LabError):
            print(latest.traceback, file=sys.stderr)
        raise LabError(latest.error)
    if session.experiment.ended:
        print(f"Training ended early: {session.experiment.why_ended()}", file=sys.stderr)
    if as_json:
        print_json(
            {
                "run": str(run.path), "status": latest.status, "done": latest.done, "unit": latest.unit,
                "seconds": round(latest.seconds, 2), "metrics": latest.metrics,
            }
        )  # fmt: skip
    if interrupts and latest.status != "finished":
        print(f"Stopped at {latest.done:,} {latest.unit}, checkpoint saved. `lab resume {run.path}` continues.", file=sys.stderr)
        return 130
    if not as_json:
        print(f"{latest.status} at {latest.done:,} {latest.unit} after {latest.seconds:,.0f} s: {run.path}")
    return 0


def command_eval(arguments: list[str]) -> int:
    p = parser(
        "eval", "RUN|AGENT [--episodes N] [--data DATA] [--json]", "Prints the recipe's figures with the protocol they were measured by."
    )
    p.add_argument("run", metavar="RUN|AGENT")
    p.add_argument("--episodes", type=whole, metavar="N", help="episodes to play, for recipes that play")
    add_data(p)
    add_device(p)
    add_json(p)
    options = p.parse(arguments)
    from lab.stored_runs import find

    extra = {} if options.episodes is None else {"episodes": options.episodes}
    figures = find(options.run).evaluate(options.device, data=options.data, **extra)
    if options.json:
        print_json(figures)
    else:
        width = 2 + max(map(len, figures))
        print(
            "\n".join(
                f"{name:{width}}{value:g}" if isinstance(value, float) else f"{name:{width}}{value}" for name, value in figures.items()
            )
        )
    return 0


def command_watch(arguments: list[str]) -> int:
    p = parser(
        "watch", "RUN|AGENT [--game G] [--episodes N] [--video FILE.mp4|FILE.gif]",
        "Plays at the emulator's 60 frames a second, in a window; into a file where --video is given or there is no screen.",
    )  # fmt: skip
    p.add_argument("run", metavar="RUN|AGENT")
    p.add_argument("--game", metavar="G", help="another game than the one trained on (with the same number of actions)")
    p.add_argument("--episodes", type=whole, metavar="N", default=1, help="episodes to play (default 1)")
    p.add_argument("--video", metavar="FILE", help="write the episodes to an .mp4 or .gif file")
    p.add_argument("--epsilon", type=float, metavar="E", help="fraction of random actions (default: the run's eval_epsilon)")
    p.add_argument("--seed", type=whole, default=0, metavar="S", help="seed of the emulator")
    p.add_argument("--sticky", type=float, metavar="P", help="probability of a repeated action (default: the run's)")
    p.add_argument("--seconds", type=float, metavar="T", help="stop after T seconds of play")
    add_json(p)
    options = p.parse(arguments)
    from lab.stored_runs import find

    run = find(options.run)
    video = destination(options.video, (".mp4", ".gif"), "--video") if options.video else None
    if video is None and has_screen():
        check_screen("Name a file with --video, or set DISPLAY to a screen that answers.")
    elif video is None:
        video = destination(f"{run.name}.mp4" if run.shipped else run.path / "media" / "watch.mp4", (".mp4",), "--video")
        print(f"There is no screen here; writing to {video}.", file=sys.stderr)
    experiment = run.experiment("cpu", serving_only=True)
    figures = experiment.watch(
        game=options.game, episodes=options.episodes, video=video, epsilon=options.epsilon, seed=options.seed,
        sticky=options.sticky, seconds=options.seconds,
    )  # fmt: skip
    if options.json:
        print_json(figures)
    else:
        print("\n".join(f"{name:10}{value}" for name, value in figures.items()))
    return 0


def command_show(arguments: list[str]) -> int:
    usage = "RUN VIEW [--PARAM VALUE ...] [--data DATA] --out FILE.png|.gif|.mp4|.npz"
    p = parser("show", usage, "`lab show RUN` lists the views of a run with their parameters.")
    p.add_argument("run", metavar="RUN")
    p.add_argument("view", metavar="VIEW", nargs="?")
    p.add_argument("--out", metavar="FILE")
    add_data(p)
    add_device(p)
    options, rest = p.parse_known_args(arguments)
    from lab.stored_runs import find

    run = find(options.run)
    if options.view is None:
        if options.out is not None or rest:
            raise UsageError(f"Say which view to save: lab show {options.run} VIEW --out FILE. `lab show {options.run}` lists them.")
        print(views_text(run))
        return 0
    parameters = pairs(rest)
    if options.out is None:
        raise UsageError(f"Say where to save it: lab show {options.run} {options.view} --out FILE.png (or .gif, .mp4, .npz).")
    out = destination(options.out, ENDINGS)
    print(run.show(options.view, options.device, data=options.data, **parameters).save(out))
    return 0


def command_runs(arguments: list[str]) -> int:
    p = parser("runs", "[--json]")
    add_json(p)
    options = p.parse(arguments)
    from lab.paths import runs_folder
    from lab.stored_runs import survey

    known, note = survey()
    if note:
        print(note, file=sys.stderr)
    rows = []
    for run in known:
        status = run.status()
        rows.append(
            {
                "name": run.name, "path": str(run.path), "recipe": run.recipe.name, "subject": run.stored.get("subject"),
                "seed": run.stored["config"].get("seed"), "created": run.stored.get("created"), **status,
            }
        )  # fmt: skip
    if options.json:
        print_json(rows)
        return 0
    if not rows:
        print(f"No runs yet under {runs_folder()}. `lab train dqn-fast` makes one.")
        return 0
    for row in rows:
        done = f"{row.get('done', 0):,} {row.get('unit', '')}"
        metrics = {k.split("/")[-1]: v for k, v in (row.get("metrics") or {}).items() if v is not None}
        last = "  ".join(f"{k} {v:.4g}" for k, v in list(metrics.items())[:4])
        print(f"{row['name']:44} {row['status']:12} {done:>18}  {row.get('seconds', 0):7,.0f} s  {last}")
    return 0


BENCHES = {
    "dqn": ("agents.bench:bench_dqn",),
    "gui": ("gui.bench:bench_gui",),
    "generate": ("lab.bench_generate:bench_generate",),
    "vision": ("lab.bench_vision:bench_vision", "gui.bench_panels:bench_vision"),
    "two": ("lab.bench_two:bench_two",),
    "sequences": ("lab.bench_sequences:bench_sequences", "gui.bench_panels:bench_sequences"),
}
"""What measures each part: functions of a device's name, whose figures are put together."""


def command_bench(arguments: list[str]) -> int:
    p = parser("bench", "[NAME] [--json]", f"NAME is one of {', '.join(BENCHES)}; all of them without one.")
    p.add_argument("name", metavar="NAME", nargs="?")
    add_device(p)
    add_json(p)
    options = p.parse(arguments)
    if options.name is not None and options.name not in BENCHES:
        raise unknown("bench", options.name, BENCHES, see="lab bench --help")
    names = [options.name] if options.name else list(BENCHES)
    results: dict[str, dict[str, Any]] = {name: {} for name in names}
    for name in names:
        for path in BENCHES[name]:
            results[name] |= registry.load(path)(options.device)
    if options.json:
        print_json(results[options.name] if options.name else results)
    else:
        for name, figures in results.items():
            print(f"{name}: " + "  ".join(f"{key} {value}" for key, value in figures.items()))
    return 0


# -- helpers -------------------------------------------------------------------------------------------------------


def views_text(run: Any) -> str:
    """The views of a run, their parameters and what each shows."""
    lines = [f"Views of {run.name} (lab show {run.name} VIEW --out FILE.png):"]
    lines.append("  curves  curves  --metrics NAMES  --axis step|time\n      The run's metrics over its progress or time.")
    for spec in run.recipe.experiment_class().views().values():
        parameters = "  ".join(f"{flag(name)} {p.default}{limits(p)}" for name, p in spec.parameters.items())
        lines.append(f"  {spec.name}  {spec.answer.__name__.lower()}  {parameters}\n      {spec.about}")
    return "\n".join(lines)


def limits(parameter: inspect.Parameter) -> str:
    """The bounds of a view's parameter: " (1..100)"; a bound that is only the largest integer is left out."""
    between = bounds(parameter.annotation)
    return f" ({between[0]:g}..{between[1]:g})" if between and between[1] < 2**31 - 1 else ""


def data_sets() -> dict[str, str]:
    return {name: record.about for name, record in DATA.items()}


def print_json(value: Any) -> None:
    """One JSON document on stdout; NaN and infinity become null, as JSON has neither."""

    def clean(node: Any) -> Any:
        if isinstance(node, dict):
            return {str(key): clean(child) for key, child in node.items()}
        if isinstance(node, list | tuple):
            return [clean(child) for child in node]
        if isinstance(node, float) and (node != node or abs(node) == float("inf")):
            return None
        return node

    print(json.dumps(clean(value), indent=1))


if __name__ == "__main__":
    sys.exit(main())
