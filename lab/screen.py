"""Whether a window can be opened, asked before Qt is: where it cannot, Qt ends the whole process with a core dump."""

import ctypes
import importlib.util
import os
import re
import socket
import sys
from contextlib import suppress
from pathlib import Path

from lab.errors import LabError

SECONDS = 3.0
"""How long a screen on another machine may take to answer."""
ADVICE = "Try `lab train` or `lab gui --shots DIR`, which need no screen."


def has_screen() -> bool:
    """Whether a screen is named, answering or not."""
    return (
        sys.platform in ("darwin", "win32")
        or bool(platform_asked_for())
        or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
    )


def check_screen(advice: str = ADVICE) -> None:
    """Raises LabError where no window can be opened: no screen is named, none answers, or a library is missing.

    Where only one of Wayland and X answers, Qt is told to take that one.
    """
    if sys.platform in ("darwin", "win32"):
        return
    asked = platform_asked_for()
    if asked and asked not in ("xcb", "wayland"):
        return  # Such as offscreen, which needs no server.
    if not has_screen():
        raise LabError(f"There is no screen here (neither DISPLAY nor WAYLAND_DISPLAY is set). {advice}")
    problems = {}
    for platform, problem in (("wayland", wayland_problem), ("xcb", x_problem)):
        if asked in ("", platform):
            problems[platform] = problem()
    answering = [platform for platform, problem in problems.items() if problem is None]
    if not answering:
        raise LabError(f"{' '.join(text for text in problems.values() if text)} {advice}")
    if any(problems.values()):
        os.environ["QT_QPA_PLATFORM"] = answering[0]


def platform_asked_for() -> str:
    """The platform that QT_QPA_PLATFORM names, without its options; "" where it names none."""
    return os.environ.get("QT_QPA_PLATFORM", "").split(";")[0].split(":")[0]


def wayland_problem() -> str | None:
    """Why no window opens through Wayland: None where one does, "" where none is meant to."""
    name = os.environ.get("WAYLAND_DISPLAY", "")
    if not name:
        return "WAYLAND_DISPLAY is not set." if platform_asked_for() == "wayland" else ""
    path = Path(os.environ.get("XDG_RUNTIME_DIR", "")) / name
    try:
        connect(socket.AF_UNIX, str(path))
    except OSError as error:
        return f"The Wayland screen {path} does not answer ({error.strerror or error})."
    return plugin_problem("libqwayland.so", "libqwayland-generic.so")


def x_problem() -> str | None:
    """Why no window opens through X: None where one does, "" where none is meant to."""
    display = os.environ.get("DISPLAY", "")
    if not display:
        return "DISPLAY is not set." if platform_asked_for() == "xcb" else ""
    match = re.fullmatch(r"(?:(?P<protocol>\w+)/)?(?P<host>.*):(?P<number>\d+)(?:\.\d+)?", display)
    if match is None:
        return f"DISPLAY={display} names no screen: expected something like :0 or host:0."
    try:
        reach(match["host"], int(match["number"]))
    except OSError as error:
        return f"The screen DISPLAY={display} does not answer ({error.strerror or error})."
    return refused(display) or plugin_problem("libqxcb.so")


def reach(host: str, number: int) -> None:
    """Connect to an X server and hang up. Raises OSError where none answers."""
    if host in ("", "unix"):
        path = f"/tmp/.X11-unix/X{number}"
        with suppress(OSError):
            return connect(socket.AF_UNIX, "\0" + path)
        return connect(socket.AF_UNIX, path)
    if host.startswith("/"):
        return connect(socket.AF_UNIX, f"{host}:{number}")
    return socket.create_connection((host.strip("[]"), 6000 + number), SECONDS).close()


def connect(family: int, address: str) -> None:
    with socket.socket(family) as sock:
        sock.settimeout(SECONDS)
        sock.connect(address)


def refused(display: str) -> str | None:
    """What the X library says of a screen that answers: None where it lets us in."""
    try:
        library = ctypes.CDLL("libxcb.so.1")
    except OSError as error:
        return missing(error)
    library.xcb_connect.restype = ctypes.c_void_p
    library.xcb_connect.argtypes = (ctypes.c_char_p, ctypes.c_void_p)
    library.xcb_connection_has_error.argtypes = library.xcb_disconnect.argtypes = (ctypes.c_void_p,)
    connection = library.xcb_connect(display.encode(), None)
    failed = library.xcb_connection_has_error(connection)
    library.xcb_disconnect(connection)
    return f"The screen DISPLAY={display} refuses the connection (an authority file of another user? see `xauth`)." if failed else None


def plugin_problem(*names: str) -> str | None:
    """A library that Qt's plugin for a platform needs and that is not there; None where all are, or where Qt itself is not."""
    spec = importlib.util.find_spec("PySide6")
    folder = Path(spec.origin).parent / "Qt/plugins/platforms" if spec and spec.origin else None
    for name in names:
        if folder is not None and (folder / name).exists():
            try:
                ctypes.CDLL(str(folder / name))
            except OSError as error:
                return missing(error)
    return None


def missing(error: OSError) -> str:
    """The sentence for a library that could not be loaded: its name is the first word of what the loader says."""
    library = str(error).split(":")[0]
    return f"Qt needs the library {library}, which this machine lacks; install it (the README lists them)."
