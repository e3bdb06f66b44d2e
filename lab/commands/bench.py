"""`lab bench`: speed figures of this machine."""

from typing import Any

from lab import registry
from lab.commands.output import print_json
from lab.errors import unknown
from lab.flags import add_device, add_json, parser

BENCHES = {
    "dqn": ("agents.bench:bench_dqn",),
    "pqn": ("agents.bench:bench_pqn",),
    "heads": ("agents.bench:bench_heads",),
    "gui": ("gui.bench:bench_gui",),
    "generate": ("lab.bench_generate:bench_generate", "gui.bench_panels:bench_generate"),
    "vision": ("lab.bench_vision:bench_vision", "gui.bench_panels:bench_vision"),
    "dream": ("gui.bench_panels:bench_dream",),
    "foundations": ("gui.bench_panels:bench_foundations",),
    "two": ("lab.bench_two:bench_two",),
    "sequences": ("lab.bench_sequences:bench_sequences", "gui.bench_panels:bench_sequences"),
}
"""What measures each part: functions of a device's name, whose figures are put together."""


def main(arguments: list[str]) -> int:
    p = parser("bench", "[NAME] [--json]", f"NAME is one of {', '.join(BENCHES)}; all of them without one.")
    p.add_argument("name", metavar="NAME", nargs="?")
    add_device(p)
    add_json(p)
    options = p.parse(arguments)
    if options.name is not None and options.name not in BENCHES:
        raise unknown("bench", options.name, BENCHES, see="lab bench --help")
    names = [options.name] if options.name else list(BENCHES)
    results: dict[str, dict[str, Any]] = {name: {} for name in names}
    for name in names:
        for path in BENCHES[name]:
            results[name] |= registry.load(path)(options.device)
    if options.json:
        print_json(results[options.name] if options.name else results)
    else:
        for name, figures in results.items():
            print(f"{name}: " + "  ".join(f"{key} {value}" for key, value in figures.items()))
    return 0
