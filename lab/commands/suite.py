"""`lab suite`: one recipe on many games, an agent a game, and a report."""

import sys
from typing import Any

from lab import registry
from lab.commands.output import in_columns, print_json
from lab.errors import UsageError
from lab.flags import add_device, add_fields, add_json, add_length, parser, whole

USAGE = (
    "NAME --recipe R [--games GAME ... | atari-10 | atari-49 | atari-57] [--seeds N] [--steps N | --minutes M] [--jobs J] "
    "[--episodes N] [--FIELD VALUE ...] [--json]\n       lab suite show NAME [--json]"
)
MORE = """\
Trains and evaluates one agent a game with the same settings, each an ordinary run in a process of its own. What was interrupted
continues where it was: `lab suite NAME` again. What has finished is not trained again. `lab suite` alone lists the suites; `--recipe R
--help` shows the fields of R."""


def main(arguments: list[str]) -> int:
    show = arguments[:1] == ["show"]
    p = parser("suite", USAGE, MORE)
    p.add_argument("name", metavar="NAME", nargs="?")
    add_json(p)
    if not show:
        p.add_argument("--recipe", metavar="R", help="the recipe of a new suite, such as dqn-fast")
        p.add_argument(
            "--games", metavar="GAME", nargs="+", help="games, or a set of them: atari-10, atari-49 or atari-57 (default: atari-49)"
        )
        p.add_argument("--seeds", type=whole, metavar="N", help="agents a game, each with a seed of its own (default: 1)")
        p.add_argument("--episodes", type=whole, metavar="N", help="episodes that an agent is evaluated on (default: 30)")
        p.add_argument("--jobs", type=whole, metavar="J", default=1, help="trainings at once, which share the cores (default: 1)")
        add_length(p)
        add_device(p)
        recipe = recipe_named(arguments)
        if recipe is not None:
            registry.load("agents.suite:check_plays")(recipe)
            add_fields(p, recipe.config_class())
    options = p.parse(arguments[1:] if show else arguments)
    if options.name is None:
        if show or options.recipe is not None:
            raise UsageError("Name the suite: lab suite NAME --recipe R. `lab suite --help` explains.")
        return list_suites(options.json)
    if show:
        return present(registry.load("agents.suite:find")(options.name).report(), options.json)
    return train(options, recipe)


def recipe_named(arguments: list[str]) -> registry.Recipe | None:
    """The recipe of `--recipe R`, or of the stored suite, so that its fields are flags."""
    for i, argument in enumerate(arguments):
        if argument == "--recipe" and i + 1 < len(arguments):
            return registry.recipe(arguments[i + 1])
        if argument.startswith("--recipe="):
            return registry.recipe(argument.removeprefix("--recipe="))
    if arguments and not arguments[0].startswith("-"):
        suite = registry.load("agents.suite:stored")(arguments[0])
        return registry.recipe(suite.recipe) if suite is not None else None
    return None


def train(options: Any, recipe: registry.Recipe | None) -> int:
    from lab.trials_display import TrialsDisplay

    fields = recipe.config_class().model_fields if recipe is not None else {}
    values = {name: getattr(options, name) for name in fields if hasattr(options, name) and name != "games"}
    suite = registry.load("agents.suite:prepared")(
        options.name, options.recipe, values, games=options.games, seeds=options.seeds, steps=options.steps, minutes=options.minutes,
        episodes=options.episodes, device=options.device if options.device != "auto" else None,
    )  # fmt: skip
    display = TrialsDisplay(f"suite {suite.name}", registry.recipe(suite.recipe).experiment_class().headline[:1])
    try:
        report = suite.run(options.jobs, display.update)
    except KeyboardInterrupt:
        print(f"Stopped, with a checkpoint of each training. `lab suite {suite.name}` continues.", file=sys.stderr)
        return 130
    finally:
        display.close()
    present(report, options.json)
    print(f"report: {suite.folder / 'report.md'} (and .json, .png)", file=sys.stderr)
    return 1 if report.data["failed"] else 0


def present(report: Any, as_json: bool) -> int:
    """Print a report."""
    if as_json:
        print_json(report.data)
    else:
        print(report.markdown(), end="")
    return 0


def list_suites(as_json: bool) -> int:
    names, find = registry.load("agents.suite:names")(), registry.load("agents.suite:find")
    suites = [find(name) for name in names]
    if as_json:
        print_json([{"name": suite.name, "recipe": suite.recipe, "games": list(suite.games), "seeds": suite.seeds} for suite in suites])
    elif not suites:
        print("No suites yet. `lab suite NAME --recipe dqn-fast --games atari-10 --minutes 30` trains one.")
    else:
        print(in_columns({s.name: f"{s.recipe}, {len(s.games)} games, {s.seeds} seed{'s' if s.seeds > 1 else ''}" for s in suites}))
    return 0
