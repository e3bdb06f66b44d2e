"""`lab gui`: the desktop app, or pictures of its panels."""

import importlib.util

from lab import registry
from lab.errors import LabError
from lab.flags import parser
from lab.screen import check_screen


def main(arguments: list[str]) -> int:
    p = parser("gui", "[--shots DIR]")
    p.add_argument("--shots", metavar="DIR", help="save screenshots of every panel into DIR and exit")
    options = p.parse(arguments)
    if importlib.util.find_spec("gui.app") is None:
        raise LabError("The desktop app is not part of this installation. `lab --help` shows what the command line does.")
    if options.shots:
        return int(registry.load("gui.shots:take")(options.shots))
    check_screen()
    return int(registry.load("gui.app:main")())
