"""`lab show`: a view of a run as a file, or the list of its views."""

import inspect
from typing import Any

from lab.config import flag
from lab.errors import UsageError
from lab.flags import add_data, add_device, pairs, parser
from lab.parameters import bounds
from lab.saving import ENDINGS, destination


def main(arguments: list[str]) -> int:
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
