"""`lab watch`: an agent plays in a window, or into a video file."""

import sys

from lab.commands.output import print_json
from lab.flags import add_json, parser, whole
from lab.saving import destination
from lab.screen import check_screen, has_screen


def main(arguments: list[str]) -> int:
    p = parser(
        "watch", "RUN|AGENT [--game G] [--episodes N] [--video FILE.mp4|FILE.gif]",
        "Plays at the emulator's 60 frames a second, in a window; into a file where --video is given or there is no screen.",
    )  # fmt: skip
    p.add_argument("run", metavar="RUN|AGENT")
    p.add_argument("--game", metavar="G", help="another game than the one trained on (with the same number of actions)")
    p.add_argument("--episodes", type=whole, metavar="N", default=1, help="episodes to play (default 1)")
    p.add_argument("--video", metavar="FILE", help="write the episodes to an .mp4 or .gif file")
    p.add_argument("--epsilon", type=float, metavar="E", help="fraction of random actions (default: the run's eval_epsilon)")
    p.add_argument("--seed", type=whole, default=0, metavar="S", help="seed of the emulator")
    p.add_argument("--sticky", type=float, metavar="P", help="probability of a repeated action (default: the run's)")
    p.add_argument("--seconds", type=float, metavar="T", help="stop after T seconds of play")
    add_json(p)
    options = p.parse(arguments)
    from lab.stored_runs import find

    run = find(options.run)
    video = destination(options.video, (".mp4", ".gif"), "--video") if options.video else None
    if video is None and has_screen():
        check_screen("Name a file with --video, or set DISPLAY to a screen that answers.")
    elif video is None:
        video = destination(f"{run.name}.mp4" if run.shipped else run.path / "media" / "watch.mp4", (".mp4",), "--video")
        print(f"There is no screen here; writing to {video}.", file=sys.stderr)
    experiment = run.experiment("cpu", serving_only=True)
    figures = experiment.watch(
        game=options.game, episodes=options.episodes, video=video, epsilon=options.epsilon, seed=options.seed,
        sticky=options.sticky, seconds=options.seconds,
    )  # fmt: skip
    if options.json:
        print_json(figures)
    else:
        print("\n".join(f"{name:10}{value}" for name, value in figures.items()))
    return 0
