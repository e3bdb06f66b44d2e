"""`lab export`: an agent as one file that other machines can evaluate, watch and import; any run's network for other programs."""

import sys

from lab.commands.output import print_json
from lab.errors import UsageError
from lab.flags import add_json, parser, whole
from lab.saving import destination

EPISODES = 30


def main(arguments: list[str]) -> int:
    from lab.export import FORMATS, export

    formats = "\n".join(f"{name}: {kind.about} ({' '.join(kind.endings)})." for name, kind in FORMATS.items())
    p = parser(
        "export", f"RUN|AGENT --to agent|{'|'.join(FORMATS)} --out FILE [--episodes N] [--json]",
        "agent: the network with its config and its evaluation in one safetensors file, for `lab eval`, `lab watch` and `lab import`.\n"
        "A run plays N episodes first, without and with sticky actions, so that the file says how well it plays.\n"
        f"{formats}\nThese are the network of the newest good checkpoint of any run, with a model card beside it: FILE.md.",
    )  # fmt: skip
    p.add_argument("run", metavar="RUN|AGENT")
    p.add_argument("--to", choices=("agent", *FORMATS), default="agent", help="what to write")
    p.add_argument("--out", metavar="FILE", required=True)
    p.add_argument(
        "--episodes", type=whole, metavar="N", default=EPISODES, help="episodes of a run's evaluation (default 30); 0 leaves it out"
    )
    p.add_argument("--game", metavar="G", help="the game of another program's file that does not name it")
    add_json(p)
    options = p.parse(arguments)
    if options.to != "agent":
        from lab.stored_runs import find

        path, card = export(find(options.run, options.game), options.to, options.out)
        if options.json:
            print_json({"file": str(path), "card": str(card), "bytes": path.stat().st_size})
        else:
            print(f"{path}\n{card}")
        return 0
    out = destination(options.out, (".safetensors",))
    if options.episodes < 0:
        raise UsageError(f"--episodes must be at least 0, got {options.episodes}.")
    from lab.stored_runs import export_agent, find

    run = find(options.run, options.game)
    figures = run.evaluation() if run.shipped else {}
    if not figures and options.episodes and run.recipe.is_agent:
        print(f"Evaluating {run.name}: {options.episodes} episodes without and with sticky actions…", file=sys.stderr)
        figures = run.evaluate("cpu", episodes=options.episodes)
    step = export_agent(run, out, figures)
    summary = {"file": str(out), "recipe": run.recipe.name, "game": run.stored["config"]["game"], "step": step, "mean": figures.get("mean")}
    if options.json:
        print_json(summary)
    else:
        print(f"{out}: {run.recipe.name} on {summary['game']}, {out.stat().st_size / 1e6:.1f} MB")
    return 0
