"""`lab watch`: an agent plays in a window, or into a video file; `lab watch wall` shows all of them at once."""

import sys
from pathlib import Path
from typing import Any

from lab import registry
from lab.atari.play_options import PlayOptions
from lab.commands.output import print_figures, print_json
from lab.errors import UsageError
from lab.flags import add_json, parser, whole
from lab.saving import destination
from lab.screen import check_screen, has_screen

WALL, WALL_SECONDS = "wall", 10.0
"""What stands for all agents at once, and how long their film is."""


def main(arguments: list[str]) -> int:
    p = parser(
        "watch", "RUN|AGENT|wall [--game G] [--episodes N] [--video FILE.mp4|FILE.gif]",
        "Plays at the emulator's 60 frames a second, in a window; into a file where --video is given or there is no screen.\n"
        "`wall` shows all shipped agents, and the best of your own runs of each game, at once.",
    )  # fmt: skip
    p.add_argument("run", metavar="RUN|AGENT|wall")
    p.add_argument(
        "--game", metavar="G",
        help="another game than the one trained on (with the same number of actions); the game of another program's file that does not name it",
    )  # fmt: skip
    p.add_argument("--episodes", type=whole, metavar="N", help="episodes to play (default 1)")
    p.add_argument("--video", metavar="FILE", help="write the episodes to an .mp4 or .gif file")
    p.add_argument("--size", type=whole, metavar="N", help="pixels of the longer side of the video (default: that of its picture)")
    p.add_argument("--epsilon", type=float, metavar="E", help="fraction of random actions (default: the run's eval_epsilon)")
    p.add_argument("--seed", type=whole, default=0, metavar="S", help="seed of the emulator")
    p.add_argument("--sticky", type=float, metavar="P", help="probability of a repeated action (default: the run's)")
    p.add_argument("--seconds", type=float, metavar="T", help="stop after T seconds of play")
    add_json(p)
    options = p.parse(arguments)
    figures = watch_wall(options) if options.run == WALL else watch_run(options)
    if options.json:
        print_json(figures)
    else:
        print_figures(figures)
    return 0


def watch_run(options: Any) -> dict[str, Any]:
    """One agent plays `--episodes`, or for `--seconds`; its scores and frames."""
    from lab.stored_runs import find

    run = find(options.run, options.game)
    video = place(options.video, f"{run.name}.mp4" if run.shipped else run.path / "media" / "watch.mp4")
    return run.experiment("cpu", serving_only=True).watch(
        game=options.game, episodes=1 if options.episodes is None else options.episodes, video=video, epsilon=options.epsilon,
        seed=options.seed, sticky=options.sticky, seconds=options.seconds, **({} if options.size is None else {"film_size": options.size}),
    )  # fmt: skip


def watch_wall(options: Any) -> dict[str, Any]:
    """All agents play at once; what was filmed, or how long the window was open."""
    for name in ("game", "episodes"):
        if getattr(options, name) is not None:
            raise UsageError(f"--{name} does not apply to the wall, where each agent plays its own game, one after the other.")
    played = PlayOptions.parse({"epsilon": options.epsilon, "seed": options.seed, "sticky": options.sticky, "seconds": options.seconds})
    video = place(options.video, "wall.mp4")
    agents = registry.load("agents.wall:wall_agents")()
    settings = {"seed": options.seed, "epsilon": 0.01 if played.epsilon is None else played.epsilon, "sticky": played.sticky or 0.0}
    if video is None:
        return registry.load("gui.watch_window:watch_wall")(agents, seconds=played.seconds, **settings)
    return registry.load("agents.wall_film:film")(agents, video, seconds=played.seconds or WALL_SECONDS, size=options.size, **settings)


def place(video: str | None, otherwise: str | Path) -> Path | None:
    """Where the film goes: what `--video` names or, where there is no screen, `otherwise`; None for a window."""
    if video is not None:
        return destination(video, (".mp4", ".gif"), "--video")
    if has_screen():
        check_screen("Name a file with --video, or set DISPLAY to a screen that answers.")
        return None
    path = destination(otherwise, (".mp4",), "--video")
    print(f"There is no screen here; writing to {path}.", file=sys.stderr)
    return path
