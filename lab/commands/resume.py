"""`lab resume`: continue a run from its newest good checkpoint."""

from functools import partial

from lab import torchrun
from lab.commands.follow import follow
from lab.device_names import checked
from lab.flags import add_data, add_json, add_length, parser


def main(arguments: list[str]) -> int:
    p = parser(
        "resume",
        "RUN [--steps N | --minutes M] [--data DATA] [--device DEVICE] [--json]",
        "RUN is a folder, a run's name, or `last`.",
    )
    p.add_argument("run", metavar="RUN")
    add_length(p)
    add_data(p)
    p.add_argument(
        "--device",
        type=checked,
        metavar="auto|cpu|cuda|cuda:N|mps",
        help="device to continue on (default: that of the run so far; on another it is not bit for bit)",
    )
    add_json(p)
    options = p.parse(arguments)
    from lab.stored_runs import find

    run = find(options.run)
    from lab.api import resumed_session

    session_of = partial(resumed_session, run, steps=options.steps, minutes=options.minutes, data=options.data)
    if torchrun.processes() > 1:
        return torchrun.resume(run, options.device, lambda device: session_of(device=device), lambda session: follow(session, options.json))
    return follow(session_of(device=options.device), options.json)
