"""`lab sweep`: one recipe with many settings, and which of them is best."""

import sys
from typing import Any

from lab import registry
from lab.commands.output import in_columns, print_json
from lab.errors import UsageError
from lab.flags import add_device, add_fields, add_json, add_length, parser, whole

USAGE = (
    "RECIPE --grid FIELD=A,B | --range FIELD=LOW..HIGH[:log] [--trials N] [--search grid|random|tpe] [--prune none|median|hyperband] "
    "[--metric M] [--seeds N] [--steps N | --minutes M] [--jobs J] [--on local|ray] [--name NAME] [--FIELD VALUE ...] [--json]\n"
    "       lab sweep NAME [--trials N] [--seeds N] [--jobs J] [--json]\n       lab sweep show NAME [--out FILE.png] [--json]"
)
MORE = """\
Trains a recipe with each combination of a grid, or with settings that Optuna draws from ranges, one after the other or several at once.
Every trial is an ordinary run in a process of its own. `lab sweep NAME` continues one that was interrupted, and tries what failed again; what has
finished is not trained again. `lab sweep` alone lists the sweeps."""


def main(arguments: list[str]) -> int:
    if arguments[:1] == ["show"]:
        return show(arguments[1:])
    if not arguments or arguments == ["--json"]:
        return list_sweeps("--json" in arguments)
    if arguments[0].startswith("-"):
        parser("sweep", USAGE, MORE).parse(arguments)
        raise UsageError("Name a recipe or a sweep first. `lab sweep --help` explains.")
    from lab.sweep import find

    p = parser("sweep", USAGE, MORE)
    p.add_argument("name", metavar="RECIPE|NAME")
    p.add_argument("--trials", type=whole, metavar="N", help="settings to draw with --search random or tpe (default: 20)")
    p.add_argument("--seeds", type=whole, metavar="N", help="trainings of each setting, each with a seed of its own (default: 1)")
    p.add_argument("--jobs", type=whole, metavar="J", default=1, help="trainings at once, which share the cores (default: 1)")
    p.add_argument(
        "--on", choices=("local", "ray"), default="local", help="where the trainings run (default: in processes of this machine)"
    )
    p.add_argument(
        "--address", metavar="HOST:PORT", default="", help="with --on ray: the cluster (default: the one this machine belongs to)"
    )
    p.add_argument("--cpus", type=whole, metavar="N", default=1, help="with --on ray: CPUs of each training (default: 1)")
    p.add_argument(
        "--gpus", type=float, metavar="G", default=0.0, help="with --on ray: GPUs of each training, 0.5 for half of one (default: 0)"
    )
    p.add_argument(
        "--bring-back", action="store_true", help="with --on ray: the nodes do not share this runs folder; runs come here through Ray"
    )
    add_json(p)
    if arguments[0] not in registry.recipes():
        if any(argument.split("=")[0] in ("--grid", "--range") for argument in arguments):
            registry.recipe(arguments[0])  # Raises what says that there is no such recipe.
        options = p.parse(arguments)
        return carry_out(continued_sweep(find(options.name), options), options)
    add_new(p, registry.recipe(arguments[0]))
    options = p.parse(arguments)
    return carry_out(new_sweep(registry.recipe(arguments[0]), options), options)


def add_new(p: Any, recipe: registry.Recipe) -> None:
    """The flags of a new sweep."""
    p.add_argument("--grid", metavar="FIELD=A,B", action="append", default=[], help="values of a field to try; once for each field")
    p.add_argument(
        "--range",
        metavar="FIELD=LOW..HIGH[:log]",
        action="append",
        default=[],
        help="draw a field's value from here, or FIELD alone: its bounds",
    )
    p.add_argument("--search", choices=("grid", "random", "tpe"), help="how settings are chosen (default: grid, with a range tpe)")
    p.add_argument("--prune", choices=("none", "median", "hyperband"), default="none", help="stop settings early that do worse than others")
    p.add_argument("--metric", metavar="M", help="what a setting is judged by: a metric such as losses/loss, or a figure of `lab eval`")
    p.add_argument("--goal", choices=("min", "max"), help="whether a small or a large value of the metric is good (default: by its name)")
    p.add_argument("--name", dest="called", metavar="NAME", help="the sweep's name (default: RECIPE-1 and so on)")
    add_length(p)
    add_device(p)
    add_fields(p, recipe.config_class())


def new_sweep(recipe: registry.Recipe, options: Any) -> Any:
    from lab.sweep import Wish, prepared

    given = {name: getattr(options, name) for name in recipe.config_class().model_fields if hasattr(options, name)}
    return prepared(
        recipe.name,
        Wish(
            options.grid, options.range, given, options.called, options.metric, options.goal, options.search, options.prune, options.trials,
            options.seeds, options.steps, options.minutes, options.device,
        ),
    )  # fmt: skip


def continued_sweep(sweep: Any, options: Any) -> Any:
    from lab.sweep import continued

    return continued(sweep, options.trials, options.seeds)


def carry_out(sweep: Any, options: Any) -> int:
    from lab.ray_trials import on
    from lab.sweep_report import known_metrics, report
    from lab.sweep_search import run
    from lab.trials_display import TrialsDisplay

    display = TrialsDisplay(f"sweep {sweep.name}", known_metrics(sweep), label=lambda state: label(sweep, state.trial))
    try:
        run(sweep, options.jobs, display.update, on(options.on, options.address, options.cpus, options.gpus, options.bring_back))
    except KeyboardInterrupt:
        print(f"Stopped, with a checkpoint of each training. `lab sweep {sweep.name}` continues.", file=sys.stderr)
        return 130
    finally:
        display.close()
    result = report(sweep)
    present(result, options.json)
    return 1 if any(one.status == "failed" for one in result.settings) else 0


def label(sweep: Any, trial: Any) -> str:
    """A trial by its number and the values that are its own."""
    shown = [f"{name} {value:.4g}" if isinstance(value := trial.fields[name], float) else f"{name} {value}" for name in sweep.varied]
    return ", ".join(
        [f"{trial.name.split('-')[0].lstrip('0') or '0'}: {shown[0]}", *shown[1:], *([f"seed {trial.fields['seed']}"] * (sweep.seeds > 1))]
    )


def show(arguments: list[str]) -> int:
    """`lab sweep show NAME`."""
    p = parser("sweep", USAGE, MORE)
    p.add_argument("name", metavar="NAME", nargs="?")
    p.add_argument("--out", metavar="FILE", help="write it as a picture (.png), table (.csv) or data (.npz)")
    add_json(p)
    options = p.parse(arguments)
    if options.name is None:
        raise UsageError("Name the sweep: lab sweep show NAME. `lab sweep` lists them.")
    from lab.sweep import find
    from lab.sweep_report import report

    result = report(find(options.name))
    if options.out is not None:
        result.save(options.out)
        print(f"written: {options.out}", file=sys.stderr)
        if not options.json:
            return 0
    return present(result, options.json)


def present(result: Any, as_json: bool) -> int:
    if as_json:
        print_json(result.document())
    else:
        print(result.text())
    return 0


def list_sweeps(as_json: bool) -> int:
    from lab.sweep import SWEEPS, find, record

    sweeps = [find(name) for name in SWEEPS.names()]
    if as_json:
        print_json([record(sweep) for sweep in sweeps])
    elif not sweeps:
        print("No sweeps yet. `lab sweep linear --grid learning_rate=0.01,0.1 --seeds 3` trains one.")
    else:
        print(
            in_columns(
                {s.name: f"{s.recipe}: {', '.join(s.varied)}; {s.trials} settings, {s.seeds} seed{'s' * (s.seeds > 1)}" for s in sweeps}
            )
        )
    return 0
