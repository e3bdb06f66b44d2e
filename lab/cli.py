"""The command line. stdout carries results (one JSON document with `--json`), stderr progress and errors.

Exit codes: 0 success, 1 a failed run, 2 a usage error, 130 after Ctrl-C (which saves a checkpoint first).
Nothing heavy is imported before a command needs it.
"""

import errno
import importlib
import io
import os
import sys
from collections.abc import Sequence

from lab.commands import COMMANDS
from lab.commands.output import in_columns
from lab.errors import LabError, unknown
from lab.log import show_on_stderr

OVERVIEW = """\
Train, watch and take apart the networks of a deep-learning course: DQN on Atari, generative models, CNNs, RNNs and
transformers. Without a command the desktop app opens.

commands:
{commands}

examples:
  lab train dqn-fast --game breakout --minutes 30     learn Breakout for half an hour
  lab watch pong                                      watch the shipped Pong agent
  lab show last curves --out curves.png               the learning curves of the newest run
  lab resume last --steps 1000000                     continue it

`lab COMMAND --help` explains each. Runs are kept under ./runs, or where $LAB_RUNS points.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; its exit code."""
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    if arguments[:1] == ["help"] and len(arguments) > 1:
        arguments = [*arguments[1:], "--help"]
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # A terminal that has no ä shows \xe4.
    try:
        if arguments and arguments[0] in ("-h", "--help", "help"):
            print(OVERVIEW.format(commands=in_columns(COMMANDS)))
            return 0
        if arguments and arguments[0] == "--version":
            from lab.versions import versions

            print(" ".join(f"{name} {version}" for name, version in versions().items()))
            return 0
        name = arguments[0] if arguments else "gui"
        if name not in COMMANDS:
            raise unknown("command", name, COMMANDS, see="lab --help")
        show_on_stderr()
        code = int(importlib.import_module(f"lab.commands.{name}").main(arguments[1:]))
        if sys.stdout is not None:
            sys.stdout.flush()
        return code
    except LabError as error:
        print(f"lab: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # The reader closed the pipe, which is not an error.
        return 0
    except OSError as error:
        if error.errno in (errno.ENAMETOOLONG, errno.ELOOP) and error.filename is not None:  # Asking whether such a file exists raises.
            from lab.data.catalogue import readable

            name = readable(str(error.filename))
            print(
                f"lab: {name if len(name) < 100 else name[:60] + '...' + name[-20:]} is no usable name ({error.strerror}).", file=sys.stderr
            )
            return 2
        if error.filename is not None or error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EIO):
            return defect(error)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # Python tries once more at its end.
        print(f"lab: The output could not be written ({error.strerror}).", file=sys.stderr)
        return 1
    except Exception as error:
        return defect(error)


def defect(error: Exception) -> int:
    """Say in one sentence what went wrong inside the lab, and in which file the traceback is; the exit code."""
    import tempfile
    import traceback

    trace = "".join(traceback.format_exception(error))
    sentence = f"lab: Internal error: {type(error).__name__}: {error}".rstrip(": ")
    try:
        with tempfile.NamedTemporaryFile("w", prefix="lab-error-", suffix=".txt", delete=False, encoding="utf-8") as file:
            file.write(f"lab {' '.join(sys.argv[1:])}\n\n{trace}")
        print(f"{sentence}\nWhere it happened is in {file.name}.", file=sys.stderr)
    except OSError:
        print(f"{sentence}\n\n{trace}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
