"""`lab train`: a recipe into a new run folder."""

from lab import registry
from lab.commands.follow import follow
from lab.commands.output import in_columns
from lab.errors import UsageError
from lab.flags import add_device, add_fields, add_json, add_length, parser


def main(arguments: list[str]) -> int:
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
