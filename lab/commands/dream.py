"""`lab dream`: play inside a learned world, or film the game and the dream side by side."""

from pathlib import Path
from typing import Any

from lab import registry
from lab.commands.output import print_figures, print_json
from lab.commands.watch import place
from lab.errors import UsageError
from lab.flags import add_json, parser, whole

PLAYERS = ("agent", "random", "again")


def main(arguments: list[str]) -> int:
    p = parser(
        "dream", "RUN [--video FILE.mp4|FILE.gif]",
        "Left the real game, right the dream, the same keys for both. A window where there is a screen, else a film.\n"
        "`lab train dream` makes a dream.",
    )  # fmt: skip
    p.add_argument("run", metavar="RUN")
    p.add_argument("--video", metavar="FILE", help="write both side by side to an .mp4 or .gif file")
    p.add_argument("--steps", type=whole, default=300, metavar="N", help="steps of the film (default 300: 20 seconds)")
    p.add_argument(
        "--horizon", type=whole, default=0, metavar="N", help="steps until the dream starts afresh from a real frame (default: never)"
    )
    p.add_argument(
        "--player", choices=PLAYERS, default="agent", help="who plays in the film; again for as the episode of --from was (default agent)"
    )
    p.add_argument(
        "--from",
        dest="episode",
        default="",
        metavar="EPISODE",
        help="begin in a recorded episode: held-out:N of the play that views show, yours:N of the games that you took over, oldest first",
    )
    p.add_argument("--at", type=whole, default=0, metavar="N", help="the step of that episode to begin at (default 0)")
    p.add_argument("--seed", type=whole, default=0, metavar="S", help="seed of the game and the drawing")
    p.add_argument("--alone", action="store_true", help="the agent sees the dream only; the game rests")
    p.add_argument("--size", type=whole, metavar="N", help="pixels of the longer side of the film")
    add_json(p)
    options = p.parse(arguments)
    from lab.stored_runs import find

    if options.steps < 1:
        raise UsageError(f"--steps must be at least 1, got {options.steps}.")
    if not options.episode and (options.at or options.player == "again"):
        raise UsageError(f"{'--at' if options.at else '--player again'} needs an episode: --from held-out:1, for example.")
    run = find(options.run)
    begin = None
    if options.episode:
        config = registry.load("agents.dream_play:opened")(run)[1]
        begin = registry.load("agents.dream_moments:find_episode")(config, options.episode)
        if options.at > len(begin.actions):
            raise UsageError(f"--at must be at most {len(begin.actions)}, the steps of {options.episode}, got {options.at}.")
    video = place(options.video, f"{run.name}.mp4" if run.shipped else run.path / "media" / "dream.mp4")
    if video is None:
        figures = registry.load("gui.dream_window:play")(run, options.episode, options.at)
    else:
        figures = film(run, video, options, begin)
    if options.json:
        print_json(figures)
    else:
        print_figures(figures)
    return 0


def film(run: Any, video: Path, options: Any, begin: Any) -> dict[str, Any]:
    """Play `--steps` into a film, from a moment of the episode `begin` where there is one; what was played."""
    from lab.video import VideoWriter

    both = registry.load("agents.dream_play:side_by_side")(run, options.seed)
    strip = registry.load("agents.dream_play:strip")
    both.horizon, both.alone = options.horizon, options.alone
    if begin is not None:
        both.begin_in(begin, options.at)
    writer = VideoWriter(video, both.fps, options.size)
    try:
        for _ in range(options.steps):
            moment = both.step(random=options.player == "random", again=options.player == "again")
            writer.add(strip(moment))
    finally:
        writer.close()
    return {"video": str(video), "steps": options.steps, "score": moment.score, "dream_score": moment.dream_score}
