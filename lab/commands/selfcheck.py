"""`lab selfcheck`: whether everything works on a device."""

import sys
from pathlib import Path

from lab.commands.output import print_json
from lab.errors import LabError, UsageError, unknown
from lab.flags import add_device, add_json, parser
from lab.paths import expanded, runs_folder

BUDGET = 540.0
MORE = """\
Trains every recipe for a few steps with small settings on the device, resumes it exactly, answers its views and evaluates it; compares
the first losses with those of a processor; trains sessions side by side and looks at them; provokes a full memory; measures speeds. What
fails is listed, the rest goes on, and the exit code is 1. The report is written while it runs. Sections: {sections}."""


def main(arguments: list[str]) -> int:
    from lab.selfcheck.sections import SECTIONS

    p = parser(
        "selfcheck", "[--device D] [--only SECTION,...] [--budget SECONDS] [--out FILE] [--json]", MORE.format(sections=", ".join(SECTIONS))
    )
    add_device(p)
    p.add_argument("--only", metavar="SECTION,...", help="only these sections")
    p.add_argument("--budget", type=float, metavar="SECONDS", default=BUDGET, help=f"time for all of it (default: {BUDGET:.0f})")
    p.add_argument("--out", metavar="FILE", help="file of the report (default: selfcheck.json in the runs folder)")
    add_json(p)
    options = p.parse(arguments)
    names = options.only.split(",") if options.only else list(SECTIONS)
    for name in names:
        if name not in SECTIONS:
            raise unknown("section", name, SECTIONS, see="lab selfcheck --help")
    if not 1 <= options.budget <= 86_400:
        raise UsageError(f"--budget must be from 1 to 86,400 seconds, got {options.budget:g}.")
    out = expanded(options.out) if options.out else runs_folder() / "selfcheck.json"

    from rich.console import Console

    from lab.device import resolve
    from lab.selfcheck.overseer import Overseer, Report
    from lab.selfcheck.table import show

    said = 0

    def say(report: Report) -> None:
        nonlocal said
        for sentence in report.failures[said:]:
            print(f"failed: {sentence}", file=sys.stderr, flush=True)
        said = len(report.failures)

    device = str(resolve(options.device))
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        report = Overseer(device, names, options.budget, Path(out), say).run()
    except OSError as error:
        raise LabError(f"The report cannot be written to {out} ({error.strerror or error}). Choose another file with --out.") from None
    if options.json:
        print_json(report.data())
    show(report, Console(stderr=options.json))
    print(f"The report is in {out}.", file=sys.stderr)
    return 1 if report.failures else 0
