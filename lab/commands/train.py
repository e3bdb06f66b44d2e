"""`lab train`: a recipe into a new run folder."""

import argparse
from functools import partial
from pathlib import Path
from typing import Any

from lab import presets, registry, torchrun
from lab.commands.follow import follow, train
from lab.commands.output import in_columns, print_json
from lab.errors import LabError, UsageError
from lab.flags import add_device, add_fields, add_json, add_length, parser


def main(arguments: list[str]) -> int:
    recipe, fields, options = asked_for("train", arguments)
    if options.seeds is not None:
        return train_seeds(recipe, fields, options)
    from lab.api import new_session

    session_of = partial(new_session, recipe, steps=options.steps, minutes=options.minutes, run=options.run)
    if torchrun.processes() > 1:
        leader = partial(session_of, processes=torchrun.processes())
        return torchrun.train(
            recipe,
            fields,
            options.device,
            lambda fields, device: leader(fields, device=device),
            lambda session: follow(session, options.json),
        )
    return follow(session_of(fields, device=options.device), options.json)


def asked_for(command: str, arguments: list[str]) -> tuple[str, dict[str, Any], Any]:
    """The recipe, the fields that were given, checked, and the other options. Raises SystemExit after help was printed."""
    usage = (
        "RECIPE [--FIELD VALUE ...] [--preset NAME] [--steps N | --minutes M] [--seed S | --seeds A,B,...] "
        "[--device DEVICE] [--run DIR] [--json]"
    )
    recipes = registry.recipes()
    listing = in_columns({r.name: r.about for r in recipes.values()})
    if not arguments or arguments[0] in ("-h", "--help"):
        p = parser("train", usage, f"recipes (`lab train RECIPE --help` shows the fields of one):\n{listing}")
        if arguments:
            p.parse(["--help"])
        raise UsageError(f"Name a recipe: {', '.join(recipes)}. `lab {command} --help` explains.")
    recipe = registry.recipe(arguments[0])
    p = parser("train", usage.replace("RECIPE", recipe.name), f"{recipe.name}: {recipe.about}")
    p.prog = f"lab {command} {recipe.name}"
    p.add_argument("--preset", metavar="NAME", help=f"settings and length under a name, which other flags override: {listed(recipe.name)}")
    add_length(p)
    add_device(p)
    p.add_argument("--run", metavar="DIR", help="the run's folder; by default a new one under ./runs or $LAB_RUNS")
    p.add_argument("--seeds", type=several, metavar="A,B,...", help="one run for each of these seeds, one after the other: 0,1,2 or 0..2")
    add_json(p)
    add_fields(p, recipe.config_class())
    options = p.parse(arguments[1:])
    fields = {name: getattr(options, name) for name in recipe.config_class().model_fields if hasattr(options, name)}
    if options.preset is not None:
        chosen = presets.preset(recipe.name, options.preset)
        fields = {**chosen.fields, **fields}
        if options.steps is None and options.minutes is None:
            options.steps, options.minutes = chosen.steps, chosen.minutes
    recipe.config_class().parse(fields)  # Report wrong values before torch is loaded.
    return recipe.name, fields, options


def listed(recipe: str) -> str:
    """The names of a recipe's presets for a help text."""
    try:
        names = list(presets.presets(recipe))
    except LabError as error:
        return str(error)
    return (", ".join(names) or "none yet").replace("%", "%%")


def several(text: str) -> list[int]:
    """Seeds: `0,1,2` or `0..2`."""
    first, dots, last = text.partition("..")
    try:
        seeds = list(range(int(first), int(last) + 1)) if dots else [int(part) for part in text.split(",")]
    except ValueError:
        seeds = []
    if not seeds or len(set(seeds)) < len(seeds):
        raise argparse.ArgumentTypeError(f"expected different whole numbers such as 0,1,2 or 0..2, got {text!r}")
    return seeds


def train_seeds(recipe: str, fields: dict[str, Any], options: Any) -> int:
    """An ordinary run for each seed; at the end the mean of each metric. The first that fails or is stopped ends it."""
    if torchrun.processes() > 1:
        raise UsageError("torchrun trains one run. Leave out --seeds.")
    if "seed" in fields or options.run is not None:
        raise UsageError(f"With --seeds leave out {'--seed' if 'seed' in fields else '--run, which names one folder'}.")
    for seed in options.seeds:
        registry.recipe(recipe).config_class().parse({**fields, "seed": seed})
    from lab.answers import cell_text
    from lab.api import new_session
    from lab.run import Run
    from lab.seed_groups import summary
    from lab.tables import text_table

    records: list[dict[str, Any]] = []
    code = 0
    for seed in options.seeds:
        session = new_session(recipe, {**fields, "seed": seed}, steps=options.steps, minutes=options.minutes, device=options.device)
        code, record = train(session, options.json)
        records += [record] if record is not None else []
        if code:
            break
    if options.json:
        print_json(records)
    elif not code:
        columns, rows = summary([Run(Path(record["run"])) for record in records])
        print(text_table(columns, [[cell_text(cell) for cell in row] for row in rows]))
    return code
