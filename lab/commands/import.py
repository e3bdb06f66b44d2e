"""`lab import`: keep an agent's file, so that it is listed and plays on the wall."""

from lab.commands.output import print_json
from lab.flags import add_json, parser


def main(arguments: list[str]) -> int:
    p = parser(
        "import", "FILE [--name NAME] [--game G] [--json]",
        "FILE is one of `lab export --to agent`, CleanRL's .cleanrl_model, or the zip of a CNN DQN of Stable-Baselines3 (rl-zoo3).",
    )  # fmt: skip
    p.add_argument("file", metavar="FILE")
    p.add_argument("--name", metavar="NAME", help="the agent's name (default: the file's)")
    p.add_argument("--game", metavar="G", help="the game, where neither the file nor its name says it")
    add_json(p)
    options = p.parse(arguments)
    from lab.registry import shipped_about, shipped_record
    from lab.stored_runs import import_agent

    run = import_agent(options.file, options.game, options.name)
    if options.json:
        print_json({"name": run.name, "file": str(run.path), **shipped_record(run.path)})
    else:
        print(f"{run.name}: {shipped_about(run.path)}. `lab watch {run.typed}` shows it.")
    return 0
