"""`lab eval`: a run's figures on held-out data or episodes."""

from lab.commands.output import print_json
from lab.flags import add_data, add_device, add_json, parser, whole


def main(arguments: list[str]) -> int:
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
