"""`lab eval`: a run's figures on held-out data or episodes."""

from lab.commands.output import print_figures, print_json
from lab.errors import UsageError
from lab.flags import add_data, add_device, add_json, parser, whole


def main(arguments: list[str]) -> int:
    p = parser(
        "eval",
        "RUN|AGENT|FILE [--episodes N] [--data DATA] [--json]",
        "Prints the recipe's figures with the protocol they were measured by.",
    )
    p.add_argument("run", metavar="RUN|AGENT")
    p.add_argument("--episodes", type=whole, metavar="N", help="episodes to play, for recipes that play")
    p.add_argument("--game", metavar="G", help="the game of another program's file that does not name it")
    add_data(p)
    add_device(p)
    add_json(p)
    options = p.parse(arguments)
    from lab.stored_runs import find

    extra = {} if options.episodes is None else {"episodes": options.episodes}
    run = find(options.run, options.game)
    if options.game is not None and run.stored["config"].get("game") != options.game:
        raise UsageError(f"--game does not apply to {run.name}: it says itself what it was trained on.")
    if extra and "eval_episodes" not in run.recipe.config_class().model_fields:
        raise UsageError(f"--episodes does not apply to {run.name}: {run.recipe.name} plays none.")
    figures = run.evaluate(options.device, data=options.data, **extra)
    if options.json:
        print_json(figures)
    else:
        print_figures(figures)
    return 0
