"""`lab show`: a view of a run as a file, or the list of its views."""

import inspect
import shlex
import sys
from typing import Any

from lab.answers import Curves, Scatter, Text, cell_text
from lab.config import flag
from lab.errors import UsageError, unknown
from lab.flags import add_data, add_device, pairs, parser, whole
from lab.making import Making, read
from lab.parameters import bounds
from lab.paths import expanded
from lab.saving import destination
from lab.tables import csv_text, text_table

COSTS = "costs"
"""The view of several runs that compares what networks cost."""


def main(arguments: list[str]) -> int:
    usage = "RUN [RUN ...] VIEW | PICTURE [--PARAM VALUE ...] [--data DATA] [--csv | --out FILE.png|.gif|.mp4|.npz|.csv [--size N]]"
    more = (
        "`lab show RUN` lists the views of a run with their parameters. Without --out, texts and tables are printed.\n"
        "`lab show PICTURE` says how a picture or film that the lab saved was made; with --out it is made again, parameters as given.\n"
        "Of several runs there is the view curves: those that differ in nothing but the seed become a mean with a band\n"
        "(--group seeds|none, --band deviation|range|quartiles, --smooth N). Of classifiers there is also the view costs:\n"
        "validation accuracy over the networks' size, a dot for each run (--over parameters|operations)."
    )
    p = parser("show", usage, more)
    p.add_argument("words", metavar="RUN VIEW", nargs="+")
    p.add_argument("--out", metavar="FILE")
    p.add_argument(
        "--size", type=whole, metavar="N", help="pixels of the longer side of the picture or film (default: a film has 512 at least)"
    )
    p.add_argument("--csv", action="store_true", help="print a table's numbers, separated by commas")
    add_data(p)
    add_device(p)
    options, rest = p.parse_known_args(arguments)
    from lab.stored_runs import find

    *names, view = options.words if len(options.words) > 1 else [*options.words, None]
    if view is None and (made := read(expanded(names[0]))) is not None:
        return repeat(made, options, pairs(rest))
    runs = [find(name) for name in names]
    if view is None:
        if options.out is not None or options.csv or rest:
            raise UsageError(
                f"Say which view to save: lab show {shlex.quote(names[0])} VIEW --out FILE. `lab show {shlex.quote(names[0])}` lists them."
            )
        print(views_text(runs[0]))
        return 0
    if len(runs) > 1 and view not in ("curves", COSTS):
        raise UsageError(
            f"Of several runs there are only the views curves and {COSTS}, got {view!r}: lab show {shlex.join(names)} curves --out FILE.png."
        )
    parameters = pairs(rest)
    endings = endings_of(runs[0], view)
    if options.out is not None:
        out = destination(options.out, endings)
        print(answer(runs, view, options, parameters).save(out, options.size))
        say_how_to_read(runs[0], view)
        return 0
    if len(runs) > 1 and view == "curves" and not options.csv:
        from lab.seed_groups import summary

        print(table_text(*summary(runs)))
    elif ".csv" in endings or (view in views_of(runs[0]) and issubclass(views_of(runs[0])[view].answer, Text)):
        print_answer(answer(runs, view, options, parameters), options.csv)
        say_how_to_read(runs[0], view)
    else:
        raise UsageError(f"Say where to save it: lab show {shlex.join(names)} {view} --out FILE.png (or .gif, .mp4, .npz).")
    return 0


def repeat(made: Making, options: Any, parameters: dict[str, str]) -> int:
    """Say how a picture was made, or make it again with `parameters` in place of its own."""
    from lab.stored_runs import find

    if options.out is None:
        print(making_text(made))
        return 0
    if not made.run:
        raise UsageError("This picture was made of a training that is not stored: there is no run to show.")
    run = find(made.run)
    out = destination(options.out, endings_of(run, made.view))
    wanted = made.parameters | {name.replace("-", "_"): value for name, value in parameters.items()}
    shown = run.show(made.view, options.device, data=options.data, at_step=made.step, **wanted)
    print(shown.save(out, options.size))
    if shown.making.step != made.step:
        print(f"The checkpoint of step {made.step:,} is not kept: this is {run.name} at step {shown.making.step:,}.", file=sys.stderr)
    return 0


def making_text(made: Making) -> str:
    """How a picture was made, a line for each thing."""
    plain = {name: value for name, value in made.parameters.items() if isinstance(value, str | int | float) and value != ""}
    lines = [
        f"run         {made.run or 'none stored'}  ({made.subject}, seed {made.seed})",
        f"step        {made.step:,}",
        f"view        {made.view}",
        *(f"{name:<11} {value}" for name, value in plain.items()),
    ]
    drawn = [name for name, value in made.parameters.items() if hasattr(value, "shape")]
    if drawn:
        lines.append(f"{'drawn':<11} {', '.join(drawn)}")
    return "\n".join(lines)


def say_how_to_read(run: Any, view: str) -> None:
    """What the picture or table shows, for a person at a terminal: stdout has the result alone."""
    if view in views_of(run) and sys.stderr.isatty():
        print(views_of(run)[view].about, file=sys.stderr)


def views_of(run: Any) -> dict[str, Any]:
    return run.recipe.experiment_class().views()


def endings_of(run: Any, view: str) -> tuple[str, ...]:
    """The formats in which a view can be saved. Raises UsageError where the run has no such view."""
    of_all, views = {COSTS: Scatter.endings, "curves": Curves.endings}, views_of(run)
    if view in of_all:
        return of_all[view]
    if view not in views:
        raise unknown("view", view, (*views, *of_all), see=f"lab show {run.typed}")
    return tuple(views[view].answer.endings)


def answer(runs: list[Any], view: str, options: Any, parameters: dict[str, str]) -> Any:
    if view == COSTS:
        from lab.recipes.vision.costs import costs

        try:
            return costs(runs, **parameters)
        except TypeError as error:
            raise UsageError(f"The view {COSTS} takes --over parameters|operations ({error}).") from None
    if len(runs) > 1:
        from lab.seed_groups import curves

        try:
            return curves(runs, **parameters)
        except TypeError as error:
            raise UsageError(f"The view curves of several runs takes --metrics, --axis, --group, --band and --smooth ({error}).") from None
    return runs[0].show(view, options.device, data=options.data, **parameters)


def print_answer(shown: Any, as_csv: bool) -> None:
    """A text as it is, with what stands in colour in a picture as a table; a table in columns or separated by commas."""
    if isinstance(shown, Text):
        print(shown.text)
        if spans := shown.spans():
            print("\n" + table_text(["kind", "text"], spans))
    elif as_csv:
        print(csv_text(*shown.spreadsheet()), end="")
    else:
        print(table_text(*shown.spreadsheet()))


def table_text(columns: list[str], rows: list[list[Any]]) -> str:
    return text_table(columns, [[cell_text(cell) for cell in row] for row in rows])


def views_text(run: Any) -> str:
    """The views of a run, their parameters and what each shows."""
    lines = [f"Views of {run.name} (lab show {run.typed} VIEW --out FILE.png):"]
    lines.append("  curves  curves  --metrics NAMES  --axis step|time\n      The run's metrics over its progress or time.")
    for spec in run.recipe.experiment_class().views().values():
        parameters = "  ".join(f"{flag(name)} {p.default}{limits(p)}" for name, p in spec.parameters.items())
        lines.append(f"  {spec.name}  {spec.answer.__name__.lower()}  {parameters}\n      {spec.about}")
    from lab.bookmarks import bookmarks

    kept = bookmarks(run)
    if kept:
        lines.append(f"Bookmarks of {run.name} (anchors, as in lab show {run.typed} interpolate --anchors 'Z;Z'):")
        lines += [f"  {one.name}  {one.anchor}" for one in kept]
    return "\n".join(lines)


def limits(parameter: inspect.Parameter) -> str:
    """The bounds of a view's parameter: " (1..100)"; a bound that is only the largest integer is left out."""
    between = bounds(parameter.annotation)
    return f" ({between[0]:g}..{between[1]:g})" if between and between[1] < 2**31 - 1 else ""
